/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "image/image.h"
#include "operation/operation.h"
#include "operation/prepare.h"
#include "verify/checks.h"
#include "verify/findings.h"
#include "verify/view.h"

static int check_missing(const struct view *v, const struct cover *c, const struct looked *l,
                         struct findings *f)
{
        const struct finding_place place = {.file = v->file, .setting = c->setting, .object = c->path};
        _cleanup_free_ char *object = NULL;
        struct finding_place with = place;
        bool through_link = strcmp(l->path, c->path) != 0;

        if (view_can_make(v, l))
                return 0;
        if (asprintf(&object, "%s %s", c->directory ? "directory" : "file", l->path) < 0) {
                object = NULL;
                return -ENOMEM;
        }
        with.object = object;
        if (l->loop)
                return findings_add(f, c->id, &with, "%s of the image is a symlink that leads to itself",
                                    c->path);
        if (c->link)
                return findings_add(f, c->id, &with, "The image is read-only, so the link %s cannot be made",
                                    c->path);
        if (through_link)
                return findings_add(
                        f, c->id, &with,
                        "The image is read-only, and what %s leads to, %s, is not there to mount over",
                        c->path, l->path);
        return findings_add(f, c->id, &with, "The image is read-only and has no %s to mount over", c->path);
}

static int check_one(const struct view *v, const struct cover *c, struct findings *f)
{
        _cleanup_looked_ struct looked l = {.fd = -EBADF};
        struct finding_place place = {.file = v->file, .setting = c->setting, .object = c->path};
        _cleanup_free_ char *object = NULL;

        if (c->mode != 0 && !c->link && S_ISDIR(c->mode) == c->directory && !view_is_covered(v, c->path))
                return 0;
        view_look(v, c->path, &l);
        if (l.look == LOOK_COVERED)
                return 0;
        if (l.look == LOOK_MISSING || c->link)
                return check_missing(v, c, &l, f);
        if (S_ISDIR(l.st.st_mode) == c->directory)
                return 0;
        if (asprintf(&object, "%s %s", c->directory ? "directory" : "file", c->path) < 0) {
                object = NULL;
                return -ENOMEM;
        }
        place.object = object;
        return findings_add(f, c->id, &place, "%s of the image is a %s, and a %s is mounted over it",
                            c->path, c->directory ? "file" : "directory",
                            c->directory ? "directory" : "file");
}

int check_view_mounts(const struct view *v, struct findings *f)
{
        for (size_t i = 0; i < v->n_covers; i++)
                if (v->covers[i].id != FOUND_MAX && check_one(v, v->covers + i, f) < 0)
                        return -ENOMEM;
        return 0;
}

/* What is missing of one unit under one profile; that of p is not touched. */
static int collect_under(struct operation *o, const struct prepared *p, const struct profile *profile,
                         const struct unit_file *file, struct findings *ret)
{
        _cleanup_unit_merged_ struct unit_merged m = {};
        struct prepared with = *p;
        size_t effort = VIEW_EFFORT;
        _cleanup_view_ struct view v = {.o = o, .p = &with, .file = file, .unit = &m, .effort = &effort};

        with.profile = *profile;
        if (prepared_merge_unit(&with, file, &m) < 0 || view_init(&v) < 0)
                return -ENOMEM;
        return check_view_mounts(&v, ret);
}

static bool is_told(const struct findings *f, const char *text)
{
        for (size_t i = 0; i < f->n; i++)
                if (f->items[i].id != FOUND_OTHER_PROFILE && strstr(f->items[i].text, text))
                        return true;
        return false;
}

/* Another profile than the one chosen: what is missing for it only. */
static int check_other(struct operation *o, const struct prepared *p, const char *name, struct findings *f)
{
        _cleanup_profile_ struct profile profile = {};
        _cleanup_findings_ struct findings found = {};

        if (profile_read(o->root_fd, o->layout, name, &profile, NULL) < 0)
                return 0;
        for (size_t i = 0; i < p->n_units; i++)
                if (string_ends_with(p->units[i].file->name, ".service") &&
                    collect_under(o, p, &profile, p->units[i].file, &found) < 0)
                        return -ENOMEM;
        for (size_t i = 0; i < found.n; i++)
                if (!is_told(f, found.items[i].text) &&
                    findings_add(f, FOUND_OTHER_PROFILE, NULL, "With profile '%s': %s", name,
                                 found.items[i].text) < 0)
                        return -ENOMEM;
        return 0;
}

int check_other_profiles(struct operation *o, const struct operation_request *request,
                         const struct prepared *p, struct findings *f, struct error *error)
{
        _cleanup_strv_ char **profiles = NULL;
        int r;

        r = profile_list(o->root_fd, o->layout, &profiles, error);
        for (char **name = profiles; r >= 0 && name && *name; name++)
                if (!request->profile || strcmp(request->profile, *name) != 0)
                        r = check_other(o, p, *name, f) < 0 ? error_set_oom(error) : 0;
        return r;
}
