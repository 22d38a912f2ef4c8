/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Any bytes as a unit file. What was read, written down again, must be read as the same; what is said about
 * it must be fit to print. The text is plain (attached/install.h) only if there is nothing in it that plain
 * excludes.
 */

#include "unitfile/text.h"

#include <string.h>

#include "attached/install.h"
#include "basic/cleanup.h"
#include "basic/path.h"
#include "extract/extract.h"
#include "fuzz.h"
#include "unitfile/merged.h"
#include "verify/findings.h"
#include "verify/settings.h"
#include "verify/text.h"

static const char name[] = "app.service";

static char *write_down(const struct unit_text *u, size_t *ret_size)
{
        char *text = NULL;
        FILE *f = open_memstream(&text, ret_size);

        fuzz_check(f);
        for (size_t i = 0; i < u->n; i++)
                fprintf(f, "[%s]\n%s=%s\n", u->items[i].section, u->items[i].key, u->items[i].value);
        fuzz_check(fclose(f) == 0);
        return text;
}

static void check_items(const struct unit_text *u)
{
        for (size_t i = 0; i < u->n; i++) {
                const struct unit_assignment *a = u->items + i;

                fuzz_check(a->section && a->key && a->value && a->line > 0);
                fuzz_check(i == 0 || u->items[i - 1].line < a->line);
                fuzz_check(!strpbrk(a->section, "\n\r") && !strpbrk(a->key, "=\n\r"));
                fuzz_check(*a->key && !strpbrk(a->value, "\n\r"));
                fuzz_check(text_is_utf8(a->section) && text_is_utf8(a->key) && text_is_utf8(a->value));
        }
        fuzz_check(!u->refused || u->faults[u->n_faults - 1].kind >= TEXT_FAULT_HEADER);
        for (size_t i = 1; i < u->n_faults; i++)
                fuzz_check(u->faults[i - 1].kind == TEXT_FAULT_NUL ||
                           u->faults[i - 1].line <= u->faults[i].line);
}

static void check_findings(const struct findings *f)
{
        for (size_t i = 0; i < f->n; i++)
                fuzz_check_message(f->items[i].text);
}

/* A value that ends in a backslash would go on in the next line, a key that looks like a comment or header
 * would be one, and a byte order mark would be cut off. */
static bool can_be_written(const struct unit_text *u)
{
        for (size_t i = 0; i < u->n; i++) {
                const char *value = u->items[i].value;

                if (*value && value[strlen(value) - 1] == '\\')
                        return false;
                if (strchr("#;[\xef", u->items[i].key[0]))
                        return false;
        }
        return true;
}

static bool has_empty_name(const struct unit_text *u)
{
        for (size_t i = 0; i < u->n; i++)
                if (!*u->items[i].section)
                        return true;
        return false;
}

static void check_again(const struct unit_text *u)
{
        _cleanup_unit_text_ struct unit_text again = {};
        _cleanup_free_ char *text = NULL;
        size_t size;

        text = write_down(u, &size);
        fuzz_check(unit_text_read(text, size, &again) == 0);
        fuzz_check((again.n_faults == 0 || has_empty_name(u)) && again.n == u->n);
        for (size_t i = 0; i < u->n; i++) {
                fuzz_check(strcmp(u->items[i].section, again.items[i].section) == 0);
                fuzz_check(strcmp(u->items[i].key, again.items[i].key) == 0);
                fuzz_check(strcmp(u->items[i].value, again.items[i].value) == 0);
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        const char *text = (const char *)data;
        _cleanup_settings_ struct settings *known =
                settings_parse("[Service]\nExecStart\nType\n[Unit]\nDescription\n");
        _cleanup_unit_merged_ struct unit_merged m = {};
        _cleanup_unit_text_ struct unit_text u = {};
        _cleanup_findings_ struct findings f = {};

        fuzz_check(known);
        fuzz_check(unit_text_read(text, size, &u) == 0);
        check_items(&u);
        if (can_be_written(&u))
                check_again(&u);
        fuzz_check(unit_merged_read(&(struct unit_source){text, size}, 1, &m) == 0);
        fuzz_check(text_check(&(struct unit_file){.name = (char *)name, .path = (char *)"/u"}, &m, known,
                              &f) == 0);
        check_findings(&f);
        if (unit_text_is_plain(text, size))
                fuzz_check(size > 0 && !u.refused);
        return 0;
}
