#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# trees: no
#
# The test harness itself: what goes wrong in a test must be seen.

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"

# shellcheck disable=SC2034 # suite.sh's
SUITE_WHOLE=(leftovers_fail a_file_that_does_not_end_fails_and_the_rest_goes_on clones_below_tmp
        hosts_see_only_what_they_need)

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

test_short_pass_leaves_out_what_is_named_for_the_whole() {
        local -a file=('SUITE_WHOLE=(long)' 'suite_setup() { suite_host_new --no-install; host_boot; }' 'test_long() { true; }'
                       'test_quick() { true; }')

        PORTABLED_TEST_SHORT=yes run_file "${file[@]}"
        assert_eq "$STATUS" 0
        assert_eq "$(grep -c '^ok inner: \(quick\|long\)' <<<"$OUT") $(grep -c '^ok inner: quick ' <<<"$OUT")" '1 1' 'tests of the short pass'
        PORTABLED_TEST_SHORT=no run_file "${file[@]}"
        assert_eq "$(grep -c '^ok inner: \(quick\|long\)' <<<"$OUT")" 2 'tests of the whole run'
        PORTABLED_TEST_SHORT=yes run_file 'SUITE_WHOLE=(quick long)' "${file[@]:1}"
        assert_match "$OUT" '^# inner: 0 passed, 0 failed$'
        run_file 'SUITE_WHOLE=(lang)' "${file[@]:1}"
        assert_eq "$STATUS" 1
        assert_match "$ERR" 'SUITE_WHOLE has lang, which is not a test'
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

# What never ends is ended, with its host, and what comes after it is run.
test_a_file_that_does_not_end_fails_and_the_rest_goes_on() {
        local passed=0 failed=0 tmp=$SUITE_TMP name

        # shellcheck source=../lib/files.sh
        source "$SUITE_LIB/files.sh"
        for name in hangs deaf good; do
                printf '%s\n' '#!/bin/bash' '# limit: 30 seconds' "source '$SUITE_LIB/suite.sh'" >"$SUITE_TMP/$name"
                chmod +x "$SUITE_TMP/$name"
        done
        sed -i 's/limit: 30/limit: 300/' "$SUITE_TMP/good"
        printf '%s\n' 'test_first() { true; }' \
                "test_hangs() { echo waits for nothing; host_init >'$SUITE_TMP/init'; HOST_TIMEOUT=0 host_run sleep 3000; }" \
                suite_main >>"$SUITE_TMP/hangs"
        printf '%s\n' 'test_good() { true; }' suite_main >>"$SUITE_TMP/good"
        # Without a result, but in time.
        printf '#!/bin/sh\nexit 124\n' >"$SUITE_TMP/deaf"
        TMPDIR=$SUITE_TMP files_run 1 "$SUITE_TMP/hangs" "$SUITE_TMP/deaf" "$SUITE_TMP/good" >"$SUITE_TMP/said"
        OUT=$(<"$SUITE_TMP/said")
        assert_eq "$passed $failed" '3 2' "passed and failed"
        assert_match "$OUT" '^not ok hangs: hangs, ended from outside'
        assert_match "$OUT" '\| waits for nothing$'
        assert_match "$OUT" '^not ok .*/hangs: did not end within 30 seconds'
        assert_match "$OUT" '^not ok .*/deaf: ended without a result$'
        assert_match "$OUT" '^ok good: good '
        [ ! -d "/proc/$(<"$SUITE_TMP/init")" ] || assert_fail 'the host of the file that was ended still runs'
        assert_eq "${#FILES_TOOK[@]}" 3 'durations'
}

# A wait for what does not come says so.
test_waits_have_an_end() {
        local gone

        # shellcheck source=../lib/spare.sh
        source "$SUITE_LIB/spare.sh"
        sh -c 'exit' &
        gone=$!
        wait "$gone"
        run spare_of "$gone"
        assert_eq "$STATUS" 1
        assert_match "$ERR" "^process $gone, taken for the daemon, is gone"
        run wait_traced $$ "$gone"
        assert_eq "$STATUS" 1
        assert_match "$ERR" "process $gone .*is gone"
}

# What happens to lie on the machine is not in its hosts: a root tree with a file everywhere, and one of the files that
# must be there.
test_hosts_see_only_what_they_need() {
        local tree=$SUITE_TMP/tree over=$SUITE_TMP/over

        mkdir "$tree" "$over"
        run unshare --mount --propagation private bash -euc "
                mount -t tmpfs tmpfs '$over'
                mkdir '$over/upper' '$over/work'
                mount -t overlay -o 'lowerdir=/,upperdir=$over/upper,workdir=$over/work' overlay '$tree'
                for place in / /srv /opt /root /home /mnt /usr/local/bin /var/log /var/lib /var/lib/planted.d /planted.d \\
                        /etc/systemd/system /etc/polkit-1/rules.d; do
                        mkdir -p '$tree'\$place
                        echo planted >'$tree'\$place/planted
                done
                PORTABLED_TEST_TREE='$tree' '$SUITE_LIB/../shell' --no-install --tree='$tree' -- sh -euc '
                        find / -xdev -name \"planted*\"
                        test -e /var/lib/dpkg/status -a -d /srv -a -w /tmp'"
        assert_eq "$STATUS:$OUT" 0: "$ERR"
        rmdir "$tree" "$over"
}

# Wherever the clone lies: there is a file of its own in such a host, and it is not a leftover.
test_clones_below_tmp() {
        local place

        for place in /tmp /var/tmp /mnt /srv; do
                run unshare --mount --propagation private bash -euc "
                        mount -t tmpfs -o mode=1777 tmpfs '$place'
                        mkdir -p '$place/clone/test/lib' '$place/scratch'
                        cp -a '$SUITE_LIB/.' '$place/clone/test/lib/'
                        {
                                printf 'source %s/clone/test/lib/suite.sh\n' '$place'
                                echo 'suite_setup() { suite_host_new --no-install; host_share $place/clone; host_boot; }'
                                echo 'test_new() { echo >$place/clone/new; host_run test -e $place/clone/new; }'
                                echo suite_main
                        } >'$place/clone/test/inner.sh'
                        TMPDIR='$place/scratch' bash '$place/clone/test/inner.sh'"
                assert_eq "$STATUS" 0 "$place: $OUT $ERR"
                assert_match "$OUT" '^ok inner: new '
        done
}

# A host that is made and not yet booted, seen from another container: it lives, though no process is to be seen.
test_other_hosts_keep_their_groups() {
        local stale cgroups=$HOST_DIR/cgroup

        stale=$(mktemp -d "$cgroups/test-host.XXXXXXXX")
        mkdir "$stale/init.scope"
        run_file 'suite_setup() { host_new --no-install' \
                "unshare --mount --propagation private --pid --fork --mount-proc bash -c 'source $SUITE_LIB/host.sh; host_new --no-install; host_boot; host_destroy'" \
                'host_boot' '}' 'test_boots() { true; }'
        assert_eq "$STATUS" 0 "$OUT $ERR"
        [ ! -d "$stale" ] || assert_fail 'the group of a host that is gone is still there'
        assert_exists / # this one lives, too
}

# shell OPTION... -- COMMAND...: runs test/shell, with what this file tests.
shell() {
        TMPDIR=$SUITE_TMP "$SUITE_LIB/../shell" "$@"
}

test_shell_of_the_peer() {
        assert_ok shell --peer -- sh -c 'command -v portablectl; portablectl list >/dev/null
                readlink "/proc/$(systemctl show -P MainPID systemd-portabled)/exe"'
        assert_eq "$OUT" '/usr/bin/portablectl
/usr/lib/systemd/systemd-portabled'
}

# Who looks around in a host is not thrown out after a while.
test_shell_has_no_end() {
        local pid mark=98765.$$ parent

        shell --no-install -- sleep "$mark" &
        wait_until 60 pgrep -f "^sleep $mark"
        pid=$(pgrep -f "^sleep $mark")
        while [ "$pid" != $$ ] && [ "$pid" -gt 1 ]; do
                parent=$(sed -n 's/^PPid:\t//p' "/proc/$pid/status")
                assert_no_match "$(tr '\0' ' ' <"/proc/$pid/cmdline")" '^timeout .*--kill-after=5 [1-9]'
                pid=$parent
        done
        kill "$(pgrep -f "^sleep $mark")"
        wait
}

suite_main "$@"
