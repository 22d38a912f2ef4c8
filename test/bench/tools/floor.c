// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The least that reading a raw image can cost: a loop device, a read-only mount nobody else sees, one file
 * read, everything taken down again, by direct system calls of one process.
 *
 *     floor RUNS FILE TYPE OFFSET SIZE PATH
 *
 * OFFSET and SIZE in bytes, SIZE 0: up to the end. PATH within the image. For each run a line: nanoseconds,
 * 0.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int check(int r, const char *what)
{
        if (r < 0) {
                fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
                exit(EXIT_FAILURE);
        }
        return r;
}

static uint64_t now(void)
{
        struct timespec t;

        clock_gettime(CLOCK_MONOTONIC, &t);
        return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

/* Others take loop devices, too: the one that was free may be so no longer. */
static int attach_loop(int control, int file, uint64_t offset, uint64_t size, char *path)
{
        struct loop_config config = {
                .fd = (uint32_t)file,
                .info = {.lo_offset = offset,
                         .lo_sizelimit = size,
                         .lo_flags = LO_FLAGS_READ_ONLY | LO_FLAGS_AUTOCLEAR},
        };

        for (unsigned i = 0; i < 100; i++) {
                int number = check(ioctl(control, LOOP_CTL_GET_FREE), "LOOP_CTL_GET_FREE"), fd;

                snprintf(path, 32, "/dev/loop%i", number);
                fd = open(path, O_RDONLY | O_CLOEXEC);
                if (fd >= 0 && ioctl(fd, LOOP_CONFIGURE, &config) >= 0)
                        return fd;
                if (fd >= 0)
                        close(fd);
        }
        return check(-1, "LOOP_CONFIGURE");
}

static void read_file(int tree, const char *path)
{
        int fd = check(openat(tree, path, O_RDONLY | O_CLOEXEC), path);
        char buffer[4096];

        check((int)read(fd, buffer, sizeof(buffer)), path);
        close(fd);
}

static void run(int control, char **argv)
{
        uint64_t offset = strtoull(argv[4], NULL, 10), size = strtoull(argv[5], NULL, 10);
        int file = check(open(argv[2], O_RDONLY | O_CLOEXEC), argv[2]), loop, context, tree;
        char device[32];

        loop = attach_loop(control, file, offset, size, device);
        context = check((int)syscall(SYS_fsopen, argv[3], FSOPEN_CLOEXEC), "fsopen");
        check((int)syscall(SYS_fsconfig, context, FSCONFIG_SET_STRING, "source", device, 0), "source");
        check((int)syscall(SYS_fsconfig, context, FSCONFIG_SET_FLAG, "ro", NULL, 0), "ro");
        if (strcmp(argv[3], "ext4") == 0)
                check((int)syscall(SYS_fsconfig, context, FSCONFIG_SET_FLAG, "noload", NULL, 0), "noload");
        check((int)syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0), argv[3]);
        tree = check((int)syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC,
                                  MOUNT_ATTR_RDONLY | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID),
                     "fsmount");
        read_file(tree, argv[6]);
        close(tree);
        close(context);
        close(loop);
        close(file);
}

int main(int argc, char **argv)
{
        int control;

        if (argc != 7) {
                fputs("usage: floor RUNS FILE TYPE OFFSET SIZE PATH\n", stderr);
                return 2;
        }
        control = check(open("/dev/loop-control", O_RDWR | O_CLOEXEC), "/dev/loop-control");
        for (unsigned long i = strtoul(argv[1], NULL, 10); i > 0; i--) {
                uint64_t begin = now();

                run(control, argv);
                printf("%llu 0\n", (unsigned long long)(now() - begin));
        }
        return EXIT_SUCCESS;
}
