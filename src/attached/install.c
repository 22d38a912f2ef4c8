/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "attached/install.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uthash.h>

#include "attached/links.h"
#include "basic/cleanup.h"
#include "basic/directory.h"
#include "basic/fd.h"
#include "basic/layout.h"
#include "basic/path.h"

/* Far more than any unit file has; what is larger the manager may judge. */
#define TEXT_SIZE_MAX (64U * 1024U)

struct subject {
        UT_hash_handle hh; /* by the name of the unit, which the index owns */
        size_t position;   /* in the caller's array */
        bool seen;         /* its name was met where it matters, and what that means is not plain */
        bool linked;       /* plainly enabled */
        bool own;          /* enabled by a link in an attach directory, which the manager does not count */
};

struct install_scan {
        int root_fd;
        const struct attached_index *index;
        const size_t *units;
        struct subject *subjects, *by_name;
        size_t n;
};

static void scan_clear(struct install_scan *s)
{
        HASH_CLEAR(hh, s->by_name);
        free(s->subjects);
}

static const struct attached_unit *unit_at(const struct install_scan *s, size_t position)
{
        return s->index->units + s->units[position];
}

static int scan_begin(struct install_scan *s)
{
        s->subjects = calloc(s->n + 1, sizeof(*s->subjects));
        if (!s->subjects)
                return -ENOMEM;
        for (size_t i = 0; i < s->n; i++) {
                const char *name = unit_at(s, i)->name;
                struct subject *subject = s->subjects + i, *twin;

                subject->position = i;
                HASH_FIND(hh, s->by_name, name, strlen(name), twin);
                if (twin) /* in another attach directory: which of them counts is the manager's to say */
                        twin->seen = subject->seen = true;
                else
                        HASH_ADD_KEYPTR(hh, s->by_name, name, strlen(name), subject);
        }
        return 0;
}

static struct subject *find(struct install_scan *s, const char *name, size_t length)
{
        struct subject *subject;

        HASH_FIND(hh, s->by_name, name, length, subject);
        return subject;
}

static void mark_seen(struct install_scan *s, const char *name)
{
        struct subject *subject = find(s, name, strlen(name));

        if (subject)
                subject->seen = true;
}

/* What the links in a *.wants/ directory and its like mean. */
enum link_kind {
        LINKS_ASK,
        LINKS_PLAIN, /* each enables its unit */
        LINKS_OWN,   /* the same, but for the manager */
};

static void mark_own(struct install_scan *s, const char *name)
{
        struct subject *subject = find(s, name, strlen(name));

        if (subject)
                subject->own = true;
}

/* An entry of such a directory. */
static void take_link(struct install_scan *s, const struct dirent *de, enum link_kind kind)
{
        const char *name = de->d_name, *at = strchr(name, '@'), *dot = strrchr(name, '.');
        struct subject *subject = find(s, name, strlen(name));
        bool plain = kind == LINKS_PLAIN;

        if (subject && kind == LINKS_OWN && de->d_type == DT_LNK)
                subject->own = true;
        if (subject && plain && !at && de->d_type == DT_LNK)
                subject->linked = true;
        else if (subject)
                subject->seen = true;
        if (at && dot > at + 1) { /* an instance speaks for its template, too */
                char template[NAME_MAX + 1];
                size_t stem = (size_t)(at - name) + 1;

                memcpy(template, name, stem);
                strcpy(template + stem, dot);
                mark_seen(s, template);
                if (kind == LINKS_OWN && de->d_type == DT_LNK)
                        mark_own(s, template);
        }
}

static void read_links(struct install_scan *s, int dir_fd, const char *name, enum link_kind kind)
{
        int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_CLOEXEC);
        _cleanup_closedir_ DIR *d = NULL;
        struct dirent *de;

        (void)directory_take(fd, &d);
        while (directory_next(d, &de) > 0)
                take_link(s, de, kind);
}

/* True if the entry of the directory path is a unit that was attached there, or its drop-in directory. */
static bool take_name(struct install_scan *s, const char *path, const char *name)
{
        size_t n = strlen(name);
        struct subject *subject = find(s, name, string_ends_with(name, ".d") ? n - 2 : n);

        if (!subject)
                return false;
        if (strcmp(unit_at(s, subject->position)->directory, path) == 0)
                return true;
        subject->seen = true;
        return false;
}

/* An entry of a directory of units. */
static void take_entry(struct install_scan *s, int dir_fd, const char *path, bool own,
                       const struct dirent *de)
{
        char target[PATH_MAX];
        ssize_t length;

        if (take_name(s, path, de->d_name) || (de->d_type != DT_LNK && de->d_type != DT_UNKNOWN))
                return;
        length = readlinkat(dir_fd, de->d_name, target, sizeof(target) - 1);
        if (length <= 0)
                return;
        target[length] = '\0';
        mark_seen(s, path_base(target));
        if (own && attached_target_is_beside(path, target)) /* an alias */
                mark_own(s, path_base(target));
}

static bool has_links(const char *name, bool *ret_strong)
{
        *ret_strong = string_ends_with(name, ".wants") || string_ends_with(name, ".requires");
        return *ret_strong || string_ends_with(name, ".upholds");
}

/* An administrator's links lie in the directories that attached units may share with others. */
static enum link_kind links_in(const struct layout *layout, const char *path)
{
        size_t i = layout_attach_find(layout, path);

        if (i == LAYOUT_ATTACH_MAX || strcmp(layout->attach[i].path, path) != 0)
                return LINKS_ASK;
        return layout->attach[i].shared ? LINKS_PLAIN : LINKS_OWN;
}

static void read_directory(struct install_scan *s, const char *path)
{
        enum link_kind kind = links_in(s->index->layout, path);
        _cleanup_closedir_ DIR *d = NULL;
        struct dirent *de;

        (void)directory_open_in_root(s->root_fd, path, &d);
        while (directory_next(d, &de) > 0) {
                bool strong;

                if (!has_links(de->d_name, &strong))
                        take_entry(s, dirfd(d), path, kind == LINKS_OWN, de);
                else if (kind == LINKS_PLAIN && !(strong && de->d_type == DT_DIR))
                        read_links(s, dirfd(d), de->d_name, LINKS_ASK);
                else
                        read_links(s, dirfd(d), de->d_name, kind);
        }
}

/* The unit's file, or, where the unit was attached as a link to a file of its name, that. */
static int open_text(const struct install_scan *s, int dir_fd, const struct attached_unit *unit)
{
        int fd = openat(dir_fd, unit->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        _cleanup_free_ char *target = NULL, *path = NULL;

        if (fd >= 0 || errno != ELOOP)
                return fd < 0 ? -errno : fd;
        if (fd_readlink(dir_fd, unit->name, &target) < 0 || strcmp(path_base(target), unit->name) != 0)
                return -ELOOP;
        path = path_join(unit->directory, unit->name);
        return path ? fd_open_in_root(s->root_fd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0) : -ENOMEM;
}

/* Whether the unit's file tells nothing but what links say. text: room for TEXT_SIZE_MAX and a byte more. */
static bool has_plain_text(const struct install_scan *s, int dir_fd, const struct attached_unit *unit,
                           char *text)
{
        _cleanup_close_ int fd = open_text(s, dir_fd, unit);
        struct stat st;

        if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > TEXT_SIZE_MAX ||
            read(fd, text, TEXT_SIZE_MAX) != st.st_size)
                return false;
        text[st.st_size] = '\0';
        return unit_text_is_plain(text, (size_t)st.st_size);
}

static int read_texts(struct install_scan *s, enum install_verdict *verdicts)
{
        _cleanup_free_ char *text = malloc(TEXT_SIZE_MAX + 1);
        _cleanup_close_ int fd = -EBADF;
        const char *directory = NULL;

        if (!text)
                return -ENOMEM;
        for (size_t i = 0; i < s->n; i++) {
                const struct attached_unit *unit = unit_at(s, i);
                const struct subject *subject = s->subjects + i;

                if (directory != unit->directory) {
                        fd_close(fd);
                        directory = unit->directory;
                        fd = fd_open_in_root(s->root_fd, directory, O_PATH | O_DIRECTORY, 0);
                }
                if (subject->own && unit->unit)
                        verdicts[i] = INSTALL_ENABLED;
                else if (subject->seen)
                        verdicts[i] = INSTALL_ASK;
                else if (!unit->unit) /* only a drop-in directory is left, there is nothing to enable */
                        verdicts[i] = INSTALL_NOT_ENABLED;
                else if (!has_plain_text(s, fd, unit, text))
                        verdicts[i] = INSTALL_ASK;
                else
                        verdicts[i] = subject->linked ? INSTALL_ENABLED : INSTALL_NOT_ENABLED;
        }
        return 0;
}

int attached_install_read(int root_fd, char *const *unit_path, const struct attached_index *index,
                          const size_t *units, size_t n, enum install_verdict **ret)
{
        _cleanup_(scan_clear) struct install_scan s = {
                .root_fd = root_fd, .index = index, .units = units, .n = n};
        _cleanup_free_ enum install_verdict *verdicts = calloc(n + 1, sizeof(*verdicts));

        if (!verdicts || scan_begin(&s) < 0)
                return -ENOMEM;
        for (char *const *path = unit_path; path && *path; path++)
                read_directory(&s, *path);
        if (read_texts(&s, verdicts) < 0)
                return -ENOMEM;
        *ret = steal_pointer(verdicts);
        return 0;
}
