/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portabled/introspect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>

#include "basic/cleanup.h"
#include "portabled/daemon.h"
#include "portabled/inner.h"
#include "portabled/objects.h"
#include "wire/names.h"

static const struct {
        const char *path, *interface;
} interfaces[] = {
        {PORTABLE_MANAGER_PATH, PORTABLE_MANAGER_INTERFACE},
        {PORTABLE_MANAGER_PATH, PORTABLED_INTERFACE},
        {PORTABLE_IMAGE_PATH, PORTABLE_IMAGE_INTERFACE},
        {PORTABLE_IMAGE_PATH, PORTABLED_IMAGE_INTERFACE},
        {"/org/freedesktop/LogControl1", "org.freedesktop.LogControl1"},
};

static int register_all(struct daemon *d, sd_bus *bus)
{
        int r = objects_make(d);

        if (r >= 0)
                r = manager_object_register(d, bus);
        if (r >= 0)
                r = own_object_register(d, bus);
        if (r >= 0)
                r = log_object_register(d, bus);
        return r < 0 ? r : image_object_register_sample(d, bus);
}

static int print_object(const char *path)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *answer = NULL;
        struct daemon d = {};
        const char *xml;
        int r = inner_new(&d, register_all, &d.inner);

        if (r >= 0)
                r = inner_introspect(d.inner, path, &answer);
        if (r >= 0)
                r = sd_bus_message_read_basic(answer, 's', &xml);
        if (r >= 0 && fputs(xml, stdout) < 0)
                r = -1;
        answer = sd_bus_message_unref(answer);
        inner_free(d.inner);
        objects_clear(&d);
        return r;
}

int introspect(const char *what)
{
        bool found = false;

        for (size_t i = 0; i < ELEMENTSOF(interfaces); i++) {
                found = found || strcmp(interfaces[i].path, what) == 0;
                if (strcmp(what, "list") == 0)
                        printf("%s\t%s\n", interfaces[i].path, interfaces[i].interface);
        }
        if (strcmp(what, "list") == 0)
                return EXIT_SUCCESS;
        if (!found) {
                fprintf(stderr, "There is no object '%s', see --bus-introspect=list\n", what);
                return EXIT_FAILURE;
        }
        if (print_object(what) >= 0)
                return EXIT_SUCCESS;
        fprintf(stderr, "Cannot tell what the object '%s' has\n", what);
        return EXIT_FAILURE;
}
