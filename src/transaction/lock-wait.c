/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transaction/lock-wait.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "basic/cleanup.h"
#include "basic/clock.h"
#include "basic/error.h"
#include "basic/path.h"
#include "basic/text.h"

#define LOCK_SECONDS 600U
#define USEC_PER_SEC UINT64_C(1000000)

/* Only there to end fcntl(2), which has no time limit of its own. */
#define LOCK_SIGNAL (SIGRTMIN + 1)

struct waiting {
        int fd;
        struct flock lock;
        const char *what; /* whose lock it is, for messages */
        const char *image;
        const struct lock_listener *listener; /* NULL: told, or nobody wants to know */
        unsigned seconds;
        uint64_t end; /* clock_usec() */
        timer_t timer;
};

static void on_signal(int number)
{
}

static unsigned patience(void)
{
        const char *value = secure_getenv("PORTABLED_LOCK_TIMEOUT");
        unsigned seconds = value ? text_to_seconds(value) : 0;

        return seconds > 0 ? seconds : LOCK_SECONDS;
}

static int error_too_long(const struct waiting *w, struct error *error)
{
        bool minutes = w->seconds % 60 == 0;

        return error_set(error, ERROR_SYSTEM, ETIMEDOUT,
                         "Cannot lock %s: another operation on it did not end within %u %s", w->what,
                         minutes ? w->seconds / 60 : w->seconds, minutes ? "min" : "s");
}

/* Begins anew, a second from now or at the end, and from then on each second: a signal that comes just
 * before fcntl() is called does not end that. Not each second from the start, as who begins to wait anew is
 * behind all others. */
static int set_timer(const struct waiting *w, uint64_t now)
{
        uint64_t left = w->end > now ? w->end - now : 1,
                 usec = w->listener && left > USEC_PER_SEC ? USEC_PER_SEC : left;
        const struct itimerspec when = {
                .it_value.tv_sec = (time_t)(usec / USEC_PER_SEC),
                .it_value.tv_nsec = (long)(usec % USEC_PER_SEC) * 1000,
                .it_interval.tv_sec = 1,
        };

        return timer_settime(w->timer, 0, &when, NULL) < 0 ? -errno : 0;
}

static int wait_with_timer(struct waiting *w, struct error *error)
{
        uint64_t begin = clock_usec();
        int r;

        w->end = begin + w->seconds * USEC_PER_SEC;
        r = set_timer(w, begin);
        while (r >= 0 && fcntl(w->fd, F_OFD_SETLKW, &w->lock) < 0) {
                uint64_t now = clock_usec();

                if (errno != EINTR)
                        return error_set_errno(error, errno, "Cannot lock %s", w->what);
                if (now >= w->end)
                        return error_too_long(w, error);
                if (!w->listener || now < begin + USEC_PER_SEC)
                        continue;
                w->listener->tell(w->image, w->listener->userdata);
                w->listener = NULL;
                r = set_timer(w, now);
        }
        return r < 0 ? error_set_errno(error, r, "Cannot wait for the lock of %s", w->what) : 0;
}

static int wait_for_holder(struct waiting *w, struct error *error)
{
        struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = LOCK_SIGNAL};
        struct sigaction action = {.sa_handler = on_signal}, before;
        sigset_t signals, blocked;
        int r;

        if (timer_create(CLOCK_MONOTONIC, &event, &w->timer) < 0)
                return error_set_errno(error, errno, "Cannot wait for the lock of %s", w->what);
        sigemptyset(&signals);
        sigaddset(&signals, LOCK_SIGNAL);
        sigaction(LOCK_SIGNAL, &action, &before);
        sigprocmask(SIG_UNBLOCK, &signals, &blocked);
        r = wait_with_timer(w, error);
        timer_delete(w->timer);
        sigprocmask(SIG_SETMASK, &blocked, NULL);
        sigaction(LOCK_SIGNAL, &before, NULL);
        return r;
}

int lock_wait(int fd, off_t offset, const char *image, const char *path,
              const struct lock_listener *listener, struct error *error)
{
        _cleanup_free_ char *shown = text_escape(*image ? image : path), *what = NULL;
        struct waiting w = {
                .fd = fd,
                .lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = offset, .l_len = 1},
                .image = image,
                .listener = listener && listener->tell ? listener : NULL,
                .seconds = patience(),
        };

        if (!shown || asprintf(&what, "%s'%s'", *image ? "image " : "", shown) < 0) {
                what = NULL;
                return error_set_oom(error);
        }
        w.what = what;
        if (fcntl(fd, F_OFD_SETLK, &w.lock) >= 0)
                return 0;
        if (errno != EAGAIN && errno != EACCES)
                return error_set_errno(error, errno, "Cannot lock %s", what);
        return wait_for_holder(&w, error);
}
