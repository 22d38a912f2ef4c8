/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/worker.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/pack.h"
#include "worker/answer.h"
#include "worker/child.h"

struct worker {
        struct worker_pool *pool;
        struct worker *next, *previous;
        sd_event_source *child, *input;
        pid_t pid;
        int fd;
        struct pack received;
        bool finished;           /* the caller has its answer, only the process is not gone yet */
        bool cancelled;          /* nobody wants one any more */
        struct worker_task task; /* done NULL: a spare */
};

struct worker_pool {
        sd_event *event;
        size_t n, max; /* processes that have, or had, a task */
        worker_freed freed;
        void *freed_userdata;
        int kept_fd; /* -EBADF: none */
        struct worker *workers;
        const struct worker_kind *kind;
        const void *userdata; /* of kind */
        bool keep_spare;
        struct worker *spare;        /* one of the workers */
        sd_event_source *spare_time; /* to start the next spare */
};

/* Clean-up goes before new work, which has the normal priority. */
#define PRIORITY_CHILD (SD_EVENT_PRIORITY_NORMAL - 20)
#define PRIORITY_INPUT (SD_EVENT_PRIORITY_NORMAL - 10)

/* With its end of the socket closed the process does what it has left, and ends. */
static void worker_release(struct worker *w)
{
        w->input = sd_event_source_disable_unref(w->input);
        w->fd = fd_close(w->fd);
        pack_clear(&w->received);
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
        if (w->pool->spare == w)
                w->pool->spare = NULL;
        if (w->task.done)
                w->pool->n--;
        worker_unlink(w);
        sd_event_source_disable_unref(w->child);
        worker_release(w);
        free(w);
}

static void worker_kill(struct worker *w)
{
        kill(w->pid, SIGKILL);
        waitpid(w->pid, NULL, 0);
        worker_free(w);
}

struct worker_pool *worker_pool_free(struct worker_pool *p)
{
        if (!p)
                return NULL;
        if (p->spare)
                worker_kill(p->spare);
        while (p->workers) {
                if (p->workers->finished)
                        waitpid(p->workers->pid, NULL, 0);
                worker_free(p->workers);
        }
        sd_event_source_disable_unref(p->spare_time);
        sd_event_unref(p->event);
        free(p);
        return NULL;
}

void worker_pool_keep(struct worker_pool *p, int fd)
{
        p->kept_fd = fd;
}

void worker_pool_on_freed(struct worker_pool *p, worker_freed freed, void *userdata)
{
        p->freed = freed;
        p->freed_userdata = userdata;
}

size_t worker_pool_held(const struct worker_pool *p)
{
        return p->n;
}

size_t worker_pool_held_by(const struct worker_pool *p, uint32_t owner)
{
        size_t n = 0;

        for (const struct worker *w = p->workers; w; w = w->next)
                n += w->task.done && w->task.owner == owner;
        return n;
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

static void worker_pass_on(struct worker *w, const struct answer_progress *progress)
{
        const struct worker_task *t = &w->task;

        if (progress->what && progress->kind == ANSWER_PROGRESS && t->progress)
                t->progress(progress->what, progress->done, progress->total, t->userdata);
        if (progress->what && progress->kind == ANSWER_WAIT && t->wait)
                t->wait(progress->what, t->userdata);
}

/* Takes the whole messages about progress and waits off the front of what was received. */
static void worker_take_progress(struct worker *w)
{
        for (;;) {
                struct pack *p = &w->received;
                struct answer_progress progress;
                size_t size = p->failed ? 0 : answer_read_progress(p->data, p->size, &progress);

                if (size == 0)
                        return;
                worker_pass_on(w, &progress);
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

static void set_end(const struct worker *w, const siginfo_t *si, struct error *error)
{
        if (w->cancelled && si->si_code == CLD_KILLED && si->si_status == WORKER_CANCEL_SIGNAL)
                error_set(error, ERROR_SYSTEM, ECANCELED, "Canceled, nothing was changed");
        else if (si->si_code == CLD_EXITED)
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
        sd_event_source_set_enabled(w->pool->spare_time, SD_EVENT_ONESHOT);
        if (si)
                set_end(w, si, &error);
        else
                (void)answer_read(w->received.data, w->received.size, &reply, &error);
        w->task.done(error_is_set(&error) ? NULL : &reply, error_is_set(&error) ? &error : NULL,
                     w->task.userdata);
        worker_release(w);
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
        if (!w->task.done) /* a spare has nothing to say */
                return 0;
        worker_take_progress(w);
        if (worker_has_answered(w))
                worker_finish(w, NULL);
        return 0;
}

static int on_child(sd_event_source *s, const siginfo_t *si, void *userdata)
{
        struct worker *w = userdata;
        struct worker_pool *p = w->pool;

        /* It may have sent more than has been read. */
        if (w->task.done && !w->finished) {
                if (worker_receive(w) < 0)
                        w->received.failed = true;
                worker_take_progress(w);
                worker_finish(w, worker_has_answered(w) ? NULL : si);
        }
        worker_free(w);
        if (p->freed)
                p->freed(p->freed_userdata);
        return 0;
}

static int worker_watch(struct worker *w)
{
        int r;

        r = sd_event_add_io(w->pool->event, &w->input, w->fd, EPOLLIN, on_input, w);
        if (r >= 0)
                r = sd_event_source_set_priority(w->input, PRIORITY_INPUT);
        if (r >= 0)
                r = sd_event_add_child(w->pool->event, &w->child, w->pid, WEXITED, on_child, w);
        return r < 0 ? r : sd_event_source_set_priority(w->child, PRIORITY_CHILD);
}

/* One more process: a worker with a request, or without one a spare. */
static int worker_fork(struct worker_pool *p, const struct pack *request, struct worker **ret,
                       struct error *error)
{
        _cleanup_close_ int ours = -EBADF, theirs = -EBADF;
        struct worker *w;
        int pair[2], r;

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
                child_run(p->kind, p->userdata, request, theirs, p->kept_fd);

        w->pool = p;
        w->fd = steal_fd(&ours);
        w->next = p->workers;
        if (p->workers)
                p->workers->previous = w;
        p->workers = w;
        r = worker_watch(w);
        if (r < 0) {
                worker_kill(w);
                return error_set_errno(error, r, "Cannot watch the process of an operation");
        }
        *ret = w;
        return 0;
}

/* When there is nothing better to do. Without a spare the next operation only takes a little longer. */
static int on_spare_time(sd_event_source *s, void *userdata)
{
        _cleanup_error_ struct error error = {};
        struct worker_pool *p = userdata;

        if (!p->keep_spare || p->spare)
                return 0;
        (void)worker_fork(p, NULL, &p->spare, &error);
        return 0;
}

int worker_pool_new(sd_event *event, size_t max, const struct worker_kind *kind, const void *userdata,
                    struct worker_pool **ret)
{
        struct worker_pool *p = calloc(1, sizeof(*p));
        int r;

        if (!p)
                return -ENOMEM;
        r = sd_event_add_defer(event, &p->spare_time, on_spare_time, p);
        if (r >= 0)
                r = sd_event_source_set_priority(p->spare_time, SD_EVENT_PRIORITY_IDLE);
        if (r < 0) {
                sd_event_source_unref(p->spare_time);
                free(p);
                return r;
        }
        p->event = sd_event_ref(event);
        p->max = max;
        p->kind = kind;
        p->userdata = userdata;
        p->kept_fd = -EBADF;
        *ret = p;
        return 0;
}

void worker_pool_keep_spare(struct worker_pool *p)
{
        p->keep_spare = true;
        sd_event_source_set_enabled(p->spare_time, SD_EVENT_ONESHOT);
}

/* Gives the request to the spare: all of it at once, or it is none. NULL: there is no spare, or it won't do.
 */
static struct worker *spare_take(struct worker_pool *p, const struct pack *request)
{
        _cleanup_pack_ struct pack message = {};
        struct worker *w = p->spare;

        if (!w)
                return NULL;
        pack_message_begin(&message);
        pack_raw(&message, request->data, request->size);
        if (pack_message_end(&message) < 0 ||
            send(w->fd, message.data, message.size, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)message.size) {
                worker_kill(w);
                return NULL;
        }
        p->spare = NULL;
        return w;
}

int worker_start(struct worker_pool *p, const struct worker_task *task, struct worker **ret,
                 struct error *error)
{
        struct worker *w;
        int r;

        if (p->n >= p->max)
                return error_set(error, ERROR_LIMITS_EXCEEDED, EAGAIN,
                                 "%zu operations are under way already, try again later", p->n);
        w = spare_take(p, task->request);
        if (!w) {
                r = worker_fork(p, task->request, &w, error);
                if (r < 0)
                        return r;
        }
        w->task = *task;
        w->task.request = NULL;
        p->n++;
        if (ret)
                *ret = w;
        return 0;
}

void worker_cancel(struct worker *w)
{
        w->cancelled = true;
        kill(w->pid, WORKER_CANCEL_SIGNAL);
}
