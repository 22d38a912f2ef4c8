#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The end of the daemon: what is under way is finished or rolled back first, and until then and afterwards every call
# is answered, by this daemon or the next.

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"
# shellcheck source=../lib/slow.sh
source "$SUITE_LIB/slow.sh"

# shellcheck disable=SC2034 # suite.sh's
SUITE_WHOLE=(no_idle_exit_during_an_operation calls_while_stopped_again_and_again)

# shellcheck disable=SC2034 # suite.sh's
SUITE_WHOLE=(no_idle_exit_during_an_operation calls_while_stopped_again_and_again)

suite_setup() {
        suite_host
        image_simple "$SUITE_TMP/app" app 'ID=app' 'VERSION_ID=1'
        image_simple "$SUITE_TMP/slow" slow 'ID=slow'
        image_simple "$SUITE_TMP/other" other 'ID=other'
}

gone() {
        ! host_run test -d "/proc/$1"
}

# told_to_stop COMMAND...: in the middle of an attach the command tells the daemon to stop. The others go on meanwhile,
# the attach is brought to its end, and only then the daemon leaves.
told_to_stop() {
        local pid

        image_put squashfs "$SUITE_TMP/app" app
        stuck first
        pid=$(main_pid)
        assert_ok "$@"
        sleep 1
        others_go_on
        still_runs first
        assert_eq "$(host_run busctl status org.freedesktop.portable1 | sed -n 's/^PID=//p')" "$pid" 'owner of the name'
        go_on
        end first
        assert_eq "$STATUS:$OUT" 0:
        wait_until 20 gone "$pid"
        assert_state slow attached
        [ "$(main_pid)" != "$pid" ] || assert_fail 'the daemon has not been stopped'
        assert_no_match "$(host_run journalctl -q --no-pager -u $UNIT)" "systemd-portabled.service: (Failed with|Killing process)"
        detach_slow
}

test_systemctl_stop() {
        told_to_stop host_run systemctl stop --no-block $UNIT
}

test_systemctl_restart() {
        told_to_stop host_run systemctl restart --no-block $UNIT
}

test_sigterm() {
        assert_ok portable_call ListImages
        told_to_stop host_run systemctl kill -s TERM --kill-who=main $UNIT
}

# What does not end in the time a stop may take is ended, its caller told, and nothing of it left by the next daemon.
test_stop_that_takes_too_long() {
        host_run sh -c "mkdir -p /run/systemd/system/$UNIT.d
                printf '[Service]\nTimeoutStopSec=2s\n' >/run/systemd/system/$UNIT.d/test.conf; systemctl daemon-reload"
        image_put squashfs "$SUITE_TMP/app" app
        stuck first
        host_run systemctl stop $UNIT
        end first
        assert_eq "$STATUS" 1
        assert_match "$OUT" '^Failed to attach image .*/srv/slow'
        others_go_on
        assert_missing /etc/systemd/system.attached /etc/portables/slow
        assert_eq "$(host_run find /etc /run -path '*/.portabled-*' 2>/dev/null)" '' 'left of the copy'
        host_run sh -c "rm -r /srv/slow /run/systemd/system/$UNIT.d; systemctl daemon-reload; systemctl reset-failed $UNIT"
}

# The same when the machine kills it without a word.
test_killed() {
        image_put squashfs "$SUITE_TMP/app" app
        stuck first
        host_run systemctl kill -s KILL $UNIT
        end first
        assert_eq "$STATUS" 1
        others_go_on
        assert_missing /etc/systemd/system.attached /etc/portables/slow
        assert_eq "$(host_run find /etc /run -path '*/.portabled-*' 2>/dev/null)" '' 'left of the copy'
        host_run rm -r /srv/slow
        host_run systemctl reset-failed $UNIT || true
}

# A question to polkit is not an operation under way: it may wait for a person who has gone home.
test_stop_does_not_wait_for_polkit() {
        image_put squashfs "$SUITE_TMP/other" other
        host_run systemctl restart polkit.service
        host_run systemctl kill -s STOP polkit.service
        assert_ok portable_call ListImages
        begin waiting setpriv --reuid nobody --clear-groups busctl --timeout=900 call org.freedesktop.portable1 \
                /org/freedesktop/portable1 org.freedesktop.portable1.Manager AttachImage sassbs other 0 default false ''
        wait_asleep busctl
        still_runs waiting
        HOST_TIMEOUT=30
        assert_ok host_run systemctl stop $UNIT
        unset HOST_TIMEOUT
        end waiting
        assert_eq "$STATUS" 1
        assert_match "$OUT" 'stopping .*try again'
        assert_eq "$(host_run systemctl show -P Result $UNIT)" success
        host_run systemctl kill -s CONT polkit.service
        assert_state other detached
}

# An operation that takes longer than the daemon stays idle keeps it.
test_no_idle_exit_during_an_operation() {
        local pid

        stuck first
        pid=$(main_pid)
        sleep 35
        still_runs first
        assert_eq "$(main_pid)" "$pid"
        go_on
        end first
        assert_eq "$STATUS:$OUT" 0:
        detach_slow
}

# Callers come and go while the daemon is stopped again and again: not one call fails.
# shellcheck disable=SC2016
CALLERS='
count=0
until [ -e /run/enough ]; do
        busctl call org.freedesktop.portable1 /org/freedesktop/portable1 org.freedesktop.portable1.Manager \
                GetImage s app >/dev/null 2>>/run/errors || exit 1
        busctl get-property org.freedesktop.portable1 /org/freedesktop/portable1 org.freedesktop.portable1.Manager \
                PoolPath >/dev/null 2>>/run/errors || exit 1
        count=$((count + 1))
done
echo $count'

stopped_again_and_again() {
        local i

        image_put squashfs "$SUITE_TMP/app" app
        host_run sh -c 'rm -f /run/enough /run/errors'
        for i in 1 2 3; do
                begin "caller$i" sh -c "$CALLERS"
        done
        for i in {1..20}; do
                # A start that is cancelled by a stop is something else, and nothing that a daemon hears of. That a
                # start cancels the rest of a stop, which is what systemctl calls a failure, belongs to this test.
                wait_until 20 host_run systemctl is-active -q $UNIT
                "$@" || true
                sleep 0.2
        done
        host_run touch /run/enough
        for i in 1 2 3; do
                end "caller$i"
                assert_eq "$STATUS" 0 "status of a caller: $OUT $(host_run cat /run/errors)"
                [ "$OUT" -gt 0 ] || assert_fail 'a caller has called nothing'
        done
        host_run rm -f /run/enough /run/errors
}

# systemd starts a unit no more than a few times in a moment; that is not what is tested.
test_calls_while_stopped_again_and_again() {
        host_run sh -c "mkdir -p /run/systemd/system/$UNIT.d
                printf '[Unit]\nStartLimitIntervalSec=0\n' >/run/systemd/system/$UNIT.d/test.conf; systemctl daemon-reload"
        stopped_again_and_again host_run systemctl stop $UNIT
        stopped_again_and_again host_run systemctl kill -s TERM --kill-who=main $UNIT
        host_run sh -c "rm -r /run/systemd/system/$UNIT.d; systemctl daemon-reload"
}

suite_main "$@"
