/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "image/mount-table.h"

#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* With a root of ext4, and this beside it. */
static bool has_remote(const char *source, const char *type, const char *options)
{
        char path[] = "/tmp/test-mount-table-XXXXXX";
        int fd = mkstemp(path);
        bool remote;
        FILE *f;

        assert_true(fd >= 0);
        f = fdopen(fd, "we");
        assert_non_null(f);
        fprintf(f, "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n");
        fprintf(f, "25 22 0:23 / /mnt rw,relatime shared:12 master:3 - %s %s %s\n", type, source, options);
        fclose(f);
        remote = mount_table_has_remote(path);
        unlink(path);
        return remote;
}

static bool library_is_loaded(void)
{
        void *module = dlopen("libmount.so.1", RTLD_NOW | RTLD_NOLOAD);

        return module && dlclose(module) == 0;
}

/* What every host has mounted must not cost the time that the library takes. Runs first. */
static void test_usual_ones_need_no_library(void **state)
{
        static const char *const types[] = {
                "ext4",     "xfs",     "btrfs",     "squashfs",   "erofs",       "vfat",
                "tmpfs",    "proc",    "sysfs",     "overlay",    "devtmpfs",    "devpts",
                "mqueue",   "cgroup2", "hugetlbfs", "autofs",     "binfmt_misc", "bpf",
                "configfs", "debugfs", "tracefs",   "securityfs", "selinuxfs",   "pstore",
                "efivarfs", "fusectl", "nsfs",      "ramfs",      "iso9660",
        };

        for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
                if (has_remote("a-b", types[i], "rw") || library_is_loaded())
                        fail_msg("the library was asked for %s", types[i]);
        assert_true(has_remote("server:/there", "nfs", "rw"));
        assert_true(library_is_loaded());
}

static void test_local(void **state)
{
        static const char *const types[] = {"ext4",  "xfs",      "btrfs", "squashfs", "erofs",
                                            "tmpfs", "proc",     "sysfs", "overlay",  "devtmpfs",
                                            "vfat",  "fusectl",  "zfs",   "nsfs",     "cgroup2",
                                            "f2fs",  "bcachefs", "ramfs", "autofs"};

        for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
                if (has_remote("none", types[i], "rw"))
                        fail_msg("%s is taken for remote", types[i]);
}

static void test_remote(void **state)
{
        static const char *const types[] = {"nfs",      "nfs4",   "cifs",    "smb3",     "9p",
                                            "afs",      "ncpfs",  "smbfs",   "ceph",     "coda",
                                            "gfs2",     "lustre", "ocfs2",   "orangefs", "pvfs2",
                                            "virtiofs", "fuse",   "fuseblk", "fuse.x",   "fuse.sshfs"};

        for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
                if (!has_remote("server:/there", types[i], "rw"))
                        fail_msg("%s is taken for local", types[i]);
}

static void test_names_mean_nothing(void **state)
{
        assert_false(has_remote("nfs", "ext4", "rw,x=fuse"));
        assert_false(has_remote("/dev/fuse", "ext4", "rw"));
}

static void test_no_table(void **state)
{
        assert_true(mount_table_has_remote("/nonexistent/mountinfo"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_usual_ones_need_no_library),
                cmocka_unit_test(test_local),
                cmocka_unit_test(test_remote),
                cmocka_unit_test(test_no_table),
                cmocka_unit_test(test_names_mean_nothing),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
