/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/layout-image.h"
#include "basic/strv.h"
#include "extract/reader.h"

#include "reading.h"

#define UNITS "usr/lib/systemd/system/"

static void test_mount_points(void **state)
{
        _cleanup_tree_ struct tree t = {};
        _cleanup_metadata_ struct metadata *none = NULL, *wrong = NULL, *all = NULL;
        static const char *const directories[] = {"proc", "sys", "dev", "run", "tmp"};

        tree_make_os(&t);
        none = read_tree(&t, NULL);
        assert_int_equal(none->mount_points, 0);

        tree_file(&t, "proc", "");
        tree_symlink(&t, "dev", "/nowhere");
        tree_directory(&t, "etc/machine-id");
        tree_symlink(&t, "etc/resolv.conf", "../run/nothing");
        wrong = read_tree(&t, NULL);
        assert_int_equal(wrong->mount_points, 0);

        unlinkat(t.fd, "proc", 0);
        unlinkat(t.fd, "dev", 0);
        unlinkat(t.fd, "etc/machine-id", AT_REMOVEDIR);
        for (size_t i = 0; i < ELEMENTSOF(directories); i++)
                tree_directory(&t, directories[i]);
        tree_symlink(&t, "var/tmp", "/tmp");
        tree_file(&t, "etc/machine-id", "");
        tree_file(&t, "run/nothing", "");
        all = read_tree(&t, NULL);
        assert_int_equal(all->mount_points, MOUNT_POINT_PROC | MOUNT_POINT_SYS | MOUNT_POINT_DEV |
                                                    MOUNT_POINT_RUN | MOUNT_POINT_TMP | MOUNT_POINT_VAR_TMP |
                                                    MOUNT_POINT_MACHINE_ID | MOUNT_POINT_RESOLV_CONF);
}

static void test_missing_binaries(void **state)
{
        static const char *const expected[] = {"a.service\t/bin/gone", "a.service\t/etc/passwd",
                                               "b.service\t/bin/gone"};
        _cleanup_tree_ struct tree t = {};
        _cleanup_metadata_ struct metadata *m = NULL;

        tree_make_os(&t);
        tree_symlink(&t, "bin", "usr/bin");
        tree_file(&t, "usr/bin/here", "#!");
        tree_symlink(&t, "usr/bin/link", "/bin/here");
        tree_file(&t, UNITS "a.service",
                  "[Service]\nExecStartPre=/bin/here\nExecStart=/bin/gone\nExecStop=/bin/"
                  "link\nExecStopPost=/etc/passwd\n");
        tree_file(&t, UNITS "b.service", "[Service]\nExecStart=/bin/gone\n");
        tree_file(&t, UNITS "c.socket", "[Service]\nExecStart=/bin/gone\n");
        m = read_tree(&t, NULL);
        assert_int_equal(strv_length(m->missing_binaries), ELEMENTSOF(expected));
        for (size_t i = 0; i < ELEMENTSOF(expected); i++)
                assert_string_equal(m->missing_binaries[i], expected[i]);
}

static void test_many_binaries(void **state)
{
        _cleanup_tree_ struct tree t = {};
        _cleanup_metadata_ struct metadata *m = NULL;
        _cleanup_free_ char *content = NULL;
        size_t size;
        FILE *f = open_memstream(&content, &size);

        tree_make_os(&t);
        fputs("[Service]\n", f);
        for (unsigned i = 0; i < EXTRACT_BINARIES_MAX; i++)
                fprintf(f, "ExecStart=/%u\n", i);
        assert_int_equal(fclose(f), 0);
        tree_file(&t, UNITS "a.service", content);
        tree_file(&t, UNITS "b.service", content);
        m = read_tree(&t, NULL);
        assert_int_equal(strv_length(m->missing_binaries), EXTRACT_BINARIES_MAX);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_mount_points),
                cmocka_unit_test(test_missing_binaries),
                cmocka_unit_test(test_many_binaries),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
