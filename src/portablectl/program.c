/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portablectl/program.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/fd.h"

#define OUTPUT_MAX (4U * 1024U * 1024U)

static void set_streams(posix_spawn_file_actions_t *actions, int fd, unsigned streams)
{
        posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        for (int stream = STDOUT_FILENO; stream <= STDERR_FILENO; stream++) {
                if (streams & (stream == STDOUT_FILENO ? PROGRAM_STDOUT : PROGRAM_STDERR))
                        posix_spawn_file_actions_adddup2(actions, fd, stream);
                else if (stream == STDOUT_FILENO || !(streams & PROGRAM_SHARE_STDERR))
                        posix_spawn_file_actions_addopen(actions, stream, "/dev/null", O_WRONLY, 0);
        }
}

/* Our own disposition of SIGPIPE is none of the program's business. */
static int spawn_with(char *const *argv, int fd, unsigned streams, pid_t *ret)
{
        posix_spawn_file_actions_t actions;
        posix_spawnattr_t attributes;
        sigset_t signals;
        int r;

        r = posix_spawn_file_actions_init(&actions);
        if (r != 0)
                return -r;
        r = posix_spawnattr_init(&attributes);
        if (r == 0) {
                sigemptyset(&signals);
                sigaddset(&signals, SIGPIPE);
                posix_spawnattr_setsigdefault(&attributes, &signals);
                posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
                set_streams(&actions, fd, streams);
                r = posix_spawnp(ret, argv[0], &actions, &attributes, argv, environ);
                posix_spawnattr_destroy(&attributes);
        }
        posix_spawn_file_actions_destroy(&actions);
        return -r;
}

int program_collect(char *const *argv, unsigned streams, char **ret_output, struct error *error)
{
        _cleanup_close_ int reading = -EBADF;
        int fds[2], r, status;
        pid_t pid = -1;
        size_t size;

        if (pipe2(fds, O_CLOEXEC) < 0)
                return error_set_errno(error, errno, "Cannot run %s", argv[0]);
        reading = fds[0];
        r = spawn_with(argv, fds[1], streams, &pid);
        fd_close(fds[1]);
        if (r < 0)
                return error_set_errno(error, r, "Cannot run %s", argv[0]);
        r = fd_read_all(reading, OUTPUT_MAX, ret_output, &size);
        reading = fd_close(reading);
        while (waitpid(pid, &status, 0) < 0)
                if (errno != EINTR)
                        return error_set_errno(error, errno, "Cannot wait for %s", argv[0]);
        if (r < 0)
                return error_set_errno(error, r, "Cannot read what %s prints", argv[0]);
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int program_become(char *const *argv, struct error *error)
{
        int r;

        fflush(NULL);
        signal(SIGPIPE, SIG_DFL);
        execvp(argv[0], argv);
        r = -errno;
        signal(SIGPIPE, SIG_IGN);
        return error_set_errno(error, r, "Cannot run %s", argv[0]);
}
