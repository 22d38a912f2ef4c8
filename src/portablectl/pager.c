/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portablectl/pager.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <systemd/sd-login.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/text.h"
#include "portablectl/client.h"

#define LESS_OPTIONS "FRSXMK"

static bool is_elevated(void)
{
        uid_t owner;

        if (getenv("SUDO_UID"))
                return true;
        return sd_pid_get_owner_uid(0, &owner) >= 0 && owner != geteuid();
}

const char *pager_choose(bool elevated, bool *ret_secure)
{
        const char *secure = getenv("SYSTEMD_PAGERSECURE"), *pager = getenv("SYSTEMD_PAGER");
        int r = secure ? text_to_boolean(secure) : -EINVAL;

        if (!pager)
                pager = getenv("PAGER");
        *ret_secure = r >= 0 ? r > 0 : elevated || secure != NULL;
        if (!pager)
                return NULL;
        if (!*pager || strcmp(pager, "cat") == 0)
                return "";
        /* What comes from the environment is run only if somebody has thought about who may set it. */
        return secure ? pager : NULL;
}

static bool pager_is_secure(const char *command)
{
        return strcmp(command, "less") == 0;
}

static void child_set_environment(const struct client *client, bool secure)
{
        const char *less = getenv("SYSTEMD_LESS"), *charset = getenv("SYSTEMD_LESSCHARSET");

        setenv("LESS", less ? less : LESS_OPTIONS, 1);
        if (charset || client->terminal.utf8)
                setenv("LESSCHARSET", charset ? charset : "utf-8", 1);
        if (secure)
                setenv("LESSSECURE", "1", 1);
        else
                unsetenv("LESSSECURE");
}

/* Does not return. Writes a byte to exec_fd if nothing could be run. */
static void child_run(const struct client *client, const char *command, bool secure, int exec_fd)
{
        static const char *const usual[] = {"pager", "less", "more"};

        prctl(PR_SET_PDEATHSIG, SIGTERM);
        child_set_environment(client, secure);
        if (command && (!secure || pager_is_secure(command)))
                execlp("sh", "sh", "-c", command, NULL);
        for (size_t i = 0; i < ELEMENTSOF(usual); i++)
                if (!secure || pager_is_secure(usual[i]))
                        execlp(usual[i], usual[i], NULL);
        (void)!write(exec_fd, "x", 1);
        _exit(EXIT_FAILURE);
}

/* less handles Ctrl+C itself unless told to quit on it. */
static void respect_less_options(void)
{
        const char *less = getenv("SYSTEMD_LESS");

        if (less && !strchr(less, 'K'))
                signal(SIGINT, SIG_IGN);
}

static pid_t child_spawn(const struct client *client, const char *command, bool secure, int *ret_fd)
{
        int data[2] = {-EBADF, -EBADF}, exec[2] = {-EBADF, -EBADF};
        char failed = 0;
        pid_t pid;

        if (pipe2(data, O_CLOEXEC) < 0 || pipe2(exec, O_CLOEXEC) < 0) {
                fd_close(data[0]);
                fd_close(data[1]);
                return -1;
        }
        pid = fork();
        if (pid == 0) {
                if (dup2(data[0], STDIN_FILENO) < 0)
                        _exit(EXIT_FAILURE);
                child_run(client, command, secure, exec[1]);
        }
        fd_close(data[0]);
        fd_close(exec[1]);
        if (pid > 0 && read(exec[0], &failed, 1) != 0) {
                waitpid(pid, NULL, 0);
                pid = -1;
        }
        fd_close(exec[0]);
        if (pid < 0)
                data[1] = fd_close(data[1]);
        *ret_fd = data[1];
        return pid;
}

void pager_open(struct client *client)
{
        const char *command;
        bool secure;
        pid_t pid;
        int fd;

        if (client->pager > 0 || !client->options->pager || !client->terminal.shown || client->terminal.dumb)
                return;
        command = pager_choose(is_elevated(), &secure);
        if (command && !*command)
                return;
        fflush(stdout);
        pid = child_spawn(client, command, secure, &fd);
        if (pid < 0)
                return;
        if (dup2(fd, STDOUT_FILENO) < 0) {
                fd_close(fd);
                waitpid(pid, NULL, 0);
                return;
        }
        fd_close(fd);
        client->pager = pid;
        respect_less_options();
}

void pager_open_for(struct client *client, size_t lines)
{
        if (lines >= client->terminal.lines)
                pager_open(client);
}

void pager_close(struct client *client)
{
        int null;

        if (client->pager <= 0)
                return;
        fflush(stdout);
        null = open("/dev/null", O_WRONLY | O_CLOEXEC);
        if (null >= 0)
                dup2(null, STDOUT_FILENO);
        else
                fclose(stdout);
        fd_close(null);
        while (waitpid(client->pager, NULL, 0) < 0 && errno == EINTR)
                ;
        client->pager = 0;
}
