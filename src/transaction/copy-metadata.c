/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "transaction/copy.h"

/* The kernel's limits for a value and for all names together, XATTR_SIZE_MAX and XATTR_LIST_MAX. */
#define ATTRIBUTE_MAX 65536

/* There are no *at() calls for attributes: a name in a directory is reached by the directory's descriptor.
 */
static char *object_path(const struct copy_object *o)
{
        char *path;

        if (asprintf(&path, "/proc/self/fd/%i/%s", o->dir_fd, o->name) < 0)
                return NULL;
        return path;
}

static ssize_t list_attributes(const struct copy_object *o, const char *path, char *buffer)
{
        return o->fd >= 0 ? flistxattr(o->fd, buffer, ATTRIBUTE_MAX)
                          : llistxattr(path, buffer, ATTRIBUTE_MAX);
}

static ssize_t get_attribute(const struct copy_object *o, const char *path, const char *name, char *buffer)
{
        return o->fd >= 0 ? fgetxattr(o->fd, name, buffer, ATTRIBUTE_MAX)
                          : lgetxattr(path, name, buffer, ATTRIBUTE_MAX);
}

static int set_attribute(const struct copy_object *o, const char *path, const char *name, const char *value,
                         size_t size)
{
        return o->fd >= 0 ? fsetxattr(o->fd, name, value, size, 0) : lsetxattr(path, name, value, size, 0);
}

/* What is not supported there, or not ours to set, is left out. */
static bool may_be_left_out(int errnum)
{
        return errnum == EOPNOTSUPP || errnum == EPERM || errnum == ENODATA || errnum == EACCES;
}

static int copy_attributes(const struct copy_object *from, const struct copy_object *to)
{
        _cleanup_free_ char *from_path = NULL, *to_path = NULL, *buffer = NULL;
        ssize_t n;

        /* A cheap question first: most files have none. */
        if (from->fd >= 0 && flistxattr(from->fd, NULL, 0) == 0)
                return 0;
        from_path = object_path(from);
        to_path = object_path(to);
        buffer = malloc(2 * ATTRIBUTE_MAX);
        if (!from_path || !to_path || !buffer)
                return -ENOMEM;

        n = list_attributes(from, from_path, buffer);
        if (n < 0)
                return may_be_left_out(errno) ? 0 : -errno;
        for (const char *name = buffer; name < buffer + n; name += strlen(name) + 1) {
                char *value = buffer + ATTRIBUTE_MAX;
                ssize_t size = get_attribute(from, from_path, name, value);

                if (size >= 0 && set_attribute(to, to_path, name, value, (size_t)size) >= 0)
                        continue;
                if (!may_be_left_out(errno))
                        return -errno;
        }
        return 0;
}

static int change_owner(const struct copy_object *o, uid_t uid, gid_t gid)
{
        int r = o->fd >= 0 ? fchown(o->fd, uid, gid)
                           : fchownat(o->dir_fd, o->name, uid, gid, AT_SYMLINK_NOFOLLOW);

        return r < 0 ? -errno : 0;
}

/* Returns 1 if owner and group are kept, 0 if that isn't ours to do. EINVAL: no such id in our user
 * namespace. */
static int copy_owner(const struct copy_object *to, const struct stat *st)
{
        int r = change_owner(to, st->st_uid, st->st_gid);

        if (r == -EPERM || r == -EINVAL) {
                r = change_owner(to, (uid_t)-1, st->st_gid);
                return r < 0 && r != -EPERM && r != -EINVAL ? r : st->st_uid == geteuid() && r >= 0;
        }
        return r < 0 ? r : 1;
}

static int copy_mode(const struct copy_object *to, mode_t mode)
{
        int r = to->fd >= 0 ? fchmod(to->fd, mode) : fchmodat(to->dir_fd, to->name, mode, 0);

        return r < 0 ? -errno : 0;
}

int copy_metadata(const struct copy_object *from, const struct stat *st, const struct copy_object *to)
{
        struct timespec times[2] = {st->st_atim, st->st_mtim};
        mode_t mode = st->st_mode & 07777;
        int r;

        /* In this order: a new owner takes capabilities and set-user-ID bits away, and all of it changes
         * times. */
        r = copy_owner(to, st);
        if (r < 0)
                return r;
        if (r == 0)
                mode &= 01777;
        r = copy_attributes(from, to);
        if (r < 0)
                return r;
        if (!S_ISLNK(st->st_mode)) {
                r = copy_mode(to, mode);
                if (r < 0)
                        return r;
        }
        r = to->fd >= 0 ? futimens(to->fd, times)
                        : utimensat(to->dir_fd, to->name, times, AT_SYMLINK_NOFOLLOW);
        return r < 0 ? -errno : 0;
}
