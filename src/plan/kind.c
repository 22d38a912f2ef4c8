/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/kind.h"

#include <stddef.h>
#include <string.h>

#include "basic/path.h"

const struct root_setting_row root_settings[ROOT_SETTING_MAX] = {
        [ROOT_DIRECTORY] = {"RootDirectory", FEATURE_MAX},
        [ROOT_IMAGE] = {"RootImage", FEATURE_MAX},
        [ROOT_MSTACK] = {"RootMStack", FEATURE_ROOT_MSTACK},
};

static const struct image_kind kinds[IMAGE_TYPE_MAX] = {
        [IMAGE_DIRECTORY] =
                {
                        .name = "directory",
                        .tree = true,
                        .root = ROOT_DIRECTORY,
                        .extension = "ExtensionDirectories",
                        .extension_feature = FEATURE_EXTENSION_DIRECTORIES,
                        .removal = KIND_REMOVE_TREE,
                        .mark = KIND_MARK_IMMUTABLE,
                },
        [IMAGE_SUBVOLUME] =
                {
                        .name = "subvolume",
                        .tree = true,
                        .root = ROOT_DIRECTORY,
                        .extension = "ExtensionDirectories",
                        .extension_feature = FEATURE_EXTENSION_DIRECTORIES,
                        .removal = KIND_REMOVE_TREE,
                        .mark = KIND_MARK_SUBVOLUME,
                        .limit = true,
                },
        [IMAGE_RAW] =
                {
                        .name = "raw",
                        .form = ENTRY_FORM_RAW,
                        .root = ROOT_IMAGE,
                        .extension = "ExtensionImages",
                        .extension_feature = FEATURE_EXTENSION_IMAGES,
                        .removal = KIND_REMOVE_FILE,
                        .mark = KIND_MARK_WRITE_BITS,
                },
        [IMAGE_BLOCK] =
                {
                        .name = "block",
                        .root = ROOT_IMAGE,
                        .extension = "ExtensionImages",
                        .extension_feature = FEATURE_EXTENSION_IMAGES,
                        .removal = KIND_REMOVE_NEVER,
                        .mark = KIND_MARK_DEVICE,
                },
        [IMAGE_MSTACK] =
                {
                        .name = "mstack",
                        .form = ENTRY_FORM_MSTACK,
                        .stack = true,
                        .root = ROOT_MSTACK,
                        .removal = KIND_REMOVE_TREE,
                        .mark = KIND_MARK_NEVER,
                },
};

const struct entry_form_row entry_forms[ENTRY_FORM_MAX] = {
        [ENTRY_FORM_PLAIN] = {"", "", false, false},
        [ENTRY_FORM_RAW] = {".raw", ".raw", false, true},
        [ENTRY_FORM_VERSIONED] = {".v", "", true, false},
        [ENTRY_FORM_VERSIONED_RAW] = {".raw.v", ".raw", true, true},
        [ENTRY_FORM_MSTACK] = {".mstack", ".mstack", false, false},
        [ENTRY_FORM_VERSIONED_MSTACK] = {".mstack.v", ".mstack", true, false},
};

const struct image_kind *image_kind(enum image_type type)
{
        return (unsigned)type < IMAGE_TYPE_MAX ? kinds + type : NULL;
}

const char *image_type_to_string(enum image_type type)
{
        const struct image_kind *kind = image_kind(type);

        return kind ? kind->name : NULL;
}

enum entry_form entry_form_of(const char *file)
{
        enum entry_form found = ENTRY_FORM_PLAIN;
        size_t n = strlen(file), best = 0;

        for (enum entry_form form = 0; form < ENTRY_FORM_MAX; form++) {
                size_t m = strlen(entry_forms[form].suffix);

                if (m > best && n > m && string_ends_with(file, entry_forms[form].suffix)) {
                        found = form;
                        best = m;
                }
        }
        return found;
}

bool entry_form_has_files(const char *file)
{
        for (enum entry_form form = 0; form < ENTRY_FORM_MAX; form++)
                if (entry_forms[form].file && !entry_forms[form].versioned &&
                    string_ends_with(file, entry_forms[form].suffix))
                        return true;
        return false;
}

char *image_name_from_path(const char *path)
{
        const char *base = path_base(path);

        return strndup(base, strlen(base) - strlen(entry_forms[entry_form_of(base)].suffix));
}
