/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "operation/fit.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "dissect/gpt-type.h"
#include "operation/layers.h"

static bool word_in(const char *list, const char *word)
{
        _cleanup_strv_ char **words = NULL;

        return list && strv_split(list, " \t", &words) >= 0 && strv_contains(words, word);
}

/* One line with both values, safe to print. */
static int mismatch(const struct layer *base, const struct layer *extension, const char *key,
                    const char *have, const char *want, struct error *error)
{
        _cleanup_free_ char *a = text_escape(have ?: ""), *b = text_escape(want ?: "");

        return error_set(error, ERROR_INVALID_ARGS, EINVAL,
                         "Extension '%s' does not fit image '%s': it is for %s=%s, the image has %s",
                         extension->image->path, base->image->path, key, a ?: "?",
                         want ? (b ?: "?") : "none");
}

static int check_version(const struct layer *base, const struct layer *extension, const char *level_key,
                         struct error *error)
{
        const struct metadata *b = base->metadata, *e = extension->metadata;
        const char *have = metadata_field(e, level_key), *want = metadata_field(b, level_key);

        if (have && have[0] && want && want[0])
                return strcmp(have, want) == 0 ? 0 : mismatch(base, extension, level_key, have, want, error);

        have = metadata_field(e, "VERSION_ID");
        want = metadata_field(b, "VERSION_ID");
        if (!want || !want[0]) /* a rolling release: nothing to compare */
                return 0;
        if (!have || !have[0])
                return error_set(
                        error, ERROR_INVALID_ARGS, EINVAL,
                        "Extension '%s' does not fit image '%s': its '%s' has neither VERSION_ID= nor %s=",
                        extension->image->path, base->image->path, e->release_path, level_key);
        return strcmp(have, want) == 0 ? 0 : mismatch(base, extension, "VERSION_ID", have, want, error);
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
        const char *scope_key = confext ? "CONFEXT_SCOPE" : "SYSEXT_SCOPE";
        const char *id = metadata_field(e, "ID"), *base_id = metadata_field(b, "ID"),
                   *scope = metadata_field(e, scope_key), *arch = metadata_field(e, "ARCHITECTURE"),
                   *native = architecture_native();

        if (scope && scope[0] && !word_in(scope, "portable"))
                return mismatch(base, extension, scope_key, scope, "portable services", error);
        if (arch && arch[0] && strcmp(arch, "_any") != 0 && (!native || strcmp(arch, native) != 0))
                return mismatch(base, extension, "ARCHITECTURE", arch, native, error);
        if (!id || !id[0])
                return error_set(error, ERROR_INVALID_ARGS, EINVAL,
                                 "Extension '%s' has no ID= in its '%s', refusing", extension->image->path,
                                 e->release_path);
        if (strcmp(id, "_any") == 0)
                return 0;
        if (strcmp(id, base_id) != 0 && !extension_fits_by_likeness(base, extension))
                return mismatch(base, extension, "ID", id, base_id, error);
        return check_version(base, extension, confext ? "CONFEXT_LEVEL" : "SYSEXT_LEVEL", error);
}

int extension_check_fit(const struct layer *base, const struct layer *extension, struct error *error)
{
        bool confext = extension->metadata->confext && !extension->metadata->sysext;

        return check_kind(base, extension, confext, error);
}
