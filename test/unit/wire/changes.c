/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include "basic/cleanup.h"
#include "manager/bus.h"
#include "wire/changes.h"

static sd_bus_message *new_message(sd_bus *bus)
{
        sd_bus_message *m = NULL;

        assert_true(sd_bus_message_new_signal(bus, &m, "/a", "a.b", "C") >= 0);
        return m;
}

static void seal(sd_bus_message *m)
{
        assert_true(sd_bus_message_seal(m, 1, 0) >= 0);
        assert_true(sd_bus_message_rewind(m, true) >= 0);
}

static void test_read(void **state)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = new_message(*state);
        _cleanup_changes_ struct change_list to = {};

        assert_true(sd_bus_message_append(m, "a(sss)", 4, "mkdir", "/a", "", "symlink", "/b", "/c", "copy",
                                          "/d", "/e", "unlink", "/f", "") >= 0);
        seal(m);
        assert_int_equal(changes_read(m, &to), 0);
        assert_int_equal(to.n, 4);
        assert_int_equal(to.items[0].type, CHANGE_MKDIR);
        assert_null(to.items[0].source);
        assert_int_equal(to.items[1].type, CHANGE_SYMLINK);
        assert_string_equal(to.items[1].path, "/b");
        assert_string_equal(to.items[1].source, "/c");
        assert_int_equal(to.items[3].type, CHANGE_UNLINK);
}

static void test_unknown_type(void **state)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = new_message(*state);
        _cleanup_changes_ struct change_list l = {};

        assert_true(sd_bus_message_append(m, "a(sss)", 1, "teleport", "/x", "") >= 0);
        seal(m);
        assert_int_equal(changes_read(m, &l), 0);
        assert_int_equal(l.n, 1);
        assert_int_equal(l.items[0].type, CHANGE_TYPE_MAX);
        assert_string_equal(l.items[0].path, "/x");
}

static void test_other_content(void **state)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = new_message(*state);
        _cleanup_changes_ struct change_list l = {};

        assert_true(sd_bus_message_append(m, "s", "hello") >= 0);
        seal(m);
        assert_true(changes_read(m, &l) < 0);
        assert_int_equal(l.n, 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_read),
                cmocka_unit_test(test_unknown_type),
                cmocka_unit_test(test_other_content),
        };

        return cmocka_run_group_tests(tests, test_bus_setup, test_bus_teardown);
}
