/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "definition/record-text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "basic/array.h"
#include "basic/cleanup.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "basic/text.h"
#include "definition/record.h"

enum value_kind {
        TEXT,
        LIST,
        TIME,   /* uint64_t */
        NUMBER, /* unsigned */
        SWITCH,
};

static const struct text_field {
        const char *key;
        enum value_kind kind;
        size_t offset;
} fields[] = {
#define FIELD(key, kind, member) \
        { \
                key, kind, offsetof(struct update_record, member) \
        }
        FIELD("interrupted", NUMBER, interrupted),
        FIELD("boot", TEXT, boot),
        FIELD("reason", TEXT, reason),
        FIELD("since", TIME, since),
        FIELD("from", LIST, from),
        FIELD("to", LIST, to),
        FIELD("identity", LIST, identity),
        FIELD("active", LIST, active),
        FIELD("failed", LIST, failed),
        FIELD("started", LIST, started),
        FIELD("enabled", LIST, enabled),
        FIELD("disabled", LIST, disabled),
        FIELD("dependent", LIST, dependents),
        FIELD("health", TIME, health),
        FIELD("health-timeout", TIME, health_timeout),
        FIELD("health-unit", TEXT, health_unit),
        FIELD("no-rollback", SWITCH, no_rollback),
        FIELD("runtime", SWITCH, runtime),
        FIELD("tries", NUMBER, tries),
#undef FIELD
};

static const char *const phases[RECORD_PHASE_MAX] = {
        [RECORD_CHOSEN] = "chosen",
        [RECORD_TRIAL] = "trial",
        [RECORD_WATCH] = "watch",
        [RECORD_BACK] = "back",
};

static void *member_of(const struct update_record *r, const struct text_field *f)
{
        return (char *)r + f->offset;
}

void record_clear_values(struct update_record *r)
{
        for (size_t i = 0; i < ELEMENTSOF(fields); i++)
                if (fields[i].kind == TEXT)
                        free(*(char **)member_of(r, fields + i));
                else if (fields[i].kind == LIST)
                        strv_free(*(char ***)member_of(r, fields + i));
        for (size_t i = 0; i < r->n_files; i++)
                free(r->files[i].path);
        free(r->files);
        free(r->name);
}

static int put_text(FILE *f, const char *key, const char *value)
{
        _cleanup_free_ char *escaped = text_escape(value);

        if (!escaped)
                return -ENOMEM;
        fprintf(f, "%s %s\n", key, escaped);
        return 0;
}

static int put_field(FILE *f, const struct update_record *r, const struct text_field *field)
{
        const void *member = member_of(r, field);
        int q = 0;

        if (field->kind == TEXT && *(char *const *)member)
                q = put_text(f, field->key, *(char *const *)member);
        else if (field->kind == LIST)
                for (char *const *l = *(char *const *const *)member; l && *l && q >= 0; l++)
                        q = put_text(f, field->key, *l);
        else if (field->kind == TIME)
                fprintf(f, "%s %" PRIu64 "\n", field->key, *(const uint64_t *)member);
        else if (field->kind == NUMBER)
                fprintf(f, "%s %u\n", field->key, *(const unsigned *)member);
        else if (field->kind == SWITCH && *(const bool *)member)
                fprintf(f, "%s yes\n", field->key);
        return q;
}

char *record_format(const struct update_record *r)
{
        char *text = NULL;
        size_t size;
        FILE *f = open_memstream(&text, &size);
        int q = f ? 0 : -ENOMEM;

        if (!f)
                return NULL;
        fprintf(f, "phase %s\n", phases[r->phase]);
        for (size_t i = 0; i < ELEMENTSOF(fields) && q >= 0; i++)
                q = put_field(f, r, fields + i);
        for (size_t i = 0; i < r->n_files && q >= 0; i++) {
                fprintf(f, "file %u %o", r->files[i].number, r->files[i].mode);
                q = put_text(f, "", r->files[i].path);
        }
        text = text_stream_finish(f, &text);
        if (q < 0) {
                free(text);
                return NULL;
        }
        return text;
}

static int take_phase(struct update_record *r, const char *value)
{
        for (int i = 0; i < RECORD_PHASE_MAX; i++)
                if (strcmp(phases[i], value) == 0) {
                        r->phase = (enum record_phase)i;
                        return 0;
                }
        return -EBADMSG;
}

/* "NUMBER MODE PATH" */
static int take_file(struct update_record *r, const char *value)
{
        struct record_file f = {};
        int n = 0;

        if (sscanf(value, "%u %o %n", &f.number, &f.mode, &n) != 2 || n == 0 || value[n] != '/')
                return -EBADMSG;
        if (array_grow((void **)&r->files, r->n_files, sizeof(f)) < 0)
                return -ENOMEM;
        f.path = strdup(value + n);
        if (!f.path)
                return -ENOMEM;
        r->files[r->n_files++] = f;
        return path_is_normalized(f.path) ? 0 : -EBADMSG;
}

static int take_number(const char *value, uint64_t max, uint64_t *ret)
{
        char *end;

        errno = 0;
        *ret = strtoull(value, &end, 10);
        return errno == 0 && value[0] >= '0' && value[0] <= '9' && !*end && *ret <= max ? 0 : -EBADMSG;
}

static int take_field(struct update_record *r, const struct text_field *f, const char *value)
{
        void *member = member_of(r, f);
        uint64_t number;
        int q = 0;

        if (f->kind == LIST)
                return strv_append((char ***)member, value);
        if (f->kind == TEXT) {
                free(*(char **)member);
                *(char **)member = strdup(value);
                return *(char **)member ? 0 : -ENOMEM;
        }
        if (f->kind == SWITCH) {
                *(bool *)member = true;
                return 0;
        }
        q = take_number(value, f->kind == TIME ? UINT64_MAX : UINT32_MAX, &number);
        if (q >= 0 && f->kind == TIME)
                *(uint64_t *)member = number;
        else if (q >= 0)
                *(unsigned *)member = (unsigned)number;
        return q;
}

static int take_line(struct update_record *r, char *line)
{
        char *value = strchr(line, ' ');

        if (!value)
                return -EBADMSG;
        *value++ = '\0';
        if (strcmp(line, "phase") == 0)
                return take_phase(r, value);
        if (strcmp(line, "file") == 0)
                return take_file(r, value);
        for (size_t i = 0; i < ELEMENTSOF(fields); i++)
                if (strcmp(fields[i].key, line) == 0)
                        return take_field(r, fields + i, value);
        return 0;
}

int record_parse(struct update_record *r, const char *text, size_t size)
{
        _cleanup_free_ char *copy = text_copy(text, size);
        char *rest = NULL;
        int q = 0;

        if (!copy)
                return -ENOMEM;
        if (strlen(copy) != size || (size > 0 && copy[size - 1] != '\n'))
                return -EBADMSG;
        for (char *line = strtok_r(copy, "\n", &rest); line && q >= 0; line = strtok_r(NULL, "\n", &rest))
                q = take_line(r, line);
        return q;
}
