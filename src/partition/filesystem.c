/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "partition/filesystem.h"

#include <endian.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "basic/cleanup.h"

static int read_at(int fd, uint64_t offset, void *buffer, size_t size)
{
        size_t done = 0;

        while (done < size) {
                ssize_t n = pread(fd, (uint8_t *)buffer + done, size - done, (off_t)(offset + done));

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                if (n == 0)
                        return -ENODATA;
                done += (size_t)n;
        }
        return 0;
}

static int read_le32(int fd, uint64_t offset, uint64_t *ret)
{
        uint32_t v;
        int r = read_at(fd, offset, &v, sizeof(v));

        if (r >= 0)
                *ret = le32toh(v);
        return r;
}

static int read_le64(int fd, uint64_t offset, uint64_t *ret)
{
        uint64_t v;
        int r = read_at(fd, offset, &v, sizeof(v));

        if (r >= 0)
                *ret = le64toh(v);
        return r;
}

static uint64_t multiply_saturated(uint64_t a, uint64_t b)
{
        uint64_t product;

        return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

static uint64_t shift_saturated(uint64_t a, uint64_t bits)
{
        return bits >= 64 ? (a ? UINT64_MAX : 0) : multiply_saturated(a, UINT64_C(1) << bits);
}

/* bytes_used. Source of the offsets: the kernel's Documentation/filesystems. */
static int squashfs_size(int fd, uint64_t offset, uint64_t *ret)
{
        return read_le64(fd, offset + 40, ret);
}

/* s_blocks_count_lo << (10 + s_log_block_size), and the high half where the feature "64bit" (0x80) is set.
 */
static int ext4_size(int fd, uint64_t offset, uint64_t *ret)
{
        uint64_t sb = offset + 1024, blocks, high, log, incompat;
        int r;

        if ((r = read_le32(fd, sb + 4, &blocks)) < 0 || (r = read_le32(fd, sb + 24, &log)) < 0 ||
            (r = read_le32(fd, sb + 96, &incompat)) < 0 || (r = read_le32(fd, sb + 0x150, &high)) < 0)
                return r;
        if (incompat & 0x80)
                blocks |= high << 32;
        *ret = shift_saturated(blocks, log > 64 ? 64 : 10 + log);
        return 0;
}

/* blocks << blkszbits, superblock at 1024. */
static int erofs_size(int fd, uint64_t offset, uint64_t *ret)
{
        uint64_t blocks;
        uint8_t bits;
        int r;

        if ((r = read_at(fd, offset + 1024 + 12, &bits, 1)) < 0 ||
            (r = read_le32(fd, offset + 1024 + 36, &blocks)) < 0)
                return r;
        *ret = shift_saturated(blocks, bits);
        return 0;
}

/* sb_dblocks * sb_blocksize, big endian. */
static int xfs_size(int fd, uint64_t offset, uint64_t *ret)
{
        uint32_t block;
        uint64_t blocks;
        int r;

        if ((r = read_at(fd, offset + 4, &block, sizeof(block))) < 0 ||
            (r = read_at(fd, offset + 8, &blocks, sizeof(blocks))) < 0)
                return r;
        *ret = multiply_saturated(be64toh(blocks), be32toh(block));
        return 0;
}

/* dev_item.total_bytes: of this device, which is the only one. Superblock at 64 KiB. */
static int btrfs_size(int fd, uint64_t offset, uint64_t *ret)
{
        return read_le64(fd, offset + 0x10000 + 0xc9 + 8, ret);
}

/* block_count << log_blocksize, superblock at 1024. */
static int f2fs_size(int fd, uint64_t offset, uint64_t *ret)
{
        uint64_t log, blocks;
        int r;

        if ((r = read_le32(fd, offset + 1024 + 16, &log)) < 0 ||
            (r = read_le64(fd, offset + 1024 + 36, &blocks)) < 0)
                return r;
        *ret = shift_saturated(blocks, log);
        return 0;
}

/* "errors" overrides what the superblock asks for: an image must not be able to demand a panic. */
static const char *const ext4_options[] = {"noload", NULL, "errors", "remount-ro", NULL};
/* An image may be mounted twice, by us and for its service. */
static const char *const xfs_options[] = {"norecovery", NULL, "nouuid", NULL, NULL};
static const char *const btrfs_options[] = {"rescue", "nologreplay", NULL};
static const char *const f2fs_options[] = {"norecovery", NULL, NULL};
static const char *const no_options[] = {NULL};

static const struct filesystem filesystems[] = {
        {"squashfs", "squashfs", no_options, squashfs_size}, {"erofs", "erofs", no_options, erofs_size},
        {"ext4", "ext4", ext4_options, ext4_size},           {"ext3", "ext4", ext4_options, ext4_size},
        {"ext2", "ext4", ext4_options, ext4_size},           {"xfs", "xfs", xfs_options, xfs_size},
        {"btrfs", "btrfs", btrfs_options, btrfs_size},       {"f2fs", "f2fs", f2fs_options, f2fs_size},
};

const struct filesystem *filesystem_find(const char *name)
{
        for (size_t i = 0; i < ELEMENTSOF(filesystems); i++)
                if (strcmp(filesystems[i].name, name) == 0)
                        return filesystems + i;
        return NULL;
}

const char *filesystem_names(void)
{
        return "squashfs, erofs, ext4, ext3, ext2, xfs, btrfs, f2fs";
}

bool filesystem_is_encrypted(const char *name)
{
        return strcmp(name, "crypto_LUKS") == 0 || strcmp(name, "BitLocker") == 0;
}

int filesystem_size(const struct filesystem *fs, int fd, uint64_t offset, uint64_t *ret)
{
        return fs->size(fd, offset, ret);
}
