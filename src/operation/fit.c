/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "operation/fit.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "operation/layers.h"
#include "partition/gpt-type.h"

static bool word_in(const char *list, const char *word)
{
        _cleanup_strv_ char **words = NULL;

        return list && strv_split(list, " \t", &words) >= 0 && strv_contains(words, word);
}

/* "ID=app VERSION_ID=1", safe to print; a field that is not there is left out. */
static char *identity(const struct metadata *m, const char *level_key)
{
        const char *const keys[] = {"ID", "VERSION_ID", level_key};
        _cleanup_free_ char *raw = NULL;
        _cleanup_strv_ char **parts = NULL;

        for (size_t i = 0; i < ELEMENTSOF(keys); i++) {
                const char *value = metadata_field(m, keys[i]);
                char *part;

                if (!value || !value[0])
                        continue;
                if (asprintf(&part, "%s=%s", keys[i], value) < 0)
                        part = NULL;
                if (strv_consume(&parts, part) < 0)
                        return NULL;
        }
        raw = parts ? strv_join(parts, " ") : strdup("nothing");
        return raw ? text_escape(raw) : NULL;
}

/* It is made for another system: one line with all that counts of both. */
static int mismatch(const struct layer *base, const struct layer *extension, const char *level_key,
                    struct error *error)
{
        _cleanup_free_ char *a = identity(extension->metadata, level_key),
                            *b = identity(base->metadata, level_key);

        if (!a || !b)
                return error_set_oom(error);
        return error_set(error, ERROR_INVALID_ARGS, EINVAL,
                         "Extension '%s' does not fit image '%s': it is for %s, the image has %s",
                         extension->image->path, base->image->path, a, b);
}

/* Not for this use or machine, whatever the image. */
static int unfit(const struct layer *base, const struct layer *extension, const char *key, const char *value,
                 const char *wanted, struct error *error)
{
        _cleanup_free_ char *shown = text_escape(value);

        if (!shown)
                return error_set_oom(error);
        return error_set(error, ERROR_INVALID_ARGS, EINVAL,
                         "Extension '%s' does not fit image '%s': it has %s=%s, but %s",
                         extension->image->path, base->image->path, key, shown, wanted);
}

static int check_version(const struct layer *base, const struct layer *extension, const char *level_key,
                         struct error *error)
{
        const struct metadata *b = base->metadata, *e = extension->metadata;
        const char *have = metadata_field(e, level_key), *want = metadata_field(b, level_key);

        if (have && have[0] && want && want[0])
                return strcmp(have, want) == 0 ? 0 : mismatch(base, extension, level_key, error);

        have = metadata_field(e, "VERSION_ID");
        want = metadata_field(b, "VERSION_ID");
        if (!want || !want[0]) /* a rolling release: nothing to compare */
                return 0;
        if (!have || !have[0])
                return mismatch(base, extension, level_key, error);
        return strcmp(have, want) == 0 ? 0 : mismatch(base, extension, level_key, error);
}

bool extension_fits_by_likeness(const struct layer *base, const struct layer *extension)
{
        const char *id = metadata_field(extension->metadata, "ID"),
                   *base_id = metadata_field(base->metadata, "ID");

        return id && base_id && strcmp(id, "_any") != 0 && strcmp(id, base_id) != 0 &&
               word_in(metadata_field(base->metadata, "ID_LIKE"), id);
}

static int check_kind(const struct layer *base, const struct layer *extension, bool confext,
                      struct error *error)
{
        const struct metadata *b = base->metadata, *e = extension->metadata;
        const char *scope_key = confext ? "CONFEXT_SCOPE" : "SYSEXT_SCOPE",
                   *level_key = confext ? "CONFEXT_LEVEL" : "SYSEXT_LEVEL";
        const char *id = metadata_field(e, "ID"), *base_id = metadata_field(b, "ID"),
                   *scope = metadata_field(e, scope_key), *arch = metadata_field(e, "ARCHITECTURE"),
                   *native = architecture_native();
        char machine[64];

        if (scope && scope[0] && !word_in(scope, "portable"))
                return unfit(base, extension, scope_key, scope, "portable services need 'portable' in it",
                             error);
        if (arch && arch[0] && strcmp(arch, "_any") != 0 && (!native || strcmp(arch, native) != 0)) {
                snprintf(machine, sizeof(machine), "this machine is %s",
                         native ?: "of no known architecture");
                return unfit(base, extension, "ARCHITECTURE", arch, machine, error);
        }
        if (!id || !id[0])
                return error_set(error, ERROR_INVALID_ARGS, EINVAL,
                                 "Extension '%s' has no ID= in its '%s', refusing", extension->image->path,
                                 e->release_path);
        if (strcmp(id, "_any") == 0)
                return 0;
        if (strcmp(id, base_id ?: "") != 0 && !extension_fits_by_likeness(base, extension))
                return mismatch(base, extension, level_key, error);
        return check_version(base, extension, level_key, error);
}

int extension_check_fit(const struct layer *base, const struct layer *extension, struct error *error)
{
        bool confext = extension->metadata->confext && !extension->metadata->sysext;

        return check_kind(base, extension, confext, error);
}
