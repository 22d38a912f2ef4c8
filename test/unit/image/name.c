/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "../test.h"

#include <errno.h>

#include "basic/layout.h"
#include "image/image.h"

static void check_name(const char *path, const char *expected)
{
        char *name = image_name_from_path(path);

        assert_string_equal(name, expected);
        free(name);
}

static void test_name_from_path(void **state)
{
        check_name("/x/minimal_1.raw", "minimal_1");
        check_name("/x/minimal_1", "minimal_1");
        check_name("minimal_1.v", "minimal_1");
        check_name("/x/minimal_1.raw.v", "minimal_1");
        check_name("/x/minimal_1.raw.v/minimal_1_2.raw", "minimal_1_2");
        check_name("/x/a.v.raw", "a.v");
        check_name("/x/.raw", ".raw");
        check_name("/x/.v", ".v");
        check_name("/x/.raw.v", ".raw");
        check_name("/dev/loop3", "loop3");
}

static void test_search_path(void **state)
{
        assert_true(layout_has_image(&layout_system, "/var/lib/portables/a"));
        assert_true(layout_has_image(&layout_system, "/etc/portables/a.raw"));
        assert_true(layout_has_image(&layout_system, "/usr/local/lib/portables/a.v"));
        assert_false(layout_has_image(&layout_system, "/var/lib/portables"));
        assert_false(layout_has_image(&layout_system, "/var/lib/portables/"));
        assert_false(layout_has_image(&layout_system, "/var/lib/portables/a.v/a_1"));
        assert_false(layout_has_image(&layout_system, "/var/lib/portables2/a"));
        assert_false(layout_has_image(&layout_system, "/opt/a"));
        assert_false(layout_has_image(&layout_system, "a"));
}

static void test_types(void **state)
{
        assert_string_equal(image_type_to_string(IMAGE_SUBVOLUME), "subvolume");
        assert_null(image_type_to_string(IMAGE_TYPE_MAX));
        assert_null(image_type_to_string((enum image_type) - 1));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_name_from_path),
                cmocka_unit_test(test_search_path),
                cmocka_unit_test(test_types),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
