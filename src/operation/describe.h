/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef OPERATION_DESCRIBE_H
#define OPERATION_DESCRIBE_H

/* An image and its extensions as inspect tells of them, beside what is in their files: kinds, sizes,
 * partitions, what would be pinned, and whether they fit. */

struct error;
struct image_metadata;
struct layers;
struct operation;

/* Fills ret->layers; ret is to be cleared in either case. */
int describe_layers(struct operation *o, const struct layers *l, struct image_metadata *ret,
                    struct error *error);

#endif
