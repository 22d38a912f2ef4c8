/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef POLICY_POLICY_H
#define POLICY_POLICY_H

/*
 * Image policies: which partitions an image may, must or must not have, and how they must be protected. The
 * language is that of systemd.image-policy(7), with the file system types of systemd 260. Pure: what an
 * image really has is compared in protection.c.
 */

#include <stdbool.h>
#include <stdint.h>

#include "partition/gpt-type.h"

struct error;

enum policy_flag {
        POLICY_UNPROTECTED = 1 << 0,
        POLICY_VERITY = 1 << 1,
        POLICY_SIGNED = 1 << 2,
        POLICY_ENCRYPTED = 1 << 3,
        POLICY_ENCRYPTED_WITH_INTEGRITY = 1 << 4,
        POLICY_UNUSED = 1 << 5,
        POLICY_ABSENT = 1 << 6,
        POLICY_READ_ONLY_OFF = 1 << 7,
        POLICY_READ_ONLY_ON = 1 << 8,
        POLICY_GROWFS_OFF = 1 << 9,
        POLICY_GROWFS_ON = 1 << 10,
        POLICY_BTRFS = 1 << 11,
        POLICY_EROFS = 1 << 12,
        POLICY_EXT4 = 1 << 13,
        POLICY_F2FS = 1 << 14,
        POLICY_SQUASHFS = 1 << 15,
        POLICY_VFAT = 1 << 16,
        POLICY_XFS = 1 << 17,

        POLICY_IGNORE = POLICY_UNUSED | POLICY_ABSENT,
        POLICY_OPEN = (1 << 7) - 1,
        POLICY_USE_MASK = POLICY_OPEN,
        POLICY_READ_ONLY_MASK = POLICY_READ_ONLY_OFF | POLICY_READ_ONLY_ON,
        POLICY_GROWFS_MASK = POLICY_GROWFS_OFF | POLICY_GROWFS_ON,
        POLICY_FILESYSTEM_MASK = (1 << 18) - (1 << 11),
};

/* A rule as written; flags count only where listed. A plain value. */
struct policy_rule {
        bool listed;
        uint32_t flags;
};

struct image_policy {
        struct policy_rule rules[DESIGNATOR_POLICY_MAX];
        struct policy_rule rest; /* for designators that are not listed */
};

/* Parses a policy; blanks around its parts are fine, "" is "-". ERROR_INVALID_ARGS names the part that is
 * wrong. */
int image_policy_parse(const char *s, struct image_policy *ret, struct error *error);

/* The policy as text that image_policy_parse() takes, in the one order there is ("*", "-" and "~" where they
 * say it all). Allocated, NULL if out of memory. */
char *image_policy_to_string(const struct image_policy *p);

/* Takes out rules that say what would hold without them. */
void image_policy_simplify(struct image_policy *p);

/* Without those that say the same as their absence: both of a pair, or all file systems. */
uint32_t policy_flags_without_pairs(uint32_t flags);

/* What holds for the designator in full: one of the use flags at least (else nothing fits), both flags of a
 * pair where it is not dictated, all file systems where none is; also for verity partners, which follow
 * their data partition. */
uint32_t image_policy_get(const struct image_policy *p, enum designator d);

/* What both policies allow. ERROR_INVALID_ARGS naming the designator where they contradict each other. */
int image_policy_intersect(const struct image_policy *a, const struct image_policy *b,
                           struct image_policy *ret, struct error *error);

/* What at least one of them allows, for one setting that several images must get along with. */
void image_policy_union(const struct image_policy *a, const struct image_policy *b,
                        struct image_policy *ret);

/* True if both allow the same. */
bool image_policy_equal(const struct image_policy *a, const struct image_policy *b);

/* The policy of services: root and usr with any protection; home, srv, tmp and var encrypted or not; nothing
 * else. */
extern const struct image_policy image_policy_service;

/* "verity+squashfs" for flags as written in a rule; "" for none. Allocated, NULL if out of memory. */
char *policy_flags_to_string(uint32_t flags);

/* The flag of a file system type, 0 if policies have none for it (ext3). */
uint32_t policy_filesystem_flag(const char *fstype);

#endif
