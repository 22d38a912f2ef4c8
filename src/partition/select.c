/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "partition/select.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"

static bool partition_is_usable(const struct partition *p)
{
        /* systemd.image-filter(7): partitions with that label are always left out. */
        return !p->no_auto && !(p->label && strcmp(p->label, "_empty") == 0);
}

/* Newer by the version in the label; a label is newer than none. */
static bool partition_is_newer(const struct partition *a, const struct partition *b)
{
        return strverscmp(a->label ? a->label : "", b->label ? b->label : "") > 0;
}

static void take(struct selection *s, const struct partition *p)
{
        const struct partition **slot = s->by + p->designator;

        if (!*slot || partition_is_newer(p, *slot))
                *slot = p;
}

static bool string_equal(const char *a, const char *b)
{
        return a && b && strcmp(a, b) == 0;
}

/* Everything with a role of its own, the architecture's and what belongs to none. */
static void select_typed(const struct partition_table *t, const char *architecture, struct selection *s)
{
        for (size_t i = 0; i < t->n; i++) {
                const struct partition *p = t->items + i;

                if (p->designator >= DESIGNATOR_POLICY_MAX || !partition_is_usable(p))
                        continue;
                if (p->architecture && !string_equal(p->architecture, architecture))
                        continue;
                take(s, p);
        }
}

/* Where the architecture itself has none: root (or usr) and partners of the secondary. */
static void select_secondary(const struct partition_table *t, const char *architecture, struct selection *s)
{
        const char *secondary = architecture_secondary(architecture);
        bool have_root = s->by[DESIGNATOR_ROOT], have_usr = s->by[DESIGNATOR_USR];

        if (!secondary)
                return;
        for (size_t i = 0; i < t->n; i++) {
                const struct partition *p = t->items + i;
                enum designator base = p->designator;

                if (!string_equal(p->architecture, secondary) || !partition_is_usable(p))
                        continue;
                if (designator_of_verity(base) >= 0)
                        base = (enum designator)designator_of_verity(base);
                if (base == DESIGNATOR_ROOT ? have_root : have_usr)
                        continue;
                take(s, p);
        }
}

static int select_generic(const struct partition_table *t, struct selection *s, const char *image,
                          struct error *error)
{
        const struct partition *found = NULL;
        size_t n = 0;

        for (size_t i = 0; i < t->n; i++)
                if (t->items[i].designator == DESIGNATOR_LINUX && partition_is_usable(t->items + i)) {
                        found = t->items + i;
                        n++;
                }
        if (n > 1) {
                _cleanup_free_ char *list = partition_table_describe(t);

                return error_set(
                        error, ERROR_FAILED, ENOTUNIQ,
                        "Image '%s' has %zu generic Linux partitions and none marked as root or usr, so its "
                        "root is ambiguous; its partitions: %s. %s",
                        image, n, list ? list : "?",
                        t->kind == TABLE_MBR ? "With an MBR table there can be only one of type 83"
                                             : "Give one the type of a root, with sfdisk --part-type");
        }
        s->by[DESIGNATOR_ROOT] = found;
        return 0;
}

/* What to do about it. */
static const char *root_advice(const struct partition_table *t)
{
        if (t->kind == TABLE_MBR)
                return "With an MBR table it must be of type 83";
        for (size_t i = 0; i < t->n; i++)
                if (t->items[i].designator == DESIGNATOR_ROOT || t->items[i].designator == DESIGNATOR_USR)
                        return "It is marked not to be used (no-auto, or the label _empty)";
        return "Give one the type of a root, with sfdisk --part-type";
}

static int select_nothing(const struct partition_table *t, const char *image, const char *architecture,
                          struct error *error)
{
        _cleanup_free_ char *list = partition_table_describe(t);

        for (size_t i = 0; i < t->n; i++) {
                const struct partition *p = t->items + i;

                if ((p->designator == DESIGNATOR_ROOT || p->designator == DESIGNATOR_USR) &&
                    partition_is_usable(p) && p->architecture)
                        return error_set(
                                error, ERROR_FAILED, ENOEXEC,
                                "Image '%s' is made for another architecture: its partition %u is a %s for "
                                "%s, this machine is %s",
                                image, p->number, designator_to_string(p->designator), p->architecture,
                                architecture ? architecture : "of no known architecture");
        }
        return error_set(error, ERROR_FAILED, ENXIO,
                         "Image '%s' has no root or usr partition for %s; its partitions: %s. %s", image,
                         architecture ? architecture : "this machine", list ? list : "?", root_advice(t));
}

int partitions_select(const struct partition_table *t, const char *image, const char *architecture,
                      struct selection *ret, struct error *error)
{
        struct selection s = {};
        int r;

        if (t->kind == TABLE_NONE) {
                s.by[DESIGNATOR_ROOT] = t->items;
                *ret = s;
                return 0;
        }
        select_typed(t, architecture, &s);
        select_secondary(t, architecture, &s);
        if (!s.by[DESIGNATOR_ROOT] && !s.by[DESIGNATOR_USR]) {
                r = select_generic(t, &s, image, error);
                if (r < 0)
                        return r;
        }
        if (!s.by[DESIGNATOR_ROOT] && !s.by[DESIGNATOR_USR])
                return select_nothing(t, image, architecture, error);
        *ret = s;
        return 0;
}
