/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Any bytes as the answer of an image's reader: what the parent takes from it must be within bounds, and
 * survive being sent again. The first byte selects what the parent asked for. */

#include "extract/reply.h"

#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/pack.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "extract/extract.h"
#include "basic/unit-name.h"
#include "fuzz.h"

static void check_units(const struct metadata *m, const struct extract_options *o)
{
        size_t total = 0;

        fuzz_check(m->n_units <= EXTRACT_UNITS_MAX &&
                   strv_length(m->unit_names) <= EXTRACT_UNITS_MAX + EXTRACT_NAMES_MAX);
        for (size_t i = 0; i < m->n_units; i++) {
                const struct unit_file *u = &m->units[i];

                fuzz_check(unit_name_is_portable(u->name) && unit_name_matches_any(u->name, o->matches));
                fuzz_check(i == 0 || strcmp(m->units[i - 1].name, u->name) < 0);
                fuzz_check(path_is_normalized(u->path) && text_is_printable(u->path));
                fuzz_check(u->size > 0 && u->size <= EXTRACT_UNIT_SIZE_MAX && u->content[u->size] == '\0');
                fuzz_check(strv_contains(m->unit_names, u->name));
                total += u->size;
        }
        fuzz_check(total <= EXTRACT_TOTAL_SIZE_MAX);
        for (size_t i = 1; i < strv_length(m->unit_names); i++)
                fuzz_check(strcmp(m->unit_names[i - 1], m->unit_names[i]) < 0);
}

static void check_metadata(const struct metadata *m, const struct extract_options *o)
{
        fuzz_check(m->release && m->release_size <= EXTRACT_RELEASE_SIZE_MAX);
        fuzz_check(path_is_normalized(m->release_path) && text_is_printable(m->release_path));
        for (size_t i = 0; i < m->n_fields; i++) {
                fuzz_check(text_is_printable(m->fields[i].key) && text_is_printable(m->fields[i].value));
                fuzz_check(metadata_field(m, m->fields[i].key) == m->fields[i].value);
        }
        fuzz_check((o->kind == EXTRACT_EXTENSION) == (m->sysext || m->confext));
        fuzz_check(o->kind == EXTRACT_EXTENSION || o->optional_id || *metadata_field(m, "ID"));
        check_units(m, o);
}

static void send_again(const struct metadata *m, const struct extract_options *o)
{
        _cleanup_metadata_ struct metadata *back = NULL;
        _cleanup_pack_ struct pack first = {}, second = {};
        _cleanup_error_ struct error e = {};

        reply_pack(&first, m, NULL);
        fuzz_check(reply_unpack(first.data, first.size, o, &back, &e) == 0);
        reply_pack(&second, back, NULL);
        fuzz_check(first.size == second.size && memcmp(first.data, second.data, first.size) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        char *matches[] = {(char *)"app", NULL};
        struct extract_options o = {.name = "app", .path = "/i/app"};
        _cleanup_metadata_ struct metadata *m = NULL;
        _cleanup_error_ struct error e = {};
        int r;

        if (size == 0)
                return 0;
        if (data[0] & 1)
                o.kind = EXTRACT_EXTENSION;
        if (data[0] & 2)
                o.matches = matches;
        o.optional_id = data[0] & 4;
        r = reply_unpack(data + 1, size - 1, &o, &m, &e);
        if (r < 0) {
                fuzz_check(error_is_set(&e) && !m);
                fuzz_check(text_is_printable(error_message(&e)));
                return 0;
        }
        check_metadata(m, &o);
        send_again(m, &o);
        return 0;
}
