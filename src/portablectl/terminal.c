/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portablectl/terminal.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/path.h"
#include "basic/text.h"

#define COLOUR_ERROR "\033[1;31m"
#define COLOUR_OFF   "\033[0m"

/* A system without any locale setting shows UTF-8, as other systemd tools assume; one that asks for C does
 * not.
 */
static bool locale_is_utf8(void)
{
        static const char *const variables[] = {"LC_ALL", "LC_CTYPE", "LANG"};
        const char *locale = setlocale(LC_CTYPE, NULL);

        if (strcmp(nl_langinfo(CODESET), "UTF-8") == 0)
                return true;
        if (!locale || (strcmp(locale, "C") != 0 && strcmp(locale, "POSIX") != 0))
                return false;
        for (size_t i = 0; i < ELEMENTSOF(variables); i++) {
                const char *value = getenv(variables[i]);

                if (!value || !*value)
                        continue;
                /* A locale that is not installed leaves C in force, but says what the terminal has. */
                return strcasestr(value, "UTF-8") || strcasestr(value, "UTF8");
        }
        return true;
}

static bool colours_wanted(int fd)
{
        const char *term = getenv("TERM"), *setting = getenv("SYSTEMD_COLORS"),
                   *no_color = getenv("NO_COLOR");

        if (setting && *setting) {
                int r = text_to_boolean(setting);

                if (r >= 0)
                        return r > 0;
                if (strcmp(setting, "16") == 0 || strcmp(setting, "256") == 0 ||
                    strcmp(setting, "24bit") == 0)
                        return true;
        }
        if (no_color && *no_color)
                return false;
        if (!isatty(fd))
                return false;
        return term && *term && strcmp(term, "dumb") != 0;
}

/* What the environment says goes before what the terminal says; where neither does it is the usual one. */
static unsigned find_size(const char *variable, unsigned seen, unsigned usual)
{
        const char *value = getenv(variable);
        unsigned long n = value ? strtoul(value, NULL, 10) : 0;

        return n > 0 && n < UINT16_MAX ? (unsigned)n : seen > 0 ? seen : usual;
}

void terminal_detect(struct terminal *ret)
{
        const char *term = getenv("TERM");
        struct winsize size = {};

        *ret = (struct terminal){
                .utf8 = locale_is_utf8(),
                .colours = colours_wanted(STDOUT_FILENO),
                .colours_errors = colours_wanted(STDERR_FILENO),
                .shown = isatty(STDOUT_FILENO),
                .errors_shown = isatty(STDERR_FILENO),
                .dumb = !term || strcmp(term, "dumb") == 0,
        };
        if (!ret->shown)
                return;
        (void)ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
        ret->columns = find_size("COLUMNS", size.ws_col, 80);
        ret->lines = find_size("LINES", size.ws_row, 24);
}

void terminal_error(const struct terminal *t, const char *text)
{
        _cleanup_free_ char *escaped = text_escape(text);

        fflush(stdout);
        fprintf(stderr, "%s%s%s\n", t->colours_errors ? COLOUR_ERROR : "",
                escaped ? escaped : "Out of memory", t->colours_errors ? COLOUR_OFF : "");
}

void terminal_note(const char *format, ...)
{
        va_list ap;

        va_start(ap, format);
        vfprintf(stderr, format, ap);
        va_end(ap);
        fputc('\n', stderr);
}

const char *terminal_arrow(const struct terminal *t)
{
        return t->utf8 ? "→" : "->";
}

void terminal_content(const struct terminal *t, const char *data, size_t size)
{
        if (!t->shown) {
                fwrite(data, 1, size, stdout);
                return;
        }
        while (size > 0) {
                size_t n = strcspn(data, "\n\t") < size ? strcspn(data, "\n\t") : size;
                _cleanup_free_ char *part = strndup(data, n), *escaped = part ? text_escape(part) : NULL;

                if (escaped)
                        fputs(escaped, stdout);
                data += n;
                size -= n;
                if (size > 0) {
                        fputc(*data ? *data : ' ', stdout);
                        data++;
                        size--;
                }
        }
}
