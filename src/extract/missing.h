/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef EXTRACT_MISSING_H
#define EXTRACT_MISSING_H

/*
 * Which programs are missing when layers are put together: metadata->missing_binaries knows one tree only,
 * and what a unit of an extension starts may well be in the base, or the other way round.
 */

#include <stddef.h>

struct metadata;

/*
 * Of the lines ("UNIT\tPATH") of all layers those whose path is in no layer, each once, in order. layers[0]
 * and tree_fds[0] are the base, the extensions follow. A path whose directories are symlinks in the base
 * (/bin) is looked for where they lead, too. Only looks, opens nothing. *ret is never NULL on success.
 * Returns 0 or -ENOMEM.
 */
int missing_in_layers(const struct metadata *const *layers, const int *tree_fds, size_t n, char ***ret);

#endif
