/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portablectl/bus.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/layout.h"
#include "basic/strv.h"
#include "manager/manager.h"
#include "portablectl/client.h"

/* A list of many images on a slow disk takes its time; changes to images wait without limit, see daemon.c.
 */
#define READ_TIMEOUT_USEC (UINT64_C(300) * 1000 * 1000)

static int connect_user(const struct layout *layout, sd_bus **ret, struct error *error)
{
        int r = manager_open_bus(layout, ret);

        if (r == -ENOENT || r == -ECONNREFUSED)
                return error_set(error, ERROR_SYSTEM, r,
                                 "Failed to connect to bus: no session bus runs for this user (it needs the "
                                 "user's service manager, and dbus-user-session where that is a package)");
        if (r < 0)
                return error_set_errno(error, r, "Cannot connect to the session bus");
        return 0;
}

static int connect_local(const struct layout *layout, sd_bus **ret, struct error *error)
{
        int r = manager_open_bus(layout, ret);

        if (r == -ENOENT || r == -ECONNREFUSED)
                return error_set(error, ERROR_SYSTEM, r,
                                 "Failed to connect to bus: no system bus runs here");
        if (r < 0)
                return error_set_errno(error, r, "Failed to connect to bus");
        return 0;
}

/* The connection is made in the background: waits for it, so that a failure is told as what it is. */
static int connect_finish(sd_bus *bus, const char *kind, const char *name, struct error *error)
{
        const char *unique;
        int r = sd_bus_get_unique_name(bus, &unique);

        if (r < 0)
                return error_set_errno(error, r, "Cannot connect to the bus of %s '%s'", kind, name);
        return 0;
}

static int connect_host(const char *host, sd_bus **ret, struct error *error)
{
        int r = sd_bus_open_system_remote(ret, host);

        if (r == -EINVAL)
                return error_set(error, ERROR_INVALID_ARGS, r, "'%s' is not a valid host for --host=", host);
        if (r < 0)
                return error_set_errno(error, r, "Cannot connect to the bus of host '%s'", host);
        return connect_finish(*ret, "host", host, error);
}

static int connect_machine(const char *machine, bool user, sd_bus **ret, struct error *error)
{
        int r = user ? sd_bus_open_user_machine(ret, machine) : sd_bus_open_system_machine(ret, machine);

        if (r == -EINVAL)
                return error_set(error, ERROR_INVALID_ARGS, r,
                                 "'%s' is not a valid machine for --machine=", machine);
        if (r == -EHOSTDOWN || r == -ENXIO)
                return error_set(error, ERROR_SYSTEM, r,
                                 "Failed to connect to bus: no machine '%s' is running", machine);
        if (r < 0)
                return error_set_errno(error, r, "Cannot connect to the bus of machine '%s'", machine);
        return connect_finish(*ret, "machine", machine, error);
}

/* Where the files of somebody else are their service manager knows. */
static int take_layout(struct client *client, struct error *error)
{
        _cleanup_strv_ char **environment = NULL;
        int r = manager_get_environment(client->bus, &environment, error);

        if (r < 0)
                return r;
        r = layout_new_by_environment(environment, &client->own_layout);
        if (r < 0)
                return error_set_errno(error, r, "Cannot tell where the files of user '%s' are",
                                       client->options->machine);
        client->layout = client->own_layout;
        return 0;
}

static uint64_t read_timeout(const struct options *o)
{
        return o->timeout < READ_TIMEOUT_USEC ? o->timeout : READ_TIMEOUT_USEC;
}

int client_connect(struct client *client, struct error *error)
{
        const struct options *o = client->options;
        int r;

        if (client->bus)
                return 0;
        if (o->host)
                r = connect_host(o->host, &client->bus, error);
        else if (o->machine)
                r = connect_machine(o->machine, o->user, &client->bus, error);
        else if (o->user)
                r = connect_user(client->layout, &client->bus, error);
        else
                r = connect_local(client->layout, &client->bus, error);
        if (r < 0)
                return r;
        r = o->user && o->machine ? take_layout(client, error) : 0;
        if (r < 0)
                return r;
        r = sd_bus_set_allow_interactive_authorization(client->bus, o->ask_password);
        if (r >= 0)
                r = sd_bus_set_method_call_timeout(client->bus, read_timeout(o));
        return r < 0 ? error_set_errno(error, r, "Cannot set up the connection to the bus") : 0;
}

void client_disconnect(struct client *client)
{
        client->bus = sd_bus_flush_close_unref(client->bus);
}
