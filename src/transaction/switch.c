/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transaction/switch.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <linux/stat.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "transaction/rename.h"
#include "transaction/tree.h"
#include "transaction/work.h"

/* Both ends of an op, and what is there now. */
struct view {
        int parent_fd; /* owned */
        struct slot_name slot_buffer, spare_buffer;
        struct end slot, spare, target;
        int slot_there, target_there; /* 1 or 0 */
        mode_t slot_mode, target_mode;
        struct identity slot_id, target_id;
};

static void view_close(struct view *v)
{
        v->parent_fd = fd_close(v->parent_fd);
}

#define _cleanup_view_ _cleanup_(view_close)

static int view_look(struct view *v)
{
        int r = identity_look(v->slot.dir_fd, v->slot.name, &v->slot_mode, &v->slot_id);

        if (r < 0)
                return r;
        v->slot_there = r;
        if (v->parent_fd < 0)
                return 0;
        r = identity_look(v->parent_fd, v->target.name, &v->target_mode, &v->target_id);
        if (r < 0)
                return r;
        v->target_there = r;
        return 0;
}

/* Opens the directory of o's path and looks. parent_fd stays -ENOENT where that directory is missing. */
static int view_open(struct work *w, const struct op *o, struct view *v)
{
        _cleanup_free_ char *directory = path_directory(o->path);

        *v = (struct view){.parent_fd = -EBADF};
        if (!directory)
                return -ENOMEM;
        if (o->place >= w->n_places)
                return -EBADMSG;
        if (w->places[o->place].fd < 0)
                return -ENOENT;
        v->slot_buffer = slot_name(o->slot);
        snprintf(v->spare_buffer.name, sizeof(v->spare_buffer.name), "o%u", (unsigned)o->slot);
        v->parent_fd = fd_open_in_root(w->root_fd, directory, O_PATH | O_DIRECTORY, 0);
        if (v->parent_fd < 0 && v->parent_fd != -ENOENT && v->parent_fd != -ENOTDIR)
                return v->parent_fd;
        v->slot = (struct end){w->places[o->place].fd, v->slot_buffer.name};
        v->spare = (struct end){w->places[o->place].fd, v->spare_buffer.name};
        v->target = (struct end){v->parent_fd, path_base(o->path)};
        return view_look(v);
}

static bool is_immutable(int dir_fd, const char *name)
{
        struct statx stx;

        if (statx(dir_fd, name, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH, STATX_TYPE, &stx) < 0)
                return false;
        return stx.stx_attributes & (STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND);
}

static int fail(const struct op *o, const struct view *v, int r, struct error *error)
{
        static const char *const verbs[OP_KIND_MAX] = {
                [OP_NEW] = "make", [OP_REPLACE] = "replace", [OP_REMOVE] = "remove"};
        const char *why = NULL;

        if (r == -EPERM && v->parent_fd >= 0 && is_immutable(v->parent_fd, v->target.name))
                why = "it has the immutable or append-only attribute";
        else if (r == -EPERM && v->parent_fd >= 0 && is_immutable(v->parent_fd, ""))
                why = "its directory has the immutable or append-only attribute";
        else if (r == -EEXIST)
                why = "there is something of that name already";
        else if (r == -EISDIR)
                why = "it is a directory";
        else if (r == -ENOTDIR)
                why = "it is not a directory";
        else if (r == -EXDEV)
                why = "the file system cannot move it (a lower layer of overlayfs, or a project quota)";
        else if (r == -EOPNOTSUPP)
                why = "the file system cannot replace it in one step";
        if (why)
                return error_set(error, ERROR_SYSTEM, r, "Cannot %s '%s': %s", verbs[o->kind], o->path, why);
        return error_set_errno(error, r, "Cannot %s '%s'", verbs[o->kind], o->path);
}

static int directory_is_empty(int dir_fd, const char *name)
{
        _cleanup_closedir_ DIR *d = NULL;
        int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        struct dirent *e;

        if (fd < 0 || !(d = fdopendir(fd))) {
                fd_close(fd);
                return -errno;
        }
        while ((errno = 0, e = readdir(d)))
                if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
                        return 0;
        return errno ? -errno : 1;
}

static int do_remove(const struct op *o, const struct view *v)
{
        int r;

        if (!v->target_there)
                return 0;
        if (o->directory) {
                r = S_ISDIR(v->target_mode) ? directory_is_empty(v->target.dir_fd, v->target.name)
                                            : -ENOTDIR;
                if (r <= 0)
                        return o->if_empty && (r == 0 || r == -ENOTDIR) ? 0 : r ?: -ENOTEMPTY;
        } else if (!o->tree && S_ISDIR(v->target_mode)) {
                return -EISDIR;
        }

        r = rename_new(v->target, v->slot);
        if (r != -EXDEV)
                return r;
        /* overlayfs does not move directories of its lower layers. An empty one can go at once (undo makes
         * it again), a tree only when there is no way back any more, see switch_is_late(). */
        if (o->directory && unlinkat(v->target.dir_fd, v->target.name, AT_REMOVEDIR) < 0)
                return errno == ENOTEMPTY && o->if_empty ? 0 : -errno;
        return o->directory || (o->tree && S_ISDIR(v->target_mode)) ? 0 : -EXDEV;
}

static int do_replace(const struct op *o, const struct view *v)
{
        if (!v->target_there)
                return rename_new(v->slot, v->target);
        if (!o->tree && S_ISDIR(v->target_mode))
                return -EISDIR;
        return rename_swap(v->slot, v->target, v->spare);
}

int switch_do(struct work *w, const struct op *o, struct error *error)
{
        _cleanup_view_ struct view v;
        int r = view_open(w, o, &v);

        if (r >= 0 && v.parent_fd < 0)
                r = o->kind == OP_REMOVE ? 0 : v.parent_fd;
        else if (r >= 0 && o->kind == OP_NEW)
                r = rename_new(v.slot, v.target);
        else if (r >= 0 && o->kind == OP_REPLACE)
                r = do_replace(o, &v);
        else if (r >= 0)
                r = do_remove(o, &v);
        return r < 0 ? fail(o, &v, r, error) : 0;
}

__attribute__((format(printf, 2, 3))) static int say(char ***messages, const char *format, ...)
{
        va_list ap;
        char *s;
        int n;

        if (!messages)
                return 0;
        va_start(ap, format);
        n = vasprintf(&s, format, ap);
        va_end(ap);
        return n < 0 ? -ENOMEM : strv_consume(messages, s);
}

static int say_left_alone(char ***messages, const struct op *o)
{
        return say(messages, "'%s' was changed by somebody else in the meantime and is left as it is.",
                   o->path);
}

static bool target_is_ours(const struct op *o, const struct view *v)
{
        return v->target_there && identity_equal(v->target_id, o->id);
}

static bool slot_is_staged(const struct op *o, const struct view *v)
{
        return v->slot_there && identity_equal(v->slot_id, o->id);
}

static int undo_new(const struct op *o, const struct view *v, char ***messages)
{
        if (v->slot_there) {
                /* Both: rename_new() stopped between link and unlink. */
                if (target_is_ours(o, v) && unlinkat(v->target.dir_fd, v->target.name, 0) < 0)
                        return -errno;
                return 0;
        }
        if (target_is_ours(o, v))
                return rename_new(v->target, v->slot);
        return v->target_there ? say_left_alone(messages, o) : 0;
}

static int undo_replace(const struct op *o, const struct view *v, char ***messages)
{
        bool spare_there = faccessat(v->spare.dir_fd, v->spare.name, F_OK, AT_SYMLINK_NOFOLLOW) >= 0;
        struct end old = v->slot_there ? v->slot : v->spare;

        if (slot_is_staged(o, v))
                return 0;
        if (target_is_ours(o, v)) {
                if (v->slot_there)
                        return rename_swap(v->slot, v->target, v->spare);
                if (spare_there)
                        return renameat(v->spare.dir_fd, v->spare.name, v->target.dir_fd, v->target.name) < 0
                                       ? -errno
                                       : 0;
                return rename_new(v->target, v->slot);
        }
        if (!v->slot_there && !spare_there)
                return 0;
        return v->target_there ? say_left_alone(messages, o) : rename_new(old, v->target);
}

/* Makes a directory again that could only be removed, not moved. */
static int remake_directory(const struct op *o, const struct view *v)
{
        if (mkdirat(v->target.dir_fd, v->target.name, 0700) < 0)
                return -errno;
        if (fchownat(v->target.dir_fd, v->target.name, o->uid, o->gid, AT_SYMLINK_NOFOLLOW) < 0 &&
            errno != EPERM)
                return -errno;
        return fchmodat(v->target.dir_fd, v->target.name, o->mode & 07777, 0) < 0 ? -errno : 0;
}

static int undo_remove(const struct op *o, const struct view *v, char ***messages)
{
        if (v->slot_there)
                return v->target_there ? say_left_alone(messages, o) : rename_new(v->slot, v->target);
        return o->directory && !v->target_there ? remake_directory(o, v) : 0;
}

int switch_undo(struct work *w, const struct op *o, char ***messages, struct error *error)
{
        _cleanup_view_ struct view v;
        int r = view_open(w, o, &v);

        if (r < 0)
                return error_set_errno(error, r, "Cannot restore '%s'", o->path);
        if (v.parent_fd < 0)
                return 0;
        if (o->kind == OP_NEW)
                r = undo_new(o, &v, messages);
        else if (o->kind == OP_REPLACE)
                r = undo_replace(o, &v, messages);
        else
                r = undo_remove(o, &v, messages);
        return r < 0 ? error_set_errno(error, r, "Cannot restore '%s'", o->path) : 0;
}

static int complete_new(const struct op *o, const struct view *v, char ***messages)
{
        int r;

        if (!slot_is_staged(o, v))
                return 0;
        if (target_is_ours(o, v))
                return unlinkat(v->slot.dir_fd, v->slot.name, 0) < 0 ? -errno : 0;
        r = rename_new(v->slot, v->target);
        return r == -EEXIST ? say_left_alone(messages, o) : r;
}

static int complete_remove(const struct op *o, const struct view *v)
{
        int r;

        if (v->slot_there || !target_is_ours(o, v))
                return 0;
        r = do_remove(o, v);
        /* Still there: a tree that could not be moved. */
        if (r >= 0 && o->tree && faccessat(v->target.dir_fd, v->target.name, F_OK, AT_SYMLINK_NOFOLLOW) >= 0)
                r = tree_remove(v->target.dir_fd, v->target.name);
        return r;
}

int switch_complete(struct work *w, const struct op *o, char ***messages, struct error *error)
{
        _cleanup_view_ struct view v;
        int r = view_open(w, o, &v);

        if (r < 0)
                return fail(o, &v, r, error);
        if (v.parent_fd < 0)
                return 0;
        if (o->kind == OP_NEW)
                r = complete_new(o, &v, messages);
        else if (o->kind == OP_REPLACE)
                r = slot_is_staged(o, &v) ? do_replace(o, &v) : 0;
        else
                r = complete_remove(o, &v);
        return r < 0 ? fail(o, &v, r, error) : 0;
}

bool switch_is_late(struct work *w, const struct op *o)
{
        _cleanup_view_ struct view v = {.parent_fd = -EBADF};

        if (o->kind != OP_REMOVE || !o->tree || view_open(w, o, &v) < 0)
                return false;
        return !v.slot_there && target_is_ours(o, &v);
}

/* Opens the directory that holds the last component of a relative path, no symlink followed. */
static int open_child_parent(int fd, const char *path)
{
        struct open_how how = {
                .flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
                .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
        };
        _cleanup_free_ char *directory = path_directory(path);
        int r;

        if (!directory)
                return -ENOMEM;
        r = (int)syscall(SYS_openat2, fd, directory, &how, sizeof(how));
        return r < 0 ? -errno : r;
}

/* Removes what was staged in a directory, last things first, and nothing else. */
static void discard_children(int fd, char **children)
{
        for (size_t i = strv_length(children); i-- > 0;) {
                _cleanup_free_ char *path = strdup(children[i]);
                bool tree = path && string_ends_with(path, "/");
                _cleanup_close_ int parent_fd = -EBADF;
                const char *name;

                if (!path)
                        return;
                if (tree)
                        path[strlen(path) - 1] = '\0';
                parent_fd = open_child_parent(fd, path);
                if (parent_fd < 0)
                        continue;
                name = path_base(path);
                if (tree)
                        tree_remove(parent_fd, name);
                else if (unlinkat(parent_fd, name, 0) < 0)
                        unlinkat(parent_fd, name, AT_REMOVEDIR);
        }
}

/* True if the directory fd (the part "prefix" of a staged one) holds anything but the children staged in it.
 */
static bool holds_foreign(int fd, const char *prefix, char **children)
{
        _cleanup_closedir_ DIR *d = NULL;
        int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        struct dirent *e;

        if (copy < 0 || !(d = fdopendir(copy))) {
                fd_close(copy);
                return false;
        }
        while ((e = readdir(d))) {
                _cleanup_free_ char *path = NULL, *tree = NULL;
                _cleanup_close_ int sub_fd = -EBADF;

                if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
                        continue;
                if (asprintf(&path, "%s%s", prefix, e->d_name) < 0 || asprintf(&tree, "%s/", path) < 0)
                        return false;
                if (strv_contains(children, tree))
                        continue;
                if (!strv_contains(children, path))
                        return true;
                sub_fd = openat(fd, e->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
                if (sub_fd >= 0 && holds_foreign(sub_fd, tree, children))
                        return true;
        }
        return false;
}

void switch_discard(struct work *w, const struct op *o, char ***messages)
{
        _cleanup_view_ struct view v = {.parent_fd = -EBADF};
        _cleanup_close_ int fd = -EBADF;

        if (view_open(w, o, &v) < 0)
                return;
        unlinkat(v.spare.dir_fd, v.spare.name, 0);
        if (!v.slot_there)
                return;
        if (!o->tree && S_ISDIR(v.slot_mode))
                fd = openat(v.slot.dir_fd, v.slot.name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0 || v.parent_fd < 0 || !holds_foreign(fd, "", o->children)) {
                tree_remove(v.slot.dir_fd, v.slot.name);
                return;
        }
        discard_children(fd, o->children);
        if (rename_new(v.slot, v.target) >= 0)
                say(messages, "'%s' is kept: somebody else has put something into it.", o->path);
}
