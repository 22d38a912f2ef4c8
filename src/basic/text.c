/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "basic/text.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "basic/cleanup.h"

#define SECONDS_MAX 86400U

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

int text_to_boolean(const char *s)
{
        static const char *const words[][2] = {{"1", "0"},        {"yes", "no"}, {"y", "n"},
                                               {"true", "false"}, {"t", "f"},    {"on", "off"}};

        for (size_t i = 0; i < ELEMENTSOF(words); i++) {
                if (strcasecmp(s, words[i][0]) == 0)
                        return 1;
                if (strcasecmp(s, words[i][1]) == 0)
                        return 0;
        }
        return -EINVAL;
}

unsigned text_to_seconds(const char *s)
{
        unsigned long seconds;
        char *end;

        if (*s < '0' || *s > '9')
                return 0;
        seconds = strtoul(s, &end, 10);
        return *end == '\0' && seconds <= SECONDS_MAX ? (unsigned)seconds : 0;
}

char *text_quote(const char *word)
{
        static const char safe[] =
                "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=./:,+@%";
        char *quoted, *end;

        if (word[strspn(word, safe)] == '\0')
                return strdup(word);
        quoted = malloc(4 * strlen(word) + 3);
        if (!quoted)
                return NULL;
        end = quoted;
        *end++ = '\'';
        for (; *word; word++)
                end = *word == '\'' ? stpcpy(end, "'\\''") : (*end = *word, end + 1);
        strcpy(end, "'");
        return quoted;
}
