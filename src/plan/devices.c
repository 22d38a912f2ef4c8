/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/devices.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "basic/cleanup.h"

struct devices {
        bool private_devices, policy, listed;
};

/* A piece of a text, without the blanks around it. */
struct slice {
        const char *s;
        size_t n;
};

static struct slice slice_strip(const char *s, size_t n)
{
        while (n > 0 && strchr(" \t\r", s[0])) {
                s++;
                n--;
        }
        while (n > 0 && strchr(" \t\r", s[n - 1]))
                n--;
        return (struct slice){s, n};
}

static bool slice_is(struct slice s, const char *word)
{
        return s.n == strlen(word) && strncasecmp(s.s, word, s.n) == 0;
}

static bool slice_is_true(struct slice s)
{
        static const char *const yes[] = {"1", "yes", "y", "true", "t", "on"};

        for (size_t i = 0; i < ELEMENTSOF(yes); i++)
                if (slice_is(s, yes[i]))
                        return true;
        return false;
}

static void take_setting(struct devices *d, struct slice key, struct slice value)
{
        if (slice_is(key, "PrivateDevices"))
                d->private_devices = slice_is_true(value);
        else if (slice_is(key, "DevicePolicy"))
                d->policy = slice_is(value, "closed") || slice_is(value, "strict");
        else if (slice_is(key, "DeviceAllow"))
                d->listed = value.n > 0;
}

static void take_text(struct devices *d, const char *text)
{
        bool service = false;

        for (size_t n; *text; text += n + (text[n] != '\0')) {
                struct slice line;
                const char *equals;

                n = strcspn(text, "\n");
                line = slice_strip(text, n);
                equals = memchr(line.s, '=', line.n);
                if (line.n > 0 && line.s[0] == '[')
                        service = slice_is(line, "[Service]");
                else if (service && equals)
                        take_setting(d, slice_strip(line.s, (size_t)(equals - line.s)),
                                     slice_strip(equals + 1, line.n - (size_t)(equals + 1 - line.s)));
        }
}

bool devices_are_restricted(const char *unit, const char *profile)
{
        struct devices d = {};

        take_text(&d, unit);
        if (profile)
                take_text(&d, profile);
        return d.private_devices || d.policy || d.listed;
}
