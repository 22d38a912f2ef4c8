/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DISSECT_RAW_ADVICE_H
#define DISSECT_RAW_ADVICE_H

/* What service managers do with raw images, as it was seen of 252, 257 and 262; what they must be told, and
 * what a person. Pure. */

#include <stdbool.h>

struct raw;

/* See dissected_root_hash(). -ENOMEM. */
int raw_root_hash(const struct raw *r, unsigned version, char **ret_hash, char **ret_data);

/* See dissected_warn(). -ENOMEM. */
int raw_warn(const struct raw *r, unsigned version, bool extension, char ***refused, char ***weak);

#endif
