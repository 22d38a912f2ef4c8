/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "extract/reply.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/pack.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "basic/unit-name.h"
#include "extract/extract.h"
#include "extract/release.h"

#define REPLY_ERROR          0x72726f72U
#define REPLY_METADATA       0x6174656dU
#define MESSAGE_MAX          16384U
#define EXTENSION_SYSEXT     1U
#define EXTENSION_CONFEXT    2U
#define EXTENSION_NAME_SHIFT 2

void reply_pack(struct pack *p, const struct metadata *m, const struct error *error)
{
        if (!m) {
                pack_u32(p, REPLY_ERROR);
                pack_error(p, error);
                return;
        }
        pack_u32(p, REPLY_METADATA);
        pack_bytes(p, m->release, m->release_size);
        pack_string(p, m->release_path);
        pack_u32(p, (uint32_t)m->n_fields);
        for (size_t i = 0; i < m->n_fields; i++) {
                pack_string(p, m->fields[i].key);
                pack_string(p, m->fields[i].value);
        }
        pack_u32(p, (m->sysext ? EXTENSION_SYSEXT : 0) | (m->confext ? EXTENSION_CONFEXT : 0) |
                            (uint32_t)m->release_name << EXTENSION_NAME_SHIFT);
        pack_u32(p, (uint32_t)m->n_units);
        for (size_t i = 0; i < m->n_units; i++) {
                pack_string(p, m->units[i].name);
                pack_string(p, m->units[i].path);
                pack_bytes(p, m->units[i].content, m->units[i].size);
        }
        pack_strv(p, m->unit_names);
        pack_strv(p, m->unusable);
}

static void bad_if(struct unpack *u, bool bad)
{
        if (bad)
                u->failed = true;
}

static void check_path(struct unpack *u, const char *path)
{
        bad_if(u, !path || !path_is_normalized(path) || !text_is_printable(path));
}

static void unpack_release(struct unpack *u, const struct extract_options *options, struct metadata *m)
{
        size_t n;
        uint32_t kinds;

        m->release = unpack_bytes(u, &m->release_size);
        bad_if(u, m->release_size > EXTRACT_RELEASE_SIZE_MAX);
        m->release_path = unpack_string_required(u);
        check_path(u, m->release_path);

        n = unpack_count(u, 2 * sizeof(uint32_t));
        /* The shortest assignment is "A=" and a newline. */
        bad_if(u, n > EXTRACT_RELEASE_SIZE_MAX / 3 + 1);
        if (!u->failed)
                m->fields = calloc(n + 1, sizeof(*m->fields));
        bad_if(u, !m->fields);
        for (size_t i = 0; i < n && !u->failed; i++) {
                struct release_field *f = &m->fields[m->n_fields++];

                f->key = unpack_string_required(u);
                f->value = unpack_string_required(u);
                bad_if(u, !f->key || !release_key_is_valid(f->key));
                bad_if(u, !f->value || !text_is_printable(f->value));
        }
        bad_if(u, !u->failed && release_fields_unique(m->fields, &m->n_fields) < 0);

        kinds = unpack_u32(u);
        bad_if(u, kinds >> EXTENSION_NAME_SHIFT >= RELEASE_NAME_MAX);
        m->release_name = kinds >> EXTENSION_NAME_SHIFT;
        bad_if(u, ((kinds & (EXTENSION_SYSEXT | EXTENSION_CONFEXT)) != 0) !=
                          (options->kind == EXTRACT_EXTENSION));
        bad_if(u, kinds != 0 && options->kind != EXTRACT_EXTENSION);
        m->sysext = kinds & EXTENSION_SYSEXT;
        m->confext = kinds & EXTENSION_CONFEXT;
}

static int compare_units(const void *a, const void *b)
{
        return strcmp(((const struct unit_file *)a)->name, ((const struct unit_file *)b)->name);
}

static void unpack_units(struct unpack *u, const struct extract_options *options, struct metadata *m)
{
        size_t n = unpack_count(u, 3 * sizeof(uint32_t)), total = 0;

        bad_if(u, n > EXTRACT_UNITS_MAX);
        if (!u->failed)
                m->units = calloc(n + 1, sizeof(*m->units));
        bad_if(u, !m->units);
        for (size_t i = 0; i < n && !u->failed; i++) {
                struct unit_file *f = &m->units[m->n_units++];

                f->name = unpack_string_required(u);
                f->path = unpack_string_required(u);
                f->content = unpack_bytes(u, &f->size);
                bad_if(u, !f->name || !unit_name_is_portable(f->name) ||
                                  !unit_name_matches_any(f->name, options->matches));
                check_path(u, f->path);
                bad_if(u, f->size == 0 || f->size > EXTRACT_UNIT_SIZE_MAX);
                total += f->size;
                bad_if(u, total > EXTRACT_TOTAL_SIZE_MAX);
        }
        if (u->failed)
                return;
        qsort(m->units, m->n_units, sizeof(*m->units), compare_units);
        for (size_t i = 1; i < m->n_units; i++)
                bad_if(u, strcmp(m->units[i - 1].name, m->units[i].name) == 0);
}

/* All unit names: valid, distinct, and the units sent among them. */
static void unpack_unit_names(struct unpack *u, struct metadata *m)
{
        size_t next = 0;

        m->unit_names = unpack_strv(u);
        bad_if(u, strv_length(m->unit_names) > EXTRACT_UNITS_MAX + EXTRACT_NAMES_MAX);
        if (u->failed)
                return;
        strv_sort(m->unit_names);
        for (size_t i = 0; m->unit_names[i]; i++) {
                bad_if(u, !unit_name_is_portable(m->unit_names[i]));
                bad_if(u, i > 0 && strcmp(m->unit_names[i - 1], m->unit_names[i]) == 0);
                if (next < m->n_units && strcmp(m->units[next].name, m->unit_names[i]) == 0)
                        next++;
        }
        bad_if(u, next != m->n_units);
}

/* What follows the fault: of an alias, and of nothing else, another unit of the same kind. */
static bool target_is_valid(const char *name, const char *fault)
{
        if (*fault != UNIT_FAULT_ALIAS)
                return fault[1] == '\0';
        return fault[1] == '\t' && unit_name_is_portable(fault + 2) && strcmp(fault + 2, name) != 0 &&
               strcmp(strrchr(fault + 2, '.'), strrchr(name, '.')) == 0;
}

/* A unit's name, no usable unit of it, and a fault that is known. */
static bool unusable_is_valid(const struct metadata *m, const char *line)
{
        _cleanup_free_ char *name = strndup(line, strcspn(line, "\t"));
        const char *fault = strchr(line, '\t');

        return name && fault && unit_fault_to_string(fault[1]) && unit_name_is_portable(name) &&
               !strv_contains(m->unit_names, name) && target_is_valid(name, fault + 1);
}

static void unpack_unusable(struct unpack *u, struct metadata *m)
{
        m->unusable = unpack_strv(u);
        bad_if(u, strv_length(m->unusable) > EXTRACT_UNUSABLE_MAX + EXTRACT_ALIASES_MAX);
        for (char **l = m->unusable; !u->failed && *l; l++)
                bad_if(u, !unusable_is_valid(m, *l));
}

static int fail_malformed(const struct extract_options *options, struct error *error)
{
        _cleanup_free_ char *image = text_escape(options->path);

        if (!image)
                return error_set_oom(error);
        return error_set(error, ERROR_FAILED, EBADMSG,
                         "Image '%s': the process that read it sent a malformed answer", image);
}

/* The reader's own error, if it is one that a reader may send. */
static int unpack_failure(struct unpack *u, const struct extract_options *options, struct error *error)
{
        _cleanup_error_ struct error e = {};
        int errnum;

        unpack_error(u, &e);
        if (unpack_finish(u) < 0 ||
            (e.kind != ERROR_INVALID_ARGS && e.kind != ERROR_SYSTEM && e.kind != ERROR_FAILED &&
             e.kind != ERROR_NO_MEMORY) ||
            (e.message && (strlen(e.message) > MESSAGE_MAX || !text_is_printable(e.message))))
                return fail_malformed(options, error);
        errnum = e.errnum;
        error_move(error, &e);
        return -errnum;
}

int reply_unpack(const uint8_t *data, size_t size, const struct extract_options *options,
                 struct metadata **ret, struct error *error)
{
        _cleanup_metadata_ struct metadata *m = NULL;
        struct unpack u = {.data = data, .size = size};
        uint32_t what = unpack_u32(&u);
        const char *id;

        if (what == REPLY_ERROR)
                return unpack_failure(&u, options, error);
        bad_if(&u, what != REPLY_METADATA);
        m = calloc(1, sizeof(*m));
        if (!m)
                return error_set_oom(error);
        unpack_release(&u, options, m);
        unpack_units(&u, options, m);
        unpack_unit_names(&u, m);
        unpack_unusable(&u, m);
        if (unpack_finish(&u) < 0)
                return fail_malformed(options, error);
        id = metadata_field(m, "ID");
        if (options->kind == EXTRACT_PORTABLE && !options->optional_id && (!id || !*id))
                return fail_malformed(options, error);
        *ret = steal_pointer(m);
        return 0;
}
