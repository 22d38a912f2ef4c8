/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "attached/index.h"
#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "manager/list.h"
#include "operation/check.h"
#include "operation/names.h"
#include "operation/operation.h"
#include "operation/prepare.h"
#include "unitfile/dropin.h"
#include "unitfile/merged.h"
#include "unitfile/rule.h"
#include "verify/checks.h"
#include "verify/findings.h"
#include "verify/text.h"
#include "wire/names.h"

struct unit_checks {
        struct operation *o;
        const struct prepared *p;
        const struct settings *known;
        struct findings *f;
};

static bool is_in_image(const struct prepared *p, const char *name)
{
        for (size_t i = 0; i < p->layers.n; i++)
                if (metadata_get_alias(p->layers.items[i].metadata, name))
                        return true;
        for (size_t i = 0; i < p->n_units; i++)
                if (strcmp(p->units[i].file->name, name) == 0)
                        return true;
        return false;
}

/* In the image, or on the host: then the check that it is absent fails. */
static bool exists(const struct unit_checks *c, const char *name)
{
        _cleanup_free_ char *template = NULL;

        return is_in_image(c->p, name) || operation_check_unit_absent(c->o, name, NULL, NULL) < 0 ||
               (unit_name_get_template(name, &template) >= 0 && template && exists(c, template));
}

/* The unit that a socket, timer or path starts. NULL if it starts none, or if out of memory. */
static char *triggered_unit(const char *unit, const struct unit_merged *u)
{
        const char *section = unit_own_section(unit), *dot = strrchr(unit, '.');
        const struct unit_setting *named;
        bool template;
        char *r;

        if (!*section || strcmp(section, "Service") == 0)
                return NULL;
        named = unit_merged_get(u, section, strcmp(section, "Socket") == 0 ? "Service" : "Unit");
        if (named)
                return strdup(named->value);
        template = unit_merged_is_true(u, "Socket", "Accept", false) && !strchr(unit, '@');
        if (asprintf(&r, "%.*s%s.service", (int)(dot - unit), unit, template ? "@" : "") < 0)
                return NULL;
        return r;
}

static int check_triggered(const struct unit_checks *c, const struct unit_file *file,
                           const struct unit_merged *u)
{
        const struct finding_place place = {.file = file};
        _cleanup_free_ char *name = triggered_unit(file->name, u);

        if (!name || strchr(name, '%') || exists(c, name))
                return 0;
        return findings_add(
                c->f, FOUND_TRIGGER, &place,
                "It starts '%s', which is neither among the units attached with it nor on the host", name);
}

/* Only kinds of units that need a file. */
static bool is_required_file(const char *name)
{
        static const char *const suffixes[] = {".service", ".socket", ".target", ".timer", ".path"};

        for (size_t i = 0; i < ELEMENTSOF(suffixes); i++)
                if (string_ends_with(name, suffixes[i]))
                        return !strchr(name, '%') && unit_name_is_valid(name);
        return false;
}

static int check_required_in(const struct unit_checks *c, const struct unit_file *file,
                             const struct unit_setting *s)
{
        _cleanup_strv_ char **words = NULL;

        if (strv_split(s->value, " \t", &words) < 0)
                return -ENOMEM;
        for (char **w = words; w && *w; w++) {
                const struct finding_place place = {.file = file, .setting = s, .object = *w};

                if (is_required_file(*w) && !exists(c, *w) &&
                    findings_add(c->f, FOUND_DEPENDENCY, &place,
                                 "It requires '%s', which is neither among the units attached with it nor "
                                 "on the host",
                                 *w) < 0)
                        return -ENOMEM;
        }
        return 0;
}

static int check_required(const struct unit_checks *c, const struct unit_file *file,
                          const struct unit_merged *u)
{
        static const char *const keys[] = {"Requires", "Requisite", "BindsTo"};

        for (size_t i = 0; i < ELEMENTSOF(keys); i++)
                for (const struct unit_setting *s = NULL; (s = unit_merged_next(u, "Unit", keys[i], s));)
                        if (check_required_in(c, file, s) < 0)
                                return -ENOMEM;
        return 0;
}

static int check_one(const struct unit_checks *c, const struct unit_file *file)
{
        const struct unit_source source = {file->content, file->size};
        _cleanup_unit_merged_ struct unit_merged u = {};
        _cleanup_error_ struct error e = {};
        int r = 0;

        if (unit_name_check_reach(file->name, &e) < 0)
                r = findings_add(c->f, FOUND_UNIT_NAME, &(struct finding_place){.file = file}, "%s",
                                 error_message(&e));
        if (r >= 0)
                r = unit_merged_read(&source, 1, &u);
        if (r >= 0)
                r = text_check(file, &u, c->known, c->f);
        if (r >= 0)
                r = check_triggered(c, file, &u);
        return r < 0 ? r : check_required(c, file, &u);
}

/* Names that the host has, unless from this image or another version of it: then a reattach is due. */
static int check_conflicts(const struct unit_checks *c, const struct operation_request *request,
                           struct error *error)
{
        _cleanup_attached_index_ struct attached_index index = {};
        bool runtime = request->flags & PORTABLE_RUNTIME;
        const char *directory = operation_attach_directory(c->o, runtime);
        _cleanup_name_set_ struct name_set *names = NULL;
        _cleanup_error_ struct error none = {};
        _cleanup_unit_selection_ struct unit_selection found = {.index = &index};
        int r;

        r = attached_index_read(c->o->root_fd, c->o->layout, &index, error);
        if (r < 0)
                return r;
        r = operation_find_attached(c->o, &index, request, runtime, &found, &none);
        if (r < 0 && none.kind != ERROR_NO_SUCH_UNIT) {
                error_move(error, &none);
                return r;
        }
        r = operation_get_own_names(c->p, &found, &names) < 0 ? error_set_oom(error) : 0;
        for (size_t i = 0; i < c->p->n_units && r >= 0; i++) {
                const char *name = c->p->units[i].file->name;
                _cleanup_error_ struct error e = {};

                if (unit_selection_has_name(&found, NULL, name) ||
                    (operation_check_unit_absent(c->o, name, NULL, &e) >= 0 &&
                     operation_check_kin(c->o, name, names, directory, &e) >= 0))
                        continue;
                if (findings_add(c->f, FOUND_CONFLICT, &(struct finding_place){.unit = name}, "%s",
                                 error_message(&e)) < 0)
                        r = error_set_oom(error);
        }
        return r;
}

int check_units(struct operation *o, const struct operation_request *request, const struct prepared *p,
                const struct settings *known, struct findings *f, struct error *error)
{
        const struct unit_checks c = {.o = o, .p = p, .known = known, .f = f};

        for (size_t i = 0; i < p->n_units; i++)
                if (check_one(&c, p->units[i].file) < 0)
                        return error_set_oom(error);
        return request->flags & PORTABLE_FORCE_ATTACH ? 0 : check_conflicts(&c, request, error);
}
