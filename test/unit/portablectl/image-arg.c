/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/strv.h"
#include "portablectl/image-arg.h"

static char directory[PATH_MAX];

/* real/app_1/ is a directory, link a symlink to it, way a symlink to real. */
static int setup(void **state)
{
        char template[] = "/tmp/test-image-arg.XXXXXX";

        assert_non_null(mkdtemp(template));
        assert_non_null(realpath(template, directory));
        assert_int_equal(chdir(directory), 0);
        assert_int_equal(mkdir("real", 0755), 0);
        assert_int_equal(mkdir("real/app_1", 0755), 0);
        assert_int_equal(symlink("real/app_1", "link"), 0);
        assert_int_equal(symlink("real", "way"), 0);
        assert_int_equal(mkdir("real.v", 0755), 0);
        assert_int_equal(symlink("real.v", "way.v"), 0);
        return 0;
}

static int teardown(void **state)
{
        assert_int_equal(unlink("way") | unlink("link") | rmdir("real/app_1") | rmdir("real") |
                                 unlink("way.v") | rmdir("real.v"),
                         0);
        assert_int_equal(chdir("/"), 0);
        return rmdir(directory);
}

/* expected: relative to the directory if it starts with "./"; NULL: an error of this kind. */
static void check(const char *arg, unsigned flags, const char *expected, enum error_kind kind)
{
        _cleanup_error_ struct error error = {};
        _cleanup_free_ char *result = NULL;
        char path[PATH_MAX + 64];
        int r = image_arg_resolve(arg, flags, &result, &error);

        if (!expected) {
                assert_true(r < 0);
                assert_int_equal(error.kind, kind);
                return;
        }
        assert_int_equal(r, 0);
        if (strncmp(expected, "./", 2) == 0) {
                snprintf(path, sizeof(path), "%s/%s", directory, expected + 2);
                expected = path;
        }
        assert_string_equal(result, expected);
}

static void test_names(void **state)
{
        check("app_1", 0, "app_1", 0);
        check("app_1", IMAGE_ARG_REMOTE, "app_1", 0);
        check("", 0, NULL, ERROR_INVALID_ARGS);
        check(".", 0, NULL, ERROR_INVALID_ARGS);
        check("..", 0, NULL, ERROR_INVALID_ARGS);
        check("a\nb", 0, NULL, ERROR_INVALID_ARGS);
        check(".#x", 0, NULL, ERROR_INVALID_ARGS);
}

static void test_paths(void **state)
{
        check("./real/app_1", 0, "./real/app_1", 0);
        check("./link", 0, "./real/app_1", 0);
        check("./real//./app_1/", 0, "./real/app_1", 0);
        check("way/app_1", 0, "./real/app_1", 0);
        check("./link/", 0, "./real/app_1", 0);
        check("./nothing", 0, NULL, ERROR_NO_SUCH_IMAGE);
}

static void test_missing_paths(void **state)
{
        check("./nothing", IMAGE_ARG_MAY_MISS, "./nothing", 0);
        check("way/nothing/", IMAGE_ARG_MAY_MISS, "./real/nothing", 0);
        check("/no/such/../way", IMAGE_ARG_MAY_MISS, "/no/way", 0);
        check("./link", IMAGE_ARG_MAY_MISS, "./real/app_1", 0);
}

/* A version that is to be picked: the way to the directory counts, the file is never there. */
static void test_version_patterns(void **state)
{
        check("./way.v/app___.raw", 0, "./real.v/app___.raw", 0);
        check("./way.v/app___", 0, "./real.v/app___", 0);
        check("./real/app___.raw", 0, NULL, ERROR_NO_SUCH_IMAGE);
        check("./nothing.v/app___.raw", 0, NULL, ERROR_NO_SUCH_IMAGE);
}

static void test_kept_links(void **state)
{
        check("./link", IMAGE_ARG_KEEP_LINK, "./link", 0);
        check("way/app_1", IMAGE_ARG_KEEP_LINK, "./real/app_1", 0);
}

static void test_remote_paths(void **state)
{
        check("/a/../b//c/", IMAGE_ARG_REMOTE, "/b/c", 0);
        check("./b", IMAGE_ARG_REMOTE, NULL, ERROR_INVALID_ARGS);
}

static void check_prefix(const char *typed, const char *expected)
{
        _cleanup_error_ struct error error = {};
        _cleanup_strv_ char **l = NULL;
        bool is_default;
        int r = image_prefixes(typed, "/x/other_2.raw", NULL, &l, &is_default, &error);

        if (!expected) {
                assert_true(r < 0);
                assert_int_equal(error.kind, ERROR_INVALID_ARGS);
                return;
        }
        assert_int_equal(r, 0);
        assert_true(is_default);
        assert_int_equal(strv_length(l), 1);
        assert_string_equal(l[0], expected);
}

static void test_default_prefixes(void **state)
{
        check_prefix("app", "app");
        check_prefix("app_1_2", "app");
        check_prefix("/x/app-web_1.raw", "app-web");
        check_prefix("/x/app.raw", "app");
        check_prefix("/x/app_7.raw.v", "app");
        check_prefix("/x/app.v/", "app");
        check_prefix("./", "other");
        check_prefix("_1", NULL);
        check_prefix("a b", NULL);
        check_prefix("/x/a b.raw", NULL);
}

static void check_line(const char *const *args, const char *expected)
{
        _cleanup_error_ struct error error = {};
        _cleanup_strv_ char **l = NULL;
        _cleanup_free_ char *line = NULL;
        bool is_default;

        assert_int_equal(image_prefixes("x", "x", (char *const *)args, &l, &is_default, &error), 0);
        assert_int_equal(is_default, !args[0]);
        line = image_prefixes_describe(l);
        assert_string_equal(line, expected);
}

static void test_given_prefixes(void **state)
{
        check_line((const char *[]){NULL}, "(Matching unit files with prefix 'x'.)");
        check_line((const char *[]){"a", NULL}, "(Matching unit files with prefix 'a'.)");
        check_line((const char *[]){"a", "b", NULL}, "(Matching unit files with prefixes 'a', 'b'.)");
        check_line((const char *[]){"-", NULL}, "(Matching all unit files.)");
        check_line((const char *[]){"-", "a", NULL}, "(Matching unit files with prefixes '-', 'a'.)");
        check_line((const char *[]){"\033[2J", NULL}, "(Matching unit files with prefix '\\x1b[2J'.)");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_names),
                cmocka_unit_test(test_paths),
                cmocka_unit_test(test_missing_paths),
                cmocka_unit_test(test_version_patterns),
                cmocka_unit_test(test_kept_links),
                cmocka_unit_test(test_remote_paths),
                cmocka_unit_test(test_default_prefixes),
                cmocka_unit_test(test_given_prefixes),
        };

        return cmocka_run_group_tests(tests, setup, teardown);
}
