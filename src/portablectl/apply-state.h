/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PORTABLECTL_APPLY_STATE_H
#define PORTABLECTL_APPLY_STATE_H

/* What apply and definitions work on: each definition beside what is attached for it, and what would have to
 * change, found out by a dry run of just those changes. */

#include "attached/index.h"
#include "definition/candidate.h"
#include "definition/definition.h"
#include "portablectl/request.h"
#include "wire/request.h"
#include "wire/result.h"

struct client;
struct error;

enum definition_state {
        DEFINITION_MASKED,
        DEFINITION_BROKEN,   /* what it says is wrong, or does not go with its image */
        DEFINITION_CONFLICT, /* its units are somebody else's */
        DEFINITION_NO_IMAGE, /* none that fits */
        DEFINITION_DETACHED,
        DEFINITION_IN_SYNC,
        DEFINITION_DIFFERS,
        DEFINITION_OUTDATED, /* in sync, and there is a newer version that fits */
        DEFINITION_FAILED,   /* likewise, and that did not run well */
        DEFINITION_UPDATING, /* a newer version is on trial */
        DEFINITION_STATE_MAX,
};

const char *definition_state_to_string(enum definition_state state);

/* Whether apply could not make it so. */
bool definition_state_is_failure(enum definition_state state);

/* Something done, or to be done, to a unit. */
struct unit_action {
        const char *type; /* "enable", "disable", "start", "restart", "stop" */
        char *unit;
        char *path;   /* of the unit file */
        char *before; /* the state before, and the one after; NULL: not known */
        char *after;
};

struct unit_actions {
        struct unit_action *items;
        size_t n;
};

void unit_actions_clear(struct unit_actions *a);

/* How it ended. */
enum apply_result {
        APPLY_NONE, /* there was nothing to do */
        APPLY_APPLIED,
        APPLY_FAILED,      /* and all is as it was */
        APPLY_DEGRADED,    /* its files are as they shall be, and something with its units is not */
        APPLY_UPDATED,     /* the newer version runs well */
        APPLY_ROLLED_BACK, /* it does not, and all is as it was */
        APPLY_RESULT_MAX,
};

const char *apply_result_to_string(enum apply_result result);

struct apply_item {
        const struct definition *definition; /* NULL: of an orphan */
        enum definition_state state;
        struct error error; /* of a failure */
        char *name;
        char **from, **to;  /* names of images, the base first; NULL: none */
        char *newer;        /* the best version, if that is another than the one in "to"; NULL: none */
        char *bad;          /* why that did not run well; NULL: it was not tried */
        uint64_t bad_since; /* µs since 1970 */
        struct request request;
        enum operation_verb verb;
        bool call;  /* a change is wanted, or has to be looked for */
        bool adopt; /* it is equal and lost its mark only */
        uint64_t flags;
        struct operation_result outcome; /* of the dry run, then of the real one */
        struct unit_actions actions;
        bool told; /* its error was, unit by unit */
        enum apply_result result;
};

struct apply {
        struct definition_list definitions;
        struct apply_item *items; /* of definitions, in their order, then of orphans */
        size_t n;
        struct attached_index index; /* as apply_read() found it, or apply_units_plan() after changes */
};

void apply_clear(struct apply *a);
#define _cleanup_apply_ __attribute__((cleanup(apply_clear)))

/* Reads all there is, and makes the dry run. What is wrong with one definition is in its item. */
int apply_read(struct client *client, struct apply *ret, struct error *error);

/* The one definition, with the newest images but for the skip newest base images; no item if there is none.
 */
int apply_read_newer(struct client *client, const char *name, size_t skip, struct apply *ret,
                     struct error *error);

/* Makes the files so, and takes the results of it. */
int apply_change_files(struct client *client, struct apply *a, struct error *error);

/* One call for the items for which call is set; what becomes of each is in its outcome. flags:
 * PORTABLED_DRY_RUN, PORTABLED_ATOMIC. Errors: nothing was changed. */
int apply_call(struct client *client, struct apply *a, uint64_t flags, struct error *error);

/* Whether something is wanted of the item still. */
bool apply_item_differs(const struct apply_item *i);

/* Fills the actions with what has to be done to units that are attached: enable, disable, start. fresh:
 * their files were changed just now. */
int apply_units_plan(struct client *client, struct apply *a, bool fresh, struct error *error);

/* Does it: what is enabled and disabled, the reload, what is started and so on. What fails is told, and is
 * in the results. Returns 0, or a negative errno with *error set if it cannot go on at all. */
int apply_units_run(struct client *client, struct apply *a, struct error *error);

/* Stops and disables, before they are detached, the units of orphans. */
int apply_units_put_down(struct client *client, struct apply *a, struct error *error);

/* How the command ends: the worst of all. */
int apply_exit_status(const struct apply *a);

/* Tells a failure, of the item. */
void apply_item_fail(struct client *client, struct apply_item *i, const struct error *why);

#endif
