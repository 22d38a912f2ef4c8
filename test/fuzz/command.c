/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Any bytes as a .service file, and as the value of ExecStart=. */

#include "unitfile/command.h"

#include <string.h>

#include "basic/cleanup.h"
#include "basic/path.h"
#include "basic/strv.h"
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
        _cleanup_strv_ char **paths = NULL;

        fuzz_check(unit_merged_read(&source, 1, &u) == 0);
        fuzz_check(unit_programs(&u, 16, &paths) == 0);
        fuzz_check(strv_length(paths) <= 16);
        for (char **p = paths; *p; p++) {
                fuzz_check(**p == '/' && text_is_printable(*p));
                fuzz_check(!strv_contains(p + 1, *p));
        }
        check_value(value);
        return 0;
}
