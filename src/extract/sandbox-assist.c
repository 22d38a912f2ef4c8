/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/fd.h"
#include "extract/sandbox-internal.h"
#include "extract/sandbox.h"

/* The kernel allows 340 lines of three numbers. */
#define ID_MAP_SIZE_MAX 16384U

/* Our own map with the outside equal to the inside: every ID that we know, the child knows by the same
 * number. Source: user_namespaces(7). */
static int read_id_map(const char *path, char **ret)
{
        _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
        _cleanup_free_ char *own = malloc(ID_MAP_SIZE_MAX), *map = NULL;
        size_t size = 0;
        char *line, *rest;
        ssize_t n;

        if (fd < 0)
                return -errno;
        if (!own)
                return -ENOMEM;
        n = read(fd, own, ID_MAP_SIZE_MAX - 1);
        if (n < 0)
                return -errno;
        own[n] = '\0';
        map = malloc(ID_MAP_SIZE_MAX * 2);
        if (!map)
                return -ENOMEM;
        map[0] = '\0';
        for (line = strtok_r(own, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
                unsigned inside, count;

                if (sscanf(line, "%u %*u %u", &inside, &count) != 2)
                        return -EBADMSG;
                size += (size_t)snprintf(map + size, ID_MAP_SIZE_MAX * 2 - size, "%u %u %u\n", inside,
                                         inside, count);
                if (size >= ID_MAP_SIZE_MAX * 2)
                        return -E2BIG;
        }
        *ret = steal_pointer(map);
        return 0;
}

static int write_id_map(pid_t pid, const char *kind)
{
        char own[sizeof("/proc/self/uid_map")], path[sizeof("/proc//uid_map") + 11];
        _cleanup_free_ char *map = NULL;
        _cleanup_close_ int fd = -EBADF;
        int r;

        snprintf(own, sizeof(own), "/proc/self/%s", kind);
        r = read_id_map(own, &map);
        if (r < 0)
                return r;
        snprintf(path, sizeof(path), "/proc/%i/%s", (int)pid, kind);
        fd = open(path, O_WRONLY | O_CLOEXEC);
        if (fd < 0)
                return -errno;
        return fd_write_all(fd, map, strlen(map));
}

static int wait_for_byte(int fd, int timeout_msec, char *ret)
{
        struct pollfd p = {.fd = fd, .events = POLLIN};
        int r;
        ssize_t n;

        do
                r = poll(&p, 1, timeout_msec);
        while (r < 0 && errno == EINTR);
        if (r <= 0)
                return r < 0 ? -errno : -ETIMEDOUT;
        n = recv(fd, ret, 1, MSG_DONTWAIT);
        return n == 1 ? 0 : -ECONNRESET;
}

int sandbox_assist(pid_t pid, int channel_fd, int timeout_msec)
{
        char byte;
        int r = wait_for_byte(channel_fd, timeout_msec, &byte);

        if (r < 0)
                return r;
        /* Without rights to give it our IDs the child stays as it is: it can read what it could before. */
        if (byte == SANDBOX_ASK_IDS && write_id_map(pid, "uid_map") >= 0)
                (void)write_id_map(pid, "gid_map");
        return send(channel_fd, "", 1, MSG_NOSIGNAL) == 1 ? 0 : -ECONNRESET;
}
