/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/attach.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "plan/feature.h"
#include "plan/kind.h"
#include "plan/marker.h"
#include "plan/setting.h"

static bool is_disk(const struct plan_layer *layer)
{
        return !image_kind(layer->type)->tree;
}

/* Writes "SETTING=KEY=value", quoted as one word. */
static int write_assignment(FILE *f, const char *setting, const char *key, const char *value)
{
        _cleanup_free_ char *word = NULL, *quoted = NULL;

        if (asprintf(&word, "%s=%s", key, value) < 0) {
                word = NULL;
                return -ENOMEM;
        }
        quoted = setting_quote(word);
        if (!quoted)
                return -ENOMEM;
        fprintf(f, "%s=%s\n", setting, quoted);
        return 0;
}

/* What the unit itself says of its root would count beside ours, or win: RootImage= over RootDirectory=. */
static void write_root_resets(FILE *f, const struct plan_attach *input)
{
        for (enum root_setting s = 0; s < ROOT_SETTING_MAX; s++)
                if (s != image_kind(input->layers->type)->root &&
                    feature_is_available(root_settings[s].feature, input->manager_version))
                        fprintf(f, "%s=\n", root_settings[s].name);
        fputs("RootImageOptions=\nRootHash=\nRootHashSignature=\nRootVerity=\n", f);
}

/* A service manager that does not know the setting says so in its log, and runs the service on the host's
 * own root. So where it is not known (version 0) which one it will be, that is no leave. */
static int check_root(const struct plan_attach *input, struct error *error)
{
        const struct plan_layer *base = input->layers;
        enum feature needed = root_settings[image_kind(base->type)->root].feature;
        unsigned version = input->manager_version;

        if (needed == FEATURE_MAX || (version != 0 && feature_is_available(needed, version)))
                return 0;
        if (version == 0)
                return error_set(
                        error, ERROR_NOT_SUPPORTED, EOPNOTSUPP,
                        "Image '%s' is of type '%s', which needs service manager %u or newer (%s), and "
                        "which one there is cannot be told",
                        base->path, image_type_to_string(base->type), feature_since(needed),
                        feature_name(needed));
        return error_set(
                error, ERROR_NOT_SUPPORTED, EOPNOTSUPP,
                "Image '%s' is of type '%s', which needs service manager %u or newer (%s), here is %u",
                base->path, image_type_to_string(base->type), feature_since(needed), feature_name(needed),
                version);
}

static int write_root(FILE *f, const struct plan_attach *input, struct error *error)
{
        const struct plan_layer *base = input->layers;
        _cleanup_free_ char *path = NULL;
        int r = check_root(input, error);

        if (r < 0)
                return r;
        r = setting_format_path(base->path, &path);
        if (r == -EINVAL)
                return error_set(error, ERROR_INVALID_ARGS, EINVAL,
                                 "Path of image '%s' cannot be written to a unit file (it ends in a blank "
                                 "or backslash)",
                                 base->path);
        if (r < 0)
                return error_set_oom(error);
        fprintf(f, "%s=%s\n", root_settings[image_kind(base->type)->root].name, path);
        return 0;
}

static int write_verity(FILE *f, const struct plan_layer *base)
{
        _cleanup_free_ char *path = NULL;
        int r;

        if (base->root_hash)
                fprintf(f, "RootHash=%s\n", base->root_hash);
        if (!base->root_verity)
                return 0;
        r = setting_format_path(base->root_verity, &path);
        if (r >= 0)
                fprintf(f, "RootVerity=%s\n", path);
        return r;
}

/* The last settings of the base image, which differ in name when there are extensions. */
static int write_root_fields(FILE *f, const struct plan_attach *input)
{
        const struct plan_layer *base = input->layers;
        bool extended = input->n_layers > 1;
        int r = 0;

        if (base->pin)
                fprintf(f, "RootImagePolicy=%s\n", base->pin);
        r = write_verity(f, base);
        if (r >= 0 && extended) {
                r = write_assignment(f, "Environment", "PORTABLE_ROOT", path_base(base->path));
                if (r >= 0)
                        r = write_assignment(f, "LogExtraFields", "PORTABLE_ROOT", path_base(base->path));
        }
        if (r >= 0 && base->name_and_version)
                r = write_assignment(f, "LogExtraFields",
                                     extended ? "PORTABLE_ROOT_NAME_AND_VERSION"
                                              : "PORTABLE_NAME_AND_VERSION",
                                     base->name_and_version);
        return r;
}

/* The last one known to insist on whole names, and on ID=. */
#define WHOLE_NAMES_VERSION 252

static int check_extension(const struct plan_attach *input, const struct plan_layer *layer,
                           struct error *error)
{
        enum feature needed = image_kind(layer->type)->extension_feature;
        unsigned version = input->manager_version;

        if (!image_kind(layer->type)->extension)
                return error_set(error, ERROR_BAD_IMAGE_TYPE, EMEDIUMTYPE,
                                 "Image '%s' is of type '%s', which can be no extension", layer->path,
                                 image_type_to_string(layer->type));
        if (feature_is_available(needed, version) && layer->confext)
                needed = FEATURE_CONFEXT;
        if (layer->like && version != 0 && version <= WHOLE_NAMES_VERSION)
                return error_set(
                        error, ERROR_NOT_SUPPORTED, EOPNOTSUPP,
                        "Extension '%s' fits by ID_LIKE= only, which service manager %u does not look at",
                        layer->path, version);
        if (feature_is_available(needed, version)) {
                if (is_disk(layer) || !layer->versionless || version == 0 || version > WHOLE_NAMES_VERSION)
                        return 0;
                return error_set(
                        error, ERROR_NOT_SUPPORTED, EOPNOTSUPP,
                        "Extension '%s' has no release file extension-release.%s, the only one that "
                        "service manager %u takes for a directory of that name",
                        layer->path, path_base(layer->path), version);
        }
        return error_set(
                error, ERROR_NOT_SUPPORTED, EOPNOTSUPP,
                "Extension '%s' needs %s, which the service manager has from version %u on, this one is %u",
                layer->path, feature_name(needed), feature_since(needed), input->manager_version);
}

static int write_extension(FILE *f, const struct plan_attach *input, const struct plan_layer *layer,
                           bool first_raw, struct error *error)
{
        _cleanup_free_ char *path = NULL;
        bool relax = is_disk(layer) && feature_is_available(FEATURE_EXTENSION_RELAX, input->manager_version);
        int r;

        if (!input->relax_extension_check &&
            (!layer->versionless ||
             feature_is_available(FEATURE_VERSIONLESS_RELEASE, input->manager_version)))
                relax = false;

        r = check_extension(input, layer, error);
        if (r < 0)
                return r;
        path = setting_quote_path(layer->path, is_disk(layer));
        if (!path)
                return error_set_oom(error);
        fprintf(f, "%s=%s%s\n", image_kind(layer->type)->extension, path,
                relax ? ":x-systemd.relax-extension-release-check" : "");
        r = write_assignment(f, "LogExtraFields", "PORTABLE_EXTENSION", path_base(layer->path));
        if (r >= 0 && first_raw && input->extension_pin)
                fprintf(f, "ExtensionImagePolicy=%s\n", input->extension_pin);
        if (r >= 0 && layer->name_and_version)
                r = write_assignment(f, "LogExtraFields", "PORTABLE_EXTENSION_NAME_AND_VERSION",
                                     layer->name_and_version);
        return r < 0 ? error_set_oom(error) : 0;
}

/*
 * The service manager lets a service use loop devices, and device mapper, for its RootImage=; for
 * ExtensionImages= on a directory it should (systemd.exec(5)) but, up to 262, does not, and the mount fails
 * with EPERM. To a service that may use all devices this would be a restriction.
 */
static void write_devices(FILE *f, const struct plan_attach *input, const struct plan_unit *unit)
{
        bool verity = false;

        if (is_disk(input->layers) || !unit->devices_restricted)
                return;
        for (size_t i = 1; i < input->n_layers; i++)
                verity = verity || input->layers[i].verity;
        fputs("DeviceAllow=/dev/loop-control rw\nDeviceAllow=block-loop rwm\nDeviceAllow=block-blkext rwm\n",
              f);
        if (verity)
                fputs("DeviceAllow=/dev/mapper/control rw\nDeviceAllow=block-device-mapper rwm\n", f);
}

static int write_extensions(FILE *f, const struct plan_attach *input, const struct plan_unit *unit,
                            struct error *error)
{
        bool seen_raw = false;

        for (size_t i = 1; i < input->n_layers; i++) {
                const struct plan_layer *layer = input->layers + i;
                int r = write_extension(f, input, layer, is_disk(layer) && !seen_raw, error);

                if (r < 0)
                        return r;
                seen_raw = seen_raw || is_disk(layer);
        }
        if (seen_raw)
                write_devices(f, input, unit);
        return 0;
}

static int write_service(FILE *f, const struct plan_attach *input, const struct plan_unit *unit,
                         struct error *error)
{
        const char *origin = path_base(input->layers[unit->layer].path);
        int r;

        fputs("\n[Service]\n", f);
        if (unit->own_root)
                write_root_resets(f, input);
        r = write_root(f, input, error);
        if (r < 0)
                return r;
        /* 252 gives a user another root only with it, 257 takes it for given. */
        if (input->user)
                fputs("PrivateUsers=yes\n", f);
        r = write_assignment(f, "Environment", "PORTABLE", origin);
        if (r >= 0 && !feature_is_available(FEATURE_HOST_OS_RELEASE, input->manager_version))
                fputs("BindReadOnlyPaths=/etc/os-release:/run/host/os-release\n", f);
        if (r >= 0)
                r = write_assignment(f, "LogExtraFields", "PORTABLE", origin);
        if (r >= 0)
                r = write_root_fields(f, input);
        if (r < 0)
                return error_set_oom(error);
        return write_extensions(f, input, unit, error);
}

/* The marker and, where needed, its notes. */
static int write_head(FILE *f, const struct plan_attach *input)
{
        _cleanup_free_ char *marker = NULL, *kept = NULL, *copied = NULL, *sources = NULL, *prefixes = NULL,
                            *given = NULL, *confined = NULL;
        char word[] = "enforce", *mode[] = {word, NULL}, *none[] = {NULL};
        _cleanup_strv_ char **paths = NULL;

        for (size_t i = 0; i < input->n_layers; i++)
                if (strv_append(&paths, input->layers[i].path) < 0)
                        return -ENOMEM;
        marker = marker_format(paths);
        kept = marker_note_format(MARKER_NOTE_KEPT, input->kept);
        copied = marker_note_format(MARKER_NOTE_COPIED, input->copied);
        sources = marker_note_format(MARKER_NOTE_SOURCE, input->sources);
        prefixes = marker_note_format(MARKER_NOTE_PREFIXES, input->prefixes);
        given = marker_note_format(MARKER_NOTE_UNITS, input->given);
        confined = marker_note_format(MARKER_NOTE_CONFINED, input->confined ? mode : none);
        if (!marker || !kept || !copied || !sources || !prefixes || !given || !confined)
                return -ENOMEM;
        fprintf(f, "%s%s%s%s%s%s%s", marker, kept, copied, sources, prefixes, given, confined);
        return 0;
}

static int write_definition(FILE *f, const struct plan_attach *input, struct error *error)
{
        _cleanup_free_ char *section = NULL;

        if (!input->definition)
                return 0;
        section = marker_definition_format(input->definition);
        if (!section)
                return error_set_oom(error);
        fputs(section, f);
        return 0;
}

int plan_dropin_format(const struct plan_attach *input, const struct plan_unit *unit, char **ret,
                       struct error *error)
{
        _cleanup_free_ char *text = NULL;
        size_t size = 0;
        FILE *f;
        int r;

        for (size_t i = 0; i < input->n_layers; i++)
                if (!setting_path_is_safe(input->layers[i].path))
                        return error_set(error, ERROR_INVALID_ARGS, EINVAL,
                                         "Path of %s %zu holds control characters or is not UTF-8, refusing",
                                         i ? "extension" : "image", i);

        f = open_memstream(&text, &size);
        if (!f)
                return error_set_oom(error);
        r = write_head(f, input);
        if (r < 0)
                error_set_oom(error);
        else
                fputs(unit->resets ?: "", f);
        if (r >= 0 && string_ends_with(unit->name, ".service"))
                r = write_service(f, input, unit, error);
        if (r >= 0)
                r = write_definition(f, input, error);
        if (fclose(f) != 0 && r >= 0)
                r = error_set_oom(error);
        if (r < 0)
                return r;
        if (size > MARKER_FILE_SIZE_MAX)
                return error_set(
                        error, ERROR_INVALID_ARGS, E2BIG,
                        "The drop-in of unit '%s' would have %zu bytes, with %zu images that it names; "
                        "it can have %u at most, refusing",
                        unit->name, size, input->n_layers, MARKER_FILE_SIZE_MAX);
        *ret = steal_pointer(text);
        return 0;
}
