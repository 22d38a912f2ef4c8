/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "image/removal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/stat.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include "basic/btrfs.h"
#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/path.h"
#include "basic/tree.h"
#include "basic/walk.h"

struct removal_check {
        const char *path; /* of the tree */
        uint64_t mount_id;
        unsigned subvolumes; /* how many we are in: the kernel does not ask for attributes when it destroys
                                one */
        struct error *error;
};

static bool is_subvolume(int fd)
{
        struct stat st;

        return fstat(fd, &st) >= 0 && btrfs_is_subvolume(fd, st.st_ino);
}

/* relative: below the tree, "" for the tree itself. */
static char *shown_path(const char *path, const char *relative)
{
        _cleanup_free_ char *whole = *relative ? path_join(path, relative) : strdup(path);

        return whole ? text_escape(whole) : NULL;
}

static int refuse(struct removal_check *c, const struct walk *w, const char *name, int errnum,
                  const char *why)
{
        _cleanup_free_ char *relative = w ? walk_path(w, name) : strdup(""),
                            *shown = relative ? shown_path(c->path, relative) : NULL;

        if (!shown)
                return error_set_oom(c->error);
        return error_set(c->error, ERROR_SYSTEM, errnum, "'%s' %s, so the image cannot be removed", shown,
                         why);
}

/* Returns 1 for a directory. w: NULL for the tree itself. */
static int check_entry(struct removal_check *c, const struct walk *w, int dir_fd, const char *name)
{
        struct statx sx;

        if (statx(dir_fd, name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, STATX_TYPE | STATX_INO | STATX_MNT_ID,
                  &sx) < 0)
                return refuse(c, w, name, errno, "cannot be looked at");
        if (sx.stx_mask & STATX_MNT_ID && c->mount_id && sx.stx_mnt_id != c->mount_id)
                return refuse(c, w, name, EBUSY, "is a mount point");
        if (c->subvolumes == 0 && (sx.stx_attributes & STATX_ATTR_IMMUTABLE))
                return refuse(c, w, name, EPERM, "is read-only (has the immutable attribute)");
        if (c->subvolumes == 0 && (sx.stx_attributes & STATX_ATTR_APPEND))
                return refuse(c, w, name, EPERM, "has the append-only attribute");
        return S_ISDIR(sx.stx_mode);
}

static int on_entry(const struct walk *w, int dir_fd, const char *name, unsigned char type)
{
        return check_entry(walk_userdata(w), w, dir_fd, name);
}

static int on_enter(const struct walk *w, int dir_fd, const char *name, int fd)
{
        struct removal_check *c = walk_userdata(w);

        c->subvolumes += is_subvolume(fd);
        return 1;
}

static int on_leave(const struct walk *w, int dir_fd, const char *name)
{
        _cleanup_close_ int fd = openat(dir_fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
        struct removal_check *c = walk_userdata(w);

        c->subvolumes -= fd >= 0 && c->subvolumes > 0 && is_subvolume(fd);
        return 0;
}

static int on_fail(const struct walk *w, int dir_fd, const char *name, int error)
{
        if (error == -EXDEV)
                return refuse(walk_userdata(w), w, name, EBUSY, "is a mount point");
        return refuse(walk_userdata(w), w, name, -error, "cannot be read");
}

static int error_walk(const char *path, int r, struct error *error)
{
        if (r == -ENOMEM)
                return error_set_oom(error);
        if (r == -ESTALE)
                return error_set(error, ERROR_SYSTEM, r, "'%s' has been changed in the meantime", path);
        return error_set_errno(error, r, "Cannot look through '%s'", path);
}

static void set_mount(struct removal_check *c, int dir_fd)
{
        struct statx sx;

        if (statx(dir_fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &sx) >= 0 && (sx.stx_mask & STATX_MNT_ID))
                c->mount_id = sx.stx_mnt_id;
}

int removal_open(int parent_fd, const char *name, const char *path, int *ret_fd, struct error *error)
{
        struct removal_check c = {.path = path, .error = error};
        int fd, r;

        set_mount(&c, parent_fd);
        r = check_entry(&c, NULL, parent_fd, name);
        if (r < 0)
                return r;
        fd = walk_open(parent_fd, name, false);
        if (fd < 0)
                return refuse(&c, NULL, name, -fd, "cannot be opened");
        *ret_fd = fd;
        return 0;
}

int removal_check(int fd, const char *path, struct error *error)
{
        static const struct walk_calls calls = {
                .entry = on_entry, .enter = on_enter, .leave = on_leave, .fail = on_fail};
        struct removal_check c = {.path = path, .subvolumes = is_subvolume(fd), .error = error};
        int r;

        set_mount(&c, fd);
        r = walk_directory(fd, &calls, &c);
        return r < 0 && !error_is_set(error) ? error_walk(path, r, error) : r;
}

int removal_run(int parent_fd, const char *name, int fd, const char *path, struct error *error)
{
        _cleanup_free_ char *failed = NULL, *shown = NULL;
        int r;

        r = tree_remove_directory(parent_fd, name, fd, &failed);
        if (r >= 0)
                return 0;
        if (r == -ESTALE)
                return error_walk(path, r, error);
        shown = shown_path(path, failed ?: "");
        if (!shown)
                return error_set_oom(error);
        if (r == -EXDEV || r == -EBUSY)
                return error_set(error, ERROR_SYSTEM, EBUSY, "Cannot remove '%s': it is a mount point",
                                 shown);
        return error_set_errno(error, r, "Cannot remove '%s'", shown);
}
