/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "partition/filesystem.h"
#include "dissect/loop.h"
#include "dissect/mount.h"
#include "images.h"

/* How loop devices and mounts come and go: races, few nodes, killed processes, files that change below. */

/* Opens the image and reads a file in it; in a child process, where cmocka must not be used. */
static int open_and_read(const char *name, struct dissected **ret)
{
        _cleanup_error_ struct error error = {};
        _cleanup_close_ int fd = open(images_path(name), O_PATH | O_CLOEXEC);
        _cleanup_close_ int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
        _cleanup_free_ char *text = NULL;
        struct dissect_options options = {.root_fd = root, .image_fd = fd, .path = images_path(name)};
        int r = dissect_open(&options, ret, &error);

        if (r < 0) {
                fprintf(stderr, "%s\n", error_message(&error));
                return r;
        }
        return fd_read_file_in_root(dissected_tree_fd(*ret), "/usr/lib/os-release", 100, &text, NULL);
}

static int child_status(pid_t pid)
{
        int status;

        assert_int_equal(waitpid(pid, &status, 0), pid);
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void test_many_at_once(void **state)
{
        enum { N = 64 };
        pid_t pids[N];

        for (int i = 0; i < N; i++) {
                pids[i] = fork();
                assert_true(pids[i] >= 0);
                if (pids[i] == 0) {
                        for (int n = 0; n < 4; n++) {
                                struct dissected *d = NULL;

                                if (open_and_read("root.img", &d) < 0)
                                        _exit(1);
                                dissect_close(d);
                        }
                        _exit(0);
                }
        }
        for (int i = 0; i < N; i++)
                assert_int_equal(child_status(pids[i]), 0);
        assert_int_equal(images_loops_left(), 0);
}

static void test_killed(void **state)
{
        int pipefd[2];
        pid_t pid;
        char c;

        assert_int_equal(pipe(pipefd), 0);
        pid = fork();
        if (pid == 0) {
                struct dissected *d = NULL;

                if (open_and_read("root.img", &d) < 0)
                        _exit(1);
                (void)!write(pipefd[1], "x", 1);
                pause();
        }
        close(pipefd[1]);
        assert_int_equal(read(pipefd[0], &c, 1), 1);
        close(pipefd[0]);
        assert_int_equal(images_loops(), 1);
        assert_int_equal(kill(pid, SIGKILL), 0);
        assert_int_equal(child_status(pid), 128 + SIGKILL);
        assert_int_equal(images_loops_left(), 0);
}

/* A /dev as a container may have it: loop-control and the first n loop devices. */
static int enter_poor_dev(unsigned n, bool may_make_nodes)
{
        if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
            mount("tmpfs", "/dev", "tmpfs", 0, "mode=0755") < 0 ||
            mknod("/dev/loop-control", S_IFCHR | 0600, makedev(10, 237)) < 0)
                return -errno;
        for (unsigned i = 0; i < n; i++) {
                char path[32];

                snprintf(path, sizeof(path), "/dev/loop%u", i);
                if (mknod(path, S_IFBLK | 0600, makedev(7, i)) < 0)
                        return -errno;
        }
        return may_make_nodes ? 0 : images_drop_mknod();
}

static int in_poor_dev(unsigned n, bool may_make_nodes, unsigned processes)
{
        int result = 0;
        pid_t pids[64];

        for (unsigned i = 0; i < processes; i++) {
                pids[i] = fork();
                if (pids[i] == 0) {
                        struct dissected *d = NULL;

                        if (enter_poor_dev(n, may_make_nodes) < 0)
                                _exit(100);
                        _exit(open_and_read("root.img", &d) < 0);
                }
        }
        for (unsigned i = 0; i < processes; i++)
                result |= child_status(pids[i]);
        return result;
}

static void test_no_nodes(void **state)
{
        assert_int_equal(in_poor_dev(0, true, 1), 0);
        assert_int_equal(in_poor_dev(0, true, 32), 0);
        assert_int_equal(images_loops_left(), 0);
}

static void test_few_nodes(void **state)
{
        assert_int_equal(in_poor_dev(4, true, 32), 0);
        assert_int_equal(in_poor_dev(8, false, 32), 0);
        assert_int_equal(images_loops_left(), 0);
}

static void test_no_way_to_nodes(void **state)
{
        pid_t pid = fork();

        if (pid == 0) {
                _cleanup_error_ struct error error = {};
                _cleanup_close_ int fd = open(images_path("root.img"), O_RDONLY | O_CLOEXEC);
                int device = -EBADF;

                if (enter_poor_dev(0, false) < 0)
                        _exit(100);
                if (loop_attach(fd, 0, 4096, "/x.raw", &device, &error) != -ENODEV)
                        _exit(2);
                _exit(strcmp(error_message(&error), "Image '/x.raw': there is no usable loop device: the "
                                                    "nodes /dev/loop* are missing and "
                                                    "cannot be made here (Operation not permitted)") != 0);
        }
        assert_int_equal(child_status(pid), 0);
}

static void test_offset_and_size(void **state)
{
        _cleanup_error_ struct error error = {};
        _cleanup_close_ int fd = -EBADF, device = -EBADF;
        char text[1024];

        images_run("{ head -c 4096 /dev/zero | tr '\\0' a; head -c 1024 /dev/zero | tr '\\0' b; head -c "
                   "4096 /dev/zero | "
                   "tr '\\0' c; } >range");
        fd = images_open("range");
        assert_int_equal(loop_attach(fd, 4096, 1024, "range", &device, &error), 0);
        assert_int_equal(lseek(device, 0, SEEK_END), 1024);
        assert_int_equal(pread(device, text, sizeof(text), 0), sizeof(text));
        for (size_t i = 0; i < sizeof(text); i++)
                assert_int_equal(text[i], 'b');
}

static void test_block_device(void **state)
{
        _cleanup_error_ struct error error = {};
        _cleanup_close_ int fd = -EBADF, device = -EBADF, root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
        struct dissect_options options = {.root_fd = root, .path = NULL};
        _cleanup_dissected_ struct dissected *d = NULL;
        _cleanup_free_ char *text = NULL, *path = NULL;

        images_partition("disk.raw", 8, "label: gpt\nsize=2M, type=" GPT_LINUX);
        images_put("disk.raw", "root.img", 1);
        fd = images_open("disk.raw");
        assert_int_equal(loop_attach(fd, 0, 8 << 20, "disk.raw", &device, &error), 0);
        options.image_fd = device;
        assert_int_equal(fd_path_in_root(root, device, &path), 0);
        options.path = path;
        assert_int_equal(dissect_open(&options, &d, &error), 0);
        assert_int_equal(images_read(dissected_tree_fd(d), "/etc/os-release", &text), 0);
        assert_string_equal(text, "ID=tiny\n");
}

static void test_file_shrinks(void **state)
{
        _cleanup_dissected_ struct dissected *d = NULL;
        _cleanup_free_ char *message = NULL, *text = NULL;

        images_run("head -c 2M /dev/urandom >tree/noise; mksquashfs tree shrink.img -quiet -no-progress "
                   "-noappend; rm "
                   "tree/noise");
        assert_int_equal(images_dissect("shrink.img", &d, &message), 0);
        images_run("truncate -s 4096 shrink.img");
        assert_int_equal(fd_read_file_in_root(dissected_tree_fd(d), "/noise", 4 << 20, &text, NULL), -EIO);
}

static int mount_part(const char *name, int *ret)
{
        _cleanup_error_ struct error error = {};
        _cleanup_close_ int fd = images_open(name), device = -EBADF;
        struct stat st;

        assert_int_equal(fstat(fd, &st), 0);
        assert_int_equal(loop_attach(fd, 0, (uint64_t)st.st_size, name, &device, &error), 0);
        return mount_device(filesystem_find("squashfs"), device, name, "it", ret, &error);
}

static void assert_combined(int tree)
{
        _cleanup_free_ char *usr = NULL, *etc = NULL;
        struct stat st;

        assert_int_equal(images_read(tree, "/usr/lib/os-release", &usr), 0);
        assert_string_equal(usr, "ID=usr\n");
        assert_int_equal(images_read(tree, "/etc/os-release", &etc), 0);
        assert_string_equal(etc, "ID=usr\n");
        assert_int_equal(mkdirat(tree, "x", 0755), -1);
        assert_int_equal(errno, EROFS);
        /* Our own view of the file system is as before. */
        assert_int_equal(stat("/proc/self/mountinfo", &st), 0);
}

static void test_combine_both_ways(void **state)
{
        for (int way = 0; way < 2; way++) {
                _cleanup_close_ int root = -EBADF, usr = -EBADF;
                int tree = -EBADF, r;

                assert_int_equal(mount_part("root.img", &root), 0);
                assert_int_equal(mount_part("usr.img", &usr), 0);
                r = way == 0 ? mount_combine_detached(root, usr, &tree)
                             : mount_combine_in_namespace(root, usr, &tree);
                root = fd_close(root);
                usr = fd_close(usr);
                /* Linux 6.15 is the first to attach mounts to a tree that is mounted nowhere. */
                if (way == 0 && !images_kernel_is(6, 15)) {
                        assert_int_equal(r, -EINVAL);
                } else {
                        assert_int_equal(r, 0);
                        assert_combined(tree);
                        fd_close(tree);
                }
                assert_int_equal(images_loops_left(), 0);
        }
}

static void test_combine_refuses(void **state)
{
        static const char *const roots[] = {"mkdir bad; ln -s /proc bad/usr", "mkdir bad; echo >bad/usr",
                                            "mkdir bad"};

        for (size_t i = 0; i < ELEMENTSOF(roots); i++) {
                images_run("rm -rf bad; %s; mksquashfs bad bad.img -quiet -no-progress -noappend", roots[i]);
                images_partition("bad.raw", 8,
                                 "label: gpt\nsize=2M, type=" GPT_ROOT_X86_64
                                 "\nsize=2M, type=" GPT_USR_X86_64);
                images_put("bad.raw", "bad.img", 1);
                images_put("bad.raw", "usr.img", 3);
                images_assert_error(
                        "bad.raw", "Image '%s' has a usr partition, but its root partition has no directory "
                                   "/usr to mount it on");
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_many_at_once),      cmocka_unit_test(test_killed),
                cmocka_unit_test(test_no_nodes),          cmocka_unit_test(test_few_nodes),
                cmocka_unit_test(test_no_way_to_nodes),   cmocka_unit_test(test_offset_and_size),
                cmocka_unit_test(test_block_device),      cmocka_unit_test(test_file_shrinks),
                cmocka_unit_test(test_combine_both_ways), cmocka_unit_test(test_combine_refuses),
        };

        return cmocka_run_group_tests(tests, images_setup, images_teardown);
}
