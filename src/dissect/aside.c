/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dissect/aside.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "basic/cleanup.h"

struct answer {
        int result; /* 0 with a descriptor attached, or a negative errno */
};

union control {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int))];
};

static int answer_send(int socket_fd, int result)
{
        struct answer answer = {.result = result < 0 ? result : 0};
        struct iovec iov = {&answer, sizeof(answer)};
        union control control = {};
        struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1};

        if (result >= 0) {
                struct cmsghdr *c;

                m.msg_control = &control;
                m.msg_controllen = sizeof(control);
                c = CMSG_FIRSTHDR(&m);
                c->cmsg_level = SOL_SOCKET;
                c->cmsg_type = SCM_RIGHTS;
                c->cmsg_len = CMSG_LEN(sizeof(int));
                memcpy(CMSG_DATA(c), &result, sizeof(int));
        }
        return sendmsg(socket_fd, &m, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

static int answer_receive(int socket_fd)
{
        struct answer answer;
        struct iovec iov = {&answer, sizeof(answer)};
        union control control = {};
        struct msghdr m = {.msg_iov = &iov,
                           .msg_iovlen = 1,
                           .msg_control = &control,
                           .msg_controllen = sizeof(control)};
        struct cmsghdr *c;
        ssize_t n;
        int fd;

        do
                n = recvmsg(socket_fd, &m, MSG_CMSG_CLOEXEC);
        while (n < 0 && errno == EINTR);
        if (n < 0)
                return -errno;
        if (n != sizeof(answer))
                return -EIO;
        if (answer.result < 0)
                return answer.result;
        c = CMSG_FIRSTHDR(&m);
        if (!c || c->cmsg_type != SCM_RIGHTS || c->cmsg_len != CMSG_LEN(sizeof(int)))
                return -EIO;
        memcpy(&fd, CMSG_DATA(c), sizeof(int));
        return fd;
}

int mount_clone(int fd)
{
        int r = open_tree(fd, "", AT_EMPTY_PATH | AT_RECURSIVE | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

        return r < 0 ? -errno : r;
}

static int make_aside(int (*make)(void *userdata), void *userdata)
{
        if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
                return -errno;
        return make(userdata);
}

int mount_aside(int (*make)(void *userdata), void *userdata)
{
        int pair[2], r;
        pid_t pid;

        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
                return -errno;
        pid = fork();
        if (pid < 0) {
                r = -errno;
                fd_close(pair[0]);
                fd_close(pair[1]);
                return r;
        }
        if (pid == 0) {
                fd_close(pair[0]);
                _exit(answer_send(pair[1], make_aside(make, userdata)) < 0 ? EXIT_FAILURE : EXIT_SUCCESS);
        }
        fd_close(pair[1]);
        r = answer_receive(pair[0]);
        fd_close(pair[0]);
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
                ;
        return r;
}
