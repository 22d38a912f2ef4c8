/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portablectl/interrupt.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/clock.h"
#include "basic/error.h"
#include "portablectl/client.h"
#include "wire/names.h"

/* How long a daemon that was told to cancel may take to answer. */
#define PATIENCE_USEC (10 * UINT64_C(1000000))

/* Whoever has us ignore it, as a shell does with what runs in the background, goes on doing so. */
static void add_unless_ignored(sigset_t *set, int signo)
{
        struct sigaction sa;

        if (sigaction(signo, NULL, &sa) >= 0 && sa.sa_handler != SIG_IGN)
                sigaddset(set, signo);
}

void interrupt_begin(struct interrupt *i)
{
        sigset_t taken;

        *i = (struct interrupt){.fd = -EBADF};
        sigemptyset(&taken);
        add_unless_ignored(&taken, SIGINT);
        add_unless_ignored(&taken, SIGTERM);
        if (sigprocmask(SIG_BLOCK, &taken, &i->before) < 0)
                return;
        i->fd = signalfd(-1, &taken, SFD_CLOEXEC | SFD_NONBLOCK);
        if (i->fd < 0)
                sigprocmask(SIG_SETMASK, &i->before, NULL);
}

void interrupt_end(struct interrupt *i)
{
        if (i->fd < 0)
                return;
        i->fd = fd_close(i->fd);
        sigprocmask(SIG_SETMASK, &i->before, NULL);
}

/* No reply: a daemon that does not know the method goes on, and the answer to our call tells. */
static void cancel(sd_bus *bus)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        int r = sd_bus_message_new_method_call(bus, &m, PORTABLE_BUS_NAME, PORTABLE_MANAGER_PATH,
                                               PORTABLED_INTERFACE, "Cancel");

        if (r >= 0)
                r = sd_bus_message_set_expect_reply(m, 0);
        if (r >= 0)
                (void)sd_bus_send(bus, m, NULL);
}

/* As the signal would have it without us. */
static void leave(struct interrupt *i, int signo)
{
        interrupt_end(i);
        raise(signo);
}

static void take(struct interrupt *i, sd_bus *bus)
{
        struct signalfd_siginfo si;

        if (read(i->fd, &si, sizeof(si)) != (ssize_t)sizeof(si))
                return;
        if (i->seen) {
                leave(i, (int)si.ssi_signo);
                return;
        }
        i->seen = (int)si.ssi_signo;
        i->until = clock_usec() + PATIENCE_USEC;
        cancel(bus);
}

int interrupt_wait(struct interrupt *i, sd_bus *bus)
{
        struct pollfd fds[2] = {{.fd = sd_bus_get_fd(bus)}, {.fd = i->fd, .events = POLLIN}};
        int events = sd_bus_get_events(bus), r;
        struct timespec left = {};
        uint64_t until;

        if (i->fd < 0)
                return sd_bus_wait(bus, UINT64_MAX);
        r = sd_bus_get_timeout(bus, &until);
        if (fds[0].fd < 0 || events < 0 || r < 0)
                return fds[0].fd < 0 ? fds[0].fd : events < 0 ? events : r;
        fds[0].events = (short)events;
        if (i->seen && i->until < until)
                until = i->until;
        if (until != UINT64_MAX) {
                uint64_t now = clock_usec(), usec = until > now ? until - now : 0;

                left = (struct timespec){(time_t)(usec / 1000000), (long)(usec % 1000000 * 1000)};
        }
        r = ppoll(fds, ELEMENTSOF(fds), until != UINT64_MAX ? &left : NULL, NULL);
        if (r < 0)
                return -errno;
        if (fds[1].revents)
                take(i, bus);
        else if (i->seen && clock_usec() >= i->until)
                leave(i, i->seen);
        return 0;
}

int interrupt_too_late(const struct client *client, const char *done, struct error *error)
{
        bool more = client->options->enable || client->options->now;

        return error_set(error, ERROR_SYSTEM, ECANCELED, "Interrupted too late: %s already%s", done,
                         more ? ", nothing further was done with the units" : "");
}

void interrupt_tell_units(const struct client *client, struct error *error)
{
        const struct options *o = client->options;

        if (!client->interrupted || error->errnum != ECANCELED || o->dry_run ||
            (!o->now && !o->enable && !o->clean))
                return;
        error_clear(error);
        (void)error_set(error, ERROR_SYSTEM, ECANCELED,
                        "Canceled, the image stays attached; what --now, --enable and --clean ask for may "
                        "be done with its units already");
}
