/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The readers of one daemon share an empty network namespace (extract/network.h). Proof that they cannot use
 * it to talk to each other: in the whole cage nobody gets as far as a socket; and of the layers below the
 * system call list, each alone, what it holds back.
 */

#include "test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "extract/network.h"
#include "extract/sandbox-internal.h"
#include "extract/sandbox.h"

#include "tree.h"

#define NAME "portabled-test-neighbour"

static struct sockaddr_un address(socklen_t *ret_size)
{
        struct sockaddr_un a = {.sun_family = AF_UNIX};

        memcpy(a.sun_path + 1, NAME, sizeof(NAME));
        *ret_size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + sizeof(NAME));
        return a;
}

static int result(int r)
{
        return r < 0 ? errno : 0;
}

static int use_unix(void)
{
        return result(socket(AF_UNIX, SOCK_STREAM, 0));
}

static int use_pair(void)
{
        int pair[2];

        return result(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
}

static int use_udp(void)
{
        return result(socket(AF_INET, SOCK_DGRAM, 0));
}

static int use_netlink(void)
{
        return result(socket(AF_NETLINK, SOCK_RAW, NETLINK_USERSOCK));
}

static int use_vsock(void)
{
        return result(socket(AF_VSOCK, SOCK_STREAM, 0));
}

static int use_queue(void)
{
        return result(msgget(1, IPC_CREAT | 0600));
}

static int use_signal(void)
{
        return result(kill(getppid(), 0));
}

static int use_pidfd(void)
{
        return result((int)syscall(SYS_pidfd_open, getppid(), 0));
}

static int use_other_network(void)
{
        return result(unshare(CLONE_NEWNET));
}

/* Runs try in the whole cage, in the shared network; returns how it ended. */
static int in_cage(const struct tree *t, int network_fd, int (*try)(void))
{
        int pair[2], status;
        pid_t pid;

        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
        pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
                _cleanup_error_ struct error e = {};
                uint32_t layers;

                if (sandbox_enter(t->fd, pair[1], network_fd, &layers, &e) < 0)
                        _exit(100);
                _exit(try());
        }
        close(pair[1]);
        assert_int_equal(sandbox_assist(pid, pair[0], 5000), 0);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        close(pair[0]);
        return status;
}

static void test_whole_cage(void **state)
{
        static int (*const tries[])(void) = {use_unix,  use_pair,   use_udp,   use_netlink,      use_vsock,
                                             use_queue, use_signal, use_pidfd, use_other_network};
        _cleanup_tree_ struct tree t = {};
        int network = -1;

        tree_make_os(&t);
        assert_int_equal(network_make(&network), 0);
        for (size_t i = 0; i < ELEMENTSOF(tries); i++) {
                int status = in_cage(&t, network, tries[i]);

                if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS)
                        fail_msg("try %zu: status 0x%x", i, (unsigned)status);
        }
        close(network);
}

/* Without the list of system calls: a neighbour that listens at an abstract address is out of reach for
 * Landlock's sake (where the kernel has that, from Linux 6.12 on). */
static void test_landlock_alone(void **state)
{
        long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
        _cleanup_tree_ struct tree t = {};
        int network = -1, ready[2], status;
        pid_t listener, caller;
        char byte;

        tree_make_os(&t);
        assert_int_equal(network_make(&network), 0);
        assert_int_equal(pipe(ready), 0);
        listener = fork();
        if (listener == 0) {
                socklen_t size;
                struct sockaddr_un a = address(&size);
                int fd;

                if (network_join(network) < 0 || sandbox_landlock(t.fd) < 0)
                        _exit(1);
                fd = socket(AF_UNIX, SOCK_STREAM, 0);
                if (bind(fd, (struct sockaddr *)&a, size) < 0 || listen(fd, 1) < 0 ||
                    write(ready[1], "", 1) != 1)
                        _exit(2);
                pause();
        }
        assert_int_equal(read(ready[0], &byte, 1), 1);
        caller = fork();
        if (caller == 0) {
                socklen_t size;
                struct sockaddr_un a = address(&size);

                if (network_join(network) < 0 || sandbox_landlock(t.fd) < 0)
                        _exit(200);
                _exit(result(connect(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&a, size)));
        }
        assert_int_equal(waitpid(caller, &status, 0), caller);
        assert_int_equal(status, W_EXITCODE(abi >= 6 ? EPERM : 0, 0));
        kill(listener, SIGKILL);
        assert_int_equal(waitpid(listener, &status, 0), listener);
        close(ready[0]);
        close(ready[1]);
        close(network);
}

static int send_udp(void)
{
        struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(9999)};

        a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        return result(
                (int)sendto(socket(AF_INET, SOCK_DGRAM, 0), "x", 1, 0, (struct sockaddr *)&a, sizeof(a)));
}

/* As the loopback interface is down, not even IP leads to a neighbour; and a reader cannot set it up, for
 * the namespace belongs to the daemon's user namespace: not one capability in its own counts there. */
static void test_network_alone(void **state)
{
        int network = -1, status;
        pid_t pid;

        assert_int_equal(network_make(&network), 0);
        pid = fork();
        if (pid == 0) {
                struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP};

                if (network_join(network) < 0 || unshare(CLONE_NEWUSER) < 0 || send_udp() != ENETUNREACH)
                        _exit(1);
                if (ioctl(socket(AF_INET, SOCK_DGRAM, 0), SIOCSIFFLAGS, &lo) >= 0 || errno != EPERM)
                        _exit(2);
                _exit(send_udp() == ENETUNREACH ? 0 : 3);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
        close(network);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_whole_cage),
                cmocka_unit_test(test_landlock_alone),
                cmocka_unit_test(test_network_alone),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
