/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TEST_FUZZ_DISK_H
#define TEST_FUZZ_DISK_H

/*
 * A disk image from a fuzzer's input, in memory: a partition table whose checksums are right (a fuzzer would
 * never get past them), with what the input says in it, and then bytes changed anywhere. Called by probe.c.
 *
 * The input: a byte of flags (disk_flag), the size in 64 KiB, the number of partitions; for each partition
 * 8 bytes: its type, start and size in 4 KiB, the file system in it, attributes, a length of the label and a
 * character of it, spare; then changes: an offset of 3 bytes, a length, and that many bytes.
 */

#include <stddef.h>
#include <stdint.h>

enum disk_flag {
        DISK_GPT = 1 << 0,
        DISK_MBR = 1 << 1,        /* a protective one with GPT */
        DISK_SECTORS_4K = 1 << 2, /* GPT */
        DISK_CHECKSUMS = 1 << 3,  /* made right after all changes */
        DISK_WHOLE = 1 << 4,      /* the first partition's file system at offset 0, too */
};

/* The descriptor of such an image, the same one at each call; or -1 for an input that says nothing. */
int disk_make(const uint8_t *data, size_t size);

#endif
