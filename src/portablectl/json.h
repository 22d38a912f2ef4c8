/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PORTABLECTL_JSON_H
#define PORTABLECTL_JSON_H

/*
 * JSON from plain data, so that out of memory is told from null and whatever bytes an image has come out as
 * valid text. The schema is documented in portablectl(1), "JSON OUTPUT".
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct json_object;
struct terminal;

enum json_mode {
        JSON_OFF,
        JSON_SHORT,
        JSON_PRETTY,
        JSON_AUTO, /* pretty on a terminal, else short */
};

/* Empty ones; NULL if out of memory. */
struct json_object *json_new_object(void);
struct json_object *json_new_array(void);

/* NULL is fine. */
void json_free(struct json_object *o);

static inline void cleanup_jsonp(struct json_object **o)
{
        json_free(*o);
}
#define _cleanup_json_ __attribute__((cleanup(cleanup_jsonp)))

/* A string of these bytes; what is not valid UTF-8 becomes U+FFFD. NULL if out of memory. */
struct json_object *json_string(const char *data, size_t size);

/* Each sets a member of an object. Returns 0 or -ENOMEM. */
int json_put(struct json_object *o, const char *key,
             struct json_object *value);                                    /* takes it; NULL: -ENOMEM */
int json_put_string(struct json_object *o, const char *key, const char *s); /* NULL: null */
int json_put_u64(struct json_object *o, const char *key, uint64_t v, uint64_t unknown); /* unknown: null */
int json_put_bool(struct json_object *o, const char *key, bool v);
int json_put_strv(struct json_object *o, const char *key, char *const *l); /* an array of strings */

/* Appends to an array; takes the value, NULL: -ENOMEM. */
int json_append(struct json_object *array, struct json_object *value);

/* One document on standard output, with a newline: in one line, or indented. Characters that a terminal
 * would obey come escaped. mode is not JSON_OFF. */
int json_print(const struct terminal *t, enum json_mode mode, struct json_object *o, struct error *error);

#endif
