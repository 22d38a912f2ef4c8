/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Calls every method that the daemon shows, at random and several at a time, with random arguments. Whatever
 * they are, each call must get an answer in time: a reply of the type that was promised, or an error with
 * one of the names there are and one line of text that says something. Prints a line a method and fails if
 * one answer was none of that, or if a method was never called.
 *
 * usage: caller SEED CALLS [IMAGE...]
 */

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "basic/cleanup.h"
#include "basic/path.h"
#include "methods.h"
#include "random.h"

#define SERVICE         "org.freedesktop.portable1"
#define IMAGES          "/org/freedesktop/portable1/image"
#define TIMEOUT_USEC    UINT64_C(120000000)
#define SLOW_USEC       UINT64_C(30000000) /* none waits without end; how fast they are depends on the machine */
#define PATH_LENGTH_MAX 60000U             /* libsystemd's is a bit more */
#define AT_A_TIME       4U

static const char *const error_names[] = {
        "org.freedesktop.portable1.NoSuchImage",
        "org.freedesktop.portable1.BadImageType",
        "org.freedesktop.portable1.NoMatchingUnitFiles",
        "org.freedesktop.systemd1.UnitExists",
        "org.freedesktop.systemd1.NoSuchUnit",
        SD_BUS_ERROR_INVALID_ARGS,
        SD_BUS_ERROR_LIMITS_EXCEEDED,
        SD_BUS_ERROR_NOT_SUPPORTED,
        SD_BUS_ERROR_ACCESS_DENIED,
        SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED,
        SD_BUS_ERROR_FAILED,
        SD_BUS_ERROR_FILE_NOT_FOUND,
        SD_BUS_ERROR_FILE_EXISTS,
        SD_BUS_ERROR_IO_ERROR,
        SD_BUS_ERROR_UNKNOWN_OBJECT,
        SD_BUS_ERROR_UNKNOWN_INTERFACE,
        SD_BUS_ERROR_UNKNOWN_METHOD,
        SD_BUS_ERROR_UNKNOWN_PROPERTY,
        SD_BUS_ERROR_PROPERTY_READ_ONLY,
};

struct run {
        sd_bus *bus;
        struct random random;
        struct methods methods;
        unsigned pending, bad;
        uint64_t slowest; /* µs */
        const struct method *slowest_method;
};

struct one_call {
        struct run *run;
        struct method *method;
        sd_bus_message *message;
        uint64_t begun;
};

static uint64_t now(void)
{
        struct timespec t;

        clock_gettime(CLOCK_MONOTONIC, &t);
        return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static void complain(const struct one_call *c, const char *what, const char *detail)
{
        _cleanup_free_ char *shown = text_escape(detail);

        c->run->bad++;
        printf("BAD: %s %s.%s: %s: %s\n", c->method->object, c->method->interface, c->method->member, what,
               shown);
        sd_bus_message_rewind(c->message, true);
        sd_bus_message_dump(c->message, stdout, SD_BUS_MESSAGE_DUMP_SUBTREE_ONLY);
        fflush(stdout);
}

static bool is_known(const char *name)
{
        for (size_t i = 0; i < ELEMENTSOF(error_names); i++)
                if (strcmp(error_names[i], name) == 0)
                        return true;
        return string_starts_with(name, "System.Error.E");
}

/* "No such file or directory" alone tells nobody anything. */
static bool is_bare(const char *message)
{
        for (int e = 1; e < 134; e++)
                if (strcmp(message, strerror(e)) == 0)
                        return true;
        return false;
}

/* What libsystemd says of interfaces it does not know repeats the caller's text as it is. */
static void check_error(const struct one_call *c, const sd_bus_error *e)
{
        if (!is_known(e->name))
                complain(c, "unknown error", e->name);
        if (!e->message || !*e->message || is_bare(e->message))
                complain(c, "error that does not say what is wrong", e->message ? e->message : "");
        else if (!text_is_printable(e->message) && !string_starts_with(e->message, "Unknown interface "))
                complain(c, "error that is not one line of text", e->message);
        else if (strstr(e->message, "The process of this operation"))
                complain(c, "the worker failed", e->message);
}

static int on_reply(sd_bus_message *reply, void *userdata, sd_bus_error *unused)
{
        struct one_call *c = userdata;
        uint64_t took = now() - c->begun;

        c->run->pending--;
        if (took > c->run->slowest) {
                c->run->slowest = took;
                c->run->slowest_method = c->method;
        }
        if (took > SLOW_USEC)
                complain(c, "the answer took too long", "");
        if (sd_bus_message_is_method_error(reply, NULL)) {
                check_error(c, sd_bus_message_get_error(reply));
        } else {
                c->method->answered++;
                if (!sd_bus_message_has_signature(reply, c->method->out))
                        complain(c, "reply of another type", sd_bus_message_get_signature(reply, true));
        }
        sd_bus_message_unref(c->message);
        free(c);
        return 0;
}

/* Methods that change nothing but what is attached. */
static bool only_looks(const char *member)
{
        return string_starts_with(member, "Get") || string_starts_with(member, "List");
}

/* Now and then an image object that is not there. */
static char *pick_object(struct run *run, const struct method *m)
{
        _cleanup_free_ char *name = NULL;
        char *path = NULL;

        if (string_starts_with(m->object, IMAGES "/") && random_once_in(&run->random, 6)) {
                name = random_string(&run->random, "", only_looks(m->member));
                if (sd_bus_path_encode(IMAGES, name, &path) >= 0 && name[0] != '/' &&
                    strlen(path) < PATH_LENGTH_MAX)
                        return path;
                free(path);
        }
        return strdup(m->object);
}

static bool is_same(const struct method *a, const struct method *b)
{
        return strcmp(a->interface, b->interface) == 0 && strcmp(a->member, b->member) == 0;
}

/* How many methods before this one are the same, but of other objects. */
static size_t count_same(const struct run *run, const struct method *m)
{
        size_t n = 0;

        for (const struct method *other = run->methods.items; other < m; other++)
                n += is_same(m, other);
        return n;
}

/* All methods are as likely, whatever number of objects has them; but what is removed is there for no other.
 */
static struct method *pick_method(struct run *run)
{
        struct method *m, *end = run->methods.items + run->methods.n;
        uint32_t skip;

        do
                m = run->methods.items + random_below(&run->random, (uint32_t)run->methods.n);
        while (count_same(run, m) > 0 || (strstr(m->member, "Remove") && !random_once_in(&run->random, 6)));
        skip = random_below(&run->random, (uint32_t)run->methods.n);
        for (struct method *other = m; skip > 0; skip--) {
                do
                        other = other + 1 < end ? other + 1 : run->methods.items;
                while (!is_same(m, other));
                m = other;
        }
        return m;
}

static void call(struct run *run)
{
        struct method *m = pick_method(run);
        _cleanup_free_ char *object = pick_object(run, m);
        struct one_call *c = calloc(1, sizeof(*c));

        assert(object && c);
        run->random.friendly = random_once_in(&run->random, 2);
        *c = (struct one_call){.run = run, .method = m, .begun = now()};
        assert(sd_bus_message_new_method_call(run->bus, &c->message, SERVICE, object, m->interface,
                                              m->member) >= 0);
        for (size_t i = 0; i < m->n; i++)
                for (const char *type = m->types[i]; *type;)
                        type += random_append(&run->random, c->message, type, m->names[i],
                                              only_looks(m->member));
        m->called++;
        run->pending++;
        assert(sd_bus_call_async(run->bus, NULL, c->message, on_reply, c, TIMEOUT_USEC) >= 0);
}

static void wait_until(struct run *run, unsigned pending)
{
        while (run->pending > pending) {
                int r = sd_bus_process(run->bus, NULL);

                assert(r >= 0);
                if (r == 0)
                        assert(sd_bus_wait(run->bus, UINT64_MAX) >= 0);
        }
}

/* One line for a method, whatever number of objects has it. */
static void report(const struct run *run)
{
        for (size_t i = 0; i < run->methods.n; i++) {
                const struct method *m = run->methods.items + i;
                unsigned called = 0, answered = 0;

                if (count_same(run, m) > 0)
                        continue;
                for (size_t j = 0; j < run->methods.n; j++) {
                        const struct method *other = run->methods.items + j;

                        if (!is_same(m, other))
                                continue;
                        called += other->called;
                        answered += other->answered;
                }
                printf("%s.%s %u %u\n", m->interface, m->member, called, answered);
        }
}

int main(int argc, char **argv)
{
        struct run run = {};
        unsigned long calls;

        if (argc < 3) {
                fprintf(stderr, "usage: caller SEED CALLS [IMAGE...]\n");
                return 2;
        }
        random_seed(&run.random, strtoull(argv[1], NULL, 10), argv + 3);
        calls = strtoul(argv[2], NULL, 10);
        assert(sd_bus_open_system(&run.bus) >= 0);
        methods_discover(run.bus, SERVICE, &run.methods);
        for (unsigned long i = 0; i < calls; i++) {
                call(&run);
                wait_until(&run, AT_A_TIME - 1);
        }
        wait_until(&run, 0);
        report(&run);
        printf("# %lu calls, %u bad answers, the slowest (%s) took %" PRIu64 " ms\n", calls, run.bad,
               run.slowest_method ? run.slowest_method->member : "none", run.slowest / 1000);
        methods_clear(&run.methods);
        sd_bus_flush_close_unref(run.bus);
        return run.bad > 0;
}
