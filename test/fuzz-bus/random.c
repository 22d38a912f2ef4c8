/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "random.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/path.h"

void random_seed(struct random *r, uint64_t seed, char *const *images)
{
        *r = (struct random){.state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1, .images = images};
}

static uint64_t random_u64(struct random *r)
{
        r->state ^= r->state << 13;
        r->state ^= r->state >> 7;
        r->state ^= r->state << 17;
        return r->state * UINT64_C(0x2545f4914f6cdd1d);
}

uint32_t random_below(struct random *r, uint32_t n)
{
        return (uint32_t)((random_u64(r) >> 32) % n);
}

bool random_once_in(struct random *r, uint32_t n)
{
        return random_below(r, n) == 0;
}

#define PICK(r, array) ((array)[random_below((r), ELEMENTSOF(array))])

static const char *const strings[] = {
        "",
        " ",
        ".",
        "..",
        "/.",
        "//",
        "/srv/../srv",
        "/srv//fuzz",
        "/srv/fuzz/",
        "/srv/fuzz",
        "/srv/fuzz/null",
        "/srv/fuzz/fifo",
        "/srv/fuzz/empty.raw",
        "/srv/fuzz/file.raw",
        "/srv/fuzz/file",
        "/srv/fuzz/loop",
        "/srv/fuzz/dangling",
        "/srv/fuzz/tree",
        "/srv/fuzz/tree.v",
        "/srv/fuzz/tree.v/tree___",
        "/nowhere",
        "/nowhere/at/all.raw",
        "-",
        "--help",
        "-1",
        "0",
        "%",
        "%%n%s%n",
        "$(reboot)",
        "a\nb",
        "a\n[Service]\nExecStart=/bin/false",
        "\t",
        "\r",
        "\033[31mred\033[0m",
        "\x7f",
        "\xc2\x85",
        "\xe2\x80\xa8",
        "\xf0\x9f\x92\xa9",
        "\xc3\xa4\xc3\xb6",
        "'\"\\",
        "a:b",
        "a_b_c",
        "_",
        "@",
        "a@.service",
        "a@b.service",
        "a.service",
        ".service",
        ".raw",
        ".v",
        ".#app",
        "*",
        "?",
        "[",
        "{a,b}",
        "app_",
        "app_9",
        "#",
        "default",
        "trusted",
        "strict",
        "nonetwork",
        "../default",
        "copy",
        "symlink",
        "mixed",
        "attach",
        "detach",
        "reattach",
        "org.freedesktop.portable1.Manager",
        "org.freedesktop.portable1.Image",
        "org.portabled.Image1",
        "State",
        "Profiles",
        "LogLevel",
        "debug",
        "console",
};

/* For methods that only look: what lies there must not be attached, removed or changed, if it could be. */
static const char *const system_paths[] = {
        "/",
        "/usr",
        "/etc",
        "/var",
        "/proc",
        "/proc/self",
        "/proc/1/root",
        "/proc/self/fd/0",
        "/sys",
        "/dev/null",
        "/dev",
        "/dev/full",
        "/dev/shm",
        "/etc/os-release",
        "/run/systemd/private",
        "/usr/lib",
        "/bin",
};

/* What an argument of that name is expected to be. */
static const struct {
        const char *name, *values[12];
} expected[] = {
        {"profile", {"default", "trusted", "strict", "nonetwork", ""}},
        {"copy_mode", {"", "copy", "symlink", "mixed"}},
        {"verb", {"attach", "detach", "reattach"}},
        {"matches", {"app", "app-more", "ext", "tmpl", "a"}},
        {"interface_name",
         {"org.freedesktop.portable1.Manager", "org.freedesktop.portable1.Image", "org.portabled.Image1",
          "org.freedesktop.LogControl1", ""}},
        {"property_name",
         {"State", "Profiles", "PoolPath", "Name", "Usage", "LogLevel", "LogTarget", "Path"}},
};

static bool names_image(const char *name)
{
        return strcmp(name, "image") == 0 || strcmp(name, "images") == 0 || strcmp(name, "extensions") == 0;
}

static const char *pick_expected(struct random *r, const char *name)
{
        for (size_t i = 0; i < ELEMENTSOF(expected); i++) {
                size_t n = 0;

                if (strcmp(expected[i].name, name) != 0)
                        continue;
                while (n < ELEMENTSOF(expected[i].values) && expected[i].values[n])
                        n++;
                return expected[i].values[random_below(r, (uint32_t)n)];
        }
        return NULL;
}

/* So many of the names given first are of good images. */
#define GOOD 5U

/* An image that is there, by one of the names it can be called by. */
static char *pick_image(struct random *r, bool extension)
{
        static const char *const places[] = {
                "", "", "", "", "/var/lib/portables/", "/etc/portables/", "/srv/fuzz/"};
        const char *place = r->friendly ? "" : PICK(r, places), *name;
        size_t n = 0;
        char *s;

        while (r->images[n])
                n++;
        if (n == 0)
                return strdup("app");
        do
                name = r->images[random_below(r,
                                              r->friendly && !extension && n > GOOD ? GOOD : (uint32_t)n)];
        while (extension && !string_starts_with(name, "ext") && !random_once_in(r, 20));
        assert(asprintf(&s, "%s%s%s", place, name, *place && random_once_in(r, 2) ? ".raw" : "") >= 0);
        return s;
}

static char *repeated(struct random *r, const char *s)
{
        static const unsigned lengths[] = {2, 3, 63, 64, 127, 128, 255, 256, 1023, 4095, 4096, 9000, 70000};
        size_t n = strlen(s), times = PICK(r, lengths);
        char *long_one;

        if (n == 0)
                return strdup("");
        times = times / n + 1;
        long_one = malloc(times * n + 1);
        assert(long_one);
        for (size_t i = 0; i < times; i++)
                memcpy(long_one + i * n, s, n);
        long_one[times * n] = '\0';
        return long_one;
}

static char *plain(struct random *r, const char *name, bool outside)
{
        const char *good = !r->friendly && random_once_in(r, 4) ? NULL : pick_expected(r, name);

        if (good)
                return strdup(good);
        if ((r->friendly && names_image(name)) || !random_once_in(r, names_image(name) ? 5 : 2))
                return pick_image(r, strcmp(name, "extensions") == 0);
        if (outside && random_once_in(r, 3))
                return strdup(PICK(r, system_paths));
        return strdup(PICK(r, strings));
}

char *random_string(struct random *r, const char *name, bool outside)
{
        _cleanup_free_ char *first = plain(r, name, outside);
        char *s;

        assert(first);
        switch (r->friendly ? 11 : random_below(r, 12)) {
        case 0: /* grown; what is put in front of a path makes it no path */
                assert(asprintf(&s, "%s%s", first, PICK(r, strings)) >= 0);
                return s;
        case 1: /* a character changed, if it stays UTF-8 and harmless */
                s = strdup(first);
                assert(s);
                if (*s && *s != '/')
                        s[random_below(r, (uint32_t)strlen(s))] = (char)(random_below(r, 126) + 1);
                if (text_is_utf8(s) && *s != '/')
                        return s;
                free(s);
                return steal_pointer(first);
        case 2:
                if (random_once_in(r, 4))
                        return repeated(r, first);
                return steal_pointer(first);
        default:
                return steal_pointer(first);
        }
}

static uint64_t random_number(struct random *r, const char *name)
{
        static const uint64_t numbers[] = {0,
                                           1,
                                           2,
                                           3,
                                           4,
                                           5,
                                           6,
                                           7,
                                           8,
                                           255,
                                           4096,
                                           1 << 16,
                                           1 << 17,
                                           3 << 16,
                                           INT32_MAX,
                                           UINT32_MAX,
                                           INT64_MAX,
                                           UINT64_MAX,
                                           UINT64_MAX - 1};

        if (strcmp(name, "flags") == 0 && !random_once_in(r, 4))
                return random_below(r, r->friendly ? 2 : 8);
        return random_once_in(r, 4) ? random_u64(r) : PICK(r, numbers);
}

/* The length of the first complete type. */
static size_t type_length(const char *s)
{
        size_t depth = 0, n = 0;

        if (*s == 'a')
                return 1 + type_length(s + 1);
        do {
                assert(s[n]);
                depth += s[n] == '(' || s[n] == '{';
                depth -= s[n] == ')' || s[n] == '}';
                n++;
        } while (depth > 0);
        return n;
}

static void append_array(struct random *r, sd_bus_message *m, const char *element, const char *name,
                         bool outside)
{
        size_t length = type_length(element);
        _cleanup_free_ char *contents = strndup(element, length);
        uint32_t n = random_once_in(r, 40) ? 300 : random_once_in(r, 2) ? 0 : random_below(r, 4);

        if (r->friendly)
                n = strcmp(name, "images") == 0;
        assert(contents && sd_bus_message_open_container(m, 'a', contents) >= 0);
        for (uint32_t i = 0; i < n; i++)
                random_append(r, m, contents, name, outside);
        assert(sd_bus_message_close_container(m) >= 0);
}

static void append_struct(struct random *r, sd_bus_message *m, const char *type, size_t length,
                          const char *name, bool outside)
{
        _cleanup_free_ char *contents = strndup(type + 1, length - 2);

        assert(contents && sd_bus_message_open_container(m, *type == '(' ? 'r' : 'e', contents) >= 0);
        for (const char *t = contents; *t;)
                t += random_append(r, m, t, name, outside);
        assert(sd_bus_message_close_container(m) >= 0);
}

static void append_variant(struct random *r, sd_bus_message *m, bool outside)
{
        static const char *const types[] = {"s", "b", "t", "as", "(st)", "v", "a{sv}", "i", "d", "y"};
        const char *type = PICK(r, types);

        assert(sd_bus_message_open_container(m, 'v', type) >= 0);
        random_append(r, m, type, "", outside);
        assert(sd_bus_message_close_container(m) >= 0);
}

static void append_text(struct random *r, sd_bus_message *m, char type, const char *name, bool outside)
{
        static const char *const others[][2] = {{"/", "s"}, {"/org/freedesktop/portable1", "a(sas)"}};
        _cleanup_free_ char *s = random_string(r, name, outside);

        if (type == 's')
                assert(sd_bus_message_append_basic(m, 's', s) >= 0);
        else
                assert(sd_bus_message_append_basic(m, type, others[random_below(r, 2)][type == 'g']) >= 0);
}

static void append_number(struct random *r, sd_bus_message *m, char type, const char *name)
{
        uint64_t n = random_number(r, name);
        int truth = random_once_in(r, 2);
        double d = (double)n;

        if (type == 'b')
                assert(sd_bus_message_append_basic(m, type, &truth) >= 0);
        else if (type == 'd')
                assert(sd_bus_message_append_basic(m, type, &d) >= 0);
        else /* y n q i u x t: little-endian machines take the lower bytes */
                assert(sd_bus_message_append_basic(m, type, &n) >= 0);
}

size_t random_append(struct random *r, sd_bus_message *m, const char *signature, const char *name,
                     bool outside)
{
        size_t length = type_length(signature);

        if (*signature == 'a')
                append_array(r, m, signature + 1, name, outside);
        else if (*signature == '(' || *signature == '{')
                append_struct(r, m, signature, length, name, outside);
        else if (*signature == 'v')
                append_variant(r, m, outside);
        else if (strchr("sog", *signature))
                append_text(r, m, *signature, name, outside);
        else
                append_number(r, m, *signature, name);
        return length;
}
