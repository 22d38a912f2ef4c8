# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# The tool that is many clients of the daemon at once, in a host. Sourced by test/bench/soak and by the test that is
# its short cut.

SOAK_TOOL=/usr/local/libexec/soak
# Users that every Debian has.
SOAK_USERS=(daemon bin games man)

# soak_tool: compiles it into the host's root.
soak_tool() {
        mkdir -p "$HOST_ROOT${SOAK_TOOL%/*}"
        # shellcheck disable=SC2046
        gcc -D_GNU_SOURCE -Wall -Wextra -O2 "$(dirname -- "${BASH_SOURCE[0]}")/../tools/soak.c" -o "$HOST_ROOT$SOAK_TOOL" \
                $(pkg-config --cflags --libs libsystemd)
}

# soak_run SECONDS POLLERS LEAVERS IMAGE
soak_run() {
        host_run "$SOAK_TOOL" "$@" "${SOAK_USERS[@]}"
}
