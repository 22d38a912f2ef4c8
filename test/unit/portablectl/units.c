/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/layout.h"
#include "basic/strv.h"
#include "plan/change.h"
#include "portablectl/units.h"

static void add(struct change_list *l, enum change_type type, const char *path)
{
        assert_non_null(change_list_add(l, type, path, "/source"));
}

static void check(const struct change_list *l, bool removed, const char *expected)
{
        _cleanup_strv_ char **units = NULL;
        _cleanup_free_ char *joined = NULL;

        assert_int_equal(units_from_changes(&layout_system, l, removed, &units, NULL), 0);
        joined = strv_join(units, " ");
        assert_string_equal(joined, expected);
}

static void test_from_changes(void **state)
{
        _cleanup_changes_ struct change_list l = {};

        add(&l, CHANGE_MKDIR, "/etc/systemd/system.attached");
        add(&l, CHANGE_MKDIR, "/etc/systemd/system.attached/a.service.d");
        add(&l, CHANGE_WRITE, "/etc/systemd/system.attached/a.service.d/20-portable.conf");
        add(&l, CHANGE_COPY, "/etc/systemd/system.attached/a.service");
        add(&l, CHANGE_SYMLINK, "/etc/systemd/system.attached/b.socket");
        add(&l, CHANGE_COPY, "/etc/systemd/system.attached/a.service");
        add(&l, CHANGE_COPY, "/run/systemd/system/c@.timer");
        add(&l, CHANGE_UNLINK, "/etc/systemd/system.attached/old.service");
        add(&l, CHANGE_UNLINK, "/etc/systemd/system.attached/old.service.d");
        add(&l, CHANGE_UNLINK, "/etc/systemd/system.attached/multi-user.target.wants/old.service");
        add(&l, CHANGE_SYMLINK, "/etc/portables/odd.service"); /* an image of that name */
        check(&l, false,
              "/etc/systemd/system.attached/b.socket /run/systemd/system/c@.timer "
              "/etc/systemd/system.attached/a.service");
        check(&l, true, "/etc/systemd/system.attached/old.service");
}

static void test_no_changes(void **state)
{
        struct change_list l = {};

        check(&l, false, "");
}

/* What triggers stands before what is triggered. */
static void test_order(void **state)
{
        _cleanup_strv_ char **l = NULL;
        _cleanup_free_ char *joined = NULL;

        assert_int_equal(strv_split("a.service b.target c.timer d.path e.socket a.socket", " ", &l), 0);
        units_sort(l);
        joined = strv_join(l, " ");
        assert_string_equal(joined, "a.socket e.socket d.path c.timer b.target a.service");
        units_sort(NULL);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_from_changes),
                cmocka_unit_test(test_no_changes),
                cmocka_unit_test(test_order),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
