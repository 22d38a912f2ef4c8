/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verify/findings.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/path.h"
#include "extract/extract.h"
#include "unitfile/merged.h"

const struct finding_kind finding_kinds[FOUND_MAX] = {
        [FOUND_REFUSED] = {"refused", FINDING_ERROR, NULL, NULL},
        [FOUND_MANAGER] = {"manager", FINDING_ERROR, NULL, NULL},
        [FOUND_PROTECTION] = {"protection", FINDING_WARNING, NULL, NULL},
        [FOUND_LAYER_MISSING] = {"layer-missing", FINDING_ERROR, "let the link lead to what is there",
                                 "put there what the link leads to"},
        [FOUND_LAYER_WRITABLE] = {"layer-writable", FINDING_WARNING, "add an empty directory rw", NULL},
        [FOUND_LAYER_OVERLAY] = {"layer-overlay", FINDING_ERROR, "leave rw out",
                                 "put the image on a file system that is not an overlay"},
        [FOUND_LAYER_DISK] = {"layer-disk", FINDING_ERROR, "unpack it into a directory", NULL},
        [FOUND_LAYER_POINT] = {"layer-point", FINDING_ERROR, "make an empty directory there in a layer",
                               NULL},
        [FOUND_LAYER_LINK] = {"layer-link", FINDING_ERROR, "put the disk image itself in its place", NULL},
        [FOUND_PROFILE] = {"profile", FINDING_ERROR, NULL, NULL},
        [FOUND_PREFIX] = {"prefix", FINDING_WARNING, "name the image after the prefix of its units", NULL},
        [FOUND_ALIAS] = {"alias", FINDING_WARNING, NULL, NULL},
        [FOUND_UNIT_NAME] = {"unit-name", FINDING_ERROR, "give the unit another name", NULL},
        [FOUND_CONFLICT] = {"conflict", FINDING_ERROR, NULL,
                            "remove the other unit, or attach with --force"},
        [FOUND_LAYERED] = {"layered", FINDING_WARNING, NULL, NULL},
        [FOUND_REACH] = {"reach", FINDING_WARNING, NULL, NULL},
        [FOUND_SYNTAX] = {"syntax", FINDING_ERROR, "correct the line", NULL},
        [FOUND_LINE] = {"line", FINDING_WARNING, "correct or remove the line", NULL},
        [FOUND_SECTION] = {"section", FINDING_WARNING, "remove the section", NULL},
        [FOUND_SETTING_UNKNOWN] = {"setting-unknown", FINDING_WARNING, NULL, NULL},
        [FOUND_SETTING_MISPLACED] = {"setting-misplaced", FINDING_WARNING, "move it to section %s", NULL},
        [FOUND_SETTING_REPLACED] = {"setting-replaced", FINDING_WARNING, "remove the setting", NULL},
        [FOUND_NO_COMMAND] = {"no-command", FINDING_ERROR, "add one", NULL},
        [FOUND_TOO_MANY_COMMANDS] = {"too-many-commands", FINDING_ERROR, "leave one, or set Type=oneshot",
                                     NULL},
        [FOUND_BAD_COMMAND] = {"bad-command", FINDING_ERROR, "correct the command", NULL},
        [FOUND_BAD_COMBINATION] = {"bad-combination", FINDING_ERROR, "change one of the two", NULL},
        [FOUND_TRIGGER] = {"trigger", FINDING_ERROR, "add that unit, under a prefix that is attached", NULL},
        [FOUND_DEPENDENCY] = {"dependency", FINDING_ERROR, "say Wants= in its place, or add that unit",
                              "install what brings '%s'"},
        [FOUND_PROGRAM] = {"program", FINDING_ERROR, "add it, or correct the command", NULL},
        [FOUND_PROGRAM_LATER] = {"program-later", FINDING_WARNING, "add it, or correct the command", NULL},
        [FOUND_PROGRAM_UNSURE] = {"program-unsure", FINDING_WARNING, "add it, or correct the command", NULL},
        [FOUND_INTERPRETER] = {"interpreter", FINDING_ERROR,
                               "add '%s' and the libraries that go with it, or link the program statically",
                               NULL},
        [FOUND_MOUNT_POINT] = {"mount-point", FINDING_ERROR, "make an empty %s",
                               "attach under a profile that does not mount it"},
        [FOUND_DIRECTORY_POINT] = {"directory-point", FINDING_ERROR, "make an empty %s",
                                   "attach an unpacked, writable copy of the image"},
        [FOUND_BIND_POINT] = {"bind-point", FINDING_ERROR, "make an empty %s",
                              "attach an unpacked, writable copy of the image"},
        [FOUND_BIND_SOURCE] = {"bind-source", FINDING_ERROR, "put '-' before the path if it can do without",
                               "make %s"},
        [FOUND_TMPFS_POINT] = {"tmpfs-point", FINDING_ERROR, "make an empty %s",
                               "attach an unpacked, writable copy of the image"},
        [FOUND_OTHER_PROFILE] = {"other-profile", FINDING_WARNING, "make an empty %s", NULL},
        [FOUND_PATH_MISSING] = {"path-missing", FINDING_ERROR, "make %s, or put '-' before the path", NULL},
        [FOUND_HIDDEN_DIRECTORY] = {"hidden-directory", FINDING_WARNING,
                                    "put what is in %s elsewhere, as below /usr/share",
                                    "copy what is in %s of the image to that of the host"},
        [FOUND_WORKING_DIRECTORY] = {"working-directory", FINDING_ERROR,
                                     "make %s, or put '-' before the path", NULL},
        [FOUND_ROOT_CLOSED] = {"root-closed", FINDING_ERROR,
                               "chmod 0755 the root directory before the image is made", NULL},
        [FOUND_ENVIRONMENT_FILE] = {"environment-file", FINDING_ERROR,
                                    "put '-' before the path if it can do without", "make %s"},
        [FOUND_CREDENTIAL] = {"credential", FINDING_ERROR, "give a default with SetCredential=", "make %s"},
        [FOUND_USER] = {"user", FINDING_ERROR, "set DynamicUser=yes",
                        "make user '%s', or attach under a profile with DynamicUser=yes"},
        [FOUND_GROUP] = {"group", FINDING_ERROR, "remove the setting, or set DynamicUser=yes",
                         "make group '%s'"},
        [FOUND_CONDITION] = {"condition", FINDING_WARNING, NULL, NULL},
        [FOUND_ASSERT] = {"assert", FINDING_ERROR, NULL, NULL},
        [FOUND_BUS_NAME] = {"bus-name", FINDING_ERROR, "set BusName=, or another Type=", NULL},
        [FOUND_BUS_POLICY] = {"bus-policy", FINDING_ERROR, NULL,
                              "put a policy that lets it own '%s' into /etc/dbus-1/system.d"},
        [FOUND_USER_SCOPE] = {"user-scope", FINDING_ERROR, "remove the setting",
                              "attach the image for the system"},
        [FOUND_USER_SCOPE_UNSURE] = {"user-scope-unsure", FINDING_WARNING, "remove the setting",
                                     "attach the image for the system"},
        [FOUND_IGNORED] = {"ignored", FINDING_NOTE, NULL, NULL},
};

void findings_clear(struct findings *f)
{
        for (size_t i = 0; i < f->n; i++) {
                free(f->items[i].unit);
                free(f->items[i].file);
                free(f->items[i].setting);
                free(f->items[i].text);
                free(f->items[i].in_image);
                free(f->items[i].on_host);
        }
        free(f->items);
        *f = (struct findings){};
}

static bool is_told(const struct findings *f, const struct finding *one)
{
        for (size_t i = 0; i < f->n; i++)
                if (strcmp(f->items[i].text, one->text) == 0 &&
                    strcmp(f->items[i].unit ?: "", one->unit ?: "") == 0)
                        return true;
        return false;
}

/* The remedy with its object in place; *ret is NULL for none. */
static int fill_remedy(const char *pattern, const char *object, char **ret)
{
        const char *gap = pattern ? strstr(pattern, "%s") : NULL;
        _cleanup_free_ char *line = NULL;

        if (!pattern || (gap && !object))
                return 0;
        if (asprintf(&line, "%.*s%s%s", (int)(gap ? (size_t)(gap - pattern) : strlen(pattern)), pattern,
                     gap ? object : "", gap ? gap + 2 : "") < 0) {
                line = NULL;
                return -ENOMEM;
        }
        *ret = text_escape(line);
        return *ret ? 0 : -ENOMEM;
}

static int fill_place(struct finding *one, const struct finding_place *place)
{
        const char *unit = place->file ? place->file->name : place->unit;
        _cleanup_free_ char *setting = NULL;

        if (unit && !(one->unit = strdup(unit)))
                return -ENOMEM;
        if (place->setting) {
                if (asprintf(&setting, "%s=%s", place->setting->key, place->setting->value) < 0) {
                        setting = NULL;
                        return -ENOMEM;
                }
                one->setting = text_escape(setting);
                if (!one->setting)
                        return -ENOMEM;
        }
        /* Source 0 is the unit file; what stands in the profile has no line in the image. */
        if (place->file && (!place->setting || place->setting->source == 0)) {
                one->file = strdup(place->file->path);
                one->line = place->setting ? place->setting->line : 0;
                if (!one->file)
                        return -ENOMEM;
        }
        return 0;
}

static int append(struct findings *f, struct finding *one)
{
        struct finding *grown;

        if (f->n >= FINDINGS_MAX || is_told(f, one))
                return 0;
        grown = reallocarray(f->items, f->n + 1, sizeof(*grown));
        if (!grown)
                return -ENOMEM;
        f->items = grown;
        f->items[f->n++] = *one;
        *one = (struct finding){};
        return 0;
}

int findings_add(struct findings *f, enum finding_id id, const struct finding_place *place,
                 const char *format, ...)
{
        struct finding *one = calloc(1, sizeof(*one));
        _cleanup_findings_ struct findings hold = {.items = one, .n = one ? 1 : 0};
        _cleanup_free_ char *line = NULL;
        va_list ap;
        int r;

        if (!one)
                return -ENOMEM;
        one->id = id;
        va_start(ap, format);
        r = vasprintf(&line, format, ap);
        va_end(ap);
        if (r < 0) {
                line = NULL;
                return -ENOMEM;
        }
        one->text = text_escape(line);
        if (!one->text || (place && fill_place(one, place) < 0) ||
            fill_remedy(finding_kinds[id].in_image, place ? place->object : NULL, &one->in_image) < 0 ||
            fill_remedy(finding_kinds[id].on_host, place ? place->object : NULL, &one->on_host) < 0)
                return -ENOMEM;
        return append(f, one);
}

enum severity finding_severity(const struct finding *finding)
{
        return finding_kinds[finding->id].severity;
}

const char *severity_to_string(enum severity severity)
{
        return severity == FINDING_ERROR ? "error" : severity == FINDING_WARNING ? "warning" : "note";
}

size_t findings_count(const struct findings *f, enum severity severity)
{
        size_t n = 0;

        for (size_t i = 0; i < f->n; i++)
                n += finding_severity(f->items + i) == severity;
        return n;
}
