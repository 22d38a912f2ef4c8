/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A raw image (disk.h): what is found lies in the image, the selection comes from the table, what is pinned
 * fits the image it was made from, and whatever is refused is refused in one line. */

#include "partition/probe.h"

#include <errno.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/path.h"
#include "disk.h"
#include "partition/filesystem.h"
#include "policy/policy.h"
#include "policy/protection.h"
#include "partition/select.h"
#include "fuzz.h"

static const char image[] = "/i/app.raw";

static void check_table(const struct partition_table *t)
{
        _cleanup_free_ char *all = partition_table_describe(t);

        fuzz_check_message(all);
        fuzz_check(t->size > 0 && (t->n == 0 || t->items));
        for (size_t i = 0; i < t->n; i++) {
                const struct partition *p = t->items + i;
                _cleanup_free_ char *one = partition_describe(p);

                fuzz_check_message(one);
                fuzz_check(p->size <= UINT64_MAX - p->offset);
                fuzz_check(memchr(p->uuid, 0, UUID_TEXT_SIZE) && memchr(p->type, 0, UUID_TEXT_SIZE));
                fuzz_check(text_is_printable(p->uuid) && text_is_printable(p->type));
                fuzz_check((t->kind == TABLE_NONE) == (p->number == 0));
                fuzz_check(!p->ambiguous || !p->fstype);
                if (p->designator != DESIGNATOR_OTHER)
                        fuzz_check(p->size > 0 && p->offset + p->size <= t->size);
        }
}

static void check_sizes(const struct partition_table *t, int fd)
{
        for (size_t i = 0; i < t->n; i++) {
                const char *type = t->items[i].fstype;
                const struct filesystem *fs = type ? filesystem_find(type) : NULL;
                uint64_t size;

                if (fs) {
                        int r = filesystem_size(fs, fd, t->items[i].offset, &size);

                        fuzz_check(r == 0 || r == -ENODATA);
                }
        }
}

static void check_selection(const struct partition_table *t, const struct selection *s)
{
        for (int d = 0; d < DESIGNATOR_POLICY_MAX; d++) {
                const struct partition *p = s->by[d];

                if (!p)
                        continue;
                fuzz_check(p >= t->items && p < t->items + t->n && !p->no_auto);
                fuzz_check((int)p->designator == d ||
                           (d == DESIGNATOR_ROOT && p->designator == DESIGNATOR_LINUX));
                fuzz_check(!p->label || strcmp(p->label, "_empty") != 0);
        }
        fuzz_check(s->by[DESIGNATOR_ROOT] || s->by[DESIGNATOR_USR]);
}

static bool choose(struct protection *p, const struct selection *s, const struct image_policy *policy)
{
        _cleanup_error_ struct error error = {};
        int r = protection_choose(p, s, policy, image, &error);

        fuzz_check(r == 0 || (r == -EPERM && error_is_set(&error)));
        if (r < 0)
                fuzz_check_message(error_message(&error));
        return r == 0;
}

/* Those are never mounted, so nothing is pinned. */
static bool is_encrypted(const struct partition *p)
{
        return p && p->fstype && filesystem_is_encrypted(p->fstype);
}

static void check_pin(const struct partition_table *t, const struct selection *s)
{
        static const unsigned versions[] = {254, 262};
        struct protection p;

        protection_fill(t, s, &p);
        if (is_encrypted(s->by[DESIGNATOR_ROOT]) || is_encrypted(s->by[DESIGNATOR_USR]) ||
            !choose(&p, s, NULL))
                return;
        for (size_t i = 0; i < ELEMENTSOF(versions); i++) {
                _cleanup_free_ char *text = protection_pin(&p, versions[i]);
                struct protection again = p;
                struct image_policy pin;

                fuzz_check(text && image_policy_parse(text, &pin, NULL) == 0);
                fuzz_check(choose(&again, s, &pin));
                for (int d = 0; d < DESIGNATOR_POLICY_MAX; d++)
                        if (!(p.use[d] & POLICY_IGNORE) && designator_verity((enum designator)d) >= 0)
                                fuzz_check(again.use[d] == p.use[d]);
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static const char *const architectures[] = {"x86-64", "arm64", NULL};
        _cleanup_partition_table_ struct partition_table t = {};
        _cleanup_error_ struct error error = {};
        int fd = disk_make(data, size);

        if (fd < 0)
                return -1;
        if (image_probe(fd, image, &t, &error) < 0) {
                fuzz_check(error_is_set(&error) && t.n == 0);
                fuzz_check_message(error_message(&error));
                return 0;
        }
        check_table(&t);
        check_sizes(&t, fd);
        for (size_t i = 0; i < ELEMENTSOF(architectures); i++) {
                _cleanup_error_ struct error refused = {};
                struct selection s;

                if (partitions_select(&t, image, architectures[i], &s, &refused) < 0) {
                        fuzz_check_message(error_message(&refused));
                        continue;
                }
                check_selection(&t, &s);
                check_pin(&t, &s);
        }
        return 0;
}
