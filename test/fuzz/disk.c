/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "disk.h"

#include <endian.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "partition/gpt-type.h"
#include "fuzz.h"

#define SIZE_UNIT       65536U
#define PARTITION_UNIT  4096U
#define PARTITIONS_MAX  16U
#define ENTRIES         128U
#define ENTRY_SIZE      128U
#define PARTITION_INPUT 8U

struct disk {
        uint8_t *bytes;
        size_t size, sector;
};

static uint32_t checksum(const uint8_t *data, size_t size)
{
        uint32_t c = UINT32_MAX;

        for (size_t i = 0; i < size; i++) {
                c ^= data[i];
                for (int bit = 0; bit < 8; bit++)
                        c = c >> 1 ^ (c & 1 ? UINT32_C(0xedb88320) : 0);
        }
        return ~c;
}

static void put32(uint8_t *p, uint32_t v)
{
        v = htole32(v);
        memcpy(p, &v, sizeof(v));
}

static void put64(uint8_t *p, uint64_t v)
{
        v = htole64(v);
        memcpy(p, &v, sizeof(v));
}

static uint64_t get64(const uint8_t *p)
{
        uint64_t v;

        memcpy(&v, p, sizeof(v));
        return le64toh(v);
}

/* The type UUID as it lies on disk: the first three groups little-endian. */
static void put_uuid(uint8_t *p, const char *text)
{
        static const uint8_t order[] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};

        for (size_t i = 0; i < 16 && text && *text; i++) {
                unsigned byte = 0;

                text += *text == '-';
                fuzz_check(sscanf(text, "%2x", &byte) == 1);
                p[order[i]] = (uint8_t)byte;
                text += 2;
        }
}

static void put_type(uint8_t *p, uint8_t selector)
{
        static const char *const architectures[] = {"x86-64", "x86", "arm64", NULL};
        unsigned designator = selector % (DESIGNATOR_POLICY_MAX + 2U);

        if (designator == DESIGNATOR_POLICY_MAX)
                put_uuid(p, "0fc63daf-8483-4772-8e79-3d69d8477de4");
        else if (designator < DESIGNATOR_POLICY_MAX)
                put_uuid(p, gpt_type_uuid((enum designator)designator,
                                          architectures[selector / (DESIGNATOR_POLICY_MAX + 2U) % 4]));
        else
                memset(p, selector | 1, 16);
}

/* Enough of a superblock for libblkid to name the file system. */
static void put_filesystem(const struct disk *d, size_t offset, uint8_t selector)
{
        static const struct {
                size_t offset;
                const char *magic;
                size_t length;
        } magics[] = {
                {0, "hsqs", 4},
                {1024, "\xe2\xe1\xf5\xe0", 4},
                {1024 + 56, "\x53\xef", 2},
                {0, "XFSB", 4},
                {65536 + 64, "_BHRfS_M", 8},
                {1024, "\x10\x20\xf5\xf2", 4},
                {0, "LUKS\xba\xbe\0\2", 8},
                {0, "-FVE-FS-", 8},
        };
        size_t i = selector % 16;

        if (i >= ELEMENTSOF(magics) || offset + magics[i].offset + 512 > d->size)
                return;
        memcpy(d->bytes + offset + magics[i].offset, magics[i].magic, magics[i].length);
        if (i == 0)
                put32(d->bytes + offset + 28, 4); /* version 4.0 */
}

static void put_gpt_entry(const struct disk *d, unsigned number, const uint8_t *in)
{
        uint8_t *entry = d->bytes + 2 * d->sector + (size_t)number * ENTRY_SIZE;
        uint64_t first = (uint64_t)in[1] * PARTITION_UNIT / d->sector;

        put_type(entry, in[0]);
        memset(entry + 16, in[7], 15);
        entry[31] = (uint8_t)number;
        put64(entry + 32, first);
        put64(entry + 40, first + (uint64_t)in[2] * PARTITION_UNIT / d->sector - 1);
        put64(entry + 48, (uint64_t)in[4] << 56);
        for (size_t i = 0; i < in[5] % 37U; i++)
                entry[56 + 2 * i] = in[6];
}

static void put_gpt(const struct disk *d)
{
        uint8_t *header = d->bytes + d->sector;

        memcpy(header, "EFI PART\0\0\1\0", 12);
        put32(header + 12, 92);
        put64(header + 24, 1);
        put64(header + 32, d->size / d->sector - 1);
        put64(header + 40, 2 + ENTRIES * ENTRY_SIZE / d->sector);
        put64(header + 48, d->size / d->sector - 2);
        memset(header + 56, 0x5a, 16);
        put64(header + 72, 2);
        put32(header + 80, ENTRIES);
        put32(header + 84, ENTRY_SIZE);
}

/* Of whatever the header says now. */
static void put_checksums(const struct disk *d)
{
        uint8_t *header = d->bytes + d->sector;
        uint64_t at = get64(header + 72), n = get64(header + 80) & UINT32_MAX,
                 each = get64(header + 80) >> 32, length = get64(header + 12) & UINT32_MAX;

        if (at <= d->size / d->sector && n * each <= d->size - at * d->sector)
                put32(header + 88, checksum(d->bytes + at * d->sector, n * each));
        put32(header + 16, 0);
        if (length <= d->size - d->sector)
                put32(header + 16, checksum(header, length));
}

static void put_mbr(const struct disk *d, unsigned number, const uint8_t *in, uint8_t type)
{
        uint8_t *entry = d->bytes + 446 + (size_t)number * 16;

        memcpy(d->bytes + 510, "\x55\xaa", 2);
        entry[0] = in[4] & 0x80;
        entry[4] = type;
        put32(entry + 8, in[1] * (PARTITION_UNIT / 512));
        put32(entry + 12, in[2] * (PARTITION_UNIT / 512));
}

static void change(const struct disk *d, const uint8_t *data, size_t size)
{
        while (size > 4) {
                size_t offset = data[0] | (size_t)data[1] << 8 | (size_t)data[2] << 16, n = data[3];

                data += 4;
                size -= 4;
                n = n > size ? size : n;
                if (offset < d->size && n <= d->size - offset)
                        memcpy(d->bytes + offset, data, n);
                data += n;
                size -= n;
        }
}

static void fill(const struct disk *d, const uint8_t *data, size_t size)
{
        static const uint8_t protective[PARTITION_INPUT] = {0, 0, 255};
        unsigned flags = data[0], n = data[2] % PARTITIONS_MAX;

        if (flags & DISK_GPT)
                put_gpt(d);
        if ((flags & DISK_GPT) && (flags & DISK_MBR))
                put_mbr(d, 0, protective, 0xee);
        data += 3;
        size -= 3;
        if (size >= PARTITION_INPUT && (flags & DISK_WHOLE))
                put_filesystem(d, 0, data[3]);
        for (unsigned i = 0; i < n && size >= PARTITION_INPUT; i++) {
                if (flags & DISK_GPT)
                        put_gpt_entry(d, i, data);
                else if ((flags & DISK_MBR) && i < 4)
                        put_mbr(d, i, data, data[0]);
                put_filesystem(d, (size_t)data[1] * PARTITION_UNIT, data[3]);
                data += PARTITION_INPUT;
                size -= PARTITION_INPUT;
        }
        change(d, data, size);
        if ((flags & DISK_GPT) && (flags & DISK_CHECKSUMS))
                put_checksums(d);
}

int disk_make(const uint8_t *data, size_t size)
{
        static int fd = -1;
        struct disk d = {};

        if (size < 3)
                return -1;
        if (fd < 0)
                fd = memfd_create("disk", MFD_CLOEXEC);
        d.sector = data[0] & DISK_SECTORS_4K ? 4096 : 512;
        d.size = (size_t)(data[1] % 32 + 1) * SIZE_UNIT;
        fuzz_check(fd >= 0 && ftruncate(fd, 0) == 0 && ftruncate(fd, (off_t)d.size) == 0);
        d.bytes = mmap(NULL, d.size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        fuzz_check(d.bytes != MAP_FAILED);
        fill(&d, data, size);
        fuzz_check(munmap(d.bytes, d.size) == 0);
        return fd;
}
