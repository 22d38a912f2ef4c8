/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include "sandbox.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "basic/layout.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "basic/tree.h"
#include "transaction/transaction.h"

_Noreturn void sandbox_die(const char *file, int line, const char *condition)
{
        fprintf(stderr, "%s:%i: %s: %s\n", file, line, condition, strerror(errno));
        abort();
}

void sandbox_make(struct sandbox *s, const char *where)
{
        snprintf(s->path, sizeof(s->path), "%s/test-transaction-XXXXXX", where);
        must(mkdtemp(s->path));
        must(chmod(s->path, 0755) == 0);
        s->fd = open(s->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        must(s->fd >= 0);
        sandbox_mkdir(s, "/etc/systemd");
        sandbox_mkdir(s, "/run/systemd");
}

void sandbox_remove(struct sandbox *s)
{
        must(tree_empty(s->fd) == 0);
        close(s->fd);
        must(rmdir(s->path) == 0);
}

int sandbox_setup(void **state)
{
        struct sandbox *s = calloc(1, sizeof(*s));

        sandbox_make(s, "/tmp");
        *state = s;
        return 0;
}

int sandbox_teardown(void **state)
{
        sandbox_remove(*state);
        free(*state);
        return 0;
}

void sandbox_mkdir(const struct sandbox *s, const char *path)
{
        must(fd_mkdirs_in_root(s->fd, path, 0755) >= 0);
}

void sandbox_write(const struct sandbox *s, const char *path, const char *data)
{
        _cleanup_free_ char *directory = path_directory(path);
        _cleanup_close_ int fd = -EBADF;

        sandbox_mkdir(s, directory);
        fd = fd_open_in_root(s->fd, path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
        must(fd >= 0);
        must(fd_write_all(fd, data, strlen(data)) == 0);
}

bool sandbox_exists(const struct sandbox *s, const char *path)
{
        return faccessat(s->fd, path + 1, F_OK, AT_SYMLINK_NOFOLLOW) >= 0;
}

char *sandbox_read(const struct sandbox *s, const char *path)
{
        char *data = NULL;

        must(fd_read_file_in_root(s->fd, path, 1 << 20, &data, NULL) == 0);
        return data;
}

static uint64_t hash_file(int dir_fd, const char *name)
{
        _cleanup_close_ int fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
        uint64_t h = UINT64_C(0xcbf29ce484222325);
        _cleanup_free_ char *data = NULL;
        size_t size;

        must(fd >= 0);
        must(fd_read_all(fd, 64 << 20, &data, &size) == 0);
        for (size_t i = 0; i < size; i++)
                h = (h ^ (uint8_t)data[i]) * UINT64_C(0x100000001b3);
        return h;
}

static void snapshot_directory(int fd, const char *prefix, char ***lines);

static void snapshot_one(int fd, const char *prefix, const char *name, char ***lines)
{
        _cleanup_free_ char *path = NULL, *what = NULL, *line = NULL;
        struct stat st;

        must(fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0);
        must(asprintf(&path, "%s/%s", prefix, name) > 0);
        if (S_ISREG(st.st_mode))
                must(asprintf(&what, "%016" PRIx64, hash_file(fd, name)) > 0);
        else if (S_ISLNK(st.st_mode))
                must(fd_readlink(fd, name, &what) == 0);
        must(asprintf(&line, "%s %o %u:%u %" PRIu64 " %s %" PRId64 ".%09ld n%u", path, st.st_mode, st.st_uid,
                      st.st_gid, S_ISDIR(st.st_mode) ? (uint64_t)0 : (uint64_t)st.st_size, what ?: "-",
                      S_ISDIR(st.st_mode) ? (int64_t)0 : (int64_t)st.st_mtim.tv_sec,
                      S_ISDIR(st.st_mode) ? 0 : st.st_mtim.tv_nsec,
                      S_ISDIR(st.st_mode) ? 0 : (unsigned)st.st_nlink) > 0);
        if (strcmp(path, "/run/systemd/portabled.lock") != 0)
                must(strv_append(lines, line) == 0);
        if (S_ISDIR(st.st_mode)) {
                _cleanup_close_ int sub = openat(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

                must(sub >= 0);
                snapshot_directory(sub, path, lines);
        }
}

static void snapshot_directory(int fd, const char *prefix, char ***lines)
{
        _cleanup_closedir_ DIR *d = fdopendir(openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        struct dirent *e;

        must(d);
        while ((e = readdir(d)))
                if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
                        snapshot_one(fd, prefix, e->d_name, lines);
}

char *sandbox_snapshot(const struct sandbox *s)
{
        _cleanup_strv_ char **lines = NULL;
        char *all;

        snapshot_directory(s->fd, "", &lines);
        strv_sort(lines);
        all = strv_join(lines, "\n");
        must(all);
        return all;
}

char *snapshot_without_times(const char *snapshot)
{
        char *copy = strdup(snapshot), *from = copy, *to = copy;

        must(copy);
        for (char *line; (line = strsep(&from, "\n"));) {
                char *links = strrchr(line, ' '), *time;

                *links = '\0';
                time = strrchr(line, ' ');
                to += sprintf(to, "%.*s %s\n", (int)(time - line), line, links + 1);
        }
        return copy;
}

void add_mkdir(struct change_list *l, const char *path)
{
        struct change *c = change_list_add(l, CHANGE_MKDIR, path, NULL);

        must(c);
        c->mode = 0755;
}

struct change *add_write(struct change_list *l, const char *path, const char *data)
{
        struct change *c = change_list_add(l, CHANGE_WRITE, path, NULL);

        must(c);
        c->data = strdup(data);
        c->size = strlen(data);
        c->mode = 0644;
        return c;
}

struct change *add_symlink(struct change_list *l, const char *path, const char *target)
{
        struct change *c = change_list_add(l, CHANGE_SYMLINK, path, target);

        must(c);
        return c;
}

void add_unlink(struct change_list *l, const char *path)
{
        must(change_list_add(l, CHANGE_UNLINK, path, NULL));
}

void add_rmdir(struct change_list *l, const char *path)
{
        struct change *c = change_list_add(l, CHANGE_UNLINK, path, NULL);

        must(c);
        c->directory = c->if_empty = true;
}

void add_remove_tree(struct change_list *l, const char *path)
{
        struct change *c = change_list_add(l, CHANGE_UNLINK, path, NULL);

        must(c);
        c->directory = c->tree = true;
}

int sandbox_commit(const struct sandbox *s, const struct change_list *l, char **ret_message)
{
        _cleanup_transaction_ struct transaction *t = NULL;
        _cleanup_error_ struct error error = {};
        _cleanup_close_ int lock = -EBADF;
        int r;

        r = transaction_lock(s->fd, &layout_system, NULL, &lock, &error);
        if (r >= 0)
                r = transaction_recover(s->fd, &layout_system, NULL, &error);
        if (r >= 0)
                r = transaction_new(s->fd, &layout_system, false, &t, &error);
        if (r >= 0)
                r = transaction_commit(t, l, &error);
        must((r < 0) == error_is_set(&error));
        if (r < 0)
                must(r == -error.errnum);
        if (ret_message)
                *ret_message = r < 0 ? strdup(error_message(&error)) : NULL;
        return r;
}
