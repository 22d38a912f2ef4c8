/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "operation/choices.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attached/files.h"
#include "attached/index.h"
#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "operation/check.h"
#include "operation/operation.h"
#include "operation/profile.h"
#include "operation/status.h"

#define PROFILE_SIZE_MAX (256U * 1024U)

void attach_choices_clear(struct attach_choices *c)
{
        free(c->profile);
        strv_free(c->prefixes);
        strv_free(c->given);
        *c = (struct attach_choices){};
}

static bool has_content(const struct profile *p, const char *text, size_t size)
{
        for (size_t i = 0; i < p->n; i++)
                if (strcmp(p->parts[i].suffix, "service") == 0)
                        return p->parts[i].size == size && memcmp(p->parts[i].content, text, size) == 0;
        return false;
}

/* The profile that was copied: the one of that content, else the copy itself is a file of one's own. */
static int find_copied(int root_fd, const struct layout *layout, const char *path, char **ret,
                       struct error *error)
{
        _cleanup_strv_ char **names = NULL;
        _cleanup_free_ char *text = NULL;
        size_t size;
        int r;

        r = fd_read_file_in_root(root_fd, path, PROFILE_SIZE_MAX, &text, &size);
        if (r < 0)
                return error_set_errno(error, r, "Cannot read '%s'", path);
        r = profile_list(root_fd, layout, &names, error);
        if (r < 0)
                return r;
        for (char **name = names; name && *name; name++) {
                _cleanup_profile_ struct profile profile = {};
                _cleanup_error_ struct error unreadable = {};

                if (profile_read(root_fd, layout, *name, &profile, &unreadable) < 0 ||
                    !has_content(&profile, text, size))
                        continue;
                *ret = strdup(*name);
                return *ret ? 0 : error_set_oom(error);
        }
        *ret = strdup(path);
        return *ret ? 0 : error_set_oom(error);
}

static int read_profile(int root_fd, const struct layout *layout, const struct attached_unit *u,
                        struct attach_choices *c, struct error *error)
{
        _cleanup_free_ char *directory = path_join(u->directory, u->name), *path = NULL, *target = NULL;
        _cleanup_close_ int fd = -EBADF;

        if (!directory || asprintf(&path, "%s.d/10-profile.conf", directory) < 0) {
                path = NULL;
                return error_set_oom(error);
        }
        fd = fd_open_in_root(root_fd, path, O_PATH | O_NOFOLLOW, 0);
        if (fd == -ENOENT)
                return 0;
        if (fd < 0)
                return error_set_errno(error, fd, "Cannot open '%s'", path);
        if (fd_readlink(fd, "", &target) < 0) {
                c->copy_mode = "copy";
                return find_copied(root_fd, layout, path, &c->profile, error);
        }
        c->profile = profile_name_from_path(layout, target);
        return c->profile ? 0 : error_set_oom(error);
}

static bool is_link(int root_fd, const struct attached_unit *u)
{
        _cleanup_close_ int fd = fd_open_in_root(root_fd, u->directory, O_PATH | O_DIRECTORY, 0);
        _cleanup_free_ char *target = NULL;

        return fd >= 0 && fd_readlink(fd, u->name, &target) >= 0;
}

static int read_unit(int root_fd, const struct layout *layout, const struct attached_unit *u,
                     struct attach_choices *c, struct error *error)
{
        _cleanup_attached_files_ struct attached_files files = {};
        int r;

        r = attached_unit_read_files(root_fd, u, &files, error);
        if (r < 0)
                return r;
        if (!c->prefixes && files.prefixes[0] && strv_copy(files.prefixes, &c->prefixes) < 0)
                return error_set_oom(error);
        if (!c->given && files.given && files.given[0] && strv_copy(files.given, &c->given) < 0)
                return error_set_oom(error);
        c->confined = c->confined || (files.confined && files.confined[0]);
        if (is_link(root_fd, u))
                c->copy_mode = "symlink";
        else if (files.copied[0])
                c->copy_mode = "mixed";
        if (c->service || !string_ends_with(u->name, ".service"))
                return 0;
        c->service = true;
        return read_profile(root_fd, layout, u, c, error);
}

int attach_choices_read(struct operation *o, const struct operation_request *request, bool runtime,
                        struct attach_choices *ret, struct error *error)
{
        _cleanup_attach_choices_ struct attach_choices c = {.copy_mode = ""};
        _cleanup_attached_index_ struct attached_index index = {};
        _cleanup_unit_selection_ struct unit_selection found = {};
        _cleanup_error_ struct error e = {};
        int r = attached_index_read(o->root_fd, o->layout, &index, error);

        if (r < 0)
                return r;
        r = operation_find_attached(o, &index, request, runtime, &found, &e);
        if (r == -ENXIO)
                return 0;
        if (r < 0)
                error_move(error, &e);
        for (size_t i = 0; i < found.n && r >= 0; i++)
                r = read_unit(o->root_fd, o->layout, unit_selection_at(&found, i), &c, error);
        if (r < 0)
                return r;
        *ret = c;
        c = (struct attach_choices){};
        return 1;
}
