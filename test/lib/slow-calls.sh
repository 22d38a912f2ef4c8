# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# Makes the daemon's system calls slow, or has it killed in one, by strace from outside of the host. Sourced by test
# files that look at what happens while a copy is under way.

# shellcheck source=spare.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/spare.sh"

# slow_pid_of UNIT: the PID of a service's main process as this machine sees it.
slow_pid_of() {
        local inner init dir

        inner=$(host_run systemctl show -P MainPID "$1")
        init=$(host_init)
        for dir in /proc/[0-9]*; do
                if [ "$(readlink "$dir/ns/pid")" = "$(readlink "/proc/$init/ns/pid")" ] &&
                        [ "$(awk '$1 == "NSpid:" { print $NF }' "$dir/status" 2>/dev/null)" = "$inner" ]; then
                        printf '%s\n' "${dir##*/}"
                        return
                fi
        done 2>/dev/null
        printf 'slow: %s does not run\n' "$1" >&2
        return 1
}

# slow_begin INJECT [CALLS]: from now on each process that the daemon starts gets this (strace(1), -e inject=), until
# slow_end; these and further calls are in $SUITE_TMP/strace.
slow_begin() {
        local pid

        rm -f "$SUITE_TMP/strace"
        portable_call ListImages >/dev/null
        pid=$(slow_pid_of systemd-portabled.service)
        trace_daemon "$pid" -o "$SUITE_TMP/strace" -e "trace=${1%%:*}${2:+,$2}" -e "inject=$1"
}

slow_end() {
        untrace
}
