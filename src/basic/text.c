/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "basic/text.h"

#include <stdbool.h>
#include <stdlib.h>

char *text_stream_finish(FILE *f, char **text)
{
        bool failed = ferror(f);

        if (fclose(f) != 0 || failed) {
                free(*text);
                *text = NULL;
        }
        return *text;
}
