/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portablectl/apply-state.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "basic/array.h"
#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "definition/find.h"
#include "definition/load.h"
#include "definition/record.h"
#include "image/image.h"
#include "portablectl/backend.h"
#include "portablectl/client.h"
#include "portablectl/here.h"
#include "portablectl/image-arg.h"
#include "portablectl/profile-arg.h"
#include "wire/names.h"

static const char *const states[DEFINITION_STATE_MAX] = {
        [DEFINITION_MASKED] = "masked",     [DEFINITION_BROKEN] = "broken",
        [DEFINITION_CONFLICT] = "conflict", [DEFINITION_NO_IMAGE] = "no-image",
        [DEFINITION_DETACHED] = "detached", [DEFINITION_IN_SYNC] = "in-sync",
        [DEFINITION_DIFFERS] = "differs",   [DEFINITION_OUTDATED] = "outdated",
        [DEFINITION_FAILED] = "failed",     [DEFINITION_UPDATING] = "updating",
};

const char *definition_state_to_string(enum definition_state state)
{
        return states[state];
}

bool definition_state_is_failure(enum definition_state state)
{
        return state == DEFINITION_BROKEN || state == DEFINITION_CONFLICT || state == DEFINITION_NO_IMAGE;
}

const char *apply_result_to_string(enum apply_result result)
{
        static const char *const names[APPLY_RESULT_MAX] = {
                [APPLY_NONE] = "none",       [APPLY_APPLIED] = "applied",
                [APPLY_FAILED] = "failed",   [APPLY_DEGRADED] = "degraded",
                [APPLY_UPDATED] = "updated", [APPLY_ROLLED_BACK] = "rolled-back",
        };

        return names[result];
}

void unit_actions_clear(struct unit_actions *a)
{
        for (size_t k = 0; k < a->n; k++) {
                free(a->items[k].unit);
                free(a->items[k].path);
                free(a->items[k].before);
                free(a->items[k].after);
        }
        free(a->items);
        *a = (struct unit_actions){};
}

static void item_clear(struct apply_item *i)
{
        error_clear(&i->error);
        free(i->name);
        strv_free(i->from);
        strv_free(i->to);
        free(i->newer);
        free(i->bad);
        request_clear(&i->request);
        operation_result_clear(&i->outcome);
        unit_actions_clear(&i->actions);
}

void apply_clear(struct apply *a)
{
        for (size_t i = 0; i < a->n; i++)
                item_clear(a->items + i);
        free(a->items);
        definition_list_clear(&a->definitions);
        attached_index_clear(&a->index);
        *a = (struct apply){};
}

bool apply_item_differs(const struct apply_item *i)
{
        return i->adopt || i->outcome.removed.n > 0 || i->outcome.updated.n > 0;
}

/* What the definitions are compared with. */
struct apply_reading {
        struct client *client;
        struct here here;
        const struct attached_index *index;
        struct image_list images;
        char **updating; /* names of definitions */
        const char *
                only; /* the one definition that counts, which is to be updated; NULL: all do, as they are */
        size_t skip;  /* this many of the newest base images are not for it */
};

static void reading_clear(struct apply_reading *r)
{
        image_list_clear(&r->images);
        strv_free(r->updating);
        here_end(&r->here);
}

/* Nothing can be done for it: why. Returns 0. */
static int refuse(struct apply_item *i, enum definition_state state, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

static int refuse(struct apply_item *i, enum definition_state state, const char *format, ...)
{
        enum error_kind kind = state == DEFINITION_NO_IMAGE ? ERROR_NO_SUCH_IMAGE : ERROR_UNIT_EXISTS;
        _cleanup_free_ char *text = NULL, *shown = NULL;
        va_list ap;

        i->state = state;
        i->call = false;
        va_start(ap, format);
        if (vasprintf(&text, format, ap) < 0)
                text = NULL;
        va_end(ap);
        shown = text ? text_escape(text) : NULL;
        (void)error_set(&i->error, kind, state == DEFINITION_NO_IMAGE ? ENOENT : EEXIST, "%s",
                        shown ?: "Out of memory");
        return 0;
}

/* Never one that is older than what is attached. */
static const struct image_candidate *choose_newest(const struct apply_reading *g,
                                                   const struct image_candidates *c, const char *attached,
                                                   bool base)
{
        for (size_t i = 0; i < c->n; i++)
                if ((attached && strcmp(c->items[i].name, attached) == 0) || !base || i >= g->skip)
                        return c->items + i;
        return NULL;
}

/* One image of the definition, which is attached as that by now, or not at all: what it is to be. Returns 0
 * with the state set if there is none. */
static int choose_image(struct apply_reading *g, struct apply_item *i, const char *name, bool base,
                        char **ret, struct error *error)
{
        static const struct version_range any;
        const struct version_range *range = base ? &i->definition->versions : &any;
        size_t position = strv_length(i->to);
        const char *attached = i->from && position < strv_length(i->from) ? i->from[position] : NULL;
        _cleanup_candidates_ struct image_candidates c = {};
        const struct image_candidate *chosen;
        int r = image_candidates_find(g->here.operation.root_fd, &g->images, name, range, &c, error);

        if (r < 0)
                return r;
        chosen = g->only ? choose_newest(g, &c, attached, base) : image_candidates_choose(&c, attached);
        if (!chosen)
                return refuse(i, DEFINITION_NO_IMAGE, "There is no image '%s'%s", name,
                              version_range_is_open(range) ? "" : " of a version that Version= allows");
        if (chosen != c.items && !i->newer && !(i->newer = strdup(c.items[0].name)))
                return error_set_oom(error);
        *ret = strdup(chosen->image);
        return *ret && strv_append(&i->to, chosen->name) >= 0 ? 1 : error_set_oom(error);
}

static int choose_images(struct apply_reading *g, struct apply_item *i, struct error *error)
{
        struct request *request = &i->request;
        int r = choose_image(g, i, i->definition->image, true, &request->image, error);

        if (r > 0 && strv_copy(NULL, &request->extensions) < 0)
                return error_set_oom(error);
        for (char **e = i->definition->extensions; r > 0 && e && *e; e++) {
                char *extension = NULL;

                r = choose_image(g, i, *e, false, &extension, error);
                if (r > 0 && strv_consume(&request->extensions, extension) < 0)
                        r = error_set_oom(error);
        }
        return r;
}

/* As the verbs of the command line make them of their arguments. */
static int fill_request(struct apply_reading *g, struct apply_item *i, struct error *error)
{
        const struct definition *d = i->definition;
        char *all[] = {(char *)"-", NULL}, *none[] = {NULL};
        char *const *prefixes = d->prefixes ? d->prefixes : d->unit_files ? all : none;
        struct request *request = &i->request;
        int r;

        request->typed = request->image;
        request->copy_mode = d->copy_mode ? d->copy_mode : "";
        request->profile = strdup(d->profile ? d->profile : "default");
        if (!request->profile || (d->unit_files && strv_copy(d->unit_files, &request->units) < 0))
                return error_set_oom(error);
        r = image_prefixes(request->typed, request->image, prefixes, &request->prefixes,
                           &request->default_prefix, error);
        i->flags = d->runtime ? PORTABLE_RUNTIME : 0;
        return r;
}

/* What is attached: whose it is decides what is to be done. */
static int fill_attached(struct apply_reading *g, struct apply_item *i, struct error *error)
{
        const struct attached_unit *unit = NULL;
        enum definition_owner owner = definition_find_attached(g->index, i->definition, &unit);

        i->verb = OPERATION_ATTACH;
        i->state = DEFINITION_DETACHED;
        if (owner == OWNER_NOBODY)
                return 1;
        i->verb = OPERATION_REATTACH;
        i->state = DEFINITION_IN_SYNC;
        i->adopt = owner == OWNER_UNMARKED;
        if (strv_copy(unit->names, &i->from) < 0)
                return error_set_oom(error);
        if (unit->runtime == i->definition->runtime)
                return 1;
        return refuse(i, DEFINITION_CONFLICT,
                      "Image '%s' is attached %s, and Runtime= says %s: detach it first", i->from[0],
                      unit->runtime ? "until the next boot" : "to stay", unit->runtime ? "no" : "yes");
}

static int read_item(struct apply_reading *g, struct apply_item *i, struct error *error)
{
        _cleanup_error_ struct error why = {};
        int r;

        i->name = strdup(i->definition->name);
        if (!i->name)
                return error_set_oom(error);
        if (i->definition->masked) {
                i->state = DEFINITION_MASKED;
                return 0;
        }
        if (error_is_set(&i->definition->error)) {
                i->state = DEFINITION_BROKEN;
                return error_set(&i->error, i->definition->error.kind, i->definition->error.errnum, "%s",
                                 error_message(&i->definition->error)) == -ENOMEM
                               ? -ENOMEM
                               : 0;
        }
        r = fill_attached(g, i, error);
        if (r > 0 && !g->only && strv_contains(g->updating, i->name)) {
                i->state = DEFINITION_UPDATING;
                return 0;
        }
        if (r > 0)
                r = choose_images(g, i, error);
        if (r <= 0)
                return r;
        i->call = true;
        if (fill_request(g, i, &why) < 0) {
                i->state = DEFINITION_BROKEN;
                i->call = false;
                error_move(&i->error, &why);
        }
        return 0;
}

static struct request_item item_of(const struct apply_item *i, bool dry)
{
        return (struct request_item){
                .change = verb_to_string(i->verb),
                /* An attachment that has lost its mark is compared without one. */
                .definition = dry && i->adopt ? "" : i->name,
                .image = i->request.image,
                .extensions = i->request.extensions,
                .matches = i->request.prefixes,
                .profile = i->request.profile ?: "",
                .copy_mode = i->request.copy_mode ?: "",
                .units = i->request.units,
                .policy = i->definition && i->definition->policy ? i->definition->policy : "",
                /* What runs is stopped before it is detached. */
                .flags = i->flags | (dry && i->verb == OPERATION_DETACH ? PORTABLE_FORCE_ATTACH : 0),
        };
}

/* Of the items that are called for; which has their numbers. */
static int call_items(struct client *client, struct apply *a, const size_t *which, size_t n, uint64_t flags,
                      struct error *error)
{
        _cleanup_free_ struct operation_result *outcomes = calloc(n + 1, sizeof(*outcomes));
        _cleanup_free_ struct request_item *items = calloc(n + 1, sizeof(*items));
        struct operation_request request = {
                .items = items, .n_items = n, .flags = flags, .usec = wait_left(&client->wait)};
        int r;

        if (!outcomes || !items)
                return error_set_oom(error);
        for (size_t k = 0; k < n; k++)
                items[k] = item_of(a->items + which[k], flags & PORTABLED_DRY_RUN);
        r = n > 0 ? backend_apply(client, &request, outcomes, error) : 0;
        for (size_t k = 0; r >= 0 && k < n; k++) {
                operation_result_clear(&a->items[which[k]].outcome);
                a->items[which[k]].outcome = outcomes[k];
        }
        return r;
}

int apply_call(struct client *client, struct apply *a, uint64_t flags, struct error *error)
{
        _cleanup_free_ size_t *which = calloc(a->n + 1, sizeof(*which));
        size_t n = 0;

        if (!which)
                return error_set_oom(error);
        for (size_t i = 0; i < a->n; i++)
                if (a->items[i].call)
                        which[n++] = i;
        return call_items(client, a, which, n, flags, error);
}

/* As attach does: a prefix that only follows from the name of the image gives way to those that the image
 * names. */
static int try_prefixes(struct client *client, struct apply *a, struct error *error)
{
        _cleanup_free_ size_t *which = calloc(a->n + 1, sizeof(*which));
        size_t n = 0;

        if (!which)
                return error_set_oom(error);
        for (size_t i = 0; i < a->n; i++) {
                struct apply_item *item = a->items + i;
                int r;

                if (!item->call || !error_is_set(&item->outcome.error))
                        continue;
                r = request_prefixes_from_image(client, &item->request, &item->outcome.error, error);
                if (r < 0)
                        return r;
                if (r > 0)
                        which[n++] = i;
        }
        return call_items(client, a, which, n, PORTABLED_DRY_RUN, error);
}

/* What the dry run says of a definition. */
static void judge(struct apply_item *i)
{
        if (!i->call)
                return;
        if (error_is_set(&i->outcome.error)) {
                i->state = i->outcome.error.kind == ERROR_UNIT_EXISTS     ? DEFINITION_CONFLICT
                           : i->outcome.error.kind == ERROR_NO_SUCH_IMAGE ? DEFINITION_NO_IMAGE
                                                                          : DEFINITION_BROKEN;
                i->call = false;
                error_move(&i->error, &i->outcome.error);
                return;
        }
        if (i->adopt && (i->outcome.removed.n > 0 || i->outcome.updated.n > 0)) {
                i->adopt = false;
                refuse(i, DEFINITION_CONFLICT,
                       "Image '%s' is attached by hand, and not as the definition says: detach it, or "
                       "reattach it so",
                       i->from[0]);
                return;
        }
        i->call = apply_item_differs(i);
        if (i->call && i->state == DEFINITION_IN_SYNC)
                i->state = DEFINITION_DIFFERS;
        else if (!i->call && i->newer)
                i->state = i->bad ? DEFINITION_FAILED : DEFINITION_OUTDATED;
}

static bool has_orphan(const struct apply *a, const struct attached_unit *u)
{
        for (size_t i = a->definitions.n; i < a->n; i++)
                if (strcmp(a->items[i].name, u->definition) == 0)
                        return true;
        return false;
}

/* What is attached for definitions that are gone. */
static int add_orphans(struct apply_reading *g, struct apply *a, struct error *error)
{
        for (size_t k = 0; k < g->index->n_units; k++) {
                const struct attached_unit *u = g->index->units + k;
                struct apply_item item = {
                        .verb = OPERATION_DETACH, .state = DEFINITION_DIFFERS, .call = true};

                if (!definition_is_orphan(&a->definitions, u) || has_orphan(a, u))
                        continue;
                item.flags = u->runtime ? PORTABLE_RUNTIME : 0;
                item.name = strdup(u->definition);
                item.request.image = strdup(u->paths[0]);
                if (!item.name || !item.request.image ||
                    strv_copy(u->paths + 1, &item.request.extensions) < 0 ||
                    strv_copy(u->names, &item.from) < 0 ||
                    array_grow((void **)&a->items, a->n, sizeof(item)) < 0) {
                        item_clear(&item);
                        return error_set_oom(error);
                }
                a->items[a->n++] = item;
        }
        return 0;
}

/* What is known of the newest version from an earlier try; everyone may ask, and only root is told. An
 * extension that is newer was tried with the base that is attached. */
static int read_failure(struct apply_reading *g, struct apply_item *i, struct error *error)
{
        const char *bases[] = {i->newer, i->newer && i->to ? i->to[0] : NULL};
        int r = 0;

        for (size_t k = 0; k < ELEMENTSOF(bases) && bases[k] && r >= 0 && !i->bad; k++) {
                _cleanup_record_ struct update_record failure = RECORD_NONE;

                r = record_read_failure(g->here.operation.root_fd, g->client->layout, i->name, bases[k],
                                        &failure, error);
                if (r <= 0 || failure.phase != RECORD_BACK || !strv_contains(failure.to, i->newer))
                        continue;
                i->bad = steal_pointer(failure.reason);
                i->bad_since = failure.since;
        }
        return r < 0 ? r : 0;
}

static int read_all(struct apply_reading *g, struct apply *a, struct error *error)
{
        int r = here_begin(g->client, &g->here, error), root_fd = g->here.operation.root_fd;

        if (r >= 0)
                r = definitions_load(root_fd, g->client->layout, &a->definitions, error);
        if (r >= 0 && g->only)
                definition_list_keep(&a->definitions, g->only);
        if (r >= 0 && geteuid() == 0)
                r = record_list(root_fd, g->client->layout, &g->updating, error);
        if (r >= 0)
                r = attached_index_read(root_fd, g->client->layout, &a->index, error);
        if (r >= 0)
                r = image_list_read(root_fd, g->client->layout, &g->images, error);
        for (size_t i = 0; r >= 0 && i < a->definitions.n; i++) {
                struct apply_item item = {.definition = a->definitions.items + i};

                r = array_grow((void **)&a->items, a->n, sizeof(item)) < 0 ? error_set_oom(error) : 0;
                if (r < 0)
                        break;
                a->items[a->n++] = item;
                r = read_item(g, a->items + i, error);
                if (r >= 0 && !g->only)
                        r = read_failure(g, a->items + i, error);
        }
        return r < 0 || g->only ? r : add_orphans(g, a, error);
}

static int read_and_try(struct apply_reading *g, struct apply *ret, struct error *error)
{
        struct client *client = g->client;
        int r;

        if (options_is_remote(client->options))
                return error_set(
                        error, ERROR_NOT_SUPPORTED, EOPNOTSUPP,
                        "Definitions are files of the system, and those of another one cannot be read");
        r = backend_open(client, error);
        if (r >= 0)
                r = read_all(g, ret, error);
        if (r >= 0)
                r = apply_call(client, ret, PORTABLED_DRY_RUN, error);
        if (r >= 0)
                r = try_prefixes(client, ret, error);
        for (size_t i = 0; r >= 0 && i < ret->definitions.n; i++)
                judge(ret->items + i);
        return r;
}

int apply_read(struct client *client, struct apply *ret, struct error *error)
{
        _cleanup_(reading_clear) struct apply_reading g = {.client = client, .index = &ret->index};

        return read_and_try(&g, ret, error);
}

int apply_read_newer(struct client *client, const char *name, size_t skip, struct apply *ret,
                     struct error *error)
{
        _cleanup_(reading_clear) struct apply_reading g = {
                .client = client, .index = &ret->index, .only = name, .skip = skip};

        return read_and_try(&g, ret, error);
}
