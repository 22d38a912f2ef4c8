/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include "basic/cleanup.h"
#include "basic/path.h"
#include "plan/kind.h"

/* Whoever adds a kind or a form fills its row. */
static void test_rows(void **state)
{
        for (enum image_type type = 0; type < IMAGE_TYPE_MAX; type++) {
                const struct image_kind *kind = image_kind(type);

                assert_non_null(kind->name);
                assert_string_equal(image_type_to_string(type), kind->name);
                assert_true(kind->root < ROOT_SETTING_MAX);
                assert_true(kind->form < ENTRY_FORM_MAX && !entry_forms[kind->form].versioned);
                assert_true(!kind->extension || kind->extension_feature < FEATURE_MAX);
        }
        assert_null(image_kind(IMAGE_TYPE_MAX));
        assert_null(image_type_to_string(IMAGE_TYPE_MAX));
        for (enum root_setting s = 0; s < ROOT_SETTING_MAX; s++)
                assert_non_null(root_settings[s].name);
        for (enum entry_form form = 0; form < ENTRY_FORM_MAX; form++) {
                const struct entry_form_row *row = entry_forms + form;

                assert_true(strlen(row->suffix) < ENTRY_SUFFIX_SIZE);
                assert_true(string_starts_with(row->suffix, row->kind));
                assert_string_equal(row->suffix + strlen(row->kind), row->versioned ? ".v" : "");
        }
}

static void test_forms(void **state)
{
        static const struct {
                const char *file;
                enum entry_form form;
                bool files;
        } table[] = {
                {"a", ENTRY_FORM_PLAIN, false},          {"a.raw", ENTRY_FORM_RAW, true},
                {"a.v", ENTRY_FORM_VERSIONED, false},    {"a.raw.v", ENTRY_FORM_VERSIONED_RAW, false},
                {".raw", ENTRY_FORM_PLAIN, true},        {".v", ENTRY_FORM_PLAIN, false},
                {".raw.v", ENTRY_FORM_VERSIONED, false}, {"a.v.raw", ENTRY_FORM_RAW, true},
                {"a.rawx", ENTRY_FORM_PLAIN, false},     {"", ENTRY_FORM_PLAIN, false},
                {"a.mstack", ENTRY_FORM_MSTACK, false},  {"a.mstack.v", ENTRY_FORM_VERSIONED_MSTACK, false},
                {".mstack", ENTRY_FORM_PLAIN, false},    {"a.mstack.raw", ENTRY_FORM_RAW, true},
        };

        for (size_t i = 0; i < ELEMENTSOF(table); i++) {
                assert_int_equal(entry_form_of(table[i].file), table[i].form);
                assert_int_equal(entry_form_has_files(table[i].file), table[i].files);
        }
}

static void test_names(void **state)
{
        static const char *const table[][2] = {
                {"/var/lib/portables/app_1.raw", "app_1"},
                {"/var/lib/portables/app_1", "app_1"},
                {"/x/app.raw.v/app_2.raw", "app_2"},
                {"/x/app.raw.v", "app"},
                {"/x/app.v", "app"},
                {"/x/.raw.v", ".raw"},
                {"/x/.v", ".v"},
                {"/x/a.raw.raw", "a.raw"},
                {"/x/a_1.mstack", "a_1"},
                {"/x/a.mstack.v/a_2.mstack", "a_2"},
                {"/x/a.mstack.v", "a"},
                {"a", "a"},
        };

        for (size_t i = 0; i < ELEMENTSOF(table); i++) {
                _cleanup_free_ char *name = image_name_from_path(table[i][0]);

                assert_string_equal(name, table[i][1]);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_rows),
                cmocka_unit_test(test_forms),
                cmocka_unit_test(test_names),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
