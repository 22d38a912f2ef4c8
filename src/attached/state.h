/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef ATTACHED_STATE_H
#define ATTACHED_STATE_H

/* The state of an image on the host: the highest that any of its units is in. Pure. */

#include <stdbool.h>

enum portable_state {
        PORTABLE_DETACHED,
        PORTABLE_ATTACHED,
        PORTABLE_ATTACHED_RUNTIME,
        PORTABLE_ENABLED,
        PORTABLE_ENABLED_RUNTIME,
        PORTABLE_RUNNING,
        PORTABLE_RUNNING_RUNTIME,
        PORTABLE_STATE_MAX,
};

const char *portable_state_to_string(enum portable_state state);

/* True for the unit file states that count as enabled: all but static, disabled, linked and linked-runtime.
 * NULL (no such unit file known) does not count. */
bool unit_file_state_is_enabled(const char *state);

/* Raises *state by what one unit is in. */
void portable_state_raise(enum portable_state *state, bool runtime, bool enabled, bool running);

#endif
