/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VERITY_DEVICE_MAPPER_H
#define VERITY_DEVICE_MAPPER_H

/*
 * dm-verity by libcryptsetup. A mapping is named after its root hash, as service managers name theirs, so
 * that one mapping serves all who use the same data; one that was made here goes away by itself when the
 * last user does.
 */

#include <stddef.h>

#include "verity/verity-parse.h"

struct error;

struct verity_mapping {
        int data_fd, hash_fd; /* block devices */
        struct verity_hash hash;
        const void *signature; /* for the kernel to check; NULL: none */
        size_t signature_size;
};

/* 0 if the kernel has a device-mapper, else -EOPNOTSUPP with an error. */
int verity_kernel_check(const char *image, const char *what, struct error *error);

/*
 * Returns a descriptor of the mapped device, to be kept until it is mounted. what is for messages. Errors:
 * -EOPNOTSUPP the kernel has no dm-verity (or cannot check signatures, where one is given), -EKEYREJECTED it
 * does not accept the signature, -EBADMSG the hash data is none or does not fit the root hash.
 */
int verity_mapping_open(const struct verity_mapping *m, const char *image, const char *what, int *ret_fd,
                        struct error *error);

#endif
