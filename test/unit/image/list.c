/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tree.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "basic/error.h"
#include "basic/layout.h"
#include "basic/strv.h"
#include "image/image.h"

static void read_list(struct tree *t, struct image_list *l)
{
        _cleanup_error_ struct error e = {0};
        int r = image_list_read(t->fd, &layout_system, l, &e);

        if (r < 0)
                fail_msg("%s", error_message(&e));
}

/* "NAME TYPE PATH" of each image, joined with ",". */
static void check_list(struct tree *t, const char *expected)
{
        _cleanup_image_list_ struct image_list l;
        _cleanup_strv_ char **lines = NULL;
        char *joined;

        read_list(t, &l);
        for (size_t i = 0; i < l.n; i++) {
                char *line;

                assert_true(asprintf(&line, "%s %s %s", l.items[i]->name,
                                     image_type_to_string(l.items[i]->type), l.items[i]->path) > 0);
                assert_int_equal(strv_consume(&lines, line), 0);
        }
        joined = strv_join(lines, ",");
        assert_string_equal(joined, expected);
        free(joined);
}

static void test_empty(void **state)
{
        struct tree *t = *state;

        check_list(t, "");
        tree_dir(t, "/var/lib/portables");
        tree_file(t, "/etc/portables", "a file where a directory should be");
        check_list(t, "");
}

static void test_kinds(void **state)
{
        struct tree *t = *state;

        tree_dir(t, "/var/lib/portables/dir_1");
        tree_dir(t, "/var/lib/portables/dirx.raw");
        tree_file(t, "/var/lib/portables/raw_1.raw", "x");
        tree_file(t, "/var/lib/portables/raw_1.roothash", "x");
        tree_file(t, "/var/lib/portables/noraw", "x");
        tree_file(t, "/var/lib/portables/.raw", "x");
        tree_file(t, "/var/lib/portables/.hidden.raw", "x");
        tree_dir(t, "/var/lib/portables/.hidden");
        tree_dir(t, "/var/lib/portables/.#temporary");
        tree_dir(t, "/var/lib/portables/new\nline");
        tree_dir(t, "/var/lib/portables/\xff\xfe");
        tree_file(t, "/var/lib/portables/\xc3\xbcmlaut.raw", "");
        tree_dir(t, "/usr/lib/portables/vendor");
        tree_file(t, "/usr/local/lib/portables/local.raw", "");
        assert_int_equal(mkfifoat(t->fd, "var/lib/portables/fifo.raw", 0644), 0);
        check_list(t, "dir_1 directory /var/lib/portables/dir_1,"
                      "dirx.raw directory /var/lib/portables/dirx.raw,"
                      "local raw /usr/local/lib/portables/local.raw,"
                      "raw_1 raw /var/lib/portables/raw_1.raw,"
                      "vendor directory /usr/lib/portables/vendor,"
                      "\xc3\xbcmlaut raw /var/lib/portables/\xc3\xbcmlaut.raw");
}

static void test_links(void **state)
{
        struct tree *t = *state;

        tree_dir(t, "/opt/images/real_1");
        tree_file(t, "/opt/images/real_2.raw", "x");
        tree_file(t, "/opt/images/noraw", "x");
        tree_link(t, "/etc/portables/abs", "/opt/images/real_1");
        tree_link(t, "/etc/portables/rel.raw", "../../opt/images/real_2.raw");
        tree_link(t, "/etc/portables/named.raw", "/opt/images/noraw");
        tree_link(t, "/etc/portables/unnamed", "/opt/images/real_2.raw");
        tree_link(t, "/etc/portables/chain", "abs");
        tree_link(t, "/etc/portables/dangling", "/opt/images/gone");
        tree_link(t, "/etc/portables/loop", "loop");
        /* Leads out of the tree by its text, but stays in it. */
        tree_link(t, "/etc/portables/up", "../../../../../../../../opt/images/real_1");
        tree_link(t, "/etc/portables/host", t->path);
        tree_link(t, "/etc/portables/magic", "/proc/self/root");
        check_list(t, "abs directory /opt/images/real_1,"
                      "chain directory /opt/images/real_1,"
                      "named raw /opt/images/noraw,"
                      "rel raw /opt/images/real_2.raw,"
                      "up directory /opt/images/real_1");
}

static void test_first_hit_wins(void **state)
{
        struct tree *t = *state;

        tree_file(t, "/usr/lib/portables/a.raw", "");
        tree_file(t, "/var/lib/portables/a.raw", "");
        tree_dir(t, "/run/portables/a");
        tree_link(t, "/etc/portables/a", "/gone"); /* broken: does not count */
        tree_dir(t, "/var/lib/portables/b");
        tree_file(t, "/var/lib/portables/b.raw", "");
        check_list(t, "a directory /run/portables/a,b directory /var/lib/portables/b");
}

static void test_versioned(void **state)
{
        struct tree *t = *state;

        tree_dir(t, "/var/lib/portables/app.v/app_9");
        tree_dir(t, "/var/lib/portables/app.v/app_10");
        tree_file(t, "/var/lib/portables/app.v/app_11.raw", "");
        tree_file(t, "/var/lib/portables/raw.raw.v/raw_1.raw", "");
        tree_file(t, "/var/lib/portables/raw.raw.v/raw_2.raw", "");
        tree_dir(t, "/var/lib/portables/empty.v");
        tree_dir(t, "/var/lib/portables/wrong.v/app_1");
        tree_dir(t, "/var/lib/portables/.v");
        tree_link(t, "/etc/portables/linked.v", "/srv/x");
        tree_dir(t, "/srv/x/linked_1");
        tree_link(t, "/srv/x/linked_2", "/srv/real");
        tree_dir(t, "/srv/real");
        /* In one directory: plain, raw, versioned, versioned raw; an earlier directory beats all. */
        tree_file(t, "/var/lib/portables/a.raw", "");
        tree_dir(t, "/var/lib/portables/a.v/a_1");
        tree_dir(t, "/var/lib/portables/b.v/b_1");
        tree_file(t, "/var/lib/portables/b.raw.v/b_2.raw", "");
        tree_dir(t, "/var/lib/portables/c");
        tree_dir(t, "/run/portables/c.v/c_1");
        check_list(t, "a raw /var/lib/portables/a.raw,"
                      "app directory /var/lib/portables/app.v/app_10,"
                      "b directory /var/lib/portables/b.v/b_1,"
                      "c directory /run/portables/c.v/c_1,"
                      "linked directory /srv/real,"
                      "raw raw /var/lib/portables/raw.raw.v/raw_2.raw");
}

static void test_linked_search_directory(void **state)
{
        _cleanup_image_list_ struct image_list l;
        struct tree *t = *state;

        tree_dir(t, "/srv/pool/a");
        tree_link(t, "/var/lib/portables", "/srv/pool");
        read_list(t, &l);
        assert_int_equal(l.n, 1);
        assert_string_equal(l.items[0]->path, "/srv/pool/a");
        assert_string_equal(l.items[0]->entry, "/var/lib/portables/a");
}

static void test_attributes(void **state)
{
        _cleanup_image_list_ struct image_list l;
        struct tree *t = *state;
        const struct timespec times[2] = {{.tv_sec = 1000}, {.tv_sec = 1234567, .tv_nsec = 890123456}};
        struct stat st;
        struct image *i;

        tree_file(t, "/var/lib/portables/a.raw", "content");
        assert_int_equal(fchmodat(t->fd, "var/lib/portables/a.raw", 0444, 0), 0);
        assert_int_equal(utimensat(t->fd, "var/lib/portables/a.raw", times, 0), 0);
        assert_int_equal(fstatat(t->fd, "var/lib/portables/a.raw", &st, 0), 0);
        tree_dir(t, "/var/lib/portables/d");
        tree_file(t, "/var/lib/portables/w.raw", "");
        tree_file(t, "/usr/lib/portables/v.raw", "");
        read_list(t, &l);
        assert_int_equal(l.n, 4);

        i = l.items[0];
        assert_string_equal(i->entry, "/var/lib/portables/a.raw");
        assert_true(i->read_only);
        assert_false(i->versioned);
        assert_int_equal(i->mtime, 1234567890123);
        assert_int_equal(i->usage, (uint64_t)st.st_blocks * 512);
        assert_int_equal(i->usage_exclusive, i->usage);
        assert_int_equal(i->limit, 7);
        assert_int_equal(i->limit_exclusive, 7);
        /* Made just now, where the file system knows it. */
        assert_true(i->crtime == 0 || i->crtime / 1000000 + 600 > (uint64_t)time(NULL));

        i = l.items[1];
        assert_string_equal(i->name, "d");
        assert_false(i->read_only);
        assert_int_equal(i->mtime, 0);
        assert_int_equal(i->usage, UINT64_MAX);
        assert_int_equal(i->limit, UINT64_MAX);

        assert_true(l.items[2]->read_only); /* vendor */
        assert_false(l.items[3]->read_only);
}

static void test_many(void **state)
{
        _cleanup_image_list_ struct image_list l;
        struct tree *t = *state;
        char path[64];

        for (unsigned i = 0; i < 1000; i++) {
                snprintf(path, sizeof(path), "/var/lib/portables/image_%u%s", i, i % 2 ? "" : ".raw");
                if (i % 2)
                        tree_dir(t, path);
                else
                        tree_file(t, path, "");
        }
        read_list(t, &l);
        assert_int_equal(l.n, 1000);
        for (size_t i = 1; i < l.n; i++)
                assert_true(strcmp(l.items[i - 1]->name, l.items[i]->name) < 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_empty, tree_setup, tree_teardown),
                cmocka_unit_test_setup_teardown(test_kinds, tree_setup, tree_teardown),
                cmocka_unit_test_setup_teardown(test_links, tree_setup, tree_teardown),
                cmocka_unit_test_setup_teardown(test_first_hit_wins, tree_setup, tree_teardown),
                cmocka_unit_test_setup_teardown(test_versioned, tree_setup, tree_teardown),
                cmocka_unit_test_setup_teardown(test_linked_search_directory, tree_setup, tree_teardown),
                cmocka_unit_test_setup_teardown(test_attributes, tree_setup, tree_teardown),
                cmocka_unit_test_setup_teardown(test_many, tree_setup, tree_teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
