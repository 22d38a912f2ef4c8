/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/path.h"
#include "image/mstack.h"
#include "image/version.h"
#include "plan/kind.h"

static const struct {
        const char *name; /* up to what tells it from others of its use */
        bool many;
        bool mounted; /* what follows is where */
} uses[STACK_USE_MAX] = {
        [STACK_ROOT] = {"root", false, false},    [STACK_LAYER] = {"layer@", true, false},
        [STACK_RW] = {"rw", false, false},        [STACK_BIND] = {"bind@", true, true},
        [STACK_ROBIND] = {"robind@", true, true},
};

static int hex_digit(char c)
{
        if (c >= '0' && c <= '9')
                return c - '0';
        return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "\x2d" at s. A slash or a NUL in a component is none. */
static int unescape_byte(const char *s)
{
        int high, low, c;

        if (s[1] != 'x')
                return -EINVAL;
        high = hex_digit(s[2]);
        low = high < 0 ? -1 : hex_digit(s[3]);
        if (low < 0)
                return -EINVAL;
        c = high * 16 + low;
        return c == 0 || c == '/' ? -EINVAL : c;
}

/* "var-tmp" to "/var/tmp", as in names of mount units. Source: systemd.unit(5), "String Escaping for
 * Inclusion in Unit Names". */
static int unescape_path(const char *s, char **ret)
{
        _cleanup_free_ char *path = malloc(strlen(s) + 2);
        char *to = path;

        if (!path)
                return -ENOMEM;
        *to++ = '/';
        if (strcmp(s, "-") == 0)
                s = "";
        for (; *s; s++) {
                int c = *s == '-' ? '/' : *s;

                if (*s == '\\') {
                        c = unescape_byte(s);
                        if (c < 0)
                                return c;
                        s += strlen("x2d");
                }
                *to++ = (char)c;
        }
        *to = '\0';
        if (!path_is_normalized(path) || !text_is_printable(path))
                return -EINVAL;
        *ret = steal_pointer(path);
        return 0;
}

/* What follows the use, without the suffixes that say what it is. */
static int take_id(const char *rest, bool versioned, bool file, char **ret)
{
        const char *raw = entry_forms[ENTRY_FORM_RAW].suffix,
                   *version = entry_forms[ENTRY_FORM_VERSIONED].suffix;
        size_t n = strlen(rest);

        if (versioned) {
                if (!string_ends_with(rest, version))
                        return -EINVAL;
                n -= strlen(version);
        }
        if (file) {
                if (n < strlen(raw) || strncmp(rest + n - strlen(raw), raw, strlen(raw)) != 0)
                        return -EINVAL;
                n -= strlen(raw);
        }
        *ret = strndup(rest, n);
        return *ret ? 0 : -ENOMEM;
}

/* The use whose name the entry begins with; that of a lone one is all of it. */
static int find_use(const char *name, bool versioned, enum stack_use *ret)
{
        for (enum stack_use use = 0; use < STACK_USE_MAX; use++) {
                size_t n = strlen(uses[use].name);

                if (strncmp(name, uses[use].name, n) != 0)
                        continue;
                if (uses[use].many || strcmp(name + n, versioned ? ".v" : "") == 0) {
                        *ret = use;
                        return 0;
                }
        }
        return -EINVAL;
}

int mstack_name_parse(const char *name, bool versioned, bool file, struct stack_part *ret)
{
        struct stack_part part = {.fd = -EBADF, .raw = file};
        _cleanup_free_ char *id = NULL, *where = NULL;
        int r;

        r = find_use(name, versioned, &part.use);
        if (r >= 0 && uses[part.use].many)
                r = take_id(name + strlen(uses[part.use].name), versioned, file, &id);
        else if (r >= 0 && file)
                r = -EINVAL;
        if (r >= 0 && id && !*id)
                r = -EINVAL;
        if (r >= 0 && id && uses[part.use].mounted)
                r = unescape_path(id, &where);
        if (r < 0)
                return r;
        part.name = strdup(name);
        if (!part.name)
                return -ENOMEM;
        part.id = steal_pointer(id);
        part.where = steal_pointer(where);
        *ret = part;
        return 0;
}

int mstack_compare(const struct stack_part *a, const struct stack_part *b)
{
        int c = (a->use > b->use) - (a->use < b->use);

        if (c == 0 && a->use == STACK_LAYER)
                c = version_compare(a->id, strlen(a->id), b->id, strlen(b->id));
        else if (c == 0 && a->where && b->where)
                c = strcmp(a->where, b->where);
        return c ? c : strcmp(a->name, b->name);
}
