#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The daemon as a service: activation, end, logs, several callers at once.

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"

# shellcheck disable=SC2034 # suite.sh's
SUITE_WHOLE=(stays_when_told_to)

UNIT=systemd-portabled.service

suite_setup() {
        suite_host
        image_simple "$SUITE_TMP/app" app 'ID=app' 'VERSION_ID=1'
}

main_pid() {
        host_run systemctl show -P MainPID $UNIT
}

test_started_by_the_bus() {
        host_run systemctl stop $UNIT
        assert_unit $UNIT inactive
        assert_ok ctl list
        assert_unit $UNIT active
}

test_sigterm_ends_it_cleanly() {
        assert_ok ctl list
        host_run systemctl kill -s TERM $UNIT
        wait_until 5 host_run sh -c "! systemctl is-active -q $UNIT"
        assert_eq "$(host_run systemctl show -P Result $UNIT)" success
        assert_eq "$(host_run systemctl show -P ExecMainStatus $UNIT)" 0
        assert_ok ctl list
}

test_ends_when_idle() {
        assert_ok ctl list
        assert_unit $UNIT active
        wait_until 45 host_run sh -c "! systemctl is-active -q $UNIT"
        assert_eq "$(host_run systemctl show -P Result $UNIT)" success
        assert_ok ctl list
        assert_unit $UNIT active
}

# 35 seconds are more than the 30 after which it would leave.
test_stays_when_told_to() {
        host_run mkdir -p /run/systemd/system/$UNIT.d
        host_run sh -c "printf '[Service]\nEnvironment=SYSTEMD_EXIT_ON_IDLE=0\n' >/run/systemd/system/$UNIT.d/50-test.conf"
        host_run systemctl daemon-reload
        host_run systemctl restart $UNIT
        assert_ok ctl list
        sleep 35
        assert_unit $UNIT active
        host_run rm -r /run/systemd/system/$UNIT.d
        host_run systemctl daemon-reload
        host_run systemctl restart $UNIT
}

test_has_a_watchdog() {
        assert_no_match "$(host_run systemctl show -P WatchdogUSec $UNIT)" '^(0|infinity)$'
}

test_attach_and_detach_are_logged() {
        image_put squashfs "$SUITE_TMP/app" app
        assert_ok ctl attach app
        assert_ok ctl detach app
        CGROUP=/proc/$(host_init)/root/sys/fs/cgroup/system.slice/$UNIT/cgroup.procs
        wait_until 5 has_workers 0 # what they log they log after the answer
        host_run journalctl --sync
        OUT=$(host_run journalctl -q -o export PORTABLE_OPERATION=attach PORTABLE_OPERATION=detach | grep -E '^(MESSAGE|PORTABLE_[A-Z_]*)=')
        assert_match "$OUT" '^PORTABLE_IMAGE=.*app'
        assert_match "$OUT" '^PORTABLE_OPERATION=attach'
        assert_match "$OUT" '^PORTABLE_OPERATION=detach'
        assert_match "$OUT" '^MESSAGE=.*[Aa]ttached .*app'
        assert_match "$OUT" '^MESSAGE=.*[Dd]etached .*app'
}

# records ID: what the records with that MESSAGE_ID say, a field a line.
records() {
        host_run journalctl --sync
        host_run journalctl -q -o export "MESSAGE_ID=$1" | grep -aE '^(MESSAGE|PRIORITY|PORTABLE_[A-Z_]*)='
}

# Who follows systemd's records finds ours.
test_records_are_those_of_systemd() {
        image_put squashfs "$SUITE_TMP/app" app
        image_extension "$SUITE_TMP/ext" ext app 'VERSION_ID=1'
        image_put directory "$SUITE_TMP/ext" ext
        assert_ok ctl attach --runtime --extension=ext app
        assert_ok ctl reattach --runtime --extension=ext app
        wait_until 20 host_run sh -c 'journalctl --sync; [ "$(journalctl -q -o cat MESSAGE_ID=187c62eb1e7f463bb530394f52cb090f | grep -c ephemeral)" -ge 2 ]'
        OUT=$(records 187c62eb1e7f463bb530394f52cb090f)
        assert_match "$OUT" "^MESSAGE=Successfully attached ephemeral '.*app.*' and its extension\(s\) '.*ext' using profile 'default'$"
        assert_match "$OUT" '^PRIORITY=6$'
        assert_match "$OUT" '^PORTABLE_ROOT=app(\.raw)?$'
        assert_match "$OUT" '^PORTABLE_EXTENSION=ext$'
        OUT=$(records 76c5c754d628490d8ecba4c9d042112b)
        assert_match "$OUT" "^MESSAGE=Successfully detached ephemeral '.*app.*' and its extension\(s\) '.*ext'$"
        assert_match "$OUT" '^PORTABLE_OPERATION=reattach$'
        assert_ok ctl detach --runtime --extension=ext app
}

test_many_callers_at_once() {
        local i

        for i in 1 2 3 4 5 6 7 8; do
                image_simple "$SUITE_TMP/many$i" "many$i" "ID=many$i"
                image_put squashfs "$SUITE_TMP/many$i" "many$i"
        done
        assert_ok host_run bash -c 'for i in 1 2 3 4 5 6 7 8; do
                        portablectl -q attach --no-reload many$i & pids+=($!)
                done
                for pid in "${pids[@]}"; do wait "$pid" || exit 1; done'
        assert_eq "$(attached_files | grep -vc /)" 8
        assert_ok host_run systemctl daemon-reload
        assert_ok host_run bash -c 'for i in 1 2 3 4 5 6 7 8; do
                        portablectl -q detach --no-reload many$i & pids+=($!)
                done
                for pid in "${pids[@]}"; do wait "$pid" || exit 1; done'
        assert_missing /etc/systemd/system.attached
        host_run systemctl daemon-reload
}

test_same_image_twice_at_once() {
        image_put squashfs "$SUITE_TMP/app" app
        run host_run bash -c 'portablectl -q attach app & a=$!
                portablectl -q attach app & b=$!
                wait $a; ra=$?; wait $b; rb=$?; echo $ra $rb'
        assert_match "$OUT" '^(0 1|1 0)$' 'exactly one of two attaches must win'
        assert_state app attached
        assert_ok ctl detach app
}

# Sets WORKERS to the processes that work on something, or, with the other name, wait for work. Starts no process.
find_workers() {
        local file=$1 wanted=${2:-portabled-work} pid name

        WORKERS=()
        while read -r pid; do
                read -r name 2>/dev/null <"/proc/$pid/comm" || continue
                [ "$name" != "$wanted" ] || WORKERS+=("$pid")
        done <"$file"
}

has_workers() {
        find_workers "$CGROUP" "${2:-}"
        [ ${#WORKERS[@]} -eq "$1" ]
}

# catch_worker SIGNAL COMMAND...: starts the client's command in the background, its output in $SUITE_TMP/caught
# and its status in $SUITE_TMP/status, and sends the signal to the worker that does it as soon as there is one. It looks from
# outside and without starting a process, so that no worker is too quick to be seen.
catch_worker() {
        local signal=$1 i
        shift

        ctl list >/dev/null # so that the daemon runs, and without a worker
        CGROUP=/proc/$(host_init)/root/sys/fs/cgroup/system.slice/$UNIT/cgroup.procs
        wait_until 5 has_workers 0
        rm -f "$SUITE_TMP/status"
        {
                ctl "$@" >"$SUITE_TMP/caught" 2>&1 && echo 0 >"$SUITE_TMP/status" || echo $? >"$SUITE_TMP/status"
        } &
        for ((i = 0; i < 2000000; i++)); do
                find_workers "$CGROUP"
                if [ ${#WORKERS[@]} -gt 0 ]; then
                        kill -s "$signal" "${WORKERS[@]}"
                        return 0
                fi
                [ ! -s "$SUITE_TMP/status" ] || break
        done
        assert_fail 'no worker was seen' "$(<"$SUITE_TMP/caught")"
}

# An image whose attachment takes a while, since it is copied: /srv/big.
put_big() {
        image_pack directory "$SUITE_TMP/app" "$HOST_ROOT/srv/big"
        head -c 192M /dev/zero >"$HOST_ROOT/srv/big/usr/lib/ballast"
}

ATTACH_BIG=(attach --copy=mixed --no-reload /srv/big app)

# A worker that is stopped holds its caller just as a slow disk would.
test_stopped_worker_delays_nobody() {
        image_put squashfs "$SUITE_TMP/app" app
        put_big
        catch_worker STOP -q "${ATTACH_BIG[@]}"
        HOST_TIMEOUT=10 assert_ok ctl list
        HOST_TIMEOUT=10 assert_ok ctl inspect app
        HOST_TIMEOUT=20 assert_ok ctl is-attached app
        [ ! -s "$SUITE_TMP/status" ] || assert_fail 'the stopped attach has ended' "$(<"$SUITE_TMP/caught")"
        host_run systemctl kill -s CONT $UNIT
        wait_until 30 test -s "$SUITE_TMP/status"
        assert_eq "$(<"$SUITE_TMP/status"):$(<"$SUITE_TMP/caught")" 0:
        assert_state big attached
        assert_ok ctl detach /srv/big
        host_run rm -r /srv/big
}

test_killed_worker_is_told_and_survived() {
        local pid

        put_big
        ctl list >/dev/null
        pid=$(main_pid)
        catch_worker KILL "${ATTACH_BIG[@]}"
        wait_until 30 test -s "$SUITE_TMP/status"
        assert_eq "$(<"$SUITE_TMP/status")" 1
        assert_match "$(<"$SUITE_TMP/caught")" '/srv/big.*(killed|signal)'
        assert_eq "$(main_pid)" "$pid" 'the daemon lives on'
        assert_state big detached
        assert_missing /etc/systemd/system.attached /etc/portables/big
        assert_ok ctl "${ATTACH_BIG[@]}"
        assert_ok ctl detach /srv/big
        host_run rm -r /srv/big
}

test_death_of_the_daemon_is_told() {
        local pid

        ctl list >/dev/null
        pid=$(main_pid)
        host_run sh -c "kill -s STOP $pid"
        rm -f "$SUITE_TMP/status"
        { run ctl list; echo "$STATUS $ERR" >"$SUITE_TMP/status"; } &
        wait_asleep portablectl
        host_run sh -c "kill -s KILL $pid"
        wait_until 10 test -s "$SUITE_TMP/status"
        assert_match "$(<"$SUITE_TMP/status")" '^1 Failed to list images: systemd-portabled ended before it answered; see journalctl'
        wait_until 10 host_run portablectl list
}

# After an operation there is a process for the next one. If it dies the next one is done without; when the daemon
# goes it goes.
test_spare_worker() {
        local spare

        ctl list >/dev/null
        CGROUP=/proc/$(host_init)/root/sys/fs/cgroup/system.slice/$UNIT/cgroup.procs
        wait_until 5 has_workers 1 portabled-spare
        spare=${WORKERS[0]}
        assert_ok ctl list
        wait_until 5 has_workers 0
        wait_until 5 has_workers 1 portabled-spare
        [ "$spare" != "${WORKERS[0]}" ] || assert_fail 'one process has done nothing, or two operations'
        [ ! -d "/proc/$spare" ] || assert_fail 'a worker outlives its operation'

        kill -s KILL "${WORKERS[0]}"
        image_put squashfs "$SUITE_TMP/app" app
        assert_ok ctl attach app
        assert_ok ctl detach app
        wait_until 5 has_workers 1 portabled-spare
        kill -s STOP "${WORKERS[0]}" # whatever it is up to
        spare=${WORKERS[0]}
        host_run systemctl stop $UNIT
        wait_until 5 test ! -d "/proc/$spare"
        assert_eq "$(host_run systemctl show -P Result $UNIT)" success
}

# An operation that is under way when the daemon is told to stop is finished or undone, and its caller told which.
test_stop_during_an_operation() {
        local status

        put_big
        catch_worker STOP "${ATTACH_BIG[@]}"
        host_run systemctl stop --no-block $UNIT
        sleep 0.5
        host_run systemctl kill -s CONT $UNIT
        wait_until 30 test -s "$SUITE_TMP/status"
        wait_until 30 host_run sh -c "! systemctl is-active -q $UNIT"
        status=$(<"$SUITE_TMP/status")
        assert_eq "$(host_run systemctl show -P Result $UNIT)" success
        if [ "$status" -eq 0 ]; then
                assert_state big attached
                assert_ok ctl detach /srv/big
        else
                assert_state big detached
        fi
        assert_missing /etc/systemd/system.attached /etc/portables/big
        host_run rm -r /srv/big
}

suite_main "$@"
