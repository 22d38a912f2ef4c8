/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRANSACTION_WORK_H
#define TRANSACTION_WORK_H

/*
 * Where a transaction keeps what nobody is to see yet, or any more: a hidden directory ".portabled-ID" of
 * its own in /etc/systemd (or /run/systemd, or the deepest directory above those that exists). It holds the
 * staged files, later what they replaced, and the journal. Whoever works in it has it locked (flock(2)), so
 * that what a crash left can be told from what is in use. Never in an attach directory: up to the first
 * rename nothing there is touched, and what looks into it, or asks whether it is empty, finds no foreign
 * names.
 *
 * rename(2) works within one mount only. For each further mount that targets lie on, a second directory of
 * the same name is made there, in the deepest existing directory above the target; a symlink "placeN" in the
 * first says where, and is durable before the second appears.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

struct error;
struct layout;

struct work_directory {
        char *path; /* of the work directory, absolute in the root */
        int fd;
        uint64_t mount;
        dev_t device;
        bool temporary; /* in memory: nothing to sync */
};

struct work {
        int root_fd; /* borrowed, as is the next one; what is found dead has no layout */
        const struct layout *layout;
        bool runtime;
        char id[17]; /* empty while nothing is on disk */
        struct work_directory *places;
        size_t n_places;
        uint32_t n_slots;
};

/* A name in a work directory. */
struct slot_name {
        char name[12];
};

struct slot_name slot_name(uint32_t slot);

/* Makes and locks the first work directory if there is none yet. Errors name the directory above it. */
int work_open(struct work *w, struct error *error);

/* The index of the work directory for targets in the existing directory dir_fd (path: its name, absolute in
 * the root), made if needed. */
int work_place(struct work *w, int dir_fd, const char *path, uint32_t *ret, struct error *error);

/* Writes all file systems concerned to disk, but those in memory: all of them, with what others have written
 * there. Errors name the directory above. */
int work_sync(struct work *w, struct error *error);

/* Removes the work directories with all that is left in them. Errors are dropped: the next recovery finds
 * what could not be removed. */
void work_remove(struct work *w);

/* Forgets, closes and so unlocks, without touching the disk. */
void work_clear(struct work *w);

/* The paths of those directories, found without locking or opening more than needed; *ret may be NULL for
 * none.
 */
int work_list_dead(int root_fd, const struct layout *layout, char ***ret, struct error *error);

/*
 * Calls found() with each work directory that no live process has locked; it is locked and its places are
 * open by then, or error is set already, and found() may only pass that on. found() returns 0 or a negative
 * errno with error set, which ends the search. The work is cleared by the caller of found().
 */
int work_find_dead(int root_fd, const struct layout *layout,
                   int (*found)(struct work *w, void *userdata, struct error *error), void *userdata,
                   struct error *error);

#endif
