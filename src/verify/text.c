/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verify/text.h"

#include <errno.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/path.h"
#include "plan/kind.h"
#include "unitfile/command.h"
#include "unitfile/merged.h"
#include "unitfile/rule.h"
#include "verify/findings.h"
#include "verify/settings.h"

/* Counted of one setting; more are as wrong as these. */
#define COMMANDS_MAX 1024U

static const struct {
        enum severity severity;
        bool shown; /* the line itself is worth showing */
        const char *what;
} fault_lines[] = {
        [TEXT_FAULT_NO_EQUALS] = {FINDING_WARNING, true, "is neither section nor assignment nor comment"},
        [TEXT_FAULT_NO_KEY] = {FINDING_WARNING, true, "is neither section nor assignment nor comment"},
        [TEXT_FAULT_NO_SECTION] = {FINDING_WARNING, true, "is outside of any section"},
        [TEXT_FAULT_EMPTY_NAME] = {FINDING_ERROR, true,
                                   "is not a section, and managers from 262 on will not "
                                   "load the unit"},
        [TEXT_FAULT_NUL] = {FINDING_WARNING, false, "has a NUL byte in it, which ends the line"},
        [TEXT_FAULT_HEADER] = {FINDING_ERROR, true,
                               "is not a section, and the service manager will not load "
                               "the unit"},
        [TEXT_FAULT_NOT_UTF8] = {FINDING_ERROR, true,
                                 "is not UTF-8, and the service manager will not load "
                                 "the unit"},
        [TEXT_FAULT_TOO_LONG] = {FINDING_ERROR, false,
                                 "is 1 MiB long or longer, and the service manager "
                                 "will not load the unit"},
};

static int check_faults(const char *name, const struct unit_text *t, struct findings *f)
{
        int r = 0;

        for (size_t i = 0; i < t->n_faults && r >= 0; i++) {
                const struct text_fault *fault = t->faults + i;
                bool shown = fault_lines[fault->kind].shown;

                r = findings_add(f, fault_lines[fault->kind].severity, name, "Line %u %s%s%.80s%s",
                                 fault->line, fault_lines[fault->kind].what, shown ? ": '" : "",
                                 shown ? fault->text : "", shown ? "'" : "");
        }
        return r;
}

static bool section_fits(const char *name, const char *section)
{
        return strcmp(section, "Unit") == 0 || strcmp(section, "Install") == 0 ||
               strcmp(section, unit_own_section(name)) == 0 || string_starts_with(section, "X-");
}

static int check_names(const char *name, const struct unit_merged *u, const struct settings *known,
                       struct findings *f)
{
        const char *told = "";
        int r = 0;

        for (size_t i = 0; i < u->n && r >= 0; i++) {
                const struct unit_setting *a = u->items + i;

                if (!section_fits(name, a->section)) {
                        if (strcmp(told, a->section) != 0)
                                r = findings_add(
                                        f, FINDING_WARNING, name,
                                        "Section [%s] means nothing in a unit of this kind (line %u)",
                                        a->section, a->line);
                        told = a->section;
                } else if (!string_starts_with(a->key, "X-") && !settings_know(known, a->section, a->key)) {
                        r = findings_add(f, FINDING_WARNING, name,
                                         "The service manager does not know %s= in section [%s] (line %u)",
                                         a->key, a->section, a->line);
                }
        }
        return r;
}

/* True if any of the keys is set, to something. */
static bool has_any(const struct unit_merged *u, const char *section, const char *const *keys)
{
        for (; *keys; keys++)
                if (unit_merged_get(u, section, *keys))
                        return true;
        return false;
}

static int check_needs(const char *name, const struct unit_merged *u, struct findings *f)
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
        const char *section = unit_own_section(name);

        for (size_t i = 0; i < ELEMENTSOF(needs); i++)
                if (strcmp(needs[i].section, section) == 0 && !has_any(u, section, needs[i].keys))
                        return findings_add(f, FINDING_ERROR, name, "There is no %s", needs[i].what);
        return 0;
}

/* Only oneshot services may start several commands. */
static int check_starts(const char *name, const struct unit_merged *u, struct findings *f)
{
        const struct unit_setting *type = unit_merged_get(u, "Service", "Type"), *s = NULL;
        size_t n = 0;

        if (type && strcmp(type->value, "oneshot") == 0)
                return 0;
        while ((s = unit_merged_next(u, "Service", "ExecStart", s))) {
                _cleanup_unit_commands_ struct unit_commands commands = {};

                if (unit_commands_read(s->value, COMMANDS_MAX, &commands) < 0)
                        return -ENOMEM;
                n += commands.n;
        }
        if (n <= 1)
                return 0;
        return findings_add(f, FINDING_ERROR, name,
                            "There are %zu ExecStart=, and more than one is for Type=oneshot only", n);
}

int text_check(const char *name, const struct unit_merged *u, const struct settings *known,
               struct findings *f)
{
        int r = check_faults(name, u->texts, f);

        if (r >= 0)
                r = check_names(name, u, known, f);
        if (r >= 0)
                r = check_needs(name, u, f);
        if (r >= 0)
                r = check_starts(name, u, f);
        for (size_t i = 0; i < ROOT_SETTING_MAX && r >= 0; i++)
                if (unit_merged_get(u, "Service", root_settings[i].name))
                        r = findings_add(f, FINDING_WARNING, name,
                                         "It sets %s= itself, which attaching replaces",
                                         root_settings[i].name);
        return r;
}
