/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "portablectl/image-arg.h"
#include "portablectl/root-arg.h"

static char directory[PATH_MAX];

/* tree/opt/app_1/ is an image inside, out/ a directory outside; tree/opt/link leads to /opt/app_1 inside. */
static int setup(void **state)
{
        char template[] = "/tmp/test-root-arg.XXXXXX";

        assert_non_null(mkdtemp(template));
        assert_non_null(realpath(template, directory));
        assert_int_equal(chdir(directory), 0);
        assert_int_equal(mkdir("tree", 0755) | mkdir("tree/opt", 0755) | mkdir("tree/opt/app_1", 0755), 0);
        assert_int_equal(mkdir("out", 0755), 0);
        assert_int_equal(symlink("/opt/app_1", "tree/opt/link"), 0);
        assert_int_equal(symlink("tree", "root"), 0);
        return 0;
}

static int teardown(void **state)
{
        assert_int_equal(unlink("root") | unlink("tree/opt/link") | rmdir("tree/opt/app_1") |
                                 rmdir("tree/opt") | rmdir("tree") | rmdir("out"),
                         0);
        assert_int_equal(chdir("/"), 0);
        return rmdir(directory);
}

/* expected NULL: an error whose message has this text. */
static void check(const char *root, const char *arg, unsigned flags, const char *expected, const char *text)
{
        _cleanup_error_ struct error error = {};
        _cleanup_free_ char *result = NULL;
        int r = root_arg_resolve(root, arg, flags, &result, &error);

        if (expected) {
                assert_int_equal(r, 0);
                assert_string_equal(result, expected);
                return;
        }
        assert_true(r < 0);
        assert_non_null(strstr(error_message(&error), text));
}

static void test_names(void **state)
{
        check("tree", "app_1", 0, "app_1", NULL);
        check("tree", "a\nb", 0, NULL, "not a valid image name");
}

static void test_absolute_is_inside(void **state)
{
        check("tree", "/opt/app_1", 0, "/opt/app_1", NULL);
        check("tree", "/opt/./x/../app_1/", 0, "/opt/app_1", NULL);
        check("tree", "/not/there", 0, "/not/there", NULL);
        check("/", "/opt/app_1", 0, "/opt/app_1", NULL);
}

static void test_relative_must_lead_inside(void **state)
{
        check("tree", "./tree/opt/app_1", 0, "/opt/app_1", NULL);
        check("root", "tree/opt/app_1", 0, "/opt/app_1", NULL);
        check("tree", "root/opt/app_1", 0, "/opt/app_1", NULL);
        check("tree", "tree/opt/link", 0, "/opt/link", NULL);
        check("tree", "./out", 0, NULL, "does not lie inside --root=tree");
        check("tree", "./nothing/x", 0, NULL, "There is no image at './nothing/x'");
        check("tree", "tree/opt/gone", IMAGE_ARG_MAY_MISS, "/opt/gone", NULL);
}

static void test_path_of_the_host_is_explained(void **state)
{
        char path[PATH_MAX + 64];

        snprintf(path, sizeof(path), "%s/tree/opt/app_1", directory);
        check("tree", path, 0, NULL, "give the path inside it, '/opt/app_1'");
}

static void test_no_root(void **state)
{
        check("missing", "/opt/app_1", 0, NULL, "Cannot open --root=missing");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_names),
                cmocka_unit_test(test_absolute_is_inside),
                cmocka_unit_test(test_relative_must_lead_inside),
                cmocka_unit_test(test_path_of_the_host_is_explained),
                cmocka_unit_test(test_no_root),
        };

        return cmocka_run_group_tests(tests, setup, teardown);
}
