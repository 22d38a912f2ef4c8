/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "basic/text.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

char *text_stream_finish(FILE *f, char **text)
{
        bool failed = ferror(f);

        if (fclose(f) != 0 || failed) {
                free(*text);
                *text = NULL;
        }
        return *text;
}

char *text_copy(const void *data, size_t size)
{
        char *copy = malloc(size + 1);

        if (!copy)
                return NULL;
        if (size > 0)
                memcpy(copy, data, size);
        copy[size] = '\0';
        return copy;
}
