/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "definition/record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "basic/array.h"
#include "basic/cleanup.h"
#include "basic/directory.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "basic/layout.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "basic/tree.h"
#include "definition/record-text.h"
#include "plan/change.h"

/* Unit files have a limit of their own; the record has one line for each of them. */
#define KEPT_SIZE_MAX   ((size_t)16 * 1024 * 1024)
#define RECORD_SIZE_MAX ((size_t)4 * 1024 * 1024)

#define TEXT_NAME "record"

static int fail(const struct update_record *r, int errnum, const char *what, struct error *error)
{
        return error_set_errno(error, errnum, "Cannot %s the record of the update of '%s'", what, r->name);
}

void record_clear(struct update_record *r)
{
        record_clear_values(r);
        fd_close(r->fd);
        *r = RECORD_NONE;
}

static int open_directory(int root_fd, const struct layout *layout)
{
        return fd_open_in_root(root_fd, layout->updates, O_RDONLY | O_DIRECTORY, 0);
}

static int open_new(int root_fd, const struct layout *layout, const char *name)
{
        _cleanup_close_ int parent = -EBADF;
        int fd, r = fd_mkdirs_in_root(root_fd, layout->updates, 0700);

        if (r < 0)
                return r;
        parent = open_directory(root_fd, layout);
        if (parent < 0)
                return parent;
        if (mkdirat(parent, name, 0700) < 0)
                return -errno;
        fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0)
                return -errno;
        if (flock(fd, LOCK_EX | LOCK_NB) < 0 || fsync(parent) < 0) {
                r = -errno;
                fd_close(fd);
                return r;
        }
        return fd;
}

int record_create(int root_fd, const struct layout *layout, const char *name, struct update_record *ret,
                  struct error *error)
{
        _cleanup_record_ struct update_record r = RECORD_NONE;

        r.name = strdup(name);
        if (!r.name)
                return error_set_oom(error);
        r.fd = open_new(root_fd, layout, name);
        if (r.fd == -EEXIST || r.fd == -EWOULDBLOCK)
                return error_set(error, ERROR_FAILED, EBUSY, "It is being updated by another process");
        if (r.fd < 0)
                return fail(&r, r.fd, "begin", error);
        *ret = r;
        r = RECORD_NONE;
        return 0;
}

/* Whether fd is the directory that has the name still. */
static bool is_there(int parent, const char *name, int fd)
{
        struct stat a, b;

        return fstat(fd, &a) >= 0 && fstatat(parent, name, &b, AT_SYMLINK_NOFOLLOW) >= 0 &&
               a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

/* One that was cut short before its text was written has none: nothing was changed for it. */
static int read_text(struct update_record *r, struct error *error)
{
        _cleanup_close_ int fd = openat(r->fd, TEXT_NAME, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
        _cleanup_free_ char *text = NULL;
        size_t size;
        int q = fd < 0 ? -errno : fd_read_regular(fd, RECORD_SIZE_MAX, &text, &size);

        if (q == -ENOENT)
                return 0;
        if (q >= 0)
                q = record_parse(r, text, size);
        return q < 0 ? fail(r, q, "read", error) : 0;
}

int record_open(int root_fd, const struct layout *layout, const char *name, bool wait,
                struct update_record *ret, struct error *error)
{
        _cleanup_close_ int parent = open_directory(root_fd, layout);
        _cleanup_record_ struct update_record r = RECORD_NONE;
        int q;

        r.name = strdup(name);
        if (!r.name)
                return error_set_oom(error);
        if (parent >= 0)
                r.fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (r.fd < 0)
                return parent == -ENOENT || (parent >= 0 && errno == ENOENT)
                               ? 0
                               : fail(&r, parent < 0 ? parent : -errno, "open", error);
        do
                q = flock(r.fd, LOCK_EX | (wait ? 0 : LOCK_NB)) < 0 ? -errno : 0;
        while (q == -EINTR);
        if (q == -EWOULDBLOCK)
                return -EBUSY;
        if (q < 0)
                return fail(&r, q, "lock", error);
        if (!is_there(parent, name, r.fd))
                return 0;
        q = read_text(&r, error);
        if (q < 0)
                return q;
        *ret = r;
        r = RECORD_NONE;
        return 1;
}

int record_list(int root_fd, const struct layout *layout, char ***ret, struct error *error)
{
        _cleanup_closedir_ DIR *d = NULL;
        _cleanup_strv_ char **names = NULL;
        struct dirent *e;
        int r = layout->updates ? directory_open_in_root(root_fd, layout->updates, &d) : 0;

        while (r >= 0 && (r = directory_next(d, &e)) > 0)
                r = strv_append(&names, e->d_name);
        if (r == -ENOMEM)
                return error_set_oom(error);
        if (r < 0)
                return error_set_errno(error, r, "Cannot read '%s'", layout->updates);
        strv_sort(names);
        *ret = steal_pointer(names);
        return 0;
}

static void copy_name(unsigned number, char *ret, size_t size)
{
        (void)snprintf(ret, size, "%u", number);
}

static int write_file(int dir_fd, const char *name, const char *data, size_t size)
{
        _cleanup_close_ int fd =
                openat(dir_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
        int r = fd < 0 ? -errno : fd_write_all(fd, data, size);

        return r >= 0 && fsync(fd) < 0 ? -errno : r;
}

static int keep_content(const struct update_record *r, int parent, const char *base,
                        const struct record_file *f)
{
        _cleanup_free_ char *text = NULL;
        char copy[16];
        size_t size;
        int q;

        copy_name(f->number, copy, sizeof(copy));
        if (S_ISLNK(f->mode)) {
                q = fd_readlink(parent, base, &text);
                return q < 0 ? q : symlinkat(text, r->fd, copy) < 0 ? -errno : 0;
        }
        if (S_ISREG(f->mode)) {
                _cleanup_close_ int fd = openat(parent, base, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

                q = fd < 0 ? -errno : fd_read_regular(fd, KEPT_SIZE_MAX, &text, &size);
                return q < 0 ? q : write_file(r->fd, copy, text, size);
        }
        return S_ISDIR(f->mode) ? 0 : -EOPNOTSUPP;
}

/* Large, and perhaps gone from where it came from. */
static bool is_image_copy(const struct layout *layout, const struct change *c, mode_t there)
{
        for (int runtime = 0; runtime < 2; runtime++) {
                const char *links = layout_links(layout, runtime);

                if (strcmp(c->path, links) != 0 && path_is_below(c->path, links) &&
                    (c->type == CHANGE_COPY || (there && !S_ISLNK(there))))
                        return true;
        }
        return false;
}

static int keep_file(struct update_record *r, int root_fd, const struct layout *layout,
                     const struct change *c)
{
        _cleanup_close_ int parent = fd_open_parent_in_root(root_fd, c->path);
        struct record_file f = {.number = (unsigned)r->n_files};
        struct stat st;

        for (size_t i = 0; i < r->n_files; i++)
                if (strcmp(r->files[i].path, c->path) == 0)
                        return 0;
        if (parent < 0 && parent != -ENOENT && parent != -ENOTDIR)
                return parent;
        if (parent >= 0 && fstatat(parent, path_base(c->path), &st, AT_SYMLINK_NOFOLLOW) >= 0)
                f.mode = st.st_mode;
        else if (parent >= 0 && errno != ENOENT)
                return -errno;
        if (is_image_copy(layout, c, f.mode))
                return -EOPNOTSUPP;
        if (array_grow((void **)&r->files, r->n_files, sizeof(f)) < 0)
                return -ENOMEM;
        f.path = strdup(c->path);
        if (!f.path)
                return -ENOMEM;
        r->files[r->n_files++] = f;
        return f.mode ? keep_content(r, parent, path_base(c->path), &f) : 0;
}

int record_keep_files(struct update_record *r, int root_fd, const struct layout *layout,
                      const struct change_list *changes, struct error *error)
{
        for (size_t i = 0; i < changes->n; i++) {
                int q = keep_file(r, root_fd, layout, changes->items + i);

                if (q == -EOPNOTSUPP)
                        return error_set(
                                error, ERROR_NOT_SUPPORTED, EOPNOTSUPP,
                                "What is at '%s' cannot be kept for the way back: a copy of an image "
                                "(Copy=) is not updated",
                                changes->items[i].path);
                if (q < 0)
                        return error_set_errno(error, q, "Cannot keep '%s' for the way back",
                                               changes->items[i].path);
        }
        return 0;
}

/* What a copy in the record holds: the content, or the target of a link. */
static int read_copy(const struct update_record *r, const struct record_file *f, char **ret,
                     size_t *ret_size)
{
        _cleanup_close_ int fd = -EBADF;
        char copy[16];

        copy_name(f->number, copy, sizeof(copy));
        if (S_ISLNK(f->mode)) {
                int q = fd_readlink(r->fd, copy, ret);

                *ret_size = q < 0 ? 0 : strlen(*ret);
                return q;
        }
        fd = openat(r->fd, copy, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
        return fd < 0 ? -errno : fd_read_regular(fd, KEPT_SIZE_MAX, ret, ret_size);
}

static int put_back(const struct update_record *r, const struct record_file *f, struct change_list *l)
{
        _cleanup_free_ char *data = NULL;
        struct change *c;
        size_t size = 0;
        int q = S_ISDIR(f->mode) ? 0 : read_copy(r, f, &data, &size);

        if (q < 0)
                return q;
        c = change_list_add(l,
                            S_ISDIR(f->mode)   ? CHANGE_MKDIR
                            : S_ISLNK(f->mode) ? CHANGE_SYMLINK
                                               : CHANGE_WRITE,
                            f->path, S_ISLNK(f->mode) ? data : NULL);
        if (!c)
                return -ENOMEM;
        c->mode = f->mode & 07777;
        c->replace = true;
        if (S_ISREG(f->mode)) {
                c->data = steal_pointer(data);
                c->size = size;
        }
        return 0;
}

/* A directory is left where others have put something into it. */
static int take_away(int root_fd, const struct record_file *f, struct change_list *l)
{
        _cleanup_close_ int parent = fd_open_parent_in_root(root_fd, f->path);
        struct change *c;
        struct stat st;

        if (parent < 0 || fstatat(parent, path_base(f->path), &st, AT_SYMLINK_NOFOLLOW) < 0)
                return 0;
        c = change_list_add(l, CHANGE_UNLINK, f->path, NULL);
        if (!c)
                return -ENOMEM;
        c->directory = c->if_empty = S_ISDIR(st.st_mode);
        c->confines = true;
        return 0;
}

int record_list_changes(const struct update_record *r, int root_fd, struct change_list *ret,
                        struct error *error)
{
        _cleanup_changes_ struct change_list l = {};
        int q = 0;

        for (size_t i = 0; i < r->n_files && q >= 0; i++)
                if (r->files[i].mode)
                        q = put_back(r, r->files + i, &l);
        /* In the opposite order: a unit before its drop-ins, these before their directory. */
        for (size_t i = r->n_files; i-- > 0 && q >= 0;)
                if (!r->files[i].mode)
                        q = take_away(root_fd, r->files + i, &l);
        if (q < 0)
                return fail(r, q, "read", error);
        *ret = l;
        l = (struct change_list){};
        return 0;
}

static int is_as_kept(const struct update_record *r, int root_fd, const struct record_file *f)
{
        _cleanup_close_ int parent = fd_open_parent_in_root(root_fd, f->path), fd = -EBADF;
        _cleanup_free_ char *kept = NULL, *now = NULL;
        size_t kept_size = 0, size = 0;
        struct stat st;
        int q;

        if (parent < 0 || fstatat(parent, path_base(f->path), &st, AT_SYMLINK_NOFOLLOW) < 0)
                return !f->mode;
        if (!f->mode || (st.st_mode & S_IFMT) != (f->mode & S_IFMT))
                return 0;
        if (S_ISDIR(f->mode))
                return 1;
        q = read_copy(r, f, &kept, &kept_size);
        if (q >= 0 && S_ISLNK(f->mode)) {
                q = fd_readlink(parent, path_base(f->path), &now);
                size = q < 0 ? 0 : strlen(now);
        } else if (q >= 0) {
                fd = openat(parent, path_base(f->path), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
                q = fd < 0 ? -errno : fd_read_regular(fd, KEPT_SIZE_MAX, &now, &size);
        }
        return q < 0 ? q : size == kept_size && memcmp(kept, now, size) == 0;
}

int record_is_unchanged(const struct update_record *r, int root_fd)
{
        int q = 1;

        for (size_t i = 0; i < r->n_files && q > 0; i++)
                q = is_as_kept(r, root_fd, r->files + i);
        return q;
}

int record_write(struct update_record *r, struct error *error)
{
        _cleanup_free_ char *text = record_format(r);
        int q = text ? write_file(r->fd, TEXT_NAME ".new", text, strlen(text)) : -ENOMEM;

        if (q >= 0 && renameat(r->fd, TEXT_NAME ".new", r->fd, TEXT_NAME) < 0)
                q = -errno;
        if (q >= 0 && fsync(r->fd) < 0)
                q = -errno;
        return q < 0 ? fail(r, q, "write", error) : 0;
}

/* The text goes last of what is in it: without it a record means that nothing is to be done. */
int record_remove(int root_fd, const struct layout *layout, struct update_record *r, struct error *error)
{
        _cleanup_close_ int parent = open_directory(root_fd, layout);
        int q = parent < 0 ? parent : 0;

        if (q >= 0 && unlinkat(r->fd, TEXT_NAME, 0) < 0 && errno != ENOENT)
                q = -errno;
        if (q >= 0 && fsync(r->fd) < 0)
                q = -errno;
        if (q >= 0)
                q = tree_remove(parent, r->name);
        if (q >= 0 && fsync(parent) < 0)
                q = -errno;
        return q < 0 ? fail(r, q, "remove", error) : 0;
}

static int fail_failure(const char *name, int errnum, const char *what, struct error *error)
{
        return error_set_errno(error, errnum, "Cannot %s what is known of a failed update of '%s'", what,
                               name);
}

int record_read_failure(int root_fd, const struct layout *layout, const char *name, const char *image,
                        struct update_record *ret, struct error *error)
{
        _cleanup_free_ char *text = NULL, *path = NULL;
        _cleanup_record_ struct update_record r = RECORD_NONE;
        size_t size;
        int q;

        if (!layout->failures)
                return 0;
        r.name = strdup(name);
        if (asprintf(&path, "%s/%s/%s", layout->failures, name, image) < 0)
                path = NULL;
        if (!r.name || !path)
                return error_set_oom(error);
        q = fd_read_file_in_root(root_fd, path, RECORD_SIZE_MAX, &text, &size);
        if (q == -ENOENT || q == -ENOTDIR || q == -EACCES)
                return 0;
        if (q >= 0)
                q = record_parse(&r, text, size);
        if (q < 0)
                return fail_failure(name, q, "read", error);
        *ret = r;
        r = RECORD_NONE;
        return 1;
}

int record_write_failure(int root_fd, const struct layout *layout, const struct update_record *r,
                         struct error *error)
{
        _cleanup_free_ char *text = record_format(r), *path = path_join(layout->failures, r->name);
        _cleanup_close_ int dir = -EBADF;
        int q = text && path ? 0 : -ENOMEM;

        if (q >= 0)
                q = fd_mkdirs_in_root(root_fd, path, 0700);
        if (q >= 0)
                q = dir = fd_open_in_root(root_fd, path, O_RDONLY | O_DIRECTORY, 0);
        if (q >= 0)
                q = write_file(dir, ".new", text, strlen(text));
        if (q >= 0 && (renameat(dir, ".new", dir, r->to[0]) < 0 || fsync(dir) < 0))
                q = -errno;
        return q < 0 ? fail_failure(r->name, q, "keep", error) : 0;
}

int record_forget_failure(int root_fd, const struct layout *layout, const char *name, const char *image,
                          struct error *error)
{
        _cleanup_free_ char *path = image ? path_join(layout->failures, name) : strdup(layout->failures);
        _cleanup_close_ int dir = path ? fd_open_in_root(root_fd, path, O_RDONLY | O_DIRECTORY, 0) : -ENOMEM;
        int q = dir;

        if (dir == -ENOENT)
                return 0;
        if (dir >= 0)
                q = tree_remove(dir, image ? image : name);
        if (q >= 0 && fsync(dir) < 0)
                q = -errno;
        return q < 0 ? fail_failure(name, q, "forget", error) : 0;
}
