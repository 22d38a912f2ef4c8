/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "basic/strv.h"
#include "basic/tree.h"
#include "sandbox.h"
#include "basic/layout.h"
#include "transaction/transaction.h"

#define TARGET "/etc/portables/image"

static int stage(const struct sandbox *s, struct transaction *t, const char *source, char ***notes,
                 struct error *error)
{
        _cleanup_close_ int fd = fd_open_in_root(s->fd, source, O_PATH | O_NOFOLLOW, 0);
        const struct transaction_copy request = {.fd = fd, .source = source, .target = TARGET};

        return transaction_stage_copy(t, &request, notes, error);
}

/* Copies source to TARGET in one transaction. */
static int copy(const struct sandbox *s, const char *source, char **ret_message)
{
        _cleanup_strv_ char **notes = NULL;
        _cleanup_transaction_ struct transaction *t = NULL;
        _cleanup_changes_ struct change_list l = {};
        _cleanup_error_ struct error error = {};
        int r;

        assert_non_null(change_list_add(&l, CHANGE_COPY, TARGET, source));
        assert_int_equal(transaction_new(s->fd, &layout_system, false, &t, NULL), 0);
        r = stage(s, t, source, &notes, &error);
        if (r >= 0)
                r = transaction_commit(t, &l, &error);
        if (ret_message)
                *ret_message = r < 0 ? strdup(error_message(&error)) : NULL;
        return r;
}

static void stat_both(const struct sandbox *s, const char *name, struct stat *a, struct stat *b)
{
        char path[128];

        snprintf(path, sizeof(path), "srv/image/%s", name);
        assert_int_equal(fstatat(s->fd, path, a, AT_SYMLINK_NOFOLLOW), 0);
        snprintf(path, sizeof(path), "etc/portables/image/%s", name);
        assert_int_equal(fstatat(s->fd, path, b, AT_SYMLINK_NOFOLLOW), 0);
}

static void expect_same(const struct sandbox *s, const char *name)
{
        struct stat a, b;

        stat_both(s, name, &a, &b);
        assert_int_equal(a.st_mode, b.st_mode);
        assert_int_equal(a.st_uid, b.st_uid);
        assert_int_equal(a.st_gid, b.st_gid);
        assert_int_equal(a.st_rdev, b.st_rdev);
        assert_int_equal(a.st_mtim.tv_sec, b.st_mtim.tv_sec);
        assert_int_equal(a.st_mtim.tv_nsec, b.st_mtim.tv_nsec);
        if (!S_ISDIR(a.st_mode)) {
                assert_int_equal(a.st_size, b.st_size);
                assert_int_equal(a.st_nlink, b.st_nlink);
        }
}

static void age(const struct sandbox *s, const char *path)
{
        const struct timespec old[2] = {{.tv_sec = 1000000, .tv_nsec = 1},
                                        {.tv_sec = 2000000, .tv_nsec = 123456789}};

        assert_int_equal(utimensat(s->fd, path + 1, old, AT_SYMLINK_NOFOLLOW), 0);
}

static void test_tree(void **state)
{
        struct sandbox *s = *state;
        char value[16] = "", link[16] = "";
        struct stat a, b;
        static const char *const names[] = {"usr",  "usr/bin", "usr/bin/tool", "usr/bin/alias", "usr/suid",
                                            "link", "fifo",    "socket",       "null",          "sticky"};

        sandbox_write(s, "/srv/image/usr/bin/tool", "#!/bin/sh\n");
        sandbox_write(s, "/srv/image/usr/suid", "x");
        sandbox_mkdir(s, "/srv/image/sticky");
        assert_int_equal(linkat(s->fd, "srv/image/usr/bin/tool", s->fd, "srv/image/usr/bin/alias", 0), 0);
        assert_int_equal(symlinkat("/etc/nowhere", s->fd, "srv/image/link"), 0);
        assert_int_equal(mkfifoat(s->fd, "srv/image/fifo", 0622), 0);
        assert_int_equal(mknodat(s->fd, "srv/image/socket", S_IFSOCK | 0600, 0), 0);
        /* 0:0 may be made without privileges: it stands for a removed file in overlayfs. */
        assert_int_equal(mknodat(s->fd, "srv/image/null", S_IFCHR | 0600, makedev(0, 0)), 0);
        assert_int_equal(fchmodat(s->fd, "srv/image/usr/suid", 04755, 0), 0);
        assert_int_equal(fchmodat(s->fd, "srv/image/sticky", 01777, 0), 0);
        {
                _cleanup_close_ int fd = openat(s->fd, "srv/image/usr/bin/tool", O_WRONLY);

                assert_int_equal(fsetxattr(fd, "user.note", "kept", 4, 0), 0);
        }
        for (size_t i = 0; i < ELEMENTSOF(names); i++) {
                char path[64];

                snprintf(path, sizeof(path), "/srv/image/%s", names[i]);
                age(s, path);
        }
        age(s, "/srv/image");

        assert_int_equal(copy(s, "/srv/image", NULL), 0);
        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                expect_same(s, names[i]);
        expect_same(s, ".");
        stat_both(s, "usr/bin/tool", &a, &b);
        assert_int_equal(fstatat(s->fd, "etc/portables/image/usr/bin/alias", &a, 0), 0);
        assert_int_equal(a.st_ino, b.st_ino);
        assert_true(readlinkat(s->fd, "etc/portables/image/link", link, sizeof(link) - 1) > 0);
        assert_string_equal(link, "/etc/nowhere");
        {
                _cleanup_close_ int fd = openat(s->fd, "etc/portables/image/usr/bin/alias", O_RDONLY);

                assert_int_equal(fgetxattr(fd, "user.note", value, sizeof(value)), 4);
                assert_string_equal(value, "kept");
        }
}

/* Data in the middle and at the end, holes before, between and after. */
static void test_holes(void **state)
{
        _cleanup_free_ char *a_data = NULL, *b_data = NULL;
        struct sandbox *s = *state;
        size_t a_size, b_size;
        struct stat a, b;
        {
                _cleanup_close_ int fd = -EBADF;

                sandbox_mkdir(s, "/srv");
                fd = openat(s->fd, "srv/image.raw", O_WRONLY | O_CREAT, 0440);
                assert_int_equal(pwrite(fd, "a", 1, 4 << 20), 1);
                assert_int_equal(pwrite(fd, "b", 1, 8 << 20), 1);
                assert_int_equal(ftruncate(fd, 16 << 20), 0);
        }
        assert_int_equal(copy(s, "/srv/image.raw", NULL), 0);
        assert_int_equal(fstatat(s->fd, "srv/image.raw", &a, 0), 0);
        assert_int_equal(fstatat(s->fd, TARGET + 1, &b, 0), 0);
        assert_int_equal(a.st_size, b.st_size);
        assert_int_equal(b.st_mode, S_IFREG | 0440);
        assert_true(b.st_blocks <= a.st_blocks);
        assert_int_equal(fd_read_file_in_root(s->fd, "/srv/image.raw", 32 << 20, &a_data, &a_size), 0);
        assert_int_equal(fd_read_file_in_root(s->fd, TARGET, 32 << 20, &b_data, &b_size), 0);
        assert_int_equal(a_size, b_size);
        assert_memory_equal(a_data, b_data, a_size);
}

static void test_only_a_hole(void **state)
{
        struct sandbox *s = *state;
        struct stat st;

        sandbox_write(s, "/srv/image.raw", "");
        {
                _cleanup_close_ int fd = openat(s->fd, "srv/image.raw", O_WRONLY);

                assert_int_equal(ftruncate(fd, 1 << 20), 0);
        }
        assert_int_equal(copy(s, "/srv/image.raw", NULL), 0);
        assert_int_equal(fstatat(s->fd, TARGET + 1, &st, 0), 0);
        assert_int_equal(st.st_size, 1 << 20);
        assert_int_equal(st.st_blocks, 0);
}

static void test_errors(void **state)
{
        struct sandbox *s = *state;
        static const struct {
                const char *source, *message;
        } cases[] = {
                {"/srv/fifo", "Cannot copy '/srv/fifo' to '" TARGET "': neither a file nor a directory"},
                {"/srv/link", "Cannot copy '/srv/link' to '" TARGET "': neither a file nor a directory"},
        };

        sandbox_mkdir(s, "/srv/image");
        assert_int_equal(mkfifoat(s->fd, "srv/fifo", 0600), 0);
        assert_int_equal(symlinkat("image", s->fd, "srv/link"), 0);
        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_free_ char *before = sandbox_snapshot(s), *after = NULL, *message = NULL;

                assert_true(copy(s, cases[i].source, &message) < 0);
                assert_string_equal(message, cases[i].message);
                after = sandbox_snapshot(s);
                assert_string_equal(before, after);
        }
}

/* A tree deeper than any descriptor limit is refused, and removed without trouble where a copy of it broke
 * off. */
static void test_too_deep(void **state)
{
        _cleanup_free_ char *message = NULL;
        struct sandbox *s = *state;
        int fd;

        sandbox_mkdir(s, "/srv/image");
        fd = openat(s->fd, "srv/image", O_PATH | O_DIRECTORY);
        for (unsigned i = 0; i < 3000; i++) {
                int next;

                assert_int_equal(mkdirat(fd, "d", 0755), 0);
                next = openat(fd, "d", O_PATH | O_DIRECTORY);
                close(fd);
                fd = next;
        }
        close(fd);
        assert_true(copy(s, "/srv/image", &message) < 0);
        assert_string_equal(message, "Cannot copy '/srv/image' to '" TARGET
                                     "': more than 200 directories in one another");
        assert_false(sandbox_exists(s, TARGET));
        {
                _cleanup_changes_ struct change_list l = {};

                add_remove_tree(&l, "/srv");
                assert_int_equal(sandbox_commit(s, &l, NULL), 0);
                assert_false(sandbox_exists(s, "/srv"));
        }
}

/* As in any tree of a whole system. */
static void test_devices(void **state)
{
        _cleanup_transaction_ struct transaction *t = NULL;
        _cleanup_strv_ char **notes = NULL;
        struct sandbox *s = *state;

        sandbox_write(s, "/srv/image/dev/fd", "x");
        assert_int_equal(mknodat(s->fd, "srv/image/dev/console", S_IFCHR | 0600, makedev(5, 1)), 0);
        assert_int_equal(transaction_new(s->fd, &layout_system, false, &t, NULL), 0);
        assert_int_equal(stage(s, t, "/srv/image", &notes, NULL), 0);
        assert_int_equal(strv_length(notes), 1);
        assert_string_equal(notes[0], "The copy of image '/srv/image' is without its 1 device node "
                                      "('/srv/image/dev/console')");
        assert_int_equal(mknodat(s->fd, "srv/image/dev/sda", S_IFBLK | 0600, makedev(8, 0)), 0);
        assert_int_equal(stage(s, t, "/srv/image", &notes, NULL), 0);
        assert_non_null(strstr(notes[1], "' is without its 2 device nodes ('/srv/image/dev/"));
        assert_non_null(strstr(notes[1], "' and others)"));
        assert_int_equal(copy(s, "/srv/image", NULL), 0);
        assert_true(sandbox_exists(s, TARGET "/dev/fd"));
        assert_false(sandbox_exists(s, TARGET "/dev/console"));
        assert_false(sandbox_exists(s, TARGET "/dev/sda"));
}

/* Whoever owns the directory above swaps it when the image has been read and found good. */
static void test_swapped(void **state)
{
        struct transaction_copy request = {.source = "/srv/user/image", .target = TARGET};
        _cleanup_transaction_ struct transaction *t = NULL;
        _cleanup_changes_ struct change_list l = {};
        _cleanup_close_ int fd = -EBADF;
        struct sandbox *s = *state;

        sandbox_write(s, "/srv/user/image/good", "x");
        sandbox_write(s, "/srv/secret/image/bad", "x");
        fd = fd_open_in_root(s->fd, "/srv/user/image", O_PATH, 0);
        request.fd = fd;
        assert_int_equal(renameat(s->fd, "srv/user", s->fd, "srv/moved"), 0);
        assert_int_equal(symlinkat("secret", s->fd, "srv/user"), 0);
        assert_non_null(change_list_add(&l, CHANGE_COPY, TARGET, "/srv/user/image"));
        assert_int_equal(transaction_new(s->fd, &layout_system, false, &t, NULL), 0);
        assert_int_equal(transaction_stage_copy(t, &request, NULL, NULL), 0);
        assert_int_equal(transaction_commit(t, &l, NULL), 0);
        assert_true(sandbox_exists(s, TARGET "/good"));
        assert_false(sandbox_exists(s, TARGET "/bad"));
}

static mode_t mode_of(const struct sandbox *s, const char *path)
{
        struct stat st;

        assert_int_equal(fstatat(s->fd, path, &st, AT_SYMLINK_NOFOLLOW), 0);
        return st.st_mode & 07777;
}

/* Commits a private copy to TARGET; extra: a change that can't be made. */
static int copy_private(struct sandbox *s, bool extra)
{
        struct transaction_copy request = {.source = "/srv/image", .target = TARGET, .private = true};
        _cleanup_close_ int fd = fd_open_in_root(s->fd, "/srv/image", O_PATH, 0);
        _cleanup_transaction_ struct transaction *t = NULL;
        _cleanup_changes_ struct change_list l = {};

        request.fd = fd;
        assert_non_null(change_list_add(&l, CHANGE_COPY, TARGET, "/srv/image"));
        if (extra)
                assert_non_null(change_list_add(&l, CHANGE_SYMLINK, "/srv/image/f", "x"));
        assert_int_equal(transaction_new(s->fd, &layout_system, false, &t, NULL), 0);
        assert_int_equal(transaction_stage_copy(t, &request, NULL, NULL), 0);
        return transaction_commit(t, &l, NULL);
}

/* Only the directory around is closed, a new one as well as one that is there, and not if nothing comes of
 * it. */
static void test_private(void **state)
{
        struct sandbox *s = *state;

        sandbox_write(s, "/srv/image/f", "x");
        assert_int_equal(fchmodat(s->fd, "srv/image", 0755, 0), 0);
        sandbox_write(s, "/etc/portables/other", "x");
        assert_int_equal(fchmodat(s->fd, "etc/portables", 0755, 0), 0);
        assert_int_equal(copy_private(s, true), -EEXIST);
        assert_int_equal(mode_of(s, "etc/portables"), 0755);
        assert_int_equal(copy_private(s, false), 0);
        assert_int_equal(mode_of(s, "etc/portables"), 0700);
        assert_int_equal(mode_of(s, "etc/portables/image"), 0755);
        assert_int_equal(tree_remove(s->fd, "etc/portables"), 0);
        assert_int_equal(copy_private(s, false), 0);
        assert_int_equal(mode_of(s, "etc/portables"), 0700);
        assert_int_equal(mode_of(s, "etc/portables/image"), 0755);
}

static void test_no_copy_made(void **state)
{
        _cleanup_changes_ struct change_list l = {};
        _cleanup_free_ char *message = NULL;

        assert_non_null(change_list_add(&l, CHANGE_COPY, TARGET, "/srv/image"));
        assert_int_equal(sandbox_commit(*state, &l, &message), -EINVAL);
        assert_string_equal(message, "Cannot copy to '" TARGET "': no copy was made before");
}

struct seen {
        unsigned calls;
        uint64_t done, total;
};

static void count(uint64_t done, uint64_t total, void *userdata)
{
        struct seen *seen = userdata;

        assert_true(done >= seen->done);
        assert_true(done <= total);
        seen->calls++;
        seen->done = done;
        seen->total = total;
}

static void test_progress(void **state)
{
        _cleanup_transaction_ struct transaction *t = NULL;
        struct seen seen = {};
        struct transaction_copy request = {
                .source = "/srv/image", .target = TARGET, .progress = count, .userdata = &seen};
        _cleanup_close_ int fd = -EBADF;
        struct sandbox *s = *state;

        sandbox_write(s, "/srv/image/a", "12345");
        sandbox_write(s, "/srv/image/sub/b", "123");
        assert_int_equal(transaction_new(s->fd, &layout_system, false, &t, NULL), 0);
        fd = fd_open_in_root(s->fd, "/srv/image", O_PATH, 0);
        request.fd = fd;
        assert_int_equal(transaction_stage_copy(t, &request, NULL, NULL), 0);
        assert_true(seen.calls > 0);
        assert_int_equal(seen.done, 8);
        assert_int_equal(seen.total, 8);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, sandbox_setup, sandbox_teardown)
                TEST(test_tree),         TEST(test_holes),    TEST(test_only_a_hole), TEST(test_errors),
                TEST(test_too_deep),     TEST(test_devices),  TEST(test_swapped),     TEST(test_private),
                TEST(test_no_copy_made), TEST(test_progress),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
