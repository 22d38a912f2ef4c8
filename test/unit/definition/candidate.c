/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tree.h"

#include "basic/cleanup.h"
#include "basic/layout.h"
#include "definition/candidate.h"
#include "image/image.h"

static char *found(struct tree *t, const char *name, const char *versions)
{
        _cleanup_image_list_ struct image_list images = {};
        _cleanup_candidates_ struct image_candidates c = {};
        struct version_range range = {};
        char *all = strdup("");

        assert_int_equal(version_range_parse(versions, &range, NULL), 0);
        assert_int_equal(image_list_read(t->fd, &layout_system, &images, NULL), 0);
        assert_int_equal(image_candidates_find(t->fd, &images, name, &range, &c, NULL), 0);
        for (size_t i = 0; i < c.n; i++) {
                char *longer;

                assert_true(asprintf(&longer, "%s%s%s", all, *all ? " " : "", c.items[i].name) >= 0);
                free(all);
                all = longer;
        }
        version_range_clear(&range);
        return all;
}

static void check(struct tree *t, const char *name, const char *versions, const char *expected)
{
        _cleanup_free_ char *all = found(t, name, versions);

        assert_string_equal(all, expected);
}

static void test_by_name(void **state)
{
        struct tree *t = *state;

        tree_dir(t, "/var/lib/portables/web_1");
        tree_dir(t, "/var/lib/portables/web_10");
        tree_dir(t, "/usr/lib/portables/web_2");
        tree_dir(t, "/var/lib/portables/web_admin");
        tree_dir(t, "/var/lib/portables/web_admin_3");
        tree_dir(t, "/var/lib/portables/webs_4");
        tree_dir(t, "/var/lib/portables/db");
        tree_dir(t, "/var/lib/portables/db_1");
        check(t, "web", "", "web_10 web_2 web_1");
        check(t, "web", ">1 <10", "web_2");
        check(t, "web", "1*", "web_10 web_1");
        check(t, "web_1", "", "web_1");
        check(t, "web_admin", "", "web_admin");
        check(t, "db", "", "db");
        check(t, "db", ">0", "db_1");
        check(t, "none", "", "");
}

static void test_versioned_directory(void **state)
{
        struct tree *t = *state;

        tree_file(t, "/var/lib/portables/web.raw.v/web_1.raw", "x");
        tree_file(t, "/var/lib/portables/web.raw.v/web_3+0-3.raw", "x");
        tree_file(t, "/var/lib/portables/web.raw.v/web_2+3-0.raw", "x");
        tree_file(t, "/var/lib/portables/web.raw.v/other_9.raw", "x");
        check(t, "web", "", "web_2+3-0 web_1 web_3+0-3");
        check(t, "web", "<2", "web_1");
}

static void test_by_path(void **state)
{
        struct tree *t = *state;

        tree_dir(t, "/srv/web_5");
        tree_link(t, "/srv/current", "web_5");
        check(t, "/srv/current", "", "web_5");
        check(t, "/srv/none", "", "");
}

static void test_choose(void **state)
{
        struct image_candidate items[] = {{(char *)"a_3", (char *)"a_3", (char *)"3"},
                                          {(char *)"a_2", (char *)"a_2", (char *)"2"}};
        const struct image_candidates c = {items, 2}, none = {};

        assert_ptr_equal(image_candidates_choose(&c, NULL), items);
        assert_ptr_equal(image_candidates_choose(&c, "a_2"), items + 1);
        assert_ptr_equal(image_candidates_choose(&c, "a_1"), items);
        assert_null(image_candidates_choose(&none, "a_1"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_by_name, tree_setup, tree_teardown),
                cmocka_unit_test_setup_teardown(test_versioned_directory, tree_setup, tree_teardown),
                cmocka_unit_test_setup_teardown(test_by_path, tree_setup, tree_teardown),
                cmocka_unit_test(test_choose),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
