/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy/policy.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/path.h"
#include "basic/text.h"

#define BLANKS " \t\n\r"

/* In the order in which they are printed. */
static const struct {
        const char *name;
        uint32_t flags;
} flag_names[] = {
        {"verity", POLICY_VERITY},
        {"signed", POLICY_SIGNED},
        {"encrypted", POLICY_ENCRYPTED},
        {"encryptedwithintegrity", POLICY_ENCRYPTED_WITH_INTEGRITY},
        {"unprotected", POLICY_UNPROTECTED},
        {"unused", POLICY_UNUSED},
        {"absent", POLICY_ABSENT},
        {"read-only-on", POLICY_READ_ONLY_ON},
        {"read-only-off", POLICY_READ_ONLY_OFF},
        {"growfs-on", POLICY_GROWFS_ON},
        {"growfs-off", POLICY_GROWFS_OFF},
        {"btrfs", POLICY_BTRFS},
        {"erofs", POLICY_EROFS},
        {"ext4", POLICY_EXT4},
        {"f2fs", POLICY_F2FS},
        {"squashfs", POLICY_SQUASHFS},
        {"vfat", POLICY_VFAT},
        {"xfs", POLICY_XFS},
};

#define ANY_PROTECTION \
        (POLICY_UNPROTECTED | POLICY_VERITY | POLICY_SIGNED | POLICY_ENCRYPTED | \
         POLICY_ENCRYPTED_WITH_INTEGRITY)
#define ENCRYPTED_OR_NOT (POLICY_UNPROTECTED | POLICY_ENCRYPTED | POLICY_ENCRYPTED_WITH_INTEGRITY)

const struct image_policy image_policy_service = {
        .rules =
                {
                        [DESIGNATOR_ROOT] = {true, ANY_PROTECTION | POLICY_ABSENT},
                        [DESIGNATOR_USR] = {true, ANY_PROTECTION | POLICY_ABSENT},
                        [DESIGNATOR_HOME] = {true, ENCRYPTED_OR_NOT | POLICY_ABSENT},
                        [DESIGNATOR_SRV] = {true, ENCRYPTED_OR_NOT | POLICY_ABSENT},
                        [DESIGNATOR_TMP] = {true, ENCRYPTED_OR_NOT | POLICY_ABSENT},
                        [DESIGNATOR_VAR] = {true, ENCRYPTED_OR_NOT | POLICY_ABSENT},
                },
        .rest = {true, POLICY_IGNORE},
};

uint32_t policy_filesystem_flag(const char *fstype)
{
        for (size_t i = 0; i < ELEMENTSOF(flag_names); i++)
                if ((flag_names[i].flags & POLICY_FILESYSTEM_MASK) &&
                    strcmp(flag_names[i].name, fstype) == 0)
                        return flag_names[i].flags;
        return 0;
}

/* Cuts blanks off at both ends. */
static void trim(const char **s, size_t *n)
{
        while (*n > 0 && strchr(BLANKS, **s)) {
                (*s)++;
                (*n)--;
        }
        while (*n > 0 && strchr(BLANKS, (*s)[*n - 1]))
                (*n)--;
}

static int flag_parse(const char *name, size_t n, uint32_t *ret)
{
        if (n == strlen("open") && memcmp(name, "open", n) == 0) {
                *ret = POLICY_OPEN;
                return 0;
        }
        if (n == strlen("ignore") && memcmp(name, "ignore", n) == 0) {
                *ret = POLICY_IGNORE;
                return 0;
        }
        for (size_t i = 0; i < ELEMENTSOF(flag_names); i++)
                if (strlen(flag_names[i].name) == n && memcmp(flag_names[i].name, name, n) == 0) {
                        *ret = flag_names[i].flags;
                        return 0;
                }
        return -EINVAL;
}

static int policy_refuse(const char *policy, const char *what, const char *part, size_t n,
                         struct error *error)
{
        _cleanup_free_ char *copy = strndup(part, n), *escaped = NULL, *whole = text_escape(policy);

        escaped = copy ? text_escape(copy) : NULL;
        if (!escaped || !whole)
                return error_set_oom(error);
        return error_set(error, ERROR_INVALID_ARGS, EINVAL, "Invalid image policy '%s': %s '%s'", whole,
                         what, escaped);
}

/* "flag+flag"; none at all is fine. */
static int flags_parse(const char *policy, const char *s, size_t n, uint32_t *ret, struct error *error)
{
        uint32_t flags = 0;

        trim(&s, &n);
        if (n == 0) {
                *ret = 0;
                return 0;
        }
        for (;;) {
                const char *plus = memchr(s, '+', n), *name = s;
                size_t length = plus ? (size_t)(plus - s) : n;
                uint32_t flag;

                n -= plus ? length + 1 : length;
                s += plus ? length + 1 : length;
                trim(&name, &length);
                if (flag_parse(name, length, &flag) < 0)
                        return policy_refuse(policy, "there is no flag", name, length, error);
                flags |= flag;
                if (!plus)
                        break;
        }
        *ret = flags;
        return 0;
}

static int rule_parse(const char *policy, const char *s, size_t n, struct image_policy *p,
                      struct error *error)
{
        const char *equal = memchr(s, '=', n), *name = s;
        struct policy_rule *rule = &p->rest;
        size_t length;
        int d, r;

        if (!equal)
                return policy_refuse(policy, "no '=' in", s, n, error);
        length = (size_t)(equal - s);
        trim(&name, &length);
        if (length > 0) {
                d = designator_from_string(name, length);
                if (d < 0)
                        return policy_refuse(policy, "there is no partition designator", name, length,
                                             error);
                rule = p->rules + d;
        }
        if (rule->listed)
                return policy_refuse(policy, "there is more than one rule for", name, length, error);
        r = flags_parse(policy, equal + 1, n - (size_t)(equal + 1 - s), &rule->flags, error);
        if (r < 0)
                return r;
        rule->listed = true;
        return 0;
}

int image_policy_parse(const char *s, struct image_policy *ret, struct error *error)
{
        struct image_policy p = {};
        const char *rule = s;
        size_t n = strlen(s);

        trim(&rule, &n);
        if (n == 0 || (n == 1 && strchr("*-~", *rule))) {
                p.rest.listed = true;
                p.rest.flags = n == 1 && *rule == '*'   ? POLICY_OPEN
                               : n == 1 && *rule == '~' ? POLICY_ABSENT
                                                        : POLICY_IGNORE;
                *ret = p;
                return 0;
        }
        for (;;) {
                const char *colon = memchr(rule, ':', n);
                size_t length = colon ? (size_t)(colon - rule) : n;
                int r = rule_parse(s, rule, length, &p, error);

                if (r < 0)
                        return r;
                if (!colon)
                        break;
                rule += length + 1;
                n -= length + 1;
        }
        *ret = p;
        return 0;
}

/* Flags as they are written: whole pairs are left out, no use is all uses if that leaves nothing to say. */
static uint32_t flags_to_write(uint32_t flags)
{
        flags = policy_flags_without_pairs(flags);
        return flags ? flags : POLICY_OPEN;
}

static void flags_print(FILE *f, uint32_t flags)
{
        const char *separator = "";

        flags = flags_to_write(flags);
        if ((flags & POLICY_USE_MASK) == POLICY_OPEN) {
                fputs("open", f);
                separator = "+";
                flags &= ~(uint32_t)POLICY_USE_MASK;
        }
        for (size_t i = 0; i < ELEMENTSOF(flag_names); i++)
                if (flags & flag_names[i].flags) {
                        fprintf(f, "%s%s", separator, flag_names[i].name);
                        separator = "+";
                }
}

char *policy_flags_to_string(uint32_t flags)
{
        char *text = NULL;
        size_t size;
        FILE *f;

        if (flags == 0)
                return strdup("");
        f = open_memstream(&text, &size);
        if (!f)
                return NULL;
        flags_print(f, flags);
        return text_stream_finish(f, &text);
}

static bool policy_is_only_rest(const struct image_policy *p, uint32_t flags)
{
        for (int d = 0; d < DESIGNATOR_POLICY_MAX; d++)
                if (p->rules[d].listed)
                        return false;
        return p->rest.listed ? flags_to_write(p->rest.flags) == flags : flags == POLICY_IGNORE;
}

char *image_policy_to_string(const struct image_policy *p)
{
        const char *separator = "";
        char *text = NULL;
        size_t size;
        FILE *f;

        if (policy_is_only_rest(p, POLICY_OPEN))
                return strdup("*");
        if (policy_is_only_rest(p, POLICY_IGNORE))
                return strdup("-");
        if (policy_is_only_rest(p, POLICY_ABSENT))
                return strdup("~");
        f = open_memstream(&text, &size);
        if (!f)
                return NULL;
        for (int d = 0; d < DESIGNATOR_POLICY_MAX; d++)
                if (p->rules[d].listed) {
                        fprintf(f, "%s%s=", separator, designator_to_string((enum designator)d));
                        flags_print(f, p->rules[d].flags);
                        separator = ":";
                }
        if (p->rest.listed && flags_to_write(p->rest.flags) != POLICY_IGNORE) {
                fprintf(f, "%s=", separator);
                flags_print(f, p->rest.flags);
        }
        return text_stream_finish(f, &text);
}
