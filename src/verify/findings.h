/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VERIFY_FINDINGS_H
#define VERIFY_FINDINGS_H

/* What verify has to say about an image, a line each. Filled by all of verify/. */

#include <stddef.h>

enum severity {
        FINDING_WARNING, /* may well be meant so */
        FINDING_ERROR,   /* attach will refuse, or a unit will not start */
};

struct finding {
        enum severity severity;
        char *unit; /* NULL: of the image as a whole */
        char *text; /* one line, safe to print */
};

struct findings {
        struct finding *items;
        size_t n;
};

void findings_clear(struct findings *f);
#define _cleanup_findings_ __attribute__((cleanup(findings_clear)))

/* Adds one; control characters in what the format yields are escaped. Returns 0 or -ENOMEM. */
int findings_add(struct findings *f, enum severity severity, const char *unit, const char *format, ...)
        __attribute__((format(printf, 4, 5)));

size_t findings_count(const struct findings *f, enum severity severity);

#endif
