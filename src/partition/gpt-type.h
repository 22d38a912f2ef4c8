/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PARTITION_GPT_TYPE_H
#define PARTITION_GPT_TYPE_H

/*
 * What the type of a partition says it is for. The names are those of image policies
 * (systemd.image-policy(7)), the type UUIDs those of the Discoverable Partitions Specification (UAPI.2).
 */

#include <stddef.h>

enum designator {
        DESIGNATOR_ROOT,
        DESIGNATOR_USR,
        DESIGNATOR_HOME,
        DESIGNATOR_SRV,
        DESIGNATOR_ESP,
        DESIGNATOR_XBOOTLDR,
        DESIGNATOR_SWAP,
        DESIGNATOR_ROOT_VERITY,
        DESIGNATOR_USR_VERITY,
        DESIGNATOR_ROOT_VERITY_SIG,
        DESIGNATOR_USR_VERITY_SIG,
        DESIGNATOR_TMP,
        DESIGNATOR_VAR,
        DESIGNATOR_POLICY_MAX, /* those above can stand in an image policy */
        DESIGNATOR_LINUX =
                DESIGNATOR_POLICY_MAX, /* generic Linux data, the root of an image if it is alone */
        DESIGNATOR_OTHER,              /* nothing that concerns us */
};

/* "root", "usr-verity-sig", "linux-generic", "other". Never NULL. */
const char *designator_to_string(enum designator d);

/* Those of policies only. -EINVAL if unknown. n is the length of name, which needs no NUL. */
int designator_from_string(const char *name, size_t n);

/* The verity (or signature) partner of root or usr; -EINVAL for others. */
int designator_verity(enum designator d);
int designator_verity_sig(enum designator d);

/* Root or usr for their partners, -EINVAL for others. */
int designator_of_verity(enum designator d);

/* Where a service manager mounts further partitions of the image it starts a service from ("/home"), NULL
 * for those that it does not mount there (or that are the tree itself). */
const char *designator_directory(enum designator d);

/*
 * Looks a GPT type UUID up. *ret_architecture is the name the specification gives ("x86-64", "arm64") for
 * the types that have one, else NULL; static. Unknown types are DESIGNATOR_OTHER.
 */
enum designator gpt_type_lookup(const char *uuid, const char **ret_architecture);

/* The type UUID; architecture as above, needed for root, usr and partners. NULL if there is none. */
const char *gpt_type_uuid(enum designator d, const char *architecture);

/* The specification's name for the architecture of this machine (uname(2)), or NULL if it knows none. */
const char *architecture_native(void);

/* The architecture whose programs the given one runs as well (x86 on x86-64), or NULL. */
const char *architecture_secondary(const char *architecture);

#endif
