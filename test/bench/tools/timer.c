// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Runs commands again and again and prints how long each run took.
 *
 *     timer [--runs N] [--before SHELL-COMMAND] [--parallel N] COMMAND... [+ COMMAND...]
 *
 * One run is all the commands, one after another; with --parallel it is N copies of them at once, in whose
 * arguments "{}" is the number of the copy. What --before says is done first, outside of the measured time.
 * For each run a line: nanoseconds, how many commands failed. What a failed command said goes to standard
 * error.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

struct plan {
        unsigned runs, parallel;
        const char *before;
        char **commands;
};

static void die(const char *what)
{
        fprintf(stderr, "timer: %s: %s\n", what, strerror(errno));
        exit(EXIT_FAILURE);
}

static uint64_t now(void)
{
        struct timespec t;

        clock_gettime(CLOCK_MONOTONIC, &t);
        return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

static char *fill_in(const char *argument, unsigned number)
{
        const char *at = strstr(argument, "{}");
        char *s;

        if (!at)
                return strdup(argument);
        if (asprintf(&s, "%.*s%u%s", (int)(at - argument), argument, number, at + 2) < 0)
                die("asprintf");
        return s;
}

/* Starts the command that begins at argv[0] and ends at NULL or "+"; its length is told in ret_n. */
static pid_t start(char **argv, unsigned number, int output_fd, size_t *ret_n)
{
        posix_spawn_file_actions_t actions;
        char *copy[256];
        size_t n = 0;
        pid_t pid;

        for (; argv[n] && strcmp(argv[n], "+") != 0 && n < 255; n++)
                copy[n] = fill_in(argv[n], number);
        copy[n] = NULL;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
        posix_spawn_file_actions_adddup2(&actions, output_fd, 2);
        errno = posix_spawnp(&pid, copy[0], &actions, NULL, copy, environ);
        if (errno)
                die(copy[0]);
        posix_spawn_file_actions_destroy(&actions);
        for (size_t i = 0; i < n; i++)
                free(copy[i]);
        *ret_n = n;
        return pid;
}

static unsigned wait_for(pid_t pid)
{
        int status;

        while (waitpid(pid, &status, 0) < 0)
                if (errno != EINTR)
                        die("waitpid");
        return status != 0;
}

static unsigned run_sequence(char **commands, unsigned number, int output_fd)
{
        unsigned failed = 0;

        for (;;) {
                size_t n;

                failed += wait_for(start(commands, number, output_fd, &n));
                if (!commands[n])
                        return failed;
                commands += n + 1;
        }
}

static unsigned run_parallel(const struct plan *plan, int output_fd)
{
        pid_t *pids = calloc(plan->parallel, sizeof(*pids));
        unsigned failed = 0;
        size_t n;

        if (!pids)
                die("calloc");
        for (unsigned i = 0; i < plan->parallel; i++)
                pids[i] = start(plan->commands, i, output_fd, &n);
        for (unsigned i = 0; i < plan->parallel; i++)
                failed += wait_for(pids[i]);
        free(pids);
        return failed;
}

static void show(int fd)
{
        char buffer[4096];
        ssize_t n = pread(fd, buffer, sizeof(buffer), 0);

        fprintf(stderr, "timer: %.*s\n", n > 0 ? (int)n : 0, buffer);
}

static void run_once(const struct plan *plan)
{
        int fd = memfd_create("output", MFD_CLOEXEC);
        uint64_t begin, end;
        unsigned failed;

        if (fd < 0)
                die("memfd_create");
        if (plan->before) {
                /* Ends with the daemon stopped or an image detached: a failure shows in the run itself. */
                if (system(plan->before) < 0)
                        die(plan->before);
        }
        begin = now();
        failed = plan->parallel ? run_parallel(plan, fd) : run_sequence(plan->commands, 0, fd);
        end = now();
        if (failed)
                show(fd);
        close(fd);
        printf("%llu %u\n", (unsigned long long)(end - begin), failed);
        fflush(stdout);
}

static unsigned number(const char *s)
{
        char *end;
        unsigned long n = s ? strtoul(s, &end, 10) : 0;

        if (!s || *end || n == 0 || n > 1000000) {
                fprintf(stderr, "timer: not a number: %s\n", s ? s : "");
                exit(2);
        }
        return (unsigned)n;
}

int main(int argc, char **argv)
{
        struct plan plan = {.runs = 1};
        int i = 1;

        for (; i + 1 < argc && argv[i][0] == '-'; i += 2) {
                if (strcmp(argv[i], "--runs") == 0)
                        plan.runs = number(argv[i + 1]);
                else if (strcmp(argv[i], "--parallel") == 0)
                        plan.parallel = number(argv[i + 1]);
                else if (strcmp(argv[i], "--before") == 0)
                        plan.before = argv[i + 1];
                else
                        break;
        }
        if (i >= argc || argv[i][0] == '-') {
                fputs("usage: timer [--runs N] [--before COMMAND] [--parallel N] COMMAND... [+ "
                      "COMMAND...]\n",
                      stderr);
                return 2;
        }
        plan.commands = argv + i;
        for (unsigned n = 0; n < plan.runs; n++)
                run_once(&plan);
        return EXIT_SUCCESS;
}
