/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A versioned directory: its name (or the part behind it with "___") in the first string, the files in it in
 * the others, a directory where the name ends in "/". What is opened must be the best of those that fit.
 */

#include "image/pick.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/path.h"
#include "partition/gpt-type.h"
#include "fuzz.h"
#include "image/image.h"

#define FILES_MAX 8

struct file {
        const char *name;
        bool directory;
};

static int make_file(int dir, const struct file *f)
{
        int fd;

        if (f->directory)
                return mkdirat(dir, f->name, 0700);
        fd = openat(dir, f->name, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
        return fd < 0 ? -1 : close(fd);
}

static int sign(int c)
{
        return (c > 0) - (c < 0);
}

/* Any two candidates: different files differ, and the order turns round. */
static void check_order(const struct pick_candidate *c, size_t n)
{
        for (size_t i = 0; i < n; i++)
                for (size_t j = 0; j < n; j++) {
                        int x = pick_compare(c + i, c + j);

                        fuzz_check(sign(x) == -sign(pick_compare(c + j, c + i)));
                        fuzz_check((strcmp(c[i].file, c[j].file) == 0) == (x == 0));
                        for (size_t k = 0; k < n; k++)
                                if (x <= 0 && pick_compare(c + j, c + k) <= 0)
                                        fuzz_check(pick_compare(c + i, c + k) <= 0);
                }
}

static size_t parse_all(const struct pick_pattern *p, const struct file *files, size_t n,
                        struct pick_candidate *ret)
{
        const char *suffix = p->want_raw && !*p->suffix ? ".raw" : p->suffix;
        size_t fits = 0;

        for (size_t i = 0; i < n; i++) {
                struct pick_candidate *c = ret + fits;

                if (!pick_parse(files[i].name, p->base, suffix, architecture_native(), c))
                        continue;
                fuzz_check(c->file == files[i].name && c->fit != ARCHITECTURE_FOREIGN);
                fuzz_check(c->version > c->file && c->version_length > 0);
                fuzz_check(c->version + c->version_length <= c->file + strlen(c->file));
                if (files[i].directory == p->want_directory)
                        fits++;
        }
        return fits;
}

static void check_opened(int dir, const struct pick_pattern *p, const struct pick_candidate *c, size_t n)
{
        _cleanup_close_ int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), fd = -EBADF;
        _cleanup_free_ char *path = NULL;
        struct image_id link;
        int r = pick_open(root, dir, p, &fd, &path, &link);

        if (n == 0) {
                fuzz_check(r == -ENOMEDIUM);
                return;
        }
        fuzz_check(r == 0 && fd >= 0);
        for (size_t i = 1; i < n; i++)
                if (pick_compare(c + i, c) > 0)
                        c = c + i, n -= i, i = 0;
        fuzz_check(strcmp(c->file, path_base(path)) == 0);
}

static void run(const struct pick_pattern *p, struct fuzz_strings *s, int dir)
{
        struct pick_candidate candidates[FILES_MAX];
        struct file files[FILES_MAX];
        size_t n = 0, fits;

        while (n < FILES_MAX) {
                struct file *f = files + n;
                char *name = fuzz_strings_next(s), *slash = strchr(name, '/');

                if (!*name)
                        break;
                f->directory = slash;
                if (slash)
                        *slash = '\0';
                f->name = name;
                if (filename_is_valid(name) && make_file(dir, f) >= 0)
                        n++;
        }
        fits = parse_all(p, files, n, candidates);
        check_order(candidates, fits);
        check_opened(dir, p, candidates, fits);
        for (size_t i = 0; i < n; i++)
                fuzz_check(unlinkat(dir, files[i].name, files[i].directory ? AT_REMOVEDIR : 0) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        const char *directory = getenv("TMPDIR"), *name;
        _cleanup_free_ char *base = path_join(directory ? directory : "/dev/shm", "fuzz-pick-XXXXXX");
        _cleanup_pick_pattern_ struct pick_pattern p = {};
        _cleanup_close_ int dir = -EBADF;
        struct fuzz_strings s;
        int r;

        if (size > 4096)
                return -1;
        fuzz_strings_begin(&s, data, size);
        name = fuzz_strings_next(&s);
        r = strstr(name, "___") ? pick_pattern_from_file(name, &p) : pick_pattern_from_directory(name, &p);
        fuzz_check(r == 0 || r == -EINVAL);
        if (r == 0) {
                fuzz_check(*p.base && p.want_raw != p.want_directory);
                fuzz_check(base && mkdtemp(base));
                dir = open(base, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
                fuzz_check(dir >= 0);
                run(&p, &s, dir);
                fuzz_check(rmdir(base) == 0);
        }
        fuzz_strings_end(&s);
        return 0;
}
