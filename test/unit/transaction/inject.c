/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "inject.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

static struct {
        bool armed, suspended, plain_renames;
        unsigned count, at;
        int errnum;
        void (*before_each)(void *userdata);
        void *userdata;
} injection;

void inject_arm(unsigned n, int errnum)
{
        injection.armed = true;
        injection.count = 0;
        injection.at = n;
        injection.errnum = errnum;
}

void inject_plain_renames(void)
{
        injection.plain_renames = true;
}

void inject_suspend(bool on)
{
        injection.suspended = on;
}

unsigned inject_count(void)
{
        return injection.count;
}

void inject_before_each(void (*call)(void *userdata), void *userdata)
{
        injection.before_each = call;
        injection.userdata = userdata;
}

/* True if the call is to fail. */
static bool hit(void)
{
        if (injection.before_each && !injection.suspended) {
                injection.suspended = true;
                injection.before_each(injection.userdata);
                injection.suspended = false;
        }
        if (!injection.armed || injection.suspended || ++injection.count != injection.at)
                return false;
        if (injection.errnum == 0)
                _exit(INJECT_EXIT);
        errno = injection.errnum;
        return true;
}

#define WRAP(type, name, parameters, arguments) \
        type __real_##name parameters; \
        type __wrap_##name parameters; \
        type __wrap_##name parameters \
        { \
                return hit() ? -1 : __real_##name arguments; \
        }

WRAP(int, mkdirat, (int dir_fd, const char *name, mode_t mode), (dir_fd, name, mode))
WRAP(int, symlinkat, (const char *target, int dir_fd, const char *name), (target, dir_fd, name))
WRAP(int, linkat, (int from_fd, const char *from, int to_fd, const char *to, int flags),
     (from_fd, from, to_fd, to, flags))
WRAP(int, mknodat, (int dir_fd, const char *name, mode_t mode, dev_t device), (dir_fd, name, mode, device))
WRAP(int, renameat, (int from_fd, const char *from, int to_fd, const char *to), (from_fd, from, to_fd, to))
WRAP(int, unlinkat, (int dir_fd, const char *name, int flags), (dir_fd, name, flags))
WRAP(int, fchmod, (int fd, mode_t mode), (fd, mode))
WRAP(int, fchmodat, (int dir_fd, const char *name, mode_t mode, int flags), (dir_fd, name, mode, flags))
WRAP(int, fchown, (int fd, uid_t uid, gid_t gid), (fd, uid, gid))
WRAP(int, fchownat, (int dir_fd, const char *name, uid_t uid, gid_t gid, int flags),
     (dir_fd, name, uid, gid, flags))
WRAP(ssize_t, write, (int fd, const void *data, size_t size), (fd, data, size))
WRAP(ssize_t, pwrite64, (int fd, const void *data, size_t size, off_t at), (fd, data, size, at))
WRAP(ssize_t, copy_file_range, (int in, off_t *in_at, int out, off_t *out_at, size_t size, unsigned flags),
     (in, in_at, out, out_at, size, flags))
WRAP(int, ftruncate64, (int fd, off_t size), (fd, size))
WRAP(int, futimens, (int fd, const struct timespec *times), (fd, times))
WRAP(int, utimensat, (int dir_fd, const char *name, const struct timespec *times, int flags),
     (dir_fd, name, times, flags))
WRAP(int, syncfs, (int fd), (fd))
WRAP(int, fsync, (int fd), (fd))
WRAP(int, flock, (int fd, int operation), (fd, operation))
WRAP(int, fstat64, (int fd, struct stat64 *ret), (fd, ret))
WRAP(int, fstatat64, (int dir_fd, const char *name, struct stat64 *ret, int flags),
     (dir_fd, name, ret, flags))
WRAP(int, statx, (int dir_fd, const char *name, int flags, unsigned mask, struct statx *ret),
     (dir_fd, name, flags, mask, ret))
WRAP(ssize_t, read, (int fd, void *buffer, size_t size), (fd, buffer, size))
WRAP(ssize_t, readlinkat, (int dir_fd, const char *name, char *buffer, size_t size),
     (dir_fd, name, buffer, size))

int __real_renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned flags);
int __wrap_renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned flags);
int __wrap_renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned flags)
{
        if (hit())
                return -1;
        if (injection.plain_renames && flags) {
                errno = EINVAL;
                return -1;
        }
        return __real_renameat2(from_fd, from, to_fd, to, flags);
}

int __real_openat64(int dir_fd, const char *name, int flags, mode_t mode);
int __wrap_openat64(int dir_fd, const char *name, int flags, ...);
int __wrap_openat64(int dir_fd, const char *name, int flags, ...)
{
        mode_t mode = 0;

        if (flags & O_CREAT) {
                va_list ap;

                va_start(ap, flags);
                mode = va_arg(ap, mode_t);
                va_end(ap);
        }
        return hit() ? -1 : __real_openat64(dir_fd, name, flags, mode);
}

/* openat2(2), the only call made this way. */
long __real_syscall(long number, long a, long b, long c, long d);
long __wrap_syscall(long number, long a, long b, long c, long d);
long __wrap_syscall(long number, long a, long b, long c, long d)
{
        return hit() ? -1 : __real_syscall(number, a, b, c, d);
}

/* The tests run in memory, where nothing would be synced: they are to think it ext4. */
int __real_fstatfs64(int fd, struct statfs64 *ret);
int __wrap_fstatfs64(int fd, struct statfs64 *ret);
int __wrap_fstatfs64(int fd, struct statfs64 *ret)
{
        int r = __real_fstatfs64(fd, ret);

        if (r >= 0 && ret->f_type == TMPFS_MAGIC)
                ret->f_type = EXT4_SUPER_MAGIC;
        return r;
}

static bool no_memory(void)
{
        return injection.errnum == ENOMEM && hit();
}

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size)
{
        return no_memory() ? NULL : __real_malloc(size);
}

void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size)
{
        return no_memory() ? NULL : __real_calloc(n, size);
}

void *__real_realloc(void *p, size_t size);
void *__wrap_realloc(void *p, size_t size);
void *__wrap_realloc(void *p, size_t size)
{
        return no_memory() ? NULL : __real_realloc(p, size);
}

void *__real_reallocarray(void *p, size_t n, size_t size);
void *__wrap_reallocarray(void *p, size_t n, size_t size);
void *__wrap_reallocarray(void *p, size_t n, size_t size)
{
        return no_memory() ? NULL : __real_reallocarray(p, n, size);
}

char *__real_strdup(const char *s);
char *__wrap_strdup(const char *s);
char *__wrap_strdup(const char *s)
{
        return no_memory() ? NULL : __real_strdup(s);
}

char *__real_strndup(const char *s, size_t n);
char *__wrap_strndup(const char *s, size_t n);
char *__wrap_strndup(const char *s, size_t n)
{
        return no_memory() ? NULL : __real_strndup(s, n);
}

int __real_vasprintf(char **ret, const char *format, va_list ap);
int __wrap_vasprintf(char **ret, const char *format, va_list ap);
int __wrap_vasprintf(char **ret, const char *format, va_list ap)
{
        return no_memory() ? -1 : __real_vasprintf(ret, format, ap);
}

int __wrap_asprintf(char **ret, const char *format, ...) __attribute__((format(printf, 2, 3)));
int __wrap_asprintf(char **ret, const char *format, ...)
{
        va_list ap;
        int r;

        va_start(ap, format);
        r = __wrap_vasprintf(ret, format, ap);
        va_end(ap);
        return r;
}
