/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tree.h"

#include <errno.h>
#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/fd.h"
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

        assert_int_equal(profile_read(root, "", &p, &error), 0);
        assert_int_equal(p.n, 2);
        assert_string_equal(p.parts[0].suffix, "service");
        assert_string_equal(p.parts[0].path, "/etc/systemd/portable/profile/default/service.conf");
        assert_string_equal(p.parts[0].content, "admin");
        assert_string_equal(p.parts[1].path, "/usr/lib/systemd/portable/profile/default/socket.conf");

        assert_int_equal(profile_list(root, &names, &error), 0);
        assert_int_equal(strv_length(names), 2);

        assert_int_equal(profile_read(root, "nosuch", &none, &error), -EINVAL);
        assert_int_equal(error.kind, ERROR_INVALID_ARGS);
        assert_non_null(strstr(error_message(&error), "default, empty"));
        error_clear(&error);
        assert_int_equal(profile_read(root, "../default", &none, &error), -EINVAL);
        error_clear(&error);
        assert_int_equal(profile_read(root, "empty", &none, &error), -EINVAL);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_search, tree_setup, tree_teardown)};

        return cmocka_run_group_tests(tests, NULL, NULL);
}
