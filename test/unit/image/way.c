/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Needs root: files of others. */
#include "tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/layout.h"
#include "image/image.h"
#include "image/way.h"

static void check(struct tree *t, const char *path, bool safe, bool public)
{
        struct way way;

        assert_int_equal(way_look(t->fd, path, &way), 0);
        if (way.safe != safe || way.public != public)
                fail_msg("%s: safe %i, public %i", path, way.safe, way.public);
}

static int setup(void **state)
{
        int r = tree_setup(state);
        struct tree *t = *state;

        return r < 0 ? r : fchmod(t->fd, 0755);
}

static void test_ways(void **state)
{
        struct tree *t = *state;

        tree_file(t, "/srv/app.raw", "");
        tree_dir(t, "/srv/secret/app");
        tree_dir(t, "/srv/user/dir");
        tree_dir(t, "/srv/shared/app");
        assert_int_equal(fchmodat(t->fd, "srv/app.raw", 0644, 0), 0);
        assert_int_equal(fchmodat(t->fd, "srv/secret", 0700, 0), 0);
        assert_int_equal(fchmodat(t->fd, "srv/shared", 0775, 0), 0);
        assert_int_equal(fchownat(t->fd, "srv/user", 1234, 1234, 0), 0);
        tree_link(t, "/etc/good", "../srv/app.raw");
        tree_link(t, "/etc/to-user", "/srv/user/link");
        tree_link(t, "/srv/user/link", "../secret/app");
        tree_link(t, "/etc/to-secret", "/srv/./secret/../secret/app");
        tree_link(t, "/etc/loop", "loop");
        tree_link(t, "/etc/others", "/srv/app.raw");
        assert_int_equal(fchownat(t->fd, "etc/others", 1234, 1234, AT_SYMLINK_NOFOLLOW), 0);

        check(t, "/srv/app.raw", true, true);
        check(t, "/etc/good", true, true);
        check(t, "/srv/none/at/all", true, true);
        check(t, "/srv/secret/app", true, false);
        check(t, "/srv/secret/none", true, false);
        check(t, "/etc/to-secret", true, false);
        check(t, "/srv/user/dir", false, true);
        check(t, "/etc/to-user", false, false);
        check(t, "/srv/shared/app", false, true);
        check(t, "/etc/others", false, true);
}

/* Some cannot follow it, be they those in the group or who an access control list names. */
static void test_not_for_all(void **state)
{
        /* user::rwx user:1234:--- group::r-x mask::r-x other::r-x. Source: acl(5), and
         * linux/posix_acl_xattr.h */
        static const uint16_t acl[] = {2,      0,      0x01, 7, 0xffff, 0xffff, 0x02, 0,
                                       1234,   0,      0x04, 5, 0xffff, 0xffff, 0x10, 5,
                                       0xffff, 0xffff, 0x20, 5, 0xffff, 0xffff};
        struct tree *t = *state;
        _cleanup_close_ int fd = -EBADF;

        tree_dir(t, "/srv/not-group/app");
        assert_int_equal(fchmodat(t->fd, "srv/not-group", 0705, 0), 0);
        check(t, "/srv/not-group/app", true, false);
        tree_dir(t, "/srv/list/app");
        check(t, "/srv/list/app", true, true);
        fd = openat(t->fd, "srv/list", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        assert_int_equal(fsetxattr(fd, "system.posix_acl_access", acl, sizeof(acl), 0), 0);
        check(t, "/srv/list/app", true, false);
}

static void test_loop(void **state)
{
        struct way way = {true, true};
        struct tree *t = *state;

        tree_link(t, "/etc/loop", "loop");
        assert_int_equal(way_look(t->fd, "/etc/loop", &way), -ELOOP);
        assert_false(way.safe);
        assert_false(way.public);
}

/* A version that is a link of somebody else's, in a directory that is not. */
static void test_image(void **state)
{
        _cleanup_image_ struct image *i = NULL;
        struct tree *t = *state;
        struct way way;

        tree_dir(t, "/var/lib/portables/x.v");
        tree_dir(t, "/opt/x");
        tree_link(t, "/var/lib/portables/x.v/x_1", "/opt/x");
        assert_int_equal(image_find(t->fd, &layout_system, "x", &i, NULL, NULL), 0);
        assert_int_equal(way_look_image(t->fd, "x", i, &way), 0);
        assert_true(way.safe);
        assert_int_equal(fchownat(t->fd, "var/lib/portables/x.v/x_1", 1234, 1234, AT_SYMLINK_NOFOLLOW), 0);
        assert_int_equal(way_look_image(t->fd, "x", i, &way), 0);
        assert_false(way.safe);
        assert_true(way.public);
        assert_true(way.led);
}

/* A directory of somebody else's alone is not one that leads elsewhere. */
static void test_led(void **state)
{
        struct tree *t = *state;
        struct way way;

        tree_link(t, "/etc/to-user", "/srv/user/link");
        tree_link(t, "/srv/user/link", "../secret/app");
        tree_dir(t, "/srv/user/dir");
        assert_int_equal(fchownat(t->fd, "srv/user", 1234, 1234, 0), 0);
        assert_int_equal(fchownat(t->fd, "srv/user/link", 1234, 1234, AT_SYMLINK_NOFOLLOW), 0);
        assert_int_equal(way_look(t->fd, "/srv/user/dir", &way), 0);
        assert_false(way.led);
        assert_int_equal(way_look(t->fd, "/etc/to-user", &way), 0);
        assert_true(way.led);
        tree_link(t, "/etc/to-secret", "/srv/secret/app");
        assert_int_equal(way_look(t->fd, "/etc/to-secret", &way), 0);
        assert_false(way.led);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_ways, setup, tree_teardown),
                cmocka_unit_test_setup_teardown(test_not_for_all, setup, tree_teardown),
                cmocka_unit_test_setup_teardown(test_loop, setup, tree_teardown),
                cmocka_unit_test_setup_teardown(test_image, setup, tree_teardown),
                cmocka_unit_test_setup_teardown(test_led, setup, tree_teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
