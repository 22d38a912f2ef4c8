/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dissect/loop.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <linux/major.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>

#include "basic/cleanup.h"
#include "basic/directory.h"
#include "basic/error.h"
#include "basic/node.h"
#include "basic/path.h"

/* How long to wait for a device while all are in use: readers hold one for milliseconds only. */
#define LOOP_WAIT_NSEC   (INT64_C(10) * 1000000000)
#define BACKOFF_MIN_USEC 200
#define BACKOFF_MAX_USEC 50000

struct loop_request {
        struct loop_config config;
        int control_fd;
        int node_errnum; /* why a node was missing and could not be made; 0 if that did not happen */
};

static int64_t now_nsec(void)
{
        struct timespec ts;

        clock_gettime(CLOCK_MONOTONIC, &ts);
        return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

/* Sleeps a random time, so that processes which collided do not collide again. */
static void backoff(unsigned attempt)
{
        uint32_t random = 0, limit = BACKOFF_MIN_USEC << (attempt < 8 ? attempt : 8);
        struct timespec ts = {};

        if (limit > BACKOFF_MAX_USEC)
                limit = BACKOFF_MAX_USEC;
        if (getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0)
                random = (uint32_t)now_nsec();
        ts.tv_nsec = (long)(random % limit + 1) * 1000;
        nanosleep(&ts, NULL);
}

/* The device number of loop device nr: with partitions enabled minors are not the numbers. */
static dev_t loop_device_number(unsigned nr)
{
        char path[64], text[32] = "";
        unsigned major, minor;
        _cleanup_close_ int fd = -EBADF;

        snprintf(path, sizeof(path), "/sys/block/loop%u/dev", nr);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd >= 0 && read(fd, text, sizeof(text) - 1) > 0 && sscanf(text, "%u:%u", &major, &minor) == 2)
                return makedev(major, minor);
        return makedev(LOOP_MAJOR, nr);
}

static int configure(struct loop_request *q, int device_fd)
{
        return ioctl(device_fd, LOOP_CONFIGURE, &q->config) < 0 ? -errno : 0;
}

/* The device the kernel says is free, by its node or a private one. */
static int attach_free(struct loop_request *q, int dev_fd)
{
        _cleanup_close_ int fd = -EBADF;
        char name[32];
        dev_t number;
        int nr, r;

        nr = ioctl(q->control_fd, LOOP_CTL_GET_FREE);
        if (nr < 0)
                return -errno;
        number = loop_device_number((unsigned)nr);
        snprintf(name, sizeof(name), "loop%i", nr);
        fd = node_open(dev_fd, name, number);
        if (fd < 0) {
                fd = node_open_private(number);
                if (fd < 0) {
                        q->node_errnum = -fd;
                        return -ENODEV;
                }
        }
        r = configure(q, fd);
        return r < 0 ? r : steal_fd(&fd);
}

static bool is_loop_device(int fd)
{
        struct stat st;

        return fstat(fd, &st) >= 0 && major(st.st_rdev) == LOOP_MAJOR;
}

/* The next node of a loop device in /dev, open; -ENODEV after the last one. */
static int next_node(DIR *dir)
{
        struct dirent *e;

        while (directory_next(dir, &e) > 0) {
                int node;

                if (!string_starts_with(e->d_name, "loop") || e->d_name[4] < '0' || e->d_name[4] > '9' ||
                    e->d_name[4 + strspn(e->d_name + 4, "0123456789")])
                        continue;
                node = node_open(dirfd(dir), e->d_name, 0);
                if (node >= 0 && is_loop_device(node))
                        return node;
                fd_close(node);
        }
        return -ENODEV;
}

/* The first node in /dev that takes the file: the pool of a container need not have what the kernel offers.
 */
static int attach_any(struct loop_request *q, int dev_fd)
{
        _cleanup_closedir_ DIR *dir = NULL;
        int last = -ENODEV;

        (void)directory_open(dev_fd, &dir);
        for (;;) {
                _cleanup_close_ int node = next_node(dir);
                int r;

                if (node < 0)
                        return last;
                r = configure(q, node);
                if (r >= 0)
                        return steal_fd(&node);
                if (r != -EBUSY && r != -ENXIO)
                        return r;
                last = -EBUSY;
        }
}

int loop_check_nodes(const char *image, struct error *error)
{
        _cleanup_closedir_ DIR *dir = opendir("/dev");
        _cleanup_close_ int node = dir ? next_node(dir) : -errno;

        if (node >= 0)
                return 0;
        if (node != -ENODEV)
                return error_set_errno(error, node, "Cannot look for loop devices in /dev");
        return error_set(
                error, ERROR_SYSTEM, ENODEV,
                "Image '%s': there are no nodes of loop devices here (/dev/loop0 and so on), without "
                "which the daemon cannot read it, nor a service start from it",
                image);
}

static int loop_failed(const struct loop_request *q, int r, const char *image, struct error *error)
{
        if (r == -EBUSY)
                return error_set(error, ERROR_LIMITS_EXCEEDED, EBUSY,
                                 "Image '%s': all loop devices are in use and stayed so for some seconds",
                                 image);
        if (r == -ENODEV && q->node_errnum)
                return error_set(
                        error, ERROR_SYSTEM, ENODEV,
                        "Image '%s': there is no usable loop device: the nodes /dev/loop* are missing and "
                        "cannot be made here (%s)",
                        image, strerror(q->node_errnum));
        if (r == -EPERM || r == -EACCES)
                return error_set(error, ERROR_SYSTEM, r, "Image '%s': no permission to attach a loop device",
                                 image);
        return error_set_errno(error, r, "Image '%s': cannot attach a loop device", image);
}

static int attach_until_deadline(struct loop_request *q, int dev_fd)
{
        int64_t deadline = now_nsec() + LOOP_WAIT_NSEC;
        int r;

        for (unsigned attempt = 0;; attempt++) {
                r = attach_free(q, dev_fd);
                if (r == -ENODEV)
                        r = attach_any(q, dev_fd);
                /* EBUSY: another process was faster; EAGAIN: the kernel could not freeze the page cache yet;
                 * ENXIO: the device was removed between the two calls. */
                if (r != -EBUSY && r != -EAGAIN && r != -ENXIO)
                        return r;
                if (now_nsec() > deadline)
                        return r;
                backoff(attempt);
        }
}

int loop_attach(int backing_fd, uint64_t offset, uint64_t size, const char *image, int *ret_fd,
                struct error *error)
{
        _cleanup_close_ int control = -EBADF, dev = -EBADF;
        struct loop_request q = {
                .config =
                        {
                                .fd = (uint32_t)backing_fd,
                                /* The smallest fits every file system. */
                                .block_size = 512,
                                .info =
                                        {
                                                .lo_offset = offset,
                                                .lo_sizelimit = size,
                                                .lo_flags = LO_FLAGS_READ_ONLY | LO_FLAGS_AUTOCLEAR,
                                        },
                        },
        };
        int r;

        snprintf((char *)q.config.info.lo_file_name, LO_NAME_SIZE, "%s", path_base(image));
        dev = open("/dev", O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (dev < 0)
                return error_set_errno(error, errno, "Cannot open /dev");
        control = openat(dev, "loop-control", O_RDWR | O_CLOEXEC | O_NOCTTY);
        if (control < 0)
                return error_set_errno(
                        error, errno,
                        errno == EACCES || errno == EPERM
                                ? "Image '%s': reading a raw image needs a loop device, and so root: cannot "
                                  "open /dev/loop-control"
                                : "Image '%s': cannot open /dev/loop-control (is the kernel's loop driver "
                                  "there?)",
                        image);
        q.control_fd = control;
        r = attach_until_deadline(&q, dev);
        if (r < 0)
                return loop_failed(&q, r, image, error);
        *ret_fd = r;
        return 0;
}
