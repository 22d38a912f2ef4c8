/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include "disk.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <linux/loop.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "sandbox.h"

#define EVENTS_MAX 200000U
#define ARENA_SIZE (4ULL << 30) /* only what is touched takes memory */
#define WRITE_MAX  (128U << 10)

/* In memory shared with the server. */
struct shared {
        bool logging;
        size_t n_events, used;
        struct disk_event events[EVENTS_MAX];
};

struct disk {
        uint64_t size;
        uint8_t *content, *arena;
        struct shared *shared;
        char file[160];
        pid_t server;
};

struct disk_log {
        size_t n;
        struct disk_event *events;
        uint8_t *data;
};

static void *share(size_t size)
{
        void *p =
                mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

        must(p != MAP_FAILED);
        return p;
}

static struct disk_event *log_event(struct disk *d)
{
        must(d->shared->n_events < EVENTS_MAX);
        return &d->shared->events[d->shared->n_events];
}

static size_t log_data(struct disk *d, const void *data, size_t size)
{
        size_t at = d->shared->used;

        must(at + size <= ARENA_SIZE);
        memcpy(d->arena + at, data, size);
        d->shared->used += size;
        return at;
}

static void write_disk(struct disk *d, uint64_t offset, const void *data, uint32_t size)
{
        must(offset <= d->size && size <= d->size - offset);
        if (d->shared->logging) {
                struct disk_event *e = log_event(d);

                *e = (struct disk_event){.offset = offset, .size = size};
                e->new_data = log_data(d, data, size);
                e->old_data = log_data(d, d->content + offset, size);
                __atomic_add_fetch(&d->shared->n_events, 1, __ATOMIC_SEQ_CST);
        }
        memcpy(d->content + offset, data, size);
}

static void flush_disk(struct disk *d)
{
        if (!d->shared->logging)
                return;
        *log_event(d) = (struct disk_event){.flush = true};
        __atomic_add_fetch(&d->shared->n_events, 1, __ATOMIC_SEQ_CST);
}

static void reply(int fd, const struct fuse_in_header *in, int error, const void *data, size_t size)
{
        struct fuse_out_header out = {
                .len = (uint32_t)(sizeof(out) + size), .error = error, .unique = in->unique};
        struct iovec v[2] = {{&out, sizeof(out)}, {(void *)data, size}};

        must(writev(fd, v, size ? 2 : 1) >= 0 || errno == ENOENT);
}

static void reply_init(int fd, const struct fuse_in_header *in, const struct fuse_init_in *init)
{
        struct fuse_init_out out = {
                .major = FUSE_KERNEL_VERSION,
                .minor = FUSE_KERNEL_MINOR_VERSION,
                .max_readahead = init->max_readahead,
                .flags = init->flags & (FUSE_BIG_WRITES | FUSE_MAX_PAGES),
                .max_write = WRITE_MAX,
                .max_pages = WRITE_MAX / 4096,
                .time_gran = 1,
        };

        reply(fd, in, 0, &out, sizeof(out));
}

static void reply_attributes(struct disk *d, int fd, const struct fuse_in_header *in)
{
        struct fuse_attr_out out = {
                .attr = {.ino = 1,
                         .size = d->size,
                         .blocks = d->size / 512,
                         .mode = S_IFREG | 0600,
                         .nlink = 1,
                         .blksize = 4096},
        };

        reply(fd, in, 0, &out, sizeof(out));
}

static void serve_one(struct disk *d, int fd, const struct fuse_in_header *in)
{
        const void *body = in + 1;

        switch (in->opcode) {
        case FUSE_INIT:
                reply_init(fd, in, body);
                return;
        case FUSE_GETATTR:
        case FUSE_SETATTR:
                reply_attributes(d, fd, in);
                return;
        case FUSE_OPEN:
                reply(fd, in, 0, &(struct fuse_open_out){.open_flags = FOPEN_DIRECT_IO},
                      sizeof(struct fuse_open_out));
                return;
        case FUSE_READ: {
                const struct fuse_read_in *r = body;
                uint64_t left = r->offset < d->size ? d->size - r->offset : 0;

                reply(fd, in, 0, d->content + r->offset, r->size < left ? r->size : left);
                return;
        }
        case FUSE_WRITE: {
                const struct fuse_write_in *w = body;

                write_disk(d, w->offset, w + 1, w->size);
                reply(fd, in, 0, &(struct fuse_write_out){.size = w->size}, sizeof(struct fuse_write_out));
                return;
        }
        case FUSE_FSYNC:
                flush_disk(d);
                reply(fd, in, 0, NULL, 0);
                return;
        case FUSE_FLUSH:
        case FUSE_RELEASE:
                reply(fd, in, 0, NULL, 0);
                return;
        case FUSE_FORGET:
        case FUSE_BATCH_FORGET:
        case FUSE_INTERRUPT:
                return;
        default:
                reply(fd, in, -ENOSYS, NULL, 0);
        }
}

/* Until the file system is unmounted. */
_Noreturn static void serve(struct disk *d, int fd)
{
        size_t size = WRITE_MAX + 65536;
        char *buffer = malloc(size);

        must(buffer);
        for (;;) {
                ssize_t n = read(fd, buffer, size);

                if (n < 0 && errno == ENODEV)
                        _exit(0);
                if (n < 0 && (errno == EINTR || errno == EAGAIN || errno == ENOENT))
                        continue;
                must(n >= (ssize_t)sizeof(struct fuse_in_header));
                serve_one(d, fd, (struct fuse_in_header *)buffer);
        }
}

struct disk *disk_new(uint64_t size, const char *directory)
{
        struct disk *d = calloc(1, sizeof(*d));
        char options[128];
        int fd;

        must(d);
        d->size = size;
        d->content = share(size);
        d->arena = share(ARENA_SIZE);
        d->shared = share(sizeof(*d->shared));
        snprintf(d->file, sizeof(d->file), "%s/disk", directory);
        fd = open(d->file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        must(fd >= 0);
        close(fd);

        fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
        must(fd >= 0);
        snprintf(options, sizeof(options), "fd=%i,rootmode=100000,user_id=0,group_id=0", fd);
        must(mount("disk", d->file, "fuse", MS_NOSUID | MS_NODEV, options) == 0);
        d->server = fork();
        must(d->server >= 0);
        if (d->server == 0) {
                prctl(PR_SET_PDEATHSIG, SIGKILL);
                serve(d, fd);
        }
        close(fd);
        return d;
}

void disk_free(struct disk *d)
{
        int status, r = -1;

        /* A loop device goes with its last user, which may be anybody who has a look at it just now. */
        for (unsigned i = 0; i < 1000 && r < 0; i++) {
                r = umount2(d->file, 0);
                must(r == 0 || errno == EBUSY);
                if (r < 0)
                        usleep(10000);
        }
        must(r == 0);
        must(waitpid(d->server, &status, 0) == d->server);
        must(unlink(d->file) == 0);
        munmap(d->content, d->size);
        munmap(d->arena, ARENA_SIZE);
        munmap(d->shared, sizeof(*d->shared));
        free(d);
}

/* A loop device on the disk, gone with its last user. Others on this machine may take the free one first. */
static int open_loop(struct disk *d, char *device, size_t size)
{
        struct loop_config config = {.block_size = 512, .info.lo_flags = LO_FLAGS_AUTOCLEAR};
        _cleanup_close_ int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
        _cleanup_close_ int file = open(d->file, O_RDWR | O_CLOEXEC);

        must(control >= 0 && file >= 0);
        config.fd = (uint32_t)file;
        for (unsigned i = 0; i < 100; i++) {
                int n = ioctl(control, LOOP_CTL_GET_FREE), fd;

                must(n >= 0);
                snprintf(device, size, "/dev/loop%i", n);
                fd = open(device, O_RDWR | O_CLOEXEC);
                if (fd >= 0 && ioctl(fd, LOOP_CONFIGURE, &config) >= 0)
                        return fd;
                fd_close(fd);
                usleep(1000);
        }
        must(!"no free loop device");
        return -1;
}

int disk_mount(struct disk *d, const char *type, const char *target)
{
        char device[32];
        _cleanup_close_ int fd = open_loop(d, device, sizeof(device));

        return mount(device, target, type, MS_NOATIME, NULL) < 0 ? -errno : 0;
}

void disk_unmount(struct disk *d, const char *target)
{
        must(umount2(target, 0) == 0);
}

void disk_run(struct disk *d, const char *command)
{
        _cleanup_free_ char *line = NULL;
        const char *at = strstr(command, "%s");
        char device[32];
        _cleanup_close_ int fd = open_loop(d, device, sizeof(device));

        must(at && asprintf(&line, "%.*s%s%s", (int)(at - command), command, device, at + 2) > 0);
        must(system(line) == 0);
}

void disk_log(struct disk *d, bool on)
{
        d->shared->n_events = 0;
        d->shared->used = 0;
        __atomic_store_n(&d->shared->logging, on, __ATOMIC_SEQ_CST);
}

size_t disk_n_events(const struct disk *d)
{
        return __atomic_load_n(&d->shared->n_events, __ATOMIC_SEQ_CST);
}

struct disk_log *disk_take_log(struct disk *d)
{
        struct disk_log *l = calloc(1, sizeof(*l));

        must(l);
        l->n = disk_n_events(d);
        l->events = calloc(l->n + 1, sizeof(*l->events));
        l->data = malloc(d->shared->used + 1);
        must(l->events && l->data);
        memcpy(l->events, d->shared->events, l->n * sizeof(*l->events));
        memcpy(l->data, d->arena, d->shared->used);
        disk_log(d, false);
        return l;
}

void disk_log_free(struct disk_log *l)
{
        free(l->events);
        free(l->data);
        free(l);
}

size_t disk_log_length(const struct disk_log *l)
{
        return l->n;
}

const struct disk_event *disk_log_event(const struct disk_log *l, size_t i)
{
        return &l->events[i];
}

void disk_apply(struct disk *d, const struct disk_log *l, size_t i)
{
        memcpy(d->content + l->events[i].offset, l->data + l->events[i].new_data, l->events[i].size);
}

void disk_revert(struct disk *d, const struct disk_log *l, size_t i)
{
        memcpy(d->content + l->events[i].offset, l->data + l->events[i].old_data, l->events[i].size);
}
