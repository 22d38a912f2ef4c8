/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/attach.h"

#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/path.h"
#include "basic/text.h"

static const struct plan_existing_unit *find_existing(const struct plan_attach *input, const char *name)
{
        static const struct plan_existing_unit nothing = {};

        for (size_t i = 0; i < input->n_existing; i++)
                if (strcmp(input->existing[i].name, name) == 0)
                        return input->existing + i;
        return &nothing;
}

static const struct plan_profile_part *find_profile_part(const struct plan_attach *input,
                                                         const char *unit_name)
{
        const char *suffix = strrchr(unit_name, '.') + 1;

        for (size_t i = 0; i < input->n_profile; i++)
                if (strcmp(input->profile[i].suffix, suffix) == 0)
                        return input->profile + i;
        return NULL;
}

static int set_content(struct change *c, const char *content, size_t size)
{
        c->data = text_copy(content, size);
        if (!c->data)
                return -1;
        c->size = size;
        c->mode = 0644;
        return 0;
}

static int add_directory(struct change_list *l, const char *path, bool exists, struct error *error)
{
        struct change *c = change_list_add(l, CHANGE_MKDIR, path, NULL);

        if (!c)
                return error_set_oom(error);
        c->mode = 0755;
        c->silent = exists;
        return 0;
}

static int add_profile(const struct plan_attach *input, const struct plan_unit *unit, const char *dropin_dir,
                       struct change_list *l, struct error *error)
{
        const struct plan_profile_part *part = find_profile_part(input, unit->name);
        bool exists = find_existing(input, unit->name)->profile;
        _cleanup_free_ char *path = path_join(dropin_dir, "10-profile.conf");
        struct change *c;

        if (!path)
                return error_set_oom(error);
        if (!part && !exists)
                return 0;
        if (!part)
                c = change_list_add(l, CHANGE_UNLINK, path, NULL);
        else
                c = change_list_add(l, input->copy_profile ? CHANGE_COPY : CHANGE_SYMLINK, path, part->path);
        if (!c)
                return error_set_oom(error);
        if (part && input->copy_profile && set_content(c, part->content, part->size) < 0)
                return error_set_oom(error);
        c->silent = !part;
        c->replace = part && exists;
        return 0;
}

static int add_unit_file(const struct plan_attach *input, const struct plan_unit *unit,
                         struct change_list *l, struct error *error)
{
        _cleanup_free_ char *path = path_join(input->attach_directory, unit->name);
        struct change *c;

        if (!path)
                return error_set_oom(error);
        if (unit->link_target)
                c = change_list_add(l, CHANGE_SYMLINK, path, unit->link_target);
        else
                c = change_list_add(l, CHANGE_COPY, path, unit->source);
        if (!c || (!unit->link_target && set_content(c, unit->content, unit->size) < 0))
                return error_set_oom(error);
        c->replace = find_existing(input, unit->name)->unit;
        return 0;
}

/* Drop-ins first, the unit last: the manager must never find the unit without what confines it. */
static int add_unit(const struct plan_attach *input, const struct plan_unit *unit, struct change_list *l,
                    struct error *error)
{
        const struct plan_existing_unit *existing = find_existing(input, unit->name);
        _cleanup_free_ char *directory = NULL, *path = NULL, *text = NULL, *dropin = NULL;
        struct change *c;
        int r;

        r = plan_dropin_format(input, unit, &text, error);
        if (r < 0)
                return r;

        directory = path_join(input->attach_directory, unit->name);
        if (!directory || !(dropin = malloc(strlen(directory) + 3)))
                return error_set_oom(error);
        strcpy(stpcpy(dropin, directory), ".d");
        path = path_join(dropin, "20-portable.conf");
        if (!path)
                return error_set_oom(error);

        r = add_directory(l, dropin, existing->dropin_directory, error);
        if (r < 0)
                return r;
        c = change_list_add(l, CHANGE_WRITE, path, NULL);
        if (!c || set_content(c, text, strlen(text)) < 0)
                return error_set_oom(error);
        c->replace = existing->dropin_directory;

        r = add_profile(input, unit, dropin, l, error);
        if (r < 0)
                return r;
        return add_unit_file(input, unit, l, error);
}

static int add_links(const struct plan_attach *input, struct change_list *l, struct error *error)
{
        for (size_t i = 0; i < input->n_links; i++) {
                const struct plan_link *link = input->links + i;
                _cleanup_free_ char *directory = path_directory(link->path);
                struct change *c;
                int r;

                if (!directory)
                        return error_set_oom(error);
                r = add_directory(l, directory, true, error);
                if (r < 0)
                        return r;
                c = change_list_add(l, link->copy ? CHANGE_COPY : CHANGE_SYMLINK, link->path, link->source);
                if (!c)
                        return error_set_oom(error);
                c->silent = link->silent;
                c->replace = link->replace;
                c->tree = link->tree;
        }
        return 0;
}

int plan_attach(const struct plan_attach *input, struct change_list *ret, struct error *error)
{
        _cleanup_changes_ struct change_list l = {};
        int r;

        r = add_directory(&l, input->attach_directory, input->attach_directory_exists, error);
        for (size_t i = 0; r >= 0 && i < input->n_units; i++)
                r = add_unit(input, input->units + i, &l, error);
        if (r >= 0)
                r = add_links(input, &l, error);
        if (r < 0)
                return r;

        *ret = l;
        l = (struct change_list){};
        return 0;
}
