/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BASIC_ERROR_H
#define BASIC_ERROR_H

/*
 * The one error object. It is filled where the cause is known, travels unchanged from a reader to the
 * worker, to the daemon and to the caller, and is printed once. Functions return 0 or a negative errno
 * beside it.
 *
 * The kind selects the D-Bus error name (wire/error-names.h); the message is one line for a person: what
 * failed, in which image, at which path.
 */

#include <stdint.h>

/* A message is at most this long, in bytes. Paths in it are whole; what was made of a list that somebody
 * sent loses its middle. */
#define ERROR_MESSAGE_MAX 16384U

enum error_kind {
        ERROR_NONE = 0,
        ERROR_FAILED, /* no better name: org.freedesktop.DBus.Error.Failed */
        ERROR_SYSTEM, /* named after errnum */
        ERROR_NO_SUCH_IMAGE,
        ERROR_BAD_IMAGE_TYPE,
        ERROR_NO_MATCHING_UNIT_FILES,
        ERROR_UNIT_EXISTS,
        ERROR_NO_SUCH_UNIT,
        ERROR_INVALID_ARGS,
        ERROR_LIMITS_EXCEEDED,
        ERROR_NOT_SUPPORTED,
        ERROR_ACCESS_DENIED,
        ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED,
        ERROR_NO_MEMORY,
        ERROR_TIMEOUT,
        ERROR_KIND_MAX,
};

struct error {
        enum error_kind kind;
        int errnum;    /* positive errno, 0 only with ERROR_NONE */
        char *message; /* owned; NULL: see error_message() */
};

/* Sets *e from a format string. An error that is set already stays (the first cause counts). e may be NULL.
 * Returns -errnum always, so that "return error_set(...)" works; errnum may be given with either sign, 0
 * counts as EIO. */
int error_set(struct error *e, enum error_kind kind, int errnum, const char *format, ...)
        __attribute__((format(printf, 4, 5)));

/* The same for a failed system call: kind ERROR_SYSTEM, and the message gets ": " and the errno's text
 * appended. The format must say what was tried and on which path. -ENOMEM becomes ERROR_NO_MEMORY. Returns
 * -errnum. */
int error_set_errno(struct error *e, int errnum, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

/* Sets the error for a failed allocation, returns -ENOMEM. */
int error_set_oom(struct error *e);

/* Puts text in front of the message of a set error ("Extension 'x': " ...). Keeps the old message if out of
 * memory. */
void error_prefix(struct error *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Puts text, some advice, behind it. */
void error_suffix(struct error *e, const char *text);

/* The message, never NULL: a text made from errnum where none was set. Owned by e (or static). */
const char *error_message(const struct error *e);

static inline int error_is_set(const struct error *e)
{
        return e && e->kind != ERROR_NONE;
}

/* Frees and resets to ERROR_NONE. */
void error_clear(struct error *e);

/* Moves *from to *to (if *to is not set yet); *from is reset. */
void error_move(struct error *to, struct error *from);

#define _cleanup_error_ __attribute__((cleanup(error_clear)))

#endif
