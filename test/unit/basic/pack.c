/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include <errno.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/pack.h"
#include "basic/strv.h"

static void test_round_trip(void **state)
{
        _cleanup_pack_ struct pack p = {};
        char *list[] = {(char *)"a", (char *)"", NULL};
        _cleanup_error_ struct error e = {}, back = {};
        _cleanup_free_ char *s = NULL, *null = NULL, *bytes = NULL;
        _cleanup_strv_ char **l = NULL;
        struct unpack u;
        size_t n;

        error_set(&e, ERROR_UNIT_EXISTS, EEXIST, "there");
        pack_u32(&p, 7);
        pack_u64(&p, UINT64_MAX);
        pack_string(&p, "x");
        pack_string(&p, NULL);
        pack_bytes(&p, "a\0b", 3);
        pack_strv(&p, list);
        pack_error(&p, &e);
        assert_false(p.failed);

        u = (struct unpack){.data = p.data, .size = p.size};
        assert_int_equal(unpack_u32(&u), 7);
        assert_true(unpack_u64(&u) == UINT64_MAX);
        s = unpack_string(&u);
        assert_string_equal(s, "x");
        null = unpack_string(&u);
        assert_null(null);
        bytes = unpack_bytes(&u, &n);
        assert_int_equal(n, 3);
        assert_memory_equal(bytes, "a\0b", 4);
        l = unpack_strv(&u);
        assert_int_equal(strv_length(l), 2);
        unpack_error(&u, &back);
        assert_int_equal(back.kind, ERROR_UNIT_EXISTS);
        assert_string_equal(back.message, "there");
        assert_int_equal(unpack_finish(&u), 0);
}

/* Every cut of a good message is refused, and none reads past its end (ASan watches). */
static void test_truncated(void **state)
{
        _cleanup_pack_ struct pack p = {};
        char *list[] = {(char *)"one", (char *)"two", NULL};

        pack_strv(&p, list);
        pack_string(&p, "tail");
        for (size_t cut = 0; cut < p.size; cut++) {
                _cleanup_free_ uint8_t *copy = malloc(cut + 1);
                _cleanup_strv_ char **l = NULL;
                _cleanup_free_ char *s = NULL;
                struct unpack u = {.data = copy, .size = cut};

                assert_non_null(copy);
                memcpy(copy, p.data, cut);
                l = unpack_strv(&u);
                s = unpack_string_required(&u);
                assert_int_equal(unpack_finish(&u), -EBADMSG);
        }
}

static void test_hostile(void **state)
{
        static const uint8_t huge_count[] = {0xfe, 0xff, 0xff, 0xff, 0, 0, 0, 0};
        static const uint8_t nul_inside[] = {2, 0, 0, 0, 'a', 0};
        struct unpack u = {.data = huge_count, .size = sizeof(huge_count)};

        assert_null(unpack_strv(&u));
        assert_int_equal(unpack_finish(&u), -EBADMSG);
        u = (struct unpack){.data = nul_inside, .size = sizeof(nul_inside)};
        assert_null(unpack_string(&u));
        assert_int_equal(unpack_finish(&u), -EBADMSG);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_round_trip),
                cmocka_unit_test(test_truncated),
                cmocka_unit_test(test_hostile),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
