/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuzz.h"

#include <string.h>

#include "basic/path.h"

char *fuzz_string(const uint8_t *data, size_t size)
{
        char *s = malloc(size + 1);

        fuzz_check(s);
        if (size > 0)
                memcpy(s, data, size);
        s[size] = '\0';
        return s;
}

void fuzz_strings_begin(struct fuzz_strings *s, const uint8_t *data, size_t size)
{
        s->data = s->next = fuzz_string(data, size);
        s->end = s->data + size;
}

char *fuzz_strings_next(struct fuzz_strings *s)
{
        char *p = s->next;

        if (p < s->end)
                s->next += strlen(p) + 1;
        return p < s->end ? p : s->end;
}

void fuzz_strings_end(struct fuzz_strings *s)
{
        free(s->data);
}

void fuzz_check_message(const char *message)
{
        fuzz_check(message && *message && text_is_printable(message));
}
