/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "definition/definition.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/parse-time.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "basic/text.h"
#include "basic/unit-name.h"
#include "policy/policy.h"
#include "unitfile/text.h"
#include "unitfile/words.h"

void definition_init(struct definition *d)
{
        *d = (struct definition){.health = DEFINITION_HEALTH,
                                 .health_timeout = DEFINITION_HEALTH_TIMEOUT,
                                 .rollback = true,
                                 .tries = DEFINITION_TRIES};
}

void definition_clear(struct definition *d)
{
        free(d->name);
        free(d->path);
        error_clear(&d->error);
        free(d->description);
        free(d->image);
        version_range_clear(&d->versions);
        strv_free(d->extensions);
        strv_free(d->prefixes);
        free(d->profile);
        free(d->copy_mode);
        free(d->policy);
        strv_free(d->enable.names);
        strv_free(d->start.names);
        strv_free(d->unit_files);
        free(d->health_unit);
        *d = (struct definition){};
}

void definition_list_clear(struct definition_list *l)
{
        for (size_t i = 0; i < l->n; i++)
                definition_clear(l->items + i);
        free(l->items);
        strv_free(l->warnings);
        *l = (struct definition_list){};
}

void definition_list_keep(struct definition_list *l, const char *name)
{
        size_t n = 0;

        for (size_t i = 0; i < l->n; i++)
                if (strcmp(l->items[i].name, name) == 0)
                        l->items[n++] = l->items[i];
                else
                        definition_clear(l->items + i);
        l->n = n;
}

static int set_string(char **member, const char *value, struct error *error)
{
        char *copy = *value ? strdup(value) : NULL;

        if (*value && !copy)
                return error_set_oom(error);
        free(*member);
        *member = copy;
        return 0;
}

static int read_description(struct definition *d, const char *value, struct error *error)
{
        return set_string(&d->description, value, error);
}

static int check_image(const char *value, struct error *error)
{
        if (value[0] == '/' ? path_is_normalized(value) : image_name_is_valid(value))
                return 0;
        return error_set(error, ERROR_INVALID_ARGS, EINVAL,
                         "'%s' is neither the name of an image nor an absolute, normalized path", value);
}

static int read_image(struct definition *d, const char *value, struct error *error)
{
        int r = *value ? check_image(value, error) : 0;

        return r < 0 ? r : set_string(&d->image, value, error);
}

static int read_version(struct definition *d, const char *value, struct error *error)
{
        struct version_range range = {};
        int r = version_range_parse(value, &range, error);

        if (r < 0)
                return r;
        version_range_clear(&d->versions);
        d->versions = range;
        return 0;
}

/* Words are added, an empty value begins anew. */
static int read_words(char ***list, const char *value, int (*check)(const char *word, struct error *error),
                      struct error *error)
{
        _cleanup_unit_words_ struct unit_words w = {};

        if (!*value) {
                *list = strv_free(*list);
                return 0;
        }
        if (unit_words_begin(&w, value) < 0)
                return error_set_oom(error);
        while (unit_words_next(&w)) {
                int r = check(w.word, error);

                if (r < 0)
                        return r;
                if (strv_append(list, w.word) < 0)
                        return error_set_oom(error);
        }
        return w.broken ? error_set(error, ERROR_INVALID_ARGS, EINVAL, "A quote is not closed") : 0;
}

static int read_extension(struct definition *d, const char *value, struct error *error)
{
        return read_words(&d->extensions, value, check_image, error);
}

/* What a unit name can begin with. */
static int check_prefix(const char *word, struct error *error)
{
        _cleanup_free_ char *name = NULL;

        if (asprintf(&name, "%s.service", word) < 0) {
                name = NULL;
                return error_set_oom(error);
        }
        if (*word && unit_name_is_valid(name) && !strchr(word, '/'))
                return 0;
        return error_set(error, ERROR_INVALID_ARGS, EINVAL, "'%s' is not a prefix of unit names", word);
}

static int read_prefix(struct definition *d, const char *value, struct error *error)
{
        return read_words(&d->prefixes, value, check_prefix, error);
}

static int read_profile(struct definition *d, const char *value, struct error *error)
{
        if (*value && (value[0] == '/' ? !path_is_normalized(value) : !filename_is_valid(value)))
                return error_set(error, ERROR_INVALID_ARGS, EINVAL,
                                 "'%s' is neither the name of a profile nor an absolute path", value);
        return set_string(&d->profile, value, error);
}

static int read_copy(struct definition *d, const char *value, struct error *error)
{
        static const char *const modes[] = {"", "auto", "copy", "symlink", "mixed"};

        for (size_t i = 0; i < ELEMENTSOF(modes); i++)
                if (strcmp(value, modes[i]) == 0)
                        return set_string(&d->copy_mode, strcmp(value, "auto") == 0 ? "" : value, error);
        return error_set(error, ERROR_INVALID_ARGS, EINVAL, "'%s' is not one of auto, copy, symlink, mixed",
                         value);
}

static int read_boolean(bool *member, bool usual, const char *value, struct error *error)
{
        int r = *value ? text_to_boolean(value) : usual;

        if (r < 0)
                return error_set(error, ERROR_INVALID_ARGS, EINVAL, "'%s' is not a boolean", value);
        *member = r;
        return 0;
}

static int read_runtime(struct definition *d, const char *value, struct error *error)
{
        return read_boolean(&d->runtime, false, value, error);
}

static int read_policy(struct definition *d, const char *value, struct error *error)
{
        struct image_policy policy;
        int r = *value ? image_policy_parse(value, &policy, error) : 0;

        return r < 0 ? r : set_string(&d->policy, value, error);
}

static int check_unit(const char *word, struct error *error)
{
        if (unit_name_is_portable(word))
                return 0;
        return error_set(error, ERROR_INVALID_ARGS, EINVAL,
                         "'%s' is neither a boolean nor the name of a unit that can be attached", word);
}

/* A boolean, or names. */
static int read_units(struct definition_units *units, const char *value, struct error *error)
{
        int boolean = *value ? text_to_boolean(value) : 0;

        if (boolean >= 0) {
                units->names = strv_free(units->names);
                units->choice = boolean ? UNITS_ALL : UNITS_NONE;
                return 0;
        }
        units->choice = UNITS_NAMED;
        return read_words(&units->names, value, check_unit, error);
}

static int read_enable(struct definition *d, const char *value, struct error *error)
{
        return read_units(&d->enable, value, error);
}

static int read_start(struct definition *d, const char *value, struct error *error)
{
        return read_units(&d->start, value, error);
}

static int check_unit_file(const char *word, struct error *error)
{
        if (path_is_normalized(word) && text_is_printable(word) && unit_name_is_portable(path_base(word)))
                return 0;
        return error_set(error, ERROR_INVALID_ARGS, EINVAL,
                         "'%s' is not the absolute path of a unit file that can be attached", word);
}

static int read_unit_file(struct definition *d, const char *value, struct error *error)
{
        return read_words(&d->unit_files, value, check_unit_file, error);
}

static int read_time(uint64_t *member, uint64_t usual, const char *value, struct error *error)
{
        *member = usual;
        return *value ? time_parse(value, member, error) : 0;
}

static int read_health(struct definition *d, const char *value, struct error *error)
{
        return read_time(&d->health, DEFINITION_HEALTH, value, error);
}

static int read_health_timeout(struct definition *d, const char *value, struct error *error)
{
        return read_time(&d->health_timeout, DEFINITION_HEALTH_TIMEOUT, value, error);
}

static int read_health_unit(struct definition *d, const char *value, struct error *error)
{
        if (*value && (!unit_name_is_valid(value) || !string_ends_with(value, ".service")))
                return error_set(error, ERROR_INVALID_ARGS, EINVAL, "'%s' is not the name of a service",
                                 value);
        return set_string(&d->health_unit, value, error);
}

static int read_rollback(struct definition *d, const char *value, struct error *error)
{
        return read_boolean(&d->rollback, true, value, error);
}

static int read_tries(struct definition *d, const char *value, struct error *error)
{
        char *end = NULL;
        unsigned long n = DEFINITION_TRIES;

        errno = 0;
        if (*value)
                n = value[0] >= '0' && value[0] <= '9' ? strtoul(value, &end, 10) : 0;
        if (errno != 0 || (end && *end) || n < 1 || n > DEFINITION_TRIES_MAX)
                return error_set(error, ERROR_INVALID_ARGS, EINVAL, "'%s' is not a number from 1 to %u",
                                 value, DEFINITION_TRIES_MAX);
        d->tries = (unsigned)n;
        return 0;
}

static const struct definition_key {
        const char *section, *name;
        int (*read)(struct definition *d, const char *value, struct error *error);
} keys[] = {
        {"Portable", "Description", read_description},
        {"Portable", "Image", read_image},
        {"Portable", "Version", read_version},
        {"Portable", "Extension", read_extension},
        {"Portable", "Prefix", read_prefix},
        {"Portable", "Profile", read_profile},
        {"Portable", "Copy", read_copy},
        {"Portable", "Runtime", read_runtime},
        {"Portable", "ImagePolicy", read_policy},
        {"Portable", "Enable", read_enable},
        {"Portable", "Start", read_start},
        {"Portable", "UnitFile", read_unit_file},
        {"Update", "HealthSec", read_health},
        {"Update", "HealthTimeoutSec", read_health_timeout},
        {"Update", "HealthUnit", read_health_unit},
        {"Update", "Rollback", read_rollback},
        {"Update", "Tries", read_tries},
};

static bool section_is_known(const char *section)
{
        for (size_t i = 0; i < ELEMENTSOF(keys); i++)
                if (strcmp(keys[i].section, section) == 0)
                        return true;
        return false;
}

static const struct definition_key *find_key(const char *section, const char *name)
{
        for (size_t i = 0; i < ELEMENTSOF(keys); i++)
                if (strcmp(keys[i].section, section) == 0 && strcmp(keys[i].name, name) == 0)
                        return keys + i;
        return NULL;
}

static int warn(char ***warnings, const char *path, unsigned line, const char *what, const char *name)
{
        _cleanup_free_ char *shown = text_escape(name);

        return shown ? strv_appendf(warnings, "%s:%u: Unknown %s '%s', ignoring", path, line, what, shown)
                     : -ENOMEM;
}

/* "%" is kept for specifiers, which may come. */
static int read_value(struct definition *d, const struct definition_key *key, const char *value,
                      struct error *error)
{
        if (strchr(value, '%') && strcmp(key->name, "Description") != 0)
                return error_set(error, ERROR_INVALID_ARGS, EINVAL, "Specifiers ('%%') are not known");
        if (!text_is_printable(value))
                return error_set(error, ERROR_INVALID_ARGS, EINVAL, "The value has control characters");
        return key->read(d, value, error);
}

static int take(struct definition *d, const char *path, const struct unit_assignment *a, char ***warnings)
{
        const struct definition_key *key;
        struct error error = {};

        if (strncmp(a->section, "X-", 2) == 0)
                return 0;
        if (!section_is_known(a->section))
                return warn(warnings, path, a->line, "section", a->section);
        if (strncmp(a->key, "X-", 2) == 0)
                return 0;
        key = find_key(a->section, a->key);
        if (!key)
                return warn(warnings, path, a->line, "key", a->key);
        if (read_value(d, key, a->value, &error) < 0) {
                if (error.errnum == ENOMEM) {
                        error_clear(&error);
                        return -ENOMEM;
                }
                error_prefix(&error, "%s:%u: %s=: ", path, a->line, a->key);
                error_move(&d->error, &error);
                error_clear(&error);
        }
        return 0;
}

static const char *fault_text(enum text_fault_kind kind)
{
        switch (kind) {
        case TEXT_FAULT_NO_EQUALS:
                return "Neither a section nor an assignment, ignoring";
        case TEXT_FAULT_NO_KEY:
                return "Assignment without a key, ignoring";
        case TEXT_FAULT_NO_SECTION:
                return "Assignment outside of a section, ignoring";
        case TEXT_FAULT_EMPTY_NAME:
                return "Section without a name, ignoring";
        case TEXT_FAULT_NUL:
                return "NUL byte in the line";
        case TEXT_FAULT_HEADER:
                return "The header of a section is not closed, or has something behind it";
        case TEXT_FAULT_NOT_UTF8:
                return "Not UTF-8";
        case TEXT_FAULT_TOO_LONG:
        default:
                return "The line is too long";
        }
}

/* What service managers refuse a file for breaks a definition, the rest is told. */
static int take_faults(struct definition *d, const char *path, const struct unit_text *t, char ***warnings)
{
        for (size_t i = 0; i < t->n_faults; i++) {
                const struct text_fault *fault = t->faults + i;
                const char *text = fault_text(fault->kind);

                if (fault->kind >= TEXT_FAULT_HEADER || fault->kind == TEXT_FAULT_NUL)
                        (void)error_set(&d->error, ERROR_INVALID_ARGS, EINVAL, "%s:%u: %s", path,
                                        fault->line, text);
                else if (strv_appendf(warnings, "%s:%u: %s", path, fault->line, text) < 0)
                        return -ENOMEM;
        }
        return 0;
}

int definition_parse(struct definition *d, const char *path, const char *text, size_t size, char ***warnings)
{
        _cleanup_unit_text_ struct unit_text t = {};
        const char *section = "";
        int r = unit_text_read(text, size, &t);

        if (r >= 0)
                r = take_faults(d, path, &t, warnings);
        for (size_t i = 0; i < t.n && r >= 0; i++) {
                /* Of a section that is not known one word is enough. */
                if (strcmp(section, t.items[i].section) == 0 && !section_is_known(section))
                        continue;
                section = t.items[i].section;
                r = take(d, path, t.items + i, warnings);
        }
        return r;
}

int definition_check(struct definition *d)
{
        const char *wrong = NULL;

        if (error_is_set(&d->error) || d->masked)
                return 0;
        if (!d->image)
                wrong = "Image= is missing in the section [Portable]";
        else if (d->image[0] == '/' && !version_range_is_open(&d->versions))
                wrong = "Version= is for images by name, and Image= is a path";
        else if (d->prefixes && d->unit_files)
                wrong = "Prefix= chooses units of the image, in whose place UnitFile= puts others";
        if (wrong)
                (void)error_set(&d->error, ERROR_INVALID_ARGS, EINVAL, "%s: %s", d->path, wrong);
        return 0;
}
