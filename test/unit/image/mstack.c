/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/layout.h"
#include "basic/path.h"
#include "image/image.h"
#include "image/mstack.h"

enum { PLAIN, VERSIONED, FILES, VERSIONED_FILES };

static void test_names(void **state)
{
        static const struct {
                const char *name;
                int how;
                enum stack_use use;
                const char *id, *where;
        } table[] = {
                {"root", PLAIN, STACK_ROOT, NULL, NULL},
                {"rw", PLAIN, STACK_RW, NULL, NULL},
                {"rw.v", VERSIONED, STACK_RW, NULL, NULL},
                {"layer@0", PLAIN, STACK_LAYER, "0", NULL},
                {"layer@0.raw", FILES, STACK_LAYER, "0", NULL},
                {"layer@0.raw", PLAIN, STACK_LAYER, "0.raw", NULL},
                {"layer@0.txt", PLAIN, STACK_LAYER, "0.txt", NULL},
                {"layer@a b", PLAIN, STACK_LAYER, "a b", NULL},
                {"layer@0.raw.v", VERSIONED_FILES, STACK_LAYER, "0", NULL},
                {"layer@0.v", VERSIONED, STACK_LAYER, "0", NULL},
                {"bind@var-tmp", PLAIN, STACK_BIND, "var-tmp", "/var/tmp"},
                {"bind@var-tmp.raw", FILES, STACK_BIND, "var-tmp", "/var/tmp"},
                {"robind@usr\\x2dbin", PLAIN, STACK_ROBIND, "usr\\x2dbin", "/usr-bin"},
                {"bind@-", PLAIN, STACK_BIND, "-", "/"},
        };

        for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
                struct stack_part part;

                assert_int_equal(mstack_name_parse(table[i].name, table[i].how & VERSIONED,
                                                   table[i].how & FILES, &part),
                                 0);
                assert_int_equal(part.use, table[i].use);
                assert_string_equal(part.name, table[i].name);
                assert_string_equal(part.id ?: "", table[i].id ?: "");
                assert_string_equal(part.where ?: "", table[i].where ?: "");
                assert_int_equal(part.raw, !!(table[i].how & FILES));
                stack_part_clear(&part);
        }
}

static void test_other_names(void **state)
{
        static const struct {
                const char *name;
                int how;
        } table[] = {
                {"usr", PLAIN},          {"foo", PLAIN},          {"README", FILES},
                {"layer", PLAIN},        {"layer@", PLAIN},       {"layer@.raw", FILES},
                {"layer@0", FILES},      {"layer@.v", VERSIONED}, {"layer@0.v", VERSIONED_FILES},
                {"layer@0", VERSIONED},  {"root.raw", FILES},     {"root", FILES},
                {"rw", FILES},           {"rw@a", PLAIN},         {"root@a", PLAIN},
                {"rwx", PLAIN},          {"bind@", PLAIN},        {"bind@a-..-b", PLAIN},
                {"bind@-a", PLAIN},      {"bind@a-", PLAIN},      {"bind@a--b", PLAIN},
                {"bind@a\\x2fb", PLAIN}, {"bind@a\\x00b", PLAIN}, {"bind@a\\x0ab", PLAIN},
                {"bind@a\\x", PLAIN},    {"bind@a\\", PLAIN},     {"bind@\\x2", PLAIN},
                {"bind@a\\y2d", PLAIN},  {"Layer@0", PLAIN},      {"", PLAIN},
                {"robind@.", PLAIN},     {"bind@a\\x2D", PLAIN},
        };

        for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
                struct stack_part part;
                int r = mstack_name_parse(table[i].name, table[i].how & VERSIONED, table[i].how & FILES,
                                          &part);

                if (r != -EINVAL)
                        fail_msg("'%s' is taken for an entry", table[i].name);
        }
}

static void test_order(void **state)
{
        static const char *const sorted[] = {"root",     "layer@a",    "layer@9",       "layer@10",
                                             "rw",       "bind@-",     "bind@var",      "bind@var-tmp",
                                             "robind@a", "robind@a-b", "robind@a\\x2db"};
        struct stack_part parts[sizeof(sorted) / sizeof(*sorted)];
        size_t n = sizeof(sorted) / sizeof(*sorted);

        for (size_t i = 0; i < n; i++)
                assert_int_equal(mstack_name_parse(sorted[i], false, false, parts + i), 0);
        /* "-" comes before "/" */
        for (size_t i = 0; i + 2 < n; i++)
                for (size_t j = i + 1; j + 1 < n; j++) {
                        assert_true(mstack_compare(parts + i, parts + j) < 0);
                        assert_true(mstack_compare(parts + j, parts + i) > 0);
                }
        assert_true(mstack_compare(parts + 8, parts + 9) < 0);
        assert_int_equal(mstack_compare(parts, parts), 0);
        for (size_t i = 0; i < n; i++)
                stack_part_clear(parts + i);
}

static void check_fails(struct tree *t, const char *path, const char *expected)
{
        _cleanup_close_ int fd = openat(t->fd, path + 1, O_PATH | O_DIRECTORY | O_CLOEXEC);
        _cleanup_error_ struct error error = {};
        struct stack stack;

        assert_true(fd >= 0);
        assert_true(mstack_read(t->fd, fd, path, &stack, &error) < 0);
        assert_non_null(strstr(error_message(&error), expected));
        assert_null(strchr(error_message(&error), '\n'));
}

static void test_read(void **state)
{
        struct tree *t = *state;
        _cleanup_close_ int fd = -EBADF;
        _cleanup_error_ struct error error = {};
        _cleanup_stack_ struct stack s = {};

        tree_dir(t, "/m.mstack");
        tree_dir(t, "/m.mstack/layer@10");
        tree_dir(t, "/m.mstack/.hidden");
        tree_dir(t, "/base");
        tree_link(t, "/m.mstack/layer@9", "/base");
        tree_dir(t, "/m.mstack/layer@2.raw.v");
        tree_file(t, "/m.mstack/layer@2.raw.v/layer@2_1.raw", "");
        tree_file(t, "/m.mstack/layer@2.raw.v/layer@2_3.raw", "");
        fd = openat(t->fd, "m.mstack", O_PATH | O_DIRECTORY | O_CLOEXEC);
        assert_int_equal(mstack_read(t->fd, fd, "/m.mstack", &s, &error), 0);
        assert_int_equal(s.n, 3);
        assert_string_equal(s.parts[0].path, "/m.mstack/layer@2.raw.v/layer@2_3.raw");
        assert_true(s.parts[0].raw && !s.parts[0].link);
        assert_string_equal(s.parts[1].name, "layer@9");
        assert_true(!s.parts[1].raw && s.parts[1].link && s.parts[1].fd >= 0);
        assert_string_equal(s.parts[2].name, "layer@10");
        assert_true(mstack_is_one(fd));

        tree_link(t, "/m.mstack/layer@5", "/gone");
        check_fails(t, "/m.mstack", "'layer@5' is a symlink that leads nowhere");
        assert_true(mstack_is_one(fd));
        assert_int_equal(unlinkat(t->fd, "m.mstack/layer@5", 0), 0);
        tree_link(t, "/m.mstack/layer@5", "layer@5");
        check_fails(t, "/m.mstack", "'layer@5' is a symlink that leads in a circle");
        assert_int_equal(unlinkat(t->fd, "m.mstack/layer@5", 0), 0);
        tree_link(t, "/m.mstack/layer@5", ".");
        check_fails(t, "/m.mstack", "'layer@5' leads to the image itself");
        assert_int_equal(unlinkat(t->fd, "m.mstack/layer@5", 0), 0);
        tree_dir(t, "/m.mstack/layer@5.v");
        check_fails(t, "/m.mstack", "'layer@5.v' has no version");
        assert_int_equal(unlinkat(t->fd, "m.mstack/layer@5.v", AT_REMOVEDIR), 0);
        tree_dir(t, "/m.mstack/two\nlines");
        check_fails(t, "/m.mstack", "'two\\x0alines'");
        assert_false(mstack_is_one(fd));
}

static void test_look(void **state)
{
        struct tree *t = *state;
        _cleanup_close_ int fd = -EBADF;
        _cleanup_stack_ struct stack s = {};

        tree_dir(t, "/l.mstack");
        tree_dir(t, "/base");
        tree_dir(t, "/l.mstack/layer@10");
        tree_link(t, "/l.mstack/layer@9.raw", "../gone.raw");
        tree_link(t, "/l.mstack/layer@8", "/base");
        tree_link(t, "/l.mstack/layer@7", "layer@7");
        tree_dir(t, "/l.mstack/layer@6.v");
        tree_dir(t, "/l.mstack/usr");
        tree_link(t, "/l.mstack/rw", "/gone");
        fd = openat(t->fd, "l.mstack", O_PATH | O_DIRECTORY | O_CLOEXEC);
        assert_int_equal(mstack_look(t->fd, fd, "/l.mstack", &s), 0);
        assert_int_equal(s.n, 6);
        assert_string_equal(s.parts[0].path, "/l.mstack/layer@6.v");
        assert_true(s.parts[0].missing && !s.parts[0].link);
        assert_non_null(strstr(s.parts[0].trouble, "'layer@6.v' has no version"));
        assert_string_equal(s.parts[1].path, "/l.mstack/layer@7");
        assert_true(s.parts[1].missing && s.parts[1].link);
        assert_string_equal(s.parts[1].trouble,
                            "Image '/l.mstack': its 'layer@7' is a symlink that leads in a circle");
        assert_string_equal(s.parts[2].path, "/base");
        assert_true(!s.parts[2].missing && s.parts[2].link && !s.parts[2].trouble);
        assert_string_equal(s.parts[3].path, "/l.mstack/../gone.raw");
        assert_true(s.parts[3].missing && s.parts[3].raw);
        assert_string_equal(s.parts[4].entry, "/l.mstack/layer@10");
        assert_int_equal(s.parts[4].fd, -EBADF);
        assert_int_equal(s.parts[5].use, STACK_RW);
        assert_true(s.parts[5].missing);
}

/* What cannot be shown is nothing, and no error. */
static void test_look_at_nothing(void **state)
{
        struct tree *t = *state;
        _cleanup_stack_ struct stack s = {};

        for (int i = 0; i <= MSTACK_ENTRIES_MAX; i++) {
                char path[64];

                snprintf(path, sizeof(path), "/layer@%i", i);
                tree_dir(t, path);
        }
        assert_int_equal(mstack_look(t->fd, t->fd, "/", &s), 0);
        assert_int_equal(s.n, 0);
}

static void test_too_many(void **state)
{
        struct tree *t = *state;

        tree_dir(t, "/many.mstack");
        for (int i = 0; i <= MSTACK_ENTRIES_MAX; i++) {
                char path[64];

                snprintf(path, sizeof(path), "/many.mstack/layer@%i", i);
                tree_dir(t, path);
        }
        check_fails(t, "/many.mstack", "more than 128 entries");
}

/* What the list says: kind, name, read-only. */
static void test_found(void **state)
{
        static const struct {
                const char *entries[3];
                bool read_only;
        } table[] = {
                {{"layer@0", "layer@1"}, true},
                {{"layer@0"}, false},
                {{"layer@0.raw"}, true},
                {{"layer@0", "layer@1", "rw"}, false},
                {{"layer@0", "root"}, false},
                {{"bind@a"}, false},
                {{"layer@0", "layer@1", "robind@a"}, true},
                {{"layer@0", "layer@1", "usr"}, false},
                {{NULL}, false},
        };
        struct tree *t = *state;

        for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
                _cleanup_image_ struct image *image = NULL;
                char path[64], name[32];

                snprintf(name, sizeof(name), "i%zu", i);
                snprintf(path, sizeof(path), "/var/lib/portables/%s.mstack", name);
                tree_dir(t, path);
                for (size_t k = 0; k < 3 && table[i].entries[k]; k++) {
                        _cleanup_free_ char *entry = path_join(path, table[i].entries[k]);

                        tree_dir(t, entry);
                }
                assert_int_equal(image_find(t->fd, &layout_system, name, &image, NULL, NULL), 0);
                assert_int_equal(image->type, IMAGE_MSTACK);
                assert_string_equal(image->name, name);
                assert_string_equal(image->path, path);
                assert_int_equal(image->read_only, table[i].read_only);
                assert_int_equal(image->usage, UINT64_MAX);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_names),
                cmocka_unit_test(test_other_names),
                cmocka_unit_test(test_order),
                cmocka_unit_test_setup_teardown(test_read, tree_setup, tree_teardown),
                cmocka_unit_test_setup_teardown(test_look, tree_setup, tree_teardown),
                cmocka_unit_test_setup_teardown(test_look_at_nothing, tree_setup, tree_teardown),
                cmocka_unit_test_setup_teardown(test_too_many, tree_setup, tree_teardown),
                cmocka_unit_test_setup_teardown(test_found, tree_setup, tree_teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
