/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DEFINITION_RECORD_H
#define DEFINITION_RECORD_H

/*
 * What is known of an update while it is under way, so that whoever finds it interrupted can end it: a
 * directory for each definition, with a lock, the files as they were, and a text of lines "KEY VALUE", which
 * is written anew, synced and renamed at each step. Its directory is there from before anything is changed
 * until all is good or as it was.
 *
 *   chosen   nothing is changed yet
 *   trial    files are being changed, or are, and units started
 *   watch    everything was started, and is watched
 *   back     the files are being put back, or are, and the old units started
 *
 * Whoever holds the lock works on it; a process that dies lets go of it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct change_list;
struct error;
struct layout;

enum record_phase {
        RECORD_CHOSEN,
        RECORD_TRIAL,
        RECORD_WATCH,
        RECORD_BACK,
        RECORD_PHASE_MAX,
};

/* The file at a path, before. */
struct record_file {
        char *path;
        unsigned mode;   /* of stat(2); 0: there was none */
        unsigned number; /* of the copy in the record */
};

struct update_record {
        int fd; /* of its directory, locked; -EBADF: of none */
        char *name;
        enum record_phase phase;
        unsigned interrupted;            /* how often it was cut short */
        char *boot;                      /* when it was on trial last */
        char *reason;                    /* why it goes back; NULL: it does not */
        uint64_t since;                  /* when that was, µs since 1970 */
        char **from, **to;               /* names of images, the base first */
        char **identity;                 /* of the files of those: name, inode, size, time, a line each */
        char **active;                   /* units that were active before */
        char **failed;                   /* that had failed before */
        char **started;                  /* that are to run afterwards */
        char **enabled, **disabled;      /* paths of unit files that it did this to */
        char **dependents;               /* units of the host that were active, and need ours */
        uint64_t health, health_timeout; /* as struct definition has them */
        char *health_unit;
        bool no_rollback, runtime;
        unsigned tries;
        struct record_file *files;
        size_t n_files;
};

void record_clear(struct update_record *r);
#define _cleanup_record_ __attribute__((cleanup(record_clear)))
#define RECORD_NONE      ((struct update_record){.fd = -EBADF})

/* Makes a new one, and takes its lock. ERROR_FAILED with -EBUSY if there is one already, or it is locked. */
int record_create(int root_fd, const struct layout *layout, const char *name, struct update_record *ret,
                  struct error *error);

/* Takes the lock of the one that is there, waiting for it if told to, and reads it. Returns 1; 0 if there is
 * none, or none any more; -EBUSY without *error if it is locked. What cannot be read is ERROR_SYSTEM. */
int record_open(int root_fd, const struct layout *layout, const char *name, bool wait,
                struct update_record *ret, struct error *error);

/* The names of those there are (strv). */
int record_list(int root_fd, const struct layout *layout, char ***ret, struct error *error);

/* Keeps what is at these paths. What is a tree of an image cannot be kept: -EOPNOTSUPP. */
int record_keep_files(struct update_record *r, int root_fd, const struct layout *layout,
                      const struct change_list *changes, struct error *error);

/* The changes that put back what was kept. */
int record_list_changes(const struct update_record *r, int root_fd, struct change_list *ret,
                        struct error *error);

/* Whether everything is at its path as it was kept. 1, 0 or a negative errno. */
int record_is_unchanged(const struct update_record *r, int root_fd);

/* Durable on return. */
int record_write(struct update_record *r, struct error *error);

/* It is over: the record goes, with its directory. */
int record_remove(int root_fd, const struct layout *layout, struct update_record *r, struct error *error);

/*
 * What was tried for a definition and did not run, so that it is not tried again: the record of that update
 * without its files, under the name of the base image. Returns 1, 0 if there is none, or a negative errno
 * with *error set.
 */
int record_read_failure(int root_fd, const struct layout *layout, const char *name, const char *image,
                        struct update_record *ret, struct error *error);
int record_write_failure(int root_fd, const struct layout *layout, const struct update_record *r,
                         struct error *error);
/* image NULL: all of the definition. That there is none is fine. */
int record_forget_failure(int root_fd, const struct layout *layout, const char *name, const char *image,
                          struct error *error);

#endif
