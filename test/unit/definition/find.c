/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include "attached/index.h"
#include "definition/definition.h"
#include "definition/find.h"

static char *web[] = {(char *)"web_1", NULL}, *db[] = {(char *)"db_1", NULL};
static struct attached_unit units[] = {
        {.name = (char *)"a.service", .names = db, .definition = (char *)"site"},
        {.name = (char *)"b.service", .names = web},
        {.name = (char *)"c.service", .names = web, .definition = (char *)"other"},
};
static const struct attached_index attached = {.units = units, .n_units = 3};

static enum definition_owner find(const char *name, const char *image, const struct attached_unit **ret)
{
        const struct definition d = {.name = (char *)name, .image = (char *)image};

        return definition_find_attached(&attached, &d, ret);
}

static void test_owner(void **state)
{
        const struct attached_unit *u;

        assert_int_equal(find("site", "web", &u), OWNER_OWN);
        assert_ptr_equal(u, units);
        assert_int_equal(find("new", "web", &u), OWNER_UNMARKED);
        assert_ptr_equal(u, units + 1);
        assert_int_equal(find("new", "/srv/web_7", &u), OWNER_UNMARKED);
        assert_int_equal(find("new", "db", &u), OWNER_NOBODY);
        assert_null(u);
        assert_int_equal(find("other", "none", &u), OWNER_OWN);
}

static void test_orphans(void **state)
{
        struct definition items[] = {{.name = (char *)"site"}, {.name = (char *)"other", .masked = true}};
        const struct definition_list l = {items, 2};

        assert_false(definition_is_orphan(&l, units));
        assert_false(definition_is_orphan(&l, units + 1));
        assert_true(definition_is_orphan(&l, units + 2));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_owner),
                cmocka_unit_test(test_orphans),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
