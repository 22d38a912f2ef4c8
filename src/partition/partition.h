/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PARTITION_PARTITION_H
#define PARTITION_PARTITION_H

/*
 * The partitions of an image as a plain table. Everything in it was written by whoever made the image:
 * labels may hold anything, so they go through text_escape() before a person sees them.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "partition/gpt-type.h"

#define UUID_TEXT_SIZE 37

enum table_kind {
        TABLE_NONE, /* a bare file system: one partition, number 0 */
        TABLE_MBR,
        TABLE_GPT,
};

struct partition {
        unsigned number; /* as in the table, from 1; 0 for a bare file system */
        enum designator designator;
        const char *architecture;        /* static; for types that have one, else NULL */
        uint64_t offset, size;           /* bytes; offset + size never overflows */
        char type[UUID_TEXT_SIZE];       /* lower case; "0x83" for MBR; empty for a bare file system */
        char uuid[UUID_TEXT_SIZE];       /* empty if it has none */
        char *label;                     /* NULL if it has none */
        bool no_auto, read_only, growfs; /* GPT */
        bool active;                     /* MBR: marked for booting */

        char *fstype;   /* as libblkid names it; NULL if none was recognised or none was looked for */
        bool ambiguous; /* signatures of more than one file system */
};

struct partition_table {
        enum table_kind kind;
        uint64_t size; /* of the whole image, bytes */
        struct partition *items;
        size_t n;
};

/* Frees what the table holds, leaves an empty one. */
void partition_table_clear(struct partition_table *t);
#define _cleanup_partition_table_ __attribute__((cleanup(partition_table_clear)))

/* "partition 2 (root, label 'app_1')", or "the file system" for a bare one. Allocated, NULL if out of
 * memory. */
char *partition_describe(const struct partition *p);

/* "1 (esp), 2 (root for arm64), 3 (other, type …)" for messages; at most 16. Allocated, NULL if out of
 * memory. */
char *partition_table_describe(const struct partition_table *t);

#endif
