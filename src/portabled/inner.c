/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portabled/inner.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <systemd/sd-id128.h>

#include "basic/cleanup.h"
#include "portabled/daemon.h"
#include "portabled/objects.h"

/* How often both ends may have nothing to do in a row before an answer is given up: they take turns in one
 * process, so after a few it would never come. */
#define IDLE_MAX 1000U

struct inner *inner_free(struct inner *i)
{
        if (!i)
                return NULL;
        sd_bus_close_unref(i->client);
        sd_bus_close_unref(i->server);
        free(i);
        return NULL;
}

/* A bus on one end of a socket. Takes fd. */
static int open_end(int fd, bool server, sd_bus **ret)
{
        _cleanup_(sd_bus_close_unrefp) sd_bus *bus = NULL;
        _cleanup_close_ int owned = fd;
        sd_id128_t id;
        int r;

        r = sd_bus_new(&bus);
        if (r >= 0)
                r = sd_bus_set_fd(bus, fd, fd);
        if (r < 0)
                return r;
        owned = -EBADF;
        if (server) {
                r = sd_id128_randomize(&id);
                if (r >= 0)
                        r = sd_bus_set_server(bus, true, id);
                if (r < 0)
                        return r;
        }
        *ret = bus;
        bus = NULL;
        return 0;
}

static int open_both(struct daemon *d, struct inner *i, inner_register_function register_objects)
{
        int fds[2], r;

        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) < 0)
                return -errno;
        r = open_end(fds[0], true, &i->server);
        if (r < 0) {
                close(fds[1]);
                return r;
        }
        r = open_end(fds[1], false, &i->client);
        if (r >= 0)
                r = register_objects(d, i->server);
        if (r >= 0)
                r = sd_bus_start(i->server);
        return r < 0 ? r : sd_bus_start(i->client);
}

int inner_new(struct daemon *d, inner_register_function register_objects, struct inner **ret)
{
        struct inner *i = calloc(1, sizeof(*i));
        int r;

        if (!i)
                return -ENOMEM;
        r = open_both(d, i, register_objects);
        if (r < 0) {
                inner_free(i);
                return r;
        }
        *ret = i;
        return 0;
}

/* Those whose properties have to be looked up. */
static int register_looked_up(struct daemon *d, sd_bus *bus)
{
        int r = manager_object_register(d, bus);

        return r < 0 ? r : image_object_register(d, bus, true);
}

int inner_open(struct daemon *d)
{
        if (d->inner && !d->inner->broken)
                return 0;
        d->inner = inner_free(d->inner);
        return inner_new(d, register_looked_up, &d->inner);
}

static int on_answer(sd_bus_message *m, void *userdata, sd_bus_error *e)
{
        sd_bus_message **answer = userdata;

        *answer = sd_bus_message_ref(m);
        return 1;
}

static int take_turns(struct inner *i, sd_bus_message **answer)
{
        unsigned idle = 0;

        while (!*answer) {
                int server = sd_bus_process(i->server, NULL), client = sd_bus_process(i->client, NULL);

                if (server < 0 || client < 0)
                        return server < 0 ? server : client;
                idle = server > 0 || client > 0 ? 0 : idle + 1;
                if (idle > IDLE_MAX)
                        return -ETIMEDOUT;
        }
        return 0;
}

static int call_client(struct inner *i, sd_bus_message *m, sd_bus_message **ret)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *answer = NULL;
        _cleanup_(sd_bus_slot_unrefp) sd_bus_slot *slot = NULL;
        int r = sd_bus_call_async(i->client, &slot, m, on_answer, &answer, UINT64_MAX);

        if (r >= 0)
                r = take_turns(i, &answer);
        if (r < 0) {
                i->broken = true;
                return r;
        }
        *ret = steal_pointer(answer);
        return 0;
}

int inner_call(struct inner *i, sd_bus_message *call, sd_bus_message **ret)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        int r;

        r = sd_bus_message_new_method_call(i->client, &m, NULL, sd_bus_message_get_path(call),
                                           sd_bus_message_get_interface(call),
                                           sd_bus_message_get_member(call));
        if (r >= 0)
                r = sd_bus_message_rewind(call, true);
        if (r >= 0)
                r = sd_bus_message_copy(m, call, true);
        return r < 0 ? r : call_client(i, m, ret);
}

int inner_introspect(struct inner *i, const char *path, sd_bus_message **ret)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        int r = sd_bus_message_new_method_call(i->client, &m, NULL, path,
                                               "org.freedesktop.DBus.Introspectable", "Introspect");

        return r < 0 ? r : call_client(i, m, ret);
}
