/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VERITY_VERITY_SIDE_H
#define VERITY_VERITY_SIDE_H

/*
 * Verity data beside an image: NAME.roothash, NAME.roothash.p7s and NAME.verity (NAME.usrhash,
 * NAME.usrhash.p7s) for NAME.raw, as systemd.exec(5) describes for RootHash=, RootHashSignature= and
 * RootVerity=, and the extended attributes user.verity.roothash and user.verity.roothashsig (…usrhash…),
 * which win over files.
 */

#include "verity/verity.h"

/* "/p/app.roothash" for the image "/p/app.raw" and ".roothash". Allocated, NULL if out of memory. */
char *verity_side_path(const char *path, const char *suffix);

/* Opens the directory in which the image open as image_fd (O_PATH is fine) has the path, once for all files
 * beside it. Returns a descriptor, -ESTALE if it does not lie there any more, or another negative errno. */
int verity_side_directory(int root_fd, const char *path, int image_fd);

/* Opens the file with that suffix in the directory. It may be a link, to elsewhere in the tree, too. flags
 * as open(2). Returns a descriptor or a negative errno. */
int verity_side_open(int root_fd, int directory_fd, const char *path, const char *suffix, int flags);

/* Fills in hash, signature, outside and fd. Errors: what is there but is not a root hash, or no
 * signature. */
int verity_side_read(const struct verity_source *source, enum designator d, struct verity *v,
                     struct error *error);

#endif
