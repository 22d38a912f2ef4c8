/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "operation/warn.h"

#include <errno.h>
#include <fcntl.h>
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
#include "dissect/stack.h"
#include "operation/prepare.h"

static int warn_stacks(const struct prepared *p, char ***warnings, struct error *error)
{
        for (size_t i = 0; i < p->layers.n; i++) {
                const struct stack_notes *notes = dissected_notes(p->layers.items[i].dissected);

                for (size_t k = 0; k < notes->n; k++)
                        if (strv_append(warnings, notes->items[k].text) < 0)
                                return error_set_oom(error);
        }
        return 0;
}

int warn_layers(const struct prepared *p, bool runtime, char ***warnings, struct error *error)
{
        int r;

        for (size_t i = 0; i < p->layers.n; i++) {
                const struct layer *l = p->layers.items + i;

                if (!runtime && fd_is_temporary(l->fd) &&
                    strv_appendf(warnings,
                                 "Image '%s' lies on a temporary file system: it is attached for good, but "
                                 "will be gone after the next boot",
                                 l->image->path) < 0)
                        return error_set_oom(error);
                if (layer_is_tree(l) && l->metadata->release_name == RELEASE_NAME_OTHER &&
                    strv_appendf(
                            warnings,
                            "Extension '%s' has a release file of another name, '%s', which the "
                            "service manager does not take from a directory: its services will not start",
                            l->image->path, l->metadata->release_path) < 0)
                        return error_set_oom(error);
        }
        r = warn_stacks(p, warnings, error);
        if (r < 0)
                return r;
        for (char **note = p->staged.notes; note && *note; note++)
                if (strv_append(warnings, *note) < 0)
                        return error_set_oom(error);
        r = warn_layered_units(p, warnings, error);
        return r < 0 ? r : warn_reach(p, warnings, error);
}

int warn_for_manager(const struct prepared *p, unsigned manager_version, char ***refused, char ***weak,
                     struct error *error)
{
        for (size_t i = 0; i < p->layers.n; i++) {
                int r = dissected_warn(p->layers.items[i].dissected, manager_version, i > 0, refused, weak,
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
        struct stat st;

        if (there < 0 || fstat(there, &st) < 0 || fd_is_same(led, l->fd))
                return NULL;
        return S_ISLNK(st.st_mode)   ? "a symbolic link that leads elsewhere"
               : S_ISDIR(st.st_mode) ? "a directory"
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
                            strv_appendf(
                                    warnings,
                                    "'%s' is %s, so no link to image '%s' is made there and its name does "
                                    "not lead to it",
                                    *entry, what, l->image->path) < 0)
                                return error_set_oom(error);
                }
        return 0;
}
