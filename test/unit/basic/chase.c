/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/chase.h"

#include "extract/tree.h"

static void make(struct tree *t)
{
        _cleanup_free_ char *outside = NULL;

        tree_make(t);
        outside = tree_outside(t, "secret");
        tree_file(t, "usr/lib/a", "a");
        tree_directory(t, "usr/bin");
        tree_symlink(t, "lib", "usr/lib");
        tree_symlink(t, "usr/lib/b", "a");
        tree_symlink(t, "usr/lib/c", "/usr/lib/b");
        tree_symlink(t, "usr/lib/up", "../../../../../../usr/lib/a");
        tree_symlink(t, "usr/lib/dots", ".././/lib/./a");
        tree_symlink(t, "usr/lib/self", "self");
        tree_symlink(t, "usr/lib/ping", "pong");
        tree_symlink(t, "usr/lib/pong", "ping");
        tree_symlink(t, "usr/lib/dangling", "nothing");
        tree_symlink(t, "usr/lib/through-file", "a/b");
        tree_symlink(t, "usr/lib/slash", "a/");
        tree_symlink(t, "usr/lib/host", outside);
        tree_symlink(t, "usr/lib/host-up", "../../../secret");
        tree_symlink(t, "root", "/");
        tree_symlink(t, "dotdot", "..");
        tree_symlink(t, "usr/lib/\xff", "a");
        assert_int_equal(mkdirat(t->fd, "odd\xff", 0755), 0);
        tree_file(t, "odd\xff/f", "x");
        tree_fifo(t, "fifo");
}

static const struct {
        const char *path, *canonical;
        int error;
} paths[] = {
        {"/", "/", 0},
        {"", "/", 0},
        {"/usr/lib/a", "/usr/lib/a", 0},
        {"usr/lib/a", "/usr/lib/a", 0},
        {"//usr//lib//a", "/usr/lib/a", 0},
        {"/usr/./lib/../lib/a", "/usr/lib/a", 0},
        {"/../../usr/lib/a", "/usr/lib/a", 0},
        {"/usr/lib", "/usr/lib", 0},
        {"/usr/lib/", "/usr/lib", 0},
        {"/lib", "/usr/lib", 0},
        {"/lib/a", "/usr/lib/a", 0},
        {"/lib/../bin", "/usr/bin", 0},
        {"/lib/b", "/usr/lib/a", 0},
        {"/lib/c", "/usr/lib/a", 0},
        {"/lib/up", "/usr/lib/a", 0},
        {"/lib/dots", "/usr/lib/a", 0},
        {"/root/root/lib/a", "/usr/lib/a", 0},
        {"/root", "/", 0},
        {"/dotdot", "/", 0},
        {"/dotdot/dotdot/usr", "/usr", 0},
        {"/lib/\xff", "/usr/lib/a", 0},
        {"/odd\xff/f", "/odd\xff/f", 0},
        {"/fifo", "/fifo", 0},
        {"/lib/self", NULL, -ELOOP},
        {"/lib/ping", NULL, -ELOOP},
        {"/lib/dangling", NULL, -ENOENT},
        {"/lib/through-file", NULL, -ENOTDIR},
        {"/lib/slash", NULL, -ENOTDIR},
        {"/lib/a/b", NULL, -ENOTDIR},
        {"/lib/host", NULL, -ENOENT},
        {"/lib/host-up", NULL, -ENOENT},
        {"/nothing", NULL, -ENOENT},
        {"/nothing/..", NULL, -ENOENT},
};

static void test_table(void **state)
{
        _cleanup_tree_ struct tree t = {};
        _cleanup_free_ char *secret = NULL;
        _cleanup_fclose_ FILE *f = NULL;

        make(&t);
        secret = tree_outside(&t, "secret");
        f = fopen(secret, "w");
        assert_non_null(f);
        for (size_t i = 0; i < ELEMENTSOF(paths); i++) {
                _cleanup_free_ char *canonical = NULL;
                struct stat st, expected;
                int r = chase_in_root(t.fd, paths[i].path, &canonical, &st);

                if (r != paths[i].error)
                        fail_msg("'%s' gives %i (%s)", paths[i].path, r, canonical ?: "nothing");
                if (r < 0)
                        continue;
                assert_string_equal(canonical, paths[i].canonical);
                assert_int_equal(
                        fstatat(t.fd, canonical[1] ? canonical + 1 : ".", &expected, AT_SYMLINK_NOFOLLOW),
                        0);
                assert_true(st.st_ino == expected.st_ino && st.st_dev == expected.st_dev);
        }
}

static void test_depth(void **state)
{
        _cleanup_tree_ struct tree t = {};
        _cleanup_free_ char *canonical = NULL, *none = NULL;
        char name[32], target[32];

        tree_make(&t);
        tree_file(&t, "l0", "end");
        for (unsigned i = 1; i <= CHASE_SYMLINKS_MAX + 1; i++) {
                snprintf(name, sizeof(name), "l%u", i);
                snprintf(target, sizeof(target), "l%u", i - 1);
                tree_symlink(&t, name, target);
        }
        snprintf(name, sizeof(name), "/l%u", CHASE_SYMLINKS_MAX);
        assert_int_equal(chase_in_root(t.fd, name, &canonical, NULL), 0);
        assert_string_equal(canonical, "/l0");
        snprintf(name, sizeof(name), "/l%u", CHASE_SYMLINKS_MAX + 1);
        assert_int_equal(chase_in_root(t.fd, name, &none, NULL), -ELOOP);
}

/* A target as long as it can be, a name longer than that. */
static void test_long(void **state)
{
        _cleanup_tree_ struct tree t = {};
        _cleanup_free_ char *canonical = NULL, *none = NULL;
        char target[PATH_MAX], path[NAME_MAX + 3];

        tree_make(&t);
        tree_file(&t, "f", "x");
        for (size_t i = 0; i + 4 < sizeof(target); i += 2)
                memcpy(target + i, "./", 3);
        strcat(target, "f");
        tree_symlink(&t, "long", target);
        assert_int_equal(chase_in_root(t.fd, "/long", &canonical, NULL), 0);
        assert_string_equal(canonical, "/f");

        memset(path, 'x', NAME_MAX + 2);
        path[0] = '/';
        path[NAME_MAX + 2] = '\0';
        assert_int_equal(chase_in_root(t.fd, path, &none, NULL), -ENAMETOOLONG);
}

static void test_open(void **state)
{
        _cleanup_tree_ struct tree t = {};
        _cleanup_close_ int file = -EBADF, directory = -EBADF;

        make(&t);
        tree_device(&t, "device");
        file = chase_open(t.fd, "/usr/lib/a", 0);
        assert_true(file >= 0);
        directory = chase_open(t.fd, "/usr/lib", O_DIRECTORY);
        assert_true(directory >= 0);
        assert_int_equal(chase_open(t.fd, "/usr/lib/b", 0), -ELOOP);
        assert_int_equal(chase_open(t.fd, "/lib/a", 0), -ELOOP);
        assert_int_equal(chase_open(t.fd, "/usr/lib/a", O_DIRECTORY), -ENOTDIR);
        assert_int_equal(chase_open(t.fd, "/usr/lib/nothing", 0), -ENOENT);
        /* Swapped meanwhile: comes back at once, whoever writes to the FIFO. */
        assert_int_equal(chase_open(t.fd, "/fifo", 0), -EBADFD);
        assert_true(chase_open(t.fd, "/device", 0) < 0);
}

static void test_type_names(void **state)
{
        assert_string_equal(file_type_name(S_IFREG), "a regular file");
        assert_string_equal(file_type_name(S_IFDIR), "a directory");
        assert_string_equal(file_type_name(S_IFIFO), "a FIFO");
        assert_string_equal(file_type_name(S_IFSOCK), "a socket");
        assert_string_equal(file_type_name(S_IFLNK), "a symlink");
        assert_string_equal(file_type_name(S_IFCHR), "a device node");
        assert_string_equal(file_type_name(S_IFBLK), "a device node");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_table), cmocka_unit_test(test_depth),      cmocka_unit_test(test_long),
                cmocka_unit_test(test_open),  cmocka_unit_test(test_type_names),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
