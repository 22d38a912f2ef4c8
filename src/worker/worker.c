/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/pack.h"
#include "worker/answer.h"

/* In the child: the socket to the parent. */
#define REPLY_FD 3

struct worker {
        struct worker_pool *pool;
        struct worker *next, *previous;
        sd_event_source *child, *input;
        pid_t pid;
        int fd;
        struct pack received;
        bool finished; /* the caller has its answer, only the process is not gone yet */
        worker_progress progress;
        worker_done done;
        void *userdata;
};

struct worker_pool {
        sd_event *event;
        size_t n, max; /* those not finished */
        int kept_fd;   /* -EBADF: none */
        struct worker *workers;
};

int worker_pool_new(sd_event *event, size_t max, struct worker_pool **ret)
{
        struct worker_pool *p = calloc(1, sizeof(*p));

        if (!p)
                return -ENOMEM;
        p->event = sd_event_ref(event);
        p->max = max;
        p->kept_fd = -EBADF;
        *ret = p;
        return 0;
}

static void worker_unlink(struct worker *w)
{
        if (w->previous)
                w->previous->next = w->next;
        else
                w->pool->workers = w->next;
        if (w->next)
                w->next->previous = w->previous;
}

static void worker_free(struct worker *w)
{
        worker_unlink(w);
        sd_event_source_disable_unref(w->child);
        sd_event_source_disable_unref(w->input);
        fd_close(w->fd);
        pack_clear(&w->received);
        free(w);
}

struct worker_pool *worker_pool_free(struct worker_pool *p)
{
        if (!p)
                return NULL;
        while (p->workers) {
                if (p->workers->finished)
                        waitpid(p->workers->pid, NULL, 0);
                worker_free(p->workers);
        }
        sd_event_unref(p->event);
        free(p);
        return NULL;
}

void worker_pool_keep(struct worker_pool *p, int fd)
{
        p->kept_fd = fd;
}

size_t worker_pool_size(const struct worker_pool *p)
{
        return p->n;
}

/* Reads what is there. 0 at the end or when there is no more for now, else a negative errno. */
static int worker_receive(struct worker *w)
{
        for (;;) {
                uint8_t buffer[65536];
                ssize_t n = recv(w->fd, buffer, sizeof(buffer), MSG_DONTWAIT);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return errno == EAGAIN ? 0 : -errno;
                if (n == 0) {
                        sd_event_source_set_enabled(w->input, SD_EVENT_OFF);
                        return 0;
                }
                pack_raw(&w->received, buffer, (size_t)n);
                if (w->received.failed)
                        return -ENOMEM;
                if (w->received.size > ANSWER_SIZE_MAX)
                        return -EMSGSIZE;
        }
}

/* Takes the whole messages about progress off the front of what was received. */
static void worker_take_progress(struct worker *w)
{
        for (;;) {
                struct pack *p = &w->received;
                struct answer_progress progress;
                size_t size = p->failed ? 0 : answer_read_progress(p->data, p->size, &progress);

                if (size == 0)
                        return;
                if (progress.what && w->progress)
                        w->progress(progress.what, progress.done, progress.total, w->userdata);
                free(progress.what);
                memmove(p->data, p->data + size, p->size - size);
                p->size -= size;
        }
}

/* The whole answer, which begins with its length. */
static bool worker_has_answered(const struct worker *w)
{
        return !w->received.failed && answer_is_whole(w->received.data, w->received.size);
}

static void set_end(const siginfo_t *si, struct error *error)
{
        if (si->si_code == CLD_EXITED)
                error_set(
                        error, ERROR_FAILED, EPROTO,
                        "The process of this operation ended without an answer (status %i), see the journal",
                        si->si_status);
        else
                error_set(error, ERROR_FAILED, EPROTO,
                          "The process of this operation was killed (signal %i, %s), see the journal",
                          si->si_status, strsignal(si->si_status));
}

/* si: how the process ended, if it ended without an answer. */
static void worker_finish(struct worker *w, const siginfo_t *si)
{
        _cleanup_error_ struct error error = {};
        struct unpack reply = {};

        w->finished = true;
        w->pool->n--;
        if (si)
                set_end(si, &error);
        else
                (void)answer_read(w->received.data, w->received.size, &reply, &error);
        w->done(error_is_set(&error) ? NULL : &reply, error_is_set(&error) ? &error : NULL, w->userdata);
}

/* Nobody waits until the process is gone, which takes it longer than many an answer. */
static int on_input(sd_event_source *s, int fd, uint32_t events, void *userdata)
{
        struct worker *w = userdata;

        if (worker_receive(w) < 0) {
                sd_event_source_set_enabled(w->input, SD_EVENT_OFF);
                w->received.failed = true;
                kill(w->pid, SIGKILL);
                return 0;
        }
        worker_take_progress(w);
        if (worker_has_answered(w)) {
                sd_event_source_set_enabled(w->input, SD_EVENT_OFF);
                worker_finish(w, NULL);
        }
        return 0;
}

static int on_child(sd_event_source *s, const siginfo_t *si, void *userdata)
{
        struct worker *w = userdata;

        if (!w->finished) {
                if (worker_receive(w) < 0)
                        w->received.failed = true;
                worker_take_progress(w);
                worker_finish(w, worker_has_answered(w) ? NULL : si);
        }
        worker_free(w);
        return 0;
}

/* Nothing of the daemon's stays open in the child but its socket, moved to 3, what it shall keep, moved to
 * 4, and standard input, output and error. */
static int child_keep_only(int fd, int kept_fd)
{
        unsigned next = WORKER_KEPT_FD;

        /* Out of the way first: either may have the number that the other is to get. */
        fd = fcntl(fd, F_DUPFD_CLOEXEC, WORKER_KEPT_FD + 1);
        if (fd < 0)
                return -errno;
        if (kept_fd >= 0 && kept_fd != WORKER_KEPT_FD && dup3(kept_fd, WORKER_KEPT_FD, O_CLOEXEC) < 0)
                return -errno;
        if (dup3(fd, REPLY_FD, O_CLOEXEC) < 0)
                return -errno;
        next += kept_fd >= 0;
        return close_range(next, ~0U, 0) < 0 ? -errno : 0;
}

static int child_send(const struct pack *p)
{
        for (size_t sent = 0; sent < p->size;) {
                ssize_t n = send(REPLY_FD, p->data + sent, p->size - sent, MSG_NOSIGNAL);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                sent += (size_t)n;
        }
        return 0;
}

/* A message this small is taken whole or, while the daemon is busy, not at all. */
void worker_tell_progress(const char *what, uint64_t done, uint64_t total)
{
        _cleanup_pack_ struct pack p = {};

        answer_begin(&p, ANSWER_PROGRESS);
        pack_string(&p, what);
        pack_u64(&p, done);
        pack_u64(&p, total);
        if (answer_finish(&p) >= 0 && p.size <= ANSWER_PROGRESS_SIZE_MAX)
                (void)send(REPLY_FD, p.data, p.size, MSG_NOSIGNAL | MSG_DONTWAIT);
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

static void __attribute__((noreturn))
child_run(worker_function function, const void *argument, int fd, int kept_fd)
{
        _cleanup_pack_ struct pack message = {};
        struct error error = {};
        int r;

        child_reset_signals();
        child_allow_descriptors();
        prctl(PR_SET_NAME, "portabled-work");
        if (child_keep_only(fd, kept_fd) < 0)
                _exit(EXIT_FAILURE);

        answer_begin(&message, ANSWER_RESULT);
        r = function(argument, &message, &error);
        if (r >= 0 && message.failed)
                r = error_set_oom(&error);
        if (r < 0) {
                if (!error_is_set(&error))
                        error_set_errno(&error, r, "Operation failed");
                pack_clear(&message);
                answer_begin(&message, ANSWER_ERROR);
                pack_error(&message, &error);
        }
        r = answer_finish(&message);
        if (r >= 0)
                r = child_send(&message);
        _exit(r < 0 ? EXIT_FAILURE : EXIT_SUCCESS);
}

static int worker_watch(struct worker *w)
{
        int r;

        r = sd_event_add_io(w->pool->event, &w->input, w->fd, EPOLLIN, on_input, w);
        if (r >= 0)
                r = sd_event_add_child(w->pool->event, &w->child, w->pid, WEXITED, on_child, w);
        /* The last bytes before the news of the end. */
        if (r >= 0)
                r = sd_event_source_set_priority(w->child, SD_EVENT_PRIORITY_NORMAL + 10);
        return r;
}

int worker_start(struct worker_pool *p, worker_function function, const void *argument,
                 worker_progress progress, worker_done done, void *userdata, struct error *error)
{
        _cleanup_close_ int ours = -EBADF, theirs = -EBADF;
        struct worker *w;
        int pair[2], r;

        if (p->n >= p->max)
                return error_set(error, ERROR_LIMITS_EXCEEDED, EAGAIN,
                                 "%zu operations are under way already, try again later", p->n);
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
                return error_set_errno(error, errno, "Cannot make a socket for an operation");
        ours = pair[0];
        theirs = pair[1];

        w = calloc(1, sizeof(*w));
        if (!w)
                return error_set_oom(error);
        w->pid = fork();
        if (w->pid < 0) {
                r = error_set_errno(error, errno, "Cannot start a process for an operation");
                free(w);
                return r;
        }
        if (w->pid == 0)
                child_run(function, argument, theirs, p->kept_fd);

        w->pool = p;
        w->fd = steal_fd(&ours);
        w->progress = progress;
        w->done = done;
        w->userdata = userdata;
        w->next = p->workers;
        if (p->workers)
                p->workers->previous = w;
        p->workers = w;
        p->n++;
        r = worker_watch(w);
        if (r < 0) {
                kill(w->pid, SIGKILL);
                waitpid(w->pid, NULL, 0);
                p->n--;
                worker_free(w);
                return error_set_errno(error, r, "Cannot watch the process of an operation");
        }
        return 0;
}
