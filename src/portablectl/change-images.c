/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portablectl/change-images.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/strv.h"
#include "portablectl/agent.h"
#include "portablectl/backend.h"
#include "portablectl/client.h"
#include "portablectl/exit-status.h"
#include "portablectl/image-arg.h"
#include "portablectl/interrupt.h"
#include "portablectl/reattach-keep.h"
#include "portablectl/reload.h"
#include "portablectl/report.h"
#include "portablectl/request.h"
#include "portablectl/show-json.h"
#include "portablectl/suggest.h"
#include "wire/names.h"

/* All that belongs to the images of one command. */
struct change_set {
        const struct change_verb *verb;
        char **names; /* as they were given */
        size_t n;
        struct request *requests;
        struct operation_result *outcomes;
        const char *further;      /* the first prefix that was given; NULL: none */
        enum exit_status failure; /* of the images that were refused, if all ended alike */
        bool several;             /* they were asked for as such: what came of all is summed up */
        bool one_document;        /* JSON of all of them; else each image stands for itself */
};

static void change_set_clear(struct change_set *b)
{
        for (size_t i = 0; b->requests && i < b->n; i++)
                request_clear(b->requests + i);
        for (size_t i = 0; b->outcomes && i < b->n; i++)
                operation_result_clear(b->outcomes + i);
        free(b->requests);
        free(b->outcomes);
        strv_free(b->names);
}

/* Prefixes, profile and copy mode. */
static int request_details(struct client *client, enum operation_verb verb, char **prefixes,
                           struct request *request, struct error *error)
{
        _cleanup_strv_ char **kept = NULL;
        int r = 0;

        if (verb == OPERATION_REATTACH)
                r = reattach_keep(client, request, &kept, error);
        if (r >= 0)
                r = request_prefixes(client, prefixes[0] || !kept ? prefixes : kept, request, error);
        return r < 0 ? r : request_profile(client, request, error);
}

static int change_set_fill(struct client *client, char **prefixes, struct change_set *b, struct error *error)
{
        enum operation_verb verb = b->verb->verb;
        int r = 0;

        b->n = strv_length(b->names);
        b->requests = calloc(b->n, sizeof(*b->requests));
        b->outcomes = calloc(b->n, sizeof(*b->outcomes));
        if (!b->requests || !b->outcomes)
                return error_set_oom(error);
        for (size_t i = 0; i < b->n && r >= 0; i++) {
                r = request_image(client, b->names[i], verb == OPERATION_DETACH ? IMAGE_ARG_MAY_MISS : 0,
                                  b->requests + i, error);
                if (r >= 0 && verb != OPERATION_DETACH)
                        r = request_details(client, verb, prefixes, b->requests + i, error);
        }
        return r;
}

/* How the refusal of an image ends, if it is not one of several that end in several ways. */
static void note_failure(struct client *client, struct change_set *b, size_t i, const struct error *error)
{
        enum exit_status status = b->verb->verb == OPERATION_DETACH
                                          ? exit_status_from_error(error)
                                          : exit_status_of_image(client, b->requests + i, error);

        b->failure = b->failure == STATUS_SUCCESS || b->failure == status ? status : STATUS_REFUSED;
}

/* What came of each image; returns how many were refused. */
static size_t show_outcomes(struct client *client, struct change_set *b)
{
        size_t failed = 0;

        for (size_t i = 0; i < b->n; i++) {
                struct operation_result *outcome = b->outcomes + i;

                if (error_is_set(&outcome->error)) {
                        note_failure(client, b, i, &outcome->error);
                        if (b->verb->before)
                                interrupt_tell_units(client, &outcome->error);
                        error_prefix(&outcome->error, "Failed to %s image '%s': ", b->verb->name,
                                     b->names[i]);
                        suggest_image(client, b->names[i], b->further, &outcome->error);
                        terminal_error(&client->terminal, error_message(&outcome->error));
                        if (!b->one_document)
                                report_keep(client, &outcome->error);
                        failed++;
                } else if (!b->one_document) {
                        report_changes(client, outcome);
                }
        }
        return failed;
}

/* The JSON of all that, the last thing, as what failed afterwards is in it. */
static int show_documents(const struct client *client, const struct change_set *b)
{
        _cleanup_error_ struct error error = {};
        int r = 0;

        if (client->options->json == JSON_OFF)
                return 0;
        if (b->one_document)
                r = show_json_outcomes(client, b->requests, b->outcomes, b->n, &error);
        for (size_t i = 0; !b->one_document && r >= 0 && i < b->n; i++)
                r = show_json_changes(client, b->requests[i].image, &b->outcomes[i], &error);
        return r < 0 ? report_failure(client, &error) : 0;
}

/* One error stands for all images, of which none was changed. */
static int fail_all(const struct client *client, struct change_set *b, int r, const struct error *error)
{
        for (size_t i = 0; i < b->n; i++) {
                if (!b->requests[i].image)
                        b->requests[i].image = strdup(b->names[i]);
                (void)error_set(&b->outcomes[i].error, error->kind, error->errnum, "%s",
                                error_message(error));
        }
        if (!b->one_document)
                report_keep(client, error);
        (void)show_documents(client, b);
        return r;
}

static void prefix_all(const struct change_set *b, struct error *error)
{
        if (b->several)
                error_prefix(error, "Failed to %s: ", b->verb->name);
        else
                error_prefix(error, "Failed to %s image '%s': ", b->verb->name, b->names[0]);
}

static void show_summary(struct client *client, const struct change_set *b, size_t failed)
{
        const char *done = b->verb->done;
        size_t changed = b->n - failed;
        char line[160];

        if (!b->several || client->options->quiet || client->options->json != JSON_OFF)
                return;
        if (client->options->dry_run)
                snprintf(line, sizeof(line),
                         "Dry run: nothing was changed. %zu image%s would be %s, %zu refused.", changed,
                         changed == 1 ? "" : "s", done, failed);
        else
                snprintf(line, sizeof(line), "%zu image%s %s, %zu refused.", changed,
                         changed == 1 ? "" : "s", done, failed);
        report_note(client, line);
}

static int append_borrowed(struct change_list *all, const struct change_list *part)
{
        struct change *grown = reallocarray(all->items, all->n + part->n + 1, sizeof(*grown));

        if (!grown)
                return -ENOMEM;
        if (part->n)
                memcpy(grown + all->n, part->items, part->n * sizeof(*grown));
        all->items = grown;
        all->n += part->n;
        return 0;
}

/* The links of --enable first, so that one reload tells the manager of everything. */
static int follow_changes(struct client *client, const struct change_verb *verb,
                          const struct changes_done *done, struct error *error)
{
        int r = 0, failed = 0;

        if (client->interrupted) {
                r = reload_for_changes(client, done->removed, done->updated, error);
                return r < 0 ? r : interrupt_too_late(client, verb->done, error);
        }
        if (verb->files)
                failed = verb->files(client, done, error);
        if (!error_is_set(error))
                r = reload_for_changes(client, done->removed, done->updated, error);
        if (r >= 0 && !error_is_set(error) && verb->after)
                r = verb->after(client, done, error);
        return r < 0 ? r : failed;
}

/* One reload and one round of starting, enabling and so on for all images. */
static int follow_up(struct client *client, const struct change_set *b, struct error *error)
{
        struct change_list removed = {}, updated = {};
        int r = 0;

        for (size_t i = 0; i < b->n && r >= 0; i++)
                if (append_borrowed(&removed, &b->outcomes[i].removed) < 0 ||
                    append_borrowed(&updated, &b->outcomes[i].updated) < 0)
                        r = error_set_oom(error);
        if (r >= 0)
                r = follow_changes(client, b->verb,
                                   &(struct changes_done){&removed, &updated, {b->requests, b->n}}, error);
        free(removed.items);
        free(updated.items);
        return r;
}

static int put_down(struct client *client, char **prefixes, struct change_set *b, struct error *error)
{
        int failed = 0;

        for (size_t i = 0; b->verb->before && !client->options->dry_run && i < b->n; i++) {
                if (b->verb->before(client, prefixes, b->requests + i, error) < 0)
                        failed = -EIO;
                if (error_is_set(error))
                        return -error->errnum;
        }
        return failed;
}

static struct operation_request call_of(const struct client *client, const struct change_set *b, size_t i)
{
        struct operation_request call = b->verb->verb == OPERATION_DETACH
                                                ? request_to_detach(client, b->requests + i)
                                                : request_to_attach(client, b->requests + i);

        call.change = verb_to_string(b->verb->verb);
        call.flags |= (client->options->dry_run ? PORTABLED_DRY_RUN : 0) |
                      (client->options->atomic ? PORTABLED_ATOMIC : 0) |
                      (client->options->strict ? PORTABLED_STRICT : 0) |
                      (client->options->confine ? PORTABLED_CONFINE : 0);
        return call;
}

static bool is_asked_alike(const struct operation_request *a, const struct operation_request *b)
{
        return strcmp(a->profile ?: "", b->profile ?: "") == 0 &&
               strcmp(a->copy_mode ?: "", b->copy_mode ?: "") == 0 && strv_equal(a->units, b->units);
}

/* How many from the first of which on, n at the most, one call can be about. */
static size_t count_alike(const struct client *client, const struct change_set *b, const size_t *which,
                          size_t n)
{
        const struct operation_request first = call_of(client, b, *which);
        size_t alike = 1;

        for (; alike < n; alike++) {
                const struct operation_request next = call_of(client, b, which[alike]);

                if (!is_asked_alike(&first, &next))
                        break;
        }
        return alike;
}

/* A call that fails as a whole after others were answered is what became of its images: those of the others
 * must be told and followed up. */
static int blame_each(struct change_set *b, const size_t *which, size_t n, struct error *error)
{
        for (size_t i = 0; i < n; i++) {
                struct error *e = &b->outcomes[which[i]].error;

                error_clear(e);
                (void)error_set(e, error->kind, error->errnum, "%s", error_message(error));
        }
        error_clear(error);
        return 0;
}

/* Those of the set, in one call. Their outcomes are set if it is answered. */
static int change_alike(struct client *client, struct change_set *b, const size_t *which, size_t n,
                        struct error *error)
{
        _cleanup_free_ struct operation_result *outcomes = calloc(n, sizeof(*outcomes));
        _cleanup_free_ struct request_image *images = calloc(n, sizeof(*images));
        struct operation_request call = call_of(client, b, *which);
        int r;

        if (!outcomes || !images)
                return error_set_oom(error);
        for (size_t i = 0; i < n; i++) {
                const struct operation_request one = call_of(client, b, which[i]);

                images[i] = (struct request_image){one.image, one.matches};
        }
        call.images = images;
        call.n_images = n;
        r = backend_change(client, &call, outcomes, error);
        for (size_t i = 0; r >= 0 && i < n; i++) {
                operation_result_clear(b->outcomes + which[i]);
                b->outcomes[which[i]] = outcomes[i];
        }
        return r;
}

/* A call has one profile and one copy mode; where reattach keeps several, there is one for each run of
 * images that have the same. If it returns an error nothing was changed. */
static int change_some(struct client *client, struct change_set *b, const size_t *which, size_t n,
                       struct error *error)
{
        size_t alike;
        int r = 0;

        for (size_t i = 0; i < n && r >= 0; i += alike) {
                alike = count_alike(client, b, which + i, n - i);
                if (alike < n && client->options->atomic)
                        return error_set(
                                error, ERROR_INVALID_ARGS, EINVAL,
                                "The images are attached with several profiles or copy modes, which "
                                "--atomic cannot keep: give --profile= and --copy=");
                r = change_alike(client, b, which + i, alike, error);
                if (r < 0 && i > 0)
                        return blame_each(b, which + i, n - i, error);
        }
        return r;
}

/* The prefix that follows from a name is a guess. Of the images that were refused for it those are tried
 * again that name prefixes themselves: appliances come with images of any name. which has room for all. */
static int try_prefixes_of_images(struct client *client, struct change_set *b, size_t *which,
                                  struct error *error)
{
        size_t n = 0;
        int r;

        for (size_t i = 0; i < b->n; i++) {
                if (!error_is_set(&b->outcomes[i].error))
                        continue;
                r = request_prefixes_from_image(client, b->requests + i, &b->outcomes[i].error, error);
                if (r < 0)
                        return r;
                if (r > 0)
                        which[n++] = i;
        }
        r = change_some(client, b, which, n, error);
        return r < 0 ? blame_each(b, which, n, error) : 0;
}

/* The same with --atomic, where one error stands for all images. */
static int try_prefixes_of_all(struct client *client, struct change_set *b, const size_t *all,
                               struct error *error)
{
        _cleanup_error_ struct error failure = {};
        int r, again = 0;

        for (size_t i = 0; i < b->n; i++) {
                r = request_prefixes_from_image(client, b->requests + i, error, &failure);
                if (r < 0) {
                        error_move(error, &failure);
                        return r;
                }
                again |= r;
        }
        if (!again)
                return -error->errnum;
        error_clear(error);
        return change_some(client, b, all, b->n, error);
}

static int change(struct client *client, struct change_set *b, struct error *error)
{
        _cleanup_free_ size_t *which = calloc(b->n, sizeof(*which));
        int r;

        if (!which)
                return error_set_oom(error);
        for (size_t i = 0; i < b->n; i++)
                which[i] = i;
        r = change_some(client, b, which, b->n, error);
        if (b->verb->verb == OPERATION_DETACH || (r < 0 && !client->options->atomic))
                return r;
        return r < 0 ? try_prefixes_of_all(client, b, which, error)
                     : try_prefixes_of_images(client, b, which, error);
}

/* When the images are changed, as far as they can be. q: negative if something failed before. */
static int finish(struct client *client, struct change_set *b, int q, struct error *error)
{
        size_t failed = show_outcomes(client, b);
        int r = 0, shown;

        show_summary(client, b, failed);
        if (failed < b->n && !client->options->dry_run)
                r = follow_up(client, b, error);
        if (error_is_set(error)) {
                report_failure(client, error);
                error_clear(error);
        }
        shown = show_documents(client, b);
        if (shown < 0)
                return -EIO;
        if (failed > 0)
                return client->interrupted ? -EIO : (int)b->failure;
        return r < 0 || q < 0 ? STATUS_UNITS_FAILED : STATUS_SUCCESS;
}

/* Which of the images it is about nothing tells. */
static void note_failure_of_all(struct client *client, const struct change_set *b, const struct error *error)
{
        if (b->verb->verb == OPERATION_DETACH)
                return;
        for (size_t i = 0; i < b->n && client->failure != STATUS_BROKEN; i++)
                client->failure = (int)exit_status_of_image(client, b->requests + i, error);
}

static int run_set(struct client *client, char **prefixes, struct change_set *b, struct error *error)
{
        int r, q;

        if (b->n == 0) {
                show_summary(client, b, 0);
                return show_documents(client, b);
        }
        b->further = prefixes[0];
        agent_open(client);
        q = r = put_down(client, prefixes, b, error);
        if (!error_is_set(error))
                r = change(client, b, error);
        if (!error_is_set(error))
                return finish(client, b, q, error);
        if (b->verb->before)
                interrupt_tell_units(client, error);
        note_failure_of_all(client, b, error);
        prefix_all(b, error);
        return fail_all(client, b, r, error);
}

int change_images(struct client *client, const struct change_verb *verb, char **args, struct error *error)
{
        const struct options *o = client->options;
        _cleanup_(change_set_clear) struct change_set b = {.verb = verb};
        char **prefixes = args[0] ? args + 1 : args;
        int r;

        b.several = o->all || o->dry_run || o->atomic || change_is_pattern(args[0]);
        b.one_document = o->json != JSON_OFF && (o->all || change_is_pattern(args[0]));
        r = change_get_names(client, verb, args[0], &b.names, error);
        if (r < 0)
                return r;
        r = change_set_fill(client, prefixes, &b, error);
        if (r >= 0)
                r = backend_open(client, error);
        if (r >= 0)
                return run_set(client, prefixes, &b, error);
        return b.requests && b.outcomes ? fail_all(client, &b, r, error) : r;
}
