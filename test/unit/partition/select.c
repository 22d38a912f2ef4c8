/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include <errno.h>
#include <stdio.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "partition/gpt-type.h"
#include "partition/select.h"

/* One partition a line of a test: type, label, no-auto. */
struct line {
        enum designator designator;
        const char *architecture, *label;
        bool no_auto;
};

#define N_MAX 8

/* The number of the partition chosen for d, 0 if none. */
static unsigned chosen(const struct line *lines, size_t n, const char *architecture, enum designator d)
{
        _cleanup_error_ struct error error = {};
        struct partition items[N_MAX] = {};
        struct partition_table t = {.kind = TABLE_GPT, .items = items, .n = n};
        struct selection s = {};

        for (size_t i = 0; i < n; i++) {
                items[i].number = (unsigned)i + 1;
                items[i].designator = lines[i].designator;
                items[i].architecture = lines[i].architecture;
                items[i].label = (char *)lines[i].label;
                items[i].no_auto = lines[i].no_auto;
        }
        if (partitions_select(&t, "x", architecture, &s, &error) < 0)
                return 0;
        return s.by[d] ? s.by[d]->number : 0;
}

#define CHOSEN(architecture, d, ...) \
        chosen((const struct line[]){__VA_ARGS__}, ELEMENTSOF(((const struct line[]){__VA_ARGS__})), \
               architecture, d)

static void test_newest_label(void **state)
{
        static const char x[] = "x86-64";

        assert_int_equal(CHOSEN(x, DESIGNATOR_ROOT, {DESIGNATOR_ROOT, x, "app_1"},
                                {DESIGNATOR_ROOT, x, "app_10"}, {DESIGNATOR_ROOT, x, "app_9"}),
                         2);
        assert_int_equal(CHOSEN(x, DESIGNATOR_ROOT, {DESIGNATOR_ROOT, x}, {DESIGNATOR_ROOT, x}), 1);
        assert_int_equal(CHOSEN(x, DESIGNATOR_ROOT, {DESIGNATOR_ROOT, x}, {DESIGNATOR_ROOT, x, "a"}), 2);
        assert_int_equal(
                CHOSEN(x, DESIGNATOR_ROOT, {DESIGNATOR_ROOT, x, "a_1"}, {DESIGNATOR_ROOT, x, "a_2", true}),
                1);
        assert_int_equal(CHOSEN(x, DESIGNATOR_HOME, {DESIGNATOR_ROOT, x}, {DESIGNATOR_HOME, NULL, "_empty"},
                                {DESIGNATOR_HOME, NULL, "a"}),
                         3);
}

static void test_architectures(void **state)
{
        static const char x[] = "x86-64", i[] = "x86", a[] = "arm64";

        /* Its own before the secondary, whatever the labels say; never a foreign one. */
        assert_int_equal(CHOSEN(x, DESIGNATOR_ROOT, {DESIGNATOR_ROOT, i, "z"}, {DESIGNATOR_ROOT, a, "z"},
                                {DESIGNATOR_ROOT, x, "a"}),
                         3);
        assert_int_equal(CHOSEN(x, DESIGNATOR_ROOT, {DESIGNATOR_ROOT, a, "z"}, {DESIGNATOR_ROOT, i, "a"}),
                         2);
        assert_int_equal(CHOSEN(i, DESIGNATOR_ROOT, {DESIGNATOR_ROOT, x, "z"}, {DESIGNATOR_ROOT, i, "a"}),
                         2);
        assert_int_equal(CHOSEN(i, DESIGNATOR_ROOT, {DESIGNATOR_ROOT, x, "z"}), 0);
        assert_int_equal(CHOSEN(NULL, DESIGNATOR_ROOT, {DESIGNATOR_ROOT, x, "z"}), 0);
        assert_int_equal(CHOSEN(NULL, DESIGNATOR_ROOT, {DESIGNATOR_LINUX}), 1);
        /* Partners go with their data partition. */
        assert_int_equal(
                CHOSEN(x, DESIGNATOR_ROOT_VERITY, {DESIGNATOR_ROOT, x}, {DESIGNATOR_ROOT_VERITY, i}), 0);
        assert_int_equal(
                CHOSEN(x, DESIGNATOR_ROOT_VERITY, {DESIGNATOR_ROOT, i}, {DESIGNATOR_ROOT_VERITY, i}), 2);
}

static void test_generic(void **state)
{
        static const char x[] = "x86-64";

        assert_int_equal(CHOSEN(x, DESIGNATOR_ROOT, {DESIGNATOR_ESP}, {DESIGNATOR_LINUX}, {DESIGNATOR_SWAP}),
                         2);
        assert_int_equal(CHOSEN(x, DESIGNATOR_ROOT, {DESIGNATOR_LINUX}, {DESIGNATOR_LINUX}), 0);
        assert_int_equal(CHOSEN(x, DESIGNATOR_ROOT, {DESIGNATOR_LINUX}, {DESIGNATOR_LINUX, .no_auto = true}),
                         1);
        assert_int_equal(
                CHOSEN(x, DESIGNATOR_ROOT, {DESIGNATOR_LINUX}, {DESIGNATOR_LINUX}, {DESIGNATOR_ROOT, x}), 3);
        /* With a /usr of its own the image needs no root. */
        assert_int_equal(CHOSEN(x, DESIGNATOR_ROOT, {DESIGNATOR_LINUX}, {DESIGNATOR_USR, x}), 0);
        assert_int_equal(CHOSEN(x, DESIGNATOR_USR, {DESIGNATOR_LINUX}, {DESIGNATOR_USR, x}), 2);
}

static void test_type_table(void **state)
{
        const char *architecture;
        size_t n = 0;

        assert_int_equal(gpt_type_lookup("4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709", &architecture),
                         DESIGNATOR_ROOT);
        assert_string_equal(architecture, "x86-64");
        assert_int_equal(gpt_type_lookup("e7bb33fb-06cf-4e81-8273-e543b413e2e2", &architecture),
                         DESIGNATOR_USR_VERITY_SIG);
        assert_string_equal(architecture, "x86-64");
        assert_int_equal(gpt_type_lookup("00000000-0000-0000-0000-000000000000", &architecture),
                         DESIGNATOR_OTHER);
        assert_null(architecture);
        /* What is looked up there and back again is the same, and no two types are. */
        for (int d = 0; d < DESIGNATOR_POLICY_MAX; d++) {
                static const char *const names[] = {"x86-64", "x86",      "arm64",      "riscv64",
                                                    "s390x",  "ppc64-le", "loongarch64"};

                for (size_t i = 0; i < ELEMENTSOF(names); i++) {
                        const char *uuid = gpt_type_uuid((enum designator)d, names[i]);

                        assert_non_null(uuid);
                        assert_int_equal(strlen(uuid), 36);
                        assert_int_equal(gpt_type_lookup(uuid, &architecture), d);
                        if (architecture)
                                assert_string_equal(architecture, names[i]);
                        n++;
                }
        }
        assert_int_equal(n, 7 * DESIGNATOR_POLICY_MAX);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_newest_label),
                cmocka_unit_test(test_architectures),
                cmocka_unit_test(test_generic),
                cmocka_unit_test(test_type_table),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
