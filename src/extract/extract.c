/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "extract/extract.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "basic/pack.h"
#include "basic/path.h"
#include "extract/reader.h"
#include "extract/reply.h"
#include "extract/sandbox.h"

/* The other end of the socket, and the process that holds it. */
struct child {
        pid_t pid;
        int fd;
};

/* However it ends, nothing of the reader is left. */
static int child_reap(struct child *c)
{
        int status = 0;

        c->fd = fd_close(c->fd);
        if (c->pid <= 0)
                return 0;
        kill(c->pid, SIGKILL);
        while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
                ;
        c->pid = 0;
        return status;
}

static void cleanup_childp(struct child *c)
{
        child_reap(c);
}

/* What stands before a reply: the layers of the cage, told before anything of the image has been read, so
 * that these are no words of an image that has taken the reader over. */
#define HEAD_SIZE sizeof(uint32_t)

/* An error of the sandbox does not know the image. */
static int child_enter(const struct extract_options *options, int fd, uint32_t *ret_layers,
                       struct error *error)
{
        _cleanup_free_ char *image = text_escape(options->path);
        int r;

        if (!image)
                return error_set_oom(error);
        r = sandbox_enter(options->tree_fd, fd, options->network_fd, ret_layers, error);
        if (r < 0)
                error_prefix(error, "Image '%s': ", image);
        return r;
}

static int child_tell_layers(int fd, uint32_t layers)
{
        _cleanup_pack_ struct pack p = {};

        pack_u32(&p, layers);
        return p.failed ? -ENOMEM : fd_write_all(fd, p.data, p.size);
}

static void child_run(const struct extract_options *options, int fd)
{
        _cleanup_metadata_ struct metadata *m = NULL;
        _cleanup_error_ struct error error = {};
        _cleanup_pack_ struct pack reply = {};
        uint32_t layers = 0;
        int r = child_enter(options, fd, &layers, &error);

        if (child_tell_layers(fd, layers) < 0)
                _exit(1);
        if (r >= 0)
                (void)reader_run(options, &m, &error);
        pack_message_begin(&reply);
        reply_pack(&reply, m, &error);
        _exit(pack_message_end(&reply) < 0 || fd_write_all(fd, reply.data, reply.size) < 0 ? 1 : 0);
}

static int child_start(const struct extract_options *options, struct child *ret, struct error *error)
{
        _cleanup_close_ int ours = -EBADF, theirs = -EBADF;
        int pair[2];
        pid_t pid;

        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
                return error_set_errno(error, errno, "Cannot make a socket pair");
        ours = pair[0];
        theirs = pair[1];
        pid = fork();
        if (pid < 0)
                return error_set_errno(error, errno, "Cannot start a process to read the image");
        if (pid == 0)
                child_run(options, theirs);
        *ret = (struct child){.pid = pid, .fd = steal_fd(&ours)};
        return 0;
}

static uint64_t now_msec(void)
{
        struct timespec t;

        clock_gettime(CLOCK_MONOTONIC, &t);
        return (uint64_t)t.tv_sec * 1000U + (uint64_t)t.tv_nsec / 1000000U;
}

static int msec_left(uint64_t deadline)
{
        uint64_t now = now_msec();

        return now >= deadline ? 0 : deadline - now > INT_MAX ? INT_MAX : (int)(deadline - now);
}

/* Waits for input or the end. 0 or a negative errno. */
static int wait_readable(int fd, uint64_t deadline)
{
        struct pollfd p = {.fd = fd, .events = POLLIN};
        int r;

        do
                r = poll(&p, 1, msec_left(deadline));
        while (r < 0 && errno == EINTR);
        return r < 0 ? -errno : r == 0 ? -ETIMEDOUT : 0;
}

static int reply_grow(struct pack *reply)
{
        size_t want = reply->allocated ? reply->allocated * 2 : 65536;
        uint8_t *grown;

        if (reply->size < reply->allocated)
                return 0;
        grown = realloc(reply->data, want);
        if (!grown)
                return -ENOMEM;
        reply->data = grown;
        reply->allocated = want;
        return 0;
}

/*
 * What the child sends, after its length. Its end is not waited for, which takes it as long as the reading.
 * -ECONNRESET if it closes its end before, -EMSGSIZE if it wants to send too much.
 */
static int child_receive(struct child *c, uint64_t deadline, struct pack *reply, struct unpack *ret)
{
        for (;;) {
                ssize_t n;
                int r = reply_grow(reply);

                if (r >= 0)
                        r = wait_readable(c->fd, deadline);
                if (r < 0)
                        return r;
                n = recv(c->fd, reply->data + reply->size, reply->allocated - reply->size, MSG_DONTWAIT);
                if (n < 0 && (errno == EINTR || errno == EAGAIN))
                        continue;
                if (n < 0)
                        return -errno;
                if (n == 0)
                        return -ECONNRESET;
                reply->size += (size_t)n;
                if (reply->size < HEAD_SIZE)
                        continue;
                r = unpack_message(reply->data + HEAD_SIZE, reply->size - HEAD_SIZE, REPLY_SIZE_MAX, ret);
                if (r != 0)
                        return r;
        }
}

/* Lets a child that has said all end by itself, so that its own status can be told. */
static void child_wait(struct child *c, uint64_t deadline)
{
        _cleanup_close_ int fd = pidfd_open(c->pid, 0);

        if (fd >= 0)
                (void)wait_readable(fd, deadline);
}

static int fail_timeout(const char *image, struct error *error)
{
        return error_set(error, ERROR_TIMEOUT, ETIMEDOUT,
                         "Image '%s': reading it took longer than %u seconds, gave up", image,
                         EXTRACT_SECONDS_MAX);
}

/* The child is gone without a whole answer: why? */
static int fail_died(const char *image, int status, struct error *error)
{
        if (!WIFSIGNALED(status))
                return error_set(error, ERROR_FAILED, EIO,
                                 "Image '%s': the process that reads it ended without an answer", image);
        switch (WTERMSIG(status)) {
        case SIGXCPU:
                return error_set(error, ERROR_TIMEOUT, ETIMEDOUT,
                                 "Image '%s': reading it needs more than %u seconds of processor time",
                                 image, SANDBOX_CPU_SECONDS);
        case SIGSYS:
                return error_set(
                        error, ERROR_FAILED, EPERM,
                        "Image '%s': the process that reads it was killed for a forbidden system call",
                        image);
        default:
                return error_set(error, ERROR_FAILED, EIO,
                                 "Image '%s': the process that reads it died of signal %i", image,
                                 WTERMSIG(status));
        }
}

static int child_talk(struct child *c, const struct extract_options *options, struct pack *reply,
                      struct unpack *ret, struct error *error)
{
        _cleanup_free_ char *image = text_escape(options->path);
        uint64_t deadline = now_msec() + EXTRACT_SECONDS_MAX * 1000U;
        int r, status;

        if (!image)
                return error_set_oom(error);
        r = sandbox_assist(c->pid, c->fd, msec_left(deadline));
        if (r >= 0 && options->meanwhile) {
                uint64_t before = now_msec();

                options->meanwhile(options->userdata);
                deadline += now_msec() - before; /* the image is not to blame for that */
        }
        if (r >= 0)
                r = child_receive(c, deadline, reply, ret);
        if (r >= 0)
                return 0;
        if (r == -ECONNRESET)
                child_wait(c, deadline);
        status = child_reap(c);
        if (r == -ENOMEM)
                return error_set_oom(error);
        if (r == -ETIMEDOUT)
                return fail_timeout(image, error);
        if (r == -EMSGSIZE)
                return error_set(error, ERROR_FAILED, EMSGSIZE,
                                 "Image '%s': the process that reads it sends too much", image);
        return fail_died(image, status, error);
}

int extract_metadata(const struct extract_options *options, pid_t *ret_reader, struct metadata **ret,
                     struct error *error)
{
        _cleanup_(cleanup_childp) struct child c = {.fd = -EBADF};
        _cleanup_pack_ struct pack reply = {};
        struct unpack head, message = {};
        int r;

        r = child_start(options, &c, error);
        if (r < 0)
                return r;
        r = child_talk(&c, options, &reply, &message, error);
        if (r < 0)
                return r;
        r = reply_unpack(message.data, message.size, options, ret, error);
        if (r < 0)
                return r;
        head = (struct unpack){.data = reply.data, .size = reply.size};
        (*ret)->layers = unpack_u32(&head) & SANDBOX_ALL;
        *ret_reader = c.pid;
        c.pid = 0;
        return 0;
}

void extract_end(pid_t reader)
{
        struct child c = {.pid = reader, .fd = -EBADF};

        child_reap(&c);
}
