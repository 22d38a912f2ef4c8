/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include <errno.h>
#include <fcntl.h>

#include "basic/cleanup.h"
#include "basic/strv.h"
#include "extract/extract.h"
#include "extract/missing.h"

#include "tree.h"

/* Layers are directories of one tree here. */
static int open_layer(const struct tree *t, const char *name)
{
        int fd = openat(t->fd, name, O_PATH | O_DIRECTORY | O_CLOEXEC);

        assert_true(fd >= 0);
        return fd;
}

static void test_layers(void **state)
{
        char *of_base[] = {(char *)"a.service\t/usr/bin/in-extension", (char *)"a.service\t/bin/linked",
                           (char *)"a.service\t/usr/bin/gone", (char *)"a.service\t/nowhere/at/all", NULL};
        char *of_extension[] = {(char *)"b.service\t/bin/in-base",
                                (char *)"b.service\t/usr/bin/link",
                                (char *)"b.service\t/usr/bin/gone",
                                (char *)"a.service\t/usr/bin/gone",
                                (char *)"b.service\t/../../../../../../etc/passwd",
                                NULL};
        static const char *const expected[] = {"a.service\t/usr/bin/gone", "a.service\t/nowhere/at/all",
                                               "b.service\t/usr/bin/gone",
                                               "b.service\t/../../../../../../etc/passwd"};
        struct metadata base = {.missing_binaries = of_base}, extension = {.missing_binaries = of_extension};
        const struct metadata *layers[] = {&base, &extension};
        _cleanup_tree_ struct tree t = {};
        _cleanup_close_ int first = -EBADF, second = -EBADF;
        _cleanup_strv_ char **missing = NULL;

        tree_make(&t);
        tree_directory(&t, "base/usr/bin");
        tree_symlink(&t, "base/bin", "usr/bin");
        tree_file(&t, "base/usr/bin/in-base", "x");
        tree_file(&t, "base/usr/bin/target", "x");
        tree_file(&t, "extension/usr/bin/in-extension", "x");
        tree_file(&t, "extension/usr/bin/linked", "x");
        tree_symlink(&t, "extension/usr/bin/link", "target");
        first = open_layer(&t, "base");
        second = open_layer(&t, "extension");

        assert_int_equal(missing_in_layers(layers, (int[]){first, second}, 2, &missing), 0);
        assert_int_equal(strv_length(missing), ELEMENTSOF(expected));
        for (size_t i = 0; i < ELEMENTSOF(expected); i++)
                assert_string_equal(missing[i], expected[i]);
}

static void test_nothing(void **state)
{
        struct metadata base = {};
        const struct metadata *layers[] = {&base};
        _cleanup_strv_ char **missing = NULL;

        assert_int_equal(missing_in_layers(layers, (int[]){-1}, 1, &missing), 0);
        assert_int_equal(strv_length(missing), 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_layers),
                cmocka_unit_test(test_nothing),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
