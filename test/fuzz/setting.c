/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Paths and names, any bytes, as an attach writes them to a drop-in: the service manager must read exactly
 * the settings that were meant, with exactly those values. It is played here by a reader of its own, made
 * from systemd.syntax(7), systemd.unit(5) and systemd.exec(5). Strings: flags, base path, its name and
 * version, extension path, its name and version.
 */

#include "plan/setting.h"

#include <errno.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/path.h"
#include "fuzz.h"
#include "plan/attach.h"

/* "%%" is "%"; any other specifier must not be there. In place. */
static void expand(char *s)
{
        char *to = s;

        for (; *s; s++) {
                if (*s == '%')
                        fuzz_check(*++s == '%');
                *to++ = *s;
        }
        *to = '\0';
}

/* The first word of a value, without its quotes and escapes; nothing else may follow. In place. */
static void unquote(char *s)
{
        char *to = s, quote = '\0';

        for (; *s; s++) {
                if (quote ? *s == quote : (*s == '"' || *s == '\'')) {
                        quote = quote ? '\0' : *s;
                        continue;
                }
                fuzz_check(quote || !strchr(" \t", *s));
                if (*s == '\\') {
                        s++;
                        fuzz_check(*s && strchr("\"'\\ :", *s));
                }
                *to++ = *s;
        }
        fuzz_check(!quote);
        *to = '\0';
}

/* One more layer: the part of an ExtensionImages= word before its options. In place. */
static void cut_options(char *s)
{
        char *to = s;

        for (; *s && *s != ':'; s++) {
                if (*s == '\\')
                        s++;
                fuzz_check(*s);
                *to++ = *s;
        }
        fuzz_check(*s == '\0' || strcmp(s, ":x-systemd.relax-extension-release-check") == 0);
        *to = '\0';
}

enum kind {
        WHOLE,   /* to the end of the line */
        WORD,    /* one word */
        OPTIONS, /* one word with options behind a colon */
        LITERAL, /* as it is */
};

/* The next line must assign the value to the setting. */
static void check_line(char **text, const char *key, enum kind kind, const char *value)
{
        char *line = strsep(text, "\n");
        size_t n = strlen(key);

        fuzz_check(line && strncmp(line, key, n) == 0 && line[n] == '=');
        line += n + 1;
        fuzz_check(kind == LITERAL || *line == '\0' || line[strlen(line) - 1] != '\\');
        if (kind == WORD || kind == OPTIONS)
                unquote(line);
        if (kind != LITERAL)
                expand(line);
        if (kind == OPTIONS)
                cut_options(line);
        if (kind == WHOLE)
                fuzz_check(*line && line[strlen(line) - 1] != ' ');
        fuzz_check(strcmp(line, value) == 0);
}

static void check_field(char **text, const char *key, const char *name, const char *value)
{
        _cleanup_free_ char *assignment = NULL;

        fuzz_check(asprintf(&assignment, "%s=%s", name, value) >= 0);
        check_line(text, key, WORD, assignment);
}

static void check_extension(char **text, const struct plan_layer *x)
{
        if (x->type == IMAGE_RAW)
                check_line(text, "ExtensionImages", OPTIONS, x->path);
        else
                check_line(text, "ExtensionDirectories", WORD, x->path);
        check_field(text, "LogExtraFields", "PORTABLE_EXTENSION", path_base(x->path));
        if (x->name_and_version)
                check_field(text, "LogExtraFields", "PORTABLE_EXTENSION_NAME_AND_VERSION",
                            x->name_and_version);
}

static void check_dropin(char *text, const struct plan_attach *input, size_t layer)
{
        const struct plan_layer *base = input->layers;
        bool extended = input->n_layers > 1;

        while (*text == '#')
                text = strchr(text, '\n') + 1;
        fuzz_check(string_starts_with(text, "\n[Service]\n"));
        text += strlen("\n[Service]\n");
        check_line(&text, base->type == IMAGE_RAW ? "RootImage" : "RootDirectory", WHOLE, base->path);
        check_field(&text, "Environment", "PORTABLE", path_base(input->layers[layer].path));
        if (input->manager_version < 255)
                check_line(&text, "BindReadOnlyPaths", LITERAL, "/etc/os-release:/run/host/os-release");
        check_field(&text, "LogExtraFields", "PORTABLE", path_base(input->layers[layer].path));
        if (extended) {
                check_field(&text, "Environment", "PORTABLE_ROOT", path_base(base->path));
                check_field(&text, "LogExtraFields", "PORTABLE_ROOT", path_base(base->path));
        }
        if (base->name_and_version)
                check_field(&text, "LogExtraFields",
                            extended ? "PORTABLE_ROOT_NAME_AND_VERSION" : "PORTABLE_NAME_AND_VERSION",
                            base->name_and_version);
        for (size_t i = 1; i < input->n_layers; i++)
                check_extension(&text, input->layers + i);
        fuzz_check(*text == '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct plan_layer layers[2] = {};
        struct plan_unit unit = {.name = "app.service"};
        struct plan_attach input = {.layers = layers, .n_layers = 1};
        _cleanup_error_ struct error error = {};
        _cleanup_free_ char *text = NULL;
        struct fuzz_strings s;
        const char *flags;
        bool safe = true;
        int r;

        fuzz_strings_begin(&s, data, size);
        flags = fuzz_strings_next(&s);
        input.n_layers += *flags & 1;
        input.manager_version = *flags & 2 ? 262 : 254;
        input.relax_extension_check = *flags & 4;
        for (int i = 0; i < 2; i++) {
                const char *name;

                layers[i].type = *flags & 8 << i ? IMAGE_RAW : IMAGE_DIRECTORY;
                layers[i].path = fuzz_strings_next(&s);
                name = fuzz_strings_next(&s);
                /* Those come from release files, which can't have others (release.c). */
                layers[i].name_and_version = *name && text_is_printable(name) ? name : NULL;
        }
        unit.layer = *flags & 32 ? input.n_layers - 1 : 0;
        for (size_t i = 0; i < input.n_layers; i++)
                safe = safe && layers[i].path[0] == '/' && setting_path_is_safe(layers[i].path);
        if (safe) {
                r = plan_dropin_format(&input, &unit, &text, &error);
                fuzz_check(r == 0 || (r == -EINVAL && error_is_set(&error)));
                if (r < 0)
                        fuzz_check_message(error_message(&error));
                else
                        check_dropin(text, &input, unit.layer);
        } else if (!setting_path_is_safe(layers[0].path)) {
                fuzz_check(plan_dropin_format(&input, &unit, &text, &error) == -EINVAL && !text);
        }
        fuzz_strings_end(&s);
        return 0;
}
