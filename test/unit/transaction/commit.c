/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "sandbox.h"
#include "basic/layout.h"
#include "transaction/transaction.h"

#define ATTACHED "/etc/systemd/system.attached"

static void expect_content(const struct sandbox *s, const char *path, const char *data)
{
        _cleanup_free_ char *found = sandbox_read(s, path);

        assert_string_equal(found, data);
}

static void expect_link(const struct sandbox *s, const char *path, const char *target)
{
        char found[256] = "";

        assert_true(readlinkat(s->fd, path + 1, found, sizeof(found) - 1) > 0);
        assert_string_equal(found, target);
}

/* Fails, with just this message, and changes nothing. */
static void expect_failure(const struct sandbox *s, const struct change_list *l, int r, const char *message)
{
        _cleanup_free_ char *before = sandbox_snapshot(s), *after = NULL, *found = NULL;

        assert_int_equal(sandbox_commit(s, l, &found), r);
        assert_string_equal(found, message);
        after = sandbox_snapshot(s);
        assert_string_equal(before, after);
}

static void add_attach(struct change_list *l)
{
        add_mkdir(l, ATTACHED);
        add_mkdir(l, ATTACHED "/a.service.d");
        add_write(l, ATTACHED "/a.service.d/20-portable.conf", "[Service]\n");
        add_symlink(l, ATTACHED "/a.service.d/10-profile.conf", "/usr/lib/profile");
        add_write(l, ATTACHED "/a.service", "unit");
        add_mkdir(l, "/etc/portables");
        add_symlink(l, "/etc/portables/a.raw", "/srv/a.raw");
}

static void add_detach(struct change_list *l)
{
        add_unlink(l, ATTACHED "/a.service");
        add_unlink(l, ATTACHED "/a.service.d/10-profile.conf");
        add_unlink(l, ATTACHED "/a.service.d/20-portable.conf");
        add_rmdir(l, ATTACHED "/a.service.d");
        add_unlink(l, "/etc/portables/a.raw");
        add_rmdir(l, ATTACHED);
}

static void test_attach_detach(void **state)
{
        _cleanup_changes_ struct change_list attach = {}, detach = {};
        _cleanup_free_ char *before = NULL, *after = NULL;
        struct sandbox *s = *state;
        struct stat st;

        sandbox_mkdir(s, "/etc/portables");
        before = sandbox_snapshot(s);
        add_attach(&attach);
        assert_int_equal(sandbox_commit(s, &attach, NULL), 0);
        expect_content(s, ATTACHED "/a.service", "unit");
        expect_content(s, ATTACHED "/a.service.d/20-portable.conf", "[Service]\n");
        expect_link(s, ATTACHED "/a.service.d/10-profile.conf", "/usr/lib/profile");
        expect_link(s, "/etc/portables/a.raw", "/srv/a.raw");
        assert_int_equal(fstatat(s->fd, "etc/systemd/system.attached/a.service", &st, 0), 0);
        assert_int_equal(st.st_mode, S_IFREG | 0644);
        assert_int_equal(fstatat(s->fd, "etc/systemd/system.attached", &st, 0), 0);
        assert_int_equal(st.st_mode, S_IFDIR | 0755);

        add_detach(&detach);
        assert_int_equal(sandbox_commit(s, &detach, NULL), 0);
        after = sandbox_snapshot(s);
        assert_string_equal(before, after);
}

static void expect_missing(struct sandbox *s, const char *path)
{
        struct stat st;

        assert_int_equal(fstatat(s->fd, path + 1, &st, AT_SYMLINK_NOFOLLOW), -1);
}

struct settling {
        struct sandbox *sandbox;
        unsigned calls;
};

/* The units are gone by then, and what confines them is not. */
static void on_settle(void *userdata)
{
        struct settling *g = userdata;

        g->calls++;
        expect_missing(g->sandbox, ATTACHED "/a.service");
        expect_missing(g->sandbox, "/etc/portables/a.raw");
        expect_content(g->sandbox, ATTACHED "/a.service.d/20-portable.conf", "[Service]\n");
}

static void test_settle(void **state)
{
        _cleanup_changes_ struct change_list attach = {}, detach = {};
        struct settling settling = {.sandbox = *state};
        struct sandbox *s = *state;
        struct transaction *t;

        sandbox_mkdir(s, "/etc/portables");
        add_attach(&attach);
        add_detach(&detach);
        for (size_t i = 0; i < detach.n; i++)
                detach.items[i].confines = strstr(detach.items[i].path, ".d") || i + 1 == detach.n;
        assert_int_equal(transaction_new(s->fd, &layout_system, false, &t, NULL), 0);
        transaction_set_settle(t, on_settle, &settling);
        assert_int_equal(transaction_commit(t, &attach, NULL), 0);
        transaction_free(t);
        assert_int_equal(settling.calls, 0);
        assert_int_equal(transaction_new(s->fd, &layout_system, false, &t, NULL), 0);
        transaction_set_settle(t, on_settle, &settling);
        assert_int_equal(transaction_commit(t, &detach, NULL), 0);
        transaction_free(t);
        assert_int_equal(settling.calls, 1);
        expect_missing(s, ATTACHED);
}

static void test_empty_list(void **state)
{
        _cleanup_free_ char *before = sandbox_snapshot(*state), *after = NULL;
        struct change_list l = {};

        assert_int_equal(sandbox_commit(*state, &l, NULL), 0);
        after = sandbox_snapshot(*state);
        assert_string_equal(before, after);
}

static void test_umask(void **state)
{
        _cleanup_changes_ struct change_list l = {};
        struct sandbox *s = *state;
        struct change *c;
        struct stat st;
        mode_t old = umask(0777);

        c = add_write(&l, "/etc/f", "");
        c->mode = 0666;
        add_mkdir(&l, "/etc/d");
        assert_int_equal(sandbox_commit(s, &l, NULL), 0);
        umask(old);
        assert_int_equal(fstatat(s->fd, "etc/f", &st, 0), 0);
        assert_int_equal(st.st_mode, S_IFREG | 0666);
        assert_int_equal(fstatat(s->fd, "etc/d", &st, 0), 0);
        assert_int_equal(st.st_mode, S_IFDIR | 0755);
}

static void test_replace(void **state)
{
        _cleanup_changes_ struct change_list l = {};
        struct sandbox *s = *state;

        sandbox_write(s, ATTACHED "/a.service", "old");
        sandbox_write(s, ATTACHED "/b.service", "old");
        assert_int_equal(symlinkat("/old", s->fd, "etc/link"), 0);
        add_write(&l, ATTACHED "/a.service", "new")->replace = true;
        add_write(&l, ATTACHED "/n.service", "new")->replace = true;
        add_symlink(&l, ATTACHED "/b.service", "/new")->replace = true;
        add_symlink(&l, "/etc/link", "/new")->replace = true;
        assert_int_equal(sandbox_commit(s, &l, NULL), 0);
        expect_content(s, ATTACHED "/a.service", "new");
        expect_content(s, ATTACHED "/n.service", "new");
        expect_link(s, ATTACHED "/b.service", "/new");
        expect_link(s, "/etc/link", "/new");
}

static void test_copy_with_data(void **state)
{
        _cleanup_changes_ struct change_list l = {};
        struct change *c = change_list_add(&l, CHANGE_COPY, "/etc/systemd/x.service", "/img/x.service");

        c->data = strdup("text");
        c->size = 4;
        assert_int_equal(sandbox_commit(*state, &l, NULL), 0);
        expect_content(*state, "/etc/systemd/x.service", "text");
}

static void test_missing_parents(void **state)
{
        _cleanup_changes_ struct change_list l = {}, undo = {};
        _cleanup_free_ char *before = sandbox_snapshot(*state), *after = NULL;

        add_write(&l, "/srv/a/b/c/f", "x");
        add_write(&l, "/srv/a/g", "y");
        assert_int_equal(sandbox_commit(*state, &l, NULL), 0);
        expect_content(*state, "/srv/a/b/c/f", "x");
        expect_content(*state, "/srv/a/g", "y");
        add_remove_tree(&undo, "/srv");
        assert_int_equal(sandbox_commit(*state, &undo, NULL), 0);
        after = sandbox_snapshot(*state);
        assert_string_equal(before, after);
}

static void test_same_path_twice(void **state)
{
        _cleanup_changes_ struct change_list l = {};
        struct sandbox *s = *state;

        sandbox_write(s, "/etc/f", "old");
        sandbox_write(s, "/etc/d/old", "old");
        add_unlink(&l, "/etc/f");
        add_write(&l, "/etc/f", "new");
        add_write(&l, "/etc/f", "newer")->replace = true;
        add_remove_tree(&l, "/etc/d");
        add_mkdir(&l, "/etc/d");
        add_write(&l, "/etc/d/new", "new");
        assert_int_equal(sandbox_commit(s, &l, NULL), 0);
        expect_content(s, "/etc/f", "newer");
        expect_content(s, "/etc/d/new", "new");
        assert_false(sandbox_exists(s, "/etc/d/old"));
}

static void test_unlink_missing(void **state)
{
        _cleanup_changes_ struct change_list l = {};
        _cleanup_free_ char *before = sandbox_snapshot(*state), *after = NULL;

        add_unlink(&l, "/etc/nothing");
        add_unlink(&l, "/no/such/place");
        add_rmdir(&l, "/etc/nowhere");
        add_remove_tree(&l, "/etc/notree");
        assert_int_equal(sandbox_commit(*state, &l, NULL), 0);
        after = sandbox_snapshot(*state);
        assert_string_equal(before, after);
}

static void test_directory_not_empty(void **state)
{
        _cleanup_changes_ struct change_list kept = {}, refused = {};
        struct sandbox *s = *state;

        sandbox_write(s, "/etc/d/admin.conf", "x");
        sandbox_write(s, "/etc/d/ours.conf", "x");
        add_unlink(&kept, "/etc/d/ours.conf");
        add_rmdir(&kept, "/etc/d");
        assert_int_equal(sandbox_commit(s, &kept, NULL), 0);
        assert_true(sandbox_exists(s, "/etc/d/admin.conf"));
        assert_false(sandbox_exists(s, "/etc/d/ours.conf"));

        add_write(&refused, "/etc/first", "x");
        add_rmdir(&refused, "/etc/d");
        refused.items[1].if_empty = false;
        expect_failure(s, &refused, -ENOTEMPTY, "Cannot remove '/etc/d': Directory not empty");
}

static void test_exists(void **state)
{
        _cleanup_changes_ struct change_list file = {}, link = {}, directory = {}, attach = {};
        struct sandbox *s = *state;

        sandbox_write(s, ATTACHED "/a.service", "somebody's");
        add_write(&file, "/etc/first", "x");
        add_write(&file, ATTACHED "/a.service", "ours");
        expect_failure(s, &file, -EEXIST,
                       "Cannot write '" ATTACHED "/a.service': there is something of that name already");
        add_symlink(&link, ATTACHED "/a.service", "/ours");
        expect_failure(s, &link, -EEXIST,
                       "Cannot make symlink '" ATTACHED
                       "/a.service': there is something of that name already");
        add_mkdir(&directory, ATTACHED "/a.service");
        expect_failure(s, &directory, -ENOTDIR,
                       "Cannot make directory '" ATTACHED
                       "/a.service': it, or what it would be in, is not a directory");
        add_attach(&attach);
        expect_failure(s, &attach, -EEXIST,
                       "Cannot write '" ATTACHED "/a.service': there is something of that name already");
}

static void test_directory_in_the_way(void **state)
{
        _cleanup_changes_ struct change_list write = {}, unlink = {}, below = {};
        struct sandbox *s = *state;

        sandbox_mkdir(s, ATTACHED "/a.service");
        sandbox_write(s, "/etc/file", "x");
        add_write(&write, ATTACHED "/a.service", "ours")->replace = true;
        expect_failure(s, &write, -EISDIR, "Cannot write '" ATTACHED "/a.service': it is a directory");
        add_unlink(&unlink, ATTACHED "/a.service");
        expect_failure(s, &unlink, -EISDIR, "Cannot remove '" ATTACHED "/a.service': it is a directory");
        add_write(&below, "/etc/file/f", "x");
        expect_failure(s, &below, -ENOTDIR,
                       "Cannot write '/etc/file/f': it, or what it would be in, is not a directory");
}

static void test_bad_path(void **state)
{
        static const char *const bad[] = {"/", "relative", "/etc/../x", "/etc//x", "/etc/x/", ""};

        for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
                _cleanup_changes_ struct change_list l = {};
                char message[64];

                add_write(&l, bad[i], "x");
                snprintf(message, sizeof(message), "'%s' is not a normalized path", bad[i]);
                expect_failure(*state, &l, -EINVAL, message);
        }
}

static void test_symlinked_directories(void **state)
{
        _cleanup_changes_ struct change_list attach = {}, detach = {};
        struct sandbox *s = *state;

        /* Absolute and relative links are followed inside the root; a link as last component is not. */
        sandbox_mkdir(s, "/var/attached");
        sandbox_mkdir(s, "/var/links");
        assert_int_equal(symlinkat("/var/attached", s->fd, "etc/systemd/system.attached"), 0);
        assert_int_equal(symlinkat("../../../../var/links", s->fd, "etc/portables"), 0);
        add_attach(&attach);
        assert_int_equal(sandbox_commit(s, &attach, NULL), 0);
        expect_content(s, "/var/attached/a.service", "unit");
        expect_link(s, "/var/links/a.raw", "/srv/a.raw");
        add_detach(&detach);
        assert_int_equal(sandbox_commit(s, &detach, NULL), 0);
        assert_false(sandbox_exists(s, "/var/attached/a.service"));
        assert_false(sandbox_exists(s, "/var/attached/a.service.d"));
        assert_true(sandbox_exists(s, ATTACHED));
}

static void test_dangling_symlink(void **state)
{
        _cleanup_changes_ struct change_list attach = {};
        struct sandbox *s = *state;

        assert_int_equal(symlinkat("/no/where", s->fd, "etc/systemd/system.attached"), 0);
        add_attach(&attach);
        expect_failure(s, &attach, -ENOTDIR,
                       "Cannot make directory '" ATTACHED
                       "': it, or what it would be in, is not a directory");
}

static void test_symlink_out_of_root(void **state)
{
        _cleanup_changes_ struct change_list l = {};
        struct sandbox *s = *state;
        char link[192], outside[192];

        snprintf(outside, sizeof(outside), "%s/made-outside", s->path);
        snprintf(link, sizeof(link), "%s", s->path);
        assert_int_equal(symlinkat(link, s->fd, "etc/out"), 0);
        add_write(&l, "/etc/out/made-outside", "x");
        assert_true(sandbox_commit(s, &l, NULL) < 0);
        assert_int_equal(access(outside, F_OK), -1);
}

static void test_free_without_commit(void **state)
{
        _cleanup_free_ char *before = NULL, *after = NULL;
        struct sandbox *s = *state;
        struct transaction_copy copy = {.source = "/srv/image", .target = "/etc/portables/image"};
        struct transaction *t;

        sandbox_write(s, "/srv/image/usr/f", "x");
        before = sandbox_snapshot(s);
        assert_int_equal(transaction_new(s->fd, &layout_system, false, &t, NULL), 0);
        copy.fd = fd_open_in_root(s->fd, "/srv/image", O_PATH, 0);
        assert_int_equal(transaction_stage_copy(t, &copy, NULL, NULL), 0);
        close(copy.fd);
        transaction_free(t);
        transaction_free(NULL);
        after = sandbox_snapshot(s);
        assert_string_equal(before, after);
}

static void test_commit_twice(void **state)
{
        _cleanup_changes_ struct change_list l = {};
        _cleanup_error_ struct error error = {};
        struct sandbox *s = *state;
        struct transaction *t;

        add_write(&l, "/etc/f", "x");
        assert_int_equal(transaction_new(s->fd, &layout_system, false, &t, NULL), 0);
        assert_int_equal(transaction_commit(t, &l, NULL), 0);
        assert_int_equal(transaction_commit(t, &l, &error), -EINVAL);
        assert_string_equal(error_message(&error), "The transaction is over already");
        transaction_free(t);
        expect_content(s, "/etc/f", "x");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, sandbox_setup, sandbox_teardown)
                TEST(test_attach_detach),
                TEST(test_settle),
                TEST(test_empty_list),
                TEST(test_umask),
                TEST(test_replace),
                TEST(test_copy_with_data),
                TEST(test_missing_parents),
                TEST(test_same_path_twice),
                TEST(test_unlink_missing),
                TEST(test_directory_not_empty),
                TEST(test_exists),
                TEST(test_directory_in_the_way),
                TEST(test_bad_path),
                TEST(test_symlinked_directories),
                TEST(test_dangling_symlink),
                TEST(test_symlink_out_of_root),
                TEST(test_free_without_commit),
                TEST(test_commit_twice),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
