/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include <locale.h>
#include <time.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "portablectl/capture.h"
#include "portablectl/daemon.h"
#include "portablectl/list-choice.h"
#include "portablectl/options.h"
#include "portablectl/show.h"
#include "portablectl/terminal.h"

static const struct terminal plain = {.utf8 = true};
static const struct terminal ascii = {};
static const struct terminal colourful = {.utf8 = true, .colours = true, .shown = true};

static struct image_row rows[] = {
        {(char *)"app_1", (char *)"raw", (char *)"running", true, UINT64_C(1700000000000000), 0, 307200},
        {(char *)"dir", (char *)"directory", (char *)"attached-runtime", false, 0, 0, UINT64_MAX},
};

static const struct list_choice usual = {
        .columns = {LIST_NAME, LIST_TYPE, LIST_READ_ONLY, LIST_CRTIME, LIST_MTIME, LIST_USAGE, LIST_STATE},
        .n_columns = 7,
};

static void check_table(const struct terminal *t, const struct options *options,
                        const struct image_table *table, const char *expected)
{
        struct capture out;

        capture_begin(&out, STDOUT_FILENO);
        assert_int_equal(show_images(stdout, t, &usual, table, options, NULL), 0);
        assert_string_equal(capture_end(&out), expected);
}

static void check_images(const struct terminal *t, size_t n, bool legend, const char *expected)
{
        const struct options options = {.legend = legend};
        const struct image_table table = {rows, n};

        check_table(t, &options, &table, expected);
}

static void test_images(void **state)
{
        check_images(&plain, 2, true,
                     "NAME  TYPE      RO  CRTIME                      MTIME USAGE  STATE\n"
                     "app_1 raw       yes Tue 2023-11-14 22:13:20 UTC -     300.0K running\n"
                     "dir   directory no  -                           -            attached-runtime\n"
                     "\n"
                     "2 images listed.\n");
        check_images(&plain, 1, false, "app_1 raw yes Tue 2023-11-14 22:13:20 UTC - 300.0K running\n");
        check_images(&plain, 0, true, "No images.\n");
        check_images(&plain, 0, false, "");
}

/* The widest become narrower, never the state; "…" where the terminal has it; --full leaves all. */
static void test_narrow(void **state)
{
        static const struct terminal narrow = {.utf8 = true, .shown = true, .columns = 52},
                                     ascii_narrow = {.shown = true, .columns = 52},
                                     hopeless = {.utf8 = true, .shown = true, .columns = 10};
        static const struct options short_one = {}, full = {.full = true};
        static struct image_row row = {(char *)"averyvery\xc3\xa9longname_1.2.3",
                                       (char *)"raw",
                                       (char *)"running-runtime",
                                       true,
                                       UINT64_C(1700000000000000),
                                       0,
                                       0};
        static const struct image_table one = {&row, 1};

        check_table(&narrow, &short_one, &one,
                    "averyvery\xc3\xa9\xe2\x80\xa6 raw yes Tue 2023-1\xe2\x80\xa6 - 0B running-runtime\n");
        check_table(&ascii_narrow, &short_one, &one,
                    "averyver... raw yes Tue 2023... - 0B running-runtime\n");
        check_table(&hopeless, &short_one, &one,
                    "aver\xe2\x80\xa6 raw yes Tue \xe2\x80\xa6 - 0B running-runtime\n");
        check_table(&narrow, &full, &one,
                    "averyvery\xc3\xa9longname_1.2.3 raw yes Tue 2023-11-14 22:13:20 UTC - 0B "
                    "running-runtime\n");
}

static void test_hostile_names(void **state)
{
        struct image_row row = {(char *)"a\033[31m\nb", (char *)"raw", (char *)"x\ty", false, 0, 0, 0};
        const struct options options = {};
        struct image_table table = {&row, 1};
        struct capture out;

        capture_begin(&out, STDOUT_FILENO);
        assert_int_equal(show_images(stdout, &plain, &usual, &table, &options, NULL), 0);
        capture_end(&out);
        assert_null(strchr(out.text, '\033'));
        assert_ptr_equal(strchr(out.text, '\n'), out.text + strlen(out.text) - 1);
}

static void add(struct change_list *l, enum change_type type, const char *path, const char *source)
{
        assert_non_null(change_list_add(l, type, path, source));
}

static void test_changes(void **state)
{
        _cleanup_changes_ struct change_list l = {};
        struct capture err;

        add(&l, CHANGE_MKDIR, "/a", NULL);
        add(&l, CHANGE_WRITE, "/a/b", NULL);
        add(&l, CHANGE_SYMLINK, "/a/c", "/d");
        add(&l, CHANGE_COPY, "/a/e", "/f");
        add(&l, CHANGE_COPY, "/a/g", NULL);
        add(&l, CHANGE_UNLINK, "/a/h\033[2J", NULL);
        add(&l, CHANGE_TYPE_MAX, "/a/i", NULL);
        capture_begin(&err, STDERR_FILENO);
        show_changes(&plain, &l, false);
        assert_string_equal(capture_end(&err), "Created directory /a.\n"
                                               "Written /a/b.\n"
                                               "Created symlink /a/c → /d.\n"
                                               "Copied /f → /a/e.\n"
                                               "Copied /a/g.\n"
                                               "Removed /a/h\\x1b[2J.\n"
                                               "Changed /a/i.\n");
        capture_begin(&err, STDERR_FILENO);
        show_changes(&plain, &l, true);
        assert_string_equal(capture_end(&err), "Would create directory /a.\n"
                                               "Would write /a/b.\n"
                                               "Would create symlink /a/c → /d.\n"
                                               "Would copy /f → /a/e.\n"
                                               "Would copy /a/g.\n"
                                               "Would remove /a/h\\x1b[2J.\n"
                                               "Would change /a/i.\n");
        capture_begin(&err, STDERR_FILENO);
        show_file_change(&ascii, "symlink", "/x", "/y");
        show_file_change(&ascii, "unlink", "/x", "");
        assert_string_equal(capture_end(&err), "Created symlink /x -> /y.\nRemoved /x.\n");
}

static void test_metadata(void **state)
{
        struct image_file units[] = {{(char *)"a.service", (char *)"[Service]\n", 10},
                                     {(char *)"b.socket", (char *)"[Socket]", 8}};
        char release[] = "ID=a\nPRETTY_NAME=A\n# \033[2J\n";
        struct image_metadata m = {
                .path = (char *)"/x/a\033[1m.raw",
                .release = {(char *)"", release, sizeof(release) - 1},
                .units = units,
                .n_units = 2,
        };
        struct capture out;

        capture_begin(&out, STDOUT_FILENO);
        assert_int_equal(show_metadata(&plain, &m, NULL, NULL), 0);
        assert_string_equal(capture_end(&out), "Image:\n\t/x/a\\x1b[1m.raw\n"
                                               "Portable Service:\n\tn/a\n"
                                               "Operating System:\n\tA\n"
                                               "Unit files:\n\ta.service\n\tb.socket\n");
        capture_begin(&out, STDOUT_FILENO);
        show_metadata_raw(&plain, &m, NULL);
        assert_string_equal(capture_end(&out), "-- OS Release: --\nID=a\nPRETTY_NAME=A\n# \033[2J\n\n"
                                               "-- Unit file: a.service --\n[Service]\n\n"
                                               "-- Unit file: b.socket --\n[Socket]\n");
        capture_begin(&out, STDOUT_FILENO);
        show_metadata_raw(&colourful, &m, NULL);
        assert_non_null(strstr(capture_end(&out), "PRETTY_NAME=A\n# \\x1b[2J\n"));
}

static void test_extensions(void **state)
{
        char *paths[] = {(char *)"/x/e.raw", NULL};
        char release[] = "ID=a\nVERSION_ID=3\nSYSEXT_LEVEL=2\nCONFEXT_SCOPE=system\nSYSEXT_PRETTY_NAME="
                         "E\nSYSEXT_ID=e\n";
        struct image_file extension = {(char *)"", release, sizeof(release) - 1};
        struct image_metadata m = {
                .path = (char *)"/x/app.raw",
                .release = {(char *)"", (char *)"ID=a\n", 5},
                .extensions = &extension,
                .n_extensions = 1,
        };
        struct capture out;

        capture_begin(&out, STDOUT_FILENO);
        assert_int_equal(show_metadata(&plain, &m, paths, NULL), 0);
        assert_non_null(strstr(capture_end(&out), "Extension:\n\t/x/e.raw\n"
                                                  "\tExtension Scope:\n\t\tsystem\n"
                                                  "\tExtension Compatibility Level:\n\t\t2\n"
                                                  "\tExtension Compatibility OS:\n\t\ta\n"
                                                  "\tExtension Compatibility OS Version:\n\t\t3\n"
                                                  "\tPortable Service:\n\t\tn/a\n"
                                                  "\tPortable Prefixes:\n\t\tn/a\n"
                                                  "\tExtension Image:\n\t\tE (e n/a)\n"));
}

static int setup(void **state)
{
        setlocale(LC_ALL, "C.UTF-8");
        setenv("TZ", "UTC", 1);
        tzset();
        return 0;
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_images),   cmocka_unit_test(test_hostile_names),
                cmocka_unit_test(test_narrow),   cmocka_unit_test(test_changes),
                cmocka_unit_test(test_metadata), cmocka_unit_test(test_extensions),
        };

        return cmocka_run_group_tests(tests, setup, NULL);
}
