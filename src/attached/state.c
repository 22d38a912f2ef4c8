/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "attached/state.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

static const char *const state_names[PORTABLE_STATE_MAX] = {
        [PORTABLE_DETACHED] = "detached",
        [PORTABLE_ATTACHED] = "attached",
        [PORTABLE_ATTACHED_RUNTIME] = "attached-runtime",
        [PORTABLE_ENABLED] = "enabled",
        [PORTABLE_ENABLED_RUNTIME] = "enabled-runtime",
        [PORTABLE_RUNNING] = "running",
        [PORTABLE_RUNNING_RUNTIME] = "running-runtime",
};

const char *portable_state_to_string(enum portable_state state)
{
        return state_names[state];
}

bool unit_file_state_is_enabled(const char *state)
{
        static const char *const not_enabled[] = {"static", "disabled", "linked", "linked-runtime"};

        if (!state || state[0] == '\0')
                return false;
        for (size_t i = 0; i < sizeof(not_enabled) / sizeof(not_enabled[0]); i++)
                if (strcmp(state, not_enabled[i]) == 0)
                        return false;
        return true;
}

void portable_state_raise(enum portable_state *state, bool runtime, bool enabled, bool running)
{
        enum portable_state s;

        if (running)
                s = runtime ? PORTABLE_RUNNING_RUNTIME : PORTABLE_RUNNING;
        else if (enabled)
                s = runtime ? PORTABLE_ENABLED_RUNTIME : PORTABLE_ENABLED;
        else
                s = runtime ? PORTABLE_ATTACHED_RUNTIME : PORTABLE_ATTACHED;
        if (s > *state)
                *state = s;
}
