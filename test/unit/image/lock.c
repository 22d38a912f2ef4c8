/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tree.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/layout.h"
#include "image/lock.h"
#include "transaction/lock-wait.h"

static char *only_a[] = {(char *)"a", NULL};

static int take(struct tree *t, const char *name)
{
        _cleanup_error_ struct error e = {0};
        char *names[] = {(char *)name, NULL};
        int fd = -1;

        if (image_lock(t->fd, &layout_system, names, NULL, &fd, &e) < 0)
                fail_msg("%s", error_message(&e));
        return fd;
}

/* Whether another process that wants the lock of name has to wait for more than 300 ms. */
static bool is_blocked(struct tree *t, const char *name)
{
        char *names[] = {(char *)name, NULL};
        int status;
        pid_t pid = fork();

        if (pid == 0) {
                int fd;

                signal(SIGALRM, SIG_DFL);
                ualarm(300000, 0);
                _exit(image_lock(t->fd, &layout_system, names, NULL, &fd, NULL) < 0);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
        return WIFSIGNALED(status);
}

static void test_exclusive(void **state)
{
        struct tree *t = *state;
        int fd = take(t, "minimal_1");
        struct stat st;

        assert_int_equal(fstatat(t->fd, "run/systemd/portabled.lock", &st, 0), 0);
        assert_int_equal(st.st_mode & 07777, 0600);
        assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);

        assert_true(is_blocked(t, "minimal_1"));
        assert_true(is_blocked(t, "minimal_2"));
        assert_true(is_blocked(t, "minimal"));
        assert_true(is_blocked(t, "minimal.raw.v"));
        assert_false(is_blocked(t, "minima_1"));
        assert_false(is_blocked(t, "other"));
        close(fd);
        assert_false(is_blocked(t, "minimal_1"));
}

static void test_freed_by_death(void **state)
{
        struct tree *t = *state;
        char byte;
        int ready[2], status;
        pid_t pid;

        assert_int_equal(pipe(ready), 0);
        pid = fork();
        if (pid == 0) {
                int fd;

                if (image_lock(t->fd, &layout_system, only_a, NULL, &fd, NULL) == 0 &&
                    write(ready[1], "x", 1) == 1)
                        pause();
                _exit(1);
        }
        assert_int_equal(read(ready[0], &byte, 1), 1);
        assert_true(is_blocked(t, "a"));
        kill(pid, SIGKILL);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_false(is_blocked(t, "a"));
        close(ready[0]);
        close(ready[1]);
}

static void test_bad_file(void **state)
{
        _cleanup_error_ struct error e = {0};
        struct tree *t = *state;
        int fd;

        tree_file(t, "/etc/shadow", "precious");
        tree_link(t, "/run/systemd/portabled.lock", "/etc/shadow");
        assert_true(image_lock(t->fd, &layout_system, only_a, NULL, &fd, &e) < 0);
        assert_string_equal(error_message(&e), "Cannot lock '/run/systemd/portabled.lock': "
                                               "Too many levels of symbolic links");
        error_clear(&e);
        assert_int_equal(unlinkat(t->fd, "run/systemd/portabled.lock", 0), 0);
        assert_int_equal(mkfifoat(t->fd, "run/systemd/portabled.lock", 0600), 0);
        assert_true(image_lock(t->fd, &layout_system, only_a, NULL, &fd, &e) < 0);
        assert_string_equal(error_message(&e),
                            "Lock file '/run/systemd/portabled.lock' is not a regular file");
}

/* Takes both locks again and again; ends by itself if it has to wait for ever. */
static pid_t fork_taker(struct tree *t, char *const *names)
{
        pid_t pid = fork();

        if (pid != 0)
                return pid;
        signal(SIGALRM, SIG_DFL);
        alarm(20);
        for (unsigned i = 0; i < 2000; i++) {
                int fd;

                if (image_lock(t->fd, &layout_system, names, NULL, &fd, NULL) < 0)
                        _exit(1);
                close(fd);
        }
        _exit(0);
}

static void test_opposite_orders(void **state)
{
        char *one[] = {(char *)"a_1", (char *)"b_1", NULL}, *other[] = {(char *)"b_2", (char *)"a_2", NULL};
        struct tree *t = *state;
        pid_t pids[4];
        int status;

        for (size_t i = 0; i < 4; i++)
                pids[i] = fork_taker(t, i % 2 ? one : other);
        for (size_t i = 0; i < 4; i++) {
                assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
                assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
        }
}

static void test_one_lock_once(void **state)
{
        char *names[] = {(char *)"a_1", (char *)"a_2", (char *)"a_1", NULL};
        _cleanup_close_ int fd = -1;
        struct tree *t = *state;

        alarm(20);
        assert_int_equal(image_lock(t->fd, &layout_system, names, NULL, &fd, NULL), 0);
        alarm(0);
        assert_true(is_blocked(t, "a"));
}

static void count(const char *image, void *userdata)
{
        assert_string_equal(image, "web");
        ++*(unsigned *)userdata;
}

/* A wait is told after a second, once, ends, and says what for. */
static void test_too_long(void **state)
{
        char *names[] = {(char *)"b", (char *)"web_1.4", NULL};
        struct tree *t = *state;
        _cleanup_close_ int held = take(t, "web_1.3"), fd = -1;
        _cleanup_error_ struct error e = {0};
        unsigned told = 0;
        const struct lock_listener listener = {count, &told};

        setenv("PORTABLED_LOCK_TIMEOUT", "2", true);
        alarm(60);
        assert_int_equal(image_lock(t->fd, &layout_system, names, &listener, &fd, &e), -ETIMEDOUT);
        assert_int_equal(told, 1);
        assert_int_equal(image_lock(t->fd, &layout_system, names, NULL, &fd, NULL), -ETIMEDOUT);
        alarm(0);
        unsetenv("PORTABLED_LOCK_TIMEOUT");
        assert_string_equal(error_message(&e),
                            "Cannot lock image 'web': another operation on it did not end within 2 s");
        assert_int_equal(fd, -1);
        assert_false(is_blocked(t, "b"));
        close(steal_fd(&held));
        assert_false(is_blocked(t, "web"));
}

/* Who holds the lock lets it go once it is known that it is waited for. */
static void let_go(const char *image, void *userdata)
{
        assert_string_equal(image, "web");
        close(*(int *)userdata);
        *(int *)userdata = -EBADF;
}

/* Whoever is told goes on waiting, and gets the lock when it is free. */
static void test_free_in_time(void **state)
{
        char *names[] = {(char *)"web", NULL};
        struct tree *t = *state;
        _cleanup_close_ int held = take(t, "web"), fd = -1;
        const struct lock_listener listener = {let_go, &held};

        alarm(60);
        assert_int_equal(image_lock(t->fd, &layout_system, names, &listener, &fd, NULL), 0);
        alarm(0);
        assert_int_equal(held, -EBADF);
        assert_true(is_blocked(t, "web"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_exclusive, tree_setup, tree_teardown),
                cmocka_unit_test_setup_teardown(test_freed_by_death, tree_setup, tree_teardown),
                cmocka_unit_test_setup_teardown(test_opposite_orders, tree_setup, tree_teardown),
                cmocka_unit_test_setup_teardown(test_one_lock_once, tree_setup, tree_teardown),
                cmocka_unit_test_setup_teardown(test_too_long, tree_setup, tree_teardown),
                cmocka_unit_test_setup_teardown(test_free_in_time, tree_setup, tree_teardown),
                cmocka_unit_test_setup_teardown(test_bad_file, tree_setup, tree_teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
