/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transaction/copy.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Else uthash ends the process when it is out of memory. */
#define HASH_NONFATAL_OOM        1
#define uthash_nonfatal_oom(elt) ((elt)->lost = true)
#include <uthash.h>

#include "basic/cleanup.h"
#include "basic/directory.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "transaction/reason.h"
#include "transaction/transaction.h"

/* Two descriptors are open for each level. Nothing that people build is half as deep. */
#define DEPTH_MAX 200

/* The first name of a file that has several. */
struct link {
        struct {
                uint64_t device, inode;
        } key;
        char *path; /* relative to where the copy is made */
        bool lost;  /* out of memory while adding it */
        UT_hash_handle hh;
};

struct copy {
        int dir_fd; /* where the copy is made */
        int source_fd;
        const char *source, *target;
        struct link *links;
        unsigned n_devices; /* left out */
        char *device;       /* the first of them */
        struct copy_progress progress;
        struct error *error;
};

/* One entry of a directory on its way, and the directories above it. */
struct entry {
        const struct entry *up;
        const char *name;
        unsigned depth;
        int from_fd, to_fd; /* directories */
        const char *to_name;
        struct stat st;
};

/* "a/b/c" from the names as they go down; the topmost is left out unless it is asked for by its new name. */
static char *entry_path(const struct entry *e, bool with_top)
{
        _cleanup_free_ char *above = NULL;
        char *path;

        if (!e->up)
                return strdup(with_top ? e->to_name : "");
        above = entry_path(e->up, with_top);
        if (!above || asprintf(&path, "%s%s%s", above, *above ? "/" : "", e->name) < 0)
                return NULL;
        return path;
}

/* The path of an entry for messages; NULL if out of memory. */
static char *shown_path(const struct copy *c, const struct entry *e)
{
        _cleanup_free_ char *relative = entry_path(e, false), *path = NULL;

        if (relative)
                path = path_join(c->source, relative);
        if (path && !*relative)
                path[strlen(path) - 1] = '\0';
        return path ? text_escape(path) : NULL;
}

static int fail(struct copy *c, const struct entry *e, int r, const char *what)
{
        _cleanup_free_ char *shown = shown_path(c, e);

        if (!shown || r == -ENOMEM)
                return error_set_oom(c->error);
        if (r == -ESTALE)
                return error_set(c->error, ERROR_SYSTEM, r, "Cannot copy '%s' to '%s': it changed meanwhile",
                                 shown, c->target);
        return reason_set(c->error, reason_at(c->dir_fd, r), r, "Cannot copy '%s' to '%s'%s", shown,
                          c->target, what);
}

static int open_below(int dir_fd, const char *name, int flags)
{
        struct open_how how = {
                .flags = (uint64_t)(unsigned)flags | O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY |
                         O_CLOEXEC,
                .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV,
        };
        int fd = (int)syscall(SYS_openat2, dir_fd, name, &how, sizeof(how));

        return fd < 0 ? -errno : fd;
}

/* Opens an entry of the source, which must be what was looked at. -EXDEV: something is mounted there. */
static int open_entry(const struct copy *c, const struct entry *e, int flags)
{
        _cleanup_close_ int fd = e->up ? open_below(e->from_fd, e->name, flags)
                                       : fd_reopen(c->source_fd, flags | O_RDONLY | O_NONBLOCK | O_NOCTTY);
        struct stat st;

        if (fd < 0)
                return fd;
        if (fstat(fd, &st) < 0)
                return -errno;
        if (st.st_ino != e->st.st_ino || (st.st_mode & S_IFMT) != (e->st.st_mode & S_IFMT))
                return -ESTALE;
        return steal_fd(&fd);
}

static void link_free(struct link *l)
{
        free(l->path);
        free(l);
}

/* Returns 1 if the file is there under another name already and got this one too. */
static int copy_link(struct copy *c, const struct entry *e)
{
        struct link *known = NULL, *l;

        if (e->st.st_nlink < 2)
                return 0;
        l = calloc(1, sizeof(*l));
        if (!l)
                return -ENOMEM;
        l->key.device = e->st.st_dev;
        l->key.inode = e->st.st_ino;
        HASH_FIND(hh, c->links, &l->key, sizeof(l->key), known);
        if (known) {
                free(l);
                copy_progress_add(&c->progress, S_ISREG(e->st.st_mode) ? (uint64_t)e->st.st_size : 0);
                return linkat(c->dir_fd, known->path, e->to_fd, e->to_name, 0) < 0 ? -errno : 1;
        }
        l->path = entry_path(e, true);
        if (l->path)
                HASH_ADD(hh, c->links, key, sizeof(l->key), l);
        if (!l->path || l->lost) {
                link_free(l);
                return -ENOMEM;
        }
        return 0;
}

static int copy_file(struct copy *c, const struct entry *e)
{
        _cleanup_close_ int in = open_entry(c, e, 0), out = -EBADF;
        struct copy_object from = {in, e->from_fd, e->name}, to;
        struct stat st;
        int r;

        if (in < 0 && in != -EXDEV)
                return fail(c, e, in, "");
        out = openat(e->to_fd, e->to_name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (out < 0)
                return fail(c, e, -errno, "");
        if (in < 0)
                return 0; /* a mount point */
        if (fstat(in, &st) < 0)
                return fail(c, e, -errno, "");
        r = copy_data(in, out, (uint64_t)st.st_size, &c->progress);
        if (r < 0)
                return fail(c, e, r, "");
        to = (struct copy_object){out, e->to_fd, e->to_name};
        r = copy_metadata(&from, &st, &to);
        return r < 0 ? fail(c, e, r, " with its attributes") : 0;
}

/* No service needs it: each has a /dev of its own. And where devices may not be made (the daemon's unit says
 * so), an image of a whole system would fail for them. */
static bool is_device(const struct stat *st)
{
        return (S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode)) && st->st_rdev != 0;
}

static int leave_out(struct copy *c, const struct entry *e)
{
        if (c->n_devices++ == 0)
                c->device = shown_path(c, e);
        return c->device ? 0 : error_set_oom(c->error);
}

/* Symlinks, whiteouts, FIFOs, sockets. */
static int copy_special(struct copy *c, const struct entry *e)
{
        struct copy_object from = {-EBADF, e->from_fd, e->name}, to = {-EBADF, e->to_fd, e->to_name};
        int r;

        if (S_ISLNK(e->st.st_mode)) {
                _cleanup_free_ char *link = NULL;

                r = fd_readlink(e->from_fd, e->name, &link);
                if (r >= 0 && symlinkat(link, e->to_fd, e->to_name) < 0)
                        r = -errno;
        } else {
                r = mknodat(e->to_fd, e->to_name, (e->st.st_mode & S_IFMT) | 0600, e->st.st_rdev) < 0
                            ? -errno
                            : 0;
        }
        if (r < 0)
                return fail(c, e, r, "");
        r = copy_metadata(&from, &e->st, &to);
        return r < 0 ? fail(c, e, r, " with its attributes") : 0;
}

static int copy_entry(struct copy *c, const struct entry *e);

/* The entries of a directory, looked at before the first is copied. */
struct listing {
        struct item {
                char *name;
                struct stat st;
        } * items;
        size_t n;
};

static void listing_clear(struct listing *l)
{
        for (size_t i = 0; i < l->n; i++)
                free(l->items[i].name);
        free(l->items);
}

static int listing_add(struct listing *l, int fd, const char *name)
{
        struct stat st;

        if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
                return errno == ENOENT ? 0 : -errno;
        if ((l->n & (l->n - 1)) == 0) {
                struct item *grown = reallocarray(l->items, l->n ? l->n * 2 : 1, sizeof(*grown));

                if (!grown)
                        return -ENOMEM;
                l->items = grown;
        }
        l->items[l->n] = (struct item){.name = strdup(name), .st = st};
        if (!l->items[l->n].name)
                return -ENOMEM;
        l->n++;
        return 0;
}

static int read_listing(int fd, struct listing *l)
{
        _cleanup_closedir_ DIR *d = NULL;
        int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3), r;
        struct dirent *e;

        r = copy < 0 ? -errno : directory_take(copy, &d);
        while (r >= 0 && (r = directory_next(d, &e)) > 0)
                r = listing_add(l, fd, e->d_name);
        return r;
}

static struct entry child_of(const struct entry *e, const struct item *item, int from_fd, int to_fd)
{
        return (struct entry){
                .up = e,
                .name = item->name,
                .to_name = item->name,
                .depth = e->depth + 1,
                .from_fd = from_fd,
                .to_fd = to_fd,
                .st = item->st,
        };
}

/* How much there is to copy, for the progress. What can't be read is told when its turn comes. */
static void add_up(struct copy *c, const struct entry *e)
{
        __attribute__((cleanup(listing_clear))) struct listing l = {};
        _cleanup_close_ int fd = -EBADF;

        if (S_ISREG(e->st.st_mode))
                c->progress.total += (uint64_t)e->st.st_size;
        if (!S_ISDIR(e->st.st_mode) || e->depth > DEPTH_MAX)
                return;
        fd = open_entry(c, e, O_DIRECTORY);
        if (fd < 0 || read_listing(fd, &l) < 0)
                return;
        for (size_t i = 0; i < l.n; i++) {
                struct entry child = child_of(e, l.items + i, fd, -EBADF);

                add_up(c, &child);
        }
}

static int copy_children(struct copy *c, const struct entry *e, int from_fd, int to_fd)
{
        __attribute__((cleanup(listing_clear))) struct listing l = {};
        int r = read_listing(from_fd, &l);

        if (r < 0)
                return fail(c, e, r, "");
        for (size_t i = 0; i < l.n; i++) {
                struct entry child = child_of(e, l.items + i, from_fd, to_fd);

                r = copy_entry(c, &child);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int copy_directory(struct copy *c, const struct entry *e)
{
        _cleanup_close_ int in = -EBADF, out = -EBADF;
        struct copy_object from = {-EBADF, e->from_fd, e->name}, to;
        struct stat st = e->st;
        int r;

        if (e->depth > DEPTH_MAX)
                return error_set(c->error, ERROR_SYSTEM, ENAMETOOLONG,
                                 "Cannot copy '%s' to '%s': more than %u directories in one another",
                                 c->source, c->target, DEPTH_MAX);
        in = open_entry(c, e, O_DIRECTORY);
        if (in < 0 && in != -EXDEV)
                return fail(c, e, in, "");
        if (mkdirat(e->to_fd, e->to_name, 0700) < 0)
                return fail(c, e, -errno, "");
        out = openat(e->to_fd, e->to_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (out < 0)
                return fail(c, e, -errno, "");
        if (in >= 0) {
                r = copy_children(c, e, in, out);
                if (r < 0)
                        return r;
        }
        from.fd = in;
        to = (struct copy_object){out, e->to_fd, e->to_name};
        /* Its own directory can only be moved by who may write to it: root always, others by this bit. */
        if (!e->up && geteuid() != 0)
                st.st_mode |= S_IWUSR;
        r = copy_metadata(&from, &st, &to);
        return r < 0 ? fail(c, e, r, " with its attributes") : 0;
}

static int copy_entry(struct copy *c, const struct entry *e)
{
        int r;

        if (S_ISDIR(e->st.st_mode))
                return copy_directory(c, e);
        if (is_device(&e->st))
                return leave_out(c, e);
        r = copy_link(c, e);
        if (r != 0)
                return r < 0 ? fail(c, e, r, "") : 0;
        return S_ISREG(e->st.st_mode) ? copy_file(c, e) : copy_special(c, e);
}

static void free_links(struct copy *c)
{
        struct link *l, *next;

        HASH_ITER (hh, c->links, l, next) {
                HASH_DEL(c->links, l);
                link_free(l);
        }
}

static int note_devices(const struct copy *c, char ***notes)
{
        char *note;

        if (c->n_devices == 0)
                return 0;
        if (asprintf(&note, "The copy of image '%s' is without its %u device node%s ('%s'%s)", c->source,
                     c->n_devices, c->n_devices > 1 ? "s" : "", c->device,
                     c->n_devices > 1 ? " and others" : "") < 0)
                return error_set_oom(c->error);
        return strv_consume(notes, note) < 0 ? error_set_oom(c->error) : 0;
}

int copy_image(const struct transaction_copy *copy, int dir_fd, const char *name, char ***notes,
               struct error *error)
{
        struct copy c = {.dir_fd = dir_fd,
                         .source_fd = copy->fd,
                         .source = copy->source,
                         .target = copy->target,
                         .progress = {.call = copy->progress, .userdata = copy->userdata},
                         .error = error};
        struct entry e = {.from_fd = -EBADF, .to_fd = dir_fd, .name = "", .to_name = name};
        int r;

        if (fstat(copy->fd, &e.st) < 0)
                return fail(&c, &e, -errno, "");
        if (!S_ISREG(e.st.st_mode) && !S_ISDIR(e.st.st_mode))
                return error_set(error, ERROR_BAD_IMAGE_TYPE, EINVAL,
                                 "Cannot copy '%s' to '%s': neither a file nor a directory", copy->source,
                                 copy->target);
        if (copy->progress)
                add_up(&c, &e);
        r = copy_entry(&c, &e);
        free_links(&c);
        if (r >= 0)
                r = note_devices(&c, notes);
        free(c.device);
        if (r >= 0 && copy->progress)
                copy->progress(c.progress.done, c.progress.done, copy->userdata);
        return r;
}
