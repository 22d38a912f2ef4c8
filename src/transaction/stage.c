/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transaction/stage.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "transaction/private.h"
#include "transaction/reason.h"

#define NOT_FRESH SIZE_MAX

/* Where a path is, or is going to be. */
struct where {
        int dir_fd;     /* its directory: in the root, or one that is staged */
        size_t fresh;   /* index of the op that brings the staged directory, or NOT_FRESH */
        uint32_t place; /* if NOT_FRESH: the work directory on the same mount */
};

static void where_close(struct where *w)
{
        w->dir_fd = fd_close(w->dir_fd);
}

#define _cleanup_where_ _cleanup_(where_close)

void stage_clear(struct stage *s)
{
        op_list_clear(&s->ops);
        for (size_t i = 0; i < s->n_copies; i++)
                free(s->copies[i].target);
        free(s->copies);
        s->copies = NULL;
        s->n_copies = 0;
}

static int fail(const struct stage *s, const struct change *c, int r, struct error *error)
{
        static const char *const verbs[CHANGE_TYPE_MAX] = {
                [CHANGE_MKDIR] = "make directory", [CHANGE_WRITE] = "write",
                [CHANGE_SYMLINK] = "make symlink", [CHANGE_COPY] = "copy to",
                [CHANGE_UNLINK] = "remove",
        };
        const char *why = r == -EEXIST    ? "there is something of that name already"
                          : r == -EISDIR  ? "it is a directory"
                          : r == -ENOTDIR ? "it, or what it would be in, is not a directory"
                                          : NULL;

        if (r == -ENOMEM)
                return error_set_oom(error);
        if (why)
                return error_set(error, ERROR_SYSTEM, r, "Cannot %s '%s': %s", verbs[c->type], c->path, why);
        return reason_set(error, reason_in(&s->work, r), r, "Cannot %s '%s'", verbs[c->type], c->path);
}

/* The op that brings the directory path lies in, if that is new in this transaction. */
static size_t find_fresh(const struct stage *s, const char *path)
{
        for (size_t i = s->ops.n; i-- > 0;) {
                const struct op *o = &s->ops.items[i];

                if (o->kind == OP_NEW && o->directory && path_is_below(path, o->path) &&
                    strcmp(path, o->path) != 0)
                        return i;
        }
        return NOT_FRESH;
}

/* What path is called within the directory of the op. */
static const char *relative_to(const struct op *o, const char *path)
{
        return path + strlen(o->path) + 1;
}

static int open_fresh(struct stage *s, const struct op *o, const char *path)
{
        struct open_how how = {
                .flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
                .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
        };
        _cleanup_free_ char *directory = path_directory(path), *name = NULL;
        int fd;

        if (!directory)
                return -ENOMEM;
        name = path_join(slot_name(o->slot).name, directory + strlen(o->path));
        if (!name)
                return -ENOMEM;
        fd = (int)syscall(SYS_openat2, s->work.places[o->place].fd, name, &how, sizeof(how));
        return fd < 0 ? -errno : fd;
}

static int stage_mkdir(struct stage *s, const struct change *c, struct error *error);

static int make_parent(struct stage *s, const char *path, struct error *error)
{
        _cleanup_free_ char *directory = path_directory(path);
        struct change c = {.type = CHANGE_MKDIR, .path = directory};

        return directory ? stage_mkdir(s, &c, error) : error_set_oom(error);
}

/* Finds the directory of c's path. A missing one is staged too if "make" is set, else this is -ENOENT,
 * without error set. */
static int locate(struct stage *s, const struct change *c, bool make, struct where *ret, struct error *error)
{
        _cleanup_free_ char *directory = path_directory(c->path);
        _cleanup_where_ struct where w = {.dir_fd = -EBADF};
        int r;

        if (!path_is_normalized(c->path) || strcmp(c->path, "/") == 0)
                return error_set(error, ERROR_INVALID_ARGS, EINVAL, "'%s' is not a normalized path",
                                 c->path);
        if (!directory)
                return error_set_oom(error);
        for (unsigned attempt = 0;; attempt++) {
                w.fresh = find_fresh(s, c->path);
                if (w.fresh != NOT_FRESH)
                        w.dir_fd = open_fresh(s, &s->ops.items[w.fresh], c->path);
                else
                        w.dir_fd = fd_open_in_root(s->work.root_fd, directory, O_PATH | O_DIRECTORY, 0);
                if (w.dir_fd != -ENOENT || attempt > 0)
                        break;
                if (!make)
                        return -ENOENT;
                r = make_parent(s, c->path, error);
                if (r < 0)
                        return r;
        }
        if (w.dir_fd < 0)
                return fail(s, c, w.dir_fd, error);
        if (w.fresh == NOT_FRESH) {
                r = work_place(&s->work, w.dir_fd, directory, &w.place, error);
                if (r < 0)
                        return r;
        }
        *ret = w;
        w.dir_fd = -EBADF;
        return 0;
}

/* What is going to be at c's path when all ops so far are done: 1 and its type and identity, or 0. */
static int look_ahead(struct stage *s, const struct change *c, const struct where *w, mode_t *ret_mode,
                      struct identity *ret_id)
{
        for (size_t i = s->ops.n; i-- > 0;) {
                const struct op *o = &s->ops.items[i];

                if (strcmp(o->path, c->path) != 0 || o->if_empty || o->kind == OP_CLOSE)
                        continue;
                if (o->kind == OP_REMOVE)
                        return 0;
                return identity_look(s->work.places[o->place].fd, slot_name(o->slot).name, ret_mode, ret_id);
        }
        return identity_look(w->dir_fd, path_base(c->path), ret_mode, ret_id);
}

static int add_child(struct stage *s, const struct where *w, const char *path, bool tree)
{
        struct op *o = &s->ops.items[w->fresh];
        char *child = NULL;

        if (asprintf(&child, "%s%s", relative_to(o, path), tree ? "/" : "") < 0)
                return -ENOMEM;
        return strv_consume(&o->children, child);
}

/* Adds the rename that brings a staged slot to c's path. */
static int add_op(struct stage *s, const struct change *c, uint32_t place, uint32_t slot, struct op o)
{
        mode_t mode;
        int r;

        o.place = place;
        o.slot = slot;
        r = identity_look(s->work.places[place].fd, slot_name(slot).name, &mode, &o.id);
        if (r <= 0)
                return r ?: -ENOENT;
        o.path = strdup(c->path);
        if (!o.path || !op_list_add(&s->ops, &o))
                return -ENOMEM;
        return 0;
}

static int make_directory(int dir_fd, const char *name, mode_t mode)
{
        if (mkdirat(dir_fd, name, 0700) < 0)
                return -errno;
        return fchmodat(dir_fd, name, mode ? mode & 07777 : 0755, 0) < 0 ? -errno : 0;
}

static int make_file(int dir_fd, const char *name, const struct change *c)
{
        _cleanup_close_ int fd = -EBADF;
        int r;

        fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (fd < 0)
                return -errno;
        r = fd_write_all(fd, c->data, c->size);
        if (r < 0)
                return r;
        /* On its way while the next one is made; sync.c waits for it, and hears of what goes wrong. */
        (void)sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
        return fchmod(fd, c->mode ? c->mode & 07777 : 0644) < 0 ? -errno : 0;
}

static int make_one(int dir_fd, const char *name, const struct change *c)
{
        if (c->type == CHANGE_MKDIR)
                return make_directory(dir_fd, name, c->mode);
        if (c->type == CHANGE_SYMLINK)
                return symlinkat(c->source, dir_fd, name) < 0 ? -errno : 0;
        return make_file(dir_fd, name, c);
}

/* Makes a file, symlink or directory in a directory that is staged itself. */
static int make_in_fresh(struct stage *s, const struct change *c, const struct where *w)
{
        const char *name = path_base(c->path);
        int r = add_child(s, w, c->path, false);

        if (r < 0)
                return r;
        r = make_one(w->dir_fd, name, c);
        if (r == -EEXIST && c->type == CHANGE_MKDIR) {
                struct stat st;

                if (fstatat(w->dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
                        return -errno;
                return S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
        }
        if (r == -EEXIST && c->replace) {
                if (unlinkat(w->dir_fd, name, 0) < 0)
                        return -errno;
                return make_one(w->dir_fd, name, c);
        }
        return r;
}

static int make_in_slot(struct stage *s, const struct change *c, const struct where *w, struct op o)
{
        uint32_t slot = s->work.n_slots++;
        int r = make_one(s->work.places[w->place].fd, slot_name(slot).name, c);

        return r < 0 ? r : add_op(s, c, w->place, slot, o);
}

static bool is_changed(const struct stage *s, const char *path)
{
        for (size_t i = 0; i < s->ops.n; i++)
                if (s->ops.items[i].kind != OP_CLOSE && strcmp(s->ops.items[i].path, path) == 0)
                        return true;
        return false;
}

/* A directory that is there needs nothing, not even that the one above can be written. */
static bool is_there_for_good(const struct stage *s, const char *path)
{
        _cleanup_close_ int fd = -EBADF;

        if (!path_is_normalized(path) || find_fresh(s, path) != NOT_FRESH || is_changed(s, path))
                return false;
        fd = fd_open_in_root(s->work.root_fd, path, O_PATH | O_DIRECTORY, 0);
        return fd >= 0;
}

static int stage_mkdir(struct stage *s, const struct change *c, struct error *error)
{
        _cleanup_where_ struct where w = {.dir_fd = -EBADF};
        struct identity id;
        mode_t mode;
        int r;

        if (is_there_for_good(s, c->path))
                return 0;
        r = locate(s, c, true, &w, error);
        if (r < 0)
                return r;
        if (w.fresh != NOT_FRESH) {
                r = make_in_fresh(s, c, &w);
                return r < 0 ? fail(s, c, r, error) : 0;
        }
        r = look_ahead(s, c, &w, &mode, &id);
        if (r > 0 && S_ISDIR(mode))
                return 0;
        if (r > 0) {
                /* A symlink to a directory, inside the root, will do. */
                _cleanup_close_ int fd = fd_open_in_root(s->work.root_fd, c->path, O_PATH | O_DIRECTORY, 0);

                return fd < 0 ? fail(s, c, fd == -ENOENT ? -ENOTDIR : fd, error) : 0;
        }
        if (r == 0)
                r = make_in_slot(s, c, &w, (struct op){.kind = OP_NEW, .directory = true});
        return r < 0 ? fail(s, c, r, error) : 0;
}

/* Whether a file that is to appear at c's path is new there or replaces another. */
static int new_or_replace(struct stage *s, const struct change *c, const struct where *w, struct op *o)
{
        struct identity id;
        mode_t mode;
        int r = look_ahead(s, c, w, &mode, &id);

        if (r < 0)
                return r;
        if (r > 0 && !c->replace)
                return -EEXIST;
        if (r > 0 && S_ISDIR(mode) && !o->tree)
                return -EISDIR;
        o->kind = r > 0 ? OP_REPLACE : OP_NEW;
        return 0;
}

static int stage_file(struct stage *s, const struct change *c, struct error *error)
{
        _cleanup_where_ struct where w = {.dir_fd = -EBADF};
        struct op o = {.tree = c->type == CHANGE_SYMLINK && c->tree};
        int r;

        r = locate(s, c, true, &w, error);
        if (r < 0)
                return r;
        if (w.fresh != NOT_FRESH) {
                r = make_in_fresh(s, c, &w);
        } else {
                r = new_or_replace(s, c, &w, &o);
                if (r >= 0)
                        r = make_in_slot(s, c, &w, o);
        }
        return r < 0 ? fail(s, c, r, error) : 0;
}

/* Takes a copy that stage_add_copy() has kept. */
static struct staged_copy *find_copy(struct stage *s, const char *target)
{
        for (size_t i = 0; i < s->n_copies; i++)
                if (!s->copies[i].used && strcmp(s->copies[i].target, target) == 0)
                        return &s->copies[i];
        return NULL;
}

/* For a copy that only root may get at, before it appears there. */
static int close_directory(struct stage *s, const struct change *c, const struct where *w)
{
        _cleanup_free_ char *directory = path_directory(c->path);

        if (w->fresh != NOT_FRESH)
                return private_close_staged(w->dir_fd);
        return directory ? private_add(&s->ops, w->dir_fd, directory, w->place) : -ENOMEM;
}

static int stage_copied_image(struct stage *s, const struct change *c, struct error *error)
{
        _cleanup_where_ struct where w = {.dir_fd = -EBADF};
        struct staged_copy *copy = find_copy(s, c->path);
        struct op o = {.tree = true};
        int r;

        if (!copy)
                return error_set(error, ERROR_FAILED, EINVAL, "Cannot copy to '%s': no copy was made before",
                                 c->path);
        r = locate(s, c, true, &w, error);
        if (r < 0)
                return r;
        copy->used = true;
        r = copy->private ? close_directory(s, c, &w) : 0;
        if (r < 0)
                return fail(s, c, r, error);
        if (w.fresh != NOT_FRESH) {
                int from = s->work.places[copy->place].fd;

                if (renameat2(from, slot_name(copy->slot).name, w.dir_fd, path_base(c->path),
                              RENAME_NOREPLACE) < 0)
                        return fail(s, c, -errno, error);
                r = add_child(s, &w, c->path, true);
        } else {
                r = copy->place == w.place ? new_or_replace(s, c, &w, &o) : -EXDEV;
                if (r >= 0)
                        r = add_op(s, c, copy->place, copy->slot, o);
        }
        return r < 0 ? fail(s, c, r, error) : 0;
}

static int add_removal(struct stage *s, const struct change *c, const struct where *w, struct identity id)
{
        struct op o = {
                .kind = OP_REMOVE,
                .place = w->place,
                .slot = s->work.n_slots++,
                .id = id,
                .tree = c->tree,
                .directory = c->directory && !c->tree,
                .if_empty = c->if_empty,
                .confines = c->confines,
        };
        struct stat st;

        /* One that an earlier op makes is not to be made again on the way back; one that an earlier op may
         * remove has all this there. */
        if (o.directory && !is_changed(s, c->path) &&
            fstatat(w->dir_fd, path_base(c->path), &st, AT_SYMLINK_NOFOLLOW) >= 0) {
                o.mode = st.st_mode;
                o.uid = st.st_uid;
                o.gid = st.st_gid;
        }
        o.path = strdup(c->path);
        return o.path && op_list_add(&s->ops, &o) ? 0 : -ENOMEM;
}

static int stage_unlink(struct stage *s, const struct change *c, struct error *error)
{
        _cleanup_where_ struct where w = {.dir_fd = -EBADF};
        struct identity id;
        mode_t mode;
        int r;

        r = locate(s, c, false, &w, error);
        if (r == -ENOENT)
                return 0; /* gone with its directory */
        if (r < 0)
                return r;
        r = look_ahead(s, c, &w, &mode, &id);
        if (r == 0)
                return 0;
        if (r > 0 && w.fresh != NOT_FRESH)
                r = -EINVAL;
        else if (r > 0 && !c->tree && c->directory && !S_ISDIR(mode))
                r = c->if_empty ? 0 : -ENOTDIR;
        else if (r > 0 && !c->tree && !c->directory && S_ISDIR(mode))
                r = -EISDIR;
        else if (r > 0)
                r = add_removal(s, c, &w, id);
        return r < 0 ? fail(s, c, r, error) : 0;
}

int stage_change(struct stage *s, const struct change *c, struct error *error)
{
        switch (c->type) {
        case CHANGE_MKDIR:
                return stage_mkdir(s, c, error);
        case CHANGE_WRITE:
        case CHANGE_SYMLINK:
                return stage_file(s, c, error);
        case CHANGE_COPY:
                return c->data ? stage_file(s, c, error) : stage_copied_image(s, c, error);
        case CHANGE_UNLINK:
                return stage_unlink(s, c, error);
        case CHANGE_TYPE_MAX:
        default:
                return error_set(error, ERROR_FAILED, EINVAL, "Unknown type of change for '%s'", c->path);
        }
}
