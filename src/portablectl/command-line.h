/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PORTABLECTL_COMMAND_LINE_H
#define PORTABLECTL_COMMAND_LINE_H

/*
 * The command line as data: one table of commands (the verbs), one of options, and which options go with
 * which commands. Parsing, the check of what was given, --help and the completions of the shells are all
 * made from these two. Plain data without any function, since the program that makes the completions is
 * built for the machine that compiles.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum command {
        COMMAND_LIST,
        COMMAND_ATTACH,
        COMMAND_DETACH,
        COMMAND_REATTACH,
        COMMAND_APPLY,
        COMMAND_UPDATE,
        COMMAND_DEFINITIONS,
        COMMAND_INSPECT,
        COMMAND_IS_ATTACHED,
        COMMAND_STATUS,
        COMMAND_START,
        COMMAND_STOP,
        COMMAND_RESTART,
        COMMAND_LOGS,
        COMMAND_CAT,
        COMMAND_DIFF,
        COMMAND_VERIFY,
        COMMAND_EXEC,
        COMMAND_SHELL,
        COMMAND_PROFILES,
        COMMAND_CAT_PROFILE,
        COMMAND_READ_ONLY,
        COMMAND_REMOVE,
        COMMAND_SET_LIMIT,
        COMMAND_HELP,
        COMMAND_MAX,
};

/* What an argument or the value of an option is: what completion offers. */
enum word_kind {
        WORD_NONE,
        WORD_ANY, /* nothing can be offered */
        WORD_IMAGE,
        WORD_ATTACHED, /* an image that is attached in any way */
        WORD_DETACHED,
        WORD_PREFIX, /* of unit names */
        WORD_PROFILE,
        WORD_BOOLEAN,
        WORD_COMMAND, /* one of the table below */
        WORD_CHOICE,  /* one of the words of the option */
        WORD_DIRECTORY,
        WORD_UNIT_FILE, /* the path of one that can be attached */
        WORD_HOST,
        WORD_MACHINE,
        WORD_KIND_MAX,
};

#define ARGUMENTS_ANY SIZE_MAX

struct command_info {
        const char *name;
        const char *arguments; /* "IMAGE [PREFIX...]" */
        const char *summary;
        size_t min, max;               /* number of arguments; none is needed with --all */
        enum word_kind first, further; /* what the arguments are; WORD_NONE: there is none */
};

extern const struct command_info commands[COMMAND_MAX];

/* In the order of --help. */
enum option_id {
        OPTION_QUIET,
        OPTION_PROFILE,
        OPTION_COPY,
        OPTION_RUNTIME,
        OPTION_EXTENSION,
        OPTION_UNIT,
        OPTION_FORCE,
        OPTION_STRICT,
        OPTION_CONFINE,
        OPTION_VERBOSE,
        OPTION_MANAGER,
        OPTION_SCOPE,
        OPTION_ENABLE,
        OPTION_NOW,
        OPTION_NO_BLOCK,
        OPTION_TIMEOUT,
        OPTION_DRY_RUN,
        OPTION_ALL,
        OPTION_ATOMIC,
        OPTION_PRUNE,
        OPTION_RETRY,
        OPTION_FINISH,
        OPTION_CLEAN,
        OPTION_RELOAD,
        OPTION_NO_RELOAD,
        OPTION_JSON,
        OPTION_JSON_AUTO,
        OPTION_CAT,
        OPTION_STATE,
        OPTION_TYPE,
        OPTION_SORT,
        OPTION_COLUMNS,
        OPTION_FULL,
        OPTION_FOLLOW,
        OPTION_LINES,
        OPTION_SINCE,
        OPTION_ROOT,
        OPTION_HOST,
        OPTION_MACHINE,
        OPTION_NO_ASK_PASSWORD,
        OPTION_NO_PAGER,
        OPTION_NO_LEGEND,
        OPTION_USER,
        OPTION_SYSTEM,
        OPTION_HELP,
        OPTION_VERSION,
        OPTION_ID_MAX,
};

struct option_info {
        const char *name;  /* without the dashes; NULL: has a letter only */
        char letter;       /* 0: none */
        bool repeated;     /* may be given several times */
        bool alone;        /* what else is on the command line does not count */
        const char *value; /* what the value is called, NULL: takes none */
        const char *text;  /* what it does; NULL: kept out of help and completions */
        /* Bits 1U << COMMAND_…: those it does something for, and those with which it is accepted without any
         * effect. The latter is for what scripts written for systemd's own portablectl keep in one variable
         * for all the commands that they use, and for nothing that the command could be thought to do. */
        uint32_t commands, ignored;
        enum word_kind kind; /* of the value */
        const char *choices; /* WORD_CHOICE: the words, between blanks */
        uint64_t excludes;   /* bits 1U << OPTION_…: what it cannot be given with */
};

extern const struct option_info option_table[OPTION_ID_MAX];

#endif
