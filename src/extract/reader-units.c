/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "basic/chase.h"
#include "basic/cleanup.h"
#include "basic/fd.h"
#include "basic/layout.h"
#include "basic/name-list.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "basic/unit-name.h"
#include "extract/reader-internal.h"

struct unit_scan {
        struct reader *r;
        /* In the service manager's own order of directories only the first of a name counts: what a higher
         * one has hides the lower ones, even where it is not a usable unit: a mask is a mask. */
        struct name_list seen, usable;
        size_t n_wanted, n_others; /* names looked at that match, and that do not */
        size_t allocated;          /* of metadata->units */
        size_t n_aliases;          /* in metadata->unusable */
        struct {
                dev_t dev;
                ino_t ino;
        } done[LAYOUT_IMAGE_UNITS_MAX];
        size_t n_done;
};

static int units_reserve(struct unit_scan *s)
{
        struct metadata *m = s->r->metadata;
        struct unit_file *grown;
        size_t want;

        if (m->n_units < s->allocated)
                return 0;
        want = s->allocated ? s->allocated * 2 : 16;
        grown = reallocarray(m->units, want, sizeof(*grown));
        if (!grown)
                return -ENOMEM;
        m->units = grown;
        s->allocated = want;
        return 0;
}

/* Takes the canonical path over. */
static int unit_read(struct unit_scan *s, const char *name, char **canonical, const struct stat *st)
{
        _cleanup_free_ char *what = NULL, *content = NULL, *copy = strdup(name);
        struct reader *r = s->r;
        struct metadata *m = r->metadata;
        struct reader_text text;
        int k;

        if (!copy || asprintf(&what, "unit '%s'", name) < 0 || units_reserve(s) < 0)
                return -ENOMEM;
        if (!text_is_printable(*canonical)) {
                _cleanup_free_ char *shown = text_escape(*canonical);

                if (!shown)
                        return -ENOMEM;
                return reader_fail(r, EINVAL, "%s leads to '%s', a name with control or broken characters",
                                   what, shown);
        }
        k = reader_read_file(r, what, *canonical, st, EXTRACT_UNIT_SIZE_MAX, &text);
        if (k < 0)
                return k;
        content = text.content;
        r->total_size += text.size;
        if (r->total_size > EXTRACT_TOTAL_SIZE_MAX)
                return reader_fail(r, EFBIG, "the unit files are together larger than the %u bytes allowed",
                                   EXTRACT_TOTAL_SIZE_MAX);
        m->units[m->n_units++] = (struct unit_file){
                .name = steal_pointer(copy),
                .path = steal_pointer(*canonical),
                .content = steal_pointer(content),
                .size = text.size,
        };
        return 0;
}

static char fault_of(const struct stat *st)
{
        if (S_ISREG(st->st_mode))
                return UNIT_FAULT_EMPTY;
        if (S_ISDIR(st->st_mode))
                return UNIT_FAULT_DIRECTORY;
        if (S_ISFIFO(st->st_mode))
                return UNIT_FAULT_FIFO;
        return S_ISSOCK(st->st_mode) ? UNIT_FAULT_SOCKET : UNIT_FAULT_DEVICE;
}

static bool is_mask(struct reader *r, const char *path)
{
        _cleanup_close_ int fd = fd_open_in_root(r->options->tree_fd, path, O_PATH | O_NOFOLLOW, 0);
        _cleanup_free_ char *target = NULL;

        return fd >= 0 && fd_readlink(fd, "", &target) >= 0 && strcmp(target, "/dev/null") == 0;
}

/* No unit: told where none matches, else passed over. */
static int unit_pass_over(struct unit_scan *s, const char *path, const char *name, char fault)
{
        struct metadata *m = s->r->metadata;

        if (strv_length(m->unusable) - s->n_aliases >= EXTRACT_UNUSABLE_MAX)
                return 0;
        return strv_appendf(&m->unusable, "%s\t%c", name, is_mask(s->r, path) ? UNIT_FAULT_MASK : fault);
}

/* A link to another unit of the same kind is a second name of that, made anew on the host by its Alias= when
 * it is enabled. 1, 0 or -ENOMEM. */
static int is_alias(const char *const *directories, const char *name, const char *canonical)
{
        const char *target = path_base(canonical);
        _cleanup_free_ char *directory = NULL;

        if (strcmp(target, name) == 0 || !unit_name_is_portable(target) ||
            strcmp(strrchr(target, '.'), strrchr(name, '.')) != 0)
                return 0;
        directory = path_directory(canonical);
        if (!directory)
                return -ENOMEM;
        for (const char *const *d = directories; *d; d++)
                if (strcmp(directory, *d) == 0)
                        return 1;
        return 0;
}

static int alias_add(struct unit_scan *s, const char *name, const char *canonical)
{
        if (s->n_aliases >= EXTRACT_ALIASES_MAX)
                return 0;
        s->n_aliases++;
        return strv_appendf(&s->r->metadata->unusable, "%s\t%c\t%s", name, UNIT_FAULT_ALIAS,
                            path_base(canonical));
}

static int unit_add(struct unit_scan *s, const char *directory, const char *name)
{
        _cleanup_free_ char *path = NULL, *canonical = NULL;
        struct reader *r = s->r;
        bool wanted = unit_name_matches_any(name, r->options->matches);
        struct stat st;
        int k;

        k = name_list_insert(&s->seen, name);
        if (k <= 0)
                return k;
        /* Only a hint for who has asked for the wrong ones. */
        if (!wanted && s->n_others++ >= EXTRACT_NAMES_MAX)
                return 0;
        if (wanted && s->n_wanted++ >= EXTRACT_UNITS_MAX)
                return reader_fail(r, E2BIG, "more than the %u unit files allowed match", EXTRACT_UNITS_MAX);
        path = path_join(directory, name);
        if (!path)
                return -ENOMEM;
        k = chase_in_root(r->options->tree_fd, path, &canonical, &st);
        if (reader_is_missing(k) || k == -ELOOP)
                return unit_pass_over(s, path, name, k == -ELOOP ? UNIT_FAULT_LOOP : UNIT_FAULT_LOST);
        if (k < 0)
                return reader_fail_errno(r, k, "open", path);
        if (!S_ISREG(st.st_mode) || st.st_size == 0)
                return unit_pass_over(s, path, name, fault_of(&st));
        k = is_alias(r->options->unit_directories, name, canonical);
        if (k > 0)
                return alias_add(s, name, canonical);
        if (k < 0)
                return k;

        k = name_list_insert(&s->usable, name);
        if (k < 0 || !wanted)
                return k < 0 ? k : 0;
        return unit_read(s, name, &canonical, &st);
}

/* With /lib a symlink to /usr/lib a directory comes twice. */
static bool directory_is_done(struct unit_scan *s, const struct stat *st)
{
        for (size_t i = 0; i < s->n_done; i++)
                if (s->done[i].dev == st->st_dev && s->done[i].ino == st->st_ino)
                        return true;
        s->done[s->n_done].dev = st->st_dev;
        s->done[s->n_done++].ino = st->st_ino;
        return false;
}

static int scan_directory(struct unit_scan *s, const char *path)
{
        _cleanup_closedir_ DIR *d = NULL;
        _cleanup_free_ char *canonical = NULL;
        struct reader *r = s->r;
        struct dirent *de;
        struct stat st;
        int k;

        k = chase_in_root(r->options->tree_fd, path, &canonical, &st);
        if (reader_is_missing(k) || k == -ELOOP || (k >= 0 && !S_ISDIR(st.st_mode)))
                return 0;
        if (k >= 0 && directory_is_done(s, &st))
                return 0;
        if (k >= 0)
                k = reader_open_directory(r, canonical, &d);
        if (k < 0)
                return reader_fail_errno(r, k, "open", path);

        while ((k = reader_next_entry(r, d, path, &de)) > 0) {
                if (!unit_name_is_portable(de->d_name))
                        continue;
                k = unit_add(s, canonical, de->d_name);
                if (k < 0)
                        return k;
        }
        return k;
}

static int compare_units(const void *a, const void *b)
{
        return strcmp(((const struct unit_file *)a)->name, ((const struct unit_file *)b)->name);
}

static void unit_scan_clear(struct unit_scan *s)
{
        name_list_clear(&s->seen);
        name_list_clear(&s->usable);
}

int reader_units(struct reader *r)
{
        _cleanup_(unit_scan_clear) struct unit_scan s = {.r = r};
        struct metadata *m = r->metadata;

        for (const char *const *d = r->options->unit_directories; *d; d++) {
                int k = scan_directory(&s, *d);

                if (k < 0)
                        return k;
        }
        m->unit_names = name_list_steal(&s.usable);
        if (!m->unit_names)
                return -ENOMEM;
        if (m->n_units > 0)
                qsort(m->units, m->n_units, sizeof(*m->units), compare_units);
        return 0;
}
