/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "operation/stale-links.h"

#include <fcntl.h>
#include <unistd.h>

#include "attached/links.h"
#include "basic/cleanup.h"
#include "basic/directory.h"
#include "basic/fd.h"
#include "basic/layout.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "operation/operation.h"

bool stale_links_has_unit(const struct operation *o, const char *unit)
{
        for (size_t i = 0; i < LAYOUT_ATTACH_MAX; i++) {
                _cleanup_free_ char *path = path_join(o->layout->attach[i].path, unit);
                _cleanup_close_ int fd = -EBADF;

                if (path)
                        fd = fd_open_in_root(o->root_fd, path, O_PATH, 0);
                if (fd >= 0)
                        return true;
        }
        return false;
}

static bool remove_link(int directory_fd, const char *dependency, const char *unit)
{
        _cleanup_close_ int fd =
                openat(directory_fd, dependency, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        _cleanup_free_ char *target = NULL;

        if (fd < 0 || fd_readlink(fd, unit, &target) < 0 || unlinkat(fd, unit, 0) < 0)
                return false;
        (void)unlinkat(directory_fd, dependency, AT_REMOVEDIR); /* unless something else is in it */
        return true;
}

void stale_links_remove(const struct operation *o, const char *unit, bool runtime, char ***ret)
{
        for (size_t i = 0; i < LAYOUT_ATTACH_MAX; i++) {
                const char *directory = o->layout->attach[i].path;
                _cleanup_closedir_ DIR *d = NULL;
                struct dirent *de;

                if (o->layout->attach[i].runtime != runtime)
                        continue;
                (void)directory_open_in_root(o->root_fd, directory, &d);
                while (directory_next(d, &de) > 0) {
                        _cleanup_free_ char *parent = NULL;

                        if (!attached_is_link_directory(de->d_name) ||
                            !remove_link(dirfd(d), de->d_name, unit))
                                continue;
                        parent = path_join(directory, de->d_name);
                        if (parent)
                                (void)strv_consume(ret, path_join(parent, unit));
                }
        }
}
