/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unitfile/command.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "unitfile/words.h"

#define ROOT_FLAGS (COMMAND_PRIVILEGED | COMMAND_NO_SETUID | COMMAND_AMBIENT)

void unit_commands_clear(struct unit_commands *c)
{
        for (size_t i = 0; i < c->n; i++)
                free(c->items[i].program);
        free(c->items);
        *c = (struct unit_commands){};
}

/* The flag that a character in front of the program means, 0 if it is not one, or not any more. */
static unsigned flag_of(char c, unsigned before)
{
        static const char characters[] = "-+!:@|";
        static const unsigned flags[] = {COMMAND_MAY_FAIL, COMMAND_PRIVILEGED, COMMAND_NO_SETUID,
                                         COMMAND_VERBATIM, COMMAND_ARGV0,      COMMAND_SHELL};
        const char *known = c ? strchr(characters, c) : NULL;
        unsigned flag = known ? flags[known - characters] : 0;

        if (flag == COMMAND_NO_SETUID && (before & ROOT_FLAGS) == COMMAND_NO_SETUID)
                return COMMAND_AMBIENT;
        if ((flag & ROOT_FLAGS && before & ROOT_FLAGS) || before & flag)
                return 0;
        return flag;
}

/* Cuts the marks off a command's first word. */
static const char *read_flags(const char *word, unsigned *ret)
{
        unsigned flags = 0, flag;

        for (; (flag = flag_of(*word, flags)); word++) {
                if (flag == COMMAND_AMBIENT)
                        flags &= ~COMMAND_NO_SETUID;
                flags |= flag;
        }
        *ret = flags;
        return word;
}

/* Absolute, or a name to look for; nothing that managers refuse in it. */
static bool program_is_good(const char *program)
{
        size_t n = strlen(program);

        if (n == 0 || program[n - 1] == '/' || strchr(program, '\\'))
                return false;
        return program[0] == '/' ? text_is_printable(program)
                                 : !strchr(program, '/') && !strchr("-+!:@|", program[0]);
}

static int add_command(struct unit_commands *c, const char *word)
{
        struct unit_command *grown = reallocarray(c->items, c->n + 1, sizeof(*grown));
        unsigned flags;

        if (!grown)
                return -ENOMEM;
        c->items = grown;
        word = read_flags(word, &flags);
        grown[c->n] = (struct unit_command){.program = strdup(word), .flags = flags};
        if (!grown[c->n].program)
                return -ENOMEM;
        if (!(flags & COMMAND_SHELL) && !program_is_good(word))
                grown[c->n].flags |= COMMAND_BAD;
        c->n++;
        return 0;
}

int unit_commands_read(const char *value, size_t max, struct unit_commands *ret)
{
        _cleanup_unit_commands_ struct unit_commands c = {};
        _cleanup_unit_words_ struct unit_words w = {};
        bool first = true;

        if (unit_words_begin(&w, value) < 0)
                return -ENOMEM;
        while (c.n < max && unit_words_next(&w)) {
                bool separator = w.bare && strcmp(w.word, ";") == 0;

                if (first && !separator && add_command(&c, w.word) < 0)
                        return -ENOMEM;
                first = separator;
        }
        if (w.broken && c.n > 0)
                c.items[c.n - 1].flags |= COMMAND_BAD;
        *ret = c;
        c = (struct unit_commands){};
        return 0;
}
