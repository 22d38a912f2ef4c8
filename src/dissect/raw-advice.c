/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dissect/raw-advice.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/strv.h"
#include "dissect/raw.h"
#include "policy/policy.h"

/* The first that can be told by a policy what protection an image must have, and not to use a signature. */
#define VERSION_POLICY 254
/* The first that takes the root hash from the UUIDs of partitions, and that goes on without a signature
 * beside an image that it does not trust. Not so 257. */
#define VERSION_TABLE_HASH 258
/* Since this one, or one of the next, up to 262, images with only a usr partition are not taken. Not so 257.
 */
#define VERSION_LONE_USR 258

/* A version that is not known may be any. */
static bool may_be_before(unsigned version, unsigned limit)
{
        return version == 0 || version < limit;
}

static bool is_before(unsigned version, unsigned limit)
{
        return version != 0 && version < limit;
}

/* The root hash is nowhere but in the partition table, as far as a manager accepts it. */
static bool hash_is_in_table(const struct raw *r, const struct raw_verity *v, uint32_t use)
{
        return use == POLICY_VERITY && r->has_table && !v->beside;
}

int raw_root_hash(const struct raw *r, unsigned version, char **ret_hash, char **ret_data)
{
        _cleanup_free_ char *hash = NULL, *data = NULL;
        bool in_table = hash_is_in_table(r, &r->root, r->protection.use[DESIGNATOR_ROOT]),
             is_pin = is_before(version, VERSION_POLICY);

        if (r->root.hash.size > 0 && (is_pin || (in_table && may_be_before(version, VERSION_TABLE_HASH)))) {
                hash = malloc(VERITY_HEX_SIZE);
                if (!hash)
                        return -ENOMEM;
                verity_hash_to_hex(&r->root.hash, hash);
        }
        /* Without this nothing would be missed if the hash data were. */
        if (hash && is_pin && r->root.data) {
                data = strdup(r->root.data);
                if (!data)
                        return -ENOMEM;
        }
        *ret_hash = steal_pointer(hash);
        *ret_data = steal_pointer(data);
        return 0;
}

/* "systemd 252", or of a version that is not known "systemd before 258". */
static void name_manager(unsigned version, unsigned limit, char *ret, size_t size)
{
        if (version == 0)
                snprintf(ret, size, "systemd before %u", limit);
        else
                snprintf(ret, size, "systemd %u", version);
}

static int warn_signature(const struct raw *r, const struct raw_verity *v, unsigned version, char ***refused,
                          char ***weak)
{
        unsigned limit = v->beside ? VERSION_TABLE_HASH : VERSION_POLICY;
        const char *where = v->beside ? "beside" : "in";
        char manager[64];

        if (v->signature_error == -EKEYEXPIRED)
                return strv_appendf(
                        weak,
                        "Image '%s': the signature %s it was made with a certificate that has expired or is "
                        "not valid yet; it counts for nothing here, while systemd does not look at dates",
                        r->image, where);
        if (!may_be_before(version, limit))
                return strv_appendf(
                        weak,
                        "Image '%s': the signature %s it is not one that is trusted here; it is used as an "
                        "image without one",
                        r->image, where);
        name_manager(version, limit, manager, sizeof(manager));
        return strv_appendf(
                refused,
                "Image '%s': the signature %s it is not one that is trusted here; %s starts no services "
                "from such an image",
                r->image, where, manager);
}

/* The same managers make nothing of a signature for usr, either. */
static bool is_without_verity(const struct raw *r, const struct raw_verity *v, enum designator d,
                              unsigned version)
{
        uint32_t use = r->protection.use[d];
        bool signed_usr = d == DESIGNATOR_USR && use == POLICY_SIGNED && r->has_table && !v->beside;

        return (signed_usr || hash_is_in_table(r, v, use)) && may_be_before(version, VERSION_TABLE_HASH);
}

/* Seen of 262, whatever the policy. */
static bool is_lone_usr(const struct raw *r)
{
        return r->protection.use[DESIGNATOR_ROOT] & POLICY_IGNORE &&
               !(r->protection.use[DESIGNATOR_USR] & POLICY_IGNORE);
}

/* Managers without policies look for a signature whatever is wanted. */
static int warn_left_out(const struct raw *r, const struct raw_verity *v, enum designator d,
                         unsigned version, char ***weak)
{
        char manager[64];

        if (!v->signature_left_out || !may_be_before(version, VERSION_POLICY))
                return strv_appendf(
                        weak,
                        "Image '%s': the image policy does not let the verity data of its %s partition "
                        "be used: services use the partition without verity",
                        r->image, designator_to_string(d));
        name_manager(version, VERSION_POLICY, manager, sizeof(manager));
        return strv_appendf(
                weak,
                "Image '%s': the image policy does not let the verity data of its %s partition be used, "
                "which %s cannot be told: with the signature in the image it uses them or starts no "
                "services",
                r->image, designator_to_string(d), manager);
}

/* Of the root of a base image the manager is told, see raw_root_hash(). */
static int warn_verity(const struct raw *r, enum designator d, unsigned version, bool told, char ***refused,
                       char ***weak)
{
        const struct raw_verity *v = d == DESIGNATOR_USR ? &r->usr : &r->root;
        char manager[64];

        if (v->left_out)
                return warn_left_out(r, v, d, version, weak);
        if (v->signature_error) {
                int k = warn_signature(r, v, version, refused, weak);

                if (k < 0 || is_before(version, VERSION_POLICY))
                        return k;
        }
        if (told || !is_without_verity(r, v, d, version))
                return 0;
        name_manager(version, VERSION_TABLE_HASH, manager, sizeof(manager));
        return strv_appendf(
                weak,
                "Image '%s': %s does not take the root hash of its %s partition from the image: services "
                "use the partition without verity",
                r->image, manager, designator_to_string(d));
}

int raw_warn(const struct raw *r, unsigned version, bool extension, char ***refused, char ***weak)
{
        int k = 0;

        if (r->not_active)
                k = strv_appendf(
                        refused,
                        "Image '%s': its partition %u is not marked active (bootable); systemd takes no "
                        "other MBR partition as root, so services will not start from it",
                        r->image, r->not_active);
        if (k >= 0 && !extension && is_lone_usr(r) && !may_be_before(version, VERSION_LONE_USR))
                return strv_appendf(
                        refused,
                        "Image '%s': systemd %u starts no services from an image with only a usr partition",
                        r->image, version);
        if (k >= 0 && r->is_unchecked)
                k = strv_appendf(
                        refused,
                        "Image '%s': there is a root hash for it, but no verity data to check it by; "
                        "systemd starts no services from such an image",
                        r->image);
        if (k >= 0)
                k = warn_verity(r, DESIGNATOR_ROOT, version, !extension, refused, weak);
        return k < 0 ? k : warn_verity(r, DESIGNATOR_USR, version, false, refused, weak);
}
