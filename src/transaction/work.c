/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transaction/work.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/directory.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "basic/layout.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "basic/tree.h"
#include "transaction/reason.h"

#define PREFIX ".portabled-"
#define FIRST  "first" /* symlink in each further work directory to the first */

struct slot_name slot_name(uint32_t slot)
{
        struct slot_name n;

        snprintf(n.name, sizeof(n.name), "%" PRIu32, slot);
        return n;
}

static struct slot_name place_name(size_t index)
{
        struct slot_name n;

        snprintf(n.name, sizeof(n.name), "place%zu", index % 100000);
        return n;
}

static char *work_path(const struct work *w, const char *directory)
{
        char name[sizeof(PREFIX) + sizeof(w->id)];

        snprintf(name, sizeof(name), PREFIX "%s", w->id);
        return path_join(directory, name);
}

/* The mount a descriptor is on; file systems that span several devices (btrfs) are one mount. */
static int read_mount(int fd, uint64_t *ret_mount, dev_t *ret_device)
{
        struct statx stx;

        if (statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_MNT_ID, &stx) < 0)
                return -errno;
        *ret_mount = stx.stx_mask & STATX_MNT_ID ? stx.stx_mnt_id : 0;
        *ret_device = ((uint64_t)stx.stx_dev_major << 32) | stx.stx_dev_minor;
        return 0;
}

static struct work_directory *place_add(struct work *w, char *path, int fd)
{
        struct work_directory *grown = reallocarray(w->places, w->n_places + 1, sizeof(*grown));

        if (!grown)
                return NULL;
        w->places = grown;
        grown[w->n_places] =
                (struct work_directory){.path = path, .fd = fd, .temporary = fd >= 0 && fd_is_temporary(fd)};
        if (fd >= 0 && read_mount(fd, &grown[w->n_places].mount, &grown[w->n_places].device) < 0)
                return NULL;
        return &grown[w->n_places++];
}

/* Opens a work directory and checks, once it is locked, that it still goes by that name. */
static int open_and_lock(int base_fd, const char *name, int lock)
{
        _cleanup_close_ int fd = openat(base_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        struct stat a, b;

        if (fd < 0)
                return -errno;
        if (flock(fd, lock) < 0)
                return -errno;
        if (fstat(fd, &a) < 0 || fstatat(base_fd, name, &b, AT_SYMLINK_NOFOLLOW) < 0)
                return -errno;
        if (a.st_dev != b.st_dev || a.st_ino != b.st_ino)
                return -ENOENT;
        return steal_fd(&fd);
}

/* Makes and locks the directory path, the last component in base_fd; keeps path. */
static int make_place(struct work *w, int base_fd, char *path)
{
        const char *name = path_base(path);
        int fd, r = 0;

        if (mkdirat(base_fd, name, 0700) < 0)
                return -errno;
        fd = open_and_lock(base_fd, name, LOCK_EX);
        if (fd < 0)
                r = fd;
        else if (w->n_places > 0 && symlinkat(w->places[0].path, fd, FIRST) < 0)
                r = -errno;
        else if (!place_add(w, path, fd))
                r = -ENOMEM;
        if (r < 0) {
                if (fd >= 0)
                        unlinkat(fd, FIRST, 0);
                unlinkat(base_fd, name, AT_REMOVEDIR);
                fd_close(fd);
        }
        return r;
}

static int open_base(struct work *w, const char **ret_path)
{
        for (const char *const *b = w->runtime ? w->layout->work_runtime : w->layout->work; *b; b++) {
                int fd = fd_open_in_root(w->root_fd, *b, O_RDONLY | O_DIRECTORY, 0);

                *ret_path = *b;
                if (fd != -ENOENT)
                        return fd;
        }
        return -ENOENT;
}

/* Makes the first work directory in base. */
static int make_first(struct work *w, int base_fd, const char *base)
{
        int r = -EEXIST;

        /* Another process may recover, and so remove, a directory in the instant before it is locked. */
        for (unsigned i = 0; i < 16 && (r == -EEXIST || r == -ENOENT); i++) {
                _cleanup_free_ char *path = NULL;
                uint64_t id;

                if (getrandom(&id, sizeof(id), 0) != sizeof(id))
                        return -errno;
                snprintf(w->id, sizeof(w->id), "%016" PRIx64, id);
                path = work_path(w, base);
                if (!path)
                        return -ENOMEM;
                r = make_place(w, base_fd, path);
                if (r >= 0)
                        steal_pointer(path);
        }
        return r;
}

static int make_first_where_written(struct work *w)
{
        for (const char *const *b = w->layout->work_written; *b; b++) {
                _cleanup_close_ int fd = fd_open_in_root(w->root_fd, *b, O_RDONLY | O_DIRECTORY, 0);
                int r = fd < 0 ? -EROFS : make_first(w, fd, *b);

                if (r != -EROFS)
                        return r;
        }
        return -EROFS;
}

int work_open(struct work *w, struct error *error)
{
        _cleanup_close_ int base_fd = -EBADF;
        const char *base = NULL;
        int r;

        if (w->n_places > 0)
                return 0;
        base_fd = open_base(w, &base);
        if (base_fd < 0)
                return error_set_errno(error, base_fd, "Cannot open '%s'", base);
        r = make_first(w, base_fd, base);
        if (r == -EROFS && !w->runtime)
                r = make_first_where_written(w);
        if (r < 0)
                return reason_set(error, reason_at(base_fd, r), r, "Cannot prepare changes in '%s'", base);
        return 0;
}

/* Says in the first directory, durably, where the next one is going to be. */
static int announce_place(struct work *w, const char *path)
{
        if (symlinkat(path, w->places[0].fd, place_name(w->n_places).name) < 0)
                return -errno;
        if (!w->places[0].temporary && syncfs(w->places[0].fd) < 0)
                return -errno;
        return 0;
}

int work_place(struct work *w, int dir_fd, const char *path, uint32_t *ret, struct error *error)
{
        _cleanup_free_ char *new_path = NULL;
        uint64_t mount;
        dev_t device;
        int r;

        r = work_open(w, error);
        if (r < 0)
                return r;
        r = read_mount(dir_fd, &mount, &device);
        if (r < 0)
                return error_set_errno(error, r, "Cannot examine '%s'", path);
        for (size_t i = 0; i < w->n_places; i++)
                if (w->places[i].mount == mount && (mount || w->places[i].device == device)) {
                        *ret = (uint32_t)i;
                        return 0;
                }

        new_path = work_path(w, path);
        if (!new_path)
                return error_set_oom(error);
        r = announce_place(w, new_path);
        if (r >= 0)
                r = make_place(w, dir_fd, new_path);
        if (r < 0)
                return reason_set(error, reason_at(dir_fd, r), r, "Cannot prepare changes in '%s'", path);
        steal_pointer(new_path);
        *ret = (uint32_t)w->n_places - 1;
        return 0;
}

int work_sync(struct work *w, struct error *error)
{
        for (size_t i = 0; i < w->n_places; i++) {
                struct work_directory *p = &w->places[i];

                if (p->fd >= 0 && !p->temporary && syncfs(p->fd) < 0) {
                        _cleanup_free_ char *directory = path_directory(p->path);

                        return error_set_errno(error, errno, "Cannot write the file system of '%s' to disk",
                                               directory ?: p->path);
                }
        }
        return 0;
}

static int remove_place(struct work *w, struct work_directory *p)
{
        _cleanup_close_ int fd = -EBADF;
        int r;

        if (p->fd < 0)
                return 0;
        r = tree_empty(p->fd);
        if (r < 0)
                return r;
        fd = fd_open_parent_in_root(w->root_fd, p->path);
        if (fd < 0)
                return fd;
        return unlinkat(fd, path_base(p->path), AT_REMOVEDIR) < 0 ? -errno : 0;
}

void work_remove(struct work *w)
{
        /* The first directory knows of the others: it goes only when they are gone for good. */
        for (size_t i = w->n_places; i-- > 1;) {
                struct work_directory *p = &w->places[i];

                if (remove_place(w, p) < 0 || (p->fd >= 0 && !p->temporary && syncfs(p->fd) < 0))
                        return;
        }
        if (w->n_places > 0)
                remove_place(w, &w->places[0]);
}

void work_clear(struct work *w)
{
        for (size_t i = 0; i < w->n_places; i++) {
                free(w->places[i].path);
                fd_close(w->places[i].fd);
        }
        free(w->places);
        w->places = NULL;
        w->n_places = 0;
}

/* Takes up the further work directories the first one tells of. One that can't be opened was not made yet.
 */
static int open_places(struct work *w)
{
        for (;;) {
                _cleanup_free_ char *path = NULL, *expected = NULL, *directory = NULL;
                _cleanup_close_ int fd = -EBADF;
                int r;

                r = fd_readlink(w->places[0].fd, place_name(w->n_places).name, &path);
                if (r == -ENOENT)
                        return 0;
                if (r < 0)
                        return r;
                directory = path_directory(path);
                expected = directory ? work_path(w, directory) : NULL;
                if (!expected)
                        return -ENOMEM;
                if (!path_is_normalized(path) || strcmp(path, expected) != 0)
                        return -EBADMSG;
                fd = fd_open_in_root(w->root_fd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
                if (fd < 0 && fd != -ENOENT)
                        return fd;
                if (!place_add(w, path, fd))
                        return -ENOMEM;
                steal_fd(&fd);
                steal_pointer(path);
        }
}

static bool is_work_name(const char *name)
{
        size_t n = strlen(PREFIX);

        return string_starts_with(name, PREFIX) && strspn(name + n, "0123456789abcdef") == 16 &&
               name[n + 16] == '\0';
}

static int list_work_names(int fd, char ***ret)
{
        _cleanup_strv_ char **names = NULL;
        _cleanup_closedir_ DIR *d = NULL;
        struct dirent *e;
        int r = directory_open(fd, &d);

        while (r >= 0 && (r = directory_next(d, &e)) > 0)
                if (is_work_name(e->d_name))
                        r = strv_append(&names, e->d_name);
        if (r < 0)
                return r;
        *ret = steal_pointer(names);
        return 0;
}

/* Only what its owner, root or the owner of the directory it is in can have put there counts. */
static bool owner_is_trusted(int base_fd, int fd)
{
        struct stat base, st;

        if (fstat(base_fd, &base) < 0 || fstat(fd, &st) < 0)
                return false;
        return (st.st_uid == 0 || st.st_uid == geteuid() || st.st_uid == base.st_uid) &&
               !(st.st_mode & 0022);
}

/* True for a further work directory whose first one, which has the journal, is still there. */
static bool belongs_to_another(int root_fd, int fd)
{
        _cleanup_free_ char *first = NULL;
        _cleanup_close_ int first_fd = -EBADF;

        if (fd_readlink(fd, FIRST, &first) < 0)
                return false;
        first_fd = fd_open_in_root(root_fd, first, O_PATH | O_DIRECTORY | O_NOFOLLOW, 0);
        return first_fd >= 0;
}

/* Returns 1 if the directory is dead and now open in *w, 0 if it is to be left alone. */
static int take_dead(struct work *w, int base_fd, const char *base, const char *name)
{
        _cleanup_close_ int fd = open_and_lock(base_fd, name, LOCK_EX | LOCK_NB);
        _cleanup_free_ char *path = path_join(base, name);

        if (fd == -EWOULDBLOCK || fd == -ENOENT || fd == -ENOTDIR || fd == -ELOOP || fd == -EACCES)
                return 0;
        if (fd < 0)
                return fd;
        if (!path)
                return -ENOMEM;
        if (!owner_is_trusted(base_fd, fd) || belongs_to_another(w->root_fd, fd))
                return 0;
        strcpy(w->id, name + strlen(PREFIX));
        if (!place_add(w, path, fd))
                return -ENOMEM;
        steal_pointer(path);
        steal_fd(&fd);
        return 1;
}

static int find_in_base(int root_fd, const char *base, int base_fd,
                        int (*found)(struct work *w, void *userdata, struct error *error), void *userdata,
                        struct error *error)
{
        _cleanup_strv_ char **names = NULL;
        int r = list_work_names(base_fd, &names);

        if (r < 0)
                return error_set_errno(error, r, "Cannot read directory '%s'", base);
        for (char **n = names; n && *n; n++) {
                struct work w = {.root_fd = root_fd};
                _cleanup_error_ struct error e = {};

                r = take_dead(&w, base_fd, base, *n);
                if (r > 0)
                        r = open_places(&w);
                if (r < 0)
                        error_set_errno(
                                &e, r,
                                "Cannot take up the operation that broke off in '%s/%s'; if that stays "
                                "so, remove the directory",
                                base, *n);
                if (r < 0 || w.n_places > 0)
                        r = found(&w, userdata, &e);
                work_clear(&w);
                if (r < 0) {
                        error_move(error, &e);
                        return r;
                }
        }
        return 0;
}

int work_find_dead(int root_fd, const struct layout *layout,
                   int (*found)(struct work *w, void *userdata, struct error *error), void *userdata,
                   struct error *error)
{
        for (const char *const *b = layout->work_all; *b; b++) {
                _cleanup_close_ int fd = fd_open_in_root(root_fd, *b, O_RDONLY | O_DIRECTORY, 0);
                int r;

                if (fd == -ENOENT || fd == -ENOTDIR)
                        continue;
                if (fd < 0)
                        return error_set_errno(error, fd, "Cannot open '%s'", *b);
                r = find_in_base(root_fd, *b, fd, found, userdata, error);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* A directory that belongs to root can't be opened by others; that it is there is all they can tell. */
static bool looks_dead(int root_fd, int base_fd, const char *name)
{
        _cleanup_close_ int fd = open_and_lock(base_fd, name, LOCK_SH | LOCK_NB);

        if (fd < 0)
                return fd == -EACCES;
        return owner_is_trusted(base_fd, fd) && !belongs_to_another(root_fd, fd);
}

int work_list_dead(int root_fd, const struct layout *layout, char ***ret, struct error *error)
{
        _cleanup_strv_ char **paths = NULL;

        for (const char *const *b = layout->work_all; *b; b++) {
                _cleanup_close_ int fd = fd_open_in_root(root_fd, *b, O_RDONLY | O_DIRECTORY, 0);
                _cleanup_strv_ char **names = NULL;
                int r;

                if (fd < 0)
                        continue;
                r = list_work_names(fd, &names);
                if (r < 0)
                        return error_set_errno(error, r, "Cannot read directory '%s'", *b);
                for (char **n = names; n && *n; n++)
                        if (looks_dead(root_fd, fd, *n) && strv_consume(&paths, path_join(*b, *n)) < 0)
                                return error_set_oom(error);
        }
        *ret = steal_pointer(paths);
        return 0;
}
