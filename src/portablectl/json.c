/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portablectl/json.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "portablectl/terminal.h"

#define REPLACEMENT "\xef\xbf\xbd"

/* The length of the UTF-8 sequence at the beginning of s, 0 if there is none. Source: RFC 3629, section 4.
 */
static size_t utf8_length(const unsigned char *s, size_t n)
{
        size_t length = s[0] < 0x80   ? 1
                        : s[0] < 0xc2 ? 0
                        : s[0] < 0xe0 ? 2
                        : s[0] < 0xf0 ? 3
                        : s[0] < 0xf5 ? 4
                                      : 0;

        if (length == 0 || length > n)
                return 0;
        for (size_t i = 1; i < length; i++)
                if ((s[i] & 0xc0) != 0x80)
                        return 0;
        if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
            (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
                return 0;
        return length;
}

struct json_object *json_new_object(void)
{
        return json_object_new_object();
}

struct json_object *json_new_array(void)
{
        return json_object_new_array();
}

void json_free(struct json_object *o)
{
        json_object_put(o);
}

struct json_object *json_string(const char *data, size_t size)
{
        _cleanup_free_ char *clean = malloc(size * strlen(REPLACEMENT) + 1);
        size_t n = 0;

        if (!clean || size > INT32_MAX / strlen(REPLACEMENT))
                return NULL;
        for (size_t i = 0; i < size;) {
                size_t length = utf8_length((const unsigned char *)data + i, size - i);
                const char *piece = length ? data + i : REPLACEMENT;
                size_t piece_size = length ? length : strlen(REPLACEMENT);

                memcpy(clean + n, piece, piece_size);
                n += piece_size;
                i += length ? length : 1;
        }
        return json_object_new_string_len(clean, (int)n);
}

int json_put(struct json_object *o, const char *key, struct json_object *value)
{
        if (!value)
                return -ENOMEM;
        if (json_object_object_add(o, key, value) == 0)
                return 0;
        json_object_put(value);
        return -ENOMEM;
}

static int put_null(struct json_object *o, const char *key)
{
        return json_object_object_add(o, key, NULL) == 0 ? 0 : -ENOMEM;
}

int json_put_string(struct json_object *o, const char *key, const char *s)
{
        return s ? json_put(o, key, json_string(s, strlen(s))) : put_null(o, key);
}

int json_put_u64(struct json_object *o, const char *key, uint64_t v, uint64_t unknown)
{
        return v == unknown ? put_null(o, key) : json_put(o, key, json_object_new_uint64(v));
}

int json_put_bool(struct json_object *o, const char *key, bool v)
{
        return json_put(o, key, json_object_new_boolean(v));
}

int json_put_strv(struct json_object *o, const char *key, char *const *l)
{
        _cleanup_json_ struct json_object *array = json_object_new_array();

        if (!array)
                return -ENOMEM;
        for (; l && *l; l++)
                if (json_append(array, json_string(*l, strlen(*l))) < 0)
                        return -ENOMEM;
        return json_put(o, key, steal_pointer(array));
}

int json_append(struct json_object *array, struct json_object *value)
{
        if (!value)
                return -ENOMEM;
        if (json_object_array_add(array, value) == 0)
                return 0;
        json_object_put(value);
        return -ENOMEM;
}

/* The library escapes what JSON says must be; DEL and the C1 controls are left, only ever inside of strings.
 */
static void print_escaped(const char *text)
{
        for (const unsigned char *s = (const unsigned char *)text; *s; s++) {
                if (*s == 0x7f) {
                        fputs("\\u007f", stdout);
                } else if (s[0] == 0xc2 && s[1] >= 0x80 && s[1] < 0xa0) {
                        printf("\\u%04x", s[1]);
                        s++;
                } else {
                        putchar(*s);
                }
        }
}

int json_print(const struct terminal *t, enum json_mode mode, struct json_object *o, struct error *error)
{
        bool pretty = mode == JSON_PRETTY || (mode == JSON_AUTO && t->shown);
        const char *text = json_object_to_json_string_ext(
                o,
                JSON_C_TO_STRING_NOSLASHESCAPE | (pretty ? JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED
                                                         : JSON_C_TO_STRING_PLAIN));

        if (!text)
                return error_set_oom(error);
        print_escaped(text);
        putchar('\n');
        return 0;
}
