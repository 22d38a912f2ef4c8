/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Needs root: attributes and mounts. */
#include "tree.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "basic/layout.h"
#include "basic/walk.h"
#include "image/image.h"
#include "image/manage.h"
#include "image/removal.h"

static struct image *find_and_open(struct tree *t, const char *what, int *ret_fd)
{
        _cleanup_error_ struct error e = {0};
        struct image *i = NULL;

        if (image_find(t->fd, &layout_system, what, &i, ret_fd, &e) < 0)
                fail_msg("%s: %s", what, error_message(&e));
        return i;
}

static struct image *find(struct tree *t, const char *what)
{
        return find_and_open(t, what, NULL);
}

static void remove_image(struct tree *t, const char *what)
{
        _cleanup_error_ struct error e = {0};
        _cleanup_image_ struct image *i = find(t, what);

        if (image_remove(t->fd, &layout_system, i, &e) < 0)
                fail_msg("%s: %s", what, error_message(&e));
}

static void check_stays(struct tree *t, const char *what, enum error_kind kind, int errnum,
                        const char *message)
{
        _cleanup_error_ struct error e = {0};
        _cleanup_image_ struct image *i = find(t, what);

        assert_int_equal(image_remove(t->fd, &layout_system, i, &e), -errnum);
        assert_string_equal(error_message(&e), message);
        assert_int_equal(e.kind, kind);
}

static void set_attribute(struct tree *t, const char *path, int flag, bool on)
{
        _cleanup_close_ int fd = fd_open_in_root(t->fd, path, O_RDONLY, 0);
        int flags;

        assert_true(fd >= 0);
        assert_int_equal(ioctl(fd, FS_IOC_GETFLAGS, &flags), 0);
        flags = on ? flags | flag : flags & ~flag;
        assert_int_equal(ioctl(fd, FS_IOC_SETFLAGS, &flags), 0);
}

static void test_remove_raw(void **state)
{
        struct tree *t = *state;

        tree_file(t, "/var/lib/portables/a.raw", "");
        tree_file(t, "/var/lib/portables/a.roothash", "");
        tree_file(t, "/var/lib/portables/a.roothash.p7s", "");
        tree_file(t, "/var/lib/portables/a.verity", "");
        tree_file(t, "/var/lib/portables/a.other", "");
        tree_file(t, "/var/lib/portables/ab.raw", "");
        tree_file(t, "/var/lib/portables/ab.roothash", "");
        assert_int_equal(fchmodat(t->fd, "var/lib/portables/a.raw", 0444, 0), 0);
        remove_image(t, "a");
        assert_false(tree_exists(t, "/var/lib/portables/a.raw"));
        assert_false(tree_exists(t, "/var/lib/portables/a.roothash"));
        assert_false(tree_exists(t, "/var/lib/portables/a.roothash.p7s"));
        assert_false(tree_exists(t, "/var/lib/portables/a.verity"));
        assert_true(tree_exists(t, "/var/lib/portables/a.other"));
        assert_true(tree_exists(t, "/var/lib/portables/ab.raw"));
        assert_true(tree_exists(t, "/var/lib/portables/ab.roothash"));
}

static void test_remove_directory(void **state)
{
        struct tree *t = *state;

        tree_file(t, "/opt/precious/file", "");
        tree_file(t, "/var/lib/portables/d/usr/lib/os-release", "");
        tree_link(t, "/var/lib/portables/d/abs", "/opt/precious");
        tree_link(t, "/var/lib/portables/d/rel", "../../../../opt/precious");
        tree_link(t, "/var/lib/portables/d/dangling", "nowhere");
        tree_dir(t, "/var/lib/portables/d/.hidden/.#x");
        tree_file(t, "/var/lib/portables/d/new\nline", "");
        tree_file(t, "/var/lib/portables/d/.#deep.0/x", "");
        assert_int_equal(mkfifoat(t->fd, "var/lib/portables/d/fifo", 0), 0);
        tree_dir(t, "/var/lib/portables/d/closed/inner");
        assert_int_equal(fchmodat(t->fd, "var/lib/portables/d/closed", 0, 0), 0);
        tree_dir(t, "/var/lib/portables/e");
        remove_image(t, "d");
        assert_false(tree_exists(t, "/var/lib/portables/d"));
        assert_true(tree_exists(t, "/var/lib/portables/e"));
        assert_true(tree_exists(t, "/opt/precious/file"));
        remove_image(t, "/opt/precious");
        assert_false(tree_exists(t, "/opt/precious"));
}

/* Deeper than any path may be long, and than descriptors or stack would last. */
static void test_remove_deep(void **state)
{
        struct tree *t = *state;
        int fd;

        tree_dir(t, "/var/lib/portables/deep");
        fd = fd_open_in_root(t->fd, "/var/lib/portables/deep", O_PATH | O_DIRECTORY, 0);
        for (unsigned i = 0; i < 2100; i++) {
                int next;

                assert_int_equal(mkdirat(fd, "d", 0755), 0);
                if (i % 100 == 99)
                        assert_int_equal(mkdirat(fd, "e", 0755), 0);
                next = openat(fd, "d", O_PATH | O_DIRECTORY | O_CLOEXEC);
                assert_true(next >= 0);
                close(fd);
                fd = next;
        }
        close(fd);
        remove_image(t, "deep");
        assert_false(tree_exists(t, "/var/lib/portables/deep"));
}

static void test_remove_link(void **state)
{
        struct tree *t = *state;

        tree_dir(t, "/opt/dir/sub");
        tree_file(t, "/opt/raw.raw", "");
        tree_file(t, "/opt/raw.roothash", "");
        tree_link(t, "/etc/portables/dir", "/opt/dir");
        tree_link(t, "/var/lib/portables/raw.raw", "/opt/raw.raw");
        tree_file(t, "/var/lib/portables/raw.roothash", "");
        tree_link(t, "/opt/link", "dir");
        remove_image(t, "dir");
        remove_image(t, "raw");
        remove_image(t, "/opt/link");
        assert_false(tree_exists(t, "/etc/portables/dir"));
        assert_false(tree_exists(t, "/var/lib/portables/raw.raw"));
        assert_true(tree_exists(t, "/var/lib/portables/raw.roothash"));
        assert_false(tree_exists(t, "/opt/link"));
        assert_true(tree_exists(t, "/opt/dir/sub"));
        assert_true(tree_exists(t, "/opt/raw.raw"));
        assert_true(tree_exists(t, "/opt/raw.roothash"));
}

static void test_remove_version(void **state)
{
        struct tree *t = *state;

        tree_dir(t, "/var/lib/portables/x.v/x_1");
        tree_dir(t, "/var/lib/portables/x.v/x_2");
        tree_link(t, "/var/lib/portables/x.v/x_3", "/opt/x");
        tree_dir(t, "/opt/x");
        remove_image(t, "x");
        assert_true(tree_exists(t, "/opt/x"));
        assert_false(tree_exists(t, "/var/lib/portables/x.v/x_3"));
        assert_true(tree_exists(t, "/var/lib/portables/x.v/x_2"));
        remove_image(t, "x");
        assert_false(tree_exists(t, "/var/lib/portables/x.v/x_2"));
        assert_true(tree_exists(t, "/var/lib/portables/x.v/x_1"));
}

static void test_remove_refused(void **state)
{
        struct tree *t = *state;

        tree_file(t, "/usr/lib/portables/v.raw", "");
        tree_dir(t, "/usr/local/lib/portables/w");
        tree_link(t, "/usr/lib/portables/l", "/opt/d");
        tree_dir(t, "/opt/d");
        tree_dir(t, "/etc/portables");
        check_stays(t, "v", ERROR_SYSTEM, EROFS,
                    "'/usr/lib/portables/v.raw' comes from the vendor (is below /usr) and is read-only, so "
                    "it cannot "
                    "be removed");
        check_stays(
                t, "w", ERROR_SYSTEM, EROFS,
                "'/usr/local/lib/portables/w' comes from the vendor (is below /usr) and is read-only, so it "
                "cannot be removed");
        check_stays(t, "l", ERROR_SYSTEM, EROFS,
                    "'/usr/lib/portables/l' comes from the vendor (is below /usr) and is read-only, so it "
                    "cannot be "
                    "removed");
        check_stays(t, "/etc", ERROR_SYSTEM, EBUSY,
                    "'/etc' holds the image directory '/etc/portables', so it cannot be removed");
        check_stays(t, "/etc/portables", ERROR_SYSTEM, EBUSY,
                    "'/etc/portables' holds the image directory '/etc/portables', so it cannot be removed");
        assert_true(tree_exists(t, "/etc/portables"));
}

static void test_remove_immutable(void **state)
{
        struct tree *t = *state;

        tree_file(t, "/var/lib/portables/i/a", "");
        tree_file(t, "/var/lib/portables/i/b/log", "");
        set_attribute(t, "/var/lib/portables/i/b", FS_IMMUTABLE_FL, true);
        check_stays(t, "i", ERROR_SYSTEM, EPERM,
                    "'/var/lib/portables/i/b' is read-only (has the immutable attribute), so the image "
                    "cannot be "
                    "removed");
        set_attribute(t, "/var/lib/portables/i/b", FS_IMMUTABLE_FL, false);
        set_attribute(t, "/var/lib/portables/i/b/log", FS_APPEND_FL, true);
        check_stays(t, "i", ERROR_SYSTEM, EPERM,
                    "'/var/lib/portables/i/b/log' has the append-only attribute, so the image cannot be "
                    "removed");
        set_attribute(t, "/var/lib/portables/i/b/log", FS_APPEND_FL, false);
        assert_true(tree_exists(t, "/var/lib/portables/i/a"));
        remove_image(t, "i");
        assert_false(tree_exists(t, "/var/lib/portables/i"));
}

static void test_remove_mount_point(void **state)
{
        struct tree *t = *state;
        char path[128];

        tree_file(t, "/var/lib/portables/m/a", "");
        tree_dir(t, "/var/lib/portables/m/mnt");
        tree_file(t, "/opt/precious/file", "");
        snprintf(path, sizeof(path), "%s/var/lib/portables/m/mnt", t->path);
        assert_int_equal(mount("none", path, "tmpfs", 0, NULL), 0);
        check_stays(t, "m", ERROR_SYSTEM, EBUSY,
                    "'/var/lib/portables/m/mnt' is a mount point, so the image cannot be removed");
        check_stays(t, "/var/lib/portables/m/mnt", ERROR_SYSTEM, EBUSY,
                    "'/var/lib/portables/m/mnt' is a mount point, so the image cannot be removed");
        assert_true(tree_exists(t, "/var/lib/portables/m/a"));
        assert_int_equal(umount2(path, 0), 0);
}

/* Deeper than a path can be named at once. */
static void test_remove_deep_mount_point(void **state)
{
        _cleanup_error_ struct error e = {0};
        _cleanup_image_ struct image *i = NULL;
        struct tree *t = *state;
        int fd, precious;

        tree_file(t, "/var/lib/portables/deep/first", "");
        tree_file(t, "/opt/precious/file", "");
        fd = fd_open_in_root(t->fd, "/var/lib/portables/deep", O_PATH | O_DIRECTORY, 0);
        for (unsigned n = 0; n < 200; n++) {
                int next;

                assert_int_equal(mkdirat(fd, "d", 0755), 0);
                next = openat(fd, "d", O_PATH | O_DIRECTORY | O_CLOEXEC);
                assert_true(next >= 0);
                close(fd);
                fd = next;
        }
        precious = open_tree(t->fd, "opt/precious", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
        assert_true(precious >= 0);
        assert_int_equal(mkdirat(fd, "mnt", 0755), 0);
        assert_int_equal(move_mount(precious, "", fd, "mnt", MOVE_MOUNT_F_EMPTY_PATH), 0);
        i = find(t, "deep");
        assert_int_equal(image_remove(t->fd, &layout_system, i, &e), -EBUSY);
        assert_non_null(
                strstr(error_message(&e), "/d/d/mnt' is a mount point, so the image cannot be removed"));
        assert_true(tree_exists(t, "/opt/precious/file"));
        assert_true(tree_exists(t, "/var/lib/portables/deep/first"));
        close(precious);
        assert_int_equal(fchdir(fd), 0);
        assert_int_equal(umount2("mnt", 0), 0);
        assert_int_equal(chdir("/"), 0);
        close(fd);
}

/* As one that appears when all has been checked. */
static void test_remove_late_mount_point(void **state)
{
        _cleanup_error_ struct error e = {0};
        struct tree *t = *state;
        char path[128];
        int parent, fd;

        tree_dir(t, "/var/lib/portables/m/sub/mnt");
        snprintf(path, sizeof(path), "%s/var/lib/portables/m/sub/mnt", t->path);
        assert_int_equal(mount("none", path, "tmpfs", 0, NULL), 0);
        tree_file(t, "/var/lib/portables/m/sub/mnt/precious", "");
        parent = fd_open_in_root(t->fd, "/var/lib/portables", O_PATH | O_DIRECTORY, 0);
        assert_true(parent >= 0);
        fd = walk_open(parent, "m", false);
        assert_true(fd >= 0);
        assert_int_equal(removal_run(parent, "m", fd, "/var/lib/portables/m", &e), -EBUSY);
        assert_string_equal(error_message(&e),
                            "Cannot remove '/var/lib/portables/m/sub/mnt': it is a mount point");
        assert_true(tree_exists(t, "/var/lib/portables/m/sub/mnt/precious"));
        assert_int_equal(umount2(path, 0), 0);
        close(fd);
        close(parent);
}

static void test_remove_changed(void **state)
{
        _cleanup_error_ struct error e = {0};
        _cleanup_image_ struct image *i = NULL;
        _cleanup_close_ int fd = -EBADF;
        struct tree *t = *state;

        tree_file(t, "/var/lib/portables/a.raw", "");
        i = find_and_open(t, "a", &fd);
        assert_int_equal(unlinkat(t->fd, "var/lib/portables/a.raw", 0), 0);
        tree_link(t, "/var/lib/portables/a.raw", "/opt/target");
        assert_int_equal(image_remove(t->fd, &layout_system, i, &e), -ESTALE);
        assert_string_equal(error_message(&e),
                            "'/var/lib/portables/a.raw' has been changed in the meantime");
        assert_true(tree_exists(t, "/var/lib/portables/a.raw"));
}

/* Whoever owns the directory of an image swaps it for a link to another with images of the same names. */
static void swap(struct tree *t)
{
        assert_int_equal(renameat(t->fd, "home/user", t->fd, "home/moved"), 0);
        tree_link(t, "/home/user", "/opt/victim");
}

static void check_changed(struct tree *t, const struct image *i)
{
        _cleanup_error_ struct error e = {0};

        assert_int_equal(image_remove(t->fd, &layout_system, i, &e), -ESTALE);
        assert_non_null(strstr(error_message(&e), "' has been changed in the meantime"));
}

static void test_remove_swapped(void **state)
{
        _cleanup_image_ struct image *directory = NULL, *raw = NULL, *link = NULL;
        struct tree *t = *state;

        tree_file(t, "/home/user/d/file", "");
        tree_file(t, "/home/user/r.raw", "");
        tree_link(t, "/home/user/l", "d");
        tree_file(t, "/opt/victim/d/precious", "");
        tree_file(t, "/opt/victim/r.raw", "");
        tree_file(t, "/opt/victim/r.roothash", "");
        tree_link(t, "/opt/victim/l", "d");
        directory = find(t, "/home/user/d");
        raw = find(t, "/home/user/r.raw");
        link = find(t, "/home/user/l");
        swap(t);
        check_changed(t, directory);
        check_changed(t, raw);
        check_changed(t, link);
        assert_true(tree_exists(t, "/opt/victim/d/precious"));
        assert_true(tree_exists(t, "/opt/victim/r.raw"));
        assert_true(tree_exists(t, "/opt/victim/r.roothash"));
        assert_true(tree_exists(t, "/opt/victim/l"));
}

static void mark(struct tree *t, const char *what, bool read_only)
{
        _cleanup_error_ struct error e = {0};
        _cleanup_close_ int fd = -EBADF;
        _cleanup_image_ struct image *i = find_and_open(t, what, &fd), *after = NULL;

        if (image_set_read_only(fd, i, read_only, &e) < 0)
                fail_msg("%s: %s", what, error_message(&e));
        after = find(t, what);
        assert_int_equal(after->read_only, read_only);
}

static mode_t mode_of(struct tree *t, const char *path)
{
        struct stat st;

        assert_int_equal(fstatat(t->fd, path + 1, &st, 0), 0);
        return st.st_mode & 07777;
}

static void test_read_only(void **state)
{
        _cleanup_error_ struct error e = {0};
        _cleanup_image_ struct image *i = NULL;
        struct tree *t = *state;

        tree_file(t, "/var/lib/portables/a.raw", "");
        assert_int_equal(fchmodat(t->fd, "var/lib/portables/a.raw", 0664, 0), 0);
        mark(t, "a", true);
        assert_int_equal(mode_of(t, "/var/lib/portables/a.raw"), 0444);
        mark(t, "a", true);
        mark(t, "a", false);
        assert_int_equal(mode_of(t, "/var/lib/portables/a.raw"), 0644);
        mark(t, "a", false);

        tree_file(t, "/opt/b.raw", "");
        tree_link(t, "/etc/portables/b.raw", "/opt/b.raw");
        mark(t, "b", true);
        assert_int_equal(mode_of(t, "/opt/b.raw"), 0444);

        tree_dir(t, "/var/lib/portables/d");
        mark(t, "d", false);
        mark(t, "d", true);
        check_stays(
                t, "d", ERROR_SYSTEM, EPERM,
                "'/var/lib/portables/d' is read-only (has the immutable attribute), so the image cannot be "
                "removed");
        mark(t, "d", true);
        mark(t, "d", false);
        remove_image(t, "d");

        tree_dir(t, "/usr/lib/portables/v");
        i = find(t, "v");
        assert_int_equal(image_set_read_only(-EBADF, i, false, &e), -EROFS);
        assert_string_equal(error_message(&e),
                            "Image '/usr/lib/portables/v' comes from the vendor (is below /usr), "
                            "its read-only mark cannot be changed");
}

static void test_read_only_swapped(void **state)
{
        _cleanup_image_ struct image *raw = NULL, *directory = NULL, *victim = NULL;
        _cleanup_close_ int raw_fd = -EBADF, directory_fd = -EBADF;
        _cleanup_error_ struct error e = {0};
        struct tree *t = *state;

        tree_file(t, "/home/user/r.raw", "");
        tree_dir(t, "/home/user/d");
        tree_file(t, "/opt/victim/r.raw", "");
        tree_dir(t, "/opt/victim/d");
        raw = find_and_open(t, "/home/user/r.raw", &raw_fd);
        directory = find_and_open(t, "/home/user/d", &directory_fd);
        swap(t);
        assert_int_equal(image_set_read_only(raw_fd, raw, true, &e), 0);
        assert_int_equal(image_set_read_only(directory_fd, directory, true, &e), 0);
        assert_int_equal(mode_of(t, "/home/moved/r.raw") & 0222, 0);
        assert_int_not_equal(mode_of(t, "/opt/victim/r.raw") & 0222, 0);
        victim = find(t, "/opt/victim/d");
        assert_false(victim->read_only);
        assert_int_equal(image_set_read_only(directory_fd, directory, false, &e), 0);
}

static void test_no_limits_here(void **state)
{
        _cleanup_error_ struct error e = {0};
        _cleanup_image_ struct image *i = NULL;
        struct tree *t = *state;
        uint64_t usage = 1, limit = 2;

        assert_int_equal(image_pool_get_usage(t->fd, &layout_system, &usage, &limit), 0);
        assert_int_equal(usage, UINT64_MAX);
        assert_int_equal(limit, UINT64_MAX);
        assert_int_equal(image_pool_set_limit(t->fd, &layout_system, 1, &e), -ENOENT);
        assert_string_equal(error_message(&e),
                            "Cannot open pool '/var/lib/portables': No such file or directory");
        error_clear(&e);
        tree_dir(t, "/var/lib/portables/d");
        assert_int_equal(image_pool_get_usage(t->fd, &layout_system, &usage, &limit), 0);
        assert_int_equal(usage, UINT64_MAX);
        assert_int_equal(image_pool_set_limit(t->fd, &layout_system, 1, &e), -EOPNOTSUPP);
        assert_int_equal(e.kind, ERROR_NOT_SUPPORTED);
        assert_string_equal(error_message(&e),
                            "Pool '/var/lib/portables' cannot have a limit: its file system is not btrfs");
        error_clear(&e);
        i = find(t, "d");
        assert_int_equal(image_set_limit(-EBADF, i, 1, &e), -EOPNOTSUPP);
        assert_int_equal(e.kind, ERROR_NOT_SUPPORTED);
        assert_string_equal(error_message(&e),
                            "Image '/var/lib/portables/d' cannot have a limit: it is not a btrfs subvolume");
}

/* Mounts that vanish with this process. */
static int setup_mounts(void **state)
{
        return unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0;
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_remove_raw, tree_setup, tree_teardown),
                cmocka_unit_test_setup_teardown(test_remove_directory, tree_setup, tree_teardown),
                cmocka_unit_test_setup_teardown(test_remove_deep, tree_setup, tree_teardown),
                cmocka_unit_test_setup_teardown(test_remove_link, tree_setup, tree_teardown),
                cmocka_unit_test_setup_teardown(test_remove_version, tree_setup, tree_teardown),
                cmocka_unit_test_setup_teardown(test_remove_refused, tree_setup, tree_teardown),
                cmocka_unit_test_setup_teardown(test_remove_immutable, tree_setup, tree_teardown),
                cmocka_unit_test_setup_teardown(test_remove_mount_point, tree_setup, tree_teardown),
                cmocka_unit_test_setup_teardown(test_remove_deep_mount_point, tree_setup, tree_teardown),
                cmocka_unit_test_setup_teardown(test_remove_late_mount_point, tree_setup, tree_teardown),
                cmocka_unit_test_setup_teardown(test_remove_changed, tree_setup, tree_teardown),
                cmocka_unit_test_setup_teardown(test_remove_swapped, tree_setup, tree_teardown),
                cmocka_unit_test_setup_teardown(test_read_only_swapped, tree_setup, tree_teardown),
                cmocka_unit_test_setup_teardown(test_read_only, tree_setup, tree_teardown),
                cmocka_unit_test_setup_teardown(test_no_limits_here, tree_setup, tree_teardown),
        };

        return cmocka_run_group_tests(tests, setup_mounts, NULL);
}
