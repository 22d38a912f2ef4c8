/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Needs root, mkfs.btrfs(8) and a loop device: subvolumes and quotas of a real file system. */
#include "tree.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/btrfs.h>
#include <sched.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "basic/btrfs.h"
#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "basic/layout.h"
#include "image/image.h"
#include "image/manage.h"

#define MIB (UINT64_C(1024) * 1024)

/* A root tree with a btrfs of its own as pool. The loop device goes with the mount, the mount with us. */
static int setup(void **state)
{
        char command[512];
        struct tree *t;

        if (tree_setup(state) != 0)
                return -1;
        t = *state;
        tree_dir(t, "/var/lib/portables");
        snprintf(command, sizeof(command),
                 "truncate -s 300M %s/disk && mkfs.btrfs -q %s/disk && mount -o loop %s/disk "
                 "%s/var/lib/portables",
                 t->path, t->path, t->path, t->path);
        return system(command);
}

static int teardown(void **state)
{
        struct tree *t = *state;
        char path[128];

        snprintf(path, sizeof(path), "%s/var/lib/portables", t->path);
        if (umount2(path, 0) < 0)
                return -1;
        return tree_teardown(state);
}

static int setup_mounts(void **state)
{
        return unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0;
}

static int open_dir(struct tree *t, const char *path)
{
        int fd = fd_open_in_root(t->fd, path, O_RDONLY | O_DIRECTORY, 0);

        assert_true(fd >= 0);
        return fd;
}

static void make_subvolume(struct tree *t, const char *parent, const char *name)
{
        _cleanup_close_ int fd = open_dir(t, parent);
        struct btrfs_ioctl_vol_args args = {0};

        strcpy(args.name, name);
        assert_int_equal(ioctl(fd, BTRFS_IOC_SUBVOL_CREATE, &args), 0);
}

static void make_snapshot(struct tree *t, const char *source, const char *parent, const char *name)
{
        _cleanup_close_ int fd = open_dir(t, parent), source_fd = open_dir(t, source);
        struct btrfs_ioctl_vol_args_v2 args = {.fd = source_fd, .flags = BTRFS_SUBVOL_RDONLY};

        strcpy(args.name, name);
        assert_int_equal(ioctl(fd, BTRFS_IOC_SNAP_CREATE_V2, &args), 0);
}

static void fill(struct tree *t, const char *path, uint64_t size)
{
        _cleanup_free_ char *content = malloc(size + 1);
        _cleanup_close_ int fd = -EBADF;

        assert_non_null(content);
        memset(content, 'x', size);
        content[size] = '\0';
        tree_file(t, path, content);
        fd = fd_open_in_root(t->fd, path, O_RDONLY, 0);
        assert_int_equal(syncfs(fd), 0);
}

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

static void test_describe(void **state)
{
        _cleanup_image_list_ struct image_list l;
        struct tree *t = *state;
        uint64_t now = (uint64_t)time(NULL) * 1000000;

        tree_dir(t, "/var/lib/portables/d");
        make_subvolume(t, "/var/lib/portables", "s");
        make_snapshot(t, "/var/lib/portables/s", "/var/lib/portables", "t");
        assert_int_equal(image_list_read(t->fd, &layout_system, &l, NULL), 0);
        assert_int_equal(l.n, 3);
        assert_int_equal(l.items[0]->type, IMAGE_DIRECTORY);
        for (unsigned i = 1; i < 3; i++) {
                assert_int_equal(l.items[i]->type, IMAGE_SUBVOLUME);
                assert_true(l.items[i]->crtime + 60000000 > now && l.items[i]->crtime < now + 60000000);
                assert_int_equal(l.items[i]->mtime, 0);
                assert_int_equal(l.items[i]->usage, UINT64_MAX);
                assert_int_equal(l.items[i]->limit, UINT64_MAX);
        }
        assert_false(l.items[1]->read_only);
        assert_true(l.items[2]->read_only);
}

static void test_read_only(void **state)
{
        struct tree *t = *state;

        make_subvolume(t, "/var/lib/portables", "s");
        mark(t, "s", true);
        assert_true(mkdirat(t->fd, "var/lib/portables/s/x", 0755) < 0 && errno == EROFS);
        mark(t, "s", true);
        mark(t, "s", false);
        assert_int_equal(mkdirat(t->fd, "var/lib/portables/s/x", 0755), 0);
        tree_dir(t, "/var/lib/portables/d");
        mark(t, "d", true);
        mark(t, "d", false);
}

static void test_remove(void **state)
{
        struct tree *t = *state;

        make_subvolume(t, "/var/lib/portables", "s");
        tree_file(t, "/var/lib/portables/s/file", "x");
        tree_dir(t, "/var/lib/portables/s/a/b");
        make_subvolume(t, "/var/lib/portables/s/a/b", "n");
        tree_file(t, "/var/lib/portables/s/a/b/n/file", "x");
        make_subvolume(t, "/var/lib/portables/s/a/b/n", "m");
        mark(t, "s", true);
        remove_image(t, "s");
        assert_false(tree_exists(t, "/var/lib/portables/s"));

        /* A plain directory with subvolumes in it, one of them read-only with one inside. */
        tree_dir(t, "/var/lib/portables/d/x");
        make_subvolume(t, "/var/lib/portables/d/x", "n");
        tree_dir(t, "/var/lib/portables/d/x/n/y");
        make_subvolume(t, "/var/lib/portables/d/x/n/y", "m");
        make_snapshot(t, "/var/lib/portables/d/x/n", "/var/lib/portables/d", "ro");
        make_snapshot(t, "/var/lib/portables/d/x/n", "/var/lib/portables", "keep");
        remove_image(t, "d");
        assert_false(tree_exists(t, "/var/lib/portables/d"));
        assert_true(tree_exists(t, "/var/lib/portables/keep/y"));
}

/* Directories too deep to be open all at a time, inside a subvolume that has another one at the bottom. */
static void test_remove_deep(void **state)
{
        struct tree *t = *state;
        char path[1024] = "/var/lib/portables/s";

        make_subvolume(t, "/var/lib/portables", "s");
        for (unsigned i = 0; i < 300; i++)
                strcat(path, "/d");
        tree_dir(t, path);
        make_subvolume(t, path, "n");
        strcat(path, "/n/inner");
        tree_dir(t, path);
        make_subvolume(t, path, "m");
        remove_image(t, "s");
        assert_false(tree_exists(t, "/var/lib/portables/s"));
}

static void set_limit(struct tree *t, const char *what, uint64_t limit)
{
        _cleanup_error_ struct error e = {0};
        _cleanup_close_ int fd = -EBADF;
        _cleanup_image_ struct image *i = find_and_open(t, what, &fd), *after = NULL;

        if (image_set_limit(fd, i, limit, &e) < 0)
                fail_msg("%s: %s", what, error_message(&e));
        after = find(t, what);
        assert_int_equal(after->limit, limit);
}

static void test_limit(void **state)
{
        _cleanup_image_ struct image *i = NULL;
        _cleanup_close_ int fd = -EBADF;
        struct tree *t = *state;
        char *big = calloc(1, 8 * MIB);

        make_subvolume(t, "/var/lib/portables", "s");
        set_limit(t, "s", UINT64_MAX); /* nothing to lift, and no quotas are switched on for it */
        i = find(t, "s");
        assert_int_equal(i->usage, UINT64_MAX);
        i = image_free(i);

        set_limit(t, "s", 10 * MIB);
        fill(t, "/var/lib/portables/s/file", 3 * MIB);
        i = find(t, "s");
        assert_true(i->usage >= 3 * MIB && i->usage < 4 * MIB);
        assert_int_equal(i->usage, i->usage_exclusive);
        assert_int_equal(i->limit_exclusive, UINT64_MAX);

        fd = fd_open_in_root(t->fd, "/var/lib/portables/s/more", O_WRONLY | O_CREAT, 0644);
        assert_true(fd >= 0);
        assert_int_equal(fd_write_all(fd, big, 8 * MIB), -EDQUOT);
        set_limit(t, "s", 50 * MIB);
        assert_int_equal(fd_write_all(fd, big, 8 * MIB), 0);
        set_limit(t, "s", UINT64_MAX);
        free(big);
}

/* Whoever owns the directory of an image puts another in its place when it has been found. */
static void test_swapped(void **state)
{
        _cleanup_image_ struct image *i = NULL, *moved = NULL, *other = NULL;
        _cleanup_close_ int fd = -EBADF;
        struct tree *t = *state;

        make_subvolume(t, "/var/lib/portables", "s");
        make_subvolume(t, "/var/lib/portables", "victim");
        i = find_and_open(t, "s", &fd);
        assert_int_equal(
                renameat2(t->fd, "var/lib/portables/s", t->fd, "var/lib/portables/victim", RENAME_EXCHANGE),
                0);
        assert_int_equal(image_set_limit(fd, i, 10 * MIB, NULL), 0);
        assert_int_equal(image_set_read_only(fd, i, true, NULL), 0);
        moved = find(t, "victim");
        assert_int_equal(moved->limit, 10 * MIB);
        assert_true(moved->read_only);
        other = find(t, "s");
        assert_int_equal(other->limit, UINT64_MAX);
        assert_false(other->read_only);
        assert_int_equal(image_set_read_only(fd, i, false, NULL), 0);
}

/* As systemd leaves it after its own set-limit: a group 255/ID around the one of the subvolume. */
static void test_group_around(void **state)
{
        _cleanup_close_ int fd = -EBADF;
        struct tree *t = *state;
        struct btrfs_subvolume s;
        struct btrfs_quota quota;
        uint64_t around;

        make_subvolume(t, "/var/lib/portables", "s");
        set_limit(t, "s", 100 * MIB);
        fd = open_dir(t, "/var/lib/portables/s");
        assert_int_equal(btrfs_subvolume_get(fd, &s), 0);
        around = UINT64_C(255) << 48 | s.id;
        assert_int_equal(ioctl(fd, BTRFS_IOC_QGROUP_CREATE,
                               &(struct btrfs_ioctl_qgroup_create_args){.create = 1, .qgroupid = around}),
                         0);
        assert_true(ioctl(fd, BTRFS_IOC_QGROUP_ASSIGN,
                          &(struct btrfs_ioctl_qgroup_assign_args){
                                  .assign = 1, .src = s.id, .dst = around}) >= 0);
        assert_int_equal(ioctl(fd, BTRFS_IOC_QGROUP_LIMIT,
                               &(struct btrfs_ioctl_qgroup_limit_args){
                                       .qgroupid = around,
                                       .lim = {.flags = BTRFS_QGROUP_LIMIT_MAX_RFER, .max_rfer = 70 * MIB}}),
                         0);
        assert_int_equal(btrfs_quota_get(fd, s.id, &quota), 0);
        assert_int_equal(quota.limit, 70 * MIB);
        set_limit(t, "s", 80 * MIB);
        close(steal_fd(&fd));
        remove_image(t, "s");
        fd = open_dir(t, "/var/lib/portables");
        assert_int_equal(btrfs_quota_get(fd, around, &quota), -ENOENT);
}

static void test_pool(void **state)
{
        struct tree *t = *state;
        _cleanup_error_ struct error e = {0};
        uint64_t usage, limit;

        assert_int_equal(image_pool_get_usage(t->fd, &layout_system, &usage, &limit), 0);
        assert_int_equal(usage, UINT64_MAX);
        assert_int_equal(limit, UINT64_MAX);
        assert_int_equal(image_pool_set_limit(t->fd, &layout_system, 200 * MIB, NULL), 0);
        fill(t, "/var/lib/portables/a.raw", 2 * MIB);
        assert_int_equal(image_pool_get_usage(t->fd, &layout_system, &usage, &limit), 0);
        assert_true(usage >= 2 * MIB && usage < 3 * MIB);
        assert_int_equal(limit, 200 * MIB);
        assert_int_equal(image_pool_set_limit(t->fd, &layout_system, UINT64_MAX, NULL), 0);
        assert_int_equal(image_pool_get_usage(t->fd, &layout_system, &usage, &limit), 0);
        assert_int_equal(limit, UINT64_MAX);

        /* A pool that is a mere directory of something bigger. */
        tree_dir(t, "/var/lib/portables/inner/var/lib/portables/d");
        close(t->fd);
        {
                char path[128];

                snprintf(path, sizeof(path), "%s/var/lib/portables/inner", t->path);
                t->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        }
        assert_int_equal(image_pool_get_usage(t->fd, &layout_system, &usage, &limit), 0);
        assert_int_equal(usage, UINT64_MAX);
        assert_int_equal(image_pool_set_limit(t->fd, &layout_system, 1, &e), -EOPNOTSUPP);
        assert_string_equal(error_message(&e),
                            "Pool '/var/lib/portables' cannot have a limit: it is not a btrfs "
                            "subvolume of its own");
        close(t->fd);
        t->fd = -EBADF;
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_describe, setup, teardown),
                cmocka_unit_test_setup_teardown(test_read_only, setup, teardown),
                cmocka_unit_test_setup_teardown(test_remove, setup, teardown),
                cmocka_unit_test_setup_teardown(test_remove_deep, setup, teardown),
                cmocka_unit_test_setup_teardown(test_limit, setup, teardown),
                cmocka_unit_test_setup_teardown(test_swapped, setup, teardown),
                cmocka_unit_test_setup_teardown(test_group_around, setup, teardown),
                cmocka_unit_test_setup_teardown(test_pool, setup, teardown),
        };

        return cmocka_run_group_tests(tests, setup_mounts, NULL);
}
