/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tree.h"

#include <errno.h>
#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "basic/layout.h"
#include "basic/strv.h"
#include "operation/profile.h"

static void test_search(void **state)
{
        _cleanup_profile_ struct profile p = {};
        _cleanup_error_ struct error error = {};
        _cleanup_strv_ char **names = NULL;
        struct tree *t = *state;
        struct profile none;
        int root = t->fd;

        tree_file(t, "/usr/lib/systemd/portable/profile/default/service.conf", "vendor");
        tree_file(t, "/usr/lib/systemd/portable/profile/default/socket.conf", "socket");
        tree_file(t, "/etc/systemd/portable/profile/default/service.conf", "admin");
        tree_file(t, "/run/systemd/portable/profile/empty/nothing", "");

        assert_int_equal(profile_read(root, &layout_system, "", &p, &error), 0);
        assert_int_equal(p.n, 2);
        assert_string_equal(p.parts[0].suffix, "service");
        assert_string_equal(p.parts[0].path, "/etc/systemd/portable/profile/default/service.conf");
        assert_string_equal(p.parts[0].content, "admin");
        assert_string_equal(p.parts[1].path, "/usr/lib/systemd/portable/profile/default/socket.conf");

        assert_int_equal(profile_list(root, &layout_system, &names, &error), 0);
        assert_int_equal(strv_length(names), 2);

        assert_int_equal(profile_read(root, &layout_system, "nosuch", &none, &error), -EINVAL);
        assert_int_equal(error.kind, ERROR_INVALID_ARGS);
        assert_non_null(strstr(error_message(&error), "default, empty"));
        error_clear(&error);
        assert_int_equal(profile_read(root, &layout_system, "../default", &none, &error), -EINVAL);
        error_clear(&error);
        assert_int_equal(profile_read(root, &layout_system, "empty", &none, &error), -EINVAL);
        error_clear(&error);

        /* It is there, and not what it seems. */
        tree_link(t, "/etc/systemd/portable/profile/outside/service.conf", "/nowhere/service.conf");
        assert_int_equal(profile_read(root, &layout_system, "outside", &none, &error), -EINVAL);
        assert_non_null(
                strstr(error_message(&error), "Profile 'outside' has no file that can be read here"));
}

static void check_path(struct tree *t, const char *path, const char *message)
{
        _cleanup_error_ struct error error = {};
        _cleanup_profile_ struct profile p = {};
        int r = profile_read(t->fd, &layout_system, path, &p, &error);

        if (message) {
                assert_true(r < 0);
                assert_int_equal(error.kind, ERROR_INVALID_ARGS);
                assert_non_null(strstr(error_message(&error), message));
                return;
        }
        assert_int_equal(r, 0);
        assert_int_equal(p.n, 1);
        assert_string_equal(p.parts[0].suffix, "service");
        assert_string_equal(p.parts[0].path, path);
        assert_string_equal(p.parts[0].content, "own");
}

static void test_path(void **state)
{
        struct tree *t = *state;

        tree_file(t, "/opt/own.conf", "own");
        tree_file(t, "/opt/own", "own");
        tree_dir(t, "/opt/directory.conf");
        tree_link(t, "/opt/link.conf", "/opt/own.conf");
        check_path(t, "/opt/own.conf", NULL);
        check_path(t, "/opt/link.conf", NULL);
        check_path(t, "/opt/own", "is not the normalized path of a file '*.conf'");
        check_path(t, "/opt/../opt/own.conf", "is not the normalized path");
        check_path(t, "/opt//own.conf", "is not the normalized path");
        check_path(t, "/opt/a\nb.conf", "'/opt/a\\x0ab.conf' is not the normalized path");
        check_path(t, "/opt/none.conf", "There is no profile file");
        check_path(t, "/opt/directory.conf", "is not a regular file");
}

static void check_description(const char *content, const char *expected)
{
        struct plan_profile_part part = {.content = content};
        struct profile p = {.parts = &part, .n = 1};
        _cleanup_free_ char *description = NULL;

        assert_int_equal(profile_get_description(&p, &description), 0);
        if (expected)
                assert_string_equal(description, expected);
        else
                assert_null(description);
}

static void test_description(void **state)
{
        check_description("", NULL);
        check_description("# one\n# two\n", "one");
        check_description("# SPDX-License-Identifier: X\n\n;; two", "two");
        check_description("#\n# \n#three\n", "three");
        check_description("[Service]\n# late\n", NULL);
        check_description("# SPDX-License-Identifier: X\n[Service]\n# late", NULL);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_search, tree_setup, tree_teardown),
                cmocka_unit_test_setup_teardown(test_path, tree_setup, tree_teardown),
                cmocka_unit_test(test_description),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
