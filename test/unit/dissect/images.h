/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TEST_UNIT_DISSECT_IMAGES_H
#define TEST_UNIT_DISSECT_IMAGES_H

/* Tiny images in a directory of their own, made by the tools users make theirs with. A tool that fails fails
 * the test. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dissect/dissect.h"

#define GPT_ROOT_X86_64 "4f68bce3-e8cd-4db1-96e7-fbcaf984b709"
#define GPT_USR_X86_64  "8484680c-9521-48c6-9c11-b0720656f69e"
#define GPT_ROOT_X86    "44479540-f297-41b2-9af7-d131d5f0458a"
#define GPT_ROOT_ARM64  "b921b045-1df0-41c3-af44-4c6f280d3fae"
#define GPT_LINUX       "0fc63daf-8483-4772-8e79-3d69d8477de4"
#define GPT_ESP         "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"
#define GPT_SWAP        "0657fd6d-a4ab-43c4-84e5-0933c84b4f4f"
#define GPT_HOME        "933ac7e1-2eb4-4f13-b844-0e14e2aef915"

/* The temporary directory, on a file system where files can have attributes; "tree" in it is a small OS
 * tree, "usrtree" the /usr of one, and squashfs images of both are there as root.img and usr.img. */
extern char images_dir[];

int images_setup(void **state);
int images_teardown(void **state);

/* Runs a shell command in images_dir, fails the test if that fails. */
void images_run(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Gives the commands of images_run() some more: sign FILE OUT (with the key of key.crt, made here), json
 * HASH P7S, put IMAGE FILE MIB, uuid HEX, gpt IMAGE HASH (root.img and root.verity in a table with a third,
 * empty signature partition if its name begins with "signed"). */
void images_verity_tools(void);

/* A sparse image of size MiB with the sfdisk(8) script. */
void images_partition(const char *name, unsigned mib, const char *script);

/* Copies a file to the byte offset MiB in another. */
void images_put(const char *name, const char *file, unsigned mib);

/* Overwrites bytes. */
void images_poke(const char *name, uint64_t offset, const void *data, size_t size);

/* Opens for reading; fails the test if that fails. */
int images_open(const char *name);

/* images_dir/name, valid until the next call. */
const char *images_path(const char *name);

/* Gives an image the name "x.raw" in the directory root_fd, too. */
void images_link(const char *name, int root_fd);

/* Recomputes the checksums of the primary GPT header and its entries (sectors of 512). */
void images_gpt_checksum(const char *name);

/* How many loop devices have a file of images_dir behind them. */
size_t images_loops(void);

/* Waits up to a second for the kernel to let go of them, then returns how many there are. */
size_t images_loops_left(void);

/* Takes the right to make device nodes from this process. Returns 0 or a negative errno. */
int images_drop_mknod(void);

/* True if the running kernel is Linux major.minor or newer. */
bool images_kernel_is(unsigned major, unsigned minor);

/* dissect_open() of the image. Returns 0 (with *ret) or what it returned; *ret_message is the error's,
 * allocated. */
int images_dissect(const char *name, struct dissected **ret, char **ret_message);

/* fd_read_file_in_root(), with symlinks followed by hand: the mount does not let the kernel do it. */
int images_read(int tree_fd, const char *file, char **ret);

/* Fails the test unless dissect_open() fails with just this message; %s in it stands for the path, a * at
 * the end for any rest (what the kernel says depends on its version). */
void images_assert_error(const char *name, const char *message);

/* The same while other images are open. */
void images_assert_error_beside(const char *name, const char *message);

/* Fails the test unless dissect_open() works, the file has that content, and no loop device is left at the
 * end. */
void images_assert_file(const char *name, const char *file, const char *content);

#endif
