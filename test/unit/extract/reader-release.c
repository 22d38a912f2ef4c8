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

static void test_os_release(void **state)
{
        _cleanup_tree_ struct tree t = {};
        _cleanup_metadata_ struct metadata *m = NULL, *etc = NULL;

        tree_make(&t);
        tree_file(&t, "usr/lib/os-release", "ID=vendor\nNAME=\"A B\"\n");
        m = read_tree(&t, NULL);
        assert_string_equal(m->release_path, "/usr/lib/os-release");
        assert_string_equal(m->release, "ID=vendor\nNAME=\"A B\"\n");
        assert_int_equal(m->release_size, strlen(m->release));
        assert_string_equal(metadata_field(m, "NAME"), "A B");
        assert_null(metadata_field(m, "VERSION"));
        assert_int_equal(m->n_units, 0);
        assert_int_equal(strv_length(m->unit_names), 0);

        tree_file(&t, "etc/os-release", "ID=local\n");
        etc = read_tree(&t, NULL);
        assert_string_equal(metadata_field(etc, "ID"), "local");
}

static void link_etc(struct tree *t, const char *target)
{
        tree_symlink(t, "etc/os-release", target);
}

static void test_os_release_links(void **state)
{
        static const char *const targets[] = {"../usr/lib/os-release", "/usr/lib/os-release",
                                              "../../../../usr/lib/os-release", "/lib/os-release"};

        for (size_t i = 0; i < ELEMENTSOF(targets); i++) {
                _cleanup_tree_ struct tree t = {};
                _cleanup_metadata_ struct metadata *m = NULL;

                tree_make_os(&t);
                tree_symlink(&t, "lib", "usr/lib");
                link_etc(&t, targets[i]);
                m = read_tree(&t, NULL);
                assert_string_equal(m->release_path, "/usr/lib/os-release");
        }
}

/* A dangling link is as good as none. */
static void test_os_release_falls_back(void **state)
{
        _cleanup_tree_ struct tree t = {};
        _cleanup_metadata_ struct metadata *m = NULL;

        tree_make_os(&t);
        link_etc(&t, "nowhere");
        m = read_tree(&t, NULL);
        assert_string_equal(m->release_path, "/usr/lib/os-release");
}

static void test_no_os_release(void **state)
{
        _cleanup_tree_ struct tree t = {};

        tree_make(&t);
        assert_fails(
                &t, ENOENT,
                "no os-release file, neither /etc/os-release nor /usr/lib/os-release: every image needs "
                "one, with ID= in it");
        tree_directory(&t, "etc");
        tree_file(&t, "usr/lib", "not a directory");
        assert_fails(
                &t, ENOENT,
                "no os-release file, neither /etc/os-release nor /usr/lib/os-release: every image needs "
                "one, with ID= in it");
}

/* Links to the host's files lead nowhere, or to what lies at that place in the image. */
static void test_escaping_os_release(void **state)
{
        static const struct {
                const char *target, *message;
        } table[] = {
                {"/etc/passwd",
                 "'/etc/os-release' is a symlink to '/etc/passwd', which does not exist inside the image"},
                {"../../../../../etc/passwd",
                 "'/etc/os-release' is a symlink to '../../../../../etc/passwd', which "
                 "does not exist inside the image"},
                {"../../secret",
                 "'/etc/os-release' is a symlink to '../../secret', which does not exist inside the "
                 "image"},
                {"/proc/self/root/etc/passwd",
                 "'/etc/os-release' is a symlink to '/proc/self/root/etc/passwd', "
                 "which does not exist inside the image"},
                {"x\033[31m\n",
                 "'/etc/os-release' is a symlink to 'x\\x1b[31m\\x0a', which does not exist inside "
                 "the image"},
                {"os-release", "cannot open '/etc/os-release': more than 40 symlinks, or a loop of them"},
        };

        for (size_t i = 0; i < ELEMENTSOF(table); i++) {
                _cleanup_tree_ struct tree t = {};
                _cleanup_free_ char *secret = NULL;
                _cleanup_fclose_ FILE *f = NULL;

                tree_make(&t);
                secret = tree_outside(&t, "secret");
                f = fopen(secret, "w");
                assert_non_null(f);
                assert_true(fputs("ID=host\n", f) >= 0 && fflush(f) == 0);
                link_etc(&t, table[i].target);
                assert_fails(&t, strstr(table[i].message, "loop") ? ELOOP : ENOENT, table[i].message);
        }
}

static void test_os_release_types(void **state)
{
        static const struct {
                void (*make)(const struct tree *t, const char *path);
                const char *message;
        } table[] = {
                {tree_directory, "'/etc/os-release' is a directory, not a regular file"},
                {tree_fifo, "'/etc/os-release' is a FIFO, not a regular file"},
                {tree_socket, "'/etc/os-release' is a socket, not a regular file"},
                {tree_device, "'/etc/os-release' is a device node, not a regular file"},
        };

        for (size_t i = 0; i < ELEMENTSOF(table); i++) {
                _cleanup_tree_ struct tree t = {};

                tree_make_os(&t);
                tree_directory(&t, "etc");
                table[i].make(&t, "etc/os-release");
                assert_fails(&t, EBADFD, table[i].message);
        }
}

static void test_os_release_content(void **state)
{
        _cleanup_tree_ struct tree t = {};
        struct extract_options o;
        _cleanup_metadata_ struct metadata *m = NULL, *largest = NULL;
        _cleanup_error_ struct error e = {};

        tree_make(&t);
        tree_file(&t, "etc/os-release", "NAME=x\n");
        assert_fails(&t, EINVAL, "'/etc/os-release' has no ID= field");
        o = options_for(&t);
        o.optional_id = true;
        assert_int_equal(reader_run(&o, &m, &e), 0);

        tree_file(&t, "etc/os-release", "ID=\n");
        assert_fails(&t, EINVAL, "'/etc/os-release' has no ID= field");
        tree_file(&t, "etc/os-release", "");
        assert_fails(&t, EINVAL, "'/etc/os-release' has no ID= field");
        tree_file_size(&t, "etc/os-release", EXTRACT_RELEASE_SIZE_MAX + 1);
        assert_fails(&t, EFBIG, "'/etc/os-release' is 65537 bytes large, more than the 65536 allowed");
        tree_file_size(&t, "etc/os-release", (size_t)1 << 40);
        assert_fails(&t, EFBIG,
                     "'/etc/os-release' is 1099511627776 bytes large, more than the 65536 allowed");
        tree_file_size(&t, "etc/os-release", EXTRACT_RELEASE_SIZE_MAX);
        assert_int_equal(reader_run(&o, &largest, &e), 0);
        assert_int_equal(largest->release_size, EXTRACT_RELEASE_SIZE_MAX);
}

/* The path in messages comes from a caller. */
static void test_image_path_is_escaped(void **state)
{
        _cleanup_tree_ struct tree t = {};
        struct extract_options o;
        _cleanup_metadata_ struct metadata *m = NULL;
        _cleanup_error_ struct error e = {};

        tree_make(&t);
        o = options_for(&t);
        o.path = "/i/\033[2J\n";
        assert_int_equal(reader_run(&o, &m, &e), -ENOENT);
        assert_true(strncmp(error_message(&e), "Image '/i/\\x1b[2J\\x0a': ", 23) == 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_os_release),
                cmocka_unit_test(test_os_release_links),
                cmocka_unit_test(test_os_release_falls_back),
                cmocka_unit_test(test_no_os_release),
                cmocka_unit_test(test_escaping_os_release),
                cmocka_unit_test(test_os_release_types),
                cmocka_unit_test(test_os_release_content),
                cmocka_unit_test(test_image_path_is_escaped),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
