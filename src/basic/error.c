/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "basic/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"

static int errnum_positive(int errnum)
{
        if (errnum < 0)
                errnum = -errnum;
        return errnum ? errnum : EIO;
}

/* Where a character of UTF-8 begins, at i or before. */
static size_t character_begin(const char *s, size_t i)
{
        while (i > 0 && ((unsigned char)s[i] & 0xc0) == 0x80)
                i--;
        return i;
}

/* The end has the cause, the beginning what was tried. */
static void cut_middle(char *s)
{
        static const char mark[] = " [...] ";
        size_t n = s ? strlen(s) : 0, head, tail;

        if (n <= ERROR_MESSAGE_MAX)
                return;
        head = character_begin(s, ERROR_MESSAGE_MAX / 2);
        tail = character_begin(s, n - ERROR_MESSAGE_MAX / 4);
        memcpy(s + head, mark, sizeof(mark) - 1);
        memmove(s + head + sizeof(mark) - 1, s + tail, n - tail + 1);
}

static void error_fill(struct error *e, enum error_kind kind, int errnum, char *message)
{
        cut_middle(message);
        e->kind = kind;
        e->errnum = errnum;
        e->message = message;
}

int error_set(struct error *e, enum error_kind kind, int errnum, const char *format, ...)
{
        char *message = NULL;
        va_list ap;

        errnum = errnum_positive(errnum);
        if (!e || error_is_set(e))
                return -errnum;

        va_start(ap, format);
        if (vasprintf(&message, format, ap) < 0)
                message = NULL;
        va_end(ap);

        error_fill(e, kind, errnum, message);
        return -errnum;
}

int error_set_errno(struct error *e, int errnum, const char *format, ...)
{
        _cleanup_free_ char *what = NULL;
        char *message = NULL;
        va_list ap;

        errnum = errnum_positive(errnum);
        if (!e || error_is_set(e))
                return -errnum;

        va_start(ap, format);
        if (vasprintf(&what, format, ap) < 0)
                what = NULL;
        va_end(ap);

        if (what && asprintf(&message, "%s: %s", what, strerror(errnum)) < 0)
                message = NULL;

        error_fill(e, errnum == ENOMEM ? ERROR_NO_MEMORY : ERROR_SYSTEM, errnum, message);
        return -errnum;
}

int error_set_oom(struct error *e)
{
        if (e && !error_is_set(e))
                error_fill(e, ERROR_NO_MEMORY, ENOMEM, NULL);
        return -ENOMEM;
}

void error_prefix(struct error *e, const char *format, ...)
{
        _cleanup_free_ char *prefix = NULL;
        char *message;
        va_list ap;

        if (!error_is_set(e))
                return;

        va_start(ap, format);
        if (vasprintf(&prefix, format, ap) < 0)
                prefix = NULL;
        va_end(ap);

        if (!prefix || asprintf(&message, "%s%s", prefix, error_message(e)) < 0)
                return;
        cut_middle(message);
        free(e->message);
        e->message = message;
}

void error_suffix(struct error *e, const char *text)
{
        char *message;

        if (!error_is_set(e) || asprintf(&message, "%s%s", error_message(e), text) < 0)
                return;
        free(e->message);
        e->message = message;
}

const char *error_message(const struct error *e)
{
        if (e->message)
                return e->message;
        return e->errnum ? strerror(e->errnum) : "No error";
}

void error_clear(struct error *e)
{
        free(e->message);
        *e = (struct error){};
}

void error_move(struct error *to, struct error *from)
{
        if (!to || error_is_set(to)) {
                error_clear(from);
                return;
        }
        *to = *from;
        *from = (struct error){};
}
