#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Others at work in the midst of an operation: the service manager, which reloads between any two of its changes and must
# see only complete units, and a second daemon, which must wait.
# trees: no

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"
# shellcheck source=../lib/spare.sh
source "$SUITE_LIB/spare.sh"

# shellcheck disable=SC2034 # suite.sh's
SUITE_WHOLE=(the_same_at_runtime)

# Another image is attached all the while, so that the attach directory does not come and go as a whole.
suite_setup() {
        local version name

        suite_host
        for version in 1 2; do
                image_simple "$SUITE_TMP/app$version" app 'ID=app' "VERSION_ID=$version"
                for name in "app-$version.service" app-worker@.service app.socket app.timer "app-$version.target"; do
                        image_unit "$SUITE_TMP/app$version" "$name"
                done
        done
        image_simple "$SUITE_TMP/other" other
}

put_all() {
        image_put directory "$SUITE_TMP/app1" app_1
        image_put directory "$SUITE_TMP/app2" app_2
        image_put directory "$SUITE_TMP/other" other
        assert_ok ctl attach other
}

# These run in the host.
# hold WHEN LOG: the daemon's worker stops after its WHEN-th rename (N+: and each later one), which goes to the log.
hold() {
        portablectl list >/dev/null
        trace_daemon "$(systemctl show -P MainPID systemd-portabled.service)" -o "$2" \
                -e trace=renameat2 -e "inject=renameat2:signal=STOP:when=$1"
}

# stopped N LOG CLIENT: waits until the worker has stopped N times; fails if the client ends before, or after a minute.
stopped() {
        local end=$((SECONDS + 60))

        until [ "$(grep -c 'stopped by SIGSTOP' "$2")" -ge "$1" ]; do
                ! has_ended "$3" || return 1
                if [ "$SECONDS" -ge "$end" ]; then
                        printf 'the worker has not stopped %s times, waited a minute\n' "$1" >&2
                        return 1
                fi
                sleep 0.005
        done
}

go_on() {
        systemctl kill -s CONT systemd-portabled.service
}

# Units that come from the attach directory ($1) without what makes them portable.
incomplete_units() {
        systemctl show -p Id,FragmentPath,DropInPaths,RootDirectory app.service app-{1,2}.service app-worker@x.service \
                app.{socket,timer} app-{1,2}.target | awk -v RS= -v directory="$1" '
                index($0, "FragmentPath=" directory "/") {
                        units++
                        service = /(^|\n)Id=[^\n]*\.service(\n|$)/
                        if (!/\.d\/20-portable\.conf/ || service && (!/\.d\/10-profile\.conf/ || !/(^|\n)RootDirectory=\/./))
                                print "incomplete: " $0
                }
                END { print "units: " units + 0 }'
}

# reload_between DIRECTORY OPERATION...: prints how often it was stopped, and what was wrong.
reload_between() {
        local directory=$1 log units=0 stops=0 out
        shift

        log=$(mktemp)
        hold 1+ "$log"
        portablectl -q --no-reload "$@" &
        client=$!
        while stopped $((stops + 1)) "$log" "$client"; do
                stops=$((stops + 1))
                systemctl daemon-reload
                out=$(incomplete_units "$directory")
                grep -v '^units: ' <<<"$out" || true
                units=$((units + ${out##*units: }))
                go_on
        done
        wait "$client"
        untrace
        rm "$log"
        printf '%d reloads, %d units seen\n' "$stops" "$units"
}
# End of what runs in the host.

in_host() {
        HOST_TIMEOUT=120 host_run bash -euo pipefail -c \
                "$(declare -f $SPARE_FUNCTIONS has_ended hold stopped go_on incomplete_units reload_between)
                $*"
}

# reloads DIRECTORY AT_LEAST OPERATION...: AT_LEAST so many renames.
reloads() {
        assert_ok in_host reload_between "$1" "${@:3}"
        assert_no_match "$OUT" 'incomplete'
        assert_match "$OUT" '^[0-9]+ reloads, [1-9][0-9]* units seen$'
        [ "${OUT%% *}" -ge "$2" ] || assert_fail "stopped ${OUT%% *} times only, not $2"
        printf '# %s: %s\n' "${*:3}" "$OUT" >&5
}

test_reload_between_any_two_changes() {
        put_all
        reloads /etc/systemd/system.attached 12 attach app_1
        reloads /etc/systemd/system.attached 12 reattach app_2
        reloads /etc/systemd/system.attached 12 detach app_2
        assert_ok ctl detach other
        host_run systemctl daemon-reload
}

test_the_same_at_runtime() {
        put_all
        assert_ok ctl attach --runtime app_1
        reloads /run/systemd/system.attached 12 reattach --runtime app_2
        assert_ok ctl detach --runtime app_2
        assert_ok ctl detach other
        host_run systemctl daemon-reload
}

# shows_up COMMAND...: waits until it succeeds; fails after a minute.
shows_up() {
        local end=$((SECONDS + 60))

        until "$@"; do
                if [ "$SECONDS" -ge "$end" ]; then
                        printf 'did not happen in a minute: %s\n' "$*" >&2
                        return 1
                fi
                sleep 0.01
        done
}

on_second_bus() {
        busctl --address=unix:path=/run/second/bus --no-pager list 2>/dev/null | grep -q portable1
}

# A bus of its own, on which a second daemon runs.
second_bus() {
        mkdir /run/second
        cat >/run/second/conf <<'EOF'
<busconfig>
  <type>system</type>
  <listen>unix:path=/run/second/bus</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/> <allow own="*"/> <allow send_destination="*"/> <allow receive_sender="*"/>
  </policy>
</busconfig>
EOF
        dbus-daemon --config-file=/run/second/conf --nofork --nopidfile &
        bus=$!
        shows_up test -S /run/second/bus
        program=$(systemctl show -P ExecStart systemd-portabled.service | sed -n 's/^{ path=\([^ ]*\) .*/\1/p')
        DBUS_SYSTEM_BUS_ADDRESS=unix:path=/run/second/bus "$program" &
        second=$!
        shows_up on_second_bus
}

# The first daemon is held in the midst of attaching one image, the second one is told to detach another.
two_daemons() {
        local log client other

        log=$(mktemp)
        hold 3 "$log"
        portablectl -q --no-reload attach app_1 &
        client=$!
        stopped 1 "$log" "$client"
        second_bus
        busctl --address=unix:path=/run/second/bus call org.freedesktop.portable1 /org/freedesktop/portable1 \
                org.freedesktop.portable1.Manager DetachImageWithExtensions sast other 0 2 >/tmp/second &
        other=$!
        sleep 1
        ! has_ended "$other" && [ ! -s /tmp/second ] && ! has_ended "$client" && echo 'the second one waits'
        [ -e /etc/systemd/system.attached/other.service ] && echo 'and has changed nothing'
        compgen -G '/etc/systemd/.portabled-*' >/dev/null && echo 'the unfinished operation is left alone'
        go_on
        wait "$client" && wait "$other" && echo 'both are done'
        untrace
        kill "$second"
        wait "$second" || true
        kill "$bus"
        wait "$bus" || true
        rm -r "$log" /tmp/second /run/second
}

test_two_daemons() {
        put_all
        assert_ok host_run bash -euo pipefail -c "$(
                declare -f $SPARE_FUNCTIONS has_ended hold stopped go_on shows_up on_second_bus second_bus two_daemons
        )
                two_daemons"
        assert_match "$OUT" '^the second one waits$'
        assert_match "$OUT" '^and has changed nothing$'
        assert_match "$OUT" '^the unfinished operation is left alone$'
        assert_match "$OUT" '^both are done$'
        assert_state app_1 attached
        assert_state other detached
        assert_missing /etc/systemd/system.attached/other.service /etc/systemd/system.attached/other.service.d
        assert_ok ctl detach app_1
        assert_missing /etc/systemd/system.attached
        host_run systemctl daemon-reload
}

# The figures are to be seen even when all went well.
exec 5>&1
suite_main "$@"
