/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A tree of symlinks made from the input, and a path to follow in it: we must come to where the kernel comes
 * with RESOLVE_IN_ROOT, or fail as it does. Lines: "d PATH" a directory, "f PATH" a file, "l PATH TARGET" a
 * symlink, "? PATH" the question. The tree lies in memory and is used again, emptied.
 */

#include "basic/chase.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <string.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/fd.h"
#include "basic/path.h"
#include "fuzz.h"

static int remove_below(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
        return ftw->level > 0 ? remove(path) : 0;
}

/* Anything of the path's parent that is missing is not made: the input has to. */
static void make_entry(int root, char kind, char *path, const char *target)
{
        char *slash = strrchr(path, '/');
        _cleanup_close_ int dir = -EBADF;
        const char *name = slash ? slash + 1 : path;

        if (slash)
                *slash = '\0';
        if (!filename_is_valid(name))
                return;
        dir = fd_open_in_root(root, slash ? path : "/", O_PATH | O_DIRECTORY, 0);
        if (dir < 0)
                return;
        if (kind == 'd')
                (void)!mkdirat(dir, name, 0700);
        else if (kind == 'f')
                fd_close(openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
        else if (kind == 'l' && target && *target)
                (void)!symlinkat(target, dir, name);
}

static void ask(int root, const char *path)
{
        _cleanup_close_ int fd = fd_open_in_root(root, path, O_PATH, 0), again = -EBADF;
        _cleanup_free_ char *canonical = NULL, *resolved = NULL;
        struct stat st, expected;
        int r = chase_in_root(root, path, &canonical, &st);

        if (fd < 0) {
                fuzz_check(r < 0);
                fuzz_check(r == fd || (r == -ENOTDIR && fd == -ENOENT) || r == -ENAMETOOLONG ||
                           fd == -ENAMETOOLONG);
                return;
        }
        fuzz_check(r == 0 || r == -ENAMETOOLONG);
        if (r < 0)
                return;
        fuzz_check(fstat(fd, &expected) == 0);
        fuzz_check(st.st_dev == expected.st_dev && st.st_ino == expected.st_ino);
        fuzz_check(path_is_normalized(canonical));
        fuzz_check(fd_path_in_root(root, fd, &resolved) == 0 && strcmp(resolved, canonical) == 0);
        again = chase_open(root, canonical, 0);
        fuzz_check(again >= 0);
}

static void run(int root, char *text)
{
        char *rest, *line;

        for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
                char *path = line + 2, *target;

                if (line[0] == '\0' || line[1] != ' ')
                        continue;
                if (line[0] == '?') {
                        ask(root, path);
                        continue;
                }
                target = strchr(path, ' ');
                if (target)
                        *target++ = '\0';
                make_entry(root, line[0], path, target);
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        _cleanup_free_ char *text = fuzz_string(data, size);
        const char *directory = getenv("TMPDIR");
        _cleanup_free_ char *base = path_join(directory ? directory : "/dev/shm", "fuzz-chase-XXXXXX");
        _cleanup_close_ int root = -EBADF;

        if (size > 4096)
                return -1;
        fuzz_check(base && mkdtemp(base));
        root = open(base, O_PATH | O_DIRECTORY | O_CLOEXEC);
        fuzz_check(root >= 0);
        run(root, text);
        nftw(base, remove_below, 16, FTW_DEPTH | FTW_PHYS);
        fuzz_check(rmdir(base) == 0);
        return 0;
}
