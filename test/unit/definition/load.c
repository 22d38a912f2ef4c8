/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tree.h"

#include "basic/cleanup.h"
#include "basic/layout.h"
#include "definition/load.h"

#define ETC   "/etc/systemd/portable/"
#define LOCAL "/usr/local/lib/systemd/portable/"
#define USR   "/usr/lib/systemd/portable/"

static void load(struct tree *t, struct definition_list *ret)
{
        assert_int_equal(definitions_load(t->fd, &layout_system, ret, NULL), 0);
}

static void test_nothing_there(void **state)
{
        _cleanup_definitions_ struct definition_list l = {};

        load(*state, &l);
        assert_int_equal(l.n, 0);
}

static void test_the_first_directory_wins(void **state)
{
        struct tree *t = *state;
        _cleanup_definitions_ struct definition_list l = {};

        tree_file(t, USR "b.portable", "[Portable]\nImage=vendor\n");
        tree_file(t, ETC "b.portable", "[Portable]\nImage=own\n");
        tree_file(t, LOCAL "a.portable", "[Portable]\nImage=a\n");
        tree_file(t, ETC ".c.portable", "[Portable]\nImage=c\n");
        tree_file(t, ETC "d.portable~", "[Portable]\nImage=d\n");
        tree_dir(t, ETC "e.portable");
        tree_dir(t, ETC "profile");
        load(t, &l);
        assert_int_equal(l.n, 2);
        assert_string_equal(l.items[0].name, "a");
        assert_string_equal(l.items[1].image, "own");
        assert_string_equal(l.items[1].path, ETC "b.portable");
}

static void test_masked(void **state)
{
        struct tree *t = *state;
        _cleanup_definitions_ struct definition_list l = {};

        tree_file(t, USR "a.portable", "[Portable]\nImage=a\n");
        tree_link(t, ETC "a.portable", "/dev/null");
        tree_file(t, USR "b.portable", "[Portable]\nImage=b\n");
        tree_file(t, ETC "b.portable", "");
        tree_link(t, ETC "c.portable", "/nowhere");
        load(t, &l);
        assert_int_equal(l.n, 3);
        assert_true(l.items[0].masked);
        assert_true(l.items[1].masked);
        assert_false(l.items[2].masked);
        assert_true(error_is_set(&l.items[2].error));
}

static void test_dropins(void **state)
{
        struct tree *t = *state;
        _cleanup_definitions_ struct definition_list l = {};

        tree_file(t, USR "a.portable", "[Portable]\nImage=a\nProfile=one\n");
        tree_file(t, USR "a.portable.d/20.conf", "[Portable]\nProfile=two\n");
        tree_file(t, ETC "a.portable.d/10.conf", "[Portable]\nProfile=three\nCopy=copy\n");
        tree_file(t, USR "a.portable.d/10.conf", "[Portable]\nCopy=symlink\nRuntime=yes\n");
        tree_link(t, ETC "a.portable.d/30.conf", "/dev/null");
        tree_file(t, USR "a.portable.d/30.conf", "[Portable]\nProfile=four\n");
        tree_file(t, ETC "a.portable.d/40.txt", "[Portable]\nProfile=five\n");
        load(t, &l);
        assert_string_equal(l.items[0].profile, "two");
        assert_string_equal(l.items[0].copy_mode, "copy");
        assert_false(l.items[0].runtime);
}

/* Nothing but a file is read, however it came there; and of no other definition that is the fault. */
static void test_what_is_not_a_definition(void **state)
{
        struct tree *t = *state;
        _cleanup_definitions_ struct definition_list l = {};

        tree_file(t, ETC "a b.portable", "[Portable]\nImage=a\n");
        tree_file(t, ETC "c.portable", "[Portable]\nImage=c\n");
        tree_dir(t, "/srv/directory");
        tree_link(t, ETC "d.portable", "/srv/directory");
        load(t, &l);
        assert_int_equal(l.n, 3);
        assert_true(error_is_set(&l.items[0].error));
        assert_false(error_is_set(&l.items[1].error));
        assert_true(error_is_set(&l.items[2].error));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_nothing_there, tree_setup, tree_teardown),
                cmocka_unit_test_setup_teardown(test_the_first_directory_wins, tree_setup, tree_teardown),
                cmocka_unit_test_setup_teardown(test_masked, tree_setup, tree_teardown),
                cmocka_unit_test_setup_teardown(test_dropins, tree_setup, tree_teardown),
                cmocka_unit_test_setup_teardown(test_what_is_not_a_definition, tree_setup, tree_teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
