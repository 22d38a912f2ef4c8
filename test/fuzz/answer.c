/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Any bytes as what a worker sends the daemon. An error must be fit for the bus; a result becomes a D-Bus
 * message of the method's signature or is refused. The first byte selects the row of
 * wire/methods.c; the length is put in front.
 */

#include "worker/answer.h"

#include <endian.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <systemd/sd-bus.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/pack.h"
#include "basic/path.h"
#include "fuzz.h"
#include "portabled/daemon.h"
#include "portabled/events.h"
#include "portabled/log.h"
#include "wire/codec.h"
#include "wire/error-names.h"
#include "wire/methods.h"
#include "wire/result.h"

/* Never connected: its other end says nothing. */
static sd_bus *bus_new(int pair[static 2])
{
        sd_bus *bus = NULL;

        fuzz_check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) == 0);
        fuzz_check(sd_bus_new(&bus) >= 0 && sd_bus_set_fd(bus, pair[0], pair[0]) >= 0);
        fuzz_check(sd_bus_start(bus) >= 0);
        return bus;
}

static void check_result(sd_bus *bus, const struct method *method, struct unpack *u)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        _cleanup_result_ struct result result = {};
        struct daemon daemon = {.bus = bus};
        const struct codec_field *f;
        char signature[64] = "";
        int r = 0;

        for (size_t i = 0; (f = method_result(method, i)); i++)
                codec_unpack(u, f, &result);
        fuzz_check(u->offset <= u->size);
        if (unpack_finish(u) < 0)
                return;
        fuzz_check(sd_bus_message_new_method_call(bus, &m, "a.b", "/", "a.b", "C") >= 0);
        for (size_t i = 0; r >= 0 && (f = method_result(method, i)); i++) {
                if (!f->name)
                        continue;
                strcat(signature, f->signature);
                r = codec_append(m, f, &result);
        }
        if (r < 0)
                return;
        fuzz_check(sd_bus_message_seal(m, 1, 0) >= 0);
        fuzz_check(sd_bus_message_has_signature(m, signature));
        events_send(&daemon, &result.events);
}

static void check_error(const struct error *e)
{
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;

        fuzz_check(e->errnum > 0 && e->kind < ERROR_KIND_MAX);
        fuzz_check(text_is_printable(error_message(e)));
        error_to_bus(e, &error);
        fuzz_check(sd_bus_interface_name_is_valid(error.name) > 0);
}

static uint8_t *frame(const uint8_t *data, size_t size, size_t *ret_size)
{
        uint8_t *copy = malloc(size + 8);
        uint64_t length = htole64(size);

        fuzz_check(copy);
        memcpy(copy, &length, sizeof(length));
        if (size > 0)
                memcpy(copy + 8, data, size);
        *ret_size = size + 8;
        return copy;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        _cleanup_(sd_bus_close_unrefp) sd_bus *bus = NULL;
        _cleanup_free_ uint8_t *framed = NULL;
        _cleanup_error_ struct error error = {};
        struct answer_progress progress;
        struct unpack u = {};
        size_t method;
        int pair[2], r;

        if (size == 0)
                return 0;
        method = *data % n_methods;
        (void)answer_is_whole(data + 1, size - 1);
        if (answer_read_progress(data + 1, size - 1, &progress) > 0)
                free(progress.what);
        framed = frame(data + 1, size - 1, &size);
        fuzz_check(answer_is_whole(framed, size) && !answer_is_whole(framed, size - 1));
        r = answer_read(framed, size, &u, &error);
        fuzz_check((r < 0) == error_is_set(&error));
        if (r < 0) {
                check_error(&error);
                return 0;
        }
        fuzz_check(log_set_target("null") == 0);
        bus = bus_new(pair);
        check_result(bus, methods + method, &u);
        fd_close(pair[1]);
        return 0;
}
