/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portablectl/offline-links.h"

#include <fcntl.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/directory.h"
#include "basic/fd.h"
#include "basic/layout.h"
#include "basic/path.h"
#include "portablectl/client.h"
#include "portablectl/offline.h"
#include "portablectl/show.h"

bool offline_unit_is_attached(const struct client *client, const char *unit)
{
        for (size_t i = 0; i < LAYOUT_ATTACH_MAX; i++) {
                _cleanup_free_ char *path = path_join(client->layout->attach[i].path, unit);
                _cleanup_close_ int fd = -EBADF;

                if (path)
                        fd = fd_open_in_root(offline_root_fd(client->offline), path, O_PATH, 0);
                if (fd >= 0)
                        return true;
        }
        return false;
}

static bool is_dependency_directory(const char *name)
{
        return string_ends_with(name, ".wants") || string_ends_with(name, ".requires") ||
               string_ends_with(name, ".upholds");
}

static void remove_link(const struct client *client, int directory_fd, const char *directory,
                        const char *dependency, const char *unit)
{
        _cleanup_close_ int fd =
                openat(directory_fd, dependency, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        _cleanup_free_ char *target = NULL, *parent = NULL, *path = NULL;

        if (fd < 0 || fd_readlink(fd, unit, &target) < 0 || unlinkat(fd, unit, 0) < 0)
                return;
        (void)unlinkat(directory_fd, dependency, AT_REMOVEDIR); /* unless something else is in it */
        parent = path_join(directory, dependency);
        path = parent ? path_join(parent, unit) : NULL;
        if (path && !client->options->quiet)
                show_file_change(&client->terminal, "unlink", path, "");
}

void offline_remove_links(const struct client *client, const char *unit)
{
        for (size_t i = 0; i < LAYOUT_ATTACH_MAX; i++) {
                const char *directory = client->layout->attach[i].path;
                _cleanup_closedir_ DIR *d = NULL;
                struct dirent *de;

                if (client->layout->attach[i].runtime != client->options->runtime)
                        continue;
                (void)directory_open_in_root(offline_root_fd(client->offline), directory, &d);
                while (directory_next(d, &de) > 0)
                        if (is_dependency_directory(de->d_name))
                                remove_link(client, dirfd(d), directory, de->d_name, unit);
        }
}
