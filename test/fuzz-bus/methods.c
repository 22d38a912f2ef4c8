/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "methods.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"

void methods_clear(struct methods *m)
{
        for (size_t i = 0; i < m->n; i++) {
                struct method *method = m->items + i;

                for (size_t j = 0; j < method->n; j++) {
                        free(method->types[j]);
                        free(method->names[j]);
                }
                free(method->object);
                free(method->interface);
                free(method->member);
                free(method->out);
        }
        free(m->items);
        *m = (struct methods){};
}

/* The value of an attribute of the tag, "" if it has none. To be freed. */
static char *attribute(const char *tag, const char *name)
{
        const char *end = strchr(tag, '>'), *s = tag;
        size_t n = strlen(name);

        while ((s = strstr(s, name)) && s < end) {
                if (s[-1] == ' ' && s[n] == '=' && s[n + 1] == '"')
                        return strndup(s + n + 2, strcspn(s + n + 2, "\""));
                s++;
        }
        return strdup("");
}

static void add_argument(struct method *m, const char *tag)
{
        _cleanup_free_ char *direction = attribute(tag, "direction"), *type = attribute(tag, "type");

        if (strcmp(direction, "out") == 0) {
                char *longer;

                assert(asprintf(&longer, "%s%s", m->out, type) >= 0);
                free(m->out);
                m->out = longer;
                return;
        }
        assert(m->n < ARGUMENTS_MAX);
        m->types[m->n] = steal_pointer(type);
        m->names[m->n++] = attribute(tag, "name");
}

static struct method *add_method(struct methods *m, const char *object, const char *interface,
                                 const char *tag)
{
        m->items = reallocarray(m->items, m->n + 1, sizeof(*m->items));
        assert(m->items);
        m->items[m->n] = (struct method){
                .object = strdup(object),
                .interface = strdup(interface),
                .member = attribute(tag, "name"),
                .out = strdup(""),
        };
        return m->items + m->n++;
}

static char *child_path(const char *object, const char *tag)
{
        _cleanup_free_ char *name = attribute(tag, "name");
        char *path;

        assert(asprintf(&path, "%s/%s", strcmp(object, "/") == 0 ? "" : object, name) >= 0);
        return path;
}

static void discover(sd_bus *bus, const char *service, const char *object, struct methods *ret);

static void read_xml(sd_bus *bus, const char *service, const char *object, const char *xml,
                     struct methods *ret)
{
        _cleanup_free_ char *interface = NULL;
        struct method *method = NULL;

        for (const char *tag = xml; (tag = strchr(tag, '<')); tag++) {
                if (strncmp(tag, "<interface ", 11) == 0) {
                        free(interface);
                        interface = attribute(tag, "name");
                } else if (strncmp(tag, "<method ", 8) == 0) {
                        method = add_method(ret, object, interface, tag);
                } else if (strncmp(tag, "<signal ", 8) == 0 || strncmp(tag, "<property ", 10) == 0) {
                        method = NULL;
                } else if (strncmp(tag, "<arg ", 5) == 0 && method) {
                        add_argument(method, tag);
                } else if (strncmp(tag, "<node name=", 11) == 0) {
                        _cleanup_free_ char *path = child_path(object, tag);

                        discover(bus, service, path, ret);
                        method = NULL;
                }
        }
}

static void discover(sd_bus *bus, const char *service, const char *object, struct methods *ret)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        const char *xml;

        if (sd_bus_call_method(bus, service, object, "org.freedesktop.DBus.Introspectable", "Introspect",
                               &error, &reply, NULL) < 0) {
                fprintf(stderr, "Introspection of %s: %s\n", object, error.message);
                exit(EXIT_FAILURE);
        }
        assert(sd_bus_message_read(reply, "s", &xml) > 0);
        read_xml(bus, service, object, xml, ret);
}

void methods_discover(sd_bus *bus, const char *service, struct methods *ret)
{
        *ret = (struct methods){};
        discover(bus, service, "/", ret);
}
