/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/fd.h"
#include "basic/layout-image.h"
#include "basic/layout-service.h"
#include "basic/layout.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "operation/operation.h"
#include "operation/prepare.h"
#include "verify/accounts.h"
#include "verify/bus-policy.h"
#include "verify/checks.h"
#include "verify/findings.h"
#include "verify/host-look.h"
#include "verify/view.h"

/* What it takes to look for these, see view_spend(). */
#define ACCOUNT_EFFORT 1000U
#define POLICY_EFFORT  10000U
/* One that does not answer is not asked many times. */
#define SILENCE_EFFORT (VIEW_EFFORT / 4)

static int check_environment_files(const struct view *v, struct findings *f)
{
        for (const struct unit_setting *s = NULL;
             (s = unit_merged_next(v->unit, "Service", "EnvironmentFile", s));) {
                _cleanup_free_ char *path = *s->value == '/' ? view_expand(v, s->value) : NULL;
                const struct finding_place place = {.file = v->file, .setting = s, .object = path};

                if (path && view_spend_path(v, path) && host_look_glob(v->o->root_fd, path) == 0 &&
                    findings_add(f, FOUND_ENVIRONMENT_FILE, &place,
                                 "%s is not on the host, where environment files are read", path) < 0)
                        return -ENOMEM;
        }
        return 0;
}

/* "ID:" at the beginning of a default. */
static bool has_default(const struct view *v, const char *id, size_t n)
{
        static const char *const keys[] = {"SetCredential", "SetCredentialEncrypted"};

        for (size_t i = 0; i < ELEMENTSOF(keys); i++)
                for (const struct unit_setting *s = NULL;
                     (s = unit_merged_next(v->unit, "Service", keys[i], s));)
                        if (strncmp(s->value, id, n) == 0 && s->value[n] == ':')
                                return true;
        return false;
}

static int check_credentials(const struct view *v, const char *key, struct findings *f)
{
        for (const struct unit_setting *s = NULL; (s = unit_merged_next(v->unit, "Service", key, s));) {
                size_t n = strcspn(s->value, ":");
                _cleanup_free_ char *path = s->value[n] == ':' && s->value[n + 1] == '/'
                                                    ? view_expand(v, s->value + n + 1)
                                                    : NULL;
                const struct finding_place place = {.file = v->file, .setting = s, .object = path};

                if (path && view_spend_path(v, path) && host_look(v->o->root_fd, path, NULL) == 0 &&
                    !has_default(v, s->value, n) &&
                    findings_add(f, FOUND_CREDENTIAL, &place,
                                 "%s is not on the host, where credentials are read", path) < 0)
                        return -ENOMEM;
        }
        return 0;
}

static int check_source(const struct view *v, const struct unit_setting *s, char *word, struct findings *f)
{
        _cleanup_free_ char *path = NULL;
        const struct finding_place place = {.file = v->file, .setting = s};
        struct finding_place with = place;

        word[strcspn(word, ":")] = '\0';
        path = *word == '/' ? view_expand(v, word) : NULL;
        if (!path || !view_spend_path(v, path) || host_look(v->o->root_fd, path, NULL) != 0)
                return 0;
        /* What is made at boot and by other units may be there in time. */
        if (layout_is_volatile(path) || strcmp(path, layout_machine_id) == 0)
                return 0;
        with.object = path;
        return findings_add(f, FOUND_BIND_SOURCE, &with, "%s is not on the host, to be shown to the service",
                            path);
}

static int check_sources(const struct view *v, const char *key, struct findings *f)
{
        _cleanup_unit_merged_words_ struct unit_merged_words w = {};
        int r;

        while ((r = unit_merged_next_word(v->unit, "Service", key, &w)) > 0)
                if (check_source(v, w.setting, w.words.word, f) < 0)
                        return -ENOMEM;
        return r;
}

/* Of which nothing is certain, or that need no account. */
static bool is_account_name(const char *name)
{
        return *name && !strchr(name, '%') && strcmp(name, "root") != 0 && strcmp(name, "0") != 0;
}

static bool is_missing(const struct view *v, enum account_kind kind, const char *name)
{
        int r;

        if (!is_account_name(name) || !view_spend(v, ACCOUNT_EFFORT))
                return false;
        r = account_exists(v->o->root_fd, kind, name);
        if (r == -ETIMEDOUT)
                (void)view_spend(v, SILENCE_EFFORT);
        return r == 0;
}

static int check_account(const struct view *v, const char *key, enum account_kind kind, struct findings *f)
{
        const struct unit_setting *s = unit_merged_get(v->unit, "Service", key);
        const struct finding_place place = {.file = v->file, .setting = s, .object = s ? s->value : NULL};

        if (!s || !is_missing(v, kind, s->value))
                return 0;
        return findings_add(
                f, kind == ACCOUNT_USER ? FOUND_USER : FOUND_GROUP, &place,
                "The host has no %s '%s', and without DynamicUser=yes that of the image does not "
                "count",
                kind == ACCOUNT_USER ? "user" : "group", s->value);
}

static int check_groups(const struct view *v, struct findings *f)
{
        _cleanup_unit_merged_words_ struct unit_merged_words w = {};
        int r;

        while ((r = unit_merged_next_word(v->unit, "Service", "SupplementaryGroups", &w)) > 0) {
                const char *name = w.words.word;
                const struct finding_place place = {.file = v->file, .setting = w.setting, .object = name};

                if (is_missing(v, ACCOUNT_GROUP, name) &&
                    findings_add(f, FOUND_GROUP, &place, "The host has no group '%s'", name) < 0)
                        return -ENOMEM;
        }
        return r;
}

static int check_bus(const struct view *v, struct findings *f)
{
        const struct unit_setting *type = unit_merged_get(v->unit, "Service", "Type"),
                                  *name = unit_merged_get(v->unit, "Service", "BusName");
        const struct finding_place place = {
                .file = v->file, .setting = name ?: type, .object = name ? name->value : NULL};
        bool user = v->o->layout->scope == LAYOUT_USER; /* whose bus has no policies */

        if (!type || strcmp(type->value, "dbus") != 0)
                return 0;
        if (!name)
                return findings_add(f, FOUND_BUS_NAME, &place, "Type=dbus needs a BusName=");
        if (!view_has(v, v->o->layout->bus))
                return findings_add(f, FOUND_BUS_NAME, &place,
                                    "It has to own '%s' on the bus, and sees no bus under this profile",
                                    name->value);
        if (user || strchr(name->value, '%') || !view_spend(v, POLICY_EFFORT) ||
            bus_policy_lets_own(v->o->root_fd, name->value))
                return 0;
        return findings_add(f, FOUND_BUS_POLICY, &place,
                            "No policy of the host lets anybody own '%s' on the bus (that of the image does "
                            "not count)",
                            name->value);
}

int check_view_host(const struct view *v, struct findings *f)
{
        /* Of a user nobody but the user counts: user.c. */
        bool dynamic = unit_merged_is_true(v->unit, "Service", "DynamicUser", false) ||
                       v->o->layout->scope == LAYOUT_USER;
        int r = check_environment_files(v, f);

        if (r >= 0)
                r = check_credentials(v, "LoadCredential", f);
        if (r >= 0)
                r = check_credentials(v, "LoadCredentialEncrypted", f);
        if (r >= 0)
                r = check_sources(v, "BindPaths", f);
        if (r >= 0)
                r = check_sources(v, "BindReadOnlyPaths", f);
        if (r >= 0 && !dynamic)
                r = check_account(v, "User", ACCOUNT_USER, f);
        if (r >= 0 && !dynamic)
                r = check_account(v, "Group", ACCOUNT_GROUP, f);
        if (r >= 0 && v->o->layout->scope != LAYOUT_USER)
                r = check_groups(v, f);
        return r < 0 ? r : check_bus(v, f);
}
