/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "operation/tree-version.h"
#include "tree.h"

static void test_none(void **state)
{
        struct tree *t = *state;

        assert_int_equal(tree_manager_version(t->fd), 0);
        tree_file(t, "/usr/lib/systemd/libsystemd-shared-.so", "");
        tree_file(t, "/usr/lib/systemd/libsystemd-core-300.so", "");
        tree_file(t, "/usr/lib/systemd/libsystemd-shared-300", "");
        assert_int_equal(tree_manager_version(t->fd), 0);
}

static void test_plain(void **state)
{
        struct tree *t = *state;

        tree_file(t, "/usr/lib/systemd/libsystemd-shared-255.so", "");
        assert_int_equal(tree_manager_version(t->fd), 255);
}

/* Debian's directory, and Fedora's release in the name; of two the older. */
static void test_distributions(void **state)
{
        struct tree *t = *state;

        tree_file(t, "/usr/lib/aarch64-linux-gnu/systemd/libsystemd-shared-257.so", "");
        assert_int_equal(tree_manager_version(t->fd), 257);
        tree_file(t, "/usr/lib/systemd/libsystemd-shared-254.10-1.fc39.so", "");
        assert_int_equal(tree_manager_version(t->fd), 254);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_none, tree_setup, tree_teardown),
                cmocka_unit_test_setup_teardown(test_plain, tree_setup, tree_teardown),
                cmocka_unit_test_setup_teardown(test_distributions, tree_setup, tree_teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
