/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "extract/reader.h"

#include "reading.h"

#define SYSEXT  "usr/lib/extension-release.d/extension-release."
#define CONFEXT "etc/extension-release.d/extension-release."

static struct extract_options extension(const struct tree *t, bool relax)
{
        struct extract_options o = options_for(t);

        o.kind = EXTRACT_EXTENSION;
        o.relax_name = relax;
        return o;
}

static void tag(const struct tree *t, const char *path, const char *value)
{
        _cleanup_close_ int fd = openat(t->fd, path, O_RDONLY | O_CLOEXEC);

        assert_true(fd >= 0);
        assert_int_equal(fsetxattr(fd, "user.extension-release.strict", value, strlen(value), 0), 0);
}

static void assert_reads(const struct tree *t, bool relax, const char *path, bool sysext, bool confext)
{
        struct extract_options o = extension(t, relax);
        _cleanup_metadata_ struct metadata *m = NULL;
        _cleanup_error_ struct error e = {};

        if (reader_run(&o, &m, &e) < 0)
                fail_msg("%s", error_message(&e));
        assert_string_equal(m->release_path, path);
        assert_int_equal(m->sysext, sysext);
        assert_int_equal(m->confext, confext);
        assert_string_equal(metadata_field(m, "K"), path + 1);
}

static void assert_extension_fails(const struct tree *t, bool relax, int errnum, const char *message)
{
        struct extract_options o = extension(t, relax);

        assert_options_fail(&o, errnum, message);
}

/* A release file that holds its own path. */
static void add(const struct tree *t, const char *path)
{
        char content[256];

        snprintf(content, sizeof(content), "K=%s\n", path);
        tree_file(t, path, content);
}

static void test_names(void **state)
{
        _cleanup_tree_ struct tree t = {};

        tree_make(&t);
        add(&t, SYSEXT "app");
        assert_reads(&t, false, "/" SYSEXT "app", true, false);
        /* The full name goes first. */
        add(&t, SYSEXT "app_1");
        add(&t, SYSEXT "other");
        assert_reads(&t, false, "/" SYSEXT "app_1", true, false);
}

static void test_kinds(void **state)
{
        _cleanup_tree_ struct tree t = {};

        tree_make(&t);
        add(&t, CONFEXT "app");
        assert_reads(&t, false, "/" CONFEXT "app", false, true);
        add(&t, SYSEXT "app_1");
        assert_reads(&t, false, "/" SYSEXT "app_1", true, true);
}

/* A base needs its ID=, an extension is matched later; units are read from both. */
static void test_units_without_id(void **state)
{
        _cleanup_tree_ struct tree t = {};
        struct extract_options o;
        _cleanup_metadata_ struct metadata *m = NULL;
        _cleanup_error_ struct error e = {};

        tree_make(&t);
        tree_file(&t, SYSEXT "app", "");
        tree_file(&t, "usr/lib/systemd/system/a.service", "[Service]\n");
        o = extension(&t, false);
        assert_int_equal(reader_run(&o, &m, &e), 0);
        assert_int_equal(m->n_units, 1);
}

static void test_other_name(void **state)
{
        _cleanup_tree_ struct tree t = {};

        tree_make(&t);
        add(&t, SYSEXT "other");
        add(&t, "usr/lib/extension-release.d/README");
        assert_extension_fails(
                &t, false, ENOENT,
                "no file extension-release.app_1 in /usr/lib/extension-release.d or "
                "/etc/extension-release.d (there is 'extension-release.other'; --force takes that)");
        assert_reads(&t, true, "/" SYSEXT "other", true, false);
        add(&t, SYSEXT "a\nb");
        assert_extension_fails(&t, true, ENOENT,
                               "no file extension-release.app_1 in /usr/lib/extension-release.d or "
                               "/etc/extension-release.d (there is 'extension-release.a\\x0ab', "
                               "'extension-release.other')");
}

static void expect_release_name(const struct tree *t, enum release_name expected)
{
        struct extract_options o = extension(t, true);
        _cleanup_metadata_ struct metadata *m = NULL;
        _cleanup_error_ struct error e = {};

        assert_int_equal(reader_run(&o, &m, &e), 0);
        assert_int_equal(m->release_name, expected);
}

/* Told on, since not every service manager takes each. */
static void test_release_name(void **state)
{
        _cleanup_tree_ struct tree whole = {}, versionless = {}, other = {}, tagged = {}, both = {};

        tree_make(&whole);
        add(&whole, SYSEXT "app_1");
        expect_release_name(&whole, RELEASE_NAME_WHOLE);
        tree_make(&versionless);
        add(&versionless, CONFEXT "app");
        expect_release_name(&versionless, RELEASE_NAME_VERSIONLESS);
        tree_make(&other);
        add(&other, SYSEXT "other");
        expect_release_name(&other, RELEASE_NAME_OTHER);
        tree_make(&tagged);
        add(&tagged, SYSEXT "other");
        tag(&tagged, SYSEXT "other", "0");
        expect_release_name(&tagged, RELEASE_NAME_WHOLE);
        tree_make(&both);
        add(&both, SYSEXT "app_1");
        add(&both, CONFEXT "app");
        expect_release_name(&both, RELEASE_NAME_WHOLE);
}

static void test_none(void **state)
{
        _cleanup_tree_ struct tree t = {};
        static const char message[] = "no file extension-release.app_1 in /usr/lib/extension-release.d or "
                                      "/etc/extension-release.d";

        tree_make_os(&t);
        assert_extension_fails(&t, false, ENOENT, message);
        assert_extension_fails(&t, true, ENOENT, message);
        tree_file(&t, "usr/lib/extension-release.d", "a file");
        tree_symlink(&t, "etc/extension-release.d", "/nowhere");
        assert_extension_fails(&t, true, ENOENT, message);
}

static void test_tagged(void **state)
{
        static const struct {
                const char *value;
                bool relaxed;
        } table[] = {
                {"0", true},  {"false", true}, {"no", true}, {"off", true},
                {"1", false}, {"true", false}, {"", false},  {"nonsense-and-more", false},
        };

        for (size_t i = 0; i < ELEMENTSOF(table); i++) {
                _cleanup_tree_ struct tree t = {};

                tree_make(&t);
                add(&t, SYSEXT "other");
                tag(&t, SYSEXT "other", table[i].value);
                if (table[i].relaxed)
                        assert_reads(&t, false, "/" SYSEXT "other", true, false);
                else
                        assert_extension_fails(
                                &t, false, ENOENT,
                                "no file extension-release.app_1 in /usr/lib/extension-release.d or "
                                "/etc/extension-release.d (there is 'extension-release.other'; --force "
                                "takes that)");
        }
}

static void test_two_tagged(void **state)
{
        _cleanup_tree_ struct tree t = {};

        tree_make(&t);
        add(&t, SYSEXT "b");
        add(&t, SYSEXT "a");
        tag(&t, SYSEXT "a", "0");
        assert_reads(&t, false, "/" SYSEXT "a", true, false);
        tag(&t, SYSEXT "b", "0");
        assert_extension_fails(
                &t, false, ENOENT,
                "no file extension-release.app_1 in /usr/lib/extension-release.d or "
                "/etc/extension-release.d (there is 'extension-release.a', 'extension-release.b')");
}

static void test_types(void **state)
{
        static const struct {
                void (*make)(const struct tree *t, const char *path);
                const char *message;
        } table[] = {
                {tree_directory,
                 "'/usr/lib/extension-release.d/extension-release.app' is a directory, not a regular file"},
                {tree_fifo,
                 "'/usr/lib/extension-release.d/extension-release.app' is a FIFO, not a regular file"},
                {tree_device, "'/usr/lib/extension-release.d/extension-release.app' is a device node, not a "
                              "regular file"},
        };

        for (size_t i = 0; i < ELEMENTSOF(table); i++) {
                _cleanup_tree_ struct tree t = {};

                tree_make(&t);
                tree_directory(&t, "usr/lib/extension-release.d");
                table[i].make(&t, SYSEXT "app");
                assert_extension_fails(&t, false, EBADFD, table[i].message);
        }
}

/* FIFOs and links out of the image among the files that are asked for their tag. */
static void test_hostile_directory(void **state)
{
        _cleanup_tree_ struct tree t = {};

        tree_make(&t);
        tree_directory(&t, "usr/lib/extension-release.d");
        tree_fifo(&t, SYSEXT "fifo");
        tree_device(&t, SYSEXT "device");
        tree_symlink(&t, SYSEXT "passwd", "/etc/passwd");
        tree_symlink(&t, SYSEXT "loop", "extension-release.loop");
        tree_directory(&t, SYSEXT "directory");
        add(&t, SYSEXT "good");
        tag(&t, SYSEXT "good", "false");
        assert_reads(&t, false, "/" SYSEXT "good", true, false);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_names),
                cmocka_unit_test(test_kinds),
                cmocka_unit_test(test_units_without_id),
                cmocka_unit_test(test_other_name),
                cmocka_unit_test(test_release_name),
                cmocka_unit_test(test_none),
                cmocka_unit_test(test_tagged),
                cmocka_unit_test(test_two_tagged),
                cmocka_unit_test(test_types),
                cmocka_unit_test(test_hostile_directory),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
