/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unitfile/reach.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "basic/text.h"
#include "unitfile/command.h"
#include "unitfile/merged.h"
#include "unitfile/rule.h"
#include "unitfile/words.h"

#define COMMANDS_MAX 64U

/* When a setting reaches past a profile. */
enum condition {
        REACH_ANY,     /* whatever its value is */
        REACH_TRUE,    /* it is a boolean that is true */
        REACH_ACTION,  /* any but "none" */
        REACH_STREAM,  /* a file or terminal of the host */
        REACH_ADDS,    /* a word that the profile's list has not, or one that turns the list around */
        REACH_COMMAND, /* commands with "+" or "!" */
        REACH_PROGRAM, /* commands of units that profiles know nothing of */
        REACH_USER,    /* a user of the host */
};

static const struct row {
        const char *section, *key;
        enum condition condition;
        const char *before, *after; /* around the value; after NULL: instead of it */
} rows[] = {
        {"Service", "ExecCondition", REACH_COMMAND, NULL, NULL},
        {"Service", "ExecStartPre", REACH_COMMAND, NULL, NULL},
        {"Service", "ExecStart", REACH_COMMAND, NULL, NULL},
        {"Service", "ExecStartPost", REACH_COMMAND, NULL, NULL},
        {"Service", "ExecReload", REACH_COMMAND, NULL, NULL},
        {"Service", "ExecReloadPost", REACH_COMMAND, NULL, NULL},
        {"Service", "ExecStop", REACH_COMMAND, NULL, NULL},
        {"Service", "ExecStopPost", REACH_COMMAND, NULL, NULL},
        {"Socket", "ExecStartPre", REACH_PROGRAM, NULL, NULL},
        {"Socket", "ExecStartPost", REACH_PROGRAM, NULL, NULL},
        {"Socket", "ExecStopPre", REACH_PROGRAM, NULL, NULL},
        {"Socket", "ExecStopPost", REACH_PROGRAM, NULL, NULL},
        {"Service", "PermissionsStartOnly", REACH_TRUE,
         "runs all commands other than that of ExecStart= as root, outside of the sandbox", NULL},
        {"Service", "RootDirectoryStartOnly", REACH_TRUE,
         "runs programs of the host for all commands other than that of ExecStart=", NULL},
        {"Service", "User", REACH_USER, "runs as user '", "' of the host"},
        {"Service", "Group", REACH_USER, "runs with group '", "' of the host"},
        {"Service", "SupplementaryGroups", REACH_ANY, "runs with group '", "' of the host"},
        {"Service", "BindPaths", REACH_ANY, "sees '", "' of the host, and may write there"},
        {"Service", "BindReadOnlyPaths", REACH_ANY, "sees '", "' of the host"},
        {"Service", "MountImages", REACH_ANY, "mounts '", "' of the host"},
        {"Service", "ExtensionImages", REACH_ANY, "lays '", "' of the host over the image"},
        {"Service", "ExtensionDirectories", REACH_ANY, "lays '", "' of the host over the image"},
        {"Service", "DeviceAllow", REACH_ANY, "may use device '", "'"},
        {"Service", "AmbientCapabilities", REACH_ADDS, "has capabilities '", "'"},
        {"Service", "CapabilityBoundingSet", REACH_ADDS, "may have capabilities '", "'"},
        {"Service", "SystemCallFilter", REACH_ADDS, "may make system calls '", "'"},
        {"Service", "SystemCallArchitectures", REACH_ADDS, "may make system calls of '", "'"},
        {"Service", "RestrictAddressFamilies", REACH_ADDS, "may use sockets of '", "'"},
        {"Service", "IPAddressAllow", REACH_ANY, "may talk to '", "'"},
        {"Service", "NetworkNamespacePath", REACH_ANY, "joins namespace '", "' of the host"},
        {"Service", "IPCNamespacePath", REACH_ANY, "joins namespace '", "' of the host"},
        {"Service", "UserNamespacePath", REACH_ANY, "joins namespace '", "' of the host"},
        {"Service", "OpenFile", REACH_ANY, "is handed '", "', opened as root"},
        {"Service", "LoadCredential", REACH_ANY, "is handed credential '", "' of the host"},
        {"Service", "LoadCredentialEncrypted", REACH_ANY, "is handed credential '", "' of the host"},
        {"Service", "StandardInput", REACH_STREAM, "reads '", "', opened as root"},
        {"Service", "StandardOutput", REACH_STREAM, "writes '", "', opened as root"},
        {"Service", "StandardError", REACH_STREAM, "writes '", "', opened as root"},
        {"Socket", "ListenSpecial", REACH_ANY, "opens '", "' as root"},
        {"Socket", "Symlinks", REACH_ANY, "makes links '", "' on the host"},
        {"Path", "MakeDirectory", REACH_TRUE, "makes directories on the host", NULL},
        {"Unit", "FailureAction", REACH_ACTION, "may do '", "' to the host"},
        {"Unit", "SuccessAction", REACH_ACTION, "may do '", "' to the host"},
        {"Unit", "StartLimitAction", REACH_ACTION, "may do '", "' to the host"},
        {"Unit", "JobTimeoutAction", REACH_ACTION, "may do '", "' to the host"},
};

static int add(char ***l, const char *before, const char *value, const char *after)
{
        _cleanup_free_ char *shown = text_escape(value);

        if (!shown)
                return -ENOMEM;
        return strv_appendf(l, "%s%.100s%s", before, after ? shown : "", after ?: "");
}

static int add_commands(const struct unit_setting *s, bool all, char ***l)
{
        _cleanup_unit_commands_ struct unit_commands commands = {};

        if (unit_commands_read(s->value, COMMANDS_MAX, &commands) < 0)
                return -ENOMEM;
        for (size_t i = 0; i < commands.n; i++) {
                const struct unit_command *c = commands.items + i;
                const char *how = c->flags & COMMAND_PRIVILEGED  ? "' as root, outside of the sandbox"
                                  : c->flags & COMMAND_NO_SETUID ? "' as root"
                                                                 : NULL;

                if (all)
                        how = "' as root on the host, which no profile confines";
                if (how && add(l, "runs '", c->program, how) < 0)
                        return -ENOMEM;
        }
        return 0;
}

/* The word is in a list of the profile. 1, 0 or -ENOMEM. */
static int profile_has(const struct unit_merged *m, const struct row *row, const char *word, bool *ret_any)
{
        const struct unit_setting *s = NULL;

        while ((s = unit_merged_next(m, row->section, row->key, s))) {
                _cleanup_unit_words_ struct unit_words w = {};

                if (s->source == 0)
                        continue;
                *ret_any = true;
                if (unit_words_begin(&w, s->value) < 0)
                        return -ENOMEM;
                while (unit_words_next(&w))
                        if (strcmp(w.word, word) == 0)
                                return 1;
        }
        return 0;
}

/* Without a list of the profile's nothing is added to. */
static int add_words(const struct unit_merged *m, const struct row *row, const struct unit_setting *s,
                     char ***l)
{
        _cleanup_unit_words_ struct unit_words w = {};

        if (unit_words_begin(&w, s->value) < 0)
                return -ENOMEM;
        while (unit_words_next(&w)) {
                bool any = false;
                int r = profile_has(m, row, w.word, &any);

                if (r < 0)
                        return r;
                if (r == 0 && any)
                        return add(l, row->before, s->value, row->after);
        }
        return 0;
}

static bool is_stream(const char *value)
{
        static const char *const kinds[] = {"file:", "append:", "truncate:", "tty", "kmsg"};

        for (size_t i = 0; i < ELEMENTSOF(kinds); i++)
                if (string_starts_with(value, kinds[i]))
                        return true;
        return strstr(value, "+console") != NULL;
}

static int judge(const struct unit_merged *m, const struct row *row, const struct unit_setting *s, char ***l)
{
        bool reaches = true;

        switch (row->condition) {
        case REACH_COMMAND:
        case REACH_PROGRAM:
                return add_commands(s, row->condition == REACH_PROGRAM, l);
        case REACH_ADDS:
                return add_words(m, row, s, l);
        case REACH_TRUE:
                reaches = text_to_boolean(s->value) > 0;
                break;
        case REACH_ACTION:
                reaches = strcmp(s->value, "none") != 0;
                break;
        case REACH_STREAM:
                reaches = is_stream(s->value);
                break;
        case REACH_USER:
                if (strcmp(s->value, "root") == 0 || strcmp(s->value, "0") == 0)
                        return add(l,
                                   strcmp(row->key, "User") == 0 ? "runs as root" : "runs with group root",
                                   "", NULL);
                break;
        case REACH_ANY:
        default:
                break;
        }
        return reaches ? add(l, row->before, s->value, row->after) : 0;
}

int unit_reach(const struct unit_merged *m, char ***ret)
{
        _cleanup_strv_ char **l = NULL;

        if (strv_copy(NULL, &l) < 0)
                return -ENOMEM;
        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                const struct unit_setting *s = NULL;

                while ((s = unit_merged_next(m, rows[i].section, rows[i].key, s)))
                        if (s->source == 0 && judge(m, rows + i, s, &l) < 0)
                                return -ENOMEM;
        }
        *ret = steal_pointer(l);
        return 0;
}
