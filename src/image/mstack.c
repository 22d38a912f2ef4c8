/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "image/mstack.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/directory.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "basic/name-list.h"
#include "basic/path.h"
#include "image/image.h"
#include "image/link.h"
#include "image/pick.h"
#include "plan/kind.h"

/* Names of the entries, without the hidden ones. fd, as directory_take() wants it, is used up. -E2BIG if
 * there are too many. */
static int read_names(int fd, struct name_list *names)
{
        _cleanup_closedir_ DIR *dir = NULL;
        struct dirent *de;
        int r = directory_take(fd, &dir);

        if (r < 0)
                return r;
        for (size_t n = 0; (r = directory_next(dir, &de)) > 0; n++) {
                if (n >= PICK_ENTRIES_MAX || names->n > MSTACK_ENTRIES_MAX)
                        return -E2BIG;
                if (de->d_name[0] != '.' && name_list_add(names, de->d_name) < 0)
                        return -ENOMEM;
        }
        return r < 0 ? r : names->n > MSTACK_ENTRIES_MAX ? -E2BIG : 0;
}

/* One entry on its way to a part. */
struct mstack_entry {
        int root_fd;
        const char *name;
        char *path; /* of what is opened */
        int fd;
        bool link, versioned;
        mode_t mode;
};

static void entry_clear(struct mstack_entry *e)
{
        free(e->path);
        fd_close(e->fd);
}

static int pick(struct mstack_entry *e)
{
        _cleanup_pick_pattern_ struct pick_pattern pattern = {};
        _cleanup_free_ char *path = NULL;
        _cleanup_close_ int fd = -EBADF;
        struct image_id link;
        int r;

        r = pick_pattern_from_directory(e->name, &pattern);
        if (r < 0)
                return r;
        r = pick_open(e->root_fd, e->fd, &pattern, &fd, &path, &link);
        if (r < 0)
                return r;
        fd_close(e->fd);
        free(e->path);
        e->fd = steal_fd(&fd);
        e->path = steal_pointer(path);
        e->link = link.inode;
        return 1;
}

/* What the entry leads to. -EINVAL: it is neither a directory nor a disk image. */
static int open_entry(struct mstack_entry *e)
{
        struct image_id link;
        struct stat st;
        int r;

        r = link_open(e->root_fd, e->path, &e->fd, &link);
        if (r < 0)
                return r;
        e->link = link.inode;
        if (fstat(e->fd, &st) < 0)
                return -errno;
        if (S_ISDIR(st.st_mode) && string_ends_with(e->name, entry_forms[ENTRY_FORM_VERSIONED].suffix)) {
                r = pick(e);
                if (r < 0)
                        return r;
                e->versioned = true;
                if (fstat(e->fd, &st) < 0)
                        return -errno;
        }
        free(e->path);
        e->path = NULL;
        r = fd_path_in_root(e->root_fd, e->fd, &e->path);
        if (r < 0)
                return r;
        e->mode = st.st_mode;
        return S_ISDIR(st.st_mode) || S_ISREG(st.st_mode) || S_ISBLK(st.st_mode) ? 0 : -EINVAL;
}

static int entry_error(int r, const char *image, const char *name, struct error *error)
{
        _cleanup_free_ char *shown = text_escape(name);

        if (!shown || r == -ENOMEM)
                return error_set_oom(error);
        if (r == -ENOENT || r == -ENOTDIR || r == -ELOOP)
                return error_set(error, ERROR_INVALID_ARGS, r,
                                 "Image '%s': its '%s' is a symlink that leads %s", image, shown,
                                 r == -ELOOP ? "in a circle" : "nowhere");
        if (r == -ENOMEDIUM)
                return error_set(error, ERROR_INVALID_ARGS, ENOENT,
                                 "Image '%s': its '%s' has no version for this machine", image, shown);
        if (r == -E2BIG)
                return error_set(error, ERROR_INVALID_ARGS, r,
                                 "Image '%s': its '%s' has more than %u entries", image, shown,
                                 PICK_ENTRIES_MAX);
        if (r == -EINVAL)
                return error_set(
                        error, ERROR_INVALID_ARGS, EBADMSG,
                        "Image '%s' has an entry '%s', which is not one that an image in layers can "
                        "have (layer@ID, layer@ID.raw, rw, root, bind@WHERE, robind@WHERE), refusing",
                        image, shown);
        return error_set_errno(error, r, "Image '%s': cannot open its '%s'", image, shown);
}

static int take_entry(struct mstack_entry *e, const char *directory, struct stack_part *ret)
{
        ret->entry = path_join(directory, e->name);
        ret->path = steal_pointer(e->path);
        ret->fd = steal_fd(&e->fd);
        ret->link = e->link;
        return ret->entry ? 0 : -ENOMEM;
}

static int read_entry(int root_fd, int image_fd, const char *directory, const char *name,
                      struct stack_part *ret, struct error *error)
{
        _cleanup_(entry_clear) struct mstack_entry e = {
                .root_fd = root_fd, .name = name, .path = path_join(directory, name), .fd = -EBADF};
        int r;

        if (!e.path)
                return error_set_oom(error);
        /* An unknown name is told of whatever is there. */
        r = open_entry(&e);
        if (r < 0 && r != -ENOMEM) {
                struct stack_part probe = {.fd = -EBADF};
                bool versioned = string_ends_with(name, entry_forms[ENTRY_FORM_VERSIONED].suffix);

                if (mstack_name_parse(name, versioned, false, &probe) == -EINVAL)
                        r = -EINVAL;
                stack_part_clear(&probe);
        }
        if (r >= 0)
                r = mstack_name_parse(name, e.versioned, !S_ISDIR(e.mode), ret);
        if (r < 0)
                return entry_error(r, directory, name, error);
        if (fd_is_same(image_fd, e.fd))
                r = error_set(error, ERROR_INVALID_ARGS, ELOOP,
                              "Image '%s': its '%s' leads to the image itself", directory, name);
        else if (!text_is_printable(e.path) || !text_is_printable(name))
                r = entry_error(-EINVAL, directory, name, error);
        else
                r = take_entry(&e, directory, ret) < 0 ? error_set_oom(error) : 0;
        if (r < 0)
                stack_part_clear(ret);
        return r;
}

static int compare(const void *a, const void *b)
{
        return mstack_compare(a, b);
}

int mstack_read(int root_fd, int image_fd, const char *path, struct stack *ret, struct error *error)
{
        _cleanup_(name_list_clear) struct name_list names = {};
        _cleanup_stack_ struct stack s = {};
        int r;

        r = read_names(fd_reopen(image_fd, O_RDONLY | O_DIRECTORY), &names);
        if (r == -E2BIG)
                return error_set(error, ERROR_INVALID_ARGS, r,
                                 "Image '%s' has more than %u entries, which is more than is mounted", path,
                                 MSTACK_ENTRIES_MAX);
        if (r < 0)
                return error_set_errno(error, r, "Image '%s': cannot read the directory", path);
        s.parts = calloc(names.n + 1, sizeof(*s.parts));
        if (!s.parts)
                return error_set_oom(error);
        name_list_sort(&names);
        for (size_t i = 0; i < names.n; i++) {
                r = read_entry(root_fd, image_fd, path, names.items[i], s.parts + i, error);
                if (r < 0)
                        return r;
                s.n++;
        }
        qsort(s.parts, s.n, sizeof(*s.parts), compare);
        *ret = s;
        s = (struct stack){};
        return 0;
}

/* Where a symlink points, as it says, from the root. NULL: it is none, or out of memory (*ret_r). */
static char *read_target(int root_fd, const char *directory, const char *entry, int *ret_r)
{
        _cleanup_close_ int fd = fd_open_in_root(root_fd, entry, O_PATH | O_NOFOLLOW, 0);
        _cleanup_free_ char *target = NULL;
        char *path = NULL;
        int r = fd < 0 ? fd : fd_readlink(fd, "", &target);

        if (r >= 0) {
                path = *target == '/' ? steal_pointer(target) : path_join(directory, target);
                r = path ? 0 : -ENOMEM;
        }
        if (r == -ENOMEM)
                *ret_r = r;
        return path;
}

/* One that cannot be opened, by its name. */
static int look_at_trouble(int root_fd, const char *directory, struct mstack_entry *e, int why,
                           struct stack_part *ret)
{
        const struct entry_form_row *form = entry_forms + entry_form_of(e->name);
        _cleanup_error_ struct error error = {};
        char *target;
        int r;

        r = mstack_name_parse(e->name, form->versioned, form->file, ret);
        if (r < 0)
                return r;
        target = read_target(root_fd, directory, e->path, &r);
        if (target) {
                free(e->path);
                e->path = target;
                e->link = true;
        }
        entry_error(why, directory, e->name, &error);
        ret->trouble = strdup(error_message(&error));
        ret->missing = why == -ENOENT || why == -ENOTDIR || why == -ELOOP || why == -ENOMEDIUM;
        return r < 0 || !ret->trouble ? -ENOMEM : 0;
}

static int look_at_entry(int root_fd, const char *directory, const char *name, struct stack_part *ret)
{
        _cleanup_(entry_clear) struct mstack_entry e = {
                .root_fd = root_fd, .name = name, .path = path_join(directory, name), .fd = -EBADF};
        int r;

        if (!e.path)
                return -ENOMEM;
        r = open_entry(&e);
        if (r == -ENOMEM)
                return r;
        r = r < 0 ? look_at_trouble(root_fd, directory, &e, r, ret)
                  : mstack_name_parse(name, e.versioned, !S_ISDIR(e.mode), ret);
        if (r < 0)
                return r;
        e.fd = fd_close(e.fd);
        return take_entry(&e, directory, ret);
}

int mstack_look(int root_fd, int image_fd, const char *path, struct stack *ret)
{
        _cleanup_(name_list_clear) struct name_list names = {};
        _cleanup_stack_ struct stack s = {};
        int r;

        r = read_names(fd_reopen(image_fd, O_RDONLY | O_DIRECTORY), &names);
        if (r < 0)
                return r == -ENOMEM ? r : 0;
        s.parts = calloc(names.n + 1, sizeof(*s.parts));
        if (!s.parts)
                return -ENOMEM;
        for (size_t i = 0; i < names.n; i++) {
                s.parts[s.n] = (struct stack_part){.fd = -EBADF};
                r = look_at_entry(root_fd, path, names.items[i], s.parts + s.n);
                if (r == -ENOMEM) {
                        stack_part_clear(s.parts + s.n);
                        return r;
                }
                s.n += r >= 0;
        }
        qsort(s.parts, s.n, sizeof(*s.parts), compare);
        *ret = s;
        s = (struct stack){};
        return 0;
}

/* What the names of the entries say, without a look at what these are. */
struct summary {
        size_t layers, disks; /* and how many of the layers are disk images */
        bool writable;        /* there is something that is meant to be written to */
        bool root;
};

static int summarize(int fd, struct summary *ret)
{
        _cleanup_(name_list_clear) struct name_list names = {};
        struct summary s = {};
        int r;

        r = read_names(fd, &names);
        for (size_t i = 0; i < names.n && r >= 0; i++) {
                const struct entry_form_row *form = entry_forms + entry_form_of(names.items[i]);
                struct stack_part part;

                r = mstack_name_parse(names.items[i], form->versioned, form->file, &part);
                if (r < 0)
                        break;
                s.layers += part.use == STACK_LAYER;
                s.disks += part.use == STACK_LAYER && form->file;
                s.root = s.root || part.use == STACK_ROOT;
                s.writable = s.writable || (part.use != STACK_LAYER && part.use != STACK_ROBIND);
                stack_part_clear(&part);
        }
        if (r >= 0)
                *ret = s;
        return r;
}

bool mstack_is_one(int image_fd)
{
        struct summary s;

        return summarize(fd_reopen(image_fd, O_RDONLY | O_DIRECTORY), &s) >= 0 && (s.layers > 0 || s.root);
}

void mstack_describe(int dir_fd, const char *name, const char *base, struct image *i)
{
        struct summary s;
        int fd;

        if (!S_ISDIR(i->id.type) || entry_form_of(base) != ENTRY_FORM_MSTACK)
                return;
        i->type = IMAGE_MSTACK;
        i->usage = i->usage_exclusive = i->limit = i->limit_exclusive = UINT64_MAX;
        fd = *name ? openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
                   : fd_reopen(dir_fd, O_RDONLY | O_DIRECTORY);
        i->read_only = fd >= 0 && summarize(fd, &s) >= 0 && !s.writable && (s.layers > 1 || s.disks == 1);
}
