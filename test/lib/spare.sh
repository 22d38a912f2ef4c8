# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# What it takes to have strace on the daemon and on the worker it holds in reserve: strace follows only processes that
# begin later. Sourced by test files, which hand the functions to a host with declare -f $SPARE_FUNCTIONS.

# shellcheck disable=SC2034
SPARE_FUNCTIONS='spare_of wait_traced trace_daemon untrace'

# spare_of PID: the worker in reserve of the daemon with that PID. Fails when that process is gone, or has none after a
# minute.
spare_of() {
        local pid end=$((SECONDS + 60))

        while [ -d "/proc/$1" ]; do
                for pid in $(cat "/proc/$1/task/$1/children" 2>/dev/null || true); do
                        [ "$(cat "/proc/$pid/comm" 2>/dev/null)" != portabled-spare ] || { echo "$pid"; return; }
                done
                if [ "$SECONDS" -ge "$end" ]; then
                        printf 'process %s (%s) has no worker in reserve, waited a minute\n' "$1" "$(cat "/proc/$1/comm")" >&2
                        return 1
                fi
                sleep 0.002
        done
        printf 'process %s, taken for the daemon, is gone while its worker in reserve is looked for\n' "$1" >&2
        return 1
}

# wait_traced TRACER PID: until something traces it. Fails when either is gone, or after a minute.
wait_traced() {
        local tracer end=$((SECONDS + 60))

        while [ -d "/proc/$1" ]; do
                tracer=$(sed -n 's/^TracerPid:\t//p' "/proc/$2/status" 2>/dev/null) || break
                [ "$tracer" = 0 ] || return 0
                if [ "$SECONDS" -ge "$end" ]; then
                        printf 'strace has no hold of process %s, waited a minute\n' "$2" >&2
                        return 1
                fi
                sleep 0.002
        done
        printf 'strace, or process %s that it is to trace, is gone\n' "$2" >&2
        return 1
}

# trace_daemon PID OPTION...: starts strace with these options on the daemon with that PID and on its worker in reserve;
# when it has hold of both, TRACER is its PID. A reserve that is used up just then is replaced by the daemon, so this is
# tried a few times.
trace_daemon() {
        local pid=$1 spare tries
        shift

        for tries in 1 2 3 4 5; do
                spare=$(spare_of "$pid") || return
                strace -f -qq "$@" -p "$spare" -p "$pid" &
                TRACER=$!
                ! wait_traced "$TRACER" "$spare" || ! wait_traced "$TRACER" "$pid" || return 0
                untrace
        done
        printf 'strace got no hold of process %s and its worker in reserve in %d tries\n' "$pid" "$tries" >&2
        return 1
}

# untrace: ends that strace; what it traced goes on. Nothing happens when there is none.
untrace() {
        [ -n "${TRACER:-}" ] || return 0
        kill -s INT "$TRACER" 2>/dev/null || true
        wait "$TRACER" 2>/dev/null || true
        TRACER=
}
