/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "operation/exec-source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "attached/index.h"
#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "basic/path.h"
#include "operation/concerned.h"
#include "operation/operation.h"
#include "operation/prepare.h"

#define DROPIN_SIZE_MAX (256U * 1024U)
#define DROPIN          ".service.d/20-portable.conf"

void exec_source_clear(struct exec_source *s)
{
        free(s->profile);
        free(s->dropin);
        *s = (struct exec_source){};
}

/* A file of the drop-in directory of a unit; -ENOENT sets no error. */
static int read_dropin(int root_fd, const struct attached_unit *u, const char *name, char **ret,
                       struct error *error)
{
        _cleanup_free_ char *path = NULL;
        size_t size;
        int r;

        if (asprintf(&path, "%s/%s.d/%s", u->directory, u->name, name) < 0) {
                path = NULL;
                return error_set_oom(error);
        }
        r = fd_read_file_in_root(root_fd, path, DROPIN_SIZE_MAX, ret, &size);
        if (r < 0 && r != -ENOENT)
                return error_set_errno(error, r, "Cannot read '%s'", path);
        return r;
}

static int read_attached(int root_fd, const struct attached_unit *u, struct exec_source *s,
                         struct error *error)
{
        int r;

        for (char **path = u->paths; *path; path++) {
                _cleanup_close_ int fd = fd_open_in_root(root_fd, *path, O_PATH, 0);

                if (fd == -ENOENT || fd == -ENOTDIR)
                        return error_set(error, ERROR_NO_SUCH_IMAGE, ENOENT,
                                         "Image '%s' is not there any more", *path);
        }
        r = read_dropin(root_fd, u, "20-portable.conf", &s->dropin, error);
        if (r == -ENOENT)
                return error_set(error, ERROR_NO_SUCH_UNIT, r, "Unit '%s' is being detached", u->name);
        if (r < 0)
                return r;
        r = read_dropin(root_fd, u, "10-profile.conf", &s->profile, error);
        if (r == -ENOENT) {
                s->profile = strdup("");
                return s->profile ? 0 : error_set_oom(error);
        }
        return r;
}

/* 1 if a service is attached from the image. */
static int try_attached(struct operation *o, const struct operation_request *request, struct exec_source *s,
                        struct error *error)
{
        _cleanup_attached_index_ struct attached_index index = {};
        _cleanup_concerned_ struct concerned c = {};
        int q;

        q = attached_index_read(o->root_fd, o->layout, &index, error);
        if (q >= 0)
                q = concerned_find(o, &index, request, &c, error);
        /* Another version than the one that was named is another image. */
        for (size_t i = 0; c.match != CONCERNED_OTHER && i < c.n && q >= 0; i++) {
                const struct attached_unit *u = &index.units[c.units[i]];

                if (!string_ends_with(u->name, ".service"))
                        continue;
                q = read_attached(o->root_fd, u, s, error);
                return q < 0 ? q : 1;
        }
        return q < 0 ? q : 0;
}

static int profile_text(const struct profile *profile, char **ret)
{
        for (size_t i = 0; i < profile->n; i++)
                if (strcmp(profile->parts[i].suffix, "service") == 0) {
                        *ret = strdup(profile->parts[i].content);
                        return *ret ? 0 : -ENOMEM;
                }
        *ret = strdup("");
        return *ret ? 0 : -ENOMEM;
}

static const struct change *find_dropin(const struct change_list *changes)
{
        for (size_t i = 0; i < changes->n; i++)
                if (changes->items[i].data && string_ends_with(changes->items[i].path, DROPIN))
                        return &changes->items[i];
        return NULL;
}

/* The drop-in that attach would write for a service of the image; nothing is changed. */
static int plan_source(struct operation *o, const struct operation_request *request, struct exec_source *s,
                       struct error *error)
{
        _cleanup_attached_index_ struct attached_index index = {};
        _cleanup_changes_ struct change_list changes = {};
        _cleanup_prepared_ struct prepared p = {};
        const struct change *dropin;
        int q;

        q = prepare_layers(o, request, NULL, &p, error);
        if (q >= 0)
                q = attached_index_read(o->root_fd, o->layout, &index, error);
        if (q >= 0)
                q = prepare_plan(o, request, &(struct unit_selection){.index = &index}, &p, &changes, error);
        if (q < 0)
                return q;
        dropin = find_dropin(&changes);
        if (!dropin)
                return error_set(error, ERROR_NO_MATCHING_UNIT_FILES, ENOENT, "The image has no service");
        s->dropin = strndup(dropin->data, dropin->size);
        return s->dropin && profile_text(&p.profile, &s->profile) >= 0 ? 0 : error_set_oom(error);
}

static int replace_profile(struct operation *o, const struct operation_request *request,
                           struct exec_source *s, struct error *error)
{
        _cleanup_profile_ struct profile profile = {};
        int r = profile_read(o->root_fd, o->layout, request->profile, &profile, error);

        if (r < 0)
                return r;
        free(s->profile);
        s->profile = NULL;
        return profile_text(&profile, &s->profile) < 0 ? error_set_oom(error) : 0;
}

int exec_source_read(struct operation *o, const struct operation_request *request, bool own_profile,
                     struct exec_source *ret, struct error *error)
{
        _cleanup_exec_source_ struct exec_source s = {};
        int r = try_attached(o, request, &s, error);

        if (r > 0)
                r = own_profile ? replace_profile(o, request, &s, error) : 0;
        else if (r == 0)
                r = plan_source(o, request, &s, error);
        if (r < 0)
                return r;
        *ret = s;
        s = (struct exec_source){};
        return 0;
}
