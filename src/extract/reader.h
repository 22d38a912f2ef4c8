/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef EXTRACT_READER_H
#define EXTRACT_READER_H

/*
 * Reads a tree's metadata in this process. extract_metadata() runs it in a sandboxed child; unit tests call
 * it directly. Nothing in here trusts what it reads, follows a link out of the tree, opens anything but
 * regular files and directories, or runs longer than the limits in extract/extract.h allow.
 */

struct error;
struct extract_options;
struct metadata;

/* As extract_metadata(), without child process and time limit. */
int reader_run(const struct extract_options *options, struct metadata **ret, struct error *error);

#endif
