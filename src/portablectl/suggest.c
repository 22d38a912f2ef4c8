/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portablectl/suggest.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "attached/names.h"
#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "image/version.h"
#include "portablectl/backend.h"
#include "portablectl/client.h"
#include "portablectl/command-line.h"

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

/* The nearest of the words that are offered one after the other. */
struct nearest {
        size_t distance; /* that is still near */
        const char *word;
};

static struct nearest nearest_begin(const char *typed)
{
        return (struct nearest){1 + (strlen(typed) >= LONG_WORD), NULL};
}

static void nearest_offer(struct nearest *n, size_t d, const char *word)
{
        if (d < n->distance || (d == n->distance && !n->word))
                *n = (struct nearest){d, word};
}

/* Of the words up to the first NULL the nearest one, NULL if none is near. */
static const char *find_nearest(const char *typed, const char *(*word)(size_t i))
{
        struct nearest nearest = nearest_begin(typed);
        const char *w;

        if (strlen(typed) < 2)
                return NULL;
        for (size_t i = 0; (w = word(i)); i++)
                nearest_offer(&nearest, distance(typed, w), w);
        return nearest.word;
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

/* The newest of the versions of the image; NULL if there are none. */
static const char *find_newest(const char *typed, char *const *names)
{
        const char *newest = NULL;

        for (; names && *names; names++) {
                const char *a = newest ? attached_name_version(newest) : "",
                           *b = attached_name_version(*names);

                if (attached_names_share_stem(typed, *names) &&
                    (!newest || version_compare(a, strlen(a), b, strlen(b)) < 0))
                        newest = *names;
        }
        return newest;
}

/* As a whole, or without the version. */
static size_t name_distance(const char *typed, const char *name)
{
        _cleanup_free_ char *a = strndup(typed, strcspn(typed, "_")), *b = strndup(name, strcspn(name, "_"));
        size_t whole = distance(typed, name);

        return a && b && strlen(a) > 2 && strcmp(a, b) != 0 ? min(whole, distance(a, b)) : whole;
}

const char *suggest_name(const char *typed, char *const *names)
{
        struct nearest nearest = nearest_begin(typed);
        const char *newest;

        if (strlen(typed) < 2 || strv_contains(names, typed))
                return NULL;
        newest = find_newest(typed, names);
        if (newest)
                return newest;
        for (; names && *names; names++)
                nearest_offer(&nearest, name_distance(typed, *names), *names);
        return nearest.word;
}

static bool is_file_here(const char *arg)
{
        return !strchr(arg, '/') && access(arg, F_OK) == 0;
}

static void add_advice(struct error *error, const char *before, const char *word, const char *after)
{
        _cleanup_free_ char *escaped = text_escape(word), *advice = NULL;

        if (escaped && asprintf(&advice, " (%s'%s'%s)", before, escaped, after) >= 0)
                error_suffix(error, advice);
}

static int list_names(struct client *client, char ***ret)
{
        const struct operation_request request = {};
        _cleanup_error_ struct error error = {};
        _cleanup_result_ struct result result = {};
        int r = backend_run(client, OPERATION_LIST, &request, &result, &error);

        for (size_t i = 0; i < result.images.n && r >= 0; i++)
                r = strv_append(ret, result.images.rows[i].name);
        return r;
}

/* Of the image and its extensions the first that there is none of. */
static void suggest_names(struct client *client, const char *image, struct error *error)
{
        _cleanup_strv_ char **names = NULL;
        const char *found = NULL;

        if ((!client->bus && !client->offline) || list_names(client, &names) < 0)
                return;
        if (!strchr(image, '/'))
                found = suggest_name(image, names);
        for (char **e = client->options->extensions; !found && e && *e; e++)
                if (!strchr(*e, '/'))
                        found = suggest_name(*e, names);
        if (found)
                add_advice(error, "did you mean ", found, "?");
}

static void suggest_file(const char *name, struct error *error)
{
        _cleanup_free_ char *path = path_join(".", name);

        if (path)
                add_advice(error, "did you mean the file ", path, "?");
}

void suggest_image(struct client *client, const char *image, const char *further, struct error *error)
{
        bool local = !options_is_remote(client->options);

        if (local && error->kind == ERROR_NO_SUCH_IMAGE && is_file_here(image))
                suggest_file(image, error);
        else if (error->kind == ERROR_NO_SUCH_IMAGE)
                suggest_names(client, image, error);
        else if (local && error->kind == ERROR_NO_MATCHING_UNIT_FILES && further &&
                 (strchr(further, '/') || string_ends_with(further, ".raw") || is_file_here(further)))
                add_advice(error, "", further, " counts as a prefix of units there, not as an image");
}
