/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "image/mount-table.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <libmount.h>

#include "basic/cleanup.h"
#include "basic/fd.h"
#include "basic/library.h"

#define TABLE_SIZE_MAX (1024 * 1024) /* of a table that is looked through here, in bytes */

/* Types of disks and of the kernel itself, in the order of strcmp(). Where there are no others the library
 * need not be asked: to load it takes a quarter of the time of a list. */
static const char *const local_types[] = {
        "autofs",  "binfmt_misc", "bpf",      "btrfs",     "cgroup",     "cgroup2",   "configfs",
        "debugfs", "devpts",      "devtmpfs", "efivarfs",  "erofs",      "ext2",      "ext3",
        "ext4",    "f2fs",        "fusectl",  "hugetlbfs", "iso9660",    "mqueue",    "nsfs",
        "overlay", "proc",        "pstore",   "ramfs",     "securityfs", "selinuxfs", "squashfs",
        "sysfs",   "tmpfs",       "tracefs",  "vfat",      "xfs",
};

/* Types whose answers come from elsewhere, too, and that libmount 2.38 does not count among those of the
 * network. */
static const char *const remote_types[] = {"ceph",  "coda",     "gfs2",  "lustre",
                                           "ocfs2", "orangefs", "pvfs2", "virtiofs"};

struct mount_library {
        __typeof__(&mnt_new_table_from_file) new_table_from_file;
        __typeof__(&mnt_unref_table) unref_table;
        __typeof__(&mnt_new_iter) new_iter;
        __typeof__(&mnt_free_iter) free_iter;
        __typeof__(&mnt_table_next_fs) next_fs;
        __typeof__(&mnt_fs_get_fstype) fs_get_type;
        __typeof__(&mnt_fs_is_netfs) fs_is_network;
};

static bool mount_library_load(struct mount_library *ret)
{
        static const struct library_function functions[] = {
                {"mnt_new_table_from_file", offsetof(struct mount_library, new_table_from_file)},
                {"mnt_unref_table", offsetof(struct mount_library, unref_table)},
                {"mnt_new_iter", offsetof(struct mount_library, new_iter)},
                {"mnt_free_iter", offsetof(struct mount_library, free_iter)},
                {"mnt_table_next_fs", offsetof(struct mount_library, next_fs)},
                {"mnt_fs_get_fstype", offsetof(struct mount_library, fs_get_type)},
                {"mnt_fs_is_netfs", offsetof(struct mount_library, fs_is_network)},
        };

        return library_load("libmount.so.1", functions, ELEMENTSOF(functions), ret);
}

static int compare_type(const void *type, const void *local)
{
        return strcmp(type, *(const char *const *)local);
}

/* Of a line of the table, which is cut up: the first word behind the optional fields' "-". NULL if there is
 * none. */
static const char *line_type(char *line)
{
        char *save, *word = strtok_r(line, " ", &save);

        for (unsigned n = 0; word && (n < 6 || strcmp(word, "-") != 0); n++)
                word = strtok_r(NULL, " ", &save);
        return word ? strtok_r(NULL, " ", &save) : NULL;
}

/* False where the library has to be asked. */
static bool is_plainly_local(const char *path)
{
        _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
        _cleanup_free_ char *table = NULL;
        char *save;

        if (fd < 0 || fd_read_all(fd, TABLE_SIZE_MAX, &table, NULL) < 0)
                return false;
        for (char *line = strtok_r(table, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
                const char *type = line_type(line);

                if (!type ||
                    !bsearch(type, local_types, ELEMENTSOF(local_types), sizeof(*local_types), compare_type))
                        return false;
        }
        return true;
}

static bool fs_is_remote(const struct mount_library *l, struct libmnt_fs *fs)
{
        const char *type = l->fs_get_type(fs);

        if (!type || l->fs_is_network(fs))
                return true;
        if (strncmp(type, "fuse", strlen("fuse")) == 0)
                return strcmp(type, "fusectl") != 0;
        for (size_t i = 0; i < ELEMENTSOF(remote_types); i++)
                if (strcmp(type, remote_types[i]) == 0)
                        return true;
        return false;
}

bool mount_table_has_remote(const char *path)
{
        struct mount_library l = {};
        struct libmnt_table *table;
        struct libmnt_iter *iter;
        struct libmnt_fs *fs;
        bool remote;

        if (is_plainly_local(path))
                return false;
        if (!mount_library_load(&l))
                return true;
        table = l.new_table_from_file(path);
        iter = l.new_iter(MNT_ITER_FORWARD);
        remote = !table || !iter;
        while (!remote) {
                int r = l.next_fs(table, iter, &fs);

                if (r > 0)
                        break;
                remote = r < 0 || fs_is_remote(&l, fs);
        }
        l.free_iter(iter);
        l.unref_table(table);
        return remote;
}
