/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "attached/index.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uthash.h>

#include "attached/files.h"
#include "attached/names.h"
#include "basic/array.h"
#include "basic/cleanup.h"
#include "basic/directory.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "basic/name-list.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "basic/unit-name.h"
#include "plan/kind.h"
#include "plan/marker.h"

/* One image name and the units whose marker has it, whole or up to the first "_". */
struct name_map {
        UT_hash_handle hh;
        size_t *units;
        size_t n, allocated;
        char name[];
};

static void unit_clear(struct attached_unit *u)
{
        free(u->name);
        strv_free(u->paths);
        strv_free(u->names);
        free(u->definition);
}

void attached_index_clear(struct attached_index *index)
{
        struct name_map *m, *next;

        HASH_ITER (hh, index->map, m, next) {
                HASH_DEL(index->map, m);
                free(m->units);
                free(m);
        }
        for (size_t i = 0; i < index->n_units; i++)
                unit_clear(index->units + i);
        free(index->units);
        *index = (struct attached_index){};
}

static int map_add(struct attached_index *index, const char *name, size_t length, size_t unit)
{
        struct name_map *m;

        HASH_FIND(hh, index->map, name, length, m);
        if (!m) {
                m = calloc(1, sizeof(*m) + length + 1);
                if (!m)
                        return -ENOMEM;
                memcpy(m->name, name, length);
                HASH_ADD_KEYPTR(hh, index->map, m->name, length, m);
        }
        if (m->n > 0 && m->units[m->n - 1] == unit)
                return 0;
        if (m->n == m->allocated) {
                size_t want = m->allocated ? m->allocated * 2 : 4;
                size_t *grown = reallocarray(m->units, want, sizeof(size_t));

                if (!grown)
                        return -ENOMEM;
                m->units = grown;
                m->allocated = want;
        }
        m->units[m->n++] = unit;
        return 0;
}

static int map_build(struct attached_index *index)
{
        for (size_t i = 0; i < index->n_units; i++)
                for (char **name = index->units[i].names; *name; name++) {
                        size_t stem = strcspn(*name, "_");
                        int r = map_add(index, *name, strlen(*name), i);

                        if (r >= 0 && stem > 0 && (*name)[stem])
                                r = map_add(index, *name, stem, i);
                        if (r < 0)
                                return r;
                }
        return 0;
}

static struct attached_stamp stamp_of(const struct stat *st)
{
        return (struct attached_stamp){st->st_dev, st->st_ino, st->st_ctim};
}

/* The clock of files stands still for some milliseconds: what was changed just now may change again and have
 * the same time, so it has no stamp yet. */
static bool stamp_is_settled(const struct attached_stamp *s)
{
        struct timespec now;

        if (clock_gettime(CLOCK_REALTIME_COARSE, &now) < 0)
                return false;
        return (now.tv_sec - s->changed.tv_sec) * 1000 + (now.tv_nsec - s->changed.tv_nsec) / 1000000 > 100;
}

static bool stamp_is_equal(const struct attached_stamp *a, const struct attached_stamp *b)
{
        return a->device == b->device && a->inode == b->inode && a->changed.tv_sec == b->changed.tv_sec &&
               a->changed.tv_nsec == b->changed.tv_nsec;
}

/* Whose units they are, and for which definition. 1, 0 or -ENOMEM. */
static int parse_marker(const char *data, size_t size, struct attached_unit *u)
{
        int r = marker_parse(data, size, &u->paths);

        if (r <= 0)
                return r;
        r = marker_definition_parse(data, size, &u->definition);
        return r < 0 ? r : 1;
}

/* Reads the marker of NAME.d/20-portable.conf. 1 if there is one, 0 if not, or a negative errno. */
static int read_marker(int dir_fd, const char *file, struct attached_unit *u)
{
        struct attached_stamp *stamp = &u->stamp;
        _cleanup_close_ int fd =
                openat(dir_fd, file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
        _cleanup_free_ char *data = NULL;
        struct stat st;
        char buffer[4096];
        size_t size;
        ssize_t n;
        int r;

        if (fd < 0)
                return attached_error_is_foreign(errno) ? 0 : -errno;
        if (fstat(fd, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode))
                return 0;
        *stamp = stamp_of(&st);
        if (!stamp_is_settled(stamp))
                *stamp = (struct attached_stamp){};
        n = read(fd, buffer, sizeof(buffer));
        if (n < 0)
                return -errno;
        if ((size_t)n < sizeof(buffer))
                return parse_marker(buffer, (size_t)n, u);

        /* One of many extensions, or of somebody else: of what is too long only the first line counts. */
        r = lseek(fd, 0, SEEK_SET) < 0 ? -errno : fd_read_all(fd, MARKER_FILE_SIZE_MAX, &data, &size);
        if (r == -EFBIG)
                return memchr(buffer, '\n', (size_t)n) ? marker_parse(buffer, (size_t)n, &u->paths) : 0;
        return r < 0 ? r : parse_marker(data, size, u);
}

static int names_from_paths(char *const *paths, char ***ret)
{
        _cleanup_strv_ char **names = NULL;

        for (; *paths; paths++) {
                int r = strv_consume(&names, image_name_from_path(*paths));

                if (r < 0)
                        return r;
        }
        *ret = steal_pointer(names);
        return 0;
}

/* A pass over the attach directories. */
struct index_scan {
        struct attached_index index;
        const struct attached_index *before; /* what an earlier one has found, and is taken from */
        struct name_list files;              /* other entries of the directory that is read */
};

static void scan_clear(struct index_scan *s)
{
        name_list_clear(&s->files);
        attached_index_clear(&s->index);
}

static int unit_compare(const void *a, const void *b)
{
        return strcmp(((const struct attached_unit *)a)->name, ((const struct attached_unit *)b)->name);
}

static struct attached_unit *find_in_directory(const struct attached_index *index, size_t directory,
                                               const char *name)
{
        const struct attached_unit key = {.name = (char *)name};
        size_t first = index->starts[directory], n = index->starts[directory + 1] - first;

        return n > 0 ? bsearch(&key, index->units + first, n, sizeof(key), unit_compare) : NULL;
}

/* What the service manager loads from an earlier directory, for the same image. */
static void mark_hidden(struct attached_index *index)
{
        for (size_t directory = 1; directory < LAYOUT_ATTACH_MAX; directory++)
                for (size_t i = index->starts[directory]; i < index->starts[directory + 1]; i++) {
                        struct attached_unit *u = index->units + i;

                        for (size_t d = 0; d < directory && !u->hidden; d++) {
                                const struct attached_unit *other = find_in_directory(index, d, u->name);

                                u->hidden =
                                        other && other->unit && strcmp(other->names[0], u->names[0]) == 0;
                        }
                }
}

/* The unit as it was before. NULL: it was not there, or its marker has changed. */
static struct attached_unit *find_before(const struct index_scan *s, size_t directory, int dir_fd,
                                         const char *name, const char *file)
{
        const struct attached_index *before = s->before;
        struct attached_unit *found;
        struct attached_stamp now;
        struct stat st;

        if (!before || before->layout != s->index.layout)
                return NULL;
        found = find_in_directory(before, directory, name);
        if (!found || fstatat(dir_fd, file, &st, AT_SYMLINK_NOFOLLOW) < 0)
                return NULL;
        now = stamp_of(&st);
        return stamp_is_equal(&now, &found->stamp) ? found : NULL;
}

/* Fills in what the marker says. 1, 0 if there is none, or a negative errno. */
static int look_at_marker(const struct index_scan *s, size_t directory, int dir_fd, struct attached_unit *u)
{
        _cleanup_free_ char *file = NULL;
        struct attached_unit *before;
        int r;

        if (asprintf(&file, "%s.d/20-portable.conf", u->name) < 0) {
                file = NULL;
                return -ENOMEM;
        }
        before = find_before(s, directory, dir_fd, u->name, file);
        if (before) {
                u->stamp = before->stamp;
                u->paths = steal_pointer(before->paths);
                u->names = steal_pointer(before->names);
                u->definition = steal_pointer(before->definition);
                return 1;
        }
        r = read_marker(dir_fd, file, u);
        if (r <= 0)
                return r;
        r = names_from_paths(u->paths, &u->names);
        return r < 0 ? r : 1;
}

static int scan_add_unit(struct index_scan *s, size_t directory, int dir_fd, const char *name)
{
        const struct layout_attach *place = s->index.layout->attach + directory;
        struct attached_unit u = {.directory = place->path, .runtime = place->runtime, .name = strdup(name)};
        int r = u.name ? look_at_marker(s, directory, dir_fd, &u) : -ENOMEM;

        if (r > 0 && array_grow((void **)&s->index.units, s->index.n_units, sizeof(u)) < 0)
                r = -ENOMEM;
        if (r > 0)
                s->index.units[s->index.n_units++] = u;
        else
                unit_clear(&u);
        return r < 0 ? r : 0;
}

/* NAME.d whose NAME is a portable unit's: 0 and the stem in name, else -ENOENT. */
static int dropin_stem(const char *entry, char *name, size_t size)
{
        size_t n = strlen(entry);

        if (n < 3 || strcmp(entry + n - 2, ".d") != 0 || n - 2 >= size)
                return -ENOENT;
        memcpy(name, entry, n - 2);
        name[n - 2] = '\0';
        return unit_name_is_portable(name) ? 0 : -ENOENT;
}

static int scan_entries(struct index_scan *s, size_t directory, DIR *d, struct error *error)
{
        const char *path = s->index.layout->attach[directory].path;
        struct dirent *de;
        int k;

        while ((k = directory_next(d, &de)) > 0) {
                char name[256];
                int r;

                s->index.n_entries[directory]++;
                r = dropin_stem(de->d_name, name, sizeof(name)) < 0
                            ? name_list_add(&s->files, de->d_name)
                            : scan_add_unit(s, directory, dirfd(d), name);
                if (r == -ENOMEM)
                        return error_set_oom(error);
                if (r < 0)
                        return error_set_errno(error, r, "Cannot read '%s/%s/20-portable.conf'", path,
                                               de->d_name);
        }
        return k < 0 ? error_set_errno(error, k, "Cannot read attach directory '%s'", path) : 0;
}

static int scan_directory(struct index_scan *s, int root_fd, size_t directory, struct error *error)
{
        const char *path = s->index.layout->attach[directory].path;
        size_t first = s->index.n_units, n;
        _cleanup_closedir_ DIR *d = NULL;
        struct attached_unit *units;
        int r;

        r = directory_open_in_root(root_fd, path, &d);
        if (r <= 0)
                return r < 0 ? error_set_errno(error, r, "Cannot open attach directory '%s'", path) : 0;

        s->index.exists[directory] = true;
        r = scan_entries(s, directory, d, error);
        if (r < 0)
                return r;

        units = s->index.units + first;
        n = s->index.n_units - first;
        if (n > 0)
                qsort(units, n, sizeof(*units), unit_compare);
        name_list_sort(&s->files);
        for (size_t i = 0; i < n; i++)
                units[i].unit = name_list_has(&s->files, units[i].name);
        name_list_clear(&s->files);
        return 0;
}

int attached_index_read_again(int root_fd, const struct layout *layout, struct attached_index *before,
                              struct attached_index *ret, struct error *error)
{
        _cleanup_(scan_clear) struct index_scan s = {.index.layout = layout, .before = before};
        int r = 0;

        for (size_t i = 0; i < LAYOUT_ATTACH_MAX && r >= 0; i++) {
                s.index.starts[i] = s.index.n_units;
                r = scan_directory(&s, root_fd, i, error);
        }
        s.index.starts[LAYOUT_ATTACH_MAX] = s.index.n_units;
        if (before)
                attached_index_clear(before);
        if (r < 0)
                return r;
        mark_hidden(&s.index);
        if (map_build(&s.index) < 0)
                return error_set_oom(error);
        *ret = s.index;
        s.index = (struct attached_index){};
        return 0;
}

int attached_index_read(int root_fd, const struct layout *layout, struct attached_index *ret,
                        struct error *error)
{
        return attached_index_read_again(root_fd, layout, NULL, ret, error);
}

static bool unit_matches(const struct attached_unit *u, char *const *names, enum attached_match match)
{
        size_t i;

        if (match == ATTACHED_ANY)
                return strv_contains(u->names, names[0]);
        for (i = 0; u->names[i] && names[i]; i++)
                if (match == ATTACHED_EXACT ? strcmp(u->names[i], names[i]) != 0
                                            : !attached_names_share_stem(u->names[i], names[i]))
                        return false;
        return !u->names[i] && !names[i];
}

int attached_index_find(const struct attached_index *index, char *const *names, enum attached_match match,
                        size_t **ret, size_t *ret_n)
{
        size_t length = match == ATTACHED_PARTIAL ? strcspn(names[0], "_") : strlen(names[0]);
        _cleanup_free_ size_t *found = NULL;
        struct name_map *m;
        size_t n = 0;

        HASH_FIND(hh, index->map, names[0], length, m);
        if (m) {
                found = calloc(m->n, sizeof(size_t));
                if (!found)
                        return -ENOMEM;
                for (size_t i = 0; i < m->n; i++)
                        if (unit_matches(index->units + m->units[i], names, match))
                                found[n++] = m->units[i];
        }
        *ret = steal_pointer(found);
        *ret_n = n;
        return 0;
}

void unit_selection_clear(struct unit_selection *s)
{
        free(s->units);
        *s = (struct unit_selection){};
}

const struct attached_unit *unit_selection_at(const struct unit_selection *s, size_t i)
{
        return s->index->units + s->units[i];
}

bool unit_selection_has(const struct unit_selection *s, size_t unit)
{
        for (size_t i = 0; i < s->n; i++)
                if (s->units[i] == unit)
                        return true;
        return false;
}

bool unit_selection_has_name(const struct unit_selection *s, const char *directory, const char *name)
{
        for (size_t i = 0; i < s->n; i++) {
                const struct attached_unit *u = unit_selection_at(s, i);

                if (strcmp(u->name, name) == 0 && (!directory || strcmp(u->directory, directory) == 0))
                        return true;
        }
        return false;
}
