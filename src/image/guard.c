/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "image/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* Nobody may have to wait for what this process holds open when it is stuck. */
static void close_others(int a, int b)
{
        unsigned low = (unsigned)(a < b ? a : b), high = (unsigned)(a < b ? b : a);

        if (low > STDERR_FILENO + 1)
                close_range(STDERR_FILENO + 1, low - 1, 0);
        if (high > low + 1)
                close_range(low + 1, high - 1, 0);
        close_range(high + 1, ~0U, 0);
}

/* What is looked at, and how. */
struct looking {
        int root_fd;
        size_t n;
        guard_look look;
        void *userdata;
};

static void look_at_all(const struct looking *l, int progress_fd, size_t first)
{
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close_others(l->root_fd, progress_fd);
        for (size_t i = first; i < l->n; i++) {
                l->look(l->root_fd, i, l->userdata);
                if (write(progress_fd, "", 1) != 1)
                        break;
        }
        _exit(EXIT_SUCCESS);
}

/* Counts the bytes that come, one for each that has answered, until there are max, nothing comes any more,
 * or time is up. */
static size_t count_answers(int fd, size_t max, int patience)
{
        size_t n = 0;

        while (n < max) {
                struct pollfd p = {.fd = fd, .events = POLLIN};
                char buffer[512];
                ssize_t got;
                int r = poll(&p, 1, patience);

                if (r < 0 && errno == EINTR)
                        continue;
                got = r > 0 ? read(fd, buffer, sizeof(buffer)) : 0;
                if (got <= 0)
                        break;
                n += (size_t)got;
        }
        return n;
}

/* Looks from number first on; *ret_n is how many have answered before one did not. */
static int look_from(const struct looking *l, size_t first, int patience, size_t *ret_n)
{
        int fds[2];
        pid_t pid;

        if (pipe2(fds, O_CLOEXEC) < 0)
                return -errno;
        pid = fork();
        if (pid == 0)
                look_at_all(l, fds[1], first);
        close(fds[1]);
        if (pid < 0) {
                int r = -errno;

                close(fds[0]);
                return r;
        }
        *ret_n = count_answers(fds[0], l->n - first, patience);
        close(fds[0]);
        kill(pid, SIGKILL);
        /* One that is stuck may not even hear that; it is not waited for. */
        waitpid(pid, NULL, *ret_n < l->n - first ? WNOHANG : 0);
        return 0;
}

int guard_run(int root_fd, size_t n, guard_look look, void *userdata, bool *ret_answers)
{
        const struct looking l = {root_fd, n, look, userdata};
        int patience = GUARD_PATIENCE_MS;
        size_t i = 0;

        while (i < n) {
                size_t answered = 0;
                int r = look_from(&l, i, patience, &answered);

                if (r < 0)
                        return r;
                memset(ret_answers + i, true, answered * sizeof(*ret_answers));
                i += answered;
                if (i < n)
                        ret_answers[i++] = false;
                patience = GUARD_PATIENCE_AFTER_MS;
        }
        return 0;
}
