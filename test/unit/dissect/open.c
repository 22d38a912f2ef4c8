/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/fd.h"
#include "images.h"

#define OS_RELEASE "/usr/lib/os-release"

static void test_directory(void **state)
{
        images_assert_file("tree", OS_RELEASE, "ID=tiny\n");
}

static void test_bare_file_systems(void **state)
{
        images_run("mkfs.erofs b.raw tree");
        images_run("mke2fs -q -t ext4 -d tree c.raw 4M; mke2fs -q -t ext2 -d tree d.raw 4M; mke2fs -q -t "
                   "ext3 -d tree "
                   "e.raw 4M");
        images_run("truncate -s 110M f.raw; mkfs.btrfs -q -r tree f.raw");
        images_assert_file("root.img", OS_RELEASE, "ID=tiny\n");
        for (const char *n = "bcdef"; *n; n++) {
                char name[] = {*n, '.', 'r', 'a', 'w', 0};

                images_assert_file(name, OS_RELEASE, "ID=tiny\n");
        }
}

/* A service may be running from the image while it is looked at. */
static void assert_beside_itself(const char *name)
{
        struct dissected *first = NULL, *second = NULL;
        _cleanup_free_ char *message = NULL;

        images_assert_file(name, OS_RELEASE, "ID=tiny\n");
        if (images_dissect(name, &first, &message) < 0 || images_dissect(name, &second, &message) < 0)
                fail_msg("%s", message);
        dissect_close(first);
        dissect_close(second);
        assert_int_equal(images_loops_left(), 0);
}

static void test_beside_itself(void **state)
{
        images_run("cat >proto <<END\n/\n0 0\nd--755 0 0\nusr d--755 0 0\nlib d--755 0 0\n"
                   "os-release ---644 0 0 $PWD/tree/usr/lib/os-release\n$\n$\n$\nEND\n"
                   "truncate -s 300M x.raw; mkfs.xfs -q -p proto x.raw");
        images_run("mke2fs -q -t ext4 -d tree e4.raw 4M; truncate -s 110M bt.raw; mkfs.btrfs -q -r tree "
                   "bt.raw");
        assert_beside_itself("x.raw");
        assert_beside_itself("e4.raw");
        assert_beside_itself("root.img");
        if (images_kernel_is(6, 7)) {
                assert_beside_itself("bt.raw");
                /* Service managers do this to images on read-only file systems; the kernel remembers it of
                 * the next loop devices. */
                images_run(
                        "for name in s1 s2; do truncate -s 110M $name.raw; mkfs.btrfs -q -r tree $name.raw; "
                        "done; "
                        "one=$(losetup -f -r --show s1.raw); two=$(losetup -f -r --show s2.raw); "
                        "! mount --rw -t btrfs $one tree 2>/dev/null; "
                        "! mount --rw -t btrfs $two tree 2>/dev/null; "
                        "losetup -d $one; losetup -d $two");
                assert_beside_itself("bt.raw");
        } else {
                struct dissected *first = NULL;
                _cleanup_free_ char *message = NULL;

                assert_int_equal(images_dissect("bt.raw", &first, &message), 0);
                images_assert_error_beside(
                        "bt.raw", "Image '%s': the kernel cannot mount the file system as btrfs: one "
                                  "with the same UUID is mounted already*");
                dissect_close(first);
                assert_int_equal(images_loops_left(), 0);
        }
}

static void test_symlinks_resolve_inside(void **state)
{
        struct dissected *d = NULL;
        _cleanup_free_ char *message = NULL, *text = NULL;

        images_assert_file("root.img", "/etc/os-release", "ID=tiny\n");
        images_assert_file("root.img", "/etc/absolute", "ID=tiny\n");
        assert_int_equal(images_dissect("root.img", &d, &message), 0);
        assert_int_equal(images_read(dissected_tree_fd(d), "/etc/escape", &text), -ENOENT);
        /* Nobody follows one by accident. */
        assert_int_equal(fd_read_file_in_root(dissected_tree_fd(d), "/etc/absolute", 4096, &text, NULL),
                         images_kernel_is(5, 14) ? -ELOOP : 0);
        dissect_close(d);
}

static void test_tree_is_read_only(void **state)
{
        struct dissected *d = NULL;
        _cleanup_free_ char *message = NULL;
        struct statvfs sfs;

        images_run("mke2fs -q -t ext4 -d tree ro.raw 4M; sha256sum ro.raw >ro.sum");
        assert_int_equal(images_dissect("ro.raw", &d, &message), 0);
        assert_int_equal(mkdirat(dissected_tree_fd(d), "new", 0755), -1);
        assert_int_equal(errno, EROFS);
        assert_int_equal(fstatvfs(dissected_tree_fd(d), &sfs), 0);
        assert_int_equal(sfs.f_flag & (ST_RDONLY | ST_NOSUID | ST_NODEV | ST_NOEXEC),
                         ST_RDONLY | ST_NOSUID | ST_NODEV | ST_NOEXEC);
        dissect_close(d);
        assert_int_equal(images_loops_left(), 0);
        images_run("sha256sum -c ro.sum");
}

static void test_mbr(void **state)
{
        images_partition("mbr.raw", 8, "label: dos\nsize=2M, type=c\nsize=4M, type=83");
        images_put("mbr.raw", "root.img", 3);
        images_assert_file("mbr.raw", OS_RELEASE, "ID=tiny\n");
}

static void test_gpt_root(void **state)
{
        images_partition("gpt.raw", 12,
                         "label: gpt\nsize=2M, type=" GPT_ESP "\nsize=2M, type=" GPT_ROOT_X86_64
                         "\nsize=2M, type=" GPT_SWAP "\nsize=2M, type=" GPT_HOME);
        images_put("gpt.raw", "root.img", 3);
        images_assert_file("gpt.raw", OS_RELEASE, "ID=tiny\n");
}

static void test_gpt_generic(void **state)
{
        images_partition("generic.raw", 8,
                         "label: gpt\nsize=2M, type=" GPT_ESP "\nsize=2M, type=" GPT_LINUX);
        images_put("generic.raw", "root.img", 3);
        images_assert_file("generic.raw", OS_RELEASE, "ID=tiny\n");
}

static void test_gpt_usr_only(void **state)
{
        images_partition("usr.raw", 8, "label: gpt\nsize=2M, type=" GPT_USR_X86_64);
        images_put("usr.raw", "usr.img", 1);
        images_assert_file("usr.raw", OS_RELEASE, "ID=usr\n");
}

static void test_gpt_root_and_usr(void **state)
{
        images_partition("both.raw", 8,
                         "label: gpt\nsize=2M, type=" GPT_ROOT_X86_64 "\nsize=2M, type=" GPT_USR_X86_64);
        images_put("both.raw", "root.img", 1);
        images_put("both.raw", "usr.img", 3);
        images_assert_file("both.raw", OS_RELEASE, "ID=usr\n");
        images_assert_file("both.raw", "/etc/os-release", "ID=usr\n");
}

static void test_gpt_sector_4096(void **state)
{
        images_partition("4k.raw", 8, "label: gpt\nsector-size: 4096\nsize=2M, type=" GPT_ROOT_X86_64);
        images_put("4k.raw", "root.img", 1);
        images_assert_file("4k.raw", OS_RELEASE, "ID=tiny\n");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_directory),         cmocka_unit_test(test_bare_file_systems),
                cmocka_unit_test(test_beside_itself),     cmocka_unit_test(test_symlinks_resolve_inside),
                cmocka_unit_test(test_tree_is_read_only), cmocka_unit_test(test_mbr),
                cmocka_unit_test(test_gpt_root),          cmocka_unit_test(test_gpt_generic),
                cmocka_unit_test(test_gpt_usr_only),      cmocka_unit_test(test_gpt_root_and_usr),
                cmocka_unit_test(test_gpt_sector_4096),
        };

        return cmocka_run_group_tests(tests, images_setup, images_teardown);
}
