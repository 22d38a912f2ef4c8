#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# How far the copy of an image is (--copy=mixed): signals of the daemon, and a line on the terminal when it takes long.

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"
# shellcheck source=../lib/slow-calls.sh
source "$SUITE_LIB/slow-calls.sh"

CR=$'\r'
SLOWLY=copy_file_range:delay_enter=400ms

suite_setup() {
        suite_host
        image_simple "$SUITE_TMP/app" app 'ID=app' 'VERSION_ID=1'
        head -c $((40 * 1024 * 1024)) /dev/urandom >"$SUITE_TMP/app/usr/lib/ballast"
        mkdir -p "$HOST_ROOT/srv"
        image_pack squashfs "$SUITE_TMP/app" "$HOST_ROOT/srv/app.raw"
        image_pack directory "$SUITE_TMP/app" "$HOST_ROOT/srv/app"
        SIZE=$(stat -c %s "$HOST_ROOT/srv/app.raw")
}

# at_terminal COMMAND...: runs it in the host with a terminal for everything; OUT has what that got, with its \r.
at_terminal() {
        run host_run env TERM=xterm script -qec "stty rows 50 cols ${COLUMNS:-150}; $*" /dev/null
        assert_eq "$STATUS" 0 "status of $*"
}

detach() {
        assert_ok ctl detach "$1"
        assert_missing /etc/systemd/system.attached /etc/portables/"${1##*/}"
}

# shown IMAGE: the percentages shown for it, in order.
shown() {
        tr '\r' '\n' <<<"$OUT" | sed -n "s|^Copying $1: [0-9.]*[KMG] of 4[0-9.]*M (\([0-9]*\)%) *$|\1|p"
}

# What stands in the end on the line of the progress: nothing. What was written after the last drawing of it.
assert_wiped() {
        assert_match "$(tr -d '\n' <<<"$OUT")" "%\)$CR +${CR}[^ ]" 'the end of the progress'
        assert_eq "$(tr '\r' '\n' <<<"$OUT" | grep -c '^Copied ')" "$1" 'lines after the progress'
}

assert_progress() {
        local percent

        mapfile -t percent < <(shown "$1")
        [ ${#percent[@]} -ge 2 ] || assert_fail "no progress of $1 was shown" "$OUT"
        assert_eq "$(printf '%s\n' "${percent[@]}" | sort -n)" "$(printf '%s\n' "${percent[@]}")" 'order of the progress'
        [ "${percent[0]}" -lt "${percent[-1]}" ] || assert_fail "the progress makes none: ${percent[*]}"
        [ "${percent[-1]}" -le 100 ]
}

test_raw_image_at_a_terminal() {
        slow_begin $SLOWLY
        at_terminal portablectl attach --copy=mixed /srv/app.raw
        slow_end
        assert_progress /srv/app.raw
        assert_wiped 2
        host_run cmp /srv/app.raw /etc/portables/app.raw
        detach /srv/app.raw
}

test_directory_at_a_terminal() {
        slow_begin $SLOWLY
        at_terminal portablectl attach --copy=mixed /srv/app
        slow_end
        assert_progress /srv/app
        assert_wiped 2
        detach /srv/app
}

test_reattach_at_a_terminal() {
        host_run cp /srv/app.raw /srv/app_2.raw
        assert_ok ctl attach /srv/app.raw
        slow_begin $SLOWLY
        at_terminal portablectl reattach --copy=mixed /srv/app_2.raw
        slow_end
        assert_progress /srv/app_2.raw
        detach /srv/app_2.raw
        host_run rm /srv/app_2.raw
}

# A narrow terminal gets as much as has room on one line.
test_narrow_terminal() {
        slow_begin $SLOWLY
        COLUMNS=20 at_terminal portablectl attach --copy=mixed /srv/app.raw
        slow_end
        assert_no_match "$OUT" 'Copying'
        assert_match "$OUT" "$CR[0-9.]+M of 4[0-9.]+M \([0-9]+%"
        assert_eq "$(tr '\r' '\n' <<<"$OUT" | grep '%' | awk 'length > 19')" ''
        detach /srv/app.raw
}

test_quick_copy_shows_nothing() {
        at_terminal portablectl attach --copy=mixed /srv/app.raw
        assert_no_match "$OUT" 'Copying|%'
        detach /srv/app.raw
}

test_quiet_and_pipes_show_nothing() {
        slow_begin $SLOWLY
        at_terminal portablectl attach --quiet --copy=mixed /srv/app.raw
        assert_no_match "$OUT" 'Copying|%'
        detach /srv/app.raw
        at_terminal "portablectl attach --copy=mixed /srv/app.raw 2>/run/errors"
        assert_no_match "$OUT$(host_run cat /run/errors)" 'Copying|%'
        detach /srv/app.raw
        run ctl attach --copy=mixed /srv/app.raw
        assert_no_match "$OUT$ERR" 'Copying|%'
        slow_end
        host_run rm /run/errors
        detach /srv/app.raw
}

# Without a daemon it is this process that copies.
test_offline() {
        host_run mkdir -p /srv/tree/srv /srv/tree/var/lib /srv/tree/etc/systemd/portable/profile
        host_run cp -a /usr/local/lib/systemd/portable/profile/default /srv/tree/etc/systemd/portable/profile/
        host_run cp -a /srv/app /srv/tree/srv/app
        run strace -f -qq -o /dev/null -e trace=copy_file_range -e inject=$SLOWLY nsenter -t "$(host_init)" -a -r -- \
                env -i PATH="/usr/local/bin:$PATH" TERM=xterm LANG=C.UTF-8 script -qec \
                'stty rows 50 cols 150; portablectl --root=/srv/tree attach --copy=mixed /srv/app' /dev/null
        [ "$STATUS" -eq 0 ] || assert_fail 'attach failed' "$OUT$ERR"
        assert_progress /srv/app
        assert_wiped 2
        at_terminal portablectl --root=/srv/tree detach /srv/app
        host_run rm -r /srv/tree
}

# The daemon tells who waits for it, and nobody else, what is copied, bytes done and in all.
test_signals() {
        local last signals

        host_run systemd-run -q --unit=listen -p StandardOutput=file:/run/signals \
                busctl monitor --json=short \
                "--match=type='signal',interface='org.portabled.Manager1',member='CopyProgress'"
        wait_until 5 host_run sh -c 'journalctl -q --no-pager | grep -q "became a monitor"'
        slow_begin $SLOWLY
        assert_ok portable_call AttachImage sassbs /srv/app.raw 0 '' false mixed
        slow_end
        wait_until 5 host_run grep -q "$SIZE,$SIZE" /run/signals
        host_run systemctl stop listen.service
        signals=$(host_run cat /run/signals)
        host_run rm /run/signals
        [ "$(wc -l <<<"$signals")" -ge 3 ] || assert_fail 'hardly any signals' "$signals"
        last=$(tail -n 1 <<<"$signals")
        assert_match "$last" '"type":"sstt"'
        assert_match "$last" '"destination":"(:1\.[0-9]+)".*"data":\["\1"'
        assert_match "$last" "\"data\":\[\":1\.[0-9]+\",\"/srv/app\.raw\",$SIZE,$SIZE\]"
        detach /srv/app.raw
}

suite_main "$@"
