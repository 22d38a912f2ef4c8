/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tree.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "attached/files.h"
#include "attached/index.h"
#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "basic/layout.h"
#include "basic/strv.h"

#define PERSISTENT "etc/systemd/system.attached"
#define RUNTIME    "run/systemd/system.attached"

static void put(struct tree *t, const char *directory, const char *name, const char *content)
{
        _cleanup_free_ char *path = NULL;

        assert_true(asprintf(&path, "/%s/%s", directory, name) > 0);
        tree_file(t, path, content);
}

#define MARKER(paths) "# Drop-in created for image '" paths "', do not edit.\n"

/* Two images, one of two units and an extension, one runtime; and much that is none of ours. */
static void fill(struct tree *t)
{
        put(t, PERSISTENT, "app.service", "[Service]\n");
        put(t, PERSISTENT "/app.service.d", "20-portable.conf",
            MARKER("/p/app_1.raw:/p/ext_1") "\n[Service]\n");
        put(t, PERSISTENT "/app.service.d", "10-profile.conf", "");
        put(t, PERSISTENT, "app.socket", "[Socket]\n");
        put(t, PERSISTENT "/app.socket.d", "20-portable.conf", MARKER("/p/app_1.raw:/p/ext_1"));
        put(t, PERSISTENT "/app.socket.d", "30-admin.conf", "");
        put(t, PERSISTENT "/leftover.service.d", "20-portable.conf", MARKER("/p/left_1"));
        put(t, PERSISTENT "/foreign.service.d", "20-portable.conf", "[Service]\n");
        put(t, PERSISTENT "/nounit.d", "20-portable.conf", MARKER("/p/app_1.raw"));
        put(t, RUNTIME, "run.timer", "[Timer]\n");
        put(t, RUNTIME "/run.timer.d", "20-portable.conf",
            MARKER("/p/other_2") "# There before the attach: '/run/portables/other_2', detach keeps it.\n");
        put(t, "etc/systemd/system/old.service.d", "20-portable.conf", MARKER("/p/old_1"));
}

static size_t count(const struct attached_index *index, enum attached_match match, const char *name,
                    const char *extension)
{
        char *names[] = {(char *)name, (char *)extension, NULL};
        _cleanup_free_ size_t *found = NULL;
        size_t n;

        assert_int_equal(attached_index_find(index, names, match, &found, &n), 0);
        return n;
}

static void test_scan(void **state)
{
        _cleanup_attached_index_ struct attached_index index = {};
        _cleanup_error_ struct error error = {};
        struct tree *t = *state;

        fill(t);
        assert_int_equal(attached_index_read(t->fd, &layout_system, &index, &error), 0);
        assert_int_equal(index.n_units, 5);
        assert_string_equal(index.units[0].name, "app.service");
        assert_string_equal(index.units[0].paths[1], "/p/ext_1");
        assert_string_equal(index.units[0].names[0], "app_1");
        assert_true(index.units[0].unit);
        assert_string_equal(index.units[2].name, "leftover.service");
        assert_false(index.units[2].unit);
        assert_string_equal(index.units[3].name, "run.timer");
        assert_true(index.units[3].runtime);
        assert_string_equal(index.units[4].directory, "/etc/systemd/system");
        assert_int_equal(index.n_entries[0], 7);
        assert_true(index.exists[0]);
        assert_false(index.exists[3]);
}

static void test_find(void **state)
{
        _cleanup_attached_index_ struct attached_index index = {};
        struct tree *t = *state;

        fill(t);
        assert_int_equal(attached_index_read(t->fd, &layout_system, &index, NULL), 0);
        assert_int_equal(count(&index, ATTACHED_EXACT, "app_1", NULL), 0);
        assert_int_equal(count(&index, ATTACHED_EXACT, "app_1", "ext_1"), 2);
        assert_int_equal(count(&index, ATTACHED_EXACT, "ext_1", "app_1"), 0);
        assert_int_equal(count(&index, ATTACHED_PARTIAL, "app_9", "ext_7"), 2);
        assert_int_equal(count(&index, ATTACHED_PARTIAL, "app", "ext"), 2);
        assert_int_equal(count(&index, ATTACHED_ANY, "ext_1", NULL), 2);
        assert_int_equal(count(&index, ATTACHED_ANY, "app_1", NULL), 2);
        assert_int_equal(count(&index, ATTACHED_ANY, "app", NULL), 0);
        assert_int_equal(count(&index, ATTACHED_EXACT, "other_2", NULL), 1);
        assert_int_equal(count(&index, ATTACHED_EXACT, "left_1", NULL), 1);
        assert_int_equal(count(&index, ATTACHED_EXACT, "nosuch", NULL), 0);
}

static void test_files(void **state)
{
        _cleanup_attached_files_ struct attached_files service = {}, socket = {}, timer = {};
        _cleanup_attached_index_ struct attached_index index = {};
        struct tree *t = *state;

        fill(t);
        assert_int_equal(attached_index_read(t->fd, &layout_system, &index, NULL), 0);
        assert_int_equal(attached_unit_read_files(t->fd, index.units, &service, NULL), 0);
        assert_true(service.profile);
        assert_false(service.foreign);
        assert_int_equal(strv_length(service.kept), 0);
        assert_int_equal(attached_unit_read_files(t->fd, index.units + 1, &socket, NULL), 0);
        assert_false(socket.profile);
        assert_true(socket.foreign);
        assert_int_equal(attached_unit_read_files(t->fd, index.units + 3, &timer, NULL), 0);
        assert_string_equal(timer.kept[0], "/run/portables/other_2");
        assert_int_equal(strv_length(timer.copied), 0);
}

static void test_hostile_entries(void **state)
{
        _cleanup_attached_index_ struct attached_index index = {};
        struct tree *t = *state;

        put(t, PERSISTENT, "x", "");
        assert_int_equal(fd_mkdirs_in_root(t->fd, PERSISTENT "/fifo.service.d", 0755), 1);
        assert_int_equal(mkfifoat(t->fd, PERSISTENT "/fifo.service.d/20-portable.conf", 0644), 0);
        assert_int_equal(fd_mkdirs_in_root(t->fd, PERSISTENT "/link.service.d", 0755), 1);
        assert_int_equal(symlinkat("/etc/passwd", t->fd, PERSISTENT "/link.service.d/20-portable.conf"), 0);
        put(t, PERSISTENT, "file.service.d", MARKER("/p/app_1"));
        assert_int_equal(attached_index_read(t->fd, &layout_system, &index, NULL), 0);
        assert_int_equal(index.n_units, 0);
}

static void assert_same(const struct attached_index *a, const struct attached_index *b)
{
        assert_int_equal(a->n_units, b->n_units);
        for (size_t i = 0; i < a->n_units; i++) {
                const struct attached_unit *x = a->units + i, *y = b->units + i;

                assert_string_equal(x->name, y->name);
                assert_ptr_equal(x->directory, y->directory);
                assert_int_equal(x->unit, y->unit);
                assert_int_equal(strv_length(x->paths), strv_length(y->paths));
                for (size_t k = 0; x->paths[k]; k++) {
                        assert_string_equal(x->paths[k], y->paths[k]);
                        assert_string_equal(x->names[k], y->names[k]);
                }
        }
        for (size_t i = 0; i < LAYOUT_ATTACH_MAX; i++) {
                assert_int_equal(a->n_entries[i], b->n_entries[i]);
                assert_int_equal(a->exists[i], b->exists[i]);
        }
        assert_int_equal(count(a, ATTACHED_ANY, "app_1", NULL), count(b, ATTACHED_ANY, "app_1", NULL));
        assert_int_equal(count(a, ATTACHED_ANY, "other_2", NULL), count(b, ATTACHED_ANY, "other_2", NULL));
}

/* With one of that name in an earlier directory the service manager loads that; it is another's unless it is
 * of the same image. */
static void test_hidden(void **state)
{
        _cleanup_attached_index_ struct attached_index index = {};
        struct tree *t = *state;

        put(t, PERSISTENT, "a.service", "");
        put(t, PERSISTENT "/a.service.d", "20-portable.conf", MARKER("/p/app_1"));
        put(t, PERSISTENT, "b.service", "");
        put(t, PERSISTENT "/b.service.d", "20-portable.conf", MARKER("/p/app_1"));
        put(t, PERSISTENT "/c.service.d", "20-portable.conf", MARKER("/p/app_1"));
        put(t, RUNTIME "/a.service.d", "20-portable.conf", MARKER("/run/portables/app_1.raw"));
        put(t, RUNTIME "/b.service.d", "20-portable.conf", MARKER("/p/app_2"));
        put(t, RUNTIME "/c.service.d", "20-portable.conf", MARKER("/p/app_1"));
        put(t, RUNTIME "/d.service.d", "20-portable.conf", MARKER("/p/app_1"));
        assert_int_equal(attached_index_read(t->fd, &layout_system, &index, NULL), 0);
        assert_int_equal(index.n_units, 7);
        for (size_t i = 0; i < index.n_units; i++)
                assert_int_equal(index.units[i].hidden, i == 3);
}

/* What was read before is taken from there as long as it is the same, and only then. */
static void test_read_again(void **state)
{
        _cleanup_attached_index_ struct attached_index kept = {}, fresh = {};
        struct tree *t = *state;

        fill(t);
        for (int step = 0; step < 6; step++) {
                assert_int_equal(attached_index_read_again(t->fd, &layout_system, &kept, &kept, NULL), 0);
                assert_int_equal(attached_index_read(t->fd, &layout_system, &fresh, NULL), 0);
                assert_same(&kept, &fresh);
                attached_index_clear(&fresh);
                switch (step) {
                case 0: /* another image */
                        assert_int_equal(unlinkat(t->fd, PERSISTENT "/app.service.d/20-portable.conf", 0),
                                         0);
                        put(t, PERSISTENT "/app.service.d", "20-portable.conf", MARKER("/p/app_2.raw"));
                        break;
                case 1: /* none */
                        assert_int_equal(unlinkat(t->fd, PERSISTENT "/app.socket.d/20-portable.conf", 0), 0);
                        break;
                case 2: /* one that was not there, one whose unit is gone */
                        put(t, PERSISTENT "/aaa.service.d", "20-portable.conf", MARKER("/p/app_1"));
                        assert_int_equal(unlinkat(t->fd, PERSISTENT "/app.service", 0), 0);
                        break;
                case 3: /* the same name elsewhere */
                        put(t, RUNTIME "/aaa.service.d", "20-portable.conf", MARKER("/p/other_2"));
                        break;
                default:
                        break;
                }
        }
        assert_int_equal(kept.n_units, 6);
}

/* Reads with at most n descriptors, so that the first, the second, and so on can't be opened. */
static int read_with(struct tree *t, rlim_t n, struct attached_index *index, struct attached_files *files,
                     struct error *error)
{
        struct rlimit before, limit;
        int r;

        assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
        limit = (struct rlimit){.rlim_cur = n, .rlim_max = before.rlim_max};
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
        r = files ? attached_unit_read_files(t->fd, index->units, files, error)
                  : attached_index_read(t->fd, &layout_system, index, error);
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
        return r;
}

/* What can't be read is an error, never passed over: half of an image would be taken for the whole. */
static void test_unreadable(void **state)
{
        _cleanup_attached_index_ struct attached_index index = {};
        struct tree *t = *state;
        unsigned failed = 0;
        int r = -1;

        fill(t);
        for (rlim_t n = 0; r < 0 && n < 64; n++) {
                _cleanup_error_ struct error error = {};

                r = read_with(t, n, &index, NULL, &error);
                failed += r < 0;
                assert_true(r == 0 || strstr(error_message(&error), "'/"));
        }
        assert_int_equal(r, 0);
        assert_int_equal(index.n_units, 5);
        assert_true(failed > 2);
        failed = 0;
        r = -1;
        for (rlim_t n = 0; r < 0 && n < 64; n++) {
                _cleanup_attached_files_ struct attached_files files = {};
                _cleanup_error_ struct error error = {};

                r = read_with(t, n, &index, &files, &error);
                failed += r < 0;
                assert_true(r == 0 || strstr(error_message(&error), "/app.service.d"));
        }
        assert_int_equal(r, 0);
        assert_true(failed > 1);
}

static void test_nothing_there(void **state)
{
        _cleanup_attached_index_ struct attached_index index = {};
        struct tree *t = *state;

        assert_int_equal(attached_index_read(t->fd, &layout_system, &index, NULL), 0);
        assert_int_equal(index.n_units, 0);
        assert_int_equal(count(&index, ATTACHED_ANY, "app", NULL), 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_scan, tree_setup, tree_teardown),
                cmocka_unit_test_setup_teardown(test_find, tree_setup, tree_teardown),
                cmocka_unit_test_setup_teardown(test_hidden, tree_setup, tree_teardown),
                cmocka_unit_test_setup_teardown(test_read_again, tree_setup, tree_teardown),
                cmocka_unit_test_setup_teardown(test_files, tree_setup, tree_teardown),
                cmocka_unit_test_setup_teardown(test_hostile_entries, tree_setup, tree_teardown),
                cmocka_unit_test_setup_teardown(test_unreadable, tree_setup, tree_teardown),
                cmocka_unit_test_setup_teardown(test_nothing_there, tree_setup, tree_teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
