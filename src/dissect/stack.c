/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dissect/stack.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "basic/path.h"
#include "dissect/dissect.h"
#include "dissect/raw.h"

/* What is opened of the parts on the way to the mounts; one entry each. */
struct opened {
        const struct dissect_options *options;
        const struct stack *stack;
        const char *image;
        int *fds; /* detached mounts, -EBADF: none */
};

static void opened_clear(struct opened *o)
{
        for (size_t i = 0; o->fds && i < o->stack->n; i++)
                fd_close(o->fds[i]);
        free(o->fds);
}

void stack_part_clear(struct stack_part *p)
{
        free(p->name);
        free(p->id);
        free(p->where);
        free(p->entry);
        free(p->path);
        free(p->trouble);
        fd_close(p->fd);
        *p = (struct stack_part){.fd = -EBADF};
}

void stack_notes_clear(struct stack_notes *n)
{
        for (size_t i = 0; i < n->n; i++)
                free(n->items[i].text);
        free(n->items);
        *n = (struct stack_notes){};
}

void stack_clear(struct stack *s)
{
        for (size_t i = 0; i < s->n; i++)
                stack_part_clear(s->parts + i);
        free(s->parts);
        *s = (struct stack){};
}

static size_t count(const struct stack *s, enum stack_use use)
{
        size_t n = 0;

        for (size_t i = 0; i < s->n; i++)
                n += s->parts[i].use == use;
        return n;
}

/* A disk image in the stack, under the same policy and checks as one that is an image itself. */
static int open_raw(const struct opened *o, const struct stack_part *part, int *ret_fd, struct error *error)
{
        const struct dissect_options options = {
                .root_fd = o->options->root_fd,
                .image_fd = part->fd,
                .path = part->path,
                .policy = o->options->policy,
        };
        __attribute__((cleanup(raw_clear))) struct raw raw = RAW_NONE;
        _cleanup_free_ char *shown = text_escape(part->path);
        int r;

        if (!shown)
                return error_set_oom(error);
        r = raw_open(&options, shown, &raw, error);
        if (r < 0) {
                error_prefix(error, "Image '%s': its '%s' cannot be used: ", o->image, part->name);
                return r;
        }
        *ret_fd = steal_fd(&raw.tree_fd);
        return 0;
}

/* What rw has gathered; -ENOENT if nothing yet. */
static int open_gathered(const struct stack_part *part)
{
        return fd_open_in_root(part->fd, "data", O_PATH | O_DIRECTORY | O_NOFOLLOW, 0);
}

static int open_part(const struct opened *o, const struct stack_part *part, int *ret_fd, struct error *error)
{
        _cleanup_close_ int gathered = -EBADF;
        int fd = part->fd;

        if (part->raw)
                return open_raw(o, part, ret_fd, error);
        if (part->use == STACK_RW) {
                fd = gathered = open_gathered(part);
                if (fd == -ENOENT)
                        return 0;
        }
        if (fd >= 0) {
                fd = open_tree(fd, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
                fd = fd < 0 ? -errno : fd;
        }
        if (fd < 0)
                return error_set_errno(error, fd, "Image '%s': cannot open its '%s'%s", o->image, part->name,
                                       fd == -EPERM ? " (layers are mounted, which needs privileges)" : "");
        *ret_fd = fd;
        return 0;
}

static int open_parts(const struct opened *o, struct error *error)
{
        for (size_t i = 0; i < o->stack->n; i++)
                o->fds[i] = -EBADF;
        for (size_t i = 0; i < o->stack->n; i++) {
                int r = open_part(o, o->stack->parts + i, o->fds + i, error);

                if (r < 0)
                        return r;
        }
        return 0;
}

static int mount_error(int r, const char *image, struct error *error)
{
        if (r == -ENOTDIR)
                return error_set(
                        error, ERROR_INVALID_ARGS, r,
                        "Image '%s': its 'root' or its layers have no directory /usr, which is to be "
                        "mounted from the one to the other",
                        image);
        if (r == -ELOOP)
                return error_set(error, ERROR_INVALID_ARGS, r,
                                 "Image '%s': one of its layers lies in another one, or is there twice",
                                 image);
        return error_set_errno(error, r, "Image '%s': cannot put its layers together", image);
}

static int mount_parts(const struct opened *o, int *ret_fd, struct error *error)
{
        const struct stack *s = o->stack;
        _cleanup_free_ int *layers = calloc(s->n, sizeof(*layers));
        _cleanup_free_ struct stack_bind *binds = calloc(s->n, sizeof(*binds));
        struct stack_mounts m = {.layers = layers, .binds = binds, .root = -EBADF};
        int r;

        if (!layers || !binds)
                return error_set_oom(error);
        for (size_t i = 0; i < s->n; i++) {
                const struct stack_part *part = s->parts + i;

                if (o->fds[i] < 0)
                        continue;
                if (part->where)
                        binds[m.n_binds++] = (struct stack_bind){o->fds[i], part->where};
                else if (part->use == STACK_ROOT)
                        m.root = o->fds[i];
                else
                        layers[m.n_layers++] = o->fds[i];
        }
        r = stack_mount(&m);
        if (r < 0)
                return mount_error(r, o->image, error);
        *ret_fd = r;
        return 0;
}

/* A lone layer needs no mounts, and where it is a directory no privileges. */
static int open_lone(const struct opened *o, int *ret_fd, struct error *error)
{
        const struct stack_part *part = o->stack->parts;
        int fd;

        if (part->raw)
                return open_raw(o, part, ret_fd, error);
        fd = openat(part->fd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
                return error_set_errno(error, errno, "Image '%s': cannot open its '%s'", o->image,
                                       part->name);
        *ret_fd = fd;
        return 0;
}

/* Whether what is at the place of the bind is the bind. */
static bool is_in_place(const struct opened *o, size_t i, int tree_fd)
{
        _cleanup_close_ int there = fd_open_in_root(tree_fd, o->stack->parts[i].where, O_PATH, 0);

        return fd_is_same(there, o->fds[i]);
}

static int note(struct stack_notes *notes, enum stack_note_kind kind, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

static int note(struct stack_notes *notes, enum stack_note_kind kind, const char *format, ...)
{
        struct stack_note *grown = reallocarray(notes->items, notes->n + 1, sizeof(*grown));
        va_list ap;
        int r;

        if (!grown)
                return -ENOMEM;
        notes->items = grown;
        grown += notes->n;
        grown->kind = kind;
        va_start(ap, format);
        r = vasprintf(&grown->text, format, ap);
        va_end(ap);
        if (r < 0)
                return -ENOMEM;
        notes->n++;
        return 0;
}

static int note_part(const struct opened *o, size_t i, int tree_fd, struct stack_notes *notes)
{
        const struct stack_part *part = o->stack->parts + i;
        struct statfs sfs;

        if (part->use == STACK_RW && fstatfs(part->fd, &sfs) >= 0 && sfs.f_type == OVERLAYFS_SUPER_MAGIC)
                return note(notes, STACK_NOTE_OVERLAY,
                            "Image '%s': its 'rw' lies on an overlayfs, where it cannot be the writable "
                            "layer of another one: its services will not start",
                            o->image);
        if (part->where && part->raw)
                return note(notes, STACK_NOTE_DISK,
                            "Image '%s': its '%s' is a disk image, which service managers do not mount at a "
                            "place of its own (as of 262): its services will not start",
                            o->image, part->name);
        if (part->where && !is_in_place(o, i, tree_fd))
                return note(notes, STACK_NOTE_POINT,
                            "Image '%s': its '%s' is to be mounted at '%s', which its layers do not have: "
                            "its services will not start",
                            o->image, part->name, part->where);
        if (part->use == STACK_LAYER && part->raw && part->link && count(o->stack, STACK_ROOT))
                return note(notes, STACK_NOTE_LINK,
                            "Image '%s': its '%s' is a symlink to a disk image, which service managers do "
                            "not take beside a 'root' (as of 262): its services will not start",
                            o->image, part->name);
        return 0;
}

/* One layer and nothing else is no overlay: the service manager makes it the root as it is. */
static bool is_written_through(const struct stack *s)
{
        return count(s, STACK_LAYER) == 1 && !count(s, STACK_RW) && !count(s, STACK_ROOT) &&
               !s->parts[0].raw;
}

static int note_all(const struct opened *o, int tree_fd, struct stack_notes *ret, struct error *error)
{
        __attribute__((cleanup(stack_notes_clear))) struct stack_notes notes = {};

        for (size_t i = 0; i < o->stack->n; i++)
                if (note_part(o, i, tree_fd, &notes) < 0)
                        return error_set_oom(error);
        if (is_written_through(o->stack) &&
            note(&notes, STACK_NOTE_WRITABLE,
                 "Image '%s' has but one layer, the directory '%s', and no 'rw': what its services write "
                 "goes into that layer",
                 o->image, o->stack->parts[0].name) < 0)
                return error_set_oom(error);
        *ret = notes;
        notes = (struct stack_notes){};
        return 0;
}

int stack_open(const struct dissect_options *options, const char *image, int *ret_fd,
               struct stack_notes *ret_notes, struct error *error)
{
        const struct stack *s = options->stack;
        _cleanup_(opened_clear) struct opened o = {
                .options = options,
                .stack = s,
                .image = image,
                .fds = s->n > 0 ? calloc(s->n, sizeof(int)) : NULL,
        };
        _cleanup_close_ int tree = -EBADF;
        bool rootless = !count(s, STACK_LAYER) && !count(s, STACK_ROOT);
        int r;

        for (size_t i = 0; i < s->n; i++)
                rootless = rootless && !(s->parts[i].where && strcmp(s->parts[i].where, "/") == 0);
        if (rootless)
                return error_set(error, ERROR_INVALID_ARGS, ENODATA,
                                 "Image '%s' has no layer: there is no 'layer@…' in it, and no 'root'",
                                 image);
        if (!o.fds)
                return error_set_oom(error);
        if (s->n == 1 && s->parts->use == STACK_LAYER) {
                o.fds[0] = -EBADF;
                r = open_lone(&o, &tree, error);
        } else {
                r = open_parts(&o, error);
                if (r >= 0)
                        r = mount_parts(&o, &tree, error);
        }
        if (r >= 0)
                r = note_all(&o, tree, ret_notes, error);
        if (r < 0)
                return r;
        *ret_fd = steal_fd(&tree);
        return 0;
}
