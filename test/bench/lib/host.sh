# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# The one host of the benchmark: ours and the peer's software are both in it, and one of the two daemons is
# switched on at a time. Sourced by test/bench/run after test/lib/host.sh.
#
#   bench_host              make and boot it
#   bench_use ours|peer     switch
#   bench_time WORK ...     measure a command; bench_value: write down a number
#
# Results are lines in BENCH_TMP/times (work, subject, nanoseconds, failures) and BENCH_TMP/values.

# Where the tools are, in the host.
BENCH_TOOLS=/usr/local/libexec/bench

# Whose daemon is on, and the client that belongs to it.
BENCH_SUBJECT=
BENCH_CLIENT=

bench_tools() {
        local out=$HOST_ROOT$BENCH_TOOLS tool

        mkdir -p "$out" || return
        for tool in timer call floor soak; do
                # shellcheck disable=SC2046
                gcc -D_GNU_SOURCE -Wall -Wextra -O2 "$BENCH_DIR/tools/$tool.c" -o "$out/$tool" \
                        $([ "$tool" = timer ] || [ "$tool" = floor ] || pkg-config --cflags --libs libsystemd) || return
        done
}

bench_host() {
        host_new --peer ${PORTABLED_TEST_TREE:+"--tree=$PORTABLED_TEST_TREE"}
        bench_tools
        host_boot
        # The peer's daemon is waited for by the bus for 25 s; everything here may take longer.
        export HOST_TIMEOUT=0
}

# The daemon that the bus starts is that of the unit found first: ours in /usr/local, or, put in front of it,
# a copy of the peer's own. Both run with their own unit, unchanged.
bench_use() {
        local unit=$HOST_ROOT/etc/systemd/system/systemd-portabled.service program client

        case $1 in
        ours) program=/usr/local/lib/systemd/systemd-portabled client=/usr/local/bin/portablectl ;;
        peer) program=/usr/lib/systemd/systemd-portabled client=/usr/bin/portablectl ;;
        esac
        host_run systemctl stop systemd-portabled.service
        rm -f "$unit"
        [ "$1" = ours ] || cp "$HOST_ROOT/usr/lib/systemd/system/systemd-portabled.service" "$unit"
        host_run systemctl daemon-reload
        BENCH_SUBJECT=$1
        BENCH_CLIENT=$client
        bench_wake
        if [ "$(host_run readlink "/proc/$(bench_pid)/exe")" != "$program" ]; then
                printf 'bench: the running daemon is not %s\n' "$program" >&2
                return 1
        fi
}

# Starts the daemon, if it isn't running.
bench_wake() {
        host_run "$BENCH_TOOLS/call" state no-such-image
}

bench_pid() {
        host_run systemctl show -P MainPID systemd-portabled.service
}

# Where a cold start is measured: nothing runs, and the unit may be started as often as wanted.
BENCH_STOP='systemctl stop systemd-portabled.service; systemctl reset-failed systemd-portabled.service 2>/dev/null || true'

# bench_time WORK RUNS [TIMER-OPTION...] COMMAND...: see tools/timer.c. WORK @floor is nobody's.
bench_time() {
        local work=$1 runs=$2 subject=$BENCH_SUBJECT
        shift 2

        [[ $work != @* ]] || subject=floor
        host_run "$BENCH_TOOLS/timer" --runs "$runs" "$@" >"$BENCH_TMP/timer.out" 2>"$BENCH_TMP/timer.err"
        bench_take "${work#@}" "$subject"
}

# Takes over what a tool has printed into BENCH_TMP/timer.out.
bench_take() {
        local nanoseconds failed

        while read -r nanoseconds failed; do
                printf '%s %s %s %s\n' "$1" "$2" "$nanoseconds" "$failed" >>"$BENCH_TMP/times"
                if [ "$failed" != 0 ] && ! grep -q "^$1 $2 " "$BENCH_TMP/failures" 2>/dev/null; then
                        printf '%s %s %s\n' "$1" "$2" "$(grep -m 1 . "$BENCH_TMP/timer.err" || true)" \
                                >>"$BENCH_TMP/failures"
                fi
        done <"$BENCH_TMP/timer.out"
}

# bench_value WHAT NUMBER
bench_value() {
        printf '%s %s %s\n' "$1" "$BENCH_SUBJECT" "$2" >>"$BENCH_TMP/values"
}
