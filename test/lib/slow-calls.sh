# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# Makes the daemon's system calls slow, or has it killed in one, by strace from outside of the host. Sourced by test
# files that look at what happens while a copy is under way.

# shellcheck source=spare.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/spare.sh"

# slow_pid_of UNIT: the PID of a service's main process as this machine sees it. Only the processes of the unit are
# looked at: on a busy machine a look at all takes longer than an idle daemon stays.
slow_pid_of() {
        local inner pid

        inner=$(host_run systemctl show -P MainPID "$1")
        while read -r pid; do
                if [ "$(awk '$1 == "NSpid:" { print $NF }' "/proc/$pid/status" 2>/dev/null)" = "$inner" ]; then
                        printf '%s\n' "$pid"
                        return
                fi
        done <"/proc/$(host_init)/root/sys/fs/cgroup/system.slice/$1/cgroup.procs"
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
