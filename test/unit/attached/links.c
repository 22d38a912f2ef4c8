/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "attached/links.h"

#include "tree.h"
#include "attached/index.h"
#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/layout.h"

#define DIRECTORY "/etc/systemd/system.attached"

static const struct attached_link *find(const struct attached_links *l, const char *path)
{
        for (size_t i = 0; i < l->n; i++)
                if (strcmp(l->items[i].path, path) == 0)
                        return &l->items[i];
        return NULL;
}

static bool is_of(const struct attached_links *l, const char *path, const char *unit)
{
        const struct attached_link *link = find(l, path);

        assert_non_null(link);
        return attached_link_is_of(link, DIRECTORY, unit);
}

static void test_links(void **state)
{
        _cleanup_attached_links_ struct attached_links l = {};
        struct tree *t = *state;

        tree_file(t, DIRECTORY "/a.service", "");
        tree_link(t, DIRECTORY "/linked.service", "/images/app/usr/lib/systemd/system/linked.service");
        tree_link(t, DIRECTORY "/alias.service", "a.service");
        tree_link(t, DIRECTORY "/x.target.wants/a.service", DIRECTORY "/a.service");
        tree_link(t, DIRECTORY "/x.target.wants/b@one.service", DIRECTORY "/b@.service");
        tree_file(t, DIRECTORY "/x.target.wants/file.service", "");
        tree_link(t, "/run/systemd/system.attached/y.target.upholds/a.service", "/nowhere");
        tree_link(t, "/etc/systemd/system/x.target.wants/a.service", "/nowhere");
        assert_int_equal(attached_links_read(t->fd, &layout_system, &l, NULL), 0);
        assert_int_equal(l.n, 4);
        assert_int_equal(l.n_parents, 2);
        assert_true(is_of(&l, DIRECTORY "/alias.service", "a.service"));
        assert_false(is_of(&l, DIRECTORY "/alias.service", "alias.service"));
        assert_true(is_of(&l, DIRECTORY "/x.target.wants/a.service", "a.service"));
        assert_false(is_of(&l, DIRECTORY "/x.target.wants/a.service", "aa.service"));
        assert_true(is_of(&l, DIRECTORY "/x.target.wants/b@one.service", "b@.service"));
        assert_true(is_of(&l, DIRECTORY "/x.target.wants/b@one.service", "b@one.service"));
        assert_false(is_of(&l, DIRECTORY "/x.target.wants/b@one.service", "b@two.service"));
        assert_false(is_of(&l, "/run/systemd/system.attached/y.target.upholds/a.service", "a.service"));
        for (size_t i = 0; i < l.n_parents; i++)
                if (strcmp(l.parents[i].path, DIRECTORY "/x.target.wants") == 0)
                        assert_int_equal(l.parents[i].n_entries, 3);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_links, tree_setup, tree_teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
