/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unitfile/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/path.h"

#define BLANKS " \t"
#define BOM    "\xef\xbb\xbf"

/* One line alone may not have as many bytes, several joined may. */
#define LINE_SIZE_MAX (1024U * 1024U)

void unit_text_clear(struct unit_text *t)
{
        free(t->items);
        free(t->buffer);
        *t = (struct unit_text){};
}

struct unit_parser {
        struct unit_text *t;
        const char *p, *end;
        char *to;            /* where the next logical line goes in the buffer */
        const char *section; /* NULL: none yet */
        size_t allocated;
        unsigned line;  /* lines begun */
        unsigned first; /* where the logical line began */
        bool bom;       /* a byte order mark was met */
        bool nul;       /* a NUL byte was */
};

static void add_fault(struct unit_parser *p, enum text_fault_kind kind, unsigned line, const char *text)
{
        struct unit_text *t = p->t;

        if (kind >= TEXT_FAULT_HEADER) {
                t->refused = true;
                if (t->n_faults == TEXT_FAULTS_MAX)
                        t->n_faults--;
        }
        if (t->n_faults < TEXT_FAULTS_MAX)
                t->faults[t->n_faults++] = (struct text_fault){.kind = kind, .line = line, .text = text};
}

/* A line ends with "\n" or "\r" or both, in either order, and a NUL behind them; or with a NUL alone. */
static const char *skip_line_end(struct unit_parser *p, const char *s)
{
        bool newline = false, carriage_return = false;

        for (; s < p->end; s++) {
                if (*s == '\n' && !newline)
                        newline = true;
                else if (*s == '\r' && !carriage_return)
                        carriage_return = true;
                else
                        break;
        }
        if (s < p->end && *s == '\0') {
                if (!p->nul)
                        add_fault(p, TEXT_FAULT_NUL, p->line, "");
                p->nul = true;
                s++;
        }
        return s;
}

/* The next physical line. False at the end. */
static bool next_line(struct unit_parser *p, const char **ret, size_t *ret_n)
{
        const char *s = p->p;

        if (s >= p->end)
                return false;
        p->line++;
        while (s < p->end && *s != '\n' && *s != '\r' && *s != '\0')
                s++;
        *ret = p->p;
        *ret_n = (size_t)(s - p->p);
        p->p = skip_line_end(p, s);
        return true;
}

static bool is_comment(const char *line, size_t n)
{
        while (n > 0 && strchr(BLANKS, *line))
                line++, n--;
        return n > 0 && (*line == '#' || *line == ';');
}

static bool goes_on(const char *line, size_t n)
{
        size_t backslashes = 0;

        while (backslashes < n && line[n - 1 - backslashes] == '\\')
                backslashes++;
        return backslashes % 2 == 1;
}

/* Joins physical lines to a logical one at p->to. False at the end, or if it is too long. */
static bool next_logical_line(struct unit_parser *p)
{
        bool any = false;
        const char *line;
        size_t size = 0, n;

        while (next_line(p, &line, &n)) {
                if (n >= LINE_SIZE_MAX) {
                        add_fault(p, TEXT_FAULT_TOO_LONG, p->line, "");
                        return false;
                }
                if (is_comment(line, n))
                        continue;
                if (!p->bom && n >= strlen(BOM) && memcmp(line, BOM, strlen(BOM)) == 0) {
                        p->bom = true;
                        line += strlen(BOM);
                        n -= strlen(BOM);
                }
                if (!any)
                        p->first = p->line;
                any = true;
                if (size + n > LINE_SIZE_MAX) {
                        add_fault(p, TEXT_FAULT_TOO_LONG, p->first, "");
                        return false;
                }
                memcpy(p->to + size, line, n);
                size += n;
                if (!goes_on(line, n))
                        break;
                p->to[size - 1] = ' ';
        }
        p->to[size] = '\0';
        return any;
}

static int take_section(struct unit_parser *p, char *line)
{
        size_t n = strlen(line);

        if (line[n - 1] != ']') {
                add_fault(p, TEXT_FAULT_HEADER, p->first, line);
                return 0;
        }
        if (n == 2)
                add_fault(p, TEXT_FAULT_EMPTY_NAME, p->first, "[]");
        line[n - 1] = '\0';
        p->section = line + 1;
        return 0;
}

static int take_assignment(struct unit_parser *p, char *line)
{
        char *equals = strchr(line, '=');
        struct unit_text *t = p->t;

        if (!p->section)
                return add_fault(p, TEXT_FAULT_NO_SECTION, p->first, line), 0;
        if (!equals)
                return add_fault(p, TEXT_FAULT_NO_EQUALS, p->first, line), 0;
        if (equals == line)
                return add_fault(p, TEXT_FAULT_NO_KEY, p->first, line), 0;
        if (t->n == p->allocated) {
                size_t want = p->allocated ? 2 * p->allocated : 32;
                struct unit_assignment *grown = reallocarray(t->items, want, sizeof(*grown));

                if (!grown)
                        return -ENOMEM;
                t->items = grown;
                p->allocated = want;
        }
        *equals = '\0';
        t->items[t->n++] = (struct unit_assignment){
                .section = p->section,
                .key = string_strip(line, BLANKS),
                .value = string_strip(equals + 1, BLANKS),
                .line = p->first,
        };
        return 0;
}

/* The logical line at p->to, which is kept if something points into it. */
static int take_line(struct unit_parser *p)
{
        char *end = p->to + strlen(p->to) + 1, *line = string_strip(p->to, BLANKS);

        if (!*line)
                return 0;
        p->to = end;
        if (!text_is_utf8(line))
                return add_fault(p, TEXT_FAULT_NOT_UTF8, p->first, line), 0;
        return *line == '[' ? take_section(p, line) : take_assignment(p, line);
}

int unit_text_read(const char *text, size_t size, struct unit_text *ret)
{
        /* Each line has room for its NUL where its end was, but for the last. */
        _cleanup_unit_text_ struct unit_text t = {.buffer = malloc(size + 2)};
        struct unit_parser p = {.t = &t, .p = text, .end = text + size, .to = t.buffer};

        if (!t.buffer)
                return -ENOMEM;
        while (!t.refused && next_logical_line(&p))
                if (take_line(&p) < 0)
                        return -ENOMEM;
        *ret = t;
        t = (struct unit_text){};
        return 0;
}
