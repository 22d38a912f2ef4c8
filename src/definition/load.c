/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "definition/load.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Else uthash ends the process when it is out of memory. */
#define HASH_NONFATAL_OOM        1
#define uthash_nonfatal_oom(elt) ((elt)->lost = true)
#include <uthash.h>

#include "basic/cleanup.h"
#include "basic/directory.h"
#include "basic/fd.h"
#include "basic/layout.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "image/mask.h"
#include "plan/marker.h"

#define SUFFIX              ".portable"
#define DEFINITION_SIZE_MAX (256U * 1024U)
#define DEFINITIONS_MAX     16384U

/* What lies in one of several directories: the name, and where it was met first. */
struct found_file {
        UT_hash_handle hh;
        char *path;
        bool lost;
        char name[];
};

static void found_clear(struct found_file **files)
{
        struct found_file *f, *next;

        HASH_ITER (hh, *files, f, next) {
                HASH_DEL(*files, f);
                free(f->path);
                free(f);
        }
}

static int compare_found(const struct found_file *a, const struct found_file *b)
{
        return strcmp(a->name, b->name);
}

static int add_found(struct found_file **files, const char *directory, const char *name)
{
        size_t length = strlen(name);
        struct found_file *f;

        HASH_FIND(hh, *files, name, length, f);
        if (f)
                return 0;
        if (HASH_COUNT(*files) == DEFINITIONS_MAX)
                return -E2BIG;
        f = calloc(1, sizeof(*f) + length + 1);
        if (!f)
                return -ENOMEM;
        memcpy(f->name, name, length);
        f->path = path_join(directory, name);
        if (f->path)
                HASH_ADD_KEYPTR(hh, *files, f->name, length, f);
        if (f->path && !f->lost)
                return 0;
        free(f->path);
        free(f);
        return -ENOMEM;
}

/* Visible files with that end; what begins with a dot is a file that is being written. */
static int read_directory(int root_fd, const char *directory, const char *suffix, struct found_file **files)
{
        _cleanup_closedir_ DIR *d = NULL;
        struct dirent *de;
        int r = directory_open_in_root(root_fd, directory, &d);

        while (r >= 0 && (r = directory_next(d, &de)) > 0)
                if (de->d_name[0] != '.' && de->d_type != DT_DIR && string_ends_with(de->d_name, suffix) &&
                    strlen(de->d_name) > strlen(suffix))
                        r = add_found(files, directory, de->d_name);
        return r;
}

static bool is_mask(int root_fd, const char *path)
{
        _cleanup_close_ int parent = fd_open_parent_in_root(root_fd, path);

        return parent >= 0 && entry_is_mask(parent, path_base(path));
}

/* Returns 1 if it is empty or masked. What cannot be read is d->error. */
static int read_file(int root_fd, const char *path, struct definition *d, char ***warnings)
{
        _cleanup_free_ char *text = NULL, *shown = text_escape(path);
        size_t size;
        int r;

        if (!shown)
                return -ENOMEM;
        if (is_mask(root_fd, path))
                return 1;
        r = fd_read_file_in_root(root_fd, path, DEFINITION_SIZE_MAX, &text, &size);
        if (r == -ENOMEM)
                return r;
        if (r == -EBADFD || r == -EFBIG)
                (void)error_set(&d->error, ERROR_INVALID_ARGS, EINVAL, "%s: %s", shown,
                                r == -EFBIG ? "The file is too large" : "This is not a regular file");
        else if (r < 0)
                (void)error_set_errno(&d->error, r, "Cannot read '%s'", shown);
        else if (size > 0)
                r = definition_parse(d, shown, text, size, warnings);
        return r == -ENOMEM ? r : r >= 0 && size == 0;
}

static int read_dropins(int root_fd, const struct layout *layout, const char *file, struct definition *d,
                        char ***warnings)
{
        _cleanup_(found_clear) struct found_file *dropins = NULL;
        int r = 0;

        for (const char *const *directory = layout->definitions; *directory && r >= 0; directory++) {
                _cleanup_free_ char *path = NULL;

                if (asprintf(&path, "%s/%s.d", *directory, file) < 0) {
                        path = NULL;
                        return -ENOMEM;
                }
                r = read_directory(root_fd, path, ".conf", &dropins);
                if (r < 0 && r != -ENOMEM) {
                        (void)error_set_errno(&d->error, r, "Cannot read '%s'", path);
                        return 0;
                }
        }
        HASH_SORT(dropins, compare_found);
        for (struct found_file *f = dropins; f && r >= 0; f = f->hh.next)
                r = read_file(root_fd, f->path, d, warnings);
        return r < 0 ? r : 0;
}

static int read_definition(int root_fd, const struct layout *layout, const struct found_file *file,
                           struct definition *d, char ***warnings)
{
        int r;

        definition_init(d);
        d->name = strndup(file->name, strlen(file->name) - strlen(SUFFIX));
        d->path = strdup(file->path);
        if (!d->name || !d->path)
                return -ENOMEM;
        if (!marker_definition_is_valid(d->name)) {
                _cleanup_free_ char *shown = text_escape(file->path);

                (void)error_set(
                        &d->error, ERROR_INVALID_ARGS, EINVAL,
                        "%s: The name of a definition has letters, digits, ':', '-', '_' and '.' only",
                        shown ?: "?");
                return 0;
        }
        r = read_file(root_fd, file->path, d, warnings);
        if (r < 0)
                return r;
        d->masked = r > 0;
        if (!d->masked)
                r = read_dropins(root_fd, layout, file->name, d, warnings);
        return r < 0 ? r : definition_check(d);
}

int definitions_load(int root_fd, const struct layout *layout, struct definition_list *ret,
                     struct error *error)
{
        _cleanup_(found_clear) struct found_file *files = NULL;
        _cleanup_definitions_ struct definition_list l = {};
        int r;

        for (const char *const *directory = layout->definitions; *directory; directory++) {
                r = read_directory(root_fd, *directory, SUFFIX, &files);
                if (r < 0)
                        return error_set_errno(error, r, "Cannot read the definitions in '%s'", *directory);
        }
        HASH_SORT(files, compare_found);
        l.items = calloc(HASH_COUNT(files) + 1, sizeof(*l.items));
        if (!l.items)
                return error_set_oom(error);
        for (struct found_file *f = files; f; f = f->hh.next, l.n++)
                if (read_definition(root_fd, layout, f, l.items + l.n, &l.warnings) < 0) {
                        l.n++;
                        return error_set_oom(error);
                }
        *ret = l;
        l = (struct definition_list){};
        return 0;
}
