/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "attached/install.h"

#include <stdio.h>

#include "tree.h"
#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/layout.h"

#define ATTACHED "/etc/systemd/system.attached/"
#define PLAIN    "[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n"

static const char *const unit_path[] = {
        "/run/systemd/transient",       "/etc/systemd/system",
        "/etc/systemd/system.attached", "/run/systemd/system",
        "/run/systemd/system.attached", "/usr/lib/systemd/system",
        "/run/systemd/nonexistent",     NULL,
};

static void add(struct tree *t, const char *directory, const char *name, const char *text)
{
        char path[256];

        snprintf(path, sizeof(path), "%s%s.d/20-portable.conf", directory, name);
        tree_file(t, path, "# Drop-in created for image '/var/lib/portables/x', do not edit.\n");
        snprintf(path, sizeof(path), "%s%s", directory, name);
        if (text)
                tree_file(t, path, text);
}

/* The verdict on the one unit of that name. */
static enum install_verdict verdict(struct tree *t, const char *name)
{
        _cleanup_attached_index_ struct attached_index index = {};
        _cleanup_free_ enum install_verdict *verdicts = NULL;
        _cleanup_error_ struct error error = {};

        assert_int_equal(attached_index_read(t->fd, &layout_system, &index, &error), 0);
        for (size_t i = 0; i < index.n_units; i++)
                if (strcmp(index.units[i].name, name) == 0) {
                        assert_int_equal(attached_install_read(t->fd, (char *const *)unit_path, &index, &i,
                                                               1, &verdicts),
                                         0);
                        return verdicts[0];
                }
        fail();
        return INSTALL_ASK;
}

static void test_plain(void **state)
{
        struct tree *t = *state;

        add(t, ATTACHED, "a.service", PLAIN);
        add(t, ATTACHED, "b.service", PLAIN);
        add(t, ATTACHED, "c@.service", PLAIN);
        add(t, ATTACHED, "gone.service", NULL);
        tree_link(t, "/etc/systemd/system/multi-user.target.wants/b.service", ATTACHED "b.service");
        assert_int_equal(verdict(t, "a.service"), INSTALL_NOT_ENABLED);
        assert_int_equal(verdict(t, "b.service"), INSTALL_ENABLED);
        assert_int_equal(verdict(t, "c@.service"), INSTALL_NOT_ENABLED);
        assert_int_equal(verdict(t, "gone.service"), INSTALL_NOT_ENABLED);
}

static void test_all_at_once(void **state)
{
        _cleanup_attached_index_ struct attached_index index = {};
        _cleanup_free_ enum install_verdict *verdicts = NULL;
        _cleanup_error_ struct error error = {};
        const size_t units[] = {1, 2, 0};
        struct tree *t = *state;

        add(t, ATTACHED, "a.service", PLAIN);
        add(t, ATTACHED, "b.service", "[Install]\nAlso=a.service\n");
        add(t, "/run/systemd/system.attached/", "c.service", PLAIN);
        tree_link(t, "/run/systemd/system/x.target.requires/c.service", "c.service");
        assert_int_equal(attached_index_read(t->fd, &layout_system, &index, &error), 0);
        assert_int_equal(attached_install_read(t->fd, (char *const *)unit_path, &index, units, 3, &verdicts),
                         0);
        assert_int_equal(verdicts[0], INSTALL_ASK);
        assert_int_equal(verdicts[1], INSTALL_ENABLED);
        assert_int_equal(verdicts[2], INSTALL_NOT_ENABLED);
}

/* Whatever else there is of a unit's name makes it a question for the manager. */
static void test_ask(void **state)
{
        static const struct {
                const char *name, *path, *target; /* no target: a file */
        } cases[] = {
                {"mask.service", "/etc/systemd/system/mask.service", "/dev/null"},
                {"shadow.service", "/etc/systemd/system/shadow.service", NULL},
                {"lower.service", "/usr/lib/systemd/system/lower.service", NULL},
                {"alias.service", "/etc/systemd/system/other.service", ATTACHED "alias.service"},
                {"dropin.service", "/run/systemd/system/dropin.service.d/x.conf", NULL},
                {"upholds.service", "/etc/systemd/system/a.target.upholds/upholds.service", "/x"},
                {"vendor.service", "/usr/lib/systemd/system/a.target.wants/vendor.service", "/x"},
                {"file.service", "/etc/systemd/system/a.target.wants/file.service", NULL},
                {"t@.service", "/etc/systemd/system/a.target.wants/t@.service", "/x"},
                {"i@.service", "/etc/systemd/system/a.target.wants/i@one.service", "/x"},
                {"both.service", "/run/systemd/system.attached/both.service.d/20-portable.conf", NULL},
                {"gone.service", "/usr/lib/systemd/system/gone.service", NULL},
        };
        struct tree *t = *state;

        for (size_t i = 0; i < ELEMENTSOF(cases); i++)
                add(t, ATTACHED, cases[i].name, strcmp(cases[i].name, "gone.service") == 0 ? NULL : PLAIN);
        for (size_t i = 0; i < ELEMENTSOF(cases); i++)
                if (cases[i].target)
                        tree_link(t, cases[i].path, cases[i].target);
                else
                        tree_file(t, cases[i].path, PLAIN);
        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                print_message("%s\n", cases[i].name);
                assert_int_equal(verdict(t, cases[i].name), INSTALL_ASK);
        }
}

/* The manager starts what links beside the units enable, though it does not count them. */
static void test_own_links(void **state)
{
        struct tree *t = *state;

        add(t, ATTACHED, "a.service", "[Install]\nAlso=b.service\n");
        add(t, ATTACHED, "b.service", PLAIN);
        add(t, ATTACHED, "c@.service", PLAIN);
        add(t, ATTACHED, "d.service", PLAIN);
        add(t, ATTACHED, "gone.service", NULL);
        tree_link(t, ATTACHED "x.target.wants/a.service", ATTACHED "a.service");
        tree_link(t, ATTACHED "x.target.upholds/gone.service", ATTACHED "gone.service");
        tree_link(t, ATTACHED "x.target.requires/c@one.service", ATTACHED "c@.service");
        tree_link(t, ATTACHED "alias.service", ATTACHED "b.service");
        tree_file(t, ATTACHED "x.target.wants/d.service", "");
        assert_int_equal(verdict(t, "a.service"), INSTALL_ENABLED);
        assert_int_equal(verdict(t, "b.service"), INSTALL_ENABLED);
        assert_int_equal(verdict(t, "c@.service"), INSTALL_ENABLED);
        assert_int_equal(verdict(t, "d.service"), INSTALL_ASK);
        assert_int_equal(verdict(t, "gone.service"), INSTALL_ASK);
}

/* A link that would enable the unit does not hide what makes it a question. */
static void test_ask_although_linked(void **state)
{
        struct tree *t = *state;

        add(t, ATTACHED, "a.service", PLAIN);
        tree_link(t, "/etc/systemd/system/a.target.wants/a.service", ATTACHED "a.service");
        tree_link(t, "/run/systemd/system/a.service", "/dev/null");
        assert_int_equal(verdict(t, "a.service"), INSTALL_ASK);
}

static void test_linked_units(void **state)
{
        struct tree *t = *state;

        add(t, ATTACHED, "a.service", NULL);
        add(t, ATTACHED, "b.service", NULL);
        add(t, ATTACHED, "c.service", NULL);
        tree_file(t, "/image/a.service", PLAIN);
        tree_file(t, "/image/b.service", "[Install]\nAlso=a.service\n");
        tree_link(t, ATTACHED "a.service", "/image/a.service");
        tree_link(t, ATTACHED "b.service", "/image/b.service");
        tree_link(t, ATTACHED "c.service", "/image/a.service");
        assert_int_equal(verdict(t, "a.service"), INSTALL_ASK); /* c.service is another name of its file's */
        assert_int_equal(verdict(t, "b.service"), INSTALL_ASK);
        assert_int_equal(verdict(t, "c.service"), INSTALL_ASK);
        tree_link(t, ATTACHED "d.service", "/image/d.service");
        add(t, ATTACHED, "d.service", NULL);
        tree_file(t, "/image/d.service", PLAIN);
        assert_int_equal(verdict(t, "d.service"), INSTALL_NOT_ENABLED);
}

static bool plain(const char *text)
{
        return unit_text_is_plain(text, strlen(text));
}

static void test_text(void **state)
{
        assert_true(plain(PLAIN));
        assert_true(plain("[Service]\nExecStart"));
        assert_true(plain("  [Service] \t\n# [comment\n\nX=[\n"));
        assert_true(plain("[Unit]\nDescription=\xc3\xa4\n"));
        assert_false(plain(""));
        assert_false(plain("[Service\nX=1\n"));
        assert_false(plain("[Service]\nX=1\n  [Install"));
        assert_false(plain("[Service] x\n"));
        assert_false(plain("[Install]\nAlso=b.service\n"));
        assert_false(plain("[Install]\n  Also = b.service\n"));
        assert_true(plain("[Unit]\rX=1\r"));
        assert_false(plain("[Install]\rAlso=b.service\r"));
        assert_true(plain("[Unit]\nDescription=Also\n"));
        assert_true(plain("[Service]\nAlso=b.service\n"));
        assert_false(plain("[Install]\nAl\\\nso=b.service\n[]\n"));
        assert_false(plain("[Unit]\nX=\xff\n"));
        assert_true(unit_text_is_plain("[Unit]\0\n", 8));
        assert_false(unit_text_is_plain("[Install]\0Also=b.service", 23));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_plain, tree_setup, tree_teardown),
                cmocka_unit_test_setup_teardown(test_all_at_once, tree_setup, tree_teardown),
                cmocka_unit_test_setup_teardown(test_ask, tree_setup, tree_teardown),
                cmocka_unit_test_setup_teardown(test_own_links, tree_setup, tree_teardown),
                cmocka_unit_test_setup_teardown(test_ask_although_linked, tree_setup, tree_teardown),
                cmocka_unit_test_setup_teardown(test_linked_units, tree_setup, tree_teardown),
                cmocka_unit_test(test_text),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
