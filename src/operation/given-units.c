/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "operation/given-units.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "basic/layout.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "basic/unit-name.h"
#include "extract/extract.h"
#include "operation/operation.h"

struct given {
        struct unit_file *files;
        size_t n, size;
};

static void given_clear(struct given *g)
{
        unit_files_free(g->files, g->n);
}

static int check_path(const char *path, struct error *error)
{
        _cleanup_free_ char *shown = text_escape(path);

        if (!shown)
                return error_set_oom(error);
        if (!path_is_normalized(path) || !text_is_printable(path))
                return error_set(error, ERROR_INVALID_ARGS, EINVAL,
                                 "Path of unit file '%s' is not absolute and normalized, or holds control "
                                 "characters",
                                 shown);
        if (!unit_name_is_portable(path_base(path)))
                return error_set(error, ERROR_INVALID_ARGS, EINVAL,
                                 "'%s' is not called as a unit that can be attached (*.service, *.socket, "
                                 "*.target, *.timer, *.path)",
                                 shown);
        return 0;
}

static int read_error(int r, const char *path, struct error *error)
{
        if (r == -EBADFD)
                return error_set(error, ERROR_INVALID_ARGS, r, "Unit file '%s' is not a regular file", path);
        if (r == -EPERM)
                return error_set(error, ERROR_INVALID_ARGS, r,
                                 "Unit file '%s' may not be read by everybody, as it can be once attached",
                                 path);
        if (r == -EFBIG)
                return error_set(error, ERROR_INVALID_ARGS, r,
                                 "Unit file '%s' is larger than the %u bytes allowed", path,
                                 EXTRACT_UNIT_SIZE_MAX);
        if (r == -ENOENT || r == -ENOTDIR || r == -ELOOP)
                return error_set(error, ERROR_INVALID_ARGS, r, "There is no unit file '%s'", path);
        return error_set_errno(error, r, "Cannot read unit file '%s'", path);
}

/* The path is the caller's: what it leads to is looked at before it is opened, as to open a device may do
 * something already. */
static int read_regular(const struct operation *o, const char *path, struct unit_file *u)
{
        _cleanup_close_ int found = fd_open_in_root(o->root_fd, path, O_PATH, 0), fd = -EBADF;
        struct stat st;

        if (found < 0)
                return found;
        if (fstat(found, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode))
                return -EBADFD;
        /* Who gives it may have been led by a link of somebody else, to what only root may read. What a user
         * attaches lies in directories of that user. */
        if (o->layout->scope != LAYOUT_USER && !(st.st_mode & S_IROTH))
                return -EPERM;
        fd = fd_reopen(found, O_RDONLY | O_NONBLOCK | O_NOCTTY);
        return fd < 0 ? fd : fd_read_regular(fd, EXTRACT_UNIT_SIZE_MAX, &u->content, &u->size);
}

static int read_one(struct operation *o, const char *path, struct given *g, struct error *error)
{
        struct unit_file *u = g->files + g->n;
        int r = check_path(path, error);

        if (r < 0)
                return r;
        for (size_t i = 0; i < g->n; i++)
                if (strcmp(g->files[i].name, path_base(path)) == 0)
                        return error_set(error, ERROR_INVALID_ARGS, EEXIST,
                                         "Unit files '%s' and '%s' are of one unit", g->files[i].path, path);
        r = read_regular(o, path, u);
        if (r < 0)
                return read_error(r, path, error);
        g->n++;
        u->name = strdup(path_base(path));
        u->path = strdup(path);
        if (!u->name || !u->path)
                return error_set_oom(error);
        if (u->size == 0)
                return error_set(error, ERROR_INVALID_ARGS, ENODATA, "Unit file '%s' is empty", path);
        g->size += u->size;
        if (g->size > EXTRACT_TOTAL_SIZE_MAX)
                return error_set(error, ERROR_INVALID_ARGS, EFBIG,
                                 "The unit files given are together larger than the %u bytes allowed",
                                 EXTRACT_TOTAL_SIZE_MAX);
        return 0;
}

static int compare_units(const void *a, const void *b)
{
        return strcmp(((const struct unit_file *)a)->name, ((const struct unit_file *)b)->name);
}

int given_units_read(struct operation *o, char *const *paths, struct metadata *m, struct error *error)
{
        size_t n = strv_length(paths);
        _cleanup_(given_clear) struct given g = {.files = calloc(n + 1, sizeof(*g.files))};
        _cleanup_strv_ char **names = NULL;
        int r = 0;

        if (!g.files)
                return error_set_oom(error);
        if (n > EXTRACT_UNITS_MAX)
                return error_set(error, ERROR_INVALID_ARGS, E2BIG,
                                 "More than the %u unit files allowed are given", EXTRACT_UNITS_MAX);
        for (size_t i = 0; i < n && r >= 0; i++)
                r = read_one(o, paths[i], &g, error);
        if (r < 0)
                return r;
        qsort(g.files, g.n, sizeof(*g.files), compare_units);
        for (size_t i = 0; i < g.n; i++)
                if (strv_append(&names, g.files[i].name) < 0)
                        return error_set_oom(error);
        unit_files_free(m->units, m->n_units);
        strv_free(m->unit_names);
        strv_free(m->unusable);
        m->units = g.files;
        m->n_units = g.n;
        m->unit_names = steal_pointer(names);
        m->unusable = NULL;
        g = (struct given){};
        return 0;
}
