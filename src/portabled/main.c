/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "basic/cleanup.h"
#include "basic/layout.h"
#include "basic/text.h"
#include "portabled/daemon.h"
#include "portabled/introspect.h"
#include "portabled/log.h"

static void print_help(void)
{
        puts("systemd-portabled [OPTIONS...]\n"
             "\n"
             "Daemon that attaches portable service images, started by bus activation.\n"
             "\n"
             "Options:\n"
             "  -h --help                      Show this help\n"
             "     --version                   Show the version\n"
             "     --system                    For the system's service manager (the default)\n"
             "     --user                      For that of a user, whose session bus it is on\n"
             "     --bus-introspect=list|PATH  Show the objects on the bus, or one of them as XML\n"
             "\n"
             "See the systemd-portabled.service(8) manual page.");
}

/* 1: go on, 0: done, -1: wrong usage, or it failed. */
static int parse_arguments(int argc, char **argv, enum layout_scope *ret_scope)
{
        static const struct option options[] = {
                {"help", no_argument, NULL, 'h'},
                {"version", no_argument, NULL, 'v'},
                {"bus-introspect", required_argument, NULL, 'i'},
                {"system", no_argument, NULL, 's'},
                {"user", no_argument, NULL, 'u'},
                {},
        };
        int c;

        while ((c = getopt_long(argc, argv, "h", options, NULL)) >= 0) {
                if (c == '?')
                        return -1;
                if (c == 's' || c == 'u') {
                        *ret_scope = c == 'u' ? LAYOUT_USER : LAYOUT_SYSTEM;
                        continue;
                }
                if (c == 'i')
                        return introspect(optarg) == EXIT_SUCCESS ? 0 : -1;
                if (c == 'h')
                        print_help();
                else
                        printf("portabled %s\n", PROJECT_VERSION);
                return 0;
        }
        if (optind < argc) {
                fputs("systemd-portabled takes no arguments\n", stderr);
                return -1;
        }
        return 1;
}

/* As systemd reads a boolean. */
static bool is_false(const char *name)
{
        const char *value = getenv(name);

        return value && text_to_boolean(value) == 0;
}

/* Of an environment variable, 1 to a day. */
static unsigned read_seconds(const char *name, unsigned otherwise)
{
        const char *value = getenv(name);
        unsigned n = value ? text_to_seconds(value) : otherwise;

        if (n > 0)
                return n;
        log_message(LOG_WARNING, "%s=%s is not a number of seconds, 1 to 86400; it is not used", name,
                    value);
        return otherwise;
}

/* *ret_own is to be freed; NULL for the system. */
static int choose_layout(enum layout_scope scope, struct daemon *d, struct layout **ret_own)
{
        const char *foreign = layout_find_foreign();
        int r;

        if (scope == LAYOUT_SYSTEM)
                return 0;
        if (foreign)
                return log_errno(-EPERM, "$%s is a directory of another user than root", foreign);
        r = layout_new_own(ret_own);
        if (r == -ENXIO)
                return log_errno(r, "$HOME or $XDG_RUNTIME_DIR is not set, nothing is known of the user");
        if (r < 0)
                return log_errno(r, "Cannot tell where the files of the user are");
        d->layout = *ret_own;
        return 0;
}

int main(int argc, char **argv)
{
        struct daemon d = {.root_fd = -1, .network_fd = -1, .layout = &layout_system};
        enum layout_scope scope = LAYOUT_SYSTEM;
        _cleanup_layout_ struct layout *own = NULL;
        sigset_t blocked;
        int r;

        r = parse_arguments(argc, argv, &scope);
        if (r <= 0)
                return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;

        log_open();
        r = choose_layout(scope, &d, &own);
        if (r < 0)
                return EXIT_FAILURE;
        d.polkit_seconds = read_seconds("PORTABLED_POLKIT_TIMEOUT", DAEMON_POLKIT_ANSWER_SECONDS);
        d.stay = is_false("SYSTEMD_EXIT_ON_IDLE");
        umask(0022);
        sigemptyset(&blocked);
        sigaddset(&blocked, SIGCHLD);
        sigaddset(&blocked, SIGTERM);
        sigaddset(&blocked, SIGINT);
        sigprocmask(SIG_BLOCK, &blocked, NULL);

        r = daemon_begin(&d);
        if (r >= 0)
                r = daemon_run(&d);
        daemon_end(&d);
        return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
