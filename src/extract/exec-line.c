/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "extract/exec-line.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "basic/cleanup.h"
#include "basic/path.h"
#include "basic/strv.h"

#define BLANKS " \t\r\n"

static const char *const exec_settings[] = {
        "ExecStart",  "ExecStartPre", "ExecStartPost", "ExecCondition",
        "ExecReload", "ExecStop",     "ExecStopPost",
};

struct command {
        unsigned setting; /* index in exec_settings; 0 is ExecStart= */
        char *path;
};

struct exec_parser {
        const char *p, *end;
        struct command *commands; /* room for max */
        size_t n, max;
        bool start_only;
};

static void exec_parser_clear(struct exec_parser *s)
{
        for (size_t i = 0; i < s->n; i++)
                free(s->commands[i].path);
        free(s->commands);
}

/* One physical line without its newline; false at the end. */
static bool next_physical_line(struct exec_parser *s, const char **ret, size_t *ret_n)
{
        const char *newline;

        if (s->p >= s->end)
                return false;
        newline = memchr(s->p, '\n', (size_t)(s->end - s->p));
        *ret = s->p;
        *ret_n = (size_t)((newline ? newline : s->end) - s->p);
        s->p = newline ? newline + 1 : s->end;
        return true;
}

static bool is_comment(const char *line, size_t n)
{
        while (n > 0 && (*line == ' ' || *line == '\t')) {
                line++;
                n--;
        }
        return n > 0 && (*line == '#' || *line == ';');
}

/*
 * A line with its continuations joined, copied to buffer (which has room for the whole file): the backslash
 * becomes a blank, comments between are left out. False at the end.
 */
static bool next_line(struct exec_parser *s, char *buffer)
{
        bool any = false, more = true;
        size_t size = 0, n;
        const char *line;

        while (more && next_physical_line(s, &line, &n)) {
                if (is_comment(line, n)) {
                        more = any;
                        if (more)
                                continue;
                        n = 0;
                }
                any = true;
                more = n > 0 && line[n - 1] == '\\';
                memcpy(buffer + size, line, n);
                size += n;
                if (more)
                        buffer[size - 1] = ' ';
        }
        buffer[size] = '\0';
        return any;
}

static int unhex(char c)
{
        if (c >= '0' && c <= '9')
                return c - '0';
        if (c >= 'a' && c <= 'f')
                return c - 'a' + 10;
        if (c >= 'A' && c <= 'F')
                return c - 'A' + 10;
        return -1;
}

/* The character that the escape at p (behind its backslash) stands for, 0 if none that could be in a path of
 * ours; *p moves behind it. */
static char unescape(const char **p)
{
        static const char from[] = "\\\"'s;", to[] = "\\\"' ;";
        const char *s = *p, *known = *s ? strchr(from, *s) : NULL;

        if (known) {
                *p = s + 1;
                return to[known - from];
        }
        if (s[0] == 'x' && unhex(s[1]) >= 0 && unhex(s[2]) >= 0) {
                *p = s + 3;
                return (char)(unhex(s[1]) * 16 + unhex(s[2]));
        }
        return 0;
}

struct word {
        char *text; /* room for all that is left of the line */
        bool separator, good;
};

/* Reads the next word. False at the end of the line. */
static bool next_word(const char **p, struct word *w)
{
        const char *s = *p + strspn(*p, BLANKS), *start = s;
        char quote = 0, *out = w->text;

        if (*s == '\0')
                return false;
        w->good = true;
        while (*s && (quote || !strchr(BLANKS, *s))) {
                char c = *s++;

                if (c == '\\') {
                        c = unescape(&s);
                        w->good = w->good && c;
                        *out++ = c;
                } else if (quote ? c == quote : c == '"' || c == '\'') {
                        quote = (char)(quote ? 0 : c);
                } else {
                        *out++ = c;
                }
        }
        *out = '\0';
        w->good = w->good && !quote;
        w->separator = s - start == 1 && *start == ';';
        *p = s;
        return true;
}

/* The path in the first word of a command, in place; NULL if it is not for us to check. */
static char *command_path(char *word)
{
        char *out;

        for (; *word && strchr("@-:+!", *word); word++)
                if (*word == '-' || *word == '+')
                        return NULL;
        if (word[0] != '/' || strchr(word, '$') || !text_is_printable(word))
                return NULL;
        out = word;
        for (const char *s = word; *s; s++) {
                if (*s == '%' && *++s != '%')
                        return NULL;
                *out++ = *s;
        }
        *out = '\0';
        return word;
}

static int add_commands(struct exec_parser *s, unsigned setting, const char *value, char *scratch)
{
        struct word w = {.text = scratch};
        bool first = true;

        while (next_word(&value, &w)) {
                char *path = first && !w.separator && w.good ? command_path(w.text) : NULL;

                first = w.separator;
                if (!path || s->n == s->max)
                        continue;
                path = strdup(path);
                if (!path)
                        return -ENOMEM;
                s->commands[s->n++] = (struct command){.setting = setting, .path = path};
        }
        return 0;
}

/* An empty assignment takes back all earlier ones. */
static void reset_setting(struct exec_parser *s, unsigned setting)
{
        size_t n = 0;

        for (size_t i = 0; i < s->n; i++) {
                if (s->commands[i].setting == setting)
                        free(s->commands[i].path);
                else
                        s->commands[n++] = s->commands[i];
        }
        s->n = n;
}

static bool parse_boolean(const char *value)
{
        static const char *const words[] = {"1", "yes", "y", "true", "t", "on"};

        for (size_t i = 0; i < ELEMENTSOF(words); i++)
                if (strcasecmp(value, words[i]) == 0)
                        return true;
        return false;
}

static int add_line(struct exec_parser *s, char *line, char *scratch)
{
        char *equals = strchr(line, '='), *key, *value;

        if (!equals)
                return 0;
        *equals = '\0';
        key = string_strip(line, BLANKS);
        value = string_strip(equals + 1, BLANKS);
        if (strcmp(key, "RootDirectoryStartOnly") == 0)
                s->start_only = parse_boolean(value);
        for (unsigned i = 0; i < ELEMENTSOF(exec_settings); i++) {
                if (strcmp(key, exec_settings[i]) != 0)
                        continue;
                if (*value)
                        return add_commands(s, i, value, scratch);
                reset_setting(s, i);
        }
        return 0;
}

static int collect(const struct exec_parser *s, char ***ret)
{
        _cleanup_strv_ char **l = calloc(s->n + 1, sizeof(char *));
        size_t n = 0;

        if (!l)
                return -ENOMEM;
        for (size_t i = 0; i < s->n; i++) {
                if (s->start_only && s->commands[i].setting != 0)
                        continue;
                if (strv_contains(l, s->commands[i].path))
                        continue;
                l[n] = strdup(s->commands[i].path);
                if (!l[n++])
                        return -ENOMEM;
        }
        *ret = steal_pointer(l);
        return 0;
}

int exec_paths(const char *data, size_t size, size_t max, char ***ret)
{
        _cleanup_free_ char *line = malloc(size + 1), *scratch = malloc(size + 1);
        _cleanup_(exec_parser_clear) struct exec_parser s = {
                .p = data,
                .end = data + size,
                .commands = calloc(max + 1, sizeof(struct command)),
                .max = max,
        };
        bool in_service = false;

        if (!line || !scratch || !s.commands)
                return -ENOMEM;
        while (next_line(&s, line)) {
                char *text = string_strip(line, BLANKS);

                if (*text == '[')
                        in_service = strcmp(text, "[Service]") == 0;
                else if (in_service && add_line(&s, text, scratch) < 0)
                        return -ENOMEM;
        }
        return collect(&s, ret);
}
