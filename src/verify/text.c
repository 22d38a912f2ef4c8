/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verify/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/path.h"
#include "extract/extract.h"
#include "plan/kind.h"
#include "unitfile/command.h"
#include "unitfile/merged.h"
#include "unitfile/rule.h"
#include "verify/findings.h"
#include "verify/settings.h"

/* Counted of one setting; more are as wrong as these. */
#define COMMANDS_MAX 1024U

static const struct {
        enum finding_id id;
        bool shown; /* the line itself is worth showing */
        const char *what;
} fault_lines[] = {
        [TEXT_FAULT_NO_EQUALS] = {FOUND_LINE, true, "is neither section nor assignment nor comment"},
        [TEXT_FAULT_NO_KEY] = {FOUND_LINE, true, "is neither section nor assignment nor comment"},
        [TEXT_FAULT_NO_SECTION] = {FOUND_LINE, true, "is outside of any section"},
        [TEXT_FAULT_EMPTY_NAME] = {FOUND_SYNTAX, true,
                                   "is not a section, and managers from 262 on will not "
                                   "load the unit"},
        [TEXT_FAULT_NUL] = {FOUND_LINE, false, "has a NUL byte in it, which ends the line"},
        [TEXT_FAULT_HEADER] = {FOUND_SYNTAX, true,
                               "is not a section, and the service manager will not load "
                               "the unit"},
        [TEXT_FAULT_NOT_UTF8] = {FOUND_SYNTAX, true,
                                 "is not UTF-8, and the service manager will not load "
                                 "the unit"},
        [TEXT_FAULT_TOO_LONG] = {FOUND_SYNTAX, false,
                                 "is 1 MiB long or longer, and the service manager "
                                 "will not load the unit"},
};

static int check_faults(const struct unit_file *file, const struct unit_text *t, struct findings *f)
{
        const struct finding_place place = {.file = file};
        int r = 0;

        for (size_t i = 0; i < t->n_faults && r >= 0; i++) {
                const struct text_fault *fault = t->faults + i;
                bool shown = fault_lines[fault->kind].shown;

                r = findings_add(f, fault_lines[fault->kind].id, &place, "Line %u %s%s%.80s%s", fault->line,
                                 fault_lines[fault->kind].what, shown ? ": '" : "", shown ? fault->text : "",
                                 shown ? "'" : "");
        }
        return r;
}

static bool section_fits(const char *name, const char *section)
{
        return strcmp(section, "Unit") == 0 || strcmp(section, "Install") == 0 ||
               strcmp(section, unit_own_section(name)) == 0 || string_starts_with(section, "X-");
}

/* One that the manager ignores where it stands. */
static int tell_unknown(const struct finding_place *place, const struct unit_setting *a, struct findings *f)
{
        const char *own = unit_own_section(place->file->name), *section = settings_section_of(a->key, own);
        unsigned since = settings_since(a->section, a->key);
        _cleanup_free_ char *note = NULL;
        struct finding_place with = *place;

        if (section && strcmp(section, a->section) != 0) {
                with.object = section;
                return findings_add(f, FOUND_SETTING_MISPLACED, &with,
                                    "%s= means nothing in section [%s], it belongs to [%s] (line %u)",
                                    a->key, a->section, section, a->line);
        }
        if (asprintf(&note, ", it came with version %u", since) < 0) {
                note = NULL;
                return -ENOMEM;
        }
        return findings_add(f, FOUND_SETTING_UNKNOWN, place,
                            "The service manager does not know %s= in section [%s] (line %u)%s", a->key,
                            a->section, a->line, since ? note : "");
}

static int check_names(const struct unit_file *file, const struct unit_merged *u,
                       const struct settings *known, struct findings *f)
{
        const char *told = "";
        int r = 0;

        for (size_t i = 0; i < u->n && r >= 0; i++) {
                const struct unit_setting *a = u->items + i;
                const struct finding_place place = {.file = file, .setting = a};

                if (!section_fits(file->name, a->section)) {
                        if (strcmp(told, a->section) != 0)
                                r = findings_add(
                                        f, FOUND_SECTION, &place,
                                        "Section [%s] means nothing in a unit of this kind (line %u)",
                                        a->section, a->line);
                        told = a->section;
                } else if (!string_starts_with(a->key, "X-") && !string_starts_with(a->section, "X-") &&
                           !settings_know(known, a->section, a->key)) {
                        r = tell_unknown(&place, a, f);
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

/* Source: systemd.service(5), ExecStart=: without one there must be ExecStop= and RemainAfterExit=yes, or an
 * action for the end. */
static bool service_is_complete(const struct unit_merged *u)
{
        const struct unit_setting *type = unit_merged_get(u, "Service", "Type"),
                                  *action = unit_merged_get(u, "Unit", "SuccessAction");

        if (unit_merged_get(u, "Service", "ExecStart") || (action && strcmp(action->value, "none") != 0))
                return true;
        return unit_merged_get(u, "Service", "ExecStop") &&
               unit_merged_is_true(u, "Service", "RemainAfterExit", false) &&
               (!type || strcmp(type->value, "oneshot") == 0);
}

static int check_needs(const struct unit_file *file, const struct unit_merged *u, struct findings *f)
{
        static const struct {
                const char *section, *what;
                const char *keys[16];
        } needs[] = {
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
        const char *section = unit_own_section(file->name);
        const struct finding_place place = {.file = file};

        if (strcmp(section, "Service") == 0 && !service_is_complete(u))
                return findings_add(f, FOUND_NO_COMMAND, &place,
                                    "There is no ExecStart=, so there is nothing to start");
        for (size_t i = 0; i < ELEMENTSOF(needs); i++)
                if (strcmp(needs[i].section, section) == 0 && !has_any(u, section, needs[i].keys))
                        return findings_add(f, FOUND_NO_COMMAND, &place, "There is no %s", needs[i].what);
        return 0;
}

/* Only oneshot services may start several commands, and these may not be started again when all is well. */
static int check_starts(const struct unit_file *file, const struct unit_merged *u, struct findings *f)
{
        const struct unit_setting *type = unit_merged_get(u, "Service", "Type"), *s = NULL,
                                  *restart = unit_merged_get(u, "Service", "Restart");
        const struct finding_place place = {.file = file, .setting = restart};
        size_t n = 0;

        if (type && strcmp(type->value, "oneshot") == 0) {
                if (!restart ||
                    (strcmp(restart->value, "always") != 0 && strcmp(restart->value, "on-success") != 0))
                        return 0;
                return findings_add(f, FOUND_BAD_COMBINATION, &place,
                                    "Restart=%s does not go with Type=oneshot", restart->value);
        }
        while ((s = unit_merged_next(u, "Service", "ExecStart", s))) {
                _cleanup_unit_commands_ struct unit_commands commands = {};

                if (unit_commands_read(s->value, COMMANDS_MAX, &commands) < 0)
                        return -ENOMEM;
                n += commands.n;
        }
        if (n <= 1)
                return 0;
        return findings_add(f, FOUND_TOO_MANY_COMMANDS, &(struct finding_place){.file = file},
                            "There are %zu ExecStart=, and more than one is for Type=oneshot only", n);
}

int text_check(const struct unit_file *file, const struct unit_merged *u, const struct settings *known,
               struct findings *f)
{
        int r = check_faults(file, u->texts, f);

        if (r >= 0)
                r = check_names(file, u, known, f);
        if (r >= 0)
                r = check_needs(file, u, f);
        if (r >= 0)
                r = check_starts(file, u, f);
        for (size_t i = 0; i < ROOT_SETTING_MAX && r >= 0; i++) {
                const char *name = root_settings[i].name;
                const struct finding_place place = {.file = file,
                                                    .setting = unit_merged_get(u, "Service", name)};

                if (place.setting)
                        r = findings_add(f, FOUND_SETTING_REPLACED, &place,
                                         "It sets %s= itself, which attaching replaces", name);
        }
        return r;
}
