/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/layout.h"
#include "operation/operation.h"
#include "operation/prepare.h"
#include "verify/checks.h"
#include "verify/findings.h"
#include "verify/view.h"

/*
 * What the service manager of a user cannot do, for it has one user to give and may mount no disk. Measured
 * on systemd 252, 257 and 262.
 */

/* The last that refuses even the user's own name. */
#define OWN_USER_REFUSED_VERSION 252

static int check_switch(const struct view *v, const char *key, enum finding_id id, const char *why,
                        struct findings *f)
{
        const struct unit_setting *s = unit_merged_get(v->unit, "Service", key);
        const struct finding_place place = {.file = v->file, .setting = s};

        if (!s || !unit_merged_is_true(v->unit, "Service", key, false))
                return 0;
        return findings_add(f, id, &place, "%s", why);
}

static int check_images(const struct view *v, const char *key, struct findings *f)
{
        const struct unit_setting *s = unit_merged_get(v->unit, "Service", key);
        const struct finding_place place = {.file = v->file, .setting = s};

        if (!s || !*s->value)
                return 0;
        return findings_add(f, FOUND_USER_SCOPE, &place,
                            "The service manager of a user cannot mount disk images");
}

/* Whether that is the one user there is. Of what the environment does not tell nothing is certain. */
static bool is_somebody_else(const char *user)
{
        const char *own = getenv("USER");

        if (strchr(user, '%') || !*user)
                return false;
        if (strspn(user, "0123456789") == strlen(user))
                return strtoul(user, NULL, 10) != getuid();
        return own && strcmp(user, own) != 0;
}

static int check_user(const struct view *v, struct findings *f)
{
        const struct unit_setting *s = unit_merged_get(v->unit, "Service", "User");
        const struct finding_place place = {.file = v->file, .setting = s};
        unsigned version = v->o->manager_version;

        if (!s || !*s->value)
                return 0;
        if (version != 0 && version <= OWN_USER_REFUSED_VERSION)
                return findings_add(f, FOUND_USER_SCOPE, &place,
                                    "The service manager of a user, up to version %u, starts nothing that "
                                    "names a user",
                                    OWN_USER_REFUSED_VERSION);
        if (!is_somebody_else(s->value))
                return 0;
        return findings_add(f, FOUND_USER_SCOPE, &place,
                            "The service manager of a user cannot start anything as another user");
}

int check_view_user(const struct view *v, struct findings *f)
{
        static const char *const images[] = {"MountImages", "ExtensionImages"};
        int r;

        if (v->o->layout->scope != LAYOUT_USER)
                return 0;
        r = check_switch(v, "DynamicUser", FOUND_USER_SCOPE,
                         "The service manager of a user has no other user to give", f);
        if (r >= 0)
                r = check_switch(v, "RootEphemeral", FOUND_USER_SCOPE,
                                 "The service manager of a user cannot make a copy of the image", f);
        if (r >= 0)
                r = check_switch(v, "PrivateIPC", FOUND_USER_SCOPE_UNSURE,
                                 "PrivateIPC=yes may keep the service of a user from starting", f);
        for (size_t i = 0; i < ELEMENTSOF(images) && r >= 0; i++)
                r = check_images(v, images[i], f);
        return r < 0 ? r : check_user(v, f);
}
