/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "basic/layout.h"
#include "manager/list.h"
#include "operation/offline-states.h"
#include "tree.h"

static void check(struct tree *t, const char *name, bool enabled)
{
        _cleanup_name_set_ struct name_set *s = NULL;

        assert_int_equal(offline_enabled_read(t->fd, &layout_system, &s, NULL), 0);
        assert_int_equal(name_set_contains(s, name), enabled);
}

static void test_empty_tree(void **state)
{
        check(*state, "a.service", false);
}

static void test_dependencies(void **state)
{
        struct tree *t = *state;

        tree_link(t, "/etc/systemd/system/multi-user.target.wants/a.service",
                  "/etc/systemd/system.attached/a.service");
        tree_link(t, "/run/systemd/system/x.service.requires/b.socket", "../b.socket");
        tree_link(t, "/etc/systemd/system.attached/y.target.upholds/c.timer", "../c.timer");
        tree_link(t, "/etc/systemd/system/z.target.wants/d@one.service",
                  "/etc/systemd/system.attached/d@.service");
        tree_file(t, "/etc/systemd/system/a.service.d/10.conf", "");
        check(t, "a.service", true);
        check(t, "b.socket", true);
        check(t, "c.timer", true);
        check(t, "d@one.service", true);
        check(t, "d@.service", true);
        check(t, "e.service", false);
        check(t, "10.conf", false);
}

static void test_aliases_and_masks(void **state)
{
        struct tree *t = *state;

        tree_link(t, "/etc/systemd/system/other.service", "/etc/systemd/system.attached/a.service");
        tree_link(t, "/etc/systemd/system/near.service", "b.service");
        tree_link(t, "/etc/systemd/system/masked.service", "/dev/null");
        check(t, "a.service", true);
        check(t, "b.service", true);
        check(t, "masked.service", true);
        check(t, "other.service", false);
}

/* The unit file itself as a link, as copy mode "symlink" makes it. */
static void test_a_link_into_an_image_enables_nothing(void **state)
{
        struct tree *t = *state;

        tree_link(t, "/etc/systemd/system.attached/a.service", "/image/usr/lib/systemd/system/a.service");
        tree_link(t, "/etc/systemd/system.attached/b.service", "/image/usr/lib/systemd/system/c.service");
        check(t, "a.service", false);
        check(t, "b.service", false);
        check(t, "c.service", false);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_empty_tree, tree_setup, tree_teardown),
                cmocka_unit_test_setup_teardown(test_dependencies, tree_setup, tree_teardown),
                cmocka_unit_test_setup_teardown(test_aliases_and_masks, tree_setup, tree_teardown),
                cmocka_unit_test_setup_teardown(test_a_link_into_an_image_enables_nothing, tree_setup,
                                                tree_teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
