/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tree.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/layout.h"
#include "transaction/transaction.h"

static int take(struct tree *t)
{
        _cleanup_error_ struct error e = {};
        int fd = -EBADF;

        if (transaction_lock(t->fd, &layout_system, NULL, &fd, &e) < 0)
                fail_msg("%s", error_message(&e));
        return fd;
}

/* What was not there before goes, what was stays. */
static void test_restore(void **state)
{
        struct tree *t = *state;

        assert_int_equal(transaction_lock_look(t->fd, &layout_system), 0);
        close(take(t));
        assert_int_equal(transaction_lock_look(t->fd, &layout_system), 3);
        transaction_lock_restore(t->fd, &layout_system, 3);
        assert_true(tree_exists(t, "/run/systemd/portabled.lock"));
        transaction_lock_restore(t->fd, &layout_system, 2);
        assert_int_equal(transaction_lock_look(t->fd, &layout_system), 2);
        close(take(t));
        transaction_lock_restore(t->fd, &layout_system, 1);
        assert_int_equal(transaction_lock_look(t->fd, &layout_system), 1);
        close(take(t));
        tree_file(t, "/run/systemd/mine", "");
        transaction_lock_restore(t->fd, &layout_system, 0);
        assert_int_equal(transaction_lock_look(t->fd, &layout_system), 2);
        assert_true(tree_exists(t, "/run/systemd/mine"));
}

static void test_in_use_stays(void **state)
{
        struct tree *t = *state;
        int fd = take(t);

        transaction_lock_restore(t->fd, &layout_system, 0);
        assert_true(tree_exists(t, "/run/systemd/portabled.lock"));
        close(fd);
        transaction_lock_restore(t->fd, &layout_system, 0);
        assert_false(tree_exists(t, "/run"));
}

/* Who opened the file, but got the lock only when the file was gone, must not think it has the lock that
 * others see: many processes take it in turn, each removes the file, and none ever meets another one inside.
 */
static void test_removed_while_others_wait(void **state)
{
        enum { PROCESSES = 6, ROUNDS = 60 };
        struct tree *t = *state;
        int status;

        tree_dir(t, "/inside");
        for (int i = 0; i < PROCESSES; i++) {
                if (fork() != 0)
                        continue;
                for (int k = 0; k < ROUNDS; k++) {
                        int fd;

                        if (transaction_lock(t->fd, &layout_system, NULL, &fd, NULL) < 0)
                                _exit(2);
                        if (mkdirat(t->fd, "inside/me", 0700) < 0)
                                _exit(3);
                        usleep(100);
                        if (unlinkat(t->fd, "inside/me", AT_REMOVEDIR) < 0)
                                _exit(4);
                        close(fd);
                        transaction_lock_restore(t->fd, &layout_system, 2);
                }
                _exit(0);
        }
        for (int i = 0; i < PROCESSES; i++) {
                assert_true(wait(&status) > 0);
                assert_int_equal(status, 0);
        }
}

static void refused(struct tree *t, int errnum, const char *message)
{
        _cleanup_error_ struct error e = {};
        int fd;

        assert_int_equal(transaction_lock(t->fd, &layout_system, NULL, &fd, &e), -errnum);
        assert_string_equal(error_message(&e), message);
}

/* What somebody else can open he can lock, and so stop us for ever. */
static void test_only_ours(void **state)
{
        struct tree *t = *state;

        tree_file(t, "/run/systemd/portabled.lock", "");
        assert_int_equal(fchmodat(t->fd, "run/systemd/portabled.lock", 0644, 0), 0);
        refused(t, EPERM,
                "Lock file '/run/systemd/portabled.lock' belongs to somebody else, or others may open it: "
                "remove it");
        assert_int_equal(fchmodat(t->fd, "run/systemd/portabled.lock", 0600, 0), 0);
        close(take(t));
        assert_int_equal(fchownat(t->fd, "run/systemd/portabled.lock", 1234, 1234, 0), 0);
        refused(t, EPERM,
                "Lock file '/run/systemd/portabled.lock' belongs to somebody else, or others may open it: "
                "remove it");
        assert_int_equal(unlinkat(t->fd, "run/systemd/portabled.lock", 0), 0);
        assert_int_equal(mkfifoat(t->fd, "run/systemd/portabled.lock", 0600), 0);
        refused(t, EBADFD, "Lock file '/run/systemd/portabled.lock' is not a regular file");
}

static int lock_alone(struct tree *t)
{
        alarm(20);
        return take(t);
}

/* Anybody can open and lock a directory that all may read: that must not be a lock of ours. */
static void test_directory_is_no_lock(void **state)
{
        _cleanup_close_ int held = -EBADF;
        struct tree *t = *state;
        char path[128];
        int fd;

        tree_dir(t, "/etc/systemd");
        tree_dir(t, "/run/systemd");
        held = openat(t->fd, "etc/systemd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        assert_true(held >= 0);
        assert_int_equal(flock(held, LOCK_EX), 0);
        snprintf(path, sizeof(path), "%s/run", t->path);
        assert_int_equal(mount(path, path, NULL, MS_BIND, NULL), 0);
        assert_int_equal(mount(NULL, path, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL), 0);
        fd = lock_alone(t);
        assert_true(fd >= 0);
        close(fd);
        assert_true(tree_exists(t, "/etc/systemd/portabled.lock"));
        transaction_lock_restore(t->fd, &layout_system, 2);
        assert_false(tree_exists(t, "/etc/systemd/portabled.lock"));
        alarm(0);
        assert_int_equal(umount2(path, 0), 0);
}

static int setup_mounts(void **state)
{
        return unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0;
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_restore, tree_setup, tree_teardown),
                cmocka_unit_test_setup_teardown(test_in_use_stays, tree_setup, tree_teardown),
                cmocka_unit_test_setup_teardown(test_removed_while_others_wait, tree_setup, tree_teardown),
                cmocka_unit_test_setup_teardown(test_only_ours, tree_setup, tree_teardown),
                cmocka_unit_test_setup_teardown(test_directory_is_no_lock, tree_setup, tree_teardown),
        };

        return cmocka_run_group_tests(tests, setup_mounts, NULL);
}
