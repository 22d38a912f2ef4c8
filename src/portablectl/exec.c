/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/layout.h"
#include "basic/strv.h"
#include "operation/exec-source.h"
#include "operation/operation.h"
#include "portablectl/client.h"
#include "portablectl/exec-settings.h"
#include "portablectl/image-arg.h"
#include "portablectl/offline.h"
#include "portablectl/report.h"
#include "portablectl/request.h"
#include "portablectl/verbs.h"
#include "wire/names.h"

/* A name of its own, for the log. */
static int unit_name(char *buf, size_t size)
{
        uint64_t id;

        if (getrandom(&id, sizeof(id), 0) != sizeof(id))
                return -EIO;
        snprintf(buf, size, "portable-exec-%016llx", (unsigned long long)id);
        return 0;
}

/* The service manager expands "$" in command lines, and "$$" to "$". */
static char *escape_dollars(const char *s)
{
        char *escaped = malloc(2 * strlen(s) + 1), *to = escaped;

        if (!escaped)
                return NULL;
        for (; *s; s++) {
                if (*s == '$')
                        *to++ = '$';
                *to++ = *s;
        }
        *to = '\0';
        return escaped;
}

/* systemd-run with everything but the command. */
static int make_options(const struct client *client, const char *unit, char *const *settings, bool terminal,
                        char ***l)
{
        static const char *const fixed[] = {"systemd-run", "--quiet", "--wait", "--collect"};
        char option[128];
        int r = 0;

        for (size_t i = 0; i < ELEMENTSOF(fixed) && r >= 0; i++)
                r = strv_append(l, fixed[i]);
        if (r >= 0 && client->options->user)
                r = strv_append(l, "--user");
        snprintf(option, sizeof(option), "--unit=%s", unit);
        if (r >= 0)
                r = strv_append(l, option);
        if (r >= 0)
                r = strv_append(l, terminal ? "--pty" : "--pipe");
        if (r >= 0 && !client->options->ask_password)
                r = strv_append(l, "--no-ask-password");
        for (size_t i = 0; settings[i] && r >= 0; i++) {
                char *property;

                if (asprintf(&property, "--property=%s", settings[i]) < 0)
                        property = NULL;
                r = strv_consume(l, property);
        }
        return r;
}

static int make_command(const struct client *client, const char *unit, char *const *settings,
                        char *const *command, bool terminal, char ***ret)
{
        _cleanup_strv_ char **l = NULL;
        int r = make_options(client, unit, settings, terminal, &l);

        if (r >= 0)
                r = strv_append(&l, "--");
        for (; *command && r >= 0; command++)
                r = strv_consume(&l, escape_dollars(*command));
        if (r < 0)
                return r;
        *ret = steal_pointer(l);
        return 0;
}

/* What the service manager tells by a status of its own: systemd.exec(5), "Process Exit Codes". */
static const char *manager_status(int status)
{
        static const struct {
                int status;
                const char *text;
        } texts[] = {
                {200, "CHDIR: its working directory is not there"},
                {203, "EXEC: it is not in the image, is not executable, or its interpreter is missing"},
                {217, "USER: its user could not be set up"},
                {219, "CGROUP: its control group could not be set up"},
                {226, "NAMESPACE: the image could not be mounted, or has no place for a mount point"},
                {228, "SECCOMP: its system call filter could not be set up"},
        };

        for (size_t i = 0; i < ELEMENTSOF(texts); i++)
                if (texts[i].status == status)
                        return texts[i].text;
        return NULL;
}

static void explain_status(const struct client *client, const char *unit, const char *command, int status)
{
        _cleanup_error_ struct error error = {};
        const char *text = manager_status(status);

        if (!text)
                return;
        error_set(&error, ERROR_FAILED, EIO, "Cannot execute '%s' (status %d/%s; see journalctl%s -u %s)",
                  command, status, text, layout_option(client->layout), unit);
        report_failure(client, &error);
}

/* Ends as the command does. Signals from the terminal go to both of us; systemd-run knows what to do with
 * them. */
static int run_and_wait(char *const *argv, struct error *error)
{
        struct sigaction ignore = {.sa_handler = SIG_IGN}, interrupt, quit;
        posix_spawnattr_t attributes;
        sigset_t defaults;
        int r, status = 0;
        pid_t pid;

        fflush(NULL);
        sigaction(SIGINT, &ignore, &interrupt);
        sigaction(SIGQUIT, &ignore, &quit);
        posix_spawnattr_init(&attributes);
        sigemptyset(&defaults);
        sigaddset(&defaults, SIGPIPE);
        sigaddset(&defaults, SIGINT);
        sigaddset(&defaults, SIGQUIT);
        posix_spawnattr_setsigdefault(&attributes, &defaults);
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
        r = posix_spawnp(&pid, argv[0], NULL, &attributes, argv, environ);
        posix_spawnattr_destroy(&attributes);
        if (r == 0)
                while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
                        ;
        sigaction(SIGINT, &interrupt, NULL);
        sigaction(SIGQUIT, &quit, NULL);
        if (r != 0)
                return error_set_errno(error, r,
                                       "Cannot run systemd-run, which starts the transient service");
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int check_options(const struct client *client, const char *verb, struct error *error)
{
        if (options_is_remote(client->options) || client->options->root)
                return error_set(
                        error, ERROR_NOT_SUPPORTED, EOPNOTSUPP,
                        "%s starts a service on this system only, not with --host=, --machine= or --root=",
                        verb);
        return 0;
}

static int read_source(struct client *client, const struct request *request, struct exec_source *ret,
                       struct error *error)
{
        const struct operation_request r = {
                .image = request->image,
                .extensions = request->extensions,
                .units = request->units,
                .profile = request->profile,
                .copy_mode = "",
                .flags = options_flags(client->options) & ~PORTABLE_RUNTIME,
        };
        _cleanup_operation_ struct operation o = {};
        int q = offline_begin(client->offline, &o, error);

        return q < 0 ? q : exec_source_read(&o, &r, client->options->profile_given, ret, error);
}

static int run_command(struct client *client, const char *image, char *const *command, bool terminal,
                       struct error *error)
{
        _cleanup_exec_source_ struct exec_source source = {};
        _cleanup_strv_ char **settings = NULL, **argv = NULL;
        _cleanup_request_ struct request request = {};
        char unit[64];
        int r;

        r = request_image(client, image, IMAGE_ARG_MAY_MISS, &request, error);
        if (r >= 0)
                r = request_profile(client, &request, error);
        if (r >= 0)
                r = offline_open("/", client->layout, &client->offline, error);
        if (r >= 0)
                r = read_source(client, &request, &source, error);
        if (r >= 0)
                r = exec_settings(source.profile, source.dropin,
                                  layout_base_directory(client->layout, LAYOUT_BASE_RUNTIME, 0), &settings,
                                  error);
        if (r < 0) {
                error_prefix(error, "Cannot execute '%s' in image '%s': ", command[0], image);
                return r;
        }
        if (unit_name(unit, sizeof(unit)) < 0)
                return error_set(error, ERROR_FAILED, EIO,
                                 "Cannot make up a name for the transient service");
        if (make_command(client, unit, settings, command, terminal, &argv) < 0)
                return error_set_oom(error);
        r = run_and_wait(argv, error);
        explain_status(client, unit, command[0], r);
        return r;
}

int verb_exec(struct client *client, char **args, struct error *error)
{
        int r = check_options(client, "exec", error);

        if (r < 0)
                return r;
        return run_command(client, args[0], args + 1,
                           isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && isatty(STDERR_FILENO), error);
}

int verb_shell(struct client *client, char **args, struct error *error)
{
        char *const command[] = {(char *)"/bin/sh", NULL};
        int r = check_options(client, "shell", error);

        if (r < 0)
                return r;
        return run_command(client, args[0], command, isatty(STDIN_FILENO) && isatty(STDOUT_FILENO), error);
}
