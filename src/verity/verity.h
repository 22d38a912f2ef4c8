/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VERITY_VERITY_H
#define VERITY_VERITY_H

/*
 * What an image brings along to authenticate its root (or usr): root hash, hash data and signature, from
 * partitions (UAPI.2), from files beside it, or from its extended attributes. Only finds and reads;
 * activate.c uses it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "partition/partition.h"
#include "partition/select.h"
#include "verity/verity-parse.h"

struct error;

struct verity {
        struct verity_hash hash; /* for verity without a signature; size 0 if unknown */
        struct verity_hash signed_hash;
        uint8_t *signature; /* of signed_hash, DER; NULL if there is none or it cannot be read */
        size_t signature_size;
        char *trouble; /* why a signature that is there cannot be used, one sentence; NULL if all is well */
        bool outside; /* the root hash comes from beside the image: it is meant, and not to be passed over */
        bool private_signature;            /* the signature is where service managers do not look */
        const struct partition *partition; /* that holds the hash data, borrowed from the table, or NULL */
        int fd;                            /* else the file that does, or -EBADF */
};

#define VERITY_NONE ((struct verity){.fd = -EBADF})

void verity_clear(struct verity *v);

/* True if there is a root hash and the data for it. */
bool verity_is_available(const struct verity *v);

struct verity_source {
        int root_fd;       /* where path is looked up */
        int image_fd;      /* open for reading */
        int directory_fd;  /* private to verity-side.c: that the image lies in */
        const char *path;  /* of the image, without links, to find the files beside it */
        const char *image; /* for messages */
        const struct partition_table *table;
};

/*
 * Looks for everything that authenticates d (DESIGNATOR_ROOT or _USR). selection: may change for d and its
 * partners, if the root hash from beside the image says which partitions are meant. *ret must be VERITY_NONE
 * before; available or not afterwards. Errors: a file or attribute that is not a root hash, or none of the
 * partitions fits it.
 */
int verity_find(const struct verity_source *source, enum designator d, struct selection *selection,
                struct verity *ret, struct error *error);

#endif
