/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Proof of the cage: a process enters it as the image reader does and then tries what a reader that an image
 * has taken over would try. Each attempt has one result that is right: killed by SIGSYS, or an error.
 */

#include "test.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "extract/sandbox-internal.h"
#include "extract/sandbox.h"

#include "sandbox-probes.h"
#include "tree.h"

static void make(struct tree *t)
{
        _cleanup_free_ char *outside = NULL;

        tree_make_os(t);
        tree_file(t, "public", "anyone may write here");
        tree_chmod(t, "public", 0666);
        tree_file(t, "program", "#!/bin/sh\n");
        tree_chmod(t, "program", 0755);
        tree_directory(t, "tmp");
        tree_chmod(t, "tmp", 01777);
        tree_device(t, "device");
        tree_file(t, "../secret", "not in the tree");
        outside = tree_outside(t, "secret");
        tree_symlink(t, "link", outside);
}

struct child {
        pid_t pid;
        int fd;
};

static void deny_mounts(void)
{
        static const int calls[] = {SCMP_SYS(unshare),       SCMP_SYS(mount),     SCMP_SYS(umount2),
                                    SCMP_SYS(pivot_root),    SCMP_SYS(chroot),    SCMP_SYS(open_tree),
                                    SCMP_SYS(mount_setattr), SCMP_SYS(move_mount)};
        scmp_filter_ctx f = seccomp_init(SCMP_ACT_ALLOW);

        for (size_t i = 0; i < ELEMENTSOF(calls); i++)
                if (seccomp_rule_add(f, SCMP_ACT_ERRNO(EPERM), calls[i], 0) < 0)
                        _exit(2);
        if (seccomp_load(f) < 0)
                _exit(2);
        seccomp_release(f);
}

/* Starts a process in the sandbox that does "try" (NULL: waits for a byte) and sends the result. */
static void start(const struct tree *t, const struct probe *probe, bool mounts, struct child *ret)
{
        _cleanup_free_ char *outside = tree_outside(t, "secret");
        int pair[2];
        pid_t pid;

        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
        pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
                _cleanup_error_ struct error e = {};
                uint32_t layers;
                long answer;

                probe_tree_fd = t->fd;
                probe_channel_fd = pair[1];
                if (!mounts)
                        deny_mounts();
                if (sandbox_enter(probe_tree_fd, probe_channel_fd, 0, &layers, &e) < 0)
                        _exit(3);
                answer = probe ? probe->try(outside) : 0;
                if (write(probe_channel_fd, &answer, sizeof(answer)) != sizeof(answer))
                        _exit(4);
                if (!probe)
                        (void)!read(probe_channel_fd, &answer, 1);
                _exit(0);
        }
        fd_close(pair[1]);
        *ret = (struct child){.pid = pid, .fd = pair[0]};
        assert_int_equal(sandbox_assist(pid, pair[0], 5000), 0);
}

static int finish(struct child *c)
{
        int status;

        fd_close(c->fd);
        assert_int_equal(waitpid(c->pid, &status, 0), c->pid);
        return status;
}

static void check_probe(const struct tree *t, const struct probe *probe, bool mounts)
{
        int expected = mounts ? probe->error : probe->without_mounts, status;
        struct child c;
        long answer;
        ssize_t n;

        start(t, probe, mounts, &c);
        n = read(c.fd, &answer, sizeof(answer));
        status = finish(&c);
        if (n != sizeof(answer)) {
                if (expected != KILLED || !WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS)
                        fail_msg("%s: no answer, status 0x%x", probe->name, (unsigned)status);
                return;
        }
        if (expected == WORKS ? answer < 0 : expected == KILLED || answer != -expected)
                fail_msg("%s: answer %li", probe->name, answer);
        assert_int_equal(status, 0);
}

static void test_probes(void **state)
{
        _cleanup_tree_ struct tree t = {};

        make(&t);
        for (size_t i = 0; i < n_probes; i++)
                check_probe(&t, &probes[i], true);
}

static void test_probes_without_mounts(void **state)
{
        _cleanup_tree_ struct tree t = {};

        make(&t);
        for (size_t i = 0; i < n_probes; i++)
                check_probe(&t, &probes[i], false);
}

/* The probes themselves work: outside the sandbox each way in is open. */
static void test_probes_outside(void **state)
{
        _cleanup_tree_ struct tree t = {};
        _cleanup_free_ char *outside = NULL;

        make(&t);
        probe_tree_fd = t.fd;
        outside = tree_outside(&t, "secret");
        for (size_t i = 0; i < n_probes; i++) {
                _cleanup_close_ int fd = -EBADF;

                if (!probes[i].opens)
                        continue;
                fd = (int)probes[i].try(outside);
                if (fd < 0)
                        fail_msg("%s", probes[i].name);
        }
}

static char *read_proc_file(pid_t pid, const char *name)
{
        char path[64], *data;
        _cleanup_close_ int fd = -EBADF;

        snprintf(path, sizeof(path), "/proc/%i/%s", (int)pid, name);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        assert_true(fd >= 0);
        assert_int_equal(fd_read_all(fd, 1 << 20, &data, NULL), 0);
        return data;
}

static void assert_status(const char *status, const char *line)
{
        if (!strstr(status, line))
                fail_msg("no '%s' in:\n%s", line, status);
}

static void assert_other_namespace(pid_t pid, const char *name)
{
        char own[64], theirs[64], path[64];
        ssize_t n, m;

        snprintf(path, sizeof(path), "/proc/self/ns/%s", name);
        n = readlink(path, own, sizeof(own));
        snprintf(path, sizeof(path), "/proc/%i/ns/%s", (int)pid, name);
        m = readlink(path, theirs, sizeof(theirs));
        assert_true(n > 0 && m > 0);
        assert_false(n == m && memcmp(own, theirs, (size_t)n) == 0);
}

static unsigned count_entries(pid_t pid, const char *name)
{
        _cleanup_closedir_ DIR *d = NULL;
        char path[64];
        unsigned n = 0;

        snprintf(path, sizeof(path), "/proc/%i/%s", (int)pid, name);
        d = opendir(path);
        assert_non_null(d);
        while (readdir(d))
                n++;
        return n - 2;
}

/* What the kernel says of a process in the sandbox. */
static void test_state(void **state)
{
        static const char *const namespaces[] = {"user", "mnt", "net", "ipc"};
        _cleanup_free_ char *status = NULL, *mounts = NULL;
        _cleanup_tree_ struct tree t = {};
        struct child c;
        long answer;

        make(&t);
        start(&t, NULL, true, &c);
        assert_int_equal(read(c.fd, &answer, sizeof(answer)), sizeof(answer));

        status = read_proc_file(c.pid, "status");
        assert_status(status, "\nUid:\t65534\t65534\t65534\t65534\n");
        assert_status(status, "\nGid:\t65534\t65534\t65534\t65534\n");
        assert_status(status, "\nGroups:\t \n");
        assert_status(status, "\nCapInh:\t0000000000000000\n");
        /* CAP_DAC_READ_SEARCH, of its own user namespace. */
        assert_status(status, "\nCapPrm:\t0000000000000004\n");
        assert_status(status, "\nCapEff:\t0000000000000004\n");
        assert_status(status, "\nCapBnd:\t0000000000000000\n");
        assert_status(status, "\nCapAmb:\t0000000000000000\n");
        assert_status(status, "\nNoNewPrivs:\t1\n");
        assert_status(status, "\nSeccomp:\t2\n");
        for (size_t i = 0; i < ELEMENTSOF(namespaces); i++)
                assert_other_namespace(c.pid, namespaces[i]);

        /* One mount, read-only; two descriptors (and standard error for AddressSanitizer). */
        mounts = read_proc_file(c.pid, "mountinfo");
        assert_ptr_equal(strchr(mounts, '\n'), mounts + strlen(mounts) - 1);
        assert_non_null(strstr(mounts, " ro,nosuid,nodev,noexec,"));
        assert_non_null(strstr(mounts, ",nosymfollow "));
        assert_true(count_entries(c.pid, "fd") <= (SANDBOX_SANITIZED ? 5 : 2));

        assert_int_equal(write(c.fd, "", 1), 1);
        assert_int_equal(finish(&c), 0);
}

/* Nobody answers: the child does not wait for ever, nor does the parent. */
static void test_lonely(void **state)
{
        _cleanup_tree_ struct tree t = {};
        int pair[2], status;
        pid_t pid;

        make(&t);
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
        assert_int_equal(sandbox_assist(1, pair[0], 10), -ETIMEDOUT);
        pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
                _cleanup_error_ struct error e = {};
                uint32_t layers;

                fd_close(pair[0]);
                _exit(sandbox_enter(t.fd, pair[1], 0, &layers, &e) < 0 ? 0 : 1);
        }
        fd_close(pair[1]);
        fd_close(pair[0]);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(status == 0 || (WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE));

        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
        fd_close(pair[1]);
        assert_int_equal(sandbox_assist(1, pair[0], 1000), -ECONNRESET);
        fd_close(pair[0]);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_probes),         cmocka_unit_test(test_probes_without_mounts),
                cmocka_unit_test(test_probes_outside), cmocka_unit_test(test_state),
                cmocka_unit_test(test_lonely),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
