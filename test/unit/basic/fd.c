/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/fd.h"

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
        return remove(path);
}

struct tree {
        char path[32];
        int fd;
};

static int setup(void **state)
{
        struct tree *t = calloc(1, sizeof(*t));

        strcpy(t->path, "/tmp/test-fd-XXXXXX");
        if (!mkdtemp(t->path))
                return -1;
        t->fd = open(t->path, O_DIRECTORY | O_CLOEXEC);
        *state = t;
        return t->fd < 0 ? -1 : 0;
}

static int teardown(void **state)
{
        struct tree *t = *state;

        close(t->fd);
        nftw(t->path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
        free(t);
        return 0;
}

static void test_symlinks_stay_inside(void **state)
{
        struct tree *t = *state;
        _cleanup_free_ char *s = NULL;
        size_t n;

        assert_int_equal(symlinkat("/etc/passwd", t->fd, "abs"), 0);
        assert_int_equal(symlinkat("../../../../etc/passwd", t->fd, "rel"), 0);
        assert_int_equal(fd_open_in_root(t->fd, "/abs", O_RDONLY, 0), -ENOENT);
        assert_int_equal(fd_open_in_root(t->fd, "rel", O_RDONLY, 0), -ENOENT);
        assert_int_equal(fd_mkdirs_in_root(t->fd, "/etc", 0755), 1);
        {
                _cleanup_close_ int fd = fd_open_in_root(t->fd, "/etc/passwd", O_WRONLY | O_CREAT, 0600);

                assert_int_equal(fd_write_all(fd, "inside", 6), 0);
        }
        assert_int_equal(fd_read_file_in_root(t->fd, "/abs", 100, &s, &n), 0);
        assert_string_equal(s, "inside");
        assert_int_equal(n, 6);
        free(s);
        {
                _cleanup_close_ int fd = fd_open_in_root(t->fd, "rel", O_PATH, 0);

                assert_int_equal(fd_path_in_root(t->fd, fd, &s), 0);
                assert_string_equal(s, "/etc/passwd");
        }
}

static void test_read_refuses(void **state)
{
        struct tree *t = *state;
        char *s;

        assert_int_equal(mkfifoat(t->fd, "fifo", 0600), 0);
        assert_int_equal(fd_read_file_in_root(t->fd, "fifo", 10, &s, NULL), -EBADFD);
        assert_int_equal(mkdirat(t->fd, "dir", 0700), 0);
        assert_int_equal(fd_read_file_in_root(t->fd, "dir", 10, &s, NULL), -EBADFD);
        {
                _cleanup_close_ int fd = fd_open_in_root(t->fd, "big", O_WRONLY | O_CREAT, 0600);

                assert_int_equal(fd_write_all(fd, "12345678901", 11), 0);
        }
        assert_int_equal(fd_read_file_in_root(t->fd, "big", 10, &s, NULL), -EFBIG);
}

static void test_mkdirs(void **state)
{
        struct tree *t = *state;

        assert_int_equal(fd_mkdirs_in_root(t->fd, "/a/b/c", 0755), 1);
        assert_int_equal(fd_mkdirs_in_root(t->fd, "/a/b/c", 0755), 0);
        assert_int_equal(faccessat(t->fd, "a/b/c", F_OK, 0), 0);
}

static void test_path_outside(void **state)
{
        struct tree *t = *state;
        _cleanup_close_ int etc = open("/etc", O_PATH | O_CLOEXEC);
        char *s;

        assert_int_equal(fd_path_in_root(t->fd, etc, &s), -EXDEV);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_symlinks_stay_inside, setup, teardown),
                cmocka_unit_test_setup_teardown(test_read_refuses, setup, teardown),
                cmocka_unit_test_setup_teardown(test_mkdirs, setup, teardown),
                cmocka_unit_test_setup_teardown(test_path_outside, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
