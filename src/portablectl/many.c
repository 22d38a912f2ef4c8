/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portablectl/many.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/strv.h"
#include "portablectl/agent.h"
#include "portablectl/client.h"
#include "portablectl/image-arg.h"
#include "portablectl/interrupt.h"
#include "portablectl/reattach-keep.h"
#include "portablectl/report.h"
#include "portablectl/request.h"
#include "portablectl/show-json.h"
#include "portablectl/units.h"
#include "wire/names.h"

bool many_is_wanted(const struct client *client, const char *arg)
{
        const struct options *o = client->options;

        return o->all || o->dry_run || o->atomic || many_is_pattern(arg);
}

/* All that belongs to the images of one call. */
struct batch {
        char **names;
        size_t n;
        struct request *requests;
        struct operation_request *calls;
        struct operation_result *outcomes;
        bool one_document; /* JSON of all of them; else each image stands for itself */
};

static void batch_clear(struct batch *b)
{
        for (size_t i = 0; b->requests && i < b->n; i++)
                request_clear(b->requests + i);
        for (size_t i = 0; b->outcomes && i < b->n; i++)
                operation_result_clear(b->outcomes + i);
        free(b->requests);
        free(b->calls);
        free(b->outcomes);
        strv_free(b->names);
}

/* Prefixes, profile and copy mode. */
static int request_details(struct client *client, const struct many *many, char **prefixes,
                           struct request *request, struct error *error)
{
        _cleanup_strv_ char **kept = NULL;
        int r = 0;

        if (many->verb == OPERATION_REATTACH)
                r = reattach_keep(client, request, &kept, error);
        if (r >= 0)
                r = request_prefixes(client, prefixes[0] || !kept ? prefixes : kept, request, error);
        return r < 0 ? r : request_profile(client, request, error);
}

static int batch_fill(struct client *client, const struct many *many, char **prefixes, struct batch *b,
                      struct error *error)
{
        int r = 0;

        b->n = strv_length(b->names);
        b->requests = calloc(b->n, sizeof(*b->requests));
        b->calls = calloc(b->n, sizeof(*b->calls));
        b->outcomes = calloc(b->n, sizeof(*b->outcomes));
        if (!b->requests || !b->calls || !b->outcomes)
                return error_set_oom(error);
        for (size_t i = 0; i < b->n && r >= 0; i++) {
                struct request *request = b->requests + i;

                r = request_image(client, b->names[i],
                                  many->verb == OPERATION_DETACH ? IMAGE_ARG_MAY_MISS : 0, request, error);
                if (r >= 0 && many->verb != OPERATION_DETACH)
                        r = request_details(client, many, prefixes, request, error);
                b->calls[i] = request_to_attach(client, request);
        }
        return r;
}

/* What came of each image; returns how many were refused. */
static size_t show_outcomes(struct client *client, const struct many *many, const struct batch *b)
{
        size_t failed = 0;

        for (size_t i = 0; i < b->n; i++) {
                struct operation_result *outcome = b->outcomes + i;

                if (error_is_set(&outcome->error)) {
                        error_prefix(&outcome->error, "Failed to %s image '%s': ", many->name, b->names[i]);
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
static void show_documents(const struct client *client, const struct batch *b)
{
        _cleanup_error_ struct error error = {};
        int r = 0;

        if (client->options->json == JSON_OFF)
                return;
        if (b->one_document)
                r = show_json_outcomes(client, b->requests, b->outcomes, b->n, &error);
        for (size_t i = 0; !b->one_document && r >= 0 && i < b->n; i++)
                r = show_json_changes(client, b->requests[i].image, &b->outcomes[i], &error);
        if (r < 0)
                report_failure(client, &error);
}

/* One error stands for all images, of which none was changed. */
static int fail_all(const struct client *client, struct batch *b, int r, const struct error *error)
{
        for (size_t i = 0; i < b->n; i++) {
                if (!b->requests[i].image)
                        b->requests[i].image = strdup(b->names[i]);
                (void)error_set(&b->outcomes[i].error, error->kind, error->errnum, "%s",
                                error_message(error));
        }
        if (!b->one_document)
                report_keep(client, error);
        show_documents(client, b);
        return r;
}

static void show_summary(struct client *client, const struct many *many, size_t done, size_t failed)
{
        char line[160];

        if (client->options->quiet || client->options->json != JSON_OFF)
                return;
        if (client->options->dry_run)
                snprintf(line, sizeof(line),
                         "Dry run: nothing was changed. %zu images would be %s, %zu refused.", done,
                         many->done, failed);
        else
                snprintf(line, sizeof(line), "%zu images %s, %zu refused.", done, many->done, failed);
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
static int follow_changes(struct client *client, const struct many *many, const struct many_done *done,
                          struct error *error)
{
        int r = 0, failed = 0;

        if (client->interrupted) {
                r = units_reload(client, error);
                return r < 0 ? r : interrupt_too_late(client, many->done, error);
        }
        if (many->files)
                failed = many->files(client, done, error);
        if (!error_is_set(error))
                r = units_reload(client, error);
        if (r >= 0 && !error_is_set(error) && many->after)
                r = many->after(client, done, error);
        return r < 0 ? r : failed;
}

/* One reload and one round of starting, enabling and so on for all images. */
static int follow_up(struct client *client, const struct many *many, const struct batch *b,
                     struct error *error)
{
        struct change_list removed = {}, updated = {};
        int r = 0;

        for (size_t i = 0; i < b->n && r >= 0; i++)
                if (append_borrowed(&removed, &b->outcomes[i].removed) < 0 ||
                    append_borrowed(&updated, &b->outcomes[i].updated) < 0)
                        r = error_set_oom(error);
        if (r >= 0)
                r = follow_changes(client, many,
                                   &(struct many_done){&removed, &updated, {b->requests, b->n}}, error);
        free(removed.items);
        free(updated.items);
        return r;
}

static int put_down(struct client *client, const struct many *many, char **prefixes, struct batch *b,
                    struct error *error)
{
        int failed = 0;

        for (size_t i = 0; many->before && !client->options->dry_run && i < b->n; i++) {
                if (many->before(client, prefixes, b->requests + i, error) < 0)
                        failed = -EIO;
                if (error_is_set(error))
                        return -error->errnum;
        }
        return failed;
}

static bool is_asked_alike(const struct operation_request *a, const struct operation_request *b)
{
        return strcmp(a->profile ?: "", b->profile ?: "") == 0 &&
               strcmp(a->copy_mode ?: "", b->copy_mode ?: "") == 0;
}

/* A call that fails as a whole after others were answered is what became of its images: those of the others
 * must be told and followed up. */
static int blame_each(struct operation_result *outcomes, size_t n, struct error *error)
{
        for (size_t i = 0; i < n; i++) {
                error_clear(&outcomes[i].error);
                (void)error_set(&outcomes[i].error, error->kind, error->errnum, "%s", error_message(error));
        }
        error_clear(error);
        return 0;
}

/* In one call, which has one profile and one copy mode; where reattach keeps several, in a call for each run
 * of images that have the same. If it returns an error nothing was changed. */
static int change_all(struct client *client, const struct many *many, const struct operation_request *calls,
                      size_t n, uint64_t flags, struct operation_result *outcomes, struct error *error)
{
        size_t alike;
        int r = 0;

        for (size_t i = 0; i < n && r >= 0; i += alike) {
                alike = 1;
                while (i + alike < n && is_asked_alike(calls + i, calls + i + alike))
                        alike++;
                if (alike < n && client->options->atomic)
                        return error_set(
                                error, ERROR_INVALID_ARGS, EINVAL,
                                "The images are attached with several profiles or copy modes, which "
                                "--atomic cannot keep: give --profile= and --copy=");
                r = backend_change_many(client, many->verb, calls + i, alike, flags, outcomes + i, error);
                if (r < 0 && i > 0)
                        return blame_each(outcomes + i, n - i, error);
        }
        return r;
}

/* The prefix that follows from a name is a guess. Of the images that were refused for it those are tried
 * again that name prefixes themselves: appliances come with images of any name. */
static int try_prefixes_of_images(struct client *client, const struct many *many, uint64_t flags,
                                  struct batch *b, struct error *error)
{
        struct operation_result *outcomes = calloc(b->n, sizeof(*outcomes));
        struct operation_request *calls = calloc(b->n, sizeof(*calls));
        size_t *which = calloc(b->n, sizeof(*which)), n = 0;
        int r = outcomes && calls && which ? 0 : error_set_oom(error);

        for (size_t i = 0; r >= 0 && i < b->n; i++) {
                if (!error_is_set(&b->outcomes[i].error))
                        continue;
                r = request_prefixes_from_image(client, b->requests + i, &b->outcomes[i].error, error);
                if (r <= 0)
                        continue;
                calls[n] = b->calls[i] = request_to_attach(client, b->requests + i);
                which[n++] = i;
        }
        if (r >= 0 && n > 0) {
                r = change_all(client, many, calls, n, flags, outcomes, error);
                if (r < 0)
                        r = blame_each(outcomes, n, error);
        }
        for (size_t i = 0; r >= 0 && i < n; i++) {
                operation_result_clear(b->outcomes + which[i]);
                b->outcomes[which[i]] = outcomes[i];
        }
        free(outcomes);
        free(calls);
        free(which);
        return r < 0 ? r : 0;
}

/* The same with --atomic, where one error stands for all images. */
static int try_prefixes_of_all(struct client *client, const struct many *many, uint64_t flags,
                               struct batch *b, struct error *error)
{
        _cleanup_error_ struct error failure = {};
        int r, again = 0;

        for (size_t i = 0; i < b->n; i++) {
                r = request_prefixes_from_image(client, b->requests + i, error, &failure);
                if (r < 0) {
                        error_move(error, &failure);
                        return r;
                }
                b->calls[i] = request_to_attach(client, b->requests + i);
                again |= r;
        }
        if (!again)
                return -error->errnum;
        error_clear(error);
        return change_all(client, many, b->calls, b->n, flags, b->outcomes, error);
}

static int change(struct client *client, const struct many *many, struct batch *b, struct error *error)
{
        uint64_t flags = (client->options->dry_run ? PORTABLED_DRY_RUN : 0) |
                         (client->options->atomic ? PORTABLED_ATOMIC : 0);
        int r = change_all(client, many, b->calls, b->n, flags, b->outcomes, error);

        if (many->verb == OPERATION_DETACH)
                return r;
        if (r < 0)
                return client->options->atomic ? try_prefixes_of_all(client, many, flags, b, error) : r;
        return try_prefixes_of_images(client, many, flags, b, error);
}

/* When the images are changed, as far as they can be. q: negative if something failed before. */
static int finish(struct client *client, const struct many *many, struct batch *b, int q,
                  struct error *error)
{
        size_t failed = show_outcomes(client, many, b);
        int r = 0;

        show_summary(client, many, b->n - failed, failed);
        if (failed < b->n && !client->options->dry_run)
                r = follow_up(client, many, b, error);
        if (error_is_set(error)) {
                report_failure(client, error);
                error_clear(error);
        }
        show_documents(client, b);
        if (failed > 0)
                return -EIO;
        return r < 0 || q < 0 ? STATUS_CHANGED_BUT_FAILED : 0;
}

int many_run(struct client *client, const struct many *many, char **args, struct error *error)
{
        char **prefixes = args[0] ? args + 1 : args;
        _cleanup_(batch_clear) struct batch b = {};
        int r, q;

        r = backend_open(client, error);
        if (r >= 0)
                r = many_names(client, many, args[0], &b.names, error);
        if (r < 0)
                return r;
        b.one_document =
                client->options->json != JSON_OFF && (client->options->all || many_is_pattern(args[0]));
        r = batch_fill(client, many, prefixes, &b, error);
        if (r < 0)
                return b.requests && b.outcomes ? fail_all(client, &b, r, error) : r;
        if (b.n == 0) {
                show_documents(client, &b);
                show_summary(client, many, 0, 0);
                return 0;
        }
        agent_open(client);
        q = put_down(client, many, prefixes, &b, error);
        if (error_is_set(error))
                return fail_all(client, &b, q, error);
        r = change(client, many, &b, error);
        if (r < 0) {
                if (many->before)
                        interrupt_tell_units(client, error);
                error_prefix(error, "Failed to %s: ", many->name);
                return fail_all(client, &b, r, error);
        }
        return finish(client, many, &b, q, error);
}

static int change_one(struct client *client, const struct many *many, char **args, struct request *request,
                      struct operation_result *changes, struct error *error)
{
        _cleanup_error_ struct error other = {};
        struct operation_request call;
        int r;

        r = request_image(client, args[0], 0, request, error);
        if (r >= 0)
                r = request_details(client, many, args + 1, request, error);
        if (r >= 0)
                r = backend_open(client, error);
        if (r < 0)
                return r;
        agent_open(client);
        call = request_to_attach(client, request);
        r = backend_change(client, many->verb, &call, changes, error);
        if (r < 0 && request_prefixes_from_image(client, request, error, &other) > 0) {
                error_clear(error);
                call = request_to_attach(client, request);
                r = backend_change(client, many->verb, &call, changes, error);
        }
        if (r < 0)
                error_prefix(error, "Failed to %s image '%s': ", many->name, args[0]);
        return r;
}

int many_run_one(struct client *client, const struct many *many, char **args, struct error *error)
{
        _cleanup_request_ struct request request = {};
        _cleanup_operation_result_ struct operation_result changes = {};
        int r = change_one(client, many, args, &request, &changes, error);
        bool changed = r >= 0;

        if (changed) {
                report_changes(client, &changes);
                r = follow_changes(client, many,
                                   &(struct many_done){&changes.removed, &changes.updated, {&request, 1}},
                                   error);
        }
        return report_end(client, request.image ?: args[0], &changes, changed, r, error);
}
