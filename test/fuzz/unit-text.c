/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Any bytes as a unit file. What was read, written down again, must be read as the same; what is said about
 * it must be fit to print. The text is plain (attached/install.h) only if there is nothing in it that plain
 * excludes.
 */

#include "verify/unit-text.h"

#include <string.h>

#include "attached/install.h"
#include "basic/cleanup.h"
#include "basic/path.h"
#include "fuzz.h"
#include "verify/findings.h"
#include "verify/settings.h"

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
                fuzz_check(!strchr(a->section, '\n') && !strchr(a->key, '\n') && !strchr(a->value, '\n'));
                fuzz_check(!strchr(a->key, '='));
        }
        if (u->n > 0) {
                const struct unit_assignment *last = u->items + u->n - 1;
                const char *value = unit_text_get(u, last->section, last->key);

                fuzz_check(*last->value ? value == last->value : !value);
        }
}

static void check_findings(const struct findings *f)
{
        for (size_t i = 0; i < f->n; i++)
                fuzz_check_message(f->items[i].text);
}

/* A value that ends in a backslash would go on in the next line, a key that looks like a comment or header
 * would be one. */
static bool can_be_written(const struct unit_text *u)
{
        for (size_t i = 0; i < u->n; i++) {
                const char *value = u->items[i].value;

                if (*value && value[strlen(value) - 1] == '\\')
                        return false;
                if (u->items[i].key[0] == '\0')
                        return false;
        }
        return true;
}

static void check_again(const struct unit_text *u)
{
        _cleanup_unit_text_ struct unit_text again = {};
        _cleanup_findings_ struct findings f = {};
        _cleanup_free_ char *text = NULL;
        size_t size;

        text = write_down(u, &size);
        fuzz_check(unit_text_parse(name, text, size, &again, &f) == 0);
        fuzz_check(f.n == 0 && again.n == u->n);
        for (size_t i = 0; i < u->n; i++) {
                fuzz_check(strcmp(u->items[i].section, again.items[i].section) == 0);
                fuzz_check(strcmp(u->items[i].key, again.items[i].key) == 0);
                fuzz_check(strcmp(u->items[i].value, again.items[i].value) == 0);
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        _cleanup_free_ char *text = fuzz_string(data, size);
        _cleanup_settings_ struct settings *known =
                settings_parse("[Service]\nExecStart\nType\n[Unit]\nDescription\n");
        _cleanup_unit_text_ struct unit_text u = {};
        _cleanup_findings_ struct findings f = {};

        fuzz_check(known);
        fuzz_check(unit_text_parse(name, text, size, &u, &f) == 0);
        check_items(&u);
        if (can_be_written(&u))
                check_again(&u);
        fuzz_check(unit_text_check(&u, known, &f) == 0);
        check_findings(&f);
        if (unit_text_is_plain(text, size))
                fuzz_check(size > 0 && !memchr(text, 0, size) && !memmem(text, size, "Also", 4));
        return 0;
}
