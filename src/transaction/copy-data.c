/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "transaction/copy.h"

#define CHUNK_SIZE  (8U << 20) /* between two looks at the clock */
#define BUFFER_SIZE (256U << 10)

static int64_t now_ms(void)
{
        struct timespec ts;

        clock_gettime(CLOCK_MONOTONIC, &ts);
        return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

void copy_progress_add(struct copy_progress *p, uint64_t bytes)
{
        int64_t now;

        p->done += bytes;
        if (!p->call)
                return;
        now = now_ms();
        if (now - p->last < 100)
                return;
        p->last = now;
        p->call(p->done, p->total > p->done ? p->total : p->done, p->userdata);
}

static int write_at(int fd, const char *data, size_t size, off_t at)
{
        while (size > 0) {
                ssize_t n = pwrite(fd, data, size, at);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                data += n;
                at += n;
                size -= (size_t)n;
        }
        return 0;
}

/* By way of user space, where the kernel can't do it alone. */
static int copy_by_buffer(int in, int out, off_t from, off_t to, struct copy_progress *p)
{
        _cleanup_free_ char *buffer = malloc(BUFFER_SIZE);

        if (!buffer)
                return -ENOMEM;
        while (from < to) {
                size_t want = to - from < BUFFER_SIZE ? (size_t)(to - from) : BUFFER_SIZE;
                ssize_t n = pread(in, buffer, want, from);
                int r;

                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0)
                        return n < 0 ? -errno : -ESTALE;
                r = write_at(out, buffer, (size_t)n, from);
                if (r < 0)
                        return r;
                from += n;
                copy_progress_add(p, (uint64_t)n);
        }
        return 0;
}

static int copy_range(int in, int out, off_t from, off_t to, struct copy_progress *p)
{
        while (from < to) {
                size_t want = to - from < CHUNK_SIZE ? (size_t)(to - from) : CHUNK_SIZE;
                off_t to_offset = from;
                ssize_t n = copy_file_range(in, &from, out, &to_offset, want, 0);

                if (n < 0 && errno == EINTR)
                        continue;
                /* Nothing copied may also mean a file system that only pretends to know the call. */
                if (n == 0 || (n < 0 && (errno == EXDEV || errno == EINVAL || errno == ENOSYS ||
                                         errno == EOPNOTSUPP || errno == EPERM)))
                        return copy_by_buffer(in, out, from, to, p);
                if (n < 0)
                        return -errno;
                copy_progress_add(p, (uint64_t)n);
        }
        return 0;
}

int copy_data(int in, int out, uint64_t size, struct copy_progress *p)
{
        off_t end = (off_t)size, at = 0;

        if (end == 0)
                return 0;
        if (ioctl(out, FICLONE, in) >= 0) {
                copy_progress_add(p, size);
                return 0;
        }
        while (at < end) {
                off_t data = lseek(in, at, SEEK_DATA), hole;
                int r;

                if (data < 0 && errno == ENXIO)
                        data = end;
                else if (data < 0)
                        data = at; /* holes are unknown here: all is data */
                hole = data < end ? lseek(in, data, SEEK_HOLE) : end;
                if (hole < 0 || hole > end)
                        hole = end;
                if (data > end)
                        data = end;
                copy_progress_add(p, (uint64_t)(data - at));
                r = copy_range(in, out, data, hole, p);
                if (r < 0)
                        return r;
                at = hole;
                if (data == end)
                        return ftruncate(out, end) < 0 ? -errno : 0;
        }
        return 0;
}
