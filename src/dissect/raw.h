/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DISSECT_RAW_H
#define DISSECT_RAW_H

/*
 * The way of a raw image, step by step: probe, select, find verity data, compare with the policy, activate,
 * mount.
 */

#include <stddef.h>

#include "partition/partition.h"
#include "partition/select.h"
#include "policy/protection.h"
#include "verity/verity-parse.h"

struct dissect_options;
struct error;

/* Of root or usr: what service managers must know, or what they make of it. */
struct raw_verity {
        struct verity_hash hash; /* the root hash in use; size 0: none is */
        char *data;              /* path of the hash data beside the image; NULL: they are in it */
        bool left_out;           /* there are verity data, which the policy does not let be used */
        bool signature_left_out; /* and a signature in the image with them */
        bool beside;             /* the root hash, and a signature of it, is beside the image */
        int signature_error;     /* why there is a signature that was not accepted: see activate.h; or 0 */
};

struct raw {
        int tree_fd;
        char *image;         /* the path, safe to print */
        unsigned not_active; /* the MBR partition that is root and not marked for booting; 0: none is */
        bool has_table;      /* a partition table */
        bool is_unchecked;   /* there is a root hash, but no hash data */
        struct partition_table table;
        struct selection selection; /* of that */
        struct protection protection;
        struct raw_verity root, usr;
};

#define RAW_NONE ((struct raw){.tree_fd = -EBADF})

void raw_clear(struct raw *r);

/* Fills *ret, which is RAW_NONE; the caller clears it, whatever is returned. image: the path, safe to print.
 */
int raw_open(const struct dissect_options *options, const char *image, struct raw *ret, struct error *error);

#endif
