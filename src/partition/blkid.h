/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PARTITION_BLKID_H
#define PARTITION_BLKID_H

/* What is used of libblkid, which is loaded when the first raw image comes along. */

#include <blkid/blkid.h>

struct error;

struct blkid {
        __typeof__(&blkid_new_probe) new_probe;
        __typeof__(&blkid_free_probe) free_probe;
        __typeof__(&blkid_probe_set_device) probe_set_device;
        __typeof__(&blkid_probe_set_sectorsize) probe_set_sectorsize;
        __typeof__(&blkid_probe_enable_superblocks) probe_enable_superblocks;
        __typeof__(&blkid_probe_set_superblocks_flags) probe_set_superblocks_flags;
        __typeof__(&blkid_probe_enable_partitions) probe_enable_partitions;
        __typeof__(&blkid_probe_set_partitions_flags) probe_set_partitions_flags;
        __typeof__(&blkid_do_safeprobe) do_safeprobe;
        __typeof__(&blkid_probe_lookup_value) probe_lookup_value;
        __typeof__(&blkid_probe_get_partitions) probe_get_partitions;
        __typeof__(&blkid_partlist_numof_partitions) partlist_numof_partitions;
        __typeof__(&blkid_partlist_get_partition) partlist_get_partition;
        __typeof__(&blkid_partition_get_name) partition_get_name;
        __typeof__(&blkid_partition_get_flags) partition_get_flags;
        __typeof__(&blkid_partition_get_partno) partition_get_partno;
        __typeof__(&blkid_partition_get_uuid) partition_get_uuid;
        __typeof__(&blkid_partition_get_type) partition_get_type;
        __typeof__(&blkid_partition_get_type_string) partition_get_type_string;
        __typeof__(&blkid_partition_get_start) partition_get_start;
        __typeof__(&blkid_partition_get_size) partition_get_size;
};

/* image: for the message, already safe to print. ERROR_NOT_SUPPORTED if the library cannot be loaded. */
int blkid_load(struct blkid *ret, const char *image, struct error *error);

#endif
