/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "operation/operation.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "attached/index.h"
#include "attached/links.h"
#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/layout.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "manager/manager.h"
#include "operation/check.h"
#include "operation/choices.h"
#include "operation/differing.h"
#include "operation/merge.h"
#include "operation/prepare.h"
#include "operation/verb.h"
#include "operation/warn.h"
#include "transaction/transaction.h"
#include "wire/names.h"

/* Everything of one image that is held until the end. */
struct image_change {
        enum operation_verb verb;
        const struct operation_request *request;
        struct operation_result *result;
        struct prepared prepared;
        struct operation_request meant;
        const char **extensions;
        char **owned;
        struct attach_choices before;
};

static void work_clear(struct image_change *w)
{
        free(w->extensions);
        strv_free(w->owned);
        attach_choices_clear(&w->before);
        prepared_clear(&w->prepared);
        *w = (struct image_change){};
}

/* The image that was found last is this work's, refused or not. */
static void work_keep_path(struct operation *o, struct image_change *w)
{
        if (!o->image_path)
                return;
        free(w->result->image_path);
        w->result->image_path = steal_pointer(o->image_path);
}

/* Puts the path of the original in the place of a name by which its copy would be found. */
static int find_source(struct operation *o, struct image_change *w, const char **image, struct error *error)
{
        char *source;
        int r = links_find_source(o, *image, w->request->flags & PORTABLE_RUNTIME, &source, error);

        if (r < 0 || !source)
                return r;
        if (strv_consume(&w->owned, source) < 0)
                return error_set_oom(error);
        *image = source;
        return 0;
}

/* The request as it was meant: copies that an attach has made are made anew from what they are copies of. */
static int work_find_sources(struct operation *o, struct image_change *w, struct error *error)
{
        size_t n = strv_length(w->request->extensions);
        int r;

        w->meant = *w->request;
        w->extensions = calloc(n + 1, sizeof(*w->extensions));
        if (!w->extensions)
                return error_set_oom(error);
        r = find_source(o, w, &w->meant.image, error);
        for (size_t i = 0; i < n && r >= 0; i++) {
                w->extensions[i] = w->request->extensions[i];
                r = find_source(o, w, w->extensions + i, error);
        }
        w->meant.extensions = (char *const *)w->extensions;
        w->request = &w->meant;
        return r;
}

/* What was asked to be confined stays so, whoever asks now. Unit files that were given in the place of the
 * image's stay so. Our own client looks for itself if it is on the same system, and says which; for all
 * others they are looked up here. */
static int work_keep_choices(struct operation *o, struct image_change *w, struct error *error)
{
        int r;

        r = attach_choices_read(o, &w->meant, w->meant.flags & PORTABLE_RUNTIME, &w->before, error);
        if (r <= 0)
                return r;
        if (w->before.confined)
                w->meant.flags |= PORTABLED_CONFINE;
        /* A definition says all there is. */
        if (strv_length(w->meant.units) > 0 || w->meant.definition || !w->before.given)
                return 0;
        w->meant.units = w->before.given;
        /* What a client makes of the name of the image nobody has chosen. */
        r = prefixes_are_default(&w->meant);
        if (r > 0)
                w->meant.matches = w->before.prefixes;
        return r < 0 ? error_set_oom(error) : 0;
}

/* The slow part, without the transaction lock. */
static int work_prepare(struct operation *o, struct transaction *t, struct image_change *w,
                        struct error *error)
{
        enum operation_verb verb = w->verb;
        int r;

        if (verb == OPERATION_DETACH)
                return 0;
        w->prepared.anew = verb == OPERATION_REATTACH || w->request->flags & PORTABLE_FORCE_ATTACH;
        r = verb == OPERATION_REATTACH ? work_find_sources(o, w, error) : 0;
        if (r >= 0 && verb == OPERATION_REATTACH)
                r = work_keep_choices(o, w, error);
        if (r >= 0)
                r = prepare_layers(o, w->request, t, &w->prepared, error);
        work_keep_path(o, w);
        if (r < 0)
                return r;
        r = warn_layers(&w->prepared, w->request->flags & PORTABLE_RUNTIME, &w->result->warnings, error);
        /* The dry runs by which definitions are compared are for what differs only. */
        if (w->request->definition && !t)
                return r;
        return r < 0 || !o->foretell ? r : o->foretell(o, &w->prepared, &w->result->warnings, error);
}

/* The first line of the first warning is said, how many more there are, and where they are to be seen. */
static int refuse_warned(const struct operation *o, const struct image_change *w, struct error *error)
{
        char *const *warnings = w->result->warnings;
        size_t n = strv_length(warnings);
        const char *next;

        if (!o->strict || n == 0)
                return 0;
        next = strchr(warnings[0], '\n');
        return error_set(error, ERROR_INVALID_ARGS, EINVAL,
                         "Image '%s' has warnings, refusing since --strict was given: %.*s%s%.*s%s",
                         w->request->image, (int)strcspn(warnings[0], "\n"), warnings[0], next ? " " : "",
                         next ? (int)strcspn(next + 1, "\n") : 0, next ? next + 1 : "",
                         n > 1 ? " (and others; 'portablectl verify' tells all)" : "");
}

/* The quick part, under the transaction lock. */
static int work_plan(struct operation *o, const struct attached_index *index, struct image_change *w,
                     struct error *error)
{
        static int (*const plans[])(struct operation * o, const struct operation_request *request,
                                    const struct attached_index *index, struct prepared *p,
                                    struct operation_result *result, struct error *error) = {
                [OPERATION_ATTACH] = attach_plan,
                [OPERATION_DETACH] = detach_plan,
                [OPERATION_REATTACH] = reattach_plan,
        };
        int r;

        if (warn_for_manager(&w->prepared, o->manager_version, &w->result->warnings, &w->result->warnings,
                             error) < 0)
                return -ENOMEM;
        r = plans[w->verb](o, w->request, index, &w->prepared, w->result, error);
        if (r >= 0 && w->request->definition)
                r = differing_keep(o->root_fd, &w->result->updated, error);
        for (char **line = w->prepared.links.warnings; r >= 0 && line && *line; line++)
                if (strv_append(&w->result->warnings, *line) < 0)
                        return error_set_oom(error);
        if (r >= 0)
                r = warn_links(o->root_fd, &w->prepared, &w->result->warnings, error);
        return r < 0 ? r : refuse_warned(o, w, error);
}

/* Who asks gets a result without changes where nothing was done. */
static void work_forget_changes(struct image_change *w)
{
        change_list_clear(&w->result->removed);
        change_list_clear(&w->result->updated);
}

static struct change *add_emptied(struct change_list *l, const char *path)
{
        struct change *c = change_list_add(l, CHANGE_UNLINK, path, NULL);

        if (c)
                c->directory = c->if_empty = c->silent = c->confines = true;
        return c;
}

/*
 * A plan takes an attach directory away when nothing else is in it; it does not know of the other images of
 * this call. So after all of them the directories go if they are empty now.
 */
static int plan_emptied_directories(struct operation *o, const struct attached_index *index,
                                    struct change_list *ret, struct error *error)
{
        _cleanup_attached_links_ struct attached_links links = {};
        int r = attached_links_read(o->root_fd, o->layout, &links, error);

        for (size_t i = 0; i < links.n_parents; i++)
                if (!add_emptied(ret, links.parents[i].path))
                        return error_set_oom(error);
        for (size_t i = 0; i < LAYOUT_ATTACH_MAX; i++) {
                if (o->layout->attach[i].shared || !index->exists[i] ||
                    !operation_can_remove(o, o->layout->attach[i].path))
                        continue;
                if (!add_emptied(ret, o->layout->attach[i].path))
                        return error_set_oom(error);
        }
        return r;
}

/* What to do about a host that takes no files. */
static void advise(struct error *error, int r, enum operation_verb verb, bool runtime)
{
        if (r == -EROFS && verb == OPERATION_ATTACH && !runtime)
                error_suffix(error, " (--runtime attaches below /run, until the next boot)");
        if (r == -ENOSPC || r == -EDQUOT)
                error_suffix(error, " (nothing was changed; make room and try again)");
}

/* Images that are changed together: in one transaction, all of one side, persistent or runtime. */
struct batch {
        uint64_t
                flags; /* PORTABLED_DRY_RUN: check and plan, change nothing; PORTABLED_ATOMIC: all or none */
        struct image_change *works;
        size_t n;
};

/* Whether one of them is to be attached, detached... */
static bool batch_has(const struct batch *b, enum operation_verb verb)
{
        for (size_t i = 0; i < b->n; i++)
                if (b->works[i].verb == verb)
                        return true;
        return false;
}

/* Of several images it is told which one failed. */
static void name_image(const struct batch *b, const struct image_change *w, int r, struct error *error)
{
        if (r < 0 && b->n > 1)
                error_prefix(error, "Image '%s': ", w->request->image);
}

/* Plans all works under one lock and makes their changes in one transaction. On error nothing is changed. */
static int commit_works(struct operation *o, const struct batch *b, struct transaction *t,
                        struct error *error)
{
        _cleanup_attached_index_ struct attached_index index = {};
        _cleanup_(merged_clear) struct merged all = {};
        _cleanup_changes_ struct change_list emptied = {};
        _cleanup_close_ int lock = -EBADF;
        int r = 0;

        /* The service manager may take its time; nobody else shall wait for that. Detaching needs no answer.
         */
        if (batch_has(b, OPERATION_ATTACH) || batch_has(b, OPERATION_REATTACH))
                r = operation_ask(o, error);
        if (r >= 0)
                r = operation_lock(o, &lock, &index, error);
        if (r == 0)
                transaction_set_nothing_left(t);
        for (size_t i = 0; i < b->n && r >= 0; i++) {
                struct image_change *w = b->works + i;

                r = work_plan(o, &index, w, error);
                work_keep_path(o, w);
                if (r >= 0)
                        r = merge_changes(&all, &w->result->updated, w->request->image, error);
                if (r >= 0)
                        r = merge_changes(&all, &w->result->removed, w->request->image, error);
                name_image(b, w, r, error);
        }
        if (r >= 0 && b->n > 1 && batch_has(b, OPERATION_DETACH))
                r = plan_emptied_directories(o, &index, &emptied, error);
        if (r >= 0)
                r = merge_changes(&all, &emptied, "", error);
        if (r >= 0 && !(b->flags & PORTABLED_DRY_RUN))
                r = operation_commit(o, error);
        if (r >= 0 && !(b->flags & PORTABLED_DRY_RUN))
                r = transaction_commit(t, &all.list, error);
        for (size_t i = 0; i < b->n && r < 0; i++)
                work_forget_changes(b->works + i);
        if (index.layout) { /* for the next image */
                o->seen = index;
                index = (struct attached_index){};
        }
        return r;
}

/* Checks what the works ask for, and waits until they are alone with their images. */
static int begin_works(struct operation *o, const struct batch *b, int *ret_lock, struct error *error)
{
        uint64_t runtime = b->works[0].request->flags & PORTABLE_RUNTIME;

        for (size_t i = 0; i < b->n; i++) {
                int r = operation_request_check(b->works[i].request, PORTABLE_FLAGS_ALL | PORTABLED_CONFINE,
                                                error);

                if (r >= 0 && (b->works[i].request->flags & PORTABLE_RUNTIME) != runtime)
                        r = error_set(error, ERROR_NOT_SUPPORTED, EOPNOTSUPP,
                                      "What lasts until the next boot and what stays cannot be changed in "
                                      "one transaction");
                name_image(b, b->works + i, r, error);
                if (r < 0)
                        return r;
        }
        return operation_lock_images(o, b->works[0].request, b->n, ret_lock, error);
}

/* A manager that has read a unit file reads its drop-ins next: the file may be gone by then, and the unit is
 * loaded all the same. If these were gone, too, its service would run on the host. So what confines it stays
 * until the manager has answered, and therefore is not in the midst of loading any more. */
static void settle(void *userdata)
{
        struct operation *o = userdata;

        if (o->online && operation_connect(o, NULL) >= 0)
                manager_settle(o->bus);
}

/* One transaction around the works; each is prepared first. */
static int run_works(struct operation *o, const struct batch *b, struct error *error)
{
        bool runtime = b->works[0].request->flags & PORTABLE_RUNTIME;
        _cleanup_close_ int lock = -EBADF;
        _cleanup_transaction_ struct transaction *t = NULL;
        int r;

        r = begin_works(o, b, &lock, error);
        if (r >= 0)
                r = transaction_new(o->root_fd, o->layout, runtime, &t, error);
        if (r >= 0)
                transaction_set_settle(t, settle, o);
        for (size_t i = 0; i < b->n && r >= 0; i++) {
                r = work_prepare(o, b->flags & PORTABLED_DRY_RUN ? NULL : t, b->works + i, error);
                name_image(b, b->works + i, r, error);
        }
        if (r >= 0)
                r = commit_works(o, b, t, error);
        if (r < 0)
                advise(error, r, b->works[0].verb, runtime);
        return r;
}

/* One image at a time, each with an outcome of its own; or all together. */
static int run_batch(struct operation *o, const struct batch *b, struct error *error)
{
        if (b->flags & PORTABLED_ATOMIC)
                return run_works(o, b, error);
        for (size_t i = 0; i < b->n; i++) {
                struct image_change *w = b->works + i;

                run_works(o, &(struct batch){b->flags, w, 1}, &w->result->error);
                work_clear(w); /* before the next one: it holds the image open */
        }
        return 0;
}

/* The request was checked: it is one of the three. */
static enum operation_verb verb_of_item(const struct operation_request *item)
{
        return (enum operation_verb)verb_from_string(item->change);
}

int operation_change(struct operation *o, enum operation_verb verb, const struct operation_request *request,
                     struct operation_result *results, struct error *error)
{
        size_t n = operation_request_count(request);
        _cleanup_free_ struct operation_request *requests = calloc(n, sizeof(*requests));
        _cleanup_free_ struct image_change *works = calloc(n, sizeof(*works));
        const struct batch b = {request->flags, works, n};
        _cleanup_error_ struct error later = {};
        int r;

        if (!works || !requests)
                return error_set_oom(error);
        for (size_t i = 0; i < n; i++) {
                requests[i] = operation_request_of_image(request, i);
                requests[i].flags &= PORTABLE_FLAGS_ALL | PORTABLED_CONFINE;
                works[i] = (struct image_change){.verb = request->items ? verb_of_item(requests + i) : verb,
                                                 .request = requests + i,
                                                 .result = results + i};
        }
        /* The bus gets to know us while we look for the image. If it does not, that is told when it counts.
         */
        (void)operation_connect(o, &later);
        o->will_ask = batch_has(&b, OPERATION_ATTACH);
        r = run_batch(o, &b, error);
        for (size_t i = 0; i < n; i++)
                work_clear(works + i);
        return r;
}
