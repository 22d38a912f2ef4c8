/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include <errno.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/strv.h"
#include "inject.h"
#include "sandbox.h"
#include "scenario.h"
#include "basic/layout.h"
#include "transaction/transaction.h"

/*
 * Each scenario with a fault at one call after the other until it gets through untouched. Then
 * recovery, and the tree must be exactly the old or the new one: old after a reported error, new after
 * success, either after a crash.
 */

#define WHERE "/dev/shm"

struct fault {
        int errnum;      /* 0: _exit() */
        unsigned stride; /* every so many calls: test/fault is there to be exhaustive */
        bool plain_renames;
};

/* write(2), not through inject.c. */
static long syscall_write(int fd, const char *c)
{
        long r;

        inject_suspend(true);
        r = write(fd, c, 1);
        inject_suspend(false);
        return r;
}

/* What came of a run, as seen from outside. */
struct outcome {
        bool hit;       /* the fault struck */
        bool succeeded; /* success was reported, before the process ended or died */
        bool failed;    /* an error was reported */
};

/* What the child does, and how it tells. */
struct job {
        const struct scenario *scenario; /* NULL: recovery */
        const struct change_list *changes;
        const struct sandbox *sandbox;
        int report_fd;
};

static void report(void *userdata)
{
        const struct job *j = userdata;

        if (syscall_write(j->report_fd, "s") != 1)
                _exit(2);
}

static void child(struct job *j, const struct fault *f, unsigned n)
{
        _cleanup_strv_ char **messages = NULL;
        _cleanup_error_ struct error error = {};
        bool hit;
        int r;

        if (f->plain_renames)
                inject_plain_renames();
        inject_arm(n, f->errnum);
        if (j->scenario)
                r = scenario_run(j->scenario, j->changes, j->sandbox->fd, report, j, &error);
        else
                r = transaction_recover(j->sandbox->fd, &layout_system, &messages, &error);
        hit = inject_count() >= n;
        inject_arm(0, 0);
        if ((r < 0) != error_is_set(&error) || (r < 0 && syscall_write(j->report_fd, "f") != 1) ||
            (hit && syscall_write(j->report_fd, "h") != 1))
                _exit(2);
        strv_free(steal_pointer(messages));
        error_clear(&error);
        /* Under the sanitizers exit() looks for leaks, which takes longer than all the rest. */
        if (n % 8 == 0)
                exit(0);
        _exit(0);
}

/* Does the job in a child with a fault at its n-th call. */
static struct outcome run(struct job *j, const struct fault *f, unsigned n)
{
        struct outcome o = {};
        int status, p[2];
        pid_t pid;
        char c;

        assert_int_equal(pipe(p), 0);
        pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
                j->report_fd = p[1];
                child(j, f, n);
        }
        close(p[1]);
        while (read(p[0], &c, 1) == 1) {
                o.succeeded |= c == 's';
                o.failed |= c == 'f';
                o.hit |= c == 'h';
        }
        close(p[0]);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status));
        if (WEXITSTATUS(status) == INJECT_EXIT)
                o.hit = true;
        else
                assert_int_equal(WEXITSTATUS(status), 0);
        return o;
}

static char *new_state(const struct scenario *c)
{
        _cleanup_free_ char *snapshot = NULL;
        _cleanup_changes_ struct change_list l = {};
        struct sandbox s;

        sandbox_make(&s, WHERE);
        c->prepare(&s);
        c->plan(&l);
        assert_int_equal(scenario_run(c, &l, s.fd, NULL, NULL, NULL), 0);
        snapshot = sandbox_snapshot(&s);
        sandbox_remove(&s);
        return snapshot_without_times(snapshot);
}

static void expect_old_or_new(const struct scenario *c, const struct sandbox *s, const char *old,
                              const char *new, struct outcome o, unsigned n)
{
        _cleanup_free_ char *now = sandbox_snapshot(s), *now_without_times = snapshot_without_times(now);
        bool is_old = strcmp(now, old) == 0, is_new = strcmp(now_without_times, new) == 0;

        if (o.succeeded ? is_new : o.failed ? is_old : is_old || is_new)
                return;
        print_error("%s, call %u, %s reported, %s:\n--- old\n%s\n--- new\n%s\n--- found\n%s\n", c->name, n,
                    o.succeeded ? "success"
                    : o.failed  ? "error"
                                : "nothing",
                    is_old   ? "old"
                    : is_new ? "new"
                             : "neither",
                    old, new, now);
        fail();
}

/* One run with a fault at call n, and (m > 0) a crash at call m of the first recovery. Returns false if call
 * n was not reached; *ret_recovery_hit, if recovery did not reach call m. */
static bool try_point(const struct scenario *c, const struct fault *f, const char *new, unsigned n,
                      unsigned m, bool *ret_recovery_hit)
{
        static const struct fault crash = {};
        _cleanup_strv_ char **messages = NULL;
        _cleanup_error_ struct error error = {};
        _cleanup_changes_ struct change_list l = {};
        _cleanup_free_ char *old = NULL;
        struct outcome o;
        struct sandbox s;

        sandbox_make(&s, WHERE);
        c->prepare(&s);
        c->plan(&l);
        old = sandbox_snapshot(&s);
        o = run(&(struct job){c, &l, &s}, f, n);
        if (m > 0)
                *ret_recovery_hit = run(&(struct job){.sandbox = &s}, &crash, m).hit;
        if (transaction_recover(s.fd, &layout_system, &messages, &error) < 0)
                fail_msg("%s, call %u: %s", c->name, n, error_message(&error));
        expect_old_or_new(c, &s, old, new, o, n);
        sandbox_remove(&s);
        return o.hit;
}

/* A process is dear under AddressSanitizer: fewer points there. */
#ifdef __SANITIZE_ADDRESS__
static const unsigned step = 5;
#else
static const unsigned step = 1;
#endif

static void try_all(const struct fault *f)
{
        unsigned points = 0;

        for (unsigned i = 0; i < n_scenarios; i++) {
                _cleanup_free_ char *new = new_state(&scenarios[i]);

                for (unsigned n = 1 + i % f->stride; try_point(&scenarios[i], f, new, n, 0, NULL);
                     n += f->stride * step)
                        points++;
        }
        assert_true(points > 300 / step);
        print_message("%u points tried\n", points);
}

static void test_crash(void **state)
{
        try_all(&(struct fault){.stride = 1});
}

static void test_no_space(void **state)
{
        try_all(&(struct fault){.errnum = ENOSPC, .stride = 2});
}

static void test_io_error(void **state)
{
        try_all(&(struct fault){.errnum = EIO, .stride = 3});
}

static void test_no_memory(void **state)
{
        try_all(&(struct fault){.errnum = ENOMEM, .stride = 2});
}

static void test_crash_with_plain_renames(void **state)
{
        try_all(&(struct fault){.stride = 3, .plain_renames = true});
}

static void test_no_space_with_plain_renames(void **state)
{
        try_all(&(struct fault){.errnum = ENOSPC, .stride = 3, .plain_renames = true});
}

/* A crash, and another one in the recovery from it. */
static void test_crash_in_recovery(void **state)
{
        unsigned points = 0;

        for (unsigned i = 0; i < n_scenarios; i++) {
                _cleanup_free_ char *new = new_state(&scenarios[i]);
                bool hit = true;

                for (unsigned n = 3; hit; n += 47 * step) {
                        bool recovery_hit = true;

                        for (unsigned m = 1; recovery_hit; m += 7, points++)
                                hit = try_point(&scenarios[i], &(struct fault){}, new, n, m, &recovery_hit);
                }
        }
        assert_true(points > 300 / step);
        print_message("%u points tried\n", points);
}

/* With an argument only the test of that name runs. */
int main(int argc, char **argv)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_crash),
                cmocka_unit_test(test_no_space),
                cmocka_unit_test(test_io_error),
                cmocka_unit_test(test_no_memory),
                cmocka_unit_test(test_crash_with_plain_renames),
                cmocka_unit_test(test_no_space_with_plain_renames),
                cmocka_unit_test(test_crash_in_recovery),
        };

        if (argc > 1)
                cmocka_set_test_filter(argv[1]);
        return cmocka_run_group_tests(tests, NULL, NULL);
}
