#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The client at a terminal: colours, pager, what an image may not send there, and the agent that asks for passwords.

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"

ESCAPE=$'\033'

suite_setup() {
        suite_host
        image_simple "$SUITE_TMP/app" app 'ID=app' 'VERSION_ID=1'
        image_simple "$SUITE_TMP/web" web 'ID=web' 'VERSION_ID=1'
        image_unit "$SUITE_TMP/web" web.socket
        image_unit "$SUITE_TMP/web" web-more.target
        printf '# %s[2J comment\n' "$ESCAPE" >>"$SUITE_TMP/app/usr/lib/systemd/system/app.service"
}

# at_terminal COMMAND...: runs it in the host with a terminal for everything; OUT has what the terminal got.
at_terminal() {
        run host_run env -u SYSTEMD_PAGER TERM=xterm \
                script -qec "stty rows 50 cols 150; $(printf '%q ' "$@")" /dev/null
        OUT=${OUT//$'\r'/}
}

test_colours_only_at_a_terminal() {
        image_put squashfs "$SUITE_TMP/app" app
        at_terminal portablectl --no-pager list
        assert_contains "$OUT" "${ESCAPE}[4mNAME"
        at_terminal env NO_COLOR=1 portablectl --no-pager list
        assert_no_match "$OUT" "$ESCAPE"
        at_terminal env TERM=dumb portablectl --no-pager list
        assert_no_match "$OUT" "$ESCAPE"
        assert_ok ctl list
        assert_no_match "$OUT" "$ESCAPE"
        assert_ok host_run env SYSTEMD_COLORS=1 portablectl list
        assert_contains "$OUT" "${ESCAPE}[4mNAME"
}

test_errors_are_red_at_a_terminal() {
        at_terminal portablectl attach nosuch
        assert_match "$OUT" "^$ESCAPE\[1;31mFailed to attach image 'nosuch'"
        run ctl attach nosuch
        assert_no_match "$ERR" "$ESCAPE"
}

# What is wider than the terminal is shortened, but for the state; --full, a pipe and a file have it whole.
test_list_fits() {
        local name=averyveryverylongname_1.2.3 line

        image_put squashfs "$SUITE_TMP/app" "$name"
        at_terminal env COLUMNS=60 SYSTEMD_COLORS=0 portablectl --no-pager list
        while read -r line; do
                [ "${#line}" -le 60 ] || assert_fail "a line is wider than the terminal: $line"
        done <<<"$OUT"
        assert_match "$OUT" '^averyver[a-z]*… raw +no .* detached$'
        at_terminal env COLUMNS=60 SYSTEMD_COLORS=0 portablectl --no-pager list --full
        assert_match "$OUT" "^$name raw "
        at_terminal env COLUMNS=60 SYSTEMD_COLORS=0 portablectl --no-pager list -l
        assert_match "$OUT" "^$name raw "
        assert_ok host_run env COLUMNS=60 portablectl list
        assert_match "$OUT" "^$name raw "
        at_terminal env COLUMNS=10 SYSTEMD_COLORS=0 portablectl --no-pager list
        assert_match "$OUT" ' detached$'
}

# What comes next is said to who sits there, as commands that work as they stand.
test_attach_says_what_is_next() {
        local next command

        image_put squashfs "$SUITE_TMP/web" web_1
        at_terminal portablectl attach web_1
        next=$(grep '^Next: ' <<<"$OUT")
        assert_eq "$next" "Next: portablectl start web_1; systemctl enable web-more.target web.service web.socket; portablectl logs web_1"
        while read -r command; do
                assert_ok host_run sh -c "$command"
        done < <(sed 's/^Next: //; s/; /\n/g' <<<"$next")
        assert_unit web.service active
        assert_eq "$(host_run systemctl is-enabled web.service)" enabled
        assert_ok ctl -q detach --enable --now web_1
        # What was done with it is not said again, and nothing at all to programs.
        at_terminal portablectl attach --runtime --enable --now web_1
        assert_match "$OUT" '^Next: portablectl logs web_1$'
        assert_ok ctl -q detach --runtime --enable --now web_1
        at_terminal portablectl -q attach web_1
        assert_eq "$OUT" ''
        assert_ok ctl -q detach web_1
        at_terminal portablectl -j attach web_1
        assert_no_match "$OUT" 'Next'
        assert_ok ctl -q detach web_1
        at_terminal portablectl --dry-run attach web_1
        assert_no_match "$OUT" 'Next'
        assert_ok ctl attach web_1
        assert_no_match "$OUT$ERR" 'Next'
        assert_ok ctl -q detach web_1
}

# Several units are a line at a terminal, and all their files with -v or in a pipe, where programs read them.
test_several_units_are_summed_up() {
        image_put squashfs "$SUITE_TMP/web" web_1
        at_terminal portablectl attach --dry-run web_1
        assert_match "$OUT" '^Would attach 3 units: web\.socket, web-more\.target, web\.service \(-v names all files\)$'
        at_terminal portablectl attach web_1
        assert_match "$OUT" '^Attached 3 units: web\.socket, web-more\.target, web\.service \(-v names all files\)$'
        assert_no_match "$OUT" '^(Copied|Written|Created)'
        at_terminal portablectl detach web_1
        assert_eq "$OUT" 'Removed 3 units: web.socket, web-more.target, web.service (-v names all files)'
        at_terminal portablectl -v attach web_1
        assert_match "$OUT" '^Copied .*/web\.service\.$'
        assert_no_match "$OUT" 'Attached 3'
        assert_ok ctl detach web_1
        assert_match "$ERR" '^Removed .*/web\.service\.$'
        # One unit has its few lines.
        image_put squashfs "$SUITE_TMP/app" app
        at_terminal portablectl attach app
        assert_match "$OUT" '^Copied .*/app\.service\.$'
        assert_ok ctl -q detach app
}

test_pager() {
        image_put squashfs "$SUITE_TMP/app" app
        # A pager of one's own choice needs a word about its safety.
        at_terminal env LINES=3 SYSTEMD_PAGERSECURE=0 SYSTEMD_PAGER='sed s/^/paged:/' SYSTEMD_COLORS=0 portablectl list
        assert_match "$OUT" '^paged:app '
        assert_match "$OUT" '^paged:1 image listed\.$'
        at_terminal env LINES=3 SYSTEMD_PAGER='sed s/^/paged:/' portablectl list
        assert_no_match "$OUT" '^paged:'
        at_terminal env LINES=3 SYSTEMD_PAGERSECURE=0 PAGER='sed s/^/paged:/' portablectl --no-pager list
        assert_no_match "$OUT" '^paged:'
        at_terminal env LINES=3 PAGER=cat portablectl list
        assert_match "$OUT" '^app '
        run host_run env SYSTEMD_PAGERSECURE=0 SYSTEMD_PAGER='sed s/^/paged:/' portablectl list
        assert_no_match "$OUT" '^paged:'
}

test_pager_that_cannot_run() {
        at_terminal env PATH=/usr/local/bin portablectl list
        assert_match "$OUT" '^No images\.$'
}

test_image_cannot_command_the_terminal() {
        image_put squashfs "$SUITE_TMP/app" app
        at_terminal portablectl --no-pager inspect --cat app
        assert_contains "$OUT" '# \x1b[2J comment'
        # Where nobody is at risk the content is what it is.
        assert_ok ctl inspect --cat app
        assert_contains "$OUT" "# ${ESCAPE}[2J comment"
}

# Puts a program in the place of the agent, for the time of one command; it leaves a trace in /run/agent.
with_agent() {
        printf '#!/bin/sh\necho "$@" >/run/agent/trace\neval "exec $2>&-"\nexec sleep 1000\n' >"$HOST_ROOT/usr/bin/agent"
        chmod 0755 "$HOST_ROOT/usr/bin/agent"
        host_run mkdir -p -m 1777 /run/agent
        host_run rm -f /run/agent/trace
        host_run mount --bind /usr/bin/agent /usr/bin/pkttyagent
        at_terminal "$@"
        host_run umount /usr/bin/pkttyagent
        rm "$HOST_ROOT/usr/bin/agent"
}

as_nobody() {
        printf 'setpriv --reuid nobody --regid nogroup --clear-groups portablectl\n'
}

test_agent() {
        local -a nobody

        read -ra nobody < <(as_nobody)
        image_put squashfs "$SUITE_TMP/app" app
        with_agent "${nobody[@]}" attach app
        assert_match "$OUT" "Failed to attach image 'app'"
        assert_match "$(host_run cat /run/agent/trace)" '^--notify-fd [0-9]+ --fallback$'
        assert_eq "$(host_run pgrep -f '^sleep 1000$' || true)" '' 'agents left behind'
        with_agent "${nobody[@]}" --no-ask-password attach app
        assert_missing /run/agent/trace
        with_agent "${nobody[@]}" list
        assert_missing /run/agent/trace
        with_agent portablectl -q attach app
        assert_missing /run/agent/trace
        assert_ok ctl detach app
}

# Nobody answers; whoever waits can leave.
test_interrupt() {
        image_put squashfs "$SUITE_TMP/app" app
        assert_ok ctl is-attached app
        host_run systemctl kill -s STOP systemd-portabled.service
        rm -f "$SUITE_TMP/interrupted"
        { run host_run env --default-signal=INT portablectl attach app; echo "$STATUS $ERR" >"$SUITE_TMP/interrupted"; } &
        wait_asleep portablectl
        host_run sh -c "kill -s INT $(host_pid portablectl)"
        wait_until 20 test -s "$SUITE_TMP/interrupted"
        assert_eq "$(<"$SUITE_TMP/interrupted")" "130 (Matching unit files with prefix 'app'.)"
        host_run systemctl kill -s CONT systemd-portabled.service
        assert_ok ctl list
        assert_state app detached
}

test_output_that_cannot_be_written() {
        image_put squashfs "$SUITE_TMP/app" app
        run host_run sh -c 'portablectl list >/dev/full'
        assert_eq "$STATUS" 1
        assert_eq "$ERR" 'Cannot write the output: No space left on device'
        assert_ok host_run bash -c 'set -o pipefail; portablectl list | true'
}

suite_main "$@"
