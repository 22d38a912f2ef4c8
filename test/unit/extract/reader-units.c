/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/strv.h"
#include "extract/reader.h"

#include "reading.h"

#define UNITS "usr/lib/systemd/system/"

static void test_units(void **state)
{
        _cleanup_tree_ struct tree t = {};
        _cleanup_metadata_ struct metadata *m = NULL, *some = NULL;
        char *matches[] = {(char *)"app", NULL};
        static const char *const names[] = {"app-a.timer", "app.service", "other.service"};

        tree_make_os(&t);
        tree_symlink(&t, "lib", "usr/lib");
        tree_file(&t, UNITS "app.service", "[Service]\nExecStart=/bin/app\n");
        tree_file(&t, UNITS "app-a.timer", "[Timer]\n");
        tree_file(&t, UNITS "other.service", "[Service]\n");
        tree_file(&t, UNITS "app.mount", "[Mount]\n");
        tree_file(&t, UNITS "app.service.d/x.conf", "[Service]\n");
        tree_file(&t, UNITS "README", "text");
        tree_file(&t, UNITS "app b.service", "x");
        tree_file(&t, UNITS "app\xff.service", "x");
        tree_file(&t, UNITS "app\n.service", "x");

        m = read_tree(&t, NULL);
        assert_int_equal(m->n_units, ELEMENTSOF(names));
        assert_int_equal(strv_length(m->unit_names), ELEMENTSOF(names));
        for (size_t i = 0; i < ELEMENTSOF(names); i++) {
                assert_string_equal(m->units[i].name, names[i]);
                assert_string_equal(m->unit_names[i], names[i]);
        }
        assert_unit(m, "app.service", "/usr/lib/systemd/system/app.service",
                    "[Service]\nExecStart=/bin/app\n");

        some = read_tree(&t, matches);
        assert_int_equal(some->n_units, 2);
        assert_null(find_unit(some, "other.service"));
        assert_int_equal(strv_length(some->unit_names), ELEMENTSOF(names));
}

/* A link to another unit is a name of that; one to a file elsewhere, or of another kind, is a unit. */
static void test_aliases(void **state)
{
        _cleanup_metadata_ struct metadata *m = NULL;
        _cleanup_tree_ struct tree t = {};

        tree_make_os(&t);
        tree_symlink(&t, "lib", "usr/lib");
        tree_file(&t, UNITS "app-server.service", "[Service]\n");
        tree_file(&t, UNITS "app@.service", "[Service]\n");
        tree_file(&t, "opt/elsewhere.service", "[Service]\n");
        tree_symlink(&t, "etc/systemd/system/app.service", "/lib/systemd/system/app-server.service");
        tree_symlink(&t, UNITS "app-again.service", "app-server.service");
        tree_symlink(&t, UNITS "app@one.service", "app@.service");
        tree_symlink(&t, UNITS "app-opt.service", "/opt/elsewhere.service");
        m = read_tree(&t, NULL);
        assert_int_equal(m->n_units, 3);
        assert_non_null(find_unit(m, "app-opt.service"));
        assert_non_null(find_unit(m, "app@.service"));
        assert_string_equal(metadata_get_alias(m, "app.service"), "app-server.service");
        assert_string_equal(metadata_get_alias(m, "app-again.service"), "app-server.service");
        assert_string_equal(metadata_get_alias(m, "app@one.service"), "app@.service");
        assert_null(metadata_get_alias(m, "app-server.service"));
        assert_null(metadata_get_alias(m, "app"));
}

static void test_unit_directories(void **state)
{
        static const char *const directories[] = {
                "etc/systemd/system.control",   "run/systemd/system.control", "etc/systemd/system",
                "etc/systemd/system.attached",  "run/systemd/system",         "run/systemd/system.attached",
                "usr/local/lib/systemd/system", "usr/lib/systemd/system",     "lib/systemd/system",
        };
        _cleanup_tree_ struct tree t = {};

        tree_make_os(&t);
        /* From the last to the first: each new one hides those below it. */
        for (size_t i = ELEMENTSOF(directories); i-- > 0;) {
                _cleanup_metadata_ struct metadata *m = NULL;
                char path[128];

                snprintf(path, sizeof(path), "%s/a.service", directories[i]);
                tree_file(&t, path, directories[i]);
                m = read_tree(&t, NULL);
                assert_int_equal(m->n_units, 1);
                memmove(path + 1, path, strlen(path) + 1);
                path[0] = '/';
                assert_unit(m, "a.service", path, directories[i]);
        }
}

/* What is not a unit file hides the one below all the same: a mask is a mask. */
static void test_masked(void **state)
{
        _cleanup_tree_ struct tree t = {};
        _cleanup_metadata_ struct metadata *m = NULL;

        tree_make_os(&t);
        for (unsigned i = 0; i < 5; i++) {
                char path[64];

                snprintf(path, sizeof(path), UNITS "a%u.service", i);
                tree_file(&t, path, "[Service]\n");
        }
        tree_symlink(&t, "etc/systemd/system/a0.service", "/dev/null");
        tree_file(&t, "etc/systemd/system/a1.service", "");
        tree_fifo(&t, "etc/systemd/system/a2.service");
        tree_directory(&t, "etc/systemd/system/a3.service");
        m = read_tree(&t, NULL);
        assert_int_equal(m->n_units, 1);
        assert_string_equal(m->units[0].name, "a4.service");
        assert_int_equal(strv_length(m->unit_names), 1);
}

static void test_unit_types(void **state)
{
        _cleanup_tree_ struct tree t = {};
        _cleanup_metadata_ struct metadata *m = NULL;
        _cleanup_free_ char *outside = NULL;

        tree_make_os(&t);
        outside = tree_outside(&t, "host.service");
        tree_file(&t, "../host.service", "[Service]\n# of the host\n");
        tree_file(&t, "usr/share/target.txt", "[Service]\n# shared\n");
        tree_file(&t, UNITS "file.service", "[Service]\n");
        tree_symlink(&t, UNITS "relative.service", "../../../share/target.txt");
        tree_symlink(&t, UNITS "absolute.service", "/usr/share/target.txt");
        tree_symlink(&t, UNITS "alias.service", "relative.service");
        tree_symlink(&t, UNITS "host.service", outside);
        tree_symlink(&t, UNITS "up.service", "../../../../../host.service");
        tree_symlink(&t, UNITS "passwd.service", "/etc/passwd");
        tree_symlink(&t, UNITS "loop.service", "loop.service");
        tree_symlink(&t, UNITS "null.service", "/dev/null");
        tree_symlink(&t, UNITS "dir-link.service", "/usr");
        tree_directory(&t, UNITS "dir.service");
        tree_fifo(&t, UNITS "fifo.service");
        tree_socket(&t, UNITS "socket.service");
        tree_device(&t, UNITS "device.service");
        tree_file(&t, UNITS "empty.service", "");

        m = read_tree(&t, NULL);
        assert_int_equal(m->n_units, 4);
        assert_unit(m, "file.service", "/usr/lib/systemd/system/file.service", "[Service]\n");
        assert_unit(m, "relative.service", "/usr/share/target.txt", "[Service]\n# shared\n");
        assert_unit(m, "absolute.service", "/usr/share/target.txt", "[Service]\n# shared\n");
        assert_unit(m, "alias.service", "/usr/share/target.txt", "[Service]\n# shared\n");
        assert_int_equal(strv_length(m->unit_names), 4);
}

/* Directories that are links out of the image, loops, files, FIFOs: none is entered. */
static void test_directory_types(void **state)
{
        _cleanup_tree_ struct tree t = {};
        _cleanup_metadata_ struct metadata *m = NULL;
        _cleanup_free_ char *outside = NULL, *path = NULL;
        _cleanup_fclose_ FILE *f = NULL;

        tree_make_os(&t);
        outside = tree_outside(&t, "units");
        assert_int_equal(mkdir(outside, 0755), 0);
        path = tree_outside(&t, "units/leak.service");
        f = fopen(path, "w");
        assert_non_null(f);
        assert_true(fputs("[Service]\n", f) >= 0);
        tree_symlink(&t, "etc/systemd/system.control", outside);
        tree_symlink(&t, "etc/systemd/system", "../../../units");
        tree_symlink(&t, "run/systemd/system.control", "system.control");
        tree_fifo(&t, "run/systemd/system");
        tree_file(&t, "run/systemd/system.attached", "x");
        tree_symlink(&t, "usr/local/lib/systemd/system", "/opt/units");
        tree_file(&t, "opt/units/a.service", "[Service]\n");
        m = read_tree(&t, NULL);
        assert_int_equal(m->n_units, 1);
        assert_unit(m, "a.service", "/opt/units/a.service", "[Service]\n");
}

static void test_nul_in_unit(void **state)
{
        static const char content[] = "[Service]\n\0\0x";
        _cleanup_tree_ struct tree t = {};
        _cleanup_metadata_ struct metadata *m = NULL;
        _cleanup_close_ int fd = -EBADF;

        tree_make_os(&t);
        tree_directory(&t, UNITS);
        fd = openat(t.fd, UNITS "a.service", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
        assert_int_equal(write(fd, content, sizeof(content)), sizeof(content));
        m = read_tree(&t, NULL);
        assert_int_equal(m->units[0].size, sizeof(content));
        assert_memory_equal(m->units[0].content, content, sizeof(content));
}

static void test_odd_target(void **state)
{
        _cleanup_tree_ struct tree t = {};

        tree_make_os(&t);
        tree_file(&t, "usr/x\xff\n", "[Service]\n");
        tree_symlink(&t, UNITS "a.service", "/usr/x\xff\n");
        assert_fails(&t, EINVAL,
                     "unit 'a.service' leads to '/usr/x\\xff\\x0a', a name with control or broken "
                     "characters");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_units),
                cmocka_unit_test(test_aliases),
                cmocka_unit_test(test_unit_directories),
                cmocka_unit_test(test_masked),
                cmocka_unit_test(test_unit_types),
                cmocka_unit_test(test_directory_types),
                cmocka_unit_test(test_nul_in_unit),
                cmocka_unit_test(test_odd_target),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
