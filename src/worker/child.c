/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/pack.h"
#include "worker/answer.h"

/* Our end of the socket. */
#define CHILD_FD 3

/* Nothing of the daemon's stays open in the child but its socket, what it shall keep, moved to 4, and
 * standard input, output and error. */
static int child_keep_only(int fd, int kept_fd)
{
        unsigned next = WORKER_KEPT_FD;

        /* Out of the way first: either may have the number that the other is to get. */
        fd = fcntl(fd, F_DUPFD_CLOEXEC, WORKER_KEPT_FD + 1);
        if (fd < 0)
                return -errno;
        if (kept_fd >= 0 && kept_fd != WORKER_KEPT_FD && dup3(kept_fd, WORKER_KEPT_FD, O_CLOEXEC) < 0)
                return -errno;
        if (dup3(fd, CHILD_FD, O_CLOEXEC) < 0)
                return -errno;
        next += kept_fd >= 0;
        return close_range(next, ~0U, 0) < 0 ? -errno : 0;
}

static int child_send(const struct pack *p)
{
        for (size_t sent = 0; sent < p->size;) {
                ssize_t n = send(CHILD_FD, p->data + sent, p->size - sent, MSG_NOSIGNAL);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                sent += (size_t)n;
        }
        return 0;
}

/* A message this small is taken whole or, while the daemon is busy, not at all. */
static void child_tell(struct pack *p)
{
        if (pack_message_end(p) >= 0 && p->size <= ANSWER_PROGRESS_SIZE_MAX)
                (void)send(CHILD_FD, p->data, p->size, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void worker_tell_progress(const char *what, uint64_t done, uint64_t total)
{
        _cleanup_pack_ struct pack p = {};

        answer_begin(&p, ANSWER_PROGRESS);
        pack_string(&p, what);
        pack_u64(&p, done);
        pack_u64(&p, total);
        child_tell(&p);
}

void worker_tell_wait(const char *what)
{
        _cleanup_pack_ struct pack p = {};

        answer_begin(&p, ANSWER_WAIT);
        pack_string(&p, what);
        child_tell(&p);
}

bool worker_commit(void)
{
        sigset_t cancel, pending;

        sigemptyset(&cancel);
        sigaddset(&cancel, WORKER_CANCEL_SIGNAL);
        sigprocmask(SIG_BLOCK, &cancel, NULL);
        return sigpending(&pending) >= 0 && !sigismember(&pending, WORKER_CANCEL_SIGNAL);
}

/*
 * Stopping the service must not cut an operation: the daemon waits for us, so the usual signals are ignored
 * here. All others have their default, as the daemon handles none but through descriptors, except for the
 * one that service managers have services ignore.
 */
static void child_reset_signals(void)
{
        sigset_t none;

        signal(SIGTERM, SIG_IGN);
        signal(SIGINT, SIG_IGN);
        signal(SIGHUP, SIG_IGN);
        signal(SIGPIPE, SIG_DFL);
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Of very many images in one transaction each is held open. */
static void child_allow_descriptors(void)
{
        struct rlimit l;

        if (getrlimit(RLIMIT_NOFILE, &l) < 0)
                return;
        l.rlim_cur = l.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &l);
}

static void child_begin(const char *name, int fd, int kept_fd)
{
        child_reset_signals();
        child_allow_descriptors();
        prctl(PR_SET_NAME, name);
        if (child_keep_only(fd, kept_fd) < 0)
                _exit(EXIT_FAILURE);
}

/* message: the begun answer, with the result if r is not negative. Returns an exit status. */
static int child_answer(int r, struct pack *message, struct error *error)
{
        if (r >= 0 && message->failed)
                r = error_set_oom(error);
        if (r < 0) {
                if (!error_is_set(error))
                        error_set_errno(error, r, "Operation failed");
                pack_clear(message);
                answer_begin(message, ANSWER_ERROR);
                pack_error(message, error);
        }
        return pack_message_end(message) < 0 || child_send(message) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

static struct unpack child_receive_request(void)
{
        struct pack received = {};
        struct unpack request;

        for (;;) {
                uint8_t buffer[4096];
                ssize_t n = recv(CHILD_FD, buffer, sizeof(buffer), 0);
                int r;

                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0) /* the daemon has no use for us */
                        _exit(EXIT_SUCCESS);
                pack_raw(&received, buffer, (size_t)n);
                r = received.failed ? -ENOMEM
                                    : unpack_message(received.data, received.size, SIZE_MAX, &request);
                if (r < 0)
                        _exit(EXIT_FAILURE);
                if (r > 0)
                        return request;
        }
}

/* Until the daemon has passed the answer on: it, the bus and the caller need the processor first. */
static void child_await_release(void)
{
        uint8_t byte;

        while (recv(CHILD_FD, &byte, 1, 0) < 0 && errno == EINTR)
                ;
}

void child_run(const struct worker_kind *kind, const void *userdata, const struct pack *request, int fd,
               int kept_fd)
{
        struct pack message = {};
        struct error error = {};
        struct unpack u;
        void *prepared;
        int r;

        child_begin(request ? WORKER_NAME : WORKER_SPARE_NAME, fd, kept_fd);
        prepared = kind->prepare(!request, userdata);
        u = request ? (struct unpack){.data = request->data, .size = request->size}
                    : child_receive_request();
        prctl(PR_SET_NAME, WORKER_NAME);
        answer_begin(&message, ANSWER_RESULT);
        r = kind->run(prepared, &u, &message, &error);
        r = child_answer(r, &message, &error);
        child_await_release();
        kind->finish(prepared);
        _exit(r);
}
