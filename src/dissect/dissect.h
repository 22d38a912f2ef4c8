/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DISSECT_DISSECT_H
#define DISSECT_DISSECT_H

/*
 * From an image to one directory descriptor: a raw file or block device is probed, its partitions found
 * (Discoverable Partitions Specification), checked against the policy, attached read-only to loop devices
 * and mounted; a directory is just opened; layers are put together (stack.h). Never waits for udev, needs no
 * partition nodes, and leaves no loop device or mount behind: they vanish with the descriptors, however the
 * process ends.
 */

#include <stdbool.h>
#include <stddef.h>

struct error;
struct image_policy;
struct partition_table;
struct dissected;
struct stack;
struct stack_notes;

struct dissect_options {
        int root_fd;      /* for side-car files and certificates */
        int image_fd;     /* O_PATH (or better) descriptor of the image, from image_find() */
        const char *path; /* the image's path in the root: for messages and side-cars */
        const struct image_policy *policy; /* NULL: the default for services */
        const struct stack *stack;         /* of an image in layers; NULL: it is none */
};

/* Errors say the image, and the partition or path in it: see issue texts in test/errors. -ENOMEDIUM style
 * codes are free to choose, the message counts; kinds: ERROR_FAILED, ERROR_NOT_SUPPORTED, ERROR_SYSTEM. */
int dissect_open(const struct dissect_options *options, struct dissected **ret, struct error *error);
struct dissected *dissect_close(struct dissected *d);
void cleanup_dissectedp(struct dissected **d);
#define _cleanup_dissected_ __attribute__((cleanup(cleanup_dissectedp)))

/* The root of the image's tree, O_PATH|O_DIRECTORY, owned by d. With usr-only images: a tree with just /usr
 * in it. */
int dissected_tree_fd(const struct dissected *d);

/* The policy string that pins what was found, for RootImagePolicy=/ExtensionImagePolicy=
 * ("root=unprotected+…"), in the form a manager of this version takes (254 or newer; file system types from
 * 260). NULL for directories. Allocated. See behaviour.md, attach: must never stop an unchanged image from
 * starting. */
int dissected_pin(const struct dissected *d, unsigned manager_version, char **ret, struct error *error);

/* The partitions of a raw image, of which a bare file system is one; NULL for others. d's. */
const struct partition_table *dissected_table(const struct dissected *d);

/* How partition i of that is used, in the words of image policies: "signed", "verity", "unprotected", or
 * "unused". Static. */
const char *dissected_use(const struct dissected *d, size_t i);

/* Whether a service manager mounts the root partition read-only: its file system, its attribute or verity
 * demand it. false for directories. */
bool dissected_is_read_only(const struct dissected *d);

/* Whether its root or usr was used with verity, so that a service manager will need device mapper for it.
 * false for directories. */
bool dissected_has_verity(const struct dissected *d);

/* One policy for several images that must share one setting (ExtensionImagePolicy=): what at least one of
 * the pins allows. NULL entries are left out; *ret is NULL if there is none. pins is NULL-terminated only by
 * n. Allocated. */
int dissected_pins_merge(const char *const *pins, size_t n, char **ret, struct error *error);

/*
 * What a manager of this version (0: not known) must be told to authenticate the root partition, for
 * RootHash= and RootVerity=: some do not take the root hash from a partition table, some know no image
 * policies, so that the hash itself is the pin. NULL where there is no need. Both allocated.
 */
int dissected_root_hash(const struct dissected *d, unsigned manager_version, char **ret_hash,
                        char **ret_data, struct error *error);

/* Appends a line for each thing about the image that a manager of this version (0: not known) makes
 * something else of: to *refused if it starts no services from it although it could be read, to *weak if
 * they run from it with less protection than the image brings. Two strv, or twice the same. */
int dissected_warn(const struct dissected *d, unsigned manager_version, bool extension, char ***refused,
                   char ***weak, struct error *error);

/* The same about how layers were put together, whatever manager; none of what is no image in layers. Not
 * the caller's. */
const struct stack_notes *dissected_notes(const struct dissected *d);

#endif
