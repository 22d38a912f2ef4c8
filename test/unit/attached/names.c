/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include "attached/names.h"
#include "plan/kind.h"

static void test_from_path(void **state)
{
        static const char *const table[][2] = {
                {"/var/lib/portables/app_1.raw", "app_1"},
                {"/var/lib/portables/app_1", "app_1"},
                {"/x/app.raw.v/app_2.raw", "app_2"},
                {"/x/app.v", "app"},
                {"/x/app.raw.v", "app"},
                {"app", "app"},
                {".raw", ".raw"},
        };

        for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
                char *name = image_name_from_path(table[i][0]);

                assert_string_equal(name, table[i][1]);
                free(name);
        }
}

static void test_stems(void **state)
{
        assert_true(attached_names_share_stem("app_1", "app_2"));
        assert_true(attached_names_share_stem("app", "app_2"));
        assert_true(attached_names_share_stem("app_", "app"));
        assert_false(attached_names_share_stem("app_1", "apple_1"));
        assert_false(attached_names_share_stem("ap", "app_1"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {cmocka_unit_test(test_from_path), cmocka_unit_test(test_stems)};

        return cmocka_run_group_tests(tests, NULL, NULL);
}
