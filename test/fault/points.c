/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Interrupts transactions from outside: each scenario runs as a program of its own under strace(1), which
 * kills it at, or makes fail, one system call; at the first, the second, and so on of each kind until
 * nothing is struck. Then recovery, and the tree must be exactly the old or the new one: old after a
 * reported error, new after a reported success, either after a kill. From the old state the same operation
 * must work once more.
 *
 *   points DIRECTORY [JOBS [STRIDE SEED [LAYOUT [SCENARIO]]]]
 *                                 on the file system of DIRECTORY; root, in a mount namespace of its own
 *   points run SCENARIO ROOT      what strace starts
 *
 * With a STRIDE above 1 about one of so many points of each series is tried, its first always; which of the
 * others SEED says.
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/layout.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "layout.h"
#include "sandbox.h"
#include "scenario.h"
#include "transaction/transaction.h"

#define REPORT_FD 9

extern char **environ;

/* Kill, then the errors that file systems are known to give. */
static const char *const modes[] = {"signal=KILL", "error=ENOSPC", "error=EIO",   "error=EDQUOT",
                                    "error=EROFS", "error=EACCES", "error=ENOMEM"};
#define MODE_IO_ERROR 2
#define N_MAIN_MODES  3 /* the others for two scenarios only, which have all kinds of changes */

/* Whatever may change a file, and the locks. writev is how the child reports. */
static const char *const changing_calls[] = {
        "openat",    "mkdirat",   "mknodat",   "symlinkat", "linkat",          "renameat",
        "renameat2", "unlinkat",  "fchmod",    "fchmodat",  "fchown",          "fchownat",
        "write",     "pwrite64",  "syncfs",    "fsync",     "sync_file_range", "ftruncate",
        "flock",     "fsetxattr", "lsetxattr", "utimensat", "copy_file_range",
};
/* The rest can only fail: a kill there is one at the next call above. */
static const char *const reading_calls[] = {
        "openat2", "fcntl", "statx", "newfstatat", "getdents64", "readlinkat", "ioctl",
};

/* Shared by all jobs. */
struct board {
        unsigned next, tried, bad;
};

struct task {
        const struct scenario *scenario;
        enum fault_layout_kind layout;
        const char *const *calls;
        size_t n_calls;
        const char *mode;
        const char *where; /* directory to work in */
        const char *self;  /* this program */
        struct board *board;
        unsigned stride, seed;
        char *new;
};

/* "s" for success, "f" and the message for an error. */
static void report_line(const char *how, const char *message)
{
        struct iovec v[2] = {{(void *)how, 1}, {(void *)message, strlen(message)}};

        if (writev(REPORT_FD, v, 2) < 1)
                _exit(2);
}

static void report(void *userdata)
{
        report_line("s", "");
}

static int run_scenario(const char *name, const char *root)
{
        for (unsigned i = 0; i < n_scenarios; i++) {
                _cleanup_changes_ struct change_list l = {};
                _cleanup_error_ struct error error = {};
                _cleanup_close_ int fd = -EBADF;
                int r;

                if (strcmp(scenarios[i].name, name) != 0)
                        continue;
                fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
                if (fd < 0)
                        return 2;
                scenarios[i].plan(&l);
                r = scenario_run(&scenarios[i], &l, fd, report, NULL, &error);
                if (r < 0)
                        report_line("f", error_message(&error));
                return r < 0;
        }
        return 2;
}

struct outcome {
        bool struck, succeeded, failed;
        char message[512]; /* of the error */
};

/* Whether strace's log says that it did something. */
static bool log_says_struck(const char *path)
{
        _cleanup_fclose_ FILE *f = fopen(path, "re");
        char line[4096];
        bool struck = false;

        must(f);
        while (fgets(line, sizeof(line), f))
                struck |= strstr(line, "(INJECTED)") || strstr(line, "killed by SIGKILL");
        return struck;
}

static struct outcome run_struck(const struct task *t, const char *root, const char *call, unsigned n)
{
        char inject[128], trace[64], log[160];
        const char *argv[] = {"strace", "-f", "-qq",  "-o",    log,   "-e",
                              trace,    "-e", inject, t->self, "run", t->scenario->name,
                              root,     NULL};
        posix_spawn_file_actions_t actions;
        struct outcome o = {};
        int p[2], status;
        pid_t pid;
        char c = 0;

        snprintf(log, sizeof(log), "%s/strace.log", t->where);
        snprintf(trace, sizeof(trace), "trace=%s", call);
        snprintf(inject, sizeof(inject), "inject=%s:%s:when=%u", call, t->mode, n);
        must(pipe2(p, O_CLOEXEC) == 0);
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, p[1], REPORT_FD);
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
        must(posix_spawnp(&pid, "strace", &actions, NULL, (char *const *)argv, environ) == 0);
        posix_spawn_file_actions_destroy(&actions);
        close(p[1]);
        o.succeeded = read(p[0], &c, 1) == 1 && c == 's';
        o.failed = !o.succeeded && c == 'f';
        if (read(p[0], o.message, sizeof(o.message) - 1) < 0)
                o.message[0] = '\0';
        close(p[0]);
        must(waitpid(pid, &status, 0) == pid);
        o.struck = log_says_struck(log);
        return o;
}

static void complain(const struct task *t, const char *call, unsigned n, const char *what)
{
        __atomic_add_fetch(&t->board->bad, 1, __ATOMIC_SEQ_CST);
        printf("BAD: %s, %s, %s %s no. %u: %s\n", t->scenario->name, fault_layout_name(t->layout), t->mode,
               call, n, what);
        fflush(stdout);
}

/* Recovers and compares. */
static void judge(const struct task *t, const struct sandbox *root, const char *old, struct outcome o,
                  const char *call, unsigned n)
{
        _cleanup_free_ char *now = NULL, *now_without_times = NULL;
        _cleanup_error_ struct error error = {};
        bool is_old, is_new;

        if (transaction_recover(root->fd, &layout_system, NULL, &error) < 0) {
                complain(t, call, n, error_message(&error));
                return;
        }
        now = sandbox_snapshot(root);
        now_without_times = snapshot_without_times(now);
        is_old = strcmp(now, old) == 0;
        is_new = strcmp(now_without_times, t->new) == 0;
        if (!is_old && !is_new) {
                complain(t, call, n, "neither old nor new");
                printf("--- old\n%s\n--- new\n%s\n--- found\n%s\n", old, t->new, now);
        } else if (o.succeeded && !is_new) {
                complain(t, call, n, "success reported, but it is the old state");
        } else if (o.failed && !is_old) {
                complain(t, call, n, "error reported, but it is the new state");
        } else if (!o.struck && !o.succeeded) {
                complain(t, call, n, o.failed ? o.message : "not struck, but no success");
        } else if (is_old) {
                _cleanup_changes_ struct change_list l = {};

                t->scenario->plan(&l);
                if (scenario_run(t->scenario, &l, root->fd, NULL, NULL, &error) < 0)
                        complain(t, call, n, error_message(&error));
        }
}

/* Returns false if there is no n-th such call. */
static bool try_point(const struct task *t, const char *call, unsigned n)
{
        _cleanup_free_ char *old = NULL;
        struct outcome o;
        struct fault_layout l;

        fault_layout_make(&l, t->layout, t->scenario, t->where);
        old = sandbox_snapshot(&l.root);
        o = run_struck(t, l.root.path, call, n);
        judge(t, &l.root, old, o, call, n);
        fault_layout_remove(&l);
        if (o.struck)
                __atomic_add_fetch(&t->board->tried, 1, __ATOMIC_SEQ_CST);
        return o.struck;
}

static char *make_new_state(const struct task *t)
{
        _cleanup_changes_ struct change_list changes = {};
        _cleanup_free_ char *snapshot = NULL;
        struct fault_layout l;

        fault_layout_make(&l, t->layout, t->scenario, t->where);
        t->scenario->plan(&changes);
        must(scenario_run(t->scenario, &changes, l.root.fd, NULL, NULL, NULL) == 0);
        snapshot = sandbox_snapshot(&l.root);
        fault_layout_remove(&l);
        return snapshot_without_times(snapshot);
}

/* How far it is to the next point: STRIDE on average, one at the least. */
static unsigned step(struct task *t)
{
        return 1 + (unsigned)rand_r(&t->seed) % (2 * t->stride - 1);
}

/* Each series has its last try, which strikes nothing: where only few points are tried, one of four has to
 * do. */
static bool is_left_out(struct task *t)
{
        return t->stride > 4 && rand_r(&t->seed) % 4 != 0;
}

static void strike_series(struct task *t, const char *call)
{
        for (unsigned n = 1; try_point(t, call, n); n += step(t))
                ;
}

static void do_task(struct task *t)
{
        t->new = make_new_state(t);
        for (size_t i = 0; i < t->n_calls; i++)
                if (!is_left_out(t))
                        strike_series(t, t->calls[i]);
        free(t->new);
}

/* Which scenarios are worth a try where: not all of them touch what a layout is about. */
static bool layout_matters(enum fault_layout_kind k, const char *scenario)
{
        static const char *const bind[] = {"attach", "detach", "reattach-mixed", NULL};
        static const char *const overlay[] = {"detach-beside", "reattach", "update-mixed", NULL};

        return k == LAYOUT_PLAIN ||
               strv_contains((char *const *)(k == LAYOUT_BIND ? bind : overlay), scenario);
}

/* layout, scenario: only these, unless NULL. */
static size_t list_tasks(struct task *tasks, const char *layout, const char *scenario)
{
        size_t n = 0;

        for (enum fault_layout_kind k = 0; k < LAYOUT_MAX; k++)
                for (unsigned s = 0; s < n_scenarios; s++) {
                        struct task t = {.scenario = &scenarios[s], .layout = k};
                        bool all = k == LAYOUT_PLAIN && string_starts_with(scenarios[s].name, "reattach");

                        if (!layout_matters(k, scenarios[s].name) ||
                            (layout && strcmp(layout, fault_layout_name(k)) != 0) ||
                            (scenario && strcmp(scenario, scenarios[s].name) != 0))
                                continue;
                        t.calls = changing_calls;
                        t.n_calls = ELEMENTSOF(changing_calls);
                        for (size_t m = 0; m < (all ? ELEMENTSOF(modes) : N_MAIN_MODES); m++) {
                                t.mode = modes[m];
                                tasks[n++] = t;
                        }
                        t.calls = reading_calls;
                        t.n_calls = ELEMENTSOF(reading_calls);
                        t.mode = modes[MODE_IO_ERROR];
                        tasks[n++] = t;
                }
        return n;
}

/* common: what all tasks share. */
static void job(const struct task *tasks, size_t n, const struct task *common, const char *where)
{
        struct board *board = common->board;

        for (unsigned i; (i = __atomic_fetch_add(&board->next, 1, __ATOMIC_SEQ_CST)) < n;) {
                struct task t = tasks[i];

                t.board = board;
                t.self = common->self;
                t.where = where;
                t.stride = common->stride;
                t.seed = common->seed + i;
                do_task(&t);
        }
}

struct request {
        const char *directory, *layout, *scenario;
        unsigned n_jobs, stride, seed;
};

static int run_jobs(const struct request *q)
{
        struct task tasks[256];
        struct task common = {.stride = q->stride, .seed = q->seed};
        size_t n = list_tasks(tasks, q->layout, q->scenario);
        struct board *board =
                mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        char self[4096] = "";
        int status, failed = 0;

        must(board != MAP_FAILED);
        must(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
        common.board = board;
        common.self = self;
        if (q->stride > 1)
                printf("points: seed %u, about one of %u\n", q->seed, q->stride);
        for (unsigned i = 0; i < q->n_jobs; i++) {
                char where[96];

                snprintf(where, sizeof(where), "%s/%u", q->directory, i);
                must(mkdir(where, 0700) == 0);
                fflush(stdout);
                if (fork() == 0) {
                        job(tasks, n, &common, where);
                        exit(0);
                }
        }
        while (wait(&status) > 0)
                failed |= status != 0;
        printf("points: %u points tried, %u bad%s\n", board->tried, board->bad,
               failed ? ", and a job broke off" : "");
        return failed || board->bad > 0 || board->tried < 100;
}

int main(int argc, char **argv)
{
        if (argc == 4 && strcmp(argv[1], "run") == 0)
                return run_scenario(argv[2], argv[3]);
        if (argc >= 2 && argc <= 7 && argc != 4) {
                struct request q = {.directory = argv[1], .n_jobs = 2, .stride = 1};

                if (argc > 2)
                        q.n_jobs = (unsigned)atoi(argv[2]);
                if (argc > 4) {
                        q.stride = (unsigned)atoi(argv[3]);
                        q.seed = (unsigned)strtoul(argv[4], NULL, 10);
                        q.layout = argv[5];
                        q.scenario = argv[5] ? argv[6] : NULL;
                }
                if (q.n_jobs > 0 && q.stride > 0)
                        return run_jobs(&q);
        }
        fprintf(stderr, "usage: points DIRECTORY [JOBS [STRIDE SEED [LAYOUT [SCENARIO]]]]\n");
        return 2;
}
