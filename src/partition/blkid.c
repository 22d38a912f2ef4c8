/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "partition/blkid.h"

#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/library.h"

int blkid_load(struct blkid *ret, const char *image, struct error *error)
{
        static const struct library_function functions[] = {
                {"blkid_new_probe", offsetof(struct blkid, new_probe)},
                {"blkid_free_probe", offsetof(struct blkid, free_probe)},
                {"blkid_probe_set_device", offsetof(struct blkid, probe_set_device)},
                {"blkid_probe_set_sectorsize", offsetof(struct blkid, probe_set_sectorsize)},
                {"blkid_probe_enable_superblocks", offsetof(struct blkid, probe_enable_superblocks)},
                {"blkid_probe_set_superblocks_flags", offsetof(struct blkid, probe_set_superblocks_flags)},
                {"blkid_probe_enable_partitions", offsetof(struct blkid, probe_enable_partitions)},
                {"blkid_probe_set_partitions_flags", offsetof(struct blkid, probe_set_partitions_flags)},
                {"blkid_do_safeprobe", offsetof(struct blkid, do_safeprobe)},
                {"blkid_probe_lookup_value", offsetof(struct blkid, probe_lookup_value)},
                {"blkid_probe_get_partitions", offsetof(struct blkid, probe_get_partitions)},
                {"blkid_partlist_numof_partitions", offsetof(struct blkid, partlist_numof_partitions)},
                {"blkid_partlist_get_partition", offsetof(struct blkid, partlist_get_partition)},
                {"blkid_partition_get_name", offsetof(struct blkid, partition_get_name)},
                {"blkid_partition_get_flags", offsetof(struct blkid, partition_get_flags)},
                {"blkid_partition_get_partno", offsetof(struct blkid, partition_get_partno)},
                {"blkid_partition_get_uuid", offsetof(struct blkid, partition_get_uuid)},
                {"blkid_partition_get_type", offsetof(struct blkid, partition_get_type)},
                {"blkid_partition_get_type_string", offsetof(struct blkid, partition_get_type_string)},
                {"blkid_partition_get_start", offsetof(struct blkid, partition_get_start)},
                {"blkid_partition_get_size", offsetof(struct blkid, partition_get_size)},
        };

        if (library_load("libblkid.so.1", functions, ELEMENTSOF(functions), ret))
                return 0;
        return error_set(error, ERROR_NOT_SUPPORTED, ELIBACC,
                         "Image '%s': what reads partition tables cannot be loaded: %s", image, dlerror());
}
