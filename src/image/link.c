/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "image/link.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "basic/cleanup.h"
#include "basic/fd.h"
#include "image/image.h"

int link_open(int root_fd, const char *path, int *ret_fd, struct image_id *ret_link)
{
        _cleanup_close_ int fd = fd_open_in_root(root_fd, path, O_PATH | O_NOFOLLOW, 0);
        struct image_id link = {};
        struct stat st;

        if (fd < 0)
                return fd;
        if (fstat(fd, &st) < 0)
                return -errno;
        if (S_ISLNK(st.st_mode)) {
                link = (struct image_id){st.st_dev, st.st_ino, S_IFLNK};
                fd_close(fd);
                fd = fd_open_in_root(root_fd, path, O_PATH, 0);
                if (fd < 0)
                        return fd;
        }
        *ret_fd = steal_fd(&fd);
        *ret_link = link;
        return 0;
}
