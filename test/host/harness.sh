#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# trees: no
#
# The test harness itself: what goes wrong in a test must be seen.

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"

# Runs a test file made of the lines given; OUT and STATUS are set.
run_file() {
        {
                printf 'source "%s/suite.sh"\n' "$SUITE_LIB"
                printf '%s\n' "$@" 'suite_main'
        } >"$SUITE_TMP/inner.sh"
        run env PORTABLED_TEST_KEEP=no TMPDIR="$SUITE_TMP" bash "$SUITE_TMP/inner.sh"
}

test_passing_test_passes() {
        run_file 'test_good() { assert_eq "$(host_run cat /etc/hostname)" test-host; }'
        assert_eq "$STATUS" 0
        assert_match "$OUT" '^ok inner: good '
        assert_match "$OUT" '^# inner: 2 passed, 0 failed$'
}

test_failing_assertion_is_told_with_its_place() {
        run_file 'test_bad() {' 'assert_eq one two' 'true' '}'
        assert_eq "$STATUS" 1
        assert_match "$OUT" '^not ok inner: bad '
        assert_match "$OUT" 'inner.sh:3: values differ'
        assert_match "$OUT" 'expected: two'
        assert_match "$OUT" '^# inner: 1 passed, 1 failed$'
}

test_failing_command_ends_the_test() {
        run_file 'test_bad() {' 'host_run false' 'echo went on' '}'
        assert_eq "$STATUS" 1
        assert_match "$OUT" 'status 1: '
        assert_no_match "$OUT" 'went on'
}

test_leftovers_fail() {
        run_file 'test_file() { host_run touch /tmp/leftover; }' \
                'test_loop() { host_run truncate -s 1M /root/x.raw; host_run losetup -f /root/x.raw; }' \
                'test_mount() { host_run mount -t tmpfs tmpfs /srv; }'
        assert_eq "$STATUS" 1
        assert_match "$OUT" 'left behind: file /tmp/leftover'
        assert_match "$OUT" 'left behind: loop device /dev/loop[0-9]+ /root/x.raw'
        assert_match "$OUT" 'left behind: mount /srv'
}

test_failing_setup_fails() {
        run_file 'suite_setup() { suite_host; host_run cat /nonexistent; }' 'test_good() { true; }'
        assert_eq "$STATUS" 1
        assert_match "$OUT" '^not ok inner: setup'
        assert_match "$OUT" '/nonexistent'
        assert_match "$OUT" '^# inner: 0 passed, 1 failed$'
}

test_reboot_keeps_files_but_not_run() {
        host_run touch /var/kept /run/lost
        host_reboot
        assert_exists /var/kept
        assert_missing /run/lost
        host_crash
        host_boot
        assert_exists /var/kept
}

test_a_killed_test_leaves_nothing() {
        local pid

        run_file 'test_kills_itself() { kill -KILL $$; sleep 5; }'
        assert_eq "$STATUS" 137
        for pid in $(pgrep -f -- "$SUITE_LIB/keeper.sh" || true); do
                [ "$pid" = "$HOST_KEEPER" ] || [ "$(cut -d ' ' -f 4 "/proc/$pid/stat")" != 1 ] ||
                        assert_fail "keeper $pid still runs"
        done
}

suite_main "$@"
