/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "extract/network.h"

#include <errno.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../test.h"

#define OURS "/proc/self/ns/net"

static ino_t inode_of(const char *path)
{
        struct stat st;

        assert_int_equal(stat(path, &st), 0);
        return st.st_ino;
}

/* Whoever may make namespaces gets one that is not its own, and stays where it was. */
static void test_make_and_join(void **state)
{
        ino_t before = inode_of(OURS);
        struct stat made;
        int fd = -1, status;
        pid_t pid;

        /* Without privileges: in a user namespace of our own everything is allowed. */
        if (geteuid() != 0)
                assert_int_equal(unshare(CLONE_NEWUSER | CLONE_NEWNET), 0);
        before = inode_of(OURS);
        assert_int_equal(network_make(&fd), 0);
        assert_int_equal(fstat(fd, &made), 0);
        assert_true(made.st_ino != before);
        assert_true(inode_of(OURS) == before);

        pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
                struct stat st;

                _exit(network_join(fd) < 0 || stat(OURS, &st) < 0 || st.st_ino != made.st_ino);
        }
        assert_true(waitpid(pid, &status, 0) == pid);
        assert_int_equal(status, 0);
        close(fd);
}

static void test_join_nonsense(void **state)
{
        int fd = dup(0);

        assert_true(network_join(fd) < 0);
        close(fd);
        assert_int_equal(network_join(fd), -EBADF);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_make_and_join),
                cmocka_unit_test(test_join_nonsense),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
