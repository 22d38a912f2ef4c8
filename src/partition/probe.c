/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "partition/probe.h"

#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "partition/blkid.h"
#include "partition/filesystem.h"

#define PARTITIONS_MAX 256

/* Partition flags: UAPI.2, "Partition Attribute Flags". */
#define GPT_FLAG_GROWFS    (UINT64_C(1) << 59)
#define GPT_FLAG_READ_ONLY (UINT64_C(1) << 60)
#define GPT_FLAG_NO_AUTO   (UINT64_C(1) << 63)

struct probe {
        const struct blkid *blkid;
        blkid_probe of; /* the image, or a part of it */
};

static void cleanup_probe(struct probe *p)
{
        if (p->of)
                p->blkid->free_probe(p->of);
}

#define _cleanup_probe_ __attribute__((cleanup(cleanup_probe)))

static int image_size(int fd, const char *image, uint64_t *ret, struct error *error)
{
        struct stat st;

        if (fstat(fd, &st) < 0)
                return error_set_errno(error, errno, "Image '%s': cannot read its size", image);
        if (S_ISBLK(st.st_mode)) {
                if (ioctl(fd, BLKGETSIZE64, ret) < 0)
                        return error_set_errno(error, errno, "Image '%s': cannot read the device's size",
                                               image);
        } else if (S_ISREG(st.st_mode)) {
                *ret = (uint64_t)st.st_size;
        } else {
                return error_set(error, ERROR_BAD_IMAGE_TYPE, EMEDIUMTYPE,
                                 "Image '%s' is neither a regular file nor a block device", image);
        }
        if (*ret == 0)
                return error_set(error, ERROR_FAILED, ENODATA, "Image '%s' is empty", image);
        return 0;
}

/* Looks for a GPT header in sector 1, for the sector sizes there are: a file does not say its own. Returns
 * the size, or 0 if there is no header. */
static unsigned gpt_header_find(int fd, uint8_t ret_header[static 92])
{
        for (unsigned size = 512; size <= 4096; size *= 2) {
                uint64_t lba;

                if (pread(fd, ret_header, 92, size) != 92 || memcmp(ret_header, "EFI PART", 8) != 0)
                        continue;
                memcpy(&lba, ret_header + 24, sizeof(lba));
                if (le64toh(lba) == 1)
                        return size;
        }
        return 0;
}

/* There is a header, but libblkid does not take it: says why. */
static int gpt_damaged(const uint8_t header[static 92], unsigned sector, uint64_t size, const char *image,
                       struct error *error)
{
        uint64_t last, claimed;

        memcpy(&last, header + 32, sizeof(last)); /* where the backup header is: the last sector */
        last = le64toh(last);
        if (last < UINT64_MAX / sector - 1) {
                claimed = (last + 1) * sector;
                if (claimed > size)
                        return error_set(error, ERROR_FAILED, EUCLEAN,
                                         "Image '%s' is truncated: its partition table is made for %" PRIu64
                                         " bytes, but there are %" PRIu64 "",
                                         image, claimed, size);
        }
        return error_set(error, ERROR_FAILED, EUCLEAN,
                         "Image '%s': its GPT partition table is damaged (wrong checksum or impossible "
                         "values); sfdisk "
                         "--verify tells more",
                         image);
}

/* p->blkid is set. To be cleaned up after an error, too. */
static int probe_begin(struct probe *p, int fd, uint64_t offset, uint64_t size)
{
        const struct blkid *b = p->blkid;

        p->of = b->new_probe();
        if (!p->of)
                return -ENOMEM;
        errno = 0;
        if (b->probe_set_device(p->of, fd, (blkid_loff_t)offset, (blkid_loff_t)size) != 0)
                return errno ? -errno : -EIO;
        b->probe_enable_superblocks(p->of, true);
        b->probe_set_superblocks_flags(p->of, BLKID_SUBLKS_TYPE | BLKID_SUBLKS_USAGE);
        return 0;
}

/* Sets fstype or ambiguous. */
static int partition_take_type(struct partition *p, const struct probe *probe, int result)
{
        const char *value;

        if (result == -2) {
                p->ambiguous = true;
                return 0;
        }
        if (result != 0 || probe->blkid->probe_lookup_value(probe->of, "TYPE", &value, NULL) < 0)
                return 0;
        p->fstype = strdup(value);
        return p->fstype ? 0 : -ENOMEM;
}

static int partition_probe(struct partition *p, const struct blkid *blkid, int fd, const char *image,
                           struct error *error)
{
        _cleanup_probe_ struct probe probe = {.blkid = blkid};
        int r = probe_begin(&probe, fd, p->offset, p->size);

        if (r >= 0) {
                errno = 0;
                r = blkid->do_safeprobe(probe.of);
                if (r == -1)
                        r = errno ? -errno : -EIO;
                else
                        r = partition_take_type(p, &probe, r);
        }
        if (r == -ENOMEM)
                return error_set_oom(error);
        if (r < 0)
                return error_set_errno(error, r, "Image '%s': cannot read partition %u (%s)", image,
                                       p->number, designator_to_string(p->designator));
        return 0;
}

static void copy_text(char dest[static UUID_TEXT_SIZE], const char *source)
{
        snprintf(dest, UUID_TEXT_SIZE, "%s", source ? source : "");
        for (char *c = dest; *c; c++)
                if (*c >= 'A' && *c <= 'F')
                        *c = (char)(*c - 'A' + 'a');
}

static int partition_fill(struct partition *p, const struct blkid *blkid, blkid_partition b,
                          enum table_kind kind)
{
        const char *label = blkid->partition_get_name(b);
        uint64_t flags = blkid->partition_get_flags(b);

        p->number = (unsigned)blkid->partition_get_partno(b);
        copy_text(p->uuid, blkid->partition_get_uuid(b));
        if (kind == TABLE_MBR) {
                int type = blkid->partition_get_type(b);

                snprintf(p->type, sizeof(p->type), "0x%02x", (unsigned)type);
                p->designator = type == 0x83 ? DESIGNATOR_LINUX : DESIGNATOR_OTHER;
                p->active = flags & 0x80;
                return 0;
        }
        copy_text(p->type, blkid->partition_get_type_string(b));
        p->designator = gpt_type_lookup(p->type, &p->architecture);
        p->no_auto = flags & GPT_FLAG_NO_AUTO;
        p->read_only = flags & GPT_FLAG_READ_ONLY;
        p->growfs = flags & GPT_FLAG_GROWFS;
        if (label && *label) {
                p->label = strdup(label);
                if (!p->label)
                        return -ENOMEM;
        }
        return 0;
}

/* Offset and size in bytes; inside the image, for what an image can use. */
static int partition_place(struct partition *p, const struct blkid *blkid, blkid_partition b,
                           uint64_t image_bytes, const char *image, struct error *error)
{
        int64_t start = blkid->partition_get_start(b), size = blkid->partition_get_size(b);
        uint64_t end;

        if (start < 0 || size < 0 || __builtin_mul_overflow((uint64_t)start, 512, &p->offset) ||
            __builtin_mul_overflow((uint64_t)size, 512, &p->size) ||
            __builtin_add_overflow(p->offset, p->size, &end) || end > INT64_MAX) {
                if (p->designator == DESIGNATOR_OTHER) {
                        p->offset = p->size = 0;
                        return 0;
                }
                return error_set(error, ERROR_FAILED, EUCLEAN,
                                 "Image '%s': partition %u (%s) has an impossible place or size", image,
                                 p->number, designator_to_string(p->designator));
        }
        if (p->designator == DESIGNATOR_OTHER)
                return 0;
        if (end > image_bytes)
                return error_set(error, ERROR_FAILED, EUCLEAN,
                                 "Image '%s' is truncated: partition %u (%s) reaches to byte %" PRIu64
                                 ", but there are only %" PRIu64 "",
                                 image, p->number, designator_to_string(p->designator), end, image_bytes);
        if (p->size == 0)
                return error_set(error, ERROR_FAILED, EUCLEAN, "Image '%s': partition %u (%s) has no size",
                                 image, p->number, designator_to_string(p->designator));
        return 0;
}

/* Whether to look for a file system: in what is mounted, and in what a policy can make demands on. */
static bool partition_is_probed(const struct partition *p)
{
        return p->designator != DESIGNATOR_OTHER && p->size > 0;
}

static int table_read(const struct probe *probe, int fd, const char *image, struct partition_table *t,
                      struct error *error)
{
        const struct blkid *blkid = probe->blkid;
        blkid_partlist list = blkid->probe_get_partitions(probe->of);
        int n = list ? blkid->partlist_numof_partitions(list) : 0;

        if (n < 0)
                n = 0;
        if (n > PARTITIONS_MAX)
                return error_set(error, ERROR_FAILED, E2BIG, "Image '%s' has %i partitions, more than %i",
                                 image, n, PARTITIONS_MAX);
        t->items = calloc((size_t)n + 1, sizeof(*t->items));
        if (!t->items)
                return error_set_oom(error);
        for (int i = 0; i < n; i++) {
                blkid_partition b = blkid->partlist_get_partition(list, i);
                struct partition *p = t->items + t->n;
                int r;

                if (!b)
                        continue;
                t->n++;
                if (partition_fill(p, blkid, b, t->kind) < 0)
                        return error_set_oom(error);
                r = partition_place(p, blkid, b, t->size, image, error);
                if (r < 0)
                        return r;
                if (!partition_is_probed(p))
                        continue;
                r = partition_probe(p, blkid, fd, image, error);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int table_bare(const char *fstype, struct partition_table *t, struct error *error)
{
        t->kind = TABLE_NONE;
        t->items = calloc(1, sizeof(*t->items));
        if (!t->items)
                return error_set_oom(error);
        t->n = 1;
        t->items[0].designator = DESIGNATOR_ROOT;
        t->items[0].size = t->size;
        t->items[0].fstype = strdup(fstype);
        return t->items[0].fstype ? 0 : error_set_oom(error);
}

static int whole_probe(struct probe *p, int fd, unsigned sector, const char *image, int *ret_result,
                       struct error *error)
{
        const struct blkid *b = p->blkid;
        int r = probe_begin(p, fd, 0, 0);

        if (r == -ENOMEM)
                return error_set_oom(error);
        if (r < 0)
                return error_set_errno(error, r, "Image '%s': cannot read it", image);
        if (sector > 512)
                b->probe_set_sectorsize(p->of, sector);
        b->probe_enable_partitions(p->of, true);
        b->probe_set_partitions_flags(p->of, BLKID_PARTS_ENTRY_DETAILS);
        errno = 0;
        r = b->do_safeprobe(p->of);
        if (r == -1)
                return error_set_errno(error, errno ? errno : EIO, "Image '%s': cannot read it", image);
        *ret_result = r;
        return 0;
}

int image_probe(int fd, const char *image, struct partition_table *ret, struct error *error)
{
        _cleanup_partition_table_ struct partition_table t = {};
        struct blkid blkid;
        _cleanup_probe_ struct probe probe = {.blkid = &blkid};
        const char *fstype = NULL, *table = NULL;
        uint8_t header[92];
        unsigned sector;
        int r, result = 0;

        r = image_size(fd, image, &t.size, error);
        if (r < 0)
                return r;
        r = blkid_load(&blkid, image, error);
        if (r < 0)
                return r;
        sector = gpt_header_find(fd, header);
        r = whole_probe(&probe, fd, sector, image, &result, error);
        if (r < 0)
                return r;
        if (result == -2)
                return error_set(error, ERROR_FAILED, EUCLEAN,
                                 "Image '%s' has the signatures of more than one file system or partition "
                                 "table; wipefs "
                                 "lists them",
                                 image);
        if (result == 0) {
                (void)blkid.probe_lookup_value(probe.of, "TYPE", &fstype, NULL);
                (void)blkid.probe_lookup_value(probe.of, "PTTYPE", &table, NULL);
        }

        if (fstype && (!table || filesystem_find(fstype) || filesystem_is_encrypted(fstype)))
                r = table_bare(fstype, &t, error);
        else if (table && (strcmp(table, "gpt") == 0 || strcmp(table, "dos") == 0)) {
                t.kind = strcmp(table, "gpt") == 0 ? TABLE_GPT : TABLE_MBR;
                r = table_read(&probe, fd, image, &t, error);
        } else if (sector > 0)
                r = gpt_damaged(header, sector, t.size, image, error);
        else if (table)
                r = error_set(error, ERROR_FAILED, EMEDIUMTYPE,
                              "Image '%s' has a partition table of type '%s'; GPT and MBR are supported",
                              image, table);
        else
                r = error_set(error, ERROR_FAILED, EMEDIUMTYPE,
                              "Image '%s' holds no partition table, and no file system that images can have "
                              "(%s)",
                              image, filesystem_names());
        if (r < 0)
                return r;
        *ret = t;
        t = (struct partition_table){};
        return 0;
}

void image_probe_prepare(void)
{
        _cleanup_error_ struct error error = {};
        struct blkid blkid;

        (void)blkid_load(&blkid, "", &error);
}
