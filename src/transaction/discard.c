/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/directory.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "basic/tree.h"
#include "transaction/switch.h"
#include "transaction/view.h"

/* Opens the directory that holds the last component of a relative path, no symlink followed. */
static int open_child_parent(int fd, const char *path)
{
        struct open_how how = {
                .flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
                .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
        };
        _cleanup_free_ char *directory = path_directory(path);
        int r;

        if (!directory)
                return -ENOMEM;
        r = (int)syscall(SYS_openat2, fd, directory, &how, sizeof(how));
        return r < 0 ? -errno : r;
}

/* Removes what was staged in a directory, last things first, and nothing else. */
static void discard_children(int fd, char **children)
{
        for (size_t i = strv_length(children); i-- > 0;) {
                _cleanup_free_ char *path = strdup(children[i]);
                bool tree = path && string_ends_with(path, "/");
                _cleanup_close_ int parent_fd = -EBADF;
                const char *name;

                if (!path)
                        return;
                if (tree)
                        path[strlen(path) - 1] = '\0';
                parent_fd = open_child_parent(fd, path);
                if (parent_fd < 0)
                        continue;
                name = path_base(path);
                if (tree)
                        tree_remove(parent_fd, name);
                else if (unlinkat(parent_fd, name, 0) < 0)
                        unlinkat(parent_fd, name, AT_REMOVEDIR);
        }
}

/* True if the directory fd (the part "prefix" of a staged one) holds anything but the children staged in it.
 */
static bool holds_foreign(int fd, const char *prefix, char **children)
{
        _cleanup_closedir_ DIR *d = NULL;
        struct dirent *e;
        int r = directory_open(fd, &d);

        while (r >= 0 && (r = directory_next(d, &e)) > 0) {
                _cleanup_free_ char *path = NULL, *tree = NULL;
                _cleanup_close_ int sub_fd = -EBADF;

                if (asprintf(&path, "%s%s", prefix, e->d_name) < 0 || asprintf(&tree, "%s/", path) < 0)
                        return false;
                if (strv_contains(children, tree))
                        continue;
                if (!strv_contains(children, path))
                        return true;
                sub_fd = openat(fd, e->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
                if (sub_fd >= 0 && holds_foreign(sub_fd, tree, children))
                        return true;
        }
        return false;
}

void switch_discard(struct work *w, const struct op *o, char ***messages)
{
        _cleanup_view_ struct change_view v = {.parent_fd = -EBADF};
        _cleanup_close_ int fd = -EBADF;

        if (!o->directory || view_open(w, o, &v) < 0 || !v.slot_there || v.parent_fd < 0)
                return;
        fd = openat(v.slot.dir_fd, v.slot.name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0 || !holds_foreign(fd, "", o->children))
                return;
        discard_children(fd, o->children);
        if (rename_new(v.slot, v.target) >= 0)
                view_say(messages, "'%s' is kept: somebody else has put something into it", o->path);
}
