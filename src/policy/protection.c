/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy/protection.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "partition/filesystem.h"
#include "policy/policy.h"

/* The first manager version whose policies know file systems; none before was seen to be told flags. */
#define VERSION_POLICY_PROPERTIES 260

/* From the strongest on. */
static const uint32_t uses[] = {
        POLICY_SIGNED, POLICY_VERITY, POLICY_ENCRYPTED_WITH_INTEGRITY, POLICY_ENCRYPTED, POLICY_UNPROTECTED,
        POLICY_UNUSED, POLICY_ABSENT,
};

static bool filesystem_is_read_only(const char *fstype)
{
        return fstype && (strcmp(fstype, "squashfs") == 0 || strcmp(fstype, "erofs") == 0);
}

/* Other types of partitions have no such flags. */
static uint32_t read_table_attributes(const struct partition_table *t, const struct partition *found)
{
        bool has_flags = t->kind == TABLE_GPT && found->designator != DESIGNATOR_LINUX;

        if (t->kind == TABLE_NONE)
                return 0;
        return (has_flags && found->read_only ? POLICY_READ_ONLY_ON : POLICY_READ_ONLY_OFF) |
               (has_flags && found->growfs ? POLICY_GROWFS_ON : POLICY_GROWFS_OFF);
}

static void fill_one(struct protection *p, const struct partition_table *t, enum designator d,
                     const struct partition *found)
{
        if (!found) {
                p->can[d] = POLICY_ABSENT;
                return;
        }
        p->can[d] = POLICY_UNUSED;
        if (found->fstype && filesystem_is_encrypted(found->fstype))
                p->can[d] |= POLICY_ENCRYPTED;
        else
                p->can[d] |= POLICY_UNPROTECTED;
        p->filesystem[d] = found->fstype ? policy_filesystem_flag(found->fstype) : 0;
        p->attributes[d] = found->read_only || filesystem_is_read_only(found->fstype) ? POLICY_READ_ONLY_ON
                                                                                      : POLICY_READ_ONLY_OFF;
        p->attributes[d] |= found->growfs ? POLICY_GROWFS_ON : POLICY_GROWFS_OFF;
        p->table_attributes[d] = read_table_attributes(t, found);
}

void protection_fill(const struct partition_table *t, const struct selection *s, struct protection *ret)
{
        struct protection p = {};

        for (int d = 0; d < DESIGNATOR_POLICY_MAX; d++)
                fill_one(&p, t, (enum designator)d, s->by[d]);
        for (size_t i = 0; i < t->n; i++)
                if (t->items[i].designator < DESIGNATOR_POLICY_MAX)
                        p.seen[t->items[i].designator] = true;
        *ret = p;
}

static const char *protection_name(uint32_t can)
{
        return can & POLICY_SIGNED      ? "signed"
               : can & POLICY_VERITY    ? "protected by verity without a signature"
               : can & POLICY_ENCRYPTED ? "encrypted"
                                        : "unprotected";
}

static int refuse_use(const struct protection *p, enum designator d, const struct partition *found,
                      uint32_t allowed, const char *image, struct error *error)
{
        _cleanup_free_ char *what = found ? partition_describe(found) : NULL,
                            *flags = policy_flags_to_string(allowed & POLICY_USE_MASK);

        if (!flags || (found && !what))
                return error_set_oom(error);
        if (!found)
                return error_set(
                        error, ERROR_FAILED, EPERM,
                        "Image '%s' has no '%s' partition, but the image policy demands one that is: %s",
                        image, designator_to_string(d), *flags ? flags : "nothing there is");
        return error_set(error, ERROR_FAILED, EPERM,
                         "Image '%s': %s is %s, but the image policy allows for '%s' only: %s%s%s", image,
                         what, protection_name(p->can[d]), designator_to_string(d),
                         *flags ? flags : "nothing there is", p->trouble[d] ? "; " : "",
                         p->trouble[d] ? p->trouble[d] : "");
}

static int refuse_property(enum designator d, const struct partition *found, const char *has,
                           uint32_t allowed, const char *image, struct error *error)
{
        _cleanup_free_ char *what = partition_describe(found), *flags = policy_flags_to_string(allowed);

        if (!flags || !what)
                return error_set_oom(error);
        return error_set(error, ERROR_FAILED, EPERM,
                         "Image '%s': %s is %s, but the image policy allows for '%s' only: %s", image, what,
                         has, designator_to_string(d), flags);
}

/* File system and attributes of a partition that is used. */
static int check_properties(const struct protection *p, enum designator d, const struct partition *found,
                            uint32_t allowed, const char *image, struct error *error)
{
        uint32_t filesystems = allowed & POLICY_FILESYSTEM_MASK, attributes = p->attributes[d];

        if (filesystems != POLICY_FILESYSTEM_MASK && !(filesystems & p->filesystem[d]))
                return refuse_property(d, found, found->fstype ? found->fstype : "of no known file system",
                                       filesystems, image, error);
        if (!(allowed & attributes & POLICY_READ_ONLY_MASK))
                return refuse_property(d, found, attributes & POLICY_READ_ONLY_ON ? "read-only" : "writable",
                                       allowed & POLICY_READ_ONLY_MASK, image, error);
        if (!(allowed & attributes & POLICY_GROWFS_MASK))
                return refuse_property(d, found,
                                       attributes & POLICY_GROWFS_ON ? "to be grown" : "not to be grown",
                                       allowed & POLICY_GROWFS_MASK, image, error);
        return 0;
}

static bool partner_is_implied(const struct image_policy *policy, enum designator d)
{
        int base = designator_of_verity(d);

        return base >= 0 && !policy->rules[d].listed && policy->rules[base].listed;
}

int protection_choose(struct protection *p, const struct selection *s, const struct image_policy *policy,
                      const char *image, struct error *error)
{
        if (!policy)
                policy = &image_policy_service;
        for (int i = 0; i < DESIGNATOR_POLICY_MAX; i++) {
                enum designator d = (enum designator)i;
                uint32_t allowed = image_policy_get(policy, d), both = allowed & p->can[d] & POLICY_USE_MASK;
                int r;

                /* A partner without a rule of its own is judged by what its data partition can do. */
                if (partner_is_implied(policy, d))
                        both |= p->can[d] & (POLICY_UNPROTECTED | POLICY_IGNORE);
                p->allowed[d] = both;
                if (!both)
                        return refuse_use(p, d, s->by[d], allowed, image, error);
                for (size_t u = 0; u < ELEMENTSOF(uses); u++)
                        if (both & uses[u]) {
                                p->use[d] = uses[u];
                                break;
                        }
                /* Verity data beside the image has no partition. */
                if ((p->use[d] & POLICY_IGNORE) || !s->by[d])
                        continue;
                r = check_properties(p, d, s->by[d], allowed, image, error);
                if (r < 0)
                        return r;
        }
        if ((p->use[DESIGNATOR_ROOT] & POLICY_IGNORE) && (p->use[DESIGNATOR_USR] & POLICY_IGNORE))
                return error_set(
                        error, ERROR_FAILED, EPERM,
                        "Image '%s': the image policy lets neither its root nor its usr partition be used",
                        image);
        return 0;
}

/* Root and usr: as protected as now, or better. */
static uint32_t pin_data(const struct protection *p, enum designator d, uint32_t properties)
{
        enum designator verity = (enum designator)designator_verity(d);

        if (p->use[d] & POLICY_SIGNED)
                return POLICY_SIGNED | properties;
        /* It was not trusted here, but a manager calls it signed all the same; it is free to trust it. */
        if (p->use[d] & POLICY_VERITY)
                return POLICY_VERITY | (p->signature_beside[d] ? POLICY_SIGNED : 0) | properties;
        /* A file system alone means any protection, as the peer writes it; but if there is verity data that
         * could not be used here, a manager must not try either. Any protection in so many words would ask
         * for partners. */
        return p->filesystem[d] && properties && !p->seen[verity] ? properties
                                                                  : POLICY_UNPROTECTED | properties;
}

static bool partner_is_used(const struct protection *p, enum designator d)
{
        int base = designator_of_verity(d);

        if (base < 0)
                return false;
        return p->use[base] &
               (designator_verity((enum designator)base) == (int)d ? POLICY_VERITY | POLICY_SIGNED
                                                                   : POLICY_SIGNED);
}

static bool is_mounted(const struct protection *p, enum designator d)
{
        if (p->use[d] & POLICY_IGNORE)
                return false;
        return designator_verity(d) >= 0 || (!p->no_directory[d] && designator_directory(d));
}

/* Those that hold while the image is used: nothing is written to what is read-only or has verity. */
static uint32_t used_attributes(const struct protection *p, enum designator d)
{
        bool verity = partner_is_used(p, d) || (p->use[d] & (POLICY_VERITY | POLICY_SIGNED));

        if (verity || p->attributes[d] & POLICY_READ_ONLY_ON)
                return POLICY_READ_ONLY_ON | POLICY_GROWFS_OFF;
        return p->attributes[d];
}

/* Whether a manager will find in the table what holds, everywhere: partners without a rule of their own
 * follow their data partition. */
static bool attributes_are_in_table(const struct protection *p)
{
        for (int i = 0; i < DESIGNATOR_POLICY_MAX; i++) {
                enum designator d = (enum designator)i;

                if ((is_mounted(p, d) || partner_is_used(p, d)) && p->table_attributes[d] &&
                    p->table_attributes[d] != used_attributes(p, d))
                        return false;
        }
        return true;
}

/* File system, and with it read-only and growfs flags. */
static uint32_t pin_properties(const struct protection *p, enum designator d, bool attributes)
{
        return p->filesystem[d] | (attributes ? p->table_attributes[d] : 0);
}

static struct policy_rule pin_rule(const struct protection *p, enum designator d, uint32_t properties)
{
        if (designator_verity(d) >= 0 && is_mounted(p, d))
                return (struct policy_rule){true, pin_data(p, d, properties)};
        /* What data partitions need of their partners needs no rule, but for flags of their own. */
        if (partner_is_used(p, d)) {
                properties &= ~(uint32_t)POLICY_FILESYSTEM_MASK;
                return (struct policy_rule){properties != 0, properties};
        }
        if (!p->seen[d])
                return (struct policy_rule){};
        if (is_mounted(p, d))
                return (struct policy_rule){true,
                                            p->filesystem[d] && properties
                                                    ? properties
                                                    : POLICY_UNPROTECTED | POLICY_ENCRYPTED | properties};
        return (struct policy_rule){true, POLICY_IGNORE};
}

char *protection_pin(const struct protection *p, unsigned manager_version)
{
        bool properties = manager_version >= VERSION_POLICY_PROPERTIES,
             attributes = properties && attributes_are_in_table(p);
        struct image_policy pin = {.rest = {true, POLICY_ABSENT}};

        for (int i = 0; i < DESIGNATOR_POLICY_MAX; i++) {
                enum designator d = (enum designator)i;

                pin.rules[d] = pin_rule(p, d, properties ? pin_properties(p, d, attributes) : 0);
        }
        return image_policy_to_string(&pin);
}
