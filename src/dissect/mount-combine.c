/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "dissect/aside.h"
#include "dissect/mount.h"

/* An empty tree with a directory usr in it. */
static int tree_new_empty(void)
{
        _cleanup_close_ int fs = fsopen("tmpfs", FSOPEN_CLOEXEC), tree = -EBADF;

        if (fs < 0)
                return -errno;
        if (fsconfig(fs, FSCONFIG_SET_STRING, "mode", "0755", 0) < 0 ||
            fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
                return -errno;
        tree = mount_from_context(fs, 0);
        if (tree < 0)
                return tree;
        if (mkdirat(tree, "usr", 0755) < 0)
                return -errno;
        return steal_fd(&tree);
}

/* The directory to mount on. Not through a symlink: the image says what /usr is. */
static int usr_open(int tree_fd)
{
        int fd = fd_open_in_root(tree_fd, "usr", O_PATH | O_DIRECTORY | O_NOFOLLOW, 0);

        return fd;
}

static int tree_set_read_only(int tree_fd)
{
        struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY};

        return mount_setattr(tree_fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof(attr)) < 0 ? -errno
                                                                                                 : 0;
}

static int attach(int tree_fd, int usr_fd)
{
        _cleanup_close_ int target = usr_open(tree_fd);

        if (target < 0)
                return target;
        if (move_mount(usr_fd, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
                return -errno;
        return tree_set_read_only(tree_fd);
}

int mount_combine_detached(int root_fd, int usr_fd, int *ret_fd)
{
        int r = attach(root_fd, usr_fd);

        if (r < 0)
                return r;
        r = fcntl(root_fd, F_DUPFD_CLOEXEC, 3);
        if (r < 0)
                return -errno;
        *ret_fd = r;
        return 0;
}

struct trees {
        int root_fd, usr_fd;
};

/* In a mount namespace of its own: older kernels attach mounts only there. The place is hidden for the
 * moment only; what is returned is a detached copy of the tree. */
static int combine_here(void *userdata)
{
        static const char place[] = "/proc";
        const struct trees *trees = userdata;
        int r;

        if (move_mount(trees->root_fd, "", AT_FDCWD, place, MOVE_MOUNT_F_EMPTY_PATH) < 0)
                return -errno;
        r = attach(trees->root_fd, trees->usr_fd);
        return r < 0 ? r : mount_clone(trees->root_fd);
}

int mount_combine_in_namespace(int root_fd, int usr_fd, int *ret_fd)
{
        struct trees trees = {root_fd, usr_fd};
        int r = mount_aside(combine_here, &trees);

        if (r < 0)
                return r;
        *ret_fd = r;
        return 0;
}

int mount_combine(int root_fd, int usr_fd, const char *image, int *ret_fd, struct error *error)
{
        _cleanup_close_ int empty = -EBADF;
        int r;

        if (root_fd < 0) {
                root_fd = empty = tree_new_empty();
                if (root_fd < 0)
                        return error_set_errno(error, root_fd,
                                               "Image '%s': cannot make a tree for its usr partition",
                                               image);
        }
        r = mount_combine_detached(root_fd, usr_fd, ret_fd);
        if (r == -EINVAL || r == -ENOSYS)
                r = mount_combine_in_namespace(root_fd, usr_fd, ret_fd);
        if (r == -ENOENT || r == -ENOTDIR || r == -ELOOP)
                return error_set(error, ERROR_FAILED, r,
                                 "Image '%s' has a usr partition, but its root partition has no directory "
                                 "/usr to mount "
                                 "it on",
                                 image);
        if (r < 0)
                return error_set_errno(error, r, "Image '%s': cannot mount its usr partition on its root",
                                       image);
        return 0;
}
