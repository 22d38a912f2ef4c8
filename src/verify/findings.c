/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verify/findings.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/path.h"

void findings_clear(struct findings *f)
{
        for (size_t i = 0; i < f->n; i++) {
                free(f->items[i].unit);
                free(f->items[i].text);
        }
        free(f->items);
        *f = (struct findings){};
}

int findings_add(struct findings *f, enum severity severity, const char *unit, const char *format, ...)
{
        _cleanup_free_ char *line = NULL, *text = NULL, *copy = unit ? strdup(unit) : NULL;
        struct finding *grown;
        va_list ap;
        int r;

        va_start(ap, format);
        r = vasprintf(&line, format, ap);
        va_end(ap);
        if (r < 0) {
                line = NULL;
                return -ENOMEM;
        }
        text = text_escape(line);
        grown = reallocarray(f->items, f->n + 1, sizeof(*grown));
        if (grown)
                f->items = grown;
        if (!text || !grown || (unit && !copy))
                return -ENOMEM;
        f->items[f->n++] = (struct finding){
                .severity = severity, .unit = steal_pointer(copy), .text = steal_pointer(text)};
        return 0;
}

size_t findings_count(const struct findings *f, enum severity severity)
{
        size_t n = 0;

        for (size_t i = 0; i < f->n; i++)
                n += f->items[i].severity == severity;
        return n;
}
