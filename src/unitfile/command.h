/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef UNITFILE_COMMAND_H
#define UNITFILE_COMMAND_H

/* The command lines of Exec*= settings. Source: systemd.service(5), "COMMAND LINES"; tried on systemd 252,
 * 257 and 262. Pure. */

#include <stddef.h>

#include "unitfile/merged.h"

enum command_flags {
        COMMAND_MAY_FAIL = 1U << 0,   /* "-" */
        COMMAND_PRIVILEGED = 1U << 1, /* "+": root, and outside of the sandbox */
        COMMAND_NO_SETUID = 1U << 2,  /* "!": root, in the sandbox */
        COMMAND_AMBIENT = 1U << 3,    /* "!!": means nothing on kernels of today */
        COMMAND_VERBATIM = 1U << 4,   /* ":": variables are not expanded */
        COMMAND_ARGV0 = 1U << 5,      /* "@": the second word is the name it is given */
        COMMAND_SHELL = 1U << 6,      /* "|": run by a shell, from 258 on */
        COMMAND_BAD = 1U << 7, /* the manager does not take it; without COMMAND_MAY_FAIL, nor the unit */
};

struct unit_command {
        char *program; /* as it is written, with its specifiers and variables; "" if there is none */
        unsigned flags;
};

struct unit_commands {
        struct unit_command *items;
        size_t n;
};

/* The commands of one value, at most max. Returns 0 or -ENOMEM. */
int unit_commands_read(const char *value, size_t max, struct unit_commands *ret);
void unit_commands_clear(struct unit_commands *c);
#define _cleanup_unit_commands_ __attribute__((cleanup(unit_commands_clear)))

#endif
