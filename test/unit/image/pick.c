/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/path.h"
#include "image/image.h"
#include "image/pick.h"

static void check_pattern(int r, struct pick_pattern *p, const char *base, const char *suffix, bool raw)
{
        assert_int_equal(r, 0);
        assert_string_equal(p->base, base);
        assert_string_equal(p->suffix, suffix);
        assert_int_equal(p->want_raw, raw);
        assert_int_equal(p->want_directory, !raw);
        pick_pattern_clear(p);
}

static void test_patterns(void **state)
{
        struct pick_pattern p = {0};

        check_pattern(pick_pattern_from_directory("x.v", &p), &p, "x", "", false);
        check_pattern(pick_pattern_from_directory("x.raw.v", &p), &p, "x", ".raw", true);
        check_pattern(pick_pattern_from_directory(".raw.v", &p), &p, ".raw", "", false);
        check_pattern(pick_pattern_from_directory("x.v.v", &p), &p, "x.v", "", false);
        check_pattern(pick_pattern_from_file("x___.raw", &p), &p, "x", ".raw", true);
        check_pattern(pick_pattern_from_file("x___", &p), &p, "x", "", false);
        check_pattern(pick_pattern_from_file("x____.raw", &p), &p, "x_", ".raw", true);
        check_pattern(pick_pattern_from_file("a___b___.c", &p), &p, "a___b", ".c", false);
        assert_int_equal(pick_pattern_from_directory("x", &p), -EINVAL);
        assert_int_equal(pick_pattern_from_directory(".v", &p), -EINVAL);
        assert_int_equal(pick_pattern_from_directory("", &p), -EINVAL);
        assert_int_equal(pick_pattern_from_file("x__.raw", &p), -EINVAL);
        assert_int_equal(pick_pattern_from_file("___.raw", &p), -EINVAL);
        assert_int_equal(pick_pattern_from_file("", &p), -EINVAL);
}

static void check_parsed(const char *file, const char *suffix, const char *version,
                         enum architecture_fit fit, uint32_t left, uint32_t done)
{
        struct pick_candidate c;

        if (!pick_parse(file, "t", suffix, "x86-64", &c))
                fail_msg("'%s' does not fit", file);
        assert_ptr_equal(c.file, file);
        assert_int_equal(c.version_length, strlen(version));
        assert_memory_equal(c.version, version, strlen(version));
        assert_int_equal(c.fit, fit);
        assert_int_equal(c.tries_left, left);
        assert_int_equal(c.tries_done, done);
}

static void test_parse(void **state)
{
        static const char *const bad[] = {
                "t",
                "t_",
                "t1",
                "t-1",
                "T_1",
                "tt_1",
                "t_1_arm64",
                "t_1_s390x+1",
                "t_+1",
                "t__x86-64",
                "t_1+",
                "t_1+x",
                "t_1+-1",
                "t_1+1-",
                "t_1+1-x",
                "t_1+1-2-3",
                "t_1+1+2",
                "t_1++1",
                "t_1+ 1",
                "t_1 ",
                "t_1+4294967296",
                "t_1+1-4294967296",
                "t_1+18446744073709551617",
                "t_1+1_x86-64",
                "t_1_x86_64",
                "t_1_x86-64_1",
                "t_1__x86-64",
                "t_2\xce\xb1",
        };
        struct pick_candidate c;

        check_parsed("t_1", "", "1", ARCHITECTURE_NONE, UINT32_MAX, 0);
        check_parsed("t_7.5.14_x86-64.raw", ".raw", "7.5.14", ARCHITECTURE_NATIVE, UINT32_MAX, 0);
        check_parsed("t_7.7.0_x86-64+0-5.raw", ".raw", "7.7.0", ARCHITECTURE_NATIVE, 0, 5);
        check_parsed("t_1_x86+3", "", "1", ARCHITECTURE_SECONDARY, 3, 0);
        check_parsed("t_1+3-2", "", "1", ARCHITECTURE_NONE, 3, 2);
        check_parsed("t_1+007", "", "1", ARCHITECTURE_NONE, 7, 0);
        check_parsed("t_1-1~rc^2", "", "1-1~rc^2", ARCHITECTURE_NONE, UINT32_MAX, 0);
        check_parsed("t_1_beta", "", "1", ARCHITECTURE_NONE, UINT32_MAX, 0);
        check_parsed("t_1.raw", "", "1.raw", ARCHITECTURE_NONE, UINT32_MAX, 0);
        for (size_t i = 0; i < ELEMENTSOF(bad); i++)
                if (pick_parse(bad[i], "t", "", "x86-64", &c))
                        fail_msg("'%s' fits", bad[i]);
        assert_false(pick_parse("t_.raw", "t", ".raw", "x86-64", &c));
        assert_false(pick_parse("t.raw", "t", ".raw", "x86-64", &c));
        assert_false(pick_parse("t_1.ra", "t", ".raw", "x86-64", &c));
        assert_false(pick_parse("", "t", "", "x86-64", &c));
        assert_true(pick_parse("a_b_1", "a_b", "", "x86-64", &c));
}

static void test_architectures(void **state)
{
        assert_int_equal(architecture_fit("arm64", 5, "arm64"), ARCHITECTURE_NATIVE);
        assert_int_equal(architecture_fit("arm", 3, "arm64"), ARCHITECTURE_SECONDARY);
        assert_int_equal(architecture_fit("arm64", 3, "arm64"), ARCHITECTURE_SECONDARY);
        assert_int_equal(architecture_fit("x86-64", 6, "x86"), ARCHITECTURE_FOREIGN);
        assert_int_equal(architecture_fit("x86", 3, "x86"), ARCHITECTURE_NATIVE);
        assert_int_equal(architecture_fit("riscv64", 7, "riscv64"), ARCHITECTURE_NATIVE);
        assert_int_equal(architecture_fit("x86-64", 6, NULL), ARCHITECTURE_FOREIGN);
        assert_int_equal(architecture_fit("x86_64", 6, "x86-64"), ARCHITECTURE_NONE);
        assert_int_equal(architecture_fit("", 0, "x86-64"), ARCHITECTURE_NONE);
}

static void check_better(const char *a, const char *b)
{
        struct pick_candidate x, y;

        assert_true(pick_parse(a, "t", "", "x86-64", &x));
        assert_true(pick_parse(b, "t", "", "x86-64", &y));
        if (pick_compare(&x, &y) <= 0 || pick_compare(&y, &x) >= 0)
                fail_msg("'%s' is not better than '%s'", a, b);
}

/* What systemd-vpick(1) of systemd 262 picks of these. */
static void test_compare(void **state)
{
        check_better("t_10", "t_9");
        check_better("t_1", "t_2+0-3");
        check_better("t_2+0-3", "t_1+0-1");
        check_better("t_1_x86-64", "t_1_x86");
        check_better("t_1_x86", "t_1_zoo");
        check_better("t_2_x86", "t_1_x86-64");
        check_better("t_1_x86-64+1", "t_1");
        check_better("t_1_x86-64+1", "t_1_x86+3");
        check_better("t_1", "t_1_x86-64+0");
        check_better("t_1", "t_1+3");
        check_better("t_1+3", "t_1+2");
        check_better("t_1+3-9", "t_1+2-0");
        check_better("t_1+3", "t_1+3-1");
        check_better("t_1+3-0", "t_1+3");
        check_better("t_1+0", "t_1+0-1");
        check_better("t_1.00", "t_1.0");
        check_better("t_1", "t_01");
        check_better("t_1_zoo", "t_1");
}

static void test_compare_is_order(void **state)
{
        static const char *const parts[3][8] = {
                {"1", "01", "2", "1.0", "1~", "1-a", "a", "10"},
                {"", "", "_x86-64", "_x86", "_zoo", "", "_native", "_"},
                {"", "", "+0", "+1", "+3-1", "+3-0", "+0-1", "+3"},
        };
        enum { N = 150 };
        char files[N][32];
        struct pick_candidate c[N];

        srandom(2);
        for (size_t i = 0; i < N; i++) {
                snprintf(files[i], sizeof(files[i]), "t_%s%s%s", parts[0][random() % 8],
                         parts[1][random() % 8], parts[2][random() % 8]);
                assert_true(pick_parse(files[i], "t", "", "x86-64", &c[i]));
        }
        for (size_t i = 0; i < N; i++)
                for (size_t j = 0; j < N; j++) {
                        int x = pick_compare(&c[i], &c[j]), y = pick_compare(&c[j], &c[i]);

                        assert_int_equal((x > 0) - (x < 0), (y < 0) - (y > 0));
                        assert_int_equal(x == 0, strcmp(files[i], files[j]) == 0);
                        for (size_t k = 0; k < N; k++)
                                if (x < 0 && pick_compare(&c[j], &c[k]) < 0 &&
                                    pick_compare(&c[i], &c[k]) >= 0)
                                        fail_msg("%s < %s < %s", files[i], files[j], files[k]);
                }
}

/* Opens the pick of /v by the pattern for the directory name; expected NULL: there is none. */
static void check_pick(struct tree *t, const char *name, bool any, const char *expected)
{
        _cleanup_pick_pattern_ struct pick_pattern p = {0};
        _cleanup_close_ int dir = openat(t->fd, "v", O_PATH | O_DIRECTORY | O_CLOEXEC), fd = -EBADF;
        _cleanup_free_ char *path = NULL;
        struct image_id link;
        struct stat a, b;

        assert_int_equal(pick_pattern_from_directory(name, &p), 0);
        p.want_raw = p.want_raw || any;
        if (!expected) {
                assert_int_equal(pick_open(t->fd, dir, &p, &fd, &path, &link), -ENOMEDIUM);
                assert_null(path);
                return;
        }
        assert_int_equal(pick_open(t->fd, dir, &p, &fd, &path, &link), 0);
        assert_string_equal(path_base(path), expected);
        assert_int_equal(fstat(fd, &a), 0);
        assert_int_equal(fstatat(dir, expected, &b, 0), 0);
        assert_int_equal(a.st_ino, b.st_ino);
}

static void test_open(void **state)
{
        struct tree *t = *state;

        tree_dir(t, "/v");
        check_pick(t, "x.v", true, NULL);
        tree_dir(t, "/v/x_1");
        tree_file(t, "/v/x_2", "a file where a directory should be");
        tree_dir(t, "/v/x_3_cris");
        tree_dir(t, "/v/other_9");
        tree_link(t, "/v/x_5", "/gone");
        check_pick(t, "x.v", false, "x_1");
        check_pick(t, "x.v", true, "x_1");
        check_pick(t, "x.raw.v", false, NULL);
        tree_link(t, "/v/x_1.5", "x_1");
        check_pick(t, "x.v", false, "x_1.5");
        tree_file(t, "/v/x_7.raw", "");
        check_pick(t, "x.v", false, "x_1.5");
        check_pick(t, "x.v", true, "x_7.raw");
        tree_dir(t, "/v/x_9.raw");
        check_pick(t, "x.raw.v", false, "x_7.raw");
        check_pick(t, "x.v", false, "x_9.raw");
        assert_int_equal(mkfifoat(t->fd, "v/x_8.raw", 0644), 0);
        check_pick(t, "x.raw.v", false, "x_7.raw");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_patterns),
                cmocka_unit_test(test_parse),
                cmocka_unit_test(test_architectures),
                cmocka_unit_test(test_compare),
                cmocka_unit_test(test_compare_is_order),
                cmocka_unit_test_setup_teardown(test_open, tree_setup, tree_teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
