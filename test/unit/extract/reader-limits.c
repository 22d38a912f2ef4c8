/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/strv.h"
#include "extract/reader.h"

#include "reading.h"

#define UNITS "usr/lib/systemd/system/"

static void make_units(const struct tree *t, unsigned n, const char *suffix, size_t size)
{
        char path[64];

        for (unsigned i = 0; i < n; i++) {
                snprintf(path, sizeof(path), UNITS "u%u%s", i, suffix);
                tree_file_size(t, path, size);
        }
}

static void test_limit_size(void **state)
{
        _cleanup_tree_ struct tree t = {};
        _cleanup_metadata_ struct metadata *m = NULL, *others = NULL;
        char *matches[] = {(char *)"x", NULL};

        tree_make_large(&t);
        make_units(&t, 1, ".service", EXTRACT_UNIT_SIZE_MAX);
        m = read_tree(&t, NULL);
        assert_int_equal(m->units[0].size, EXTRACT_UNIT_SIZE_MAX);
        make_units(&t, 1, ".service", EXTRACT_UNIT_SIZE_MAX + 1);
        assert_fails(&t, EFBIG, "unit 'u0.service' is 1048577 bytes large, more than the 1048576 allowed");
        /* Nobody asked for that one. */
        others = read_tree(&t, matches);
        assert_int_equal(others->n_units, 0);
}

static void test_limit_total(void **state)
{
        unsigned n = EXTRACT_TOTAL_SIZE_MAX / EXTRACT_UNIT_SIZE_MAX;
        _cleanup_tree_ struct tree t = {};
        _cleanup_metadata_ struct metadata *m = NULL;

        tree_make_large(&t);
        make_units(&t, n, ".timer", EXTRACT_UNIT_SIZE_MAX);
        m = read_tree(&t, NULL);
        assert_int_equal(m->n_units, n);
        make_units(&t, 1, ".socket", 1);
        assert_fails(&t, EFBIG, "the unit files are together larger than the 16777216 bytes allowed");
}

static void test_limit_units(void **state)
{
        _cleanup_tree_ struct tree t = {};
        _cleanup_metadata_ struct metadata *m = NULL;

        tree_make_large(&t);
        make_units(&t, EXTRACT_UNITS_MAX, ".service", 1);
        m = read_tree(&t, NULL);
        assert_int_equal(m->n_units, EXTRACT_UNITS_MAX);
        make_units(&t, 1, ".socket", 1);
        assert_fails(&t, E2BIG, "more than the 1024 unit files allowed match");
}

/* Those that nobody asked for cost nothing, and enough of their names are known to tell of them. */
static void test_units_of_others(void **state)
{
        _cleanup_tree_ struct tree t = {};
        _cleanup_metadata_ struct metadata *m = NULL, *none = NULL;
        char *matches[] = {(char *)"u7", NULL}, *others[] = {(char *)"x", NULL};

        tree_make_large(&t);
        make_units(&t, EXTRACT_NAMES_MAX + 2000, ".service", 1);
        m = read_tree(&t, matches);
        assert_int_equal(m->n_units, 1);
        assert_string_equal(m->units[0].name, "u7.service");
        none = read_tree(&t, others);
        assert_int_equal(none->n_units, 0);
        assert_int_equal(strv_length(none->unit_names), EXTRACT_NAMES_MAX);
}

static void test_limit_entries(void **state)
{
        _cleanup_tree_ struct tree t = {};
        _cleanup_metadata_ struct metadata *m = NULL;

        tree_make_large(&t);
        make_units(&t, EXTRACT_ENTRIES_MAX, "", 0);
        m = read_tree(&t, NULL);
        assert_int_equal(m->n_units, 0);
        make_units(&t, 100000, ".conf", 0);
        assert_fails(&t, E2BIG,
                     "more than 65536 entries in the directories to read (the last is "
                     "'/usr/lib/systemd/system')");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_limit_size),    cmocka_unit_test(test_limit_total),
                cmocka_unit_test(test_limit_units),   cmocka_unit_test(test_units_of_others),
                cmocka_unit_test(test_limit_entries),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
