/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PARTITION_SELECT_H
#define PARTITION_SELECT_H

/*
 * Which of an image's partitions are its root, its /usr and so on. The choice must be the one the service
 * manager makes when it later starts a unit from the image, or a unit would be copied from one tree and run
 * in another. Pure: no I/O.
 */

#include "partition/partition.h"

struct error;

/* Borrowed from the table; NULL where the image has none (or only such as are marked no-auto or "_empty").
 */
struct selection {
        const struct partition *by[DESIGNATOR_POLICY_MAX];
};

/*
 * architecture: as gpt-type.h names it; its own partitions win over those of the secondary one.
 *
 * Of several partitions of one type the one with the newest label (by version) is taken, and the first of
 * equals. If there is neither root nor usr a lone generic Linux partition is the root. Errors, all
 * ERROR_FAILED and listing what there is: no root, several generic partitions, only roots of other
 * architectures.
 */
int partitions_select(const struct partition_table *t, const char *image, const char *architecture,
                      struct selection *ret, struct error *error);

#endif
