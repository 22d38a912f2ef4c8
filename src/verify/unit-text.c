/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verify/unit-text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/path.h"
#include "verify/findings.h"
#include "verify/settings.h"

#define BLANKS " \t\r"

void unit_text_clear(struct unit_text *u)
{
        for (size_t i = 0; i < u->n; i++) {
                free(u->items[i].section);
                free(u->items[i].key);
                free(u->items[i].value);
        }
        free(u->items);
        *u = (struct unit_text){};
}

/* Without the blanks around it; allocated. */
static char *trimmed(const char *s, size_t n)
{
        while (n > 0 && strchr(BLANKS, s[0]))
                s++, n--;
        while (n > 0 && strchr(BLANKS, s[n - 1]))
                n--;
        return strndup(s, n);
}

struct parser {
        struct unit_text *u;
        struct findings *f;
        char *section; /* NULL: none yet, or one that can't be understood */
        bool strange;
};

static int take_section(struct parser *p, const char *line, unsigned number)
{
        size_t n = strlen(line);

        free(p->section);
        p->section = NULL;
        p->strange = n < 3 || line[n - 1] != ']';
        if (p->strange)
                return findings_add(p->f, FINDING_WARNING, p->u->name, "Line %u is no section: '%s'", number,
                                    line);
        p->section = strndup(line + 1, n - 2);
        return p->section ? 0 : -ENOMEM;
}

static int take_assignment(struct parser *p, const char *line, unsigned number)
{
        const char *equals = strchr(line, '=');
        struct unit_assignment *grown;

        if (!equals || equals == line)
                return findings_add(p->f, FINDING_WARNING, p->u->name,
                                    "Line %u is neither section nor assignment nor comment: '%.80s'", number,
                                    line);
        if (!p->section)
                return p->strange ? 0
                                  : findings_add(p->f, FINDING_WARNING, p->u->name,
                                                 "Line %u is outside of any section: '%.80s'", number, line);
        grown = reallocarray(p->u->items, p->u->n + 1, sizeof(*grown));
        if (!grown)
                return -ENOMEM;
        p->u->items = grown;
        grown += p->u->n++;
        *grown = (struct unit_assignment){
                .section = strdup(p->section),
                .key = trimmed(line, (size_t)(equals - line)),
                .value = trimmed(equals + 1, strlen(equals + 1)),
                .line = number,
        };
        return grown->section && grown->key && grown->value ? 0 : -ENOMEM;
}

static int take_line(struct parser *p, const char *line, unsigned number)
{
        _cleanup_free_ char *s = trimmed(line, strlen(line));

        if (!s)
                return -ENOMEM;
        if (!*s)
                return 0;
        return *s == '[' ? take_section(p, s, number) : take_assignment(p, s, number);
}

static bool is_comment(const char *line)
{
        line += strspn(line, BLANKS);
        return *line == '#' || *line == ';';
}

/* Lines that end in a backslash go on, over comments between. text is cut up. */
static int parse_lines(struct parser *p, char *text)
{
        _cleanup_free_ char *joined = calloc(strlen(text) + 2, 1);
        unsigned number = 0, first = 0;
        char *next, *end = joined;
        int r = 0;

        if (!joined)
                return -ENOMEM;
        for (char *line = text; line && r >= 0; line = next) {
                size_t n;

                next = strchr(line, '\n');
                if (next)
                        *next++ = '\0';
                number++;
                if (is_comment(line))
                        continue;
                if (end == joined)
                        first = number;
                n = strlen(line);
                memcpy(end, line, n + 1);
                end += n;
                if (n > 0 && end[-1] == '\\' && next) {
                        end[-1] = ' ';
                        continue;
                }
                r = take_line(p, joined, first);
                end = joined;
        }
        if (r >= 0 && end != joined)
                r = take_line(p, joined, first);
        return r;
}

int unit_text_parse(const char *name, const char *text, size_t size, struct unit_text *ret,
                    struct findings *f)
{
        _cleanup_unit_text_ struct unit_text u = {.name = name};
        _cleanup_free_ char *copy = strndup(text, size);
        struct parser p = {.u = &u, .f = f};
        int r = copy ? 0 : -ENOMEM;

        if (r >= 0 && strlen(copy) < size)
                r = findings_add(f, FINDING_ERROR, name, "The file has a NUL byte in it");
        if (r >= 0)
                r = parse_lines(&p, copy);
        free(p.section);
        if (r < 0)
                return r;
        *ret = u;
        u = (struct unit_text){};
        return 0;
}

const char *unit_text_own_section(const char *name)
{
        static const char *const sections[][2] = {
                {".service", "Service"}, {".socket", "Socket"}, {".timer", "Timer"}, {".path", "Path"}};

        for (size_t i = 0; i < ELEMENTSOF(sections); i++)
                if (string_ends_with(name, sections[i][0]))
                        return sections[i][1];
        return "";
}

const char *unit_text_get(const struct unit_text *u, const char *section, const char *key)
{
        for (size_t i = u->n; i-- > 0;)
                if (strcmp(u->items[i].section, section) == 0 && strcmp(u->items[i].key, key) == 0)
                        return *u->items[i].value ? u->items[i].value : NULL;
        return NULL;
}

static bool section_fits(const char *name, const char *section)
{
        return strcmp(section, "Unit") == 0 || strcmp(section, "Install") == 0 ||
               strcmp(section, unit_text_own_section(name)) == 0 || string_starts_with(section, "X-");
}

static int check_names(const struct unit_text *u, const struct settings *known, struct findings *f)
{
        const char *told = "";
        int r = 0;

        for (size_t i = 0; i < u->n && r >= 0; i++) {
                const struct unit_assignment *a = &u->items[i];

                if (!section_fits(u->name, a->section)) {
                        if (strcmp(told, a->section) != 0)
                                r = findings_add(
                                        f, FINDING_WARNING, u->name,
                                        "Section [%s] means nothing in a unit of this kind (line %u)",
                                        a->section, a->line);
                        told = a->section;
                } else if (!string_starts_with(a->key, "X-") && !settings_know(known, a->section, a->key)) {
                        r = findings_add(f, FINDING_WARNING, u->name,
                                         "The service manager does not know %s= in section [%s] (line %u)",
                                         a->key, a->section, a->line);
                }
        }
        return r;
}

/* True if any of the keys is set, to something. */
static bool has_any(const struct unit_text *u, const char *section, const char *const *keys)
{
        for (; *keys; keys++)
                if (unit_text_get(u, section, *keys))
                        return true;
        return false;
}

static int check_needs(const struct unit_text *u, struct findings *f)
{
        static const struct {
                const char *section, *what;
                const char *keys[16];
        } needs[] = {
                {"Service",
                 "ExecStart=, so there is nothing to start",
                 {"ExecStart", "ExecStop", "SuccessAction"}},
                {"Socket",
                 "ListenStream= or the like, so there is nothing to listen on",
                 {"ListenStream", "ListenDatagram", "ListenSequentialPacket", "ListenFIFO", "ListenSpecial",
                  "ListenNetlink", "ListenMessageQueue", "ListenUSBFunction"}},
                {"Timer",
                 "OnCalendar= or the like, so it never elapses",
                 {"OnActiveSec", "OnBootSec", "OnStartupSec", "OnUnitActiveSec", "OnUnitInactiveSec",
                  "OnCalendar", "OnClockChange", "OnTimezoneChange"}},
                {"Path",
                 "PathExists= or the like, so there is nothing to watch",
                 {"PathExists", "PathExistsGlob", "PathChanged", "PathModified", "DirectoryNotEmpty"}},
        };
        const char *section = unit_text_own_section(u->name);

        for (size_t i = 0; i < ELEMENTSOF(needs); i++)
                if (strcmp(needs[i].section, section) == 0 && !has_any(u, section, needs[i].keys))
                        return findings_add(f, FINDING_ERROR, u->name, "There is no %s", needs[i].what);
        return 0;
}

/* Only oneshot services may start several commands. An empty assignment takes back those before. */
static int check_starts(const struct unit_text *u, struct findings *f)
{
        const char *type = unit_text_get(u, "Service", "Type");
        size_t n = 0;

        for (size_t i = 0; i < u->n; i++)
                if (strcmp(u->items[i].section, "Service") == 0 && strcmp(u->items[i].key, "ExecStart") == 0)
                        n = *u->items[i].value ? n + 1 : 0;
        if (n <= 1 || (type && strcmp(type, "oneshot") == 0))
                return 0;
        return findings_add(f, FINDING_ERROR, u->name,
                            "There are %zu ExecStart=, and more than one is for Type=oneshot only", n);
}

int unit_text_check(const struct unit_text *u, const struct settings *known, struct findings *f)
{
        static const char *const ours[] = {"RootDirectory", "RootImage"};
        int r = check_names(u, known, f);

        if (r >= 0)
                r = check_needs(u, f);
        if (r >= 0)
                r = check_starts(u, f);
        for (size_t i = 0; i < ELEMENTSOF(ours) && r >= 0; i++)
                if (unit_text_get(u, "Service", ours[i]))
                        r = findings_add(f, FINDING_WARNING, u->name,
                                         "It sets %s= itself, which attaching replaces or contradicts",
                                         ours[i]);
        return r;
}
