/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DISSECT_ACTIVATE_H
#define DISSECT_ACTIVATE_H

/*
 * A partition to the block device that is mounted: its loop device, or a verity mapping over it. Where a
 * signature is not accepted it is used by its root hash alone if the policy allows that. Without verity it
 * is used only where the policy allows nothing else: a kernel that lacks verity is no leave to do without.
 */

#include <stdint.h>

#include "partition/partition.h"
#include "verity/verity.h"

struct error;

struct activation {
        int root_fd;  /* for certificates */
        int image_fd; /* open for reading */
        const char *image;
        const struct partition *partition;
        const char *what;            /* the partition, for messages */
        const struct verity *verity; /* VERITY_NONE if there is none */
        uint32_t allowed;            /* uses (policy.h) that policy and image allow */
};

struct activated {
        int fd;              /* of the device, to be kept until it is mounted; the caller's */
        uint32_t use;        /* POLICY_SIGNED, POLICY_VERITY or POLICY_UNPROTECTED */
        int signature_error; /* why a signature was not accepted (see signature_check()), 0 if none was not
                              */
};

/* If nothing allowed works the error is that of the strongest. A signature from beside the image that is
 * none is an error, whatever is allowed: no service manager starts anything with it. */
int activate(const struct activation *a, struct activated *ret, struct error *error);

#endif
