/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * valgrind 3.19 does not know openat2(2) and answers ENOSYS. Preloaded in a test, this follows paths within
 * their root step by step, as RESOLVE_IN_ROOT does; good enough for trees that nobody changes meanwhile, and
 * so never part of what is installed. All other system calls go on to the kernel (and valgrind).
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LINKS_MAX 40

long syscall(long number, ...);

static long raw(long number, const long *a)
{
        register long r10 __asm__("r10") = a[3];
        register long r8 __asm__("r8") = a[4];
        register long r9 __asm__("r9") = a[5];
        long r;

        __asm__ volatile("syscall"
                         : "=a"(r)
                         : "0"(number), "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(r10), "r"(r8), "r"(r9)
                         : "rcx", "r11", "memory");
        return r;
}

/* Where the walk is: directories from the root on, and what is left of the path. */
struct walk {
        int fds[PATH_MAX / 2];
        unsigned depth, links;
        char rest[2 * PATH_MAX];
};

/* The root, in fds[0], stays. */
static void leave(struct walk *w, unsigned depth)
{
        while (w->depth > depth)
                close(w->fds[w->depth--]);
}

/* Puts the target of a link in front of the rest of the path. */
static int follow(struct walk *w, const char *target)
{
        char rest[sizeof(w->rest)];

        if (++w->links > LINKS_MAX)
                return -ELOOP;
        strcpy(rest, w->rest);
        if (strlen(target) + strlen(rest) + 2 > sizeof(w->rest))
                return -ENAMETOOLONG;
        if (*target == '/')
                leave(w, 0);
        strcpy(w->rest, target);
        if (*rest)
                strcat(w->rest, "/");
        strcat(w->rest, rest);
        return 0;
}

/* Takes the first component off. */
static int next_name(struct walk *w, char name[static NAME_MAX + 1])
{
        char *begin = w->rest + strspn(w->rest, "/"), *after;
        size_t n = strcspn(begin, "/");

        if (n > NAME_MAX)
                return -ENAMETOOLONG;
        memcpy(name, n ? begin : ".", n ? n : 1);
        name[n ? n : 1] = '\0';
        after = begin + n;
        after += strspn(after, "/");
        memmove(w->rest, after, strlen(after) + 1);
        return 0;
}

/* One component. 1: it was the last, *ret is it. 0: there is more. */
static int step(struct walk *w, const struct open_how *how, int *ret)
{
        char name[NAME_MAX + 1], target[PATH_MAX];
        int flags = (int)how->flags, fd, r = next_name(w, name);
        bool last = !*w->rest;
        ssize_t n;

        if (r < 0)
                return r;
        if (strcmp(name, "..") == 0) {
                leave(w, w->depth > 0 ? w->depth - 1 : 0);
                strcpy(name, ".");
        }
        n = readlinkat(w->fds[w->depth], name, target, sizeof(target) - 1);
        if (n >= 0 && !(last && (flags & O_NOFOLLOW))) {
                target[n] = '\0';
                return follow(w, target);
        }
        fd = openat(w->fds[w->depth], name, O_NOFOLLOW | O_CLOEXEC | (last ? flags : O_PATH | O_DIRECTORY),
                    (mode_t)how->mode);
        if (fd < 0)
                return -errno;
        if (last)
                *ret = fd;
        else
                w->fds[++w->depth] = fd;
        return last;
}

static int open_in_root(int root, const char *path, const struct open_how *how)
{
        struct walk w = {.fds = {root}};
        int fd = -1, r;

        if (strlen(path) >= PATH_MAX)
                return -ENAMETOOLONG;
        strcpy(w.rest, path);
        do
                r = step(&w, how, &fd);
        while (r == 0);
        leave(&w, 0);
        return r < 0 ? r : fd;
}

long syscall(long number, ...)
{
        long a[6], r;
        va_list ap;

        va_start(ap, number);
        for (size_t i = 0; i < 6; i++)
                a[i] = va_arg(ap, long);
        va_end(ap);
        if (number == SYS_openat2)
                r = open_in_root((int)a[0], (const char *)a[1], (const struct open_how *)a[2]);
        else
                r = raw(number, a);
        if (r < 0 && r > -4096) {
                errno = (int)-r;
                return -1;
        }
        return r;
}
