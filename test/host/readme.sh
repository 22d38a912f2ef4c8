#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What README.md tells its readers to type, typed as it stands there; and what it shows, compared.
# trees: no

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"

README=$SUITE_LIB/../../README.md

# The whole run alone builds, and fetches packages.
SUITE_WHOLE=(distribution install)

# The sections that have indented lines, and which test is about them. (Those of the structure of src/ are compared
# with it by test/meta.)
declare -A SECTIONS=(
        ['What it is for']=picture
        ['Ten lines to a running service']=ten_lines_and_what_comes_after
        ['Make an image']=distribution
        ['Upgrade, go back, start at boot, remove']=ten_lines_and_what_comes_after
        ['Try it']=demo
        ['Install it']=install
        ['Say once what shall run']=definition
        ["Other than systemd's own"]='warnings in manuals.sh'
        ['Contribute']=contribute
        ['For those who read the code']='test/meta'
)

# The indented lines of the section of that name, up to the next heading.
typed() {
        awk -v section="$1" '/^##+ / { inside = ($0 == "## " section || $0 == "### " section) }
                inside && sub(/^    /, "")' "$README"
}

# type_in SECTION: as a shell of root would.
type_in() {
        local lines

        lines=$(typed "$1")
        [ "$(grep -c . <<<"$lines")" -ge 8 ] || assert_fail "only $(grep -c . <<<"$lines") lines in '$1'"
        assert_ok host_run bash -euc "cd; set -o pipefail; $lines"
}

test_ten_lines_and_what_comes_after() {
        assert_eq "$(typed 'Ten lines to a running service' | grep -c .)" 10 lines
        type_in 'Ten lines to a running service'
        assert_match "$OUT" '^hello from an image$'
        assert_match "$OUT" '^hello_1 .* running$'
        type_in 'Upgrade, go back, start at boot, remove'
        assert_match "$OUT" 'hello_2'
        assert_unit hello.service inactive
        assert_missing "$HOST_ROOT/etc/systemd/system.attached"
        assert_missing "$HOST_ROOT/var/lib/portables/hello_1.raw"
        host_run rm -r /root/hello
}

# Its first line fetches packages, which a host cannot.
test_distribution() {
        local lines

        lines=$(typed 'Make an image')
        assert_eq "$(grep -c . <<<"$lines")" 7 lines
        (cd "$SUITE_TMP" && timeout 300 bash -euc "$(head -n 1 <<<"$lines")" >debian.log 2>&1) || assert_fail mmdebstrap "$(tail "$SUITE_TMP/debian.log")"
        tar -C "$SUITE_TMP" -c web | host_run tar -C /root -x
        HOST_TIMEOUT=120 assert_ok host_run bash -euc "cd /root; $(tail -n +2 <<<"$lines")"
        assert_unit web.service active
        assert_ok ctl verify web_1
        assert_ok host_run bash -c 'exec 3<>/dev/tcp/127.0.0.1/8080; printf "GET / HTTP/1.0\r\n\r\n" >&3; cat <&3'
        assert_match "$OUT" '^hello from Debian'
        assert_ok ctl -q detach --enable --now web_1
        rm -rf "$SUITE_TMP/web" "$HOST_ROOT/root/web" "$HOST_ROOT/var/lib/portables/web_1.raw"
}

test_each_section_is_accounted_for() {
        assert_eq "$(printf '%s\n' "${!SECTIONS[@]}" | sort)" "$(awk '/^##+ / { section = $0; sub(/^##+ /, "", section) }
                /^    / { print section }' "$README" | sort -u)" 'sections with lines to type'
}

# The host's side of the picture is what attach makes.
test_picture() {
        local line

        image_simple "$SUITE_TMP/web" web 'ID=web' 'VERSION_ID=1.4'
        image_put squashfs "$SUITE_TMP/web" web_1.4
        assert_ok ctl -q attach web_1.4
        for line in web.service web.service.d/20-portable.conf web.service.d/10-profile.conf; do
                assert_contains "$(typed 'What it is for')" " $line "
                assert_exists "/etc/systemd/system.attached/$line"
        done
        assert_contains "$(host_run cat /etc/systemd/system.attached/web.service.d/20-portable.conf)" 'RootImage=/var/lib/portables/web_1.4.raw'
        assert_ok ctl -q detach web_1.4
}

# What is another one each time: times, sizes, numbers of jobs and processes, and what the terminal would show.
steady() {
        sed -E 's/[A-Z][a-z]{2} [0-9]{4}-[0-9-]+ [0-9:]+ [A-Z]+/TIME/g; s/[0-9.]+[KM] /SIZE /g; s,/job/[0-9]+,/job/N,
                s/(PID|Process): [0-9]+/\1: N/; s/[0-9.]+m?s( ago)?/T\1/g; s/ +$//; s/ +/ /g'
}

# Each line of what README shows of test/demo is in its output, in that order.
test_demo() {
        local shown

        "$SUITE_LIB/../demo" >"$SUITE_TMP/demo" 2>&1 || assert_fail 'test/demo failed' "$(tail -n 20 "$SUITE_TMP/demo")"
        shown=$(typed 'Try it' | sed '1,/^--- /{/^--- /!d}' | grep -v '^\[\.\.\.\]$' | grep . | steady)
        [ "$(grep -c . <<<"$shown")" -gt 50 ] || assert_fail 'README shows little of test/demo'
        assert_eq "$(diff <(echo "$shown") <(steady <"$SUITE_TMP/demo") | grep '^<')" '' 'lines of README that test/demo does not print'
}

test_definition() {
        local command file lines

        lines=$(typed 'Say once what shall run')
        command=$(tail -n 1 <<<"$lines")
        lines=$(head -n -1 <<<"$lines")
        file=$(sed -n '1s/^# //p' <<<"$lines")
        image_simple "$SUITE_TMP/shop" web 'ID=web' 'VERSION_ID=1.5'
        image_put squashfs "$SUITE_TMP/shop" web_1.5
        host_run mkdir -p "${file%/*}"
        host_run tee "$file" >/dev/null <<<"$lines"
        assert_ok ctl apply
        assert_eq "$(grep -vE '^(Created|Written|Copied|Queued) ' <<<"$ERR")" '1 definition applied, 0 as before, 0 failed' \
                'nothing to complain of'
        assert_unit web.service active
        image_simple "$SUITE_TMP/newer" web 'ID=web' 'VERSION_ID=1.6'
        image_put squashfs "$SUITE_TMP/newer" web_1.6
        assert_ok host_run bash -euc "$command"
        assert_match "$ERR" "^Updated 'web' from web_1\.5 to web_1\.6$"
        host_run rm -r "${file%/*}"
        assert_ok ctl apply --prune
}

# The commands are there; test/run is what runs this.
test_contribute() {
        local line

        assert_eq "$(typed Contribute | grep -c .)" 2 lines
        while read -r line; do
                [ -x "$SUITE_LIB/../../${line%% *}" ] || assert_fail "README names $line"
        done < <(typed Contribute)
        assert_ok "$SUITE_LIB/../setup" --tests --list
}

# From a copy of the sources to an attached image, in a host that never had a portabled. What test/setup would install is
# there: then it fetches nothing.
test_install() {
        local lines

        host_run mkdir -p /root/source
        (cd "$SUITE_LIB/../.." && git ls-files -z | tar -c --null -T -) | host_run tar -x -C /root/source
        image_put squashfs "$SUITE_TMP/web" NAME_1
        image_simple "$SUITE_TMP/named" NAME 'ID=named' 'VERSION_ID=1'
        image_put squashfs "$SUITE_TMP/named" NAME
        lines=$(typed 'Install it')
        assert_eq "$(grep -c . <<<"$lines")" 9 lines
        HOST_TIMEOUT=600 assert_ok host_run bash -euc "cd /root/source; $lines"
        assert_match "$OUT" 'NAME +raw '
        assert_missing /etc/systemd/system.attached
        host_run rm -r /root/source
}

suite_main "$@"
