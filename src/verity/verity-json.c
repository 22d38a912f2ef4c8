/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <json-c/json.h>
#include <limits.h>
#include <string.h>

#include "basic/cleanup.h"
#include "verity/verity-parse.h"

#define JSON_DEPTH_MAX 4

static void cleanup_jsonp(struct json_object **o)
{
        if (*o)
                json_object_put(*o);
}

static void cleanup_tokenerp(struct json_tokener **t)
{
        if (*t)
                json_tokener_free(*t);
}

/* The text before the zero bytes; nothing but zero bytes may follow. */
static int text_length(const char *data, size_t size, size_t *ret, const char **ret_why)
{
        size_t n = strnlen(data, size);

        if (n == 0) {
                *ret_why = "it is empty";
                return -EBADMSG;
        }
        for (size_t i = n; i < size; i++)
                if (data[i]) {
                        *ret_why = "there is data after its end";
                        return -EBADMSG;
                }
        if (n > INT_MAX) {
                *ret_why = "it is too large";
                return -EBADMSG;
        }
        *ret = n;
        return 0;
}

static int object_parse(const char *data, size_t n, struct json_object **ret, const char **ret_why)
{
        __attribute__((cleanup(cleanup_tokenerp))) struct json_tokener *t =
                json_tokener_new_ex(JSON_DEPTH_MAX);
        struct json_object *o;

        if (!t)
                return -ENOMEM;
        json_tokener_set_flags(t, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
        o = json_tokener_parse_ex(t, data, (int)n);
        if (json_tokener_get_error(t) == json_tokener_success && json_object_is_type(o, json_type_object)) {
                *ret = o;
                return 0;
        }
        json_object_put(o);
        *ret_why = "it is not a JSON object";
        return -EBADMSG;
}

static const char *string_field(struct json_object *o, const char *key, size_t *ret_length)
{
        struct json_object *value;

        if (!json_object_object_get_ex(o, key, &value) || !json_object_is_type(value, json_type_string))
                return NULL;
        *ret_length = (size_t)json_object_get_string_len(value);
        return json_object_get_string(value);
}

int verity_signature_parse(const char *data, size_t size, struct verity_hash *ret_hash,
                           uint8_t **ret_signature, size_t *ret_signature_size, const char **ret_why)
{
        __attribute__((cleanup(cleanup_jsonp))) struct json_object *o = NULL;
        const char *text, *signature;
        struct verity_hash hash;
        size_t n, hash_length, signature_length, decoded_size;
        uint8_t *decoded;
        int r;

        r = text_length(data, size, &n, ret_why);
        if (r < 0)
                return r;
        r = object_parse(data, n, &o, ret_why);
        if (r < 0)
                return r;
        text = string_field(o, "rootHash", &hash_length);
        if (!text || verity_hash_parse(text, hash_length, &hash) < 0) {
                *ret_why = "its rootHash is missing or no hexadecimal hash";
                return -EBADMSG;
        }
        signature = string_field(o, "signature", &signature_length);
        r = signature ? base64_decode(signature, signature_length, &decoded, &decoded_size) : -EINVAL;
        if (r == -ENOMEM)
                return r;
        if (r < 0 || decoded_size == 0) {
                if (r >= 0)
                        free(decoded);
                *ret_why = "its signature is missing or no base64";
                return -EBADMSG;
        }
        *ret_hash = hash;
        *ret_signature = decoded;
        *ret_signature_size = decoded_size;
        return 0;
}
