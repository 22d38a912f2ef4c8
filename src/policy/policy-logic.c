/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "basic/error.h"
#include "policy/policy.h"

/* What can be said about a partition at all: only root and usr have verity, and nothing protects the
 * partners. */
static uint32_t designator_mask(enum designator d)
{
        if (designator_of_verity(d) >= 0)
                return ~(uint32_t)(POLICY_VERITY | POLICY_SIGNED | POLICY_ENCRYPTED |
                                   POLICY_ENCRYPTED_WITH_INTEGRITY);
        if (designator_verity(d) >= 0)
                return UINT32_MAX;
        return ~(uint32_t)(POLICY_VERITY | POLICY_SIGNED);
}

/* systemd.image-policy(7): no use flag means all of them, and the same for each pair and for file systems.
 */
static uint32_t flags_complete(uint32_t flags)
{
        if (!(flags & POLICY_USE_MASK))
                flags |= POLICY_OPEN;
        if (!(flags & POLICY_READ_ONLY_MASK))
                flags |= POLICY_READ_ONLY_MASK;
        if (!(flags & POLICY_GROWFS_MASK))
                flags |= POLICY_GROWFS_MASK;
        if (!(flags & POLICY_FILESYSTEM_MASK))
                flags |= POLICY_FILESYSTEM_MASK;
        return flags;
}

/* A verity partner without a rule of its own must be there when its data partition needs it. Returns 0 if
 * that dictates nothing. */
static uint32_t partner_flags(const struct image_policy *p, enum designator d)
{
        uint32_t needs = POLICY_SIGNED, data;
        int base = designator_of_verity(d);

        if (base < 0 || !p->rules[base].listed)
                return 0;
        if (designator_verity((enum designator)base) == (int)d)
                needs |= POLICY_VERITY;
        data = flags_complete(p->rules[base].flags);
        if (!(data & needs))
                return 0;
        return POLICY_UNPROTECTED | (data & (POLICY_IGNORE | POLICY_READ_ONLY_MASK | POLICY_GROWFS_MASK)) |
               POLICY_FILESYSTEM_MASK;
}

uint32_t image_policy_get(const struct image_policy *p, enum designator d)
{
        uint32_t flags;

        if (p->rules[d].listed)
                return flags_complete(p->rules[d].flags) & designator_mask(d);
        flags = partner_flags(p, d);
        if (flags)
                return flags;
        flags = p->rest.listed ? p->rest.flags : POLICY_IGNORE;
        return flags_complete(flags) & designator_mask(d);
}

static uint32_t rest_get(const struct image_policy *p)
{
        return flags_complete(p->rest.listed ? p->rest.flags : POLICY_IGNORE);
}

bool image_policy_equal(const struct image_policy *a, const struct image_policy *b)
{
        for (int d = 0; d < DESIGNATOR_POLICY_MAX; d++)
                if (image_policy_get(a, (enum designator)d) != image_policy_get(b, (enum designator)d))
                        return false;
        return true;
}

/* Whether none of what flags_complete() asks for is missing. */
static bool flags_fit_something(uint32_t flags)
{
        return (flags & POLICY_USE_MASK) && (flags & POLICY_READ_ONLY_MASK) &&
               (flags & POLICY_GROWFS_MASK) && (flags & POLICY_FILESYSTEM_MASK);
}

int image_policy_intersect(const struct image_policy *a, const struct image_policy *b,
                           struct image_policy *ret, struct error *error)
{
        struct image_policy p = {};

        for (int d = 0; d < DESIGNATOR_POLICY_MAX; d++) {
                uint32_t flags =
                        image_policy_get(a, (enum designator)d) & image_policy_get(b, (enum designator)d);

                if (!flags_fit_something(flags))
                        return error_set(error, ERROR_INVALID_ARGS, EINVAL,
                                         "The image policies contradict each other: no '%s' partition would "
                                         "fit both",
                                         designator_to_string((enum designator)d));
                p.rules[d] = (struct policy_rule){true, flags};
        }
        p.rest.listed = true;
        p.rest.flags = rest_get(a) & rest_get(b);
        if (!flags_fit_something(p.rest.flags))
                p.rest.flags = POLICY_ABSENT; /* every designator has a rule already */
        image_policy_simplify(&p);
        *ret = p;
        return 0;
}

/* Where nothing fits (a protection that such a partition cannot have) the rule must go on to say so: without
 * any use it would stand for all of them. */
static uint32_t union_flags(const struct image_policy *a, const struct image_policy *b, enum designator d)
{
        uint32_t flags = image_policy_get(a, d) | image_policy_get(b, d);

        return flags & POLICY_USE_MASK ? flags : flags | POLICY_VERITY;
}

void image_policy_union(const struct image_policy *a, const struct image_policy *b, struct image_policy *ret)
{
        struct image_policy p = {.rest = {true, rest_get(a) | rest_get(b)}};

        for (int d = 0; d < DESIGNATOR_POLICY_MAX; d++)
                p.rules[d] = (struct policy_rule){true, union_flags(a, b, (enum designator)d)};
        image_policy_simplify(&p);
        *ret = p;
}

uint32_t policy_flags_without_pairs(uint32_t flags)
{
        if ((flags & POLICY_READ_ONLY_MASK) == POLICY_READ_ONLY_MASK)
                flags &= ~(uint32_t)POLICY_READ_ONLY_MASK;
        if ((flags & POLICY_GROWFS_MASK) == POLICY_GROWFS_MASK)
                flags &= ~(uint32_t)POLICY_GROWFS_MASK;
        if ((flags & POLICY_FILESYSTEM_MASK) == POLICY_FILESYSTEM_MASK)
                flags &= ~(uint32_t)POLICY_FILESYSTEM_MASK;
        return flags;
}

/* Back to the shortest way to write it. */
static uint32_t flags_shorten(uint32_t flags)
{
        flags = policy_flags_without_pairs(flags);
        if ((flags & POLICY_USE_MASK) == POLICY_OPEN && (flags & ~(uint32_t)POLICY_USE_MASK))
                flags &= ~(uint32_t)POLICY_USE_MASK;
        return flags;
}

void image_policy_simplify(struct image_policy *p)
{
        if (p->rest.listed)
                p->rest.flags = flags_shorten(flags_complete(p->rest.flags));
        /* Partners first: what they follow must still be there to compare with. */
        for (int d = DESIGNATOR_POLICY_MAX - 1; d >= 0; d--) {
                struct image_policy without = *p;

                if (!p->rules[d].listed)
                        continue;
                p->rules[d].flags = flags_shorten(flags_complete(p->rules[d].flags));
                without.rules[d].listed = false;
                if (image_policy_equal(p, &without))
                        p->rules[d].listed = false;
        }
}
