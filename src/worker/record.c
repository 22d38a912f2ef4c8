/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <syslog.h>
#include <systemd/sd-journal.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "plan/change.h"
#include "wire/names.h"
#include "worker/job.h"

/* Made for these records; documented in systemd-portabled.service(8). */
static const char *const message_ids[] = {
        [RECORD_ATTACH] = "7d5a4f0c1f5c4a7a9d43b5e94a1f3a01",
        [RECORD_DETACH] = "7d5a4f0c1f5c4a7a9d43b5e94a1f3a02",
        [RECORD_REATTACH] = "7d5a4f0c1f5c4a7a9d43b5e94a1f3a03",
};

static const char *const verbs[] = {
        [RECORD_ATTACH] = "attach",
        [RECORD_DETACH] = "detach",
        [RECORD_REATTACH] = "reattach",
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

void record_operation(enum record_verb verb, const struct job *job, const char *path,
                      const struct change_list *removed, const struct change_list *updated,
                      const struct error *error)
{
        static const char *const done[] = {"Attached", "Detached", "Reattached"};
        _cleanup_free_ char *image = text_escape(path ?: job->image), *message = NULL;
        struct record r = {};
        char number[32];

        if (!image)
                return;
        if (error ? asprintf(&message, "Refused to %s image '%s': %s", verbs[verb], image,
                             error_message(error)) < 0
                  : asprintf(&message, "%s image '%s'%s.", done[verb], image,
                             job->flags & PORTABLE_RUNTIME ? " until the next boot" : "") < 0) {
                message = NULL;
                return;
        }

        add_field(&r, "MESSAGE", message);
        add_field(&r, "MESSAGE_ID", message_ids[verb]);
        snprintf(number, sizeof(number), "%i", error ? LOG_WARNING : LOG_NOTICE);
        add_field(&r, "PRIORITY", number);
        add_field(&r, "PORTABLE_OPERATION", verbs[verb]);
        add_field(&r, "PORTABLE_RESULT", error ? "failed" : "done");
        add_field(&r, "PORTABLE_IMAGE", path ?: job->image);
        for (char **e = job->extensions; e && *e; e++)
                add_field(&r, "PORTABLE_EXTENSION", *e);
        if (job->profile && verb != RECORD_DETACH)
                add_field(&r, "PORTABLE_PROFILE", job->profile[0] ? job->profile : "default");
        snprintf(number, sizeof(number), "%u", job->caller_uid);
        add_field(&r, "PORTABLE_CALLER_UID", number);
        add_units(&r, "PORTABLE_UNIT_REMOVED", removed);
        add_units(&r, "PORTABLE_UNIT", updated);

        sd_journal_sendv(r.fields, (int)r.n);
        for (size_t i = 0; i < r.n; i++)
                free(r.fields[i].iov_base);
}

void record_messages(char *const *messages)
{
        for (; messages && *messages; messages++)
                sd_journal_print(LOG_NOTICE, "%s", *messages);
}
