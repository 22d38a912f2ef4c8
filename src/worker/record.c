/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/record.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <syslog.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "basic/text.h"
#include "plan/change.h"
#include "wire/names.h"

/* What was done has the IDs of systemd's own records, so that who follows those finds ours; what was refused
 * has IDs made for it. Documented in systemd-portabled.service(8). */
#define ID_ATTACHED "187c62eb1e7f463bb530394f52cb090f"
#define ID_DETACHED "76c5c754d628490d8ecba4c9d042112b"

static const char *const refused_ids[] = {
        [OPERATION_ATTACH] = "7d5a4f0c1f5c4a7a9d43b5e94a1f3a01",
        [OPERATION_DETACH] = "7d5a4f0c1f5c4a7a9d43b5e94a1f3a02",
        [OPERATION_REATTACH] = "7d5a4f0c1f5c4a7a9d43b5e94a1f3a03",
};

struct record {
        struct iovec fields[64];
        size_t n;
};

/* A field whose value is escaped: nothing in a name can make a second line or a second field. */
static void add_field(struct record *r, const char *key, const char *value)
{
        _cleanup_free_ char *escaped = text_escape(value);
        char *field;

        if (!escaped || r->n == ELEMENTSOF(r->fields) || asprintf(&field, "%s=%s", key, escaped) < 0)
                return;
        r->fields[r->n++] = (struct iovec){.iov_base = field, .iov_len = strlen(field)};
}

/* The units among the changes: files directly in an attach directory. */
static void add_units(struct record *r, const char *key, const struct change_list *l)
{
        for (size_t i = 0; i < l->n; i++) {
                const char *base = path_base(l->items[i].path);

                if (l->items[i].type != CHANGE_MKDIR && l->items[i].type != CHANGE_WRITE &&
                    unit_name_is_valid(base))
                        add_field(r, key, base);
        }
}

static const char *profile_name(const struct operation_request *request)
{
        return request->profile && request->profile[0] ? request->profile : "default";
}

/* In the words of systemd's record. */
static char *format_done(bool attached, const struct operation_request *request, const char *image)
{
        _cleanup_free_ char *extensions = strv_join(request->extensions, "', '"),
                            *shown = text_escape(image);
        char *message;
        int r;

        if (!extensions || !shown)
                return NULL;
        r = asprintf(&message, "Successfully %s%s '%s'%s%s%s%s%s%s", attached ? "attached" : "detached",
                     request->flags & PORTABLE_RUNTIME ? " ephemeral" : "", shown,
                     *extensions ? " and its extension(s) '" : "", extensions, *extensions ? "'" : "",
                     attached ? " using profile '" : "", attached ? profile_name(request) : "",
                     attached ? "'" : "");
        return r < 0 ? NULL : message;
}

static char *format_refused(enum operation_verb verb, const char *image, const struct error *error)
{
        _cleanup_free_ char *shown = text_escape(image);
        char *message;

        if (!shown || asprintf(&message, "Refused to %s image '%s': %s", verb_to_string(verb), shown,
                               error_message(error)) < 0)
                return NULL;
        return message;
}

static void add_number(struct record *r, const char *key, unsigned value)
{
        char number[16];

        snprintf(number, sizeof(number), "%u", value);
        add_field(r, key, number);
}

static void record_send(struct record *r)
{
        sd_journal_sendv(r->fields, (int)r->n);
        for (size_t i = 0; i < r->n; i++)
                free(r->fields[i].iov_base);
        r->n = 0;
}

static bool queue_add(struct record_queue *q, const struct record *r)
{
        struct record **grown = reallocarray(q->items, q->n + 1, sizeof(*grown)), *copy;

        if (!grown)
                return false;
        q->items = grown;
        copy = malloc(sizeof(*copy));
        if (!copy)
                return false;
        *copy = *r;
        q->items[q->n++] = copy;
        return true;
}

void record_queue_flush(struct record_queue *q)
{
        for (size_t i = 0; i < q->n; i++) {
                record_send(q->items[i]);
                free(q->items[i]);
        }
        free(q->items);
        *q = (struct record_queue){};
}

/* We may be gone before the journal looks us up; OBJECT_PID= makes it note the daemon's unit, which
 * "journalctl -u" finds. */
static void record_finish(struct record_queue *q, struct record *r)
{
        add_number(r, "OBJECT_PID", (unsigned)getppid());
        if (!queue_add(q, r))
                record_send(r);
}

/* One of several lines is a record for each. */
static void record_warning(struct record_queue *q, const char *image, const char *text)
{
        while (*text) {
                size_t n = strcspn(text, "\n");
                _cleanup_free_ char *line = text_copy(text, n);
                struct record r = {};

                if (!line)
                        return;
                add_field(&r, "MESSAGE", line);
                add_number(&r, "PRIORITY", LOG_WARNING);
                add_field(&r, "PORTABLE_IMAGE", image);
                record_finish(q, &r);
                text += n + (text[n] == '\n');
        }
}

static void record_warnings(struct record_queue *q, const char *image, char *const *warnings)
{
        for (; warnings && *warnings; warnings++)
                record_warning(q, image, *warnings);
}

/* What all records of an operation have. */
static void add_operation(struct record *r, enum operation_verb verb,
                          const struct operation_request *request, const char *image)
{
        add_field(r, "PORTABLE_OPERATION", verb_to_string(verb));
        add_field(r, "PORTABLE_IMAGE", image);
        if (request->definition && *request->definition)
                add_field(r, "PORTABLE_DEFINITION", request->definition);
        add_field(r, "PORTABLE_ROOT", path_base(image));
        for (char *const *e = request->extensions; e && *e; e++)
                add_field(r, "PORTABLE_EXTENSION", path_base(*e));
        if (request->profile && verb != OPERATION_DETACH)
                add_field(r, "PORTABLE_PROFILE", profile_name(request));
        add_number(r, "PORTABLE_CALLER_UID", request->caller_uid);
}

static void record_refused(struct record_queue *q, enum operation_verb verb,
                           const struct operation_request *request, const char *image,
                           const struct error *error)
{
        _cleanup_free_ char *message = format_refused(verb, image, error);
        struct record r = {};

        if (!message)
                return;
        add_field(&r, "MESSAGE", message);
        add_field(&r, "MESSAGE_ID", refused_ids[verb]);
        add_number(&r, "PRIORITY", LOG_WARNING);
        add_field(&r, "PORTABLE_RESULT", "failed");
        add_operation(&r, verb, request, image);
        record_finish(q, &r);
}

static void record_done(struct record_queue *q, enum operation_verb verb, bool attached,
                        const struct operation_request *request, const struct operation_result *result,
                        const char *image)
{
        _cleanup_free_ char *message = format_done(attached, request, image);
        struct record r = {};

        if (!message)
                return;
        add_field(&r, "MESSAGE", message);
        add_field(&r, "MESSAGE_ID", attached ? ID_ATTACHED : ID_DETACHED);
        add_number(&r, "PRIORITY", LOG_INFO);
        add_field(&r, "PORTABLE_RESULT", "done");
        add_operation(&r, verb, request, image);
        if (attached)
                add_units(&r, "PORTABLE_UNIT", &result->updated);
        else
                add_units(&r, "PORTABLE_UNIT_REMOVED", &result->removed);
        record_finish(q, &r);
}

void record_operation(struct record_queue *q, enum operation_verb verb,
                      const struct operation_request *request, const struct operation_result *result)
{
        const char *image = result->image_path ?: request->image;

        if (error_is_set(&result->error)) {
                record_refused(q, verb, request, image, &result->error);
                return;
        }
        if (verb != OPERATION_ATTACH)
                record_done(q, verb, false, request, result, image);
        if (verb != OPERATION_DETACH)
                record_done(q, verb, true, request, result, image);
        record_warnings(q, image, result->warnings);
}

static void send_lines(struct record_queue *q, char *const *lines, int priority)
{
        for (; lines && *lines; lines++) {
                struct record r = {};

                add_field(&r, "MESSAGE", *lines);
                add_number(&r, "PRIORITY", (unsigned)priority);
                record_finish(q, &r);
        }
}

void record_lines(struct record_queue *q, const struct operation *o)
{
        send_lines(q, o->messages, LOG_NOTICE);
        send_lines(q, o->details, LOG_DEBUG);
}
