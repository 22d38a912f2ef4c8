/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "operation/warn.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "basic/layout-image.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "dissect/dissect.h"
#include "extract/missing.h"
#include "operation/prepare.h"
#include "unitfile/merged.h"
#include "unitfile/words.h"

#ifndef EROFS_SUPER_MAGIC_V1
#define EROFS_SUPER_MAGIC_V1 0xE0F5E1E2
#endif

/* What settings of a profile mount over, in the order of layout_mount_points: what must be there for them.
 */
static const char *const needs[LAYOUT_MOUNT_POINT_MAX] = {
        "MountAPIVFS", "MountAPIVFS",
        "MountAPIVFS", NULL, /* binds of what is at the path or below, here and below */
        "PrivateTmp",  "PrivateTmp",
        NULL,          NULL,
};

static int __attribute__((format(printf, 3, 4)))
add(char ***warnings, struct error *error, const char *pattern, ...)
{
        char *line;
        va_list ap;
        int r;

        va_start(ap, pattern);
        r = vasprintf(&line, pattern, ap);
        va_end(ap);
        return strv_consume(warnings, r < 0 ? NULL : line) < 0 ? error_set_oom(error) : 0;
}

/* In a tree that can be written the service manager makes missing mount points itself. */
static bool tree_is_read_only(const struct layer *l)
{
        struct statfs sfs;

        if (fstatfs(dissected_tree_fd(l->dissected), &sfs) < 0)
                return false;
        return sfs.f_type == SQUASHFS_MAGIC || (uint32_t)sfs.f_type == EROFS_SUPER_MAGIC_V1 ||
               dissected_is_read_only(l->dissected);
}

/* The profile's settings for services; nothing if it has none. */
static int read_profile(const struct prepared *p, struct unit_merged *ret)
{
        struct unit_source source = {"", 0};

        for (size_t i = 0; i < p->profile.n; i++)
                if (strcmp(p->profile.parts[i].suffix, "service") == 0)
                        source = (struct unit_source){p->profile.parts[i].content, p->profile.parts[i].size};
        return unit_merged_read(&source, 1, ret);
}

/* "-" forgives a missing source, but not a missing mount point. */
static bool bind_leads_to(char *word, const char *path)
{
        char *source = *word == '-' ? word + 1 : word, *target = strchr(source, ':');

        target = target ? target + 1 : source;
        target[strcspn(target, ":")] = '\0';
        return path_is_below(target, path);
}

/* 1, 0 or -ENOMEM. */
static int binds_to(const struct unit_merged *profile, const char *path)
{
        static const char *const keys[] = {"BindPaths", "BindReadOnlyPaths"};

        for (size_t i = 0; i < ELEMENTSOF(keys); i++)
                for (const struct unit_setting *s = NULL;
                     (s = unit_merged_next(profile, "Service", keys[i], s));) {
                        _cleanup_unit_words_ struct unit_words w = {};

                        if (unit_words_begin(&w, s->value) < 0)
                                return -ENOMEM;
                        while (unit_words_next(&w))
                                if (bind_leads_to(w.word, path))
                                        return 1;
                }
        return 0;
}

static int is_needed(const struct unit_merged *profile, size_t need)
{
        return needs[need] ? unit_merged_is_true(profile, "Service", needs[need], false)
                           : binds_to(profile, layout_mount_points[need].path);
}

int warn_mount_points(const struct prepared *p, char ***warnings, struct error *error)
{
        _cleanup_unit_merged_ struct unit_merged profile = {};
        const struct layer *base = p->layers.items;
        uint32_t have = 0;

        if (!tree_is_read_only(base))
                return 0;
        if (read_profile(p, &profile) < 0)
                return error_set_oom(error);
        for (size_t i = 0; i < p->layers.n; i++)
                have |= p->layers.items[i].metadata->mount_points;
        for (size_t i = 0; i < ELEMENTSOF(needs); i++) {
                int needed = have & layout_mount_points[i].flag ? 0 : is_needed(&profile, i);

                if (needed < 0)
                        return error_set_oom(error);
                if (needed && add(warnings, error,
                                  "Image '%s' is read-only and has no %s to mount over: its services will "
                                  "not start under this profile",
                                  base->image->path, layout_mount_points[i].path) < 0)
                        return -ENOMEM;
        }
        return 0;
}

static int warn_binaries(const struct prepared *p, char ***warnings, struct error *error)
{
        _cleanup_free_ const struct metadata **metadata = calloc(p->layers.n + 1, sizeof(*metadata));
        _cleanup_free_ int *fds = calloc(p->layers.n + 1, sizeof(int));
        _cleanup_strv_ char **missing = NULL;

        if (!metadata || !fds)
                return error_set_oom(error);
        for (size_t i = 0; i < p->layers.n; i++) {
                metadata[i] = p->layers.items[i].metadata;
                fds[i] = dissected_tree_fd(p->layers.items[i].dissected);
        }
        if (missing_in_layers(metadata, fds, p->layers.n, &missing) < 0)
                return error_set_oom(error);
        for (char **line = missing; *line; line++) {
                _cleanup_free_ char *shown = NULL;
                char *tab = strchr(*line, '\t');

                if (!tab)
                        continue;
                *tab = '\0';
                shown = text_escape(tab + 1);
                if (!shown || add(warnings, error, "Unit '%s' starts '%s', which is not in the image", *line,
                                  shown) < 0)
                        return -ENOMEM;
        }
        return 0;
}

/* Often that of a temporary directory the image was made from. */
static int warn_root_directory(const struct prepared *p, char ***warnings, struct error *error)
{
        _cleanup_unit_merged_ struct unit_merged profile = {};
        const struct layer *base = p->layers.items;
        struct stat st;

        if (fstat(dissected_tree_fd(base->dissected), &st) < 0 || st.st_mode & S_IXOTH)
                return 0;
        if (read_profile(p, &profile) < 0)
                return error_set_oom(error);
        if (!unit_merged_is_true(&profile, "Service", "DynamicUser", false))
                return 0;
        return add(warnings, error,
                   "The root directory of image '%s' is closed to all but its owner (mode %04o): its "
                   "services, which "
                   "run as users of their own under this profile, will not start",
                   base->image->path, (unsigned)(st.st_mode & 07777));
}

int warn_layers(const struct prepared *p, bool runtime, char ***warnings, struct error *error)
{
        int r;

        for (size_t i = 0; i < p->layers.n; i++) {
                const struct layer *l = p->layers.items + i;

                if (!runtime && fd_is_temporary(l->fd) &&
                    add(warnings, error,
                        "Image '%s' lies on a temporary file system: it is attached for good, but will be "
                        "gone "
                        "after the next boot",
                        l->image->path) < 0)
                        return -ENOMEM;
                if (layer_is_tree(l) && l->metadata->release_name == RELEASE_NAME_OTHER &&
                    add(warnings, error,
                        "Extension '%s' has a release file of another name, '%s', which the service manager "
                        "does not take from a directory: its services will not start",
                        l->image->path, l->metadata->release_path) < 0)
                        return -ENOMEM;
        }
        for (char **note = p->staged.notes; note && *note; note++)
                if (add(warnings, error, "%s", *note) < 0)
                        return -ENOMEM;
        r = warn_mount_points(p, warnings, error);
        if (r >= 0)
                r = warn_root_directory(p, warnings, error);
        if (r >= 0)
                r = warn_layered_units(p, warnings, error);
        if (r >= 0)
                r = warn_reach(p, warnings, error);
        return r < 0 ? r : warn_binaries(p, warnings, error);
}

int warn_for_manager(const struct prepared *p, unsigned manager_version, char ***warnings,
                     struct error *error)
{
        for (size_t i = 0; i < p->layers.n; i++) {
                int r = dissected_warn(p->layers.items[i].dissected, manager_version, i > 0, warnings,
                                       error);

                if (r < 0)
                        return r;
        }
        return 0;
}

/* What is at the entry in the place of a link to the layer; NULL: just that. */
static const char *other_entry(int root_fd, const char *entry, const struct layer *l)
{
        _cleanup_close_ int there = fd_open_in_root(root_fd, entry, O_PATH | O_NOFOLLOW, 0),
                            led = fd_open_in_root(root_fd, entry, O_PATH, 0);
        struct stat a, b, image;

        if (there < 0 || fstat(there, &a) < 0 || fstat(l->fd, &image) < 0)
                return NULL;
        if (led >= 0 && fstat(led, &b) >= 0 && b.st_dev == image.st_dev && b.st_ino == image.st_ino)
                return NULL;
        return S_ISLNK(a.st_mode)   ? "a symbolic link that leads elsewhere"
               : S_ISDIR(a.st_mode) ? "a directory"
                                    : "a file";
}

int warn_links(int root_fd, const struct prepared *p, char ***warnings, struct error *error)
{
        for (char **entry = p->links.kept; entry && *entry; entry++)
                for (size_t i = 0; i < p->layers.n; i++) {
                        const struct layer *l = p->layers.items + i;
                        const char *what = strcmp(path_base(*entry), path_base(l->image->path)) == 0
                                                   ? other_entry(root_fd, *entry, l)
                                                   : NULL;

                        if (what &&
                            add(warnings, error,
                                "'%s' is %s, so no link to image '%s' is made there and its name does "
                                "not lead to it",
                                *entry, what, l->image->path) < 0)
                                return -ENOMEM;
                }
        return 0;
}
