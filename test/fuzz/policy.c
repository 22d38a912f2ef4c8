/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Up to three image policies. What is printed is read as the same; intersection and union are what sets make
 * of them. */

#include "policy/policy.h"

#include <errno.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/path.h"
#include "fuzz.h"

static const struct image_policy everything = {.rest = {true, POLICY_OPEN}};

static bool parse(const char *s, struct image_policy *ret)
{
        _cleanup_error_ struct error error = {};
        int r = image_policy_parse(s, ret, &error);

        fuzz_check(r == 0 || (r == -EINVAL && error_is_set(&error)));
        if (r < 0)
                fuzz_check_message(error_message(&error));
        return r == 0;
}

static bool intersect(const struct image_policy *a, const struct image_policy *b, struct image_policy *ret)
{
        _cleanup_error_ struct error error = {};
        int r = image_policy_intersect(a, b, ret, &error);

        fuzz_check(r == 0 || (r == -EINVAL && error_is_set(&error)));
        return r == 0;
}

static void check_printed(const struct image_policy *p)
{
        _cleanup_free_ char *text = image_policy_to_string(p), *again = NULL;
        struct image_policy back;

        fuzz_check(text && parse(text, &back));
        fuzz_check(image_policy_equal(p, &back));
        again = image_policy_to_string(&back);
        fuzz_check(again && strcmp(text, again) == 0);
}

static void check_one(const struct image_policy *p)
{
        struct image_policy q, shorter = *p;

        check_printed(p);
        image_policy_simplify(&shorter);
        fuzz_check(image_policy_equal(p, &shorter));
        check_printed(&shorter);
        fuzz_check(image_policy_equal(p, p));
        image_policy_union(p, p, &q);
        fuzz_check(image_policy_equal(p, &q));
        if (intersect(p, p, &q))
                fuzz_check(image_policy_equal(p, &q));
        if (intersect(p, &everything, &q))
                fuzz_check(image_policy_equal(p, &q));
}

static void check_two(const struct image_policy *a, const struct image_policy *b)
{
        struct image_policy both, other, either;
        bool fit = intersect(a, b, &both);

        fuzz_check(fit == intersect(b, a, &other));
        image_policy_union(a, b, &either);
        for (int d = 0; d < DESIGNATOR_POLICY_MAX; d++) {
                uint32_t x = image_policy_get(a, (enum designator)d),
                         y = image_policy_get(b, (enum designator)d);

                fuzz_check(image_policy_get(&either, (enum designator)d) == (x | y));
                if (fit)
                        fuzz_check(image_policy_get(&both, (enum designator)d) == (x & y));
        }
        if (fit) {
                fuzz_check(image_policy_equal(&both, &other));
                check_printed(&both);
        }
        check_printed(&either);
        image_policy_union(b, a, &other);
        fuzz_check(image_policy_equal(&either, &other));
}

static void check_three(const struct image_policy *a, const struct image_policy *b,
                        const struct image_policy *c)
{
        struct image_policy ab, bc, left, right;

        if (intersect(a, b, &ab) && intersect(b, c, &bc)) {
                bool fit = intersect(&ab, c, &left);

                fuzz_check(fit == intersect(a, &bc, &right));
                if (fit)
                        fuzz_check(image_policy_equal(&left, &right));
        }
        image_policy_union(a, b, &ab);
        image_policy_union(b, c, &bc);
        image_policy_union(&ab, c, &left);
        image_policy_union(a, &bc, &right);
        fuzz_check(image_policy_equal(&left, &right));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct image_policy p[3];
        struct fuzz_strings s;
        size_t n = 0;

        fuzz_strings_begin(&s, data, size);
        for (int i = 0; i < 3; i++)
                if (parse(fuzz_strings_next(&s), p + n))
                        n++;
        fuzz_strings_end(&s);
        for (size_t i = 0; i < n; i++) {
                check_one(p + i);
                for (size_t j = 0; j < i; j++)
                        check_two(p + i, p + j);
        }
        if (n == 3)
                check_three(p, p + 1, p + 2);
        return 0;
}
