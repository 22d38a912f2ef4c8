#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The daemon as a service: activation, end, logs, several callers at once.

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"

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

test_has_a_watchdog() {
        assert_no_match "$(host_run systemctl show -P WatchdogUSec $UNIT)" '^(0|infinity)$'
}

test_attach_and_detach_are_logged() {
        image_put squashfs "$SUITE_TMP/app" app
        assert_ok ctl attach app
        assert_ok ctl detach app
        host_run journalctl --sync
        OUT=$(host_run journalctl -q -o export PORTABLE_IMAGE=app | grep -E '^(MESSAGE|PORTABLE_[A-Z_]*)=')
        assert_match "$OUT" '^PORTABLE_OPERATION=attach'
        assert_match "$OUT" '^PORTABLE_OPERATION=detach'
        assert_match "$OUT" '^MESSAGE=.*[Aa]ttached .*app'
        assert_match "$OUT" '^MESSAGE=.*[Dd]etached .*app'
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

# A stopped FUSE-like reader is not at hand everywhere; a worker that is stopped holds its caller just as well.
test_stopped_worker_delays_nobody() {
        local pid

        image_put squashfs "$SUITE_TMP/app" app
        image_simple "$SUITE_TMP/slow" slow 'ID=slow'
        head -c 256M /dev/urandom >"$SUITE_TMP/slow/usr/lib/ballast"
        image_pack directory "$SUITE_TMP/slow" "$HOST_ROOT/srv/slow"
        rm "$SUITE_TMP/slow/usr/lib/ballast"
        host_run sh -c 'portablectl -q attach --copy=mixed --no-reload /srv/slow & echo $! >/run/slow.pid'
        pid=$(main_pid)
        wait_until 10 host_run sh -c "[ \$(cat /sys/fs/cgroup/system.slice/$UNIT/cgroup.procs | wc -l) -ge 2 ]"
        host_run sh -c "for p in \$(cat /sys/fs/cgroup/system.slice/$UNIT/cgroup.procs); do
                        [ \$p = $pid ] || kill -STOP \$p
                done"
        assert_ok host_run timeout 5 portablectl list
        assert_ok host_run timeout 5 portablectl inspect app
        assert_ok host_run timeout 10 portablectl -q attach app
        assert_ok host_run timeout 10 portablectl -q detach app
        host_run systemctl kill -s CONT $UNIT
        wait_until 30 host_run sh -c '! kill -0 $(cat /run/slow.pid)'
        assert_state slow attached
        assert_ok ctl detach /srv/slow
        host_run rm -r /srv/slow /run/slow.pid
}

test_killed_worker_is_told_and_survived() {
        local pid

        image_simple "$SUITE_TMP/big" big 'ID=big'
        head -c 256M /dev/urandom >"$SUITE_TMP/big/usr/lib/ballast"
        image_pack directory "$SUITE_TMP/big" "$HOST_ROOT/srv/big"
        rm "$SUITE_TMP/big/usr/lib/ballast"
        assert_ok ctl list
        pid=$(main_pid)
        host_run sh -c 'portablectl -q attach --copy=mixed --no-reload /srv/big >/run/big.log 2>&1; echo $? >/run/big.status' &
        wait_until 10 host_run sh -c "[ \$(cat /sys/fs/cgroup/system.slice/$UNIT/cgroup.procs | wc -l) -ge 2 ]"
        host_run sh -c "for p in \$(cat /sys/fs/cgroup/system.slice/$UNIT/cgroup.procs); do
                        [ \$p = $pid ] || kill -KILL \$p
                done"
        wait_until 10 host_run test -s /run/big.status
        assert_eq "$(host_run cat /run/big.status)" 1
        assert_match "$(host_run cat /run/big.log)" 'big'
        assert_eq "$(main_pid)" "$pid" 'the daemon lives on'
        assert_state big detached
        assert_missing /etc/systemd/system.attached /etc/portables/big
        host_run rm -r /srv/big /run/big.log /run/big.status
}

suite_main "$@"
