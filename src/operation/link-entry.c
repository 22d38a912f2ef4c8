/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "operation/link-entry.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "attached/files.h"
#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "basic/layout.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "operation/check.h"
#include "operation/operation.h"

void link_entry_clear(struct link_entry *e)
{
        free(e->path);
        free(e->target);
        free(e->source);
        *e = (struct link_entry){};
}

/* 1 if it is there, 0 if not. */
static int read_entry(struct operation *o, const char *directory, const char *name, struct link_entry *e)
{
        _cleanup_close_ int fd = fd_open_in_root(o->root_fd, directory, O_PATH | O_DIRECTORY, 0);
        struct stat st;
        int r;

        if (fd == -ENOENT || fd == -ENOTDIR)
                return 0;
        if (fd < 0)
                return fd;
        if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
                return errno == ENOENT ? 0 : -errno;
        e->mode = st.st_mode;
        r = S_ISLNK(st.st_mode) ? fd_readlink(fd, name, &e->target) : 0;
        return r < 0 ? r : 1;
}

int link_entry_look(struct operation *o, const char *path, bool runtime, struct link_entry *ret,
                    struct error *error)
{
        const char *directory = layout_links(o->layout, runtime);
        _cleanup_link_entry_ struct link_entry e = {.path = path_join(directory, path_base(path))};
        int r;

        if (!e.path)
                return error_set_oom(error);
        e.inside = strcmp(e.path, path) == 0;
        r = read_entry(o, directory, path_base(path), &e);
        if (r == -ENOMEM)
                return error_set_oom(error);
        if (r < 0)
                return error_set_errno(error, r, "Cannot look up '%s'", e.path);
        e.there = r > 0;
        *ret = e;
        e = (struct link_entry){};
        return 0;
}

/* An image of the unit has the name of the entry. */
static bool shares_name(const struct attached_unit *u, const char *name)
{
        for (char **p = u->paths; *p; p++)
                if (strcmp(path_base(*p), name) == 0)
                        return true;
        return false;
}

/* What the unit's drop-in says of the entry. */
static enum entry_owner owner_by(const struct attached_unit *u, const struct attached_files *files,
                                 const struct link_entry *e)
{
        if (!e->target && strv_contains(files->copied, e->path))
                return ENTRY_COPY;
        if (e->target && !strv_contains(files->kept, e->path) && strv_contains(u->paths, e->target))
                return ENTRY_LINK;
        return ENTRY_FOREIGN;
}

static int keep_source(const struct attached_files *files, struct link_entry *e)
{
        size_t n = strv_length(files->sources);

        for (size_t i = 0; !e->source && i < n && files->copied[i]; i++)
                if (strcmp(files->copied[i], e->path) == 0 && !(e->source = strdup(files->sources[i])))
                        return -ENOMEM;
        return 0;
}

int link_entry_find_owner(struct operation *o, const struct unit_selection *replaced, bool runtime,
                          struct link_entry *e, struct error *error)
{
        for (size_t i = 0; e->there && i < replaced->index->n_units; i++) {
                const struct attached_unit *u = replaced->index->units + i;
                _cleanup_attached_files_ struct attached_files files = {};
                enum entry_owner owner;
                int r;

                if (u->runtime != runtime || !shares_name(u, path_base(e->path)))
                        continue;
                r = attached_unit_read_files(o->root_fd, u, &files, error);
                if (r < 0)
                        return r;
                owner = owner_by(u, &files, e);
                if (owner == ENTRY_FOREIGN)
                        continue;
                e->owner = owner;
                if (unit_selection_has(replaced, i))
                        e->replaced = true;
                else
                        e->needed = true;
                if (keep_source(&files, e) < 0)
                        return error_set_oom(error);
        }
        return 0;
}
