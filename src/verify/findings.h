/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VERIFY_FINDINGS_H
#define VERIFY_FINDINGS_H

/* What is to be said about an image, as data: of which kind, where it stands, and what to do about it. The
 * kinds are rows of one table, each with a name that stays and is documented in portablectl(1). Filled by
 * all of verify/. */

#include <stddef.h>

struct unit_file;
struct unit_setting;

enum severity {
        FINDING_NOTE,    /* good to know: nothing is wrong */
        FINDING_WARNING, /* may well be meant so */
        FINDING_ERROR,   /* attach will refuse, or a unit will not start */
};

enum finding_id {
        FOUND_REFUSED,
        FOUND_MANAGER,
        FOUND_PROTECTION,
        FOUND_LAYER_MISSING,
        FOUND_LAYER_WRITABLE,
        FOUND_LAYER_OVERLAY,
        FOUND_LAYER_DISK,
        FOUND_LAYER_POINT,
        FOUND_LAYER_LINK,
        FOUND_PROFILE,
        FOUND_PREFIX,
        FOUND_ALIAS,
        FOUND_UNIT_NAME,
        FOUND_CONFLICT,
        FOUND_LAYERED,
        FOUND_REACH,
        FOUND_SYNTAX,
        FOUND_LINE,
        FOUND_SECTION,
        FOUND_SETTING_UNKNOWN,
        FOUND_SETTING_MISPLACED,
        FOUND_SETTING_REPLACED,
        FOUND_NO_COMMAND,
        FOUND_TOO_MANY_COMMANDS,
        FOUND_BAD_COMMAND,
        FOUND_BAD_COMBINATION,
        FOUND_TRIGGER,
        FOUND_DEPENDENCY,
        FOUND_PROGRAM,
        FOUND_PROGRAM_LATER,
        FOUND_PROGRAM_UNSURE,
        FOUND_INTERPRETER,
        FOUND_MOUNT_POINT,
        FOUND_DIRECTORY_POINT,
        FOUND_BIND_POINT,
        FOUND_BIND_SOURCE,
        FOUND_TMPFS_POINT,
        FOUND_OTHER_PROFILE,
        FOUND_PATH_MISSING,
        FOUND_HIDDEN_DIRECTORY,
        FOUND_WORKING_DIRECTORY,
        FOUND_ROOT_CLOSED,
        FOUND_ENVIRONMENT_FILE,
        FOUND_CREDENTIAL,
        FOUND_USER,
        FOUND_GROUP,
        FOUND_CONDITION,
        FOUND_ASSERT,
        FOUND_BUS_NAME,
        FOUND_BUS_POLICY,
        FOUND_USER_SCOPE,
        FOUND_USER_SCOPE_UNSURE,
        FOUND_IGNORED,
        FOUND_MAX,
};

struct finding_kind {
        const char *name;
        enum severity severity;
        /* What to do about it; "%s" is the object of the finding. NULL: the text says it, or nothing. */
        const char *in_image, *on_host;
};

extern const struct finding_kind finding_kinds[FOUND_MAX];

struct finding {
        enum finding_id id;
        char *unit; /* NULL: of the image as a whole */
        char *file; /* in the image, NULL: none, or it stands elsewhere (in the profile) */
        unsigned line;
        char *setting;            /* "StateDirectory=app", NULL: none */
        char *text;               /* one line, safe to print */
        char *in_image, *on_host; /* remedies, NULL: none known */
};

struct findings {
        struct finding *items;
        size_t n;
};

/* Where a finding belongs. All may be NULL. */
struct finding_place {
        const struct unit_file *file;
        const char *unit; /* where file is NULL */
        const struct unit_setting *setting;
        const char *object; /* for the remedies */
};

/* More are not kept. */
#define FINDINGS_MAX 4096U

void findings_clear(struct findings *f);
#define _cleanup_findings_ __attribute__((cleanup(findings_clear)))

/* Adds one; control characters in what the format yields are escaped. place may be NULL. One that is there
 * with the same unit and text is not added again, nor one beyond the limit. Returns 0 or -ENOMEM. */
int findings_add(struct findings *f, enum finding_id id, const struct finding_place *place,
                 const char *format, ...) __attribute__((format(printf, 4, 5)));

enum severity finding_severity(const struct finding *finding);
const char *severity_to_string(enum severity severity);
size_t findings_count(const struct findings *f, enum severity severity);

#endif
