/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef WIRE_METHODS_H
#define WIRE_METHODS_H

/*
 * The methods of the bus, a row each: what goes in and comes out, who may call it, and which operation it
 * stands for. Objects and their introspection, what is read of a call and sent as its answer, what our
 * processes send each other, how the client calls, and the bus policy are all made of this table.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/request.h"

/* Parts of struct operation_request; fields.c has the type, name and place of each. */
enum method_argument {
        ARGUMENT_NONE, /* ends a list */
        ARGUMENT_IMAGE,
        ARGUMENT_IMAGES,
        ARGUMENT_ITEMS,
        ARGUMENT_VERB,
        ARGUMENT_EXTENSIONS,
        ARGUMENT_MATCHES,
        ARGUMENT_PROFILE,
        ARGUMENT_RUNTIME,
        ARGUMENT_COPY_MODE,
        ARGUMENT_UNITS,
        ARGUMENT_FLAGS,
        ARGUMENT_READ_ONLY,
        ARGUMENT_LIMIT,
        ARGUMENT_MAX,
};

/* Parts of struct result. */
enum method_result {
        RESULT_NONE, /* ends a list */
        RESULT_OBJECT,
        RESULT_IMAGES,
        RESULT_FIELDS,
        RESULT_PATH,
        RESULT_RELEASE,
        RESULT_EXTENSIONS,
        RESULT_UNITS,
        RESULT_SANDBOX,
        RESULT_SANDBOX_MISSING,
        RESULT_LAYERS,
        RESULT_STATE, /* of what was named */
        RESULT_VERSION,
        RESULT_VERSION_STATE,
        RESULT_NEAREST, /* the same as that, as the state that systemd's portabled tells */
        RESULT_ADDED,   /* the changes of an attach */
        RESULT_REMOVED, /* of a detach */
        RESULT_CHANGES_REMOVED,
        RESULT_CHANGES_UPDATED,
        RESULT_OUTCOMES,
        /* Not for a caller, at least not as they are. */
        RESULT_EVENTS,
        RESULT_DESCRIPTION, /* of an image object */
        RESULT_NAMES,
        RESULT_POOL_USAGE,
        RESULT_POOL_LIMIT,
        RESULT_OWN_STATE,
        RESULT_MAX,
};

#define METHOD_ARGUMENTS_MAX 8U /* with the end */

struct method {
        const char *interface; /* of the manager object; NULL: no method, only something to be looked up */
        const char *member;    /* NULL: not there */
        const char *image_member; /* the same of an image object, without the image argument; NULL: none */
        enum operation_verb verb;
        uint8_t arguments[METHOD_ARGUMENTS_MAX]; /* enum method_argument */
        uint8_t results[METHOD_ARGUMENTS_MAX];   /* enum method_result */
        uint64_t flags;                          /* those that it takes */
        const char *action;                      /* of polkit; NULL: open to everyone */
        const char *signal; /* of our own interface, told of the image afterwards; NULL: none */
        bool hidden;        /* from introspection */
};

/* The polkit action of what only reads images: those that are asked for by name are open to everyone. */
#define ACTION_INSPECT "org.freedesktop.portable1.inspect-images"

extern const struct method methods[];
extern const size_t n_methods;

/* What it is called in an interface (names.h), or NULL if it is not there. */
const char *method_member(const struct method *method, const char *interface);

/* NULL if there is none. interface NULL: what is looked up. */
const struct method *method_find(const char *interface, const char *member);

struct codec_field;

/* Both NULL at the end. image_object: without the image. */
const struct codec_field *method_argument(const struct method *method, size_t i, bool image_object);
const struct codec_field *method_result(const struct method *method, size_t i);

#endif
