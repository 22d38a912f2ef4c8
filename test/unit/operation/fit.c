/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include "basic/error.h"
#include "extract/release.h"
#include "operation/fit.h"
#include "operation/layers.h"

struct case_ {
        const char *base, *extension;
        const char *complaint; /* NULL: fits */
};

static void fill(struct layer *l, struct image *image, struct metadata *m, const char *release)
{
        *m = (struct metadata){.release_path = (char *)"/usr/lib/os-release", .sysext = true};
        assert_int_equal(release_parse(release, strlen(release), &m->fields, &m->n_fields), 0);
        *l = (struct layer){.image = image, .metadata = m};
}

static void test_table(void **state)
{
        static const struct case_ table[] = {
                {"ID=a\nVERSION_ID=1\n", "ID=a\nVERSION_ID=1\n", NULL},
                {"ID=a\nVERSION_ID=1\n", "ID=_any\n", NULL},
                {"ID=a\nVERSION_ID=1\n", "ID=b\nVERSION_ID=1\n", "ID=b"},
                {"ID=a\nVERSION_ID=1\n", "ID=a\nVERSION_ID=2\n", "VERSION_ID=2"},
                {"ID=a\nVERSION_ID=1\n", "ID=a\n", "it is for ID=a, the image has ID=a VERSION_ID=1"},
                {"ID=a\n", "ID=a\nVERSION_ID=2\n", NULL},
                {"ID=a\nVERSION_ID=1\nSYSEXT_LEVEL=5\n", "ID=a\nSYSEXT_LEVEL=5\n", NULL},
                {"ID=a\nVERSION_ID=1\nSYSEXT_LEVEL=5\n", "ID=a\nVERSION_ID=1\nSYSEXT_LEVEL=6\n",
                 "SYSEXT_LEVEL=6"},
                {"ID=a\nVERSION_ID=1\n", "ID=a\nVERSION_ID=1\nSYSEXT_LEVEL=6\n", NULL},
                {"ID=a\nID_LIKE=\"c b\"\nVERSION_ID=1\n", "ID=b\nVERSION_ID=1\n", NULL},
                {"ID=a\nID_LIKE=b\n", "ID=b\n", NULL},
                {"ID=a\nID_LIKE=b\nVERSION_ID=1\n", "ID=b\nVERSION_ID=9\n", "VERSION_ID=9"},
                {"ID=a\nVERSION_ID=1\n", "ID=a\nVERSION_ID=1\nSYSEXT_SCOPE=system\n", "SYSEXT_SCOPE=system"},
                {"ID=a\nVERSION_ID=1\n", "ID=a\nVERSION_ID=1\nSYSEXT_SCOPE=\"system portable\"\n", NULL},
                {"ID=a\nVERSION_ID=1\n", "ID=a\nVERSION_ID=1\nARCHITECTURE=vax\n", "ARCHITECTURE=vax"},
                {"ID=a\nVERSION_ID=1\n", "ID=a\nVERSION_ID=1\nARCHITECTURE=_any\n", NULL},
                {"ID=a\nVERSION_ID=1\n", "VERSION_ID=1\n", "no ID="},
        };
        struct image base_image = {.path = (char *)"/p/base"}, extension_image = {.path = (char *)"/p/ext"};

        for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
                _cleanup_error_ struct error error = {};
                struct metadata base_metadata, extension_metadata;
                struct layer base, extension;
                int r;

                fill(&base, &base_image, &base_metadata, table[i].base);
                fill(&extension, &extension_image, &extension_metadata, table[i].extension);
                r = extension_check_fit(&base, &extension, &error);
                if (table[i].complaint) {
                        assert_true(r < 0);
                        assert_non_null(strstr(error_message(&error), table[i].complaint));
                        assert_non_null(strstr(error_message(&error), "/p/ext"));
                } else
                        assert_int_equal(r, 0);
                release_fields_free(base_metadata.fields, base_metadata.n_fields);
                release_fields_free(extension_metadata.fields, extension_metadata.n_fields);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {cmocka_unit_test(test_table)};

        return cmocka_run_group_tests(tests, NULL, NULL);
}
