/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A base's os-release and an extension's extension-release, any bytes each (the second after the first NUL):
 * they fit by the rules of os-release(5), or there is one line that says why not. */

#include "operation/fit.h"

#include <errno.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "extract/extract.h"
#include "extract/release.h"
#include "fuzz.h"
#include "operation/layers.h"

static void parse(struct metadata *m, const char *text, size_t size)
{
        *m = (struct metadata){.release_path = (char *)"/usr/lib/release", .sysext = true};
        fuzz_check(release_parse(text, size, &m->fields, &m->n_fields) == 0);
        fuzz_check(release_fields_unique(m->fields, &m->n_fields) == 0);
        for (size_t i = 0; i < m->n_fields; i++) {
                fuzz_check(release_key_is_valid(m->fields[i].key));
                fuzz_check(metadata_field(m, m->fields[i].key) == m->fields[i].value);
        }
}

static const char *get(const struct metadata *m, const char *key)
{
        const char *value = metadata_field(m, key);

        return value ? value : "";
}

static bool fits(const struct layer *base, const struct layer *extension)
{
        _cleanup_error_ struct error error = {};
        int r = extension_check_fit(base, extension, &error);

        fuzz_check(r == 0 || (r == -EINVAL && error_is_set(&error)));
        if (r < 0)
                fuzz_check_message(error_message(&error));
        return r == 0;
}

/* What must hold of an extension that fits, and of one that is free to say no. */
static void check(const struct layer *base, const struct layer *extension)
{
        const struct metadata *b = base->metadata, *e = extension->metadata;
        const char *id = get(e, "ID"), *level = get(e, "SYSEXT_LEVEL");
        bool same = strcmp(id, get(b, "ID")) == 0,
             open = !*get(e, "SYSEXT_SCOPE") && !*get(e, "ARCHITECTURE");

        if (fits(base, extension)) {
                fuzz_check(*id);
                if (same && strcmp(id, "_any") != 0 && *get(b, "VERSION_ID") &&
                    strcmp(get(b, "VERSION_ID"), get(e, "VERSION_ID")) != 0)
                        fuzz_check(*level && strcmp(level, get(b, "SYSEXT_LEVEL")) == 0);
                return;
        }
        if (open)
                fuzz_check(!*id || (strcmp(id, "_any") != 0 && (!same || *level || *get(b, "VERSION_ID"))));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        const char *text = (const char *)data, *split = size > 0 ? memchr(data, 0, size) : NULL;
        size_t n = split ? (size_t)(split - text) : size;
        struct image image[2] = {{.path = (char *)"/base"}, {.path = (char *)"/extension"}};
        struct metadata metadata[2];
        struct layer layers[2] = {{.image = image, .metadata = metadata},
                                  {.image = image + 1, .metadata = metadata + 1}};

        parse(metadata, text, n);
        parse(metadata + 1, split ? split + 1 : "", split ? size - n - 1 : 0);
        /* Bases without are refused before (layers_check()). */
        if (*get(metadata, "ID")) {
                check(layers, layers + 1);
                metadata[1].sysext = false;
                metadata[1].confext = true;
                (void)fits(layers, layers + 1);
        }
        for (int i = 0; i < 2; i++)
                release_fields_free(metadata[i].fields, metadata[i].n_fields);
        return 0;
}
