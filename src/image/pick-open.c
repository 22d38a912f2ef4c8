/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "basic/array.h"
#include "basic/cleanup.h"
#include "basic/directory.h"
#include "basic/fd.h"
#include "basic/path.h"
#include "image/image.h"
#include "image/link.h"
#include "image/pick.h"
#include "partition/gpt-type.h"
#include "plan/kind.h"

/* Owns the file names its items point to. */
struct candidates {
        struct pick_candidate *items;
        size_t n, allocated;
};

static void candidates_clear(struct candidates *c)
{
        for (size_t i = 0; i < c->n; i++)
                free((char *)c->items[i].file);
        free(c->items);
}

static int candidates_add(struct candidates *c, const struct pick_candidate *item)
{
        struct pick_candidate owned = *item;

        if (c->n == c->allocated) {
                size_t n = c->allocated ? c->allocated * 2 : 16;
                struct pick_candidate *grown = reallocarray(c->items, n, sizeof(*grown));

                if (!grown)
                        return -ENOMEM;
                c->items = grown;
                c->allocated = n;
        }
        owned.file = strdup(item->file);
        if (!owned.file)
                return -ENOMEM;
        owned.version = owned.file + (item->version - item->file);
        c->items[c->n++] = owned;
        return 0;
}

/* A file can fit in two ways: "a_1.raw" is version "1" of a raw file or version "1.raw" of a directory. */
static int add_file(struct candidates *c, const char *file, const struct pick_pattern *pattern,
                    const char *native)
{
        struct pick_candidate item;

        for (int raw = 0; raw <= 1; raw++) {
                const char *suffix =
                        raw && !*pattern->suffix ? entry_forms[ENTRY_FORM_RAW].suffix : pattern->suffix;
                int r;

                if (!(raw ? pattern->want_raw : pattern->want_directory) ||
                    !pick_parse(file, pattern->base, suffix, native, &item))
                        continue;
                item.raw = raw;
                r = candidates_add(c, &item);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int read_candidates(int dir_fd, const struct pick_pattern *pattern, struct candidates *c)
{
        _cleanup_closedir_ DIR *dir = NULL;
        const char *native = architecture_native();
        struct dirent *de;
        int r;

        r = directory_take(fd_reopen(dir_fd, O_RDONLY | O_DIRECTORY), &dir);
        for (unsigned n = 0; r >= 0 && (r = directory_next(dir, &de)) > 0; n++) {
                if (n >= PICK_ENTRIES_MAX)
                        return -E2BIG;
                r = add_file(c, de->d_name, pattern, native);
        }
        return r;
}

static int compare_best_first(const void *a, const void *b)
{
        return pick_compare(b, a);
}

/* 1 if the candidate at path is what it must be, 0 if it is to be passed over. */
static int open_candidate(int root_fd, const char *path, bool raw, int *ret_fd, struct image_id *ret_link)
{
        _cleanup_close_ int fd = -EBADF;
        struct image_id link;
        struct stat st;
        int r;

        r = link_open(root_fd, path, &fd, &link);
        if (r == -ENOENT || r == -ELOOP || r == -ENOTDIR || r == -EXDEV)
                return 0;
        if (r < 0)
                return r;
        if (fstat(fd, &st) < 0)
                return -errno;
        if (!(raw ? S_ISREG(st.st_mode) || S_ISBLK(st.st_mode) : S_ISDIR(st.st_mode)))
                return 0;
        *ret_fd = steal_fd(&fd);
        *ret_link = link;
        return 1;
}

int pick_open(int root_fd, int dir_fd, const struct pick_pattern *pattern, int *ret_fd, char **ret_path,
              struct image_id *ret_link)
{
        _cleanup_(candidates_clear) struct candidates c = {0};
        _cleanup_free_ char *directory = NULL;
        int r;

        r = fd_path_in_root(root_fd, dir_fd, &directory);
        if (r < 0)
                return r;
        r = read_candidates(dir_fd, pattern, &c);
        if (r < 0)
                return r;
        if (c.n > 0)
                qsort(c.items, c.n, sizeof(*c.items), compare_best_first);
        for (size_t i = 0; i < c.n; i++) {
                _cleanup_free_ char *path = path_join(directory, c.items[i].file);

                if (!path)
                        return -ENOMEM;
                r = open_candidate(root_fd, path, c.items[i].raw, ret_fd, ret_link);
                if (r < 0)
                        return r;
                if (r == 0)
                        continue;
                *ret_path = steal_pointer(path);
                return 0;
        }
        return -ENOMEDIUM;
}

void pick_files_clear(struct pick_files *f)
{
        for (size_t i = 0; i < f->n; i++) {
                free(f->items[i].path);
                free(f->items[i].version);
        }
        free(f->items);
        *f = (struct pick_files){};
}

static int add_pick(struct pick_files *f, const char *path, const struct pick_candidate *c)
{
        struct pick_file file = {};

        if (array_grow((void **)&f->items, f->n, sizeof(file)) < 0)
                return -ENOMEM;
        file.path = strdup(path);
        file.version = strndup(c->version, c->version_length);
        f->items[f->n++] = file;
        return file.path && file.version ? 0 : -ENOMEM;
}

/* Those of the candidates that are what they must be. */
static int list_candidates(int root_fd, const char *directory, const struct candidates *c,
                           struct pick_files *f)
{
        for (size_t i = 0; i < c->n; i++) {
                _cleanup_free_ char *path = path_join(directory, c->items[i].file);
                _cleanup_close_ int fd = -EBADF;
                struct image_id link;
                int r = path ? open_candidate(root_fd, path, c->items[i].raw, &fd, &link) : -ENOMEM;

                if (r > 0)
                        r = add_pick(f, path, c->items + i);
                if (r < 0)
                        return r;
        }
        return 0;
}

int pick_list(int root_fd, const char *directory, struct pick_files *ret)
{
        _cleanup_close_ int fd = fd_open_in_root(root_fd, directory, O_PATH | O_DIRECTORY, 0);
        _cleanup_(candidates_clear) struct candidates c = {0};
        _cleanup_(pick_files_clear) struct pick_files f = {};
        _cleanup_pick_pattern_ struct pick_pattern pattern = {};
        _cleanup_free_ char *real = NULL;
        int r = fd < 0 ? fd : pick_pattern_from_directory(path_base(directory), &pattern);

        if (r >= 0)
                r = fd_path_in_root(root_fd, fd, &real);
        if (r >= 0)
                r = read_candidates(fd, &pattern, &c);
        if (r < 0)
                return r;
        if (c.n > 0)
                qsort(c.items, c.n, sizeof(*c.items), compare_best_first);
        r = list_candidates(root_fd, real, &c, &f);
        if (r < 0)
                return r;
        *ret = f;
        f = (struct pick_files){};
        return 0;
}
