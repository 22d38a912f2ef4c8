/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TEST_UNIT_TRANSACTION_SANDBOX_H
#define TEST_UNIT_TRANSACTION_SANDBOX_H

/* A throw-away root directory, ways to fill it and to compare all that is in it. Used by the tests of
 * transaction/. */

#include <stdbool.h>
#include <stdint.h>

#include "plan/change.h"

/* Ends the program with a message: for what a test takes for granted, also outside of cmocka. */
#define must(condition) ((condition) ? (void)0 : sandbox_die(__FILE__, __LINE__, #condition))

_Noreturn void sandbox_die(const char *file, int line, const char *condition);

struct sandbox {
        char path[160];
        int fd;
};

/* cmocka's set-up and tear-down: *state is a struct sandbox with etc/systemd and run/systemd in it. */
int sandbox_setup(void **state);
int sandbox_teardown(void **state);

/* Makes one without cmocka, with a path below "where". */
void sandbox_make(struct sandbox *s, const char *where);
void sandbox_remove(struct sandbox *s);

/* A file with its directories. */
void sandbox_write(const struct sandbox *s, const char *path, const char *data);
void sandbox_mkdir(const struct sandbox *s, const char *path);
bool sandbox_exists(const struct sandbox *s, const char *path);
/* The content of a file, which must be there; freed by the caller. */
char *sandbox_read(const struct sandbox *s, const char *path);

/* All that is in the tree, one line a file: type, mode, owner, size, hash or symlink target, mtime of what
 * is not a directory, path; sorted; the lock file left out. Freed by the caller. */
char *sandbox_snapshot(const struct sandbox *s);

/* A snapshot without the times, which differ from run to run. Freed by the caller. */
char *snapshot_without_times(const char *snapshot);

/* Adds changes with less to write. */
void add_mkdir(struct change_list *l, const char *path);
struct change *add_write(struct change_list *l, const char *path, const char *data);
struct change *add_symlink(struct change_list *l, const char *path, const char *target);
void add_unlink(struct change_list *l, const char *path);
void add_rmdir(struct change_list *l, const char *path);
void add_remove_tree(struct change_list *l, const char *path);

/* Takes the lock, recovers, commits in a new transaction, unlocks. Returns transaction_commit()'s result and
 * *ret_message, its error message (freed by the caller, may be NULL). */
int sandbox_commit(const struct sandbox *s, const struct change_list *l, char **ret_message);

#endif
