/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "operation/warn.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "basic/layout-image.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "dissect/dissect.h"
#include "operation/prepare.h"

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
        r = warn_layered_units(p, warnings, error);
        return r < 0 ? r : warn_reach(p, warnings, error);
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
