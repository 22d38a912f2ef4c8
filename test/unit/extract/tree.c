/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tree.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include "test.h"

#include "basic/cleanup.h"
#include "basic/fd.h"
#include "basic/path.h"

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
        return remove(path);
}

static void remove_base(const char *base)
{
        nftw(base, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* A test that fails jumps over its cleanup: what it made goes when the program ends. */
static char last_base[64];

static void remove_last(void)
{
        if (last_base[0])
                remove_base(last_base);
}

static void make_in(struct tree *t, char *template)
{
        if (!last_base[0])
                atexit(remove_last);
        remove_last();
        *t = (struct tree){.fd = -EBADF};
        assert_non_null(mkdtemp(template));
        assert_int_equal(chmod(template, 0755), 0);
        strcpy(last_base, template);
        t->base = strdup(template);
        assert_non_null(t->base);
        t->path = path_join(t->base, "tree");
        assert_non_null(t->path);
        assert_int_equal(mkdir(t->path, 0755), 0);
        t->fd = open(t->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
        assert_true(t->fd >= 0);
}

void tree_make(struct tree *t)
{
        char template[] = "/tmp/test-extract-XXXXXX";

        make_in(t, template);
}

void tree_make_large(struct tree *t)
{
        char template[] = "/dev/shm/test-extract-XXXXXX";

        make_in(t, template);
        tree_file(t, "usr/lib/os-release", "ID=tiny\nVERSION_ID=1\n");
}

void tree_make_os(struct tree *t)
{
        tree_make(t);
        tree_file(t, "usr/lib/os-release", "ID=tiny\nVERSION_ID=1\n");
}

void tree_done(struct tree *t)
{
        if (t->base)
                remove_base(t->base);
        t->fd = fd_close(t->fd);
        free(t->base);
        free(t->path);
        t->base = t->path = NULL;
}

void tree_directory(const struct tree *t, const char *path)
{
        assert_true(fd_mkdirs_in_root(t->fd, path, 0755) >= 0);
}

static void make_parent(const struct tree *t, const char *path)
{
        _cleanup_free_ char *parent = path_directory(path);

        assert_non_null(parent);
        if (strchr(path, '/'))
                tree_directory(t, parent);
}

static int make_file(const struct tree *t, const char *path)
{
        int fd = openat(t->fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

        if (fd < 0 && errno == ENOENT) {
                make_parent(t, path);
                fd = openat(t->fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        }
        assert_true(fd >= 0);
        return fd;
}

void tree_file(const struct tree *t, const char *path, const char *content)
{
        _cleanup_close_ int fd = make_file(t, path);

        assert_int_equal(fd_write_all(fd, content, strlen(content)), 0);
}

void tree_file_size(const struct tree *t, const char *path, size_t size)
{
        _cleanup_close_ int fd = make_file(t, path);

        assert_int_equal(ftruncate(fd, (off_t)size), 0);
}

void tree_symlink(const struct tree *t, const char *path, const char *target)
{
        make_parent(t, path);
        assert_int_equal(symlinkat(target, t->fd, path), 0);
}

void tree_fifo(const struct tree *t, const char *path)
{
        make_parent(t, path);
        assert_int_equal(mkfifoat(t->fd, path, 0644), 0);
}

void tree_socket(const struct tree *t, const char *path)
{
        struct sockaddr_un a = {.sun_family = AF_UNIX};
        _cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        make_parent(t, path);
        assert_true((size_t)snprintf(a.sun_path, sizeof(a.sun_path), "%s/%s", t->path, path) <
                    sizeof(a.sun_path));
        assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
}

void tree_device(const struct tree *t, const char *path)
{
        make_parent(t, path);
        assert_int_equal(
                mknodat(t->fd, path, S_IFCHR | 0666, geteuid() == 0 ? makedev(1, 5) : makedev(0, 0)), 0);
}

void tree_chmod(const struct tree *t, const char *path, mode_t mode)
{
        assert_int_equal(fchmodat(t->fd, path, mode, 0), 0);
}

char *tree_outside(const struct tree *t, const char *path)
{
        char *joined = path_join(t->base, path);

        assert_non_null(joined);
        return joined;
}
