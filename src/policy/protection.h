/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef POLICY_PROTECTION_H
#define POLICY_PROTECTION_H

/*
 * What protects the partitions of an image, compared with what a policy demands, and the policy that pins
 * it. Pure.
 */

#include <stdbool.h>
#include <stdint.h>

#include "partition/partition.h"
#include "partition/select.h"

struct error;
struct image_policy;

/* For each designator; flags are those of policy.h. */
struct protection {
        /* Uses the image allows: POLICY_ABSENT, or POLICY_UNUSED and more. */
        uint32_t can[DESIGNATOR_POLICY_MAX];
        /* Those of them that the policy allows: protection_choose(). */
        uint32_t allowed[DESIGNATOR_POLICY_MAX];
        /* The one that was made, to begin with the strongest allowed. */
        uint32_t use[DESIGNATOR_POLICY_MAX];
        /* 0 if there is none or policies have no name for it. */
        uint32_t filesystem[DESIGNATOR_POLICY_MAX];
        /* Read-only and growfs, one of each pair; 0 if absent. */
        uint32_t attributes[DESIGNATOR_POLICY_MAX];
        /* The same as a manager compares it with a policy: what the table says, whatever the file system. 0
         * if there is no table. */
        uint32_t table_attributes[DESIGNATOR_POLICY_MAX];
        /* There is such a partition, if only one that is left out. */
        bool seen[DESIGNATOR_POLICY_MAX];
        /* There is nothing in the root to mount it on. */
        bool no_directory[DESIGNATOR_POLICY_MAX];
        /* A manager finds a signature of it in a file beside the image. */
        bool signature_beside[DESIGNATOR_POLICY_MAX];
        /* Why it cannot do more, borrowed; or NULL. */
        const char *trouble[DESIGNATOR_POLICY_MAX];
};

/* What table and selection say; verity is for the caller to add to can. */
void protection_fill(const struct partition_table *t, const struct selection *s, struct protection *ret);

/* The strongest use that both the image and the policy allow, for each designator. Sets use. Errors:
 * ERROR_FAILED with -EPERM and which partition is what, and what the policy would allow. */
int protection_choose(struct protection *p, const struct selection *s, const struct image_policy *policy,
                      const char *image, struct error *error);

/*
 * The policy that lets this image start and no image that is protected less. Rules say: the protection that
 * was used for root and usr; partitions of other kinds may be there where they are now, and are used where
 * they can be mounted; nothing else may appear. Managers before 260 know no file systems. From then on the
 * read-only and growfs flags are said, too, if those in the table are those that hold. systemd's own always
 * says the latter, which stops an image whose file system is read-only while the table does not say so: a
 * manager compares with the table. Allocated, NULL if out of memory.
 */
char *protection_pin(const struct protection *p, unsigned manager_version);

#endif
