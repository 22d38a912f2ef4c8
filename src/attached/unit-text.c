/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "attached/install.h"
#include "basic/path.h"

static bool is_blank(char c)
{
        return c == ' ' || c == '\t';
}

/* A section header must be closed: the manager refuses the whole file otherwise. */
static bool line_is_plain(const char *line, size_t n)
{
        while (n > 0 && is_blank(line[0])) {
                line++;
                n--;
        }
        while (n > 0 && is_blank(line[n - 1]))
                n--;
        return n == 0 || line[0] != '[' || line[n - 1] == ']';
}

bool unit_text_is_plain(const char *text, size_t size)
{
        /* An empty file masks the unit. What may be a line's end elsewhere makes it unclear what a line is.
         */
        if (size == 0 || memchr(text, '\0', size) || memchr(text, '\r', size))
                return false;
        if (memmem(text, size, "Also", 4) || !text_is_utf8(text))
                return false;
        for (const char *line = text, *end = text + size; line < end;) {
                const char *newline = memchr(line, '\n', (size_t)(end - line));
                size_t n = (size_t)((newline ?: end) - line);

                if (!line_is_plain(line, n))
                        return false;
                line += n + 1;
        }
        return true;
}
