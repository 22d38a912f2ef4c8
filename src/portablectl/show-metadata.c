/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "extract/extract.h"
#include "extract/release.h"
#include "portablectl/daemon.h"
#include "portablectl/show.h"
#include "portablectl/terminal.h"
#include "unitfile/merged.h"
#include "unitfile/reach.h"

/* A parsed release file. */
struct release {
        struct release_field *fields;
        size_t n;
};

static void release_clear(struct release *r)
{
        release_fields_free(r->fields, r->n);
}
#define _cleanup_release_ __attribute__((cleanup(release_clear)))

/* The first of the keys that is set. */
static const char *field(const struct release *r, const char *key, const char *fallback)
{
        const char *value = release_field_get(r->fields, r->n, key);

        if (!value && fallback)
                value = release_field_get(r->fields, r->n, fallback);
        return value;
}

void show_heading(const struct terminal *t, const char *indent, const char *heading)
{
        printf("%s%s%s:%s\n", indent, t->colours ? "\033[1m" : "", heading, t->colours ? "\033[0m" : "");
}

static void print_value(const char *indent, const char *value)
{
        _cleanup_free_ char *escaped = text_escape(value && *value ? value : "n/a");

        printf("%s%s\n", indent, escaped ? escaped : "");
}

static void print_pair(const struct terminal *t, const char *indent, const char *heading, const char *value)
{
        show_heading(t, indent, heading);
        printf("%s", indent);
        print_value("\t", value);
}

/* What the extension is, in the words of its own release file: SYSEXT_ and CONFEXT_ twins, os-release(5). */
static void show_extension(const struct terminal *t, const char *name, const struct release *r)
{
        const char *pretty = field(r, "SYSEXT_PRETTY_NAME", "CONFEXT_PRETTY_NAME");
        const char *id = field(r, "SYSEXT_ID", "CONFEXT_ID");
        const char *version = field(r, "SYSEXT_VERSION_ID", "CONFEXT_VERSION_ID");
        char *image;

        show_heading(t, "", "Extension");
        print_value("\t", name);
        print_pair(t, "\t", "Extension Scope", field(r, "SYSEXT_SCOPE", "CONFEXT_SCOPE"));
        print_pair(t, "\t", "Extension Compatibility Level", field(r, "SYSEXT_LEVEL", "CONFEXT_LEVEL"));
        print_pair(t, "\t", "Extension Compatibility OS", field(r, "ID", NULL));
        print_pair(t, "\t", "Extension Compatibility OS Version", field(r, "VERSION_ID", NULL));
        print_pair(t, "\t", "Portable Service", field(r, "PORTABLE_PRETTY_NAME", NULL));
        print_pair(t, "\t", "Portable Prefixes", field(r, "PORTABLE_PREFIXES", NULL));
        if (asprintf(&image, "%s (%s %s)", pretty ? pretty : "n/a", id ? id : "n/a",
                     version ? version : "n/a") < 0)
                return;
        print_pair(t, "\t", "Extension Image", image);
        free(image);
}

static int release_read(const struct image_file *f, struct release *ret, struct error *error)
{
        return release_parse(f->content, f->size, &ret->fields, &ret->n) < 0 ? error_set_oom(error) : 0;
}

/* Some daemons leave the names of extensions empty. */
static const char *extension_name(const struct image_metadata *m, size_t i, char *const *extensions)
{
        if (*m->extensions[i].name)
                return m->extensions[i].name;
        return m->n_extensions == 1 && strv_length(extensions) == 1 ? extensions[0] : "n/a";
}

int show_get_reach(const struct image_file *unit, char ***ret)
{
        const struct unit_source source = {unit->content, unit->size};
        _cleanup_unit_merged_ struct unit_merged merged = {};
        int r = unit_merged_read(&source, 1, &merged);

        return r < 0 ? r : unit_reach(&merged, ret);
}

/* What no profile takes back, one line a unit. */
static int show_reach(const struct terminal *t, const struct image_metadata *m)
{
        bool told = false;

        for (size_t i = 0; i < m->n_units; i++) {
                _cleanup_free_ char *joined = NULL, *line = NULL;
                _cleanup_strv_ char **phrases = NULL;

                if (show_get_reach(m->units + i, &phrases) < 0)
                        return -ENOMEM;
                if (!*phrases)
                        continue;
                joined = strv_join(phrases, ", ");
                if (!joined || asprintf(&line, "%s %s", m->units[i].name, joined) < 0) {
                        line = NULL;
                        return -ENOMEM;
                }
                if (!told)
                        show_heading(t, "", "In spite of a profile");
                told = true;
                print_value("\t", line);
        }
        return 0;
}

int show_metadata(const struct terminal *t, const struct image_metadata *m, char *const *extensions,
                  struct error *error)
{
        _cleanup_release_ struct release os = {};
        int r;

        r = release_read(&m->release, &os, error);
        if (r < 0)
                return r;
        print_pair(t, "", "Image", m->path);
        print_pair(t, "", "Portable Service", field(&os, "PORTABLE_PRETTY_NAME", NULL));
        print_pair(t, "", "Operating System", field(&os, "PRETTY_NAME", NULL));
        for (size_t i = 0; i < m->n_extensions; i++) {
                _cleanup_release_ struct release extension = {};

                r = release_read(&m->extensions[i], &extension, error);
                if (r < 0)
                        return r;
                show_extension(t, extension_name(m, i, extensions), &extension);
        }
        if (m->n_units > 0)
                show_heading(t, "", "Unit files");
        for (size_t i = 0; i < m->n_units; i++)
                print_value("\t", m->units[i].name);
        return show_reach(t, m) < 0 ? error_set_oom(error) : 0;
}

static void print_file(const struct terminal *t, const char *kind, const char *name,
                       const struct image_file *f)
{
        _cleanup_free_ char *escaped = name ? text_escape(name) : NULL;

        printf("%s-- %s:%s%s --%s\n", t->colours ? "\033[1m" : "", kind, escaped ? " " : "",
               escaped ? escaped : "", t->colours ? "\033[0m" : "");
        terminal_content(t, f->content, f->size);
        if (f->size > 0 && f->content[f->size - 1] != '\n')
                putchar('\n');
}

void show_metadata_raw(const struct terminal *t, const struct image_metadata *m, char *const *extensions)
{
        print_file(t, "OS Release", NULL, &m->release);
        for (size_t i = 0; i < m->n_extensions; i++) {
                putchar('\n');
                print_file(t, "Extension Release", extension_name(m, i, extensions), &m->extensions[i]);
        }
        for (size_t i = 0; i < m->n_units; i++) {
                putchar('\n');
                print_file(t, "Unit file", m->units[i].name, &m->units[i]);
        }
}
