/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portablectl/suggest.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/path.h"
#include "portablectl/client.h"
#include "portablectl/command-line.h"
#include "portablectl/image-arg.h"

#define WORD_LENGTH_MAX 31U
/* From this length on two mistakes are near. */
#define LONG_WORD 6U

static size_t min(size_t a, size_t b)
{
        return a < b ? a : b;
}

/* Optimal string alignment: letters added, left out, replaced, and neighbours exchanged. */
static size_t distance(const char *a, const char *b)
{
        size_t n = strlen(a), m = strlen(b), rows[3][WORD_LENGTH_MAX + 1], *before = rows[0],
               *last = rows[1], *row = rows[2], *swap;

        if (n > WORD_LENGTH_MAX || m > WORD_LENGTH_MAX)
                return WORD_LENGTH_MAX;
        for (size_t k = 0; k <= m; k++)
                last[k] = k;
        for (size_t i = 1; i <= n; i++) {
                row[0] = i;
                for (size_t k = 1; k <= m; k++) {
                        int x = tolower((unsigned char)a[i - 1]), y = tolower((unsigned char)b[k - 1]);

                        row[k] = min(min(row[k - 1], last[k]) + 1, last[k - 1] + (x != y));
                        if (i > 1 && k > 1 && x == tolower((unsigned char)b[k - 2]) &&
                            tolower((unsigned char)a[i - 2]) == y)
                                row[k] = min(row[k], before[k - 2] + 1);
                }
                swap = before;
                before = last;
                last = row;
                row = swap;
        }
        return last[m];
}

/* Of the words up to the first NULL the nearest one, NULL if none is near. */
static const char *find_nearest(const char *typed, const char *(*word)(size_t i))
{
        size_t nearest = 1 + (strlen(typed) >= LONG_WORD);
        const char *found = NULL, *w;

        if (strlen(typed) < 2)
                return NULL;
        for (size_t i = 0; (w = word(i)); i++) {
                size_t d = distance(typed, w);

                if (d < nearest || (d == nearest && !found)) {
                        nearest = d;
                        found = w;
                }
        }
        return found;
}

static const char *command_word(size_t i)
{
        return i < COMMAND_MAX ? commands[i].name : NULL;
}

const char *suggest_command(const char *typed)
{
        return find_nearest(typed, command_word);
}

/* Those without a name, or kept out of help, are nobody's wish. */
static const char *option_word(size_t i)
{
        if (i >= OPTION_ID_MAX)
                return NULL;
        return option_table[i].name && option_table[i].text ? option_table[i].name : "";
}

const char *suggest_option(const char *typed)
{
        _cleanup_free_ char *name = NULL;
        const char *found;

        if (strncmp(typed, "--", 2) != 0)
                return NULL;
        name = strndup(typed + 2, strcspn(typed + 2, "="));
        found = name ? find_nearest(name, option_word) : NULL;
        return found && strcmp(found, name) != 0 ? found : NULL;
}

static bool is_file_here(const char *arg)
{
        return !strchr(arg, '/') && access(arg, F_OK) == 0;
}

void suggest_image(const struct client *client, const char *image, const char *further, struct error *error)
{
        bool here = error->kind == ERROR_NO_SUCH_IMAGE && is_file_here(image),
             several = error->kind == ERROR_NO_MATCHING_UNIT_FILES && further &&
                       (strchr(further, '/') || string_ends_with(further, ".raw") || is_file_here(further));
        _cleanup_free_ char *advice = NULL, *name = NULL;

        if (options_is_remote(client->options) || (!here && !several))
                return;
        name = text_escape(here ? image : further);
        if (name && asprintf(&advice,
                             here ? " (did you mean the file './%s'?)"
                                  : " ('%s' counts as a prefix of units there, not as an image)",
                             name) >= 0)
                error_suffix(error, advice);
}
