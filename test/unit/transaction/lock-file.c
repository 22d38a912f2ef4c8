/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tree.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "transaction/transaction.h"

static int take(struct tree *t)
{
        _cleanup_error_ struct error e = {};
        int fd = -EBADF;

        if (transaction_lock(t->fd, &fd, &e) < 0)
                fail_msg("%s", error_message(&e));
        return fd;
}

/* What was not there before goes, what was stays. */
static void test_restore(void **state)
{
        struct tree *t = *state;

        assert_int_equal(transaction_lock_look(t->fd), 0);
        close(take(t));
        assert_int_equal(transaction_lock_look(t->fd), 3);
        transaction_lock_restore(t->fd, 3);
        assert_true(tree_exists(t, "/run/systemd/portabled.lock"));
        transaction_lock_restore(t->fd, 2);
        assert_int_equal(transaction_lock_look(t->fd), 2);
        close(take(t));
        transaction_lock_restore(t->fd, 1);
        assert_int_equal(transaction_lock_look(t->fd), 1);
        close(take(t));
        tree_file(t, "/run/systemd/mine", "");
        transaction_lock_restore(t->fd, 0);
        assert_int_equal(transaction_lock_look(t->fd), 2);
        assert_true(tree_exists(t, "/run/systemd/mine"));
}

static void test_in_use_stays(void **state)
{
        struct tree *t = *state;
        int fd = take(t);

        transaction_lock_restore(t->fd, 0);
        assert_true(tree_exists(t, "/run/systemd/portabled.lock"));
        close(fd);
        transaction_lock_restore(t->fd, 0);
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

                        if (transaction_lock(t->fd, &fd, NULL) < 0)
                                _exit(2);
                        if (mkdirat(t->fd, "inside/me", 0700) < 0)
                                _exit(3);
                        usleep(100);
                        if (unlinkat(t->fd, "inside/me", AT_REMOVEDIR) < 0)
                                _exit(4);
                        close(fd);
                        transaction_lock_restore(t->fd, 2);
                }
                _exit(0);
        }
        for (int i = 0; i < PROCESSES; i++) {
                assert_true(wait(&status) > 0);
                assert_int_equal(status, 0);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_restore, tree_setup, tree_teardown),
                cmocka_unit_test_setup_teardown(test_in_use_stays, tree_setup, tree_teardown),
                cmocka_unit_test_setup_teardown(test_removed_while_others_wait, tree_setup, tree_teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
