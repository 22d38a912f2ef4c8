/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transaction/sync.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "transaction/reason.h"

static bool is_ordered(int fd)
{
        struct statfs st;

        return fstatfs(fd, &st) >= 0 && (st.f_type == EXT4_SUPER_MAGIC || st.f_type == XFS_SUPER_MAGIC);
}

static bool can_fsync(const struct stage *s)
{
        for (size_t i = 0; i < s->work.n_places; i++)
                if (!s->work.places[i].temporary && !is_ordered(s->work.places[i].fd))
                        return false;
        return s->n_copies == 0;
}

/* Errors that say nothing of what is on disk, only that this is not the way to ask. */
static bool is_no_answer(int r)
{
        return r == -EINVAL || r == -ENOSYS || r == -EOPNOTSUPP || r == -EROFS || r == -EACCES ||
               r == -EPERM || r == -ENOENT || r == -ENOTDIR;
}

static int fail(const struct stage *s, int r, const char *path, struct error *error)
{
        return is_no_answer(r)
                       ? r
                       : reason_set(error, reason_in(&s->work, r), r, "Cannot write '%s' to disk", path);
}

/* A symlink is its directory's. */
static int sync_below(int dir_fd, const char *path)
{
        struct open_how how = {
                .flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
                .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
        };
        _cleanup_close_ int fd = (int)syscall(SYS_openat2, dir_fd, path, &how, sizeof(how));

        if (fd < 0)
                return errno == ELOOP ? 0 : -errno;
        return fsync(fd) < 0 ? -errno : 0;
}

static int sync_directory(const struct stage *s, const char *path)
{
        _cleanup_close_ int fd = fd_open_in_root(s->work.root_fd, path, O_RDONLY | O_DIRECTORY, 0);

        if (fd < 0)
                return fd;
        return fsync(fd) < 0 ? -errno : 0;
}

static int sync_op(const struct stage *s, const struct op *o, struct error *error)
{
        int place_fd = s->work.places[o->place].fd, r;
        struct slot_name slot = slot_name(o->slot);

        for (char **child = o->children; child && *child; child++) {
                _cleanup_free_ char *in_slot = path_join(slot.name, *child),
                                    *path = path_join(o->path, *child);

                if (!in_slot || !path)
                        return error_set_oom(error);
                r = sync_below(place_fd, in_slot);
                if (r < 0)
                        return fail(s, r, path, error);
        }
        r = sync_below(place_fd, slot.name);
        return r < 0 ? fail(s, r, o->path, error) : 0;
}

static int sync_work(const struct stage *s, int journal_fd, struct error *error)
{
        if (!s->work.places[0].temporary && fsync(journal_fd) < 0)
                return fail(s, -errno, s->work.places[0].path, error);
        for (size_t i = 0; i < s->work.n_places; i++) {
                const struct work_directory *p = &s->work.places[i];

                if (!p->temporary && fsync(p->fd) < 0)
                        return fail(s, -errno, p->path, error);
        }
        return 0;
}

static int sync_all_staged(const struct stage *s, int journal_fd, struct error *error)
{
        int r = 0;

        for (size_t i = 0; i < s->ops.n && r >= 0; i++)
                if (s->ops.items[i].kind != OP_REMOVE && s->ops.items[i].kind != OP_CLOSE &&
                    !s->work.places[s->ops.items[i].place].temporary)
                        r = sync_op(s, &s->ops.items[i], error);
        if (r >= 0)
                r = sync_work(s, journal_fd, error);
        for (size_t i = 0; i < s->work.n_places && r >= 0; i++) {
                _cleanup_free_ char *above = path_directory(s->work.places[i].path);

                if (!above)
                        return error_set_oom(error);
                r = s->work.places[i].temporary ? 0 : sync_directory(s, above);
                if (r < 0)
                        return fail(s, r, above, error);
        }
        return r;
}

int sync_staged(struct stage *s, int journal_fd, struct error *error)
{
        int r = can_fsync(s) ? sync_all_staged(s, journal_fd, error) : -EOPNOTSUPP;

        return is_no_answer(r) ? work_sync(&s->work, error) : r;
}

/* What moved between a directory and the work directory. A directory that is gone itself needs nothing. */
static int sync_parents(const struct stage *s, struct error *error)
{
        _cleanup_strv_ char **done = NULL;

        for (size_t i = 0; i < s->ops.n; i++) {
                _cleanup_free_ char *directory = path_directory(s->ops.items[i].path);
                int r;

                if (!directory)
                        return error_set_oom(error);
                if (s->work.places[s->ops.items[i].place].temporary || strv_contains(done, directory))
                        continue;
                r = sync_directory(s, directory);
                if (r < 0 && r != -ENOENT && r != -ENOTDIR)
                        return fail(s, r, directory, error);
                if (strv_append(&done, directory) < 0)
                        return error_set_oom(error);
        }
        return 0;
}

int sync_switched(struct stage *s, int journal_fd, struct error *error)
{
        int r = can_fsync(s) ? sync_work(s, journal_fd, error) : -EOPNOTSUPP;

        if (r >= 0)
                r = sync_parents(s, error);
        return is_no_answer(r) ? work_sync(&s->work, error) : r;
}
