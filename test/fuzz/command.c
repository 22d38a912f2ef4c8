/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Any bytes as the value of ExecStart=, and as a .service file each of whose values is one. */

#include "unitfile/command.h"

#include <string.h>

#include "basic/cleanup.h"
#include "fuzz.h"

static void check_value(const char *value)
{
        _cleanup_unit_commands_ struct unit_commands commands = {};

        fuzz_check(unit_commands_read(value, 16, &commands) == 0);
        fuzz_check(commands.n <= 16);
        for (size_t i = 0; i < commands.n; i++) {
                const struct unit_command *c = commands.items + i;

                fuzz_check(strlen(c->program) <= strlen(value));
                fuzz_check(c->flags & (COMMAND_BAD | COMMAND_SHELL) || *c->program);
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        const struct unit_source source = {(const char *)data, size};
        _cleanup_unit_merged_ struct unit_merged u = {};
        _cleanup_free_ char *value = fuzz_string(data, size);

        fuzz_check(unit_merged_read(&source, 1, &u) == 0);
        for (size_t i = 0; i < u.n; i++)
                check_value(u.items[i].value);
        check_value(value);
        return 0;
}
