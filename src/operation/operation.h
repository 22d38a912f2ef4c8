/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef OPERATION_OPERATION_H
#define OPERATION_OPERATION_H

/*
 * One operation from beginning to end, as plain sequential code: find, open, read, check, plan, commit. Each
 * runs in a process of its own (worker/), or offline in portablectl. Everything is relative to one root
 * descriptor; without a bus there is no service manager to ask, and the checks that need one are left out.
 *
 * One verb a file: attach.c, detach.c, reattach.c, inspect.c, state.c, list.c, manage.c.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-bus.h>

#include "attached/index.h"
#include "attached/state.h"
#include "basic/error.h"
#include "image/image.h"
#include "plan/change.h"
#include "transaction/lock-wait.h"
#include "wire/request.h"
#include "wire/result.h"

struct error;
struct layers;
struct layout;
struct name_set;
struct prepared;

struct operation {
        int root_fd;
        const struct layout *layout; /* where things lie below it; borrowed */
        enum operation_viewer viewer;
        int network_fd;           /* for the processes that read images: extract/network.h; 0: none */
        bool online;              /* there is a service manager to ask */
        sd_bus *bus;              /* connection to it, once needed: operation_connect() */
        bool bus_is_shared;       /* others have it, too: operation_end() does not close it */
        unsigned manager_version; /* 0: not known; once needed: operation_ask() */
        char **unit_path;        /* directories units are loaded from: the documented default, or the service
                                    manager's own, once needed: operation_ask() */
        bool asked;              /* private: operation_ask() has got them */
        bool will_ask;           /* private: operation_ask_all() shall be called while images are read */
        struct name_set *active; /* private: units active when operation_ask_all() was called */
        struct attached_index seen; /* private: what was attached when one image of several was changed */
        char *image_path; /* the base image that an attach, detach or reattach is about, once known; for the
                             log */
        /* Told how far the copy of an image is, in bytes; NULL: nobody wants to know. */
        void (*progress)(const char *path, uint64_t done, uint64_t total, void *userdata);
        void *progress_userdata;
        struct lock_listener listener; /* told of a wait for another operation */
        /* Asked before anything in sight is changed: false if nobody wants it any more; NULL: always true.
         */
        bool (*commit)(void);
        /* Tells why services of what is attached will not start, in *warnings (strv); NULL: nobody knows. */
        int (*foretell)(struct operation *o, const struct prepared *p, char ***warnings,
                        struct error *error);
        bool strict;     /* what has warnings is refused */
        char **messages; /* lines for the log (recovered transactions), strv */
        bool debug;      /* somebody wants details, too */
        char **details;  /* lines for the log at debug level (how images were read), strv */
};

int operation_begin(int root_fd, const struct layout *layout, bool online, struct operation *ret,
                    struct error *error);

/* Lends it a connection that others have, too, which therefore stays when the operation ends. */
void operation_share_bus(struct operation *o, sd_bus *bus);

/* Both do their work once and only online. Connects to the service manager, again if the connection was
 * lost; and asks it for version and unit path. Many operations need neither. */
int operation_connect(struct operation *o, struct error *error);
int operation_ask(struct operation *o, struct error *error);

/* Takes in what has come on a connection. Returns it, or NULL if there is none, or one that the bus has
 * closed, which is freed. */
sd_bus *operation_check_bus(sd_bus *bus);

/* To be called before what may take long, if there is a connection: the bus closes one that has not said
 * hello for half a minute, and has room for few of that kind. */
void operation_introduce(struct operation *o);

/* The same as operation_ask(), and asks for the units that are active, too: all that an attach wants to
 * know, while there is something else to wait for. */
int operation_ask_all(struct operation *o, struct error *error);

/* To be called before anything in sight is changed; ECANCELED if it is not to be. */
int operation_commit(const struct operation *o, struct error *error);

void operation_end(struct operation *o);
#define _cleanup_operation_ __attribute__((cleanup(operation_end)))

/* Sets o->image_path. Returns 0 or -ENOMEM. */
int operation_set_image_path(struct operation *o, const char *path);

/*
 * Does what is asked for, whatever it is: the one way to all of the functions below, for the daemon's
 * workers and for portablectl alike. ret is to be cleared in either case. Attach, detach and reattach fill
 * ret->outcomes, also of one image: see result_take_one().
 */
int operation_run(struct operation *o, enum operation_verb verb, const struct operation_request *request,
                  struct result *ret, struct error *error);

/* Checks flags against those allowed, names, paths and the copy mode: ERROR_INVALID_ARGS. */
int operation_request_check(const struct operation_request *r, uint64_t allowed_flags, struct error *error);

/*
 * Attaches, detaches or reattaches the images of a request; results[] has a zeroed element for each. One
 * that is refused does not stop the others: its result has the error. Returns a negative errno, with error
 * set, only if nothing at all was done; with PORTABLED_ATOMIC that is so when any image is refused. Not to
 * be called twice for one struct operation.
 */
int operation_change(struct operation *o, enum operation_verb verb, const struct operation_request *request,
                     struct operation_result *results, struct error *error);

/* Whether there is anything to tell of what came of an image: for a definition only if something was
 * changed.
 */
bool operation_is_event(const struct operation_request *one, const struct operation_result *result);

/* The image and its extensions opened and read, in ret: layers.h. To look at them they need no ID= and need
 * not fit each other. With ret_matches it is an error if nothing matches, and *ret_matches has what counts:
 * the matches asked for, and the units that they are aliases of (strv). */
int operation_metadata(struct operation *o, const struct operation_request *request, char ***ret_matches,
                       struct layers *ret, struct error *error);

/* What a caller gets of it, of units that match; describe: with its layers. *ret is to be cleared in either
 * case. */
int operation_inspect(struct operation *o, const struct operation_request *request, bool describe,
                      struct image_metadata *ret, struct error *error);

/* The state of an image, or of one with extensions. *ret is to be cleared in either case (result_clear()).
 * Never fails for a name that means nothing: detached. */
int operation_state(struct operation *o, const struct operation_request *request, struct named_state *ret,
                    struct error *error);

/* All images with their states: one scan, at most two calls to the manager. *ret likewise. */
int operation_list(struct operation *o, struct image_table *ret, struct error *error);

/* All but the state. Returns 0 or -ENOMEM, with the row to be cleared in either case. */
int operation_fill_row(const struct image *image, struct image_row *row);

int operation_get_image(struct operation *o, const char *name, struct image **ret, struct error *error);
int operation_remove(struct operation *o, const char *name, struct error *error);
int operation_mark_read_only(struct operation *o, const char *name, bool read_only, struct error *error);
int operation_set_limit(struct operation *o, const char *name, uint64_t limit, struct error *error);
int operation_set_pool_limit(struct operation *o, uint64_t limit, struct error *error);

#endif
