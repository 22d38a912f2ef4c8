#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Names and values made to be taken for something else: in a drop-in, a log record, on a terminal, in JSON. Each must
# come out as exactly what it is, in one line, or be refused.

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"

# Names of directories that must work.
NAMES=(
        'a blank' ' leading' 'per%n%%cent%' 'quote"quote' "apostrophe'" '$HOME ${HOME}' 'semi;colon' 'co:lon'
        'back\slash' 'back\nslash' '#hash' 'a=b' $'right\u202eto left' $'isolate\u2066\u2069' 'ümläut' "'both\"" '[Service]'
)

suite_setup() {
        suite_host
        image_simple "$SUITE_TMP/app" app 'ID=app' 'VERSION_ID=1'
        image_put directory "$SUITE_TMP/app" app
        host_run portablectl -q attach app
        host_run cat /etc/systemd/system.attached/app.service.d/20-portable.conf >"$SUITE_TMP/plain"
        host_run portablectl -q detach app
        host_run rm -rf /var/lib/portables/app
}

# Nothing that a terminal obeys, and nothing that turns text around.
assert_harmless() {
        assert_no_match "$1" $'\033|\007|\u202e|\u2066|\u2028' "${2:-output}"
}

# The last record of an operation: MESSAGE is one line, PORTABLE_IMAGE as given.
assert_record() {
        local record

        host_run journalctl --sync
        record=$(host_run journalctl -q -o json -n 1 "PORTABLE_OPERATION=$1")
        assert_eq "$("$SUITE_LIB/read-json" MESSAGE <<<"$record" | wc -l)" 1 'lines of the message'
        assert_eq "$("$SUITE_LIB/read-json" PORTABLE_IMAGE <<<"$record")" "$2" 'image in the record'
        assert_harmless "$record" 'record'
}

# at_terminal COMMAND...: OUT has what the terminal got.
at_terminal() {
        run host_run env TERM=xterm NO_COLOR=1 script -qec "$(printf '%q ' portablectl --no-pager "$@")" /dev/null
        OUT=${OUT//$'\r'/}
        assert_harmless "$OUT" "portablectl $*"
}

# As \xNN what text_escape() escapes of the names above.
shown() {
        sed $'s/\u202e/\\\\xe2\\\\x80\\\\xae/g; s/\u2066/\\\\xe2\\\\x81\\\\xa6/g; s/\u2069/\\\\xe2\\\\x81\\\\xa9/g' <<<"$1"
}

test_paths() {
        local name path count

        for name in "${NAMES[@]}"; do
                path="/srv/$name/app"
                mkdir -p "$HOST_ROOT/srv/$name"
                image_pack directory "$SUITE_TMP/app" "$HOST_ROOT$path"
                at_terminal inspect "$path"
                at_terminal attach "$path"
                count=$(host_run grep -c '' /etc/systemd/system.attached/app.service.d/20-portable.conf)
                assert_eq "$count" "$(grep -c '' "$SUITE_TMP/plain")" "lines of the drop-in of $path"
                assert_eq "$(host_run systemctl show -P RootDirectory app.service)" "$path" 'RootDirectory= as the manager has it'
                assert_eq "$(host_run systemctl show -P Environment app.service)" 'PORTABLE=app' 'Environment='
                assert_record attach "$(shown "$path")"
                at_terminal status
                assert_ok ctl --json=short status
                assert_contains "$("$SUITE_LIB/read-json" <<<"$OUT")" "$(/usr/bin/python3 -c 'import json,sys; print(json.dumps(sys.argv[1], ensure_ascii=False))' "$path")"
                assert_ok host_run systemctl start app.service
                assert_ok ctl -q detach --now "$path"
                assert_eq "$(find "$HOST_ROOT/etc/portables" -mindepth 1 2>/dev/null)" ''
                rm -rf "${HOST_ROOT:?}/srv/$name"
        done
}

# What no unit file could hold is refused, in one line.
test_paths_that_are_refused() {
        local name

        for name in $'new\nExecStart=/bin/false' $'escape\033[31m' $'tab\t' $'bell\007' $'c1\u009b' $'broken\xff'; do
                mkdir -p "$HOST_ROOT/srv/$name"
                image_pack directory "$SUITE_TMP/app" "$HOST_ROOT/srv/$name/app"
                assert_error "/srv/${name:0:2}" ctl attach "/srv/$name/app"
                assert_harmless "$ERR"
                assert_error "/srv/${name:0:2}" ctl inspect "/srv/$name/app"
                assert_harmless "$ERR"
                assert_missing /etc/systemd/system.attached
                rm -rf "${HOST_ROOT:?}/srv/$name"
        done
}

# Names in the pool: not listed, or listed as they are.
test_names_in_the_pool() {
        image_put directory "$SUITE_TMP/app" $'app_new\nline'
        image_put directory "$SUITE_TMP/app" $'app_esc\033[31m'
        image_put directory "$SUITE_TMP/app" $'app_right\u202eto left'
        at_terminal list --full
        assert_match "$OUT" '^app_right\\xe2\\x80\\xaeto left +directory'
        assert_match "$OUT" '^1 image listed\.$'
        assert_ok ctl --json=short list
        assert_eq "$("$SUITE_LIB/read-json" 0 name <<<"$OUT")" $'app_right\u202eto left'
        at_terminal attach $'app_right\u202eto left'
        assert_record attach '/var/lib/portables/app_right\xe2\x80\xaeto left'
        assert_ok ctl detach $'app_right\u202eto left'
}

# Values of os-release.
test_values_of_os_release() {
        local values='ID="a%n\"b"
VERSION_ID="1
ExecStartPre=/usr/bin/touch /pwned"
PRETTY_NAME="Right \x202e to left"
PORTABLE_PRETTY_NAME="Red \x1b[31m and
two lines"
PORTABLE_PREFIXES="app \x1b]0;x\x07"'

        # shellcheck disable=SC2059
        values=$(printf "$(sed 's/%/%%/g; s/\\"/\\\\"/g; s/\\x202e/\\u202e/' <<<"$values")")
        image_simple "$SUITE_TMP/values" app "$values"
        image_put squashfs "$SUITE_TMP/values" app
        at_terminal inspect app
        at_terminal attach app app
        assert_eq "$(host_run grep -c 'ExecStartPre\|pwned' /etc/systemd/system.attached/app.service.d/20-portable.conf || true)" 0
        assert_eq "$(host_run systemctl show -P ExecStartPre app.service)" ''
        assert_eq "$(host_run systemctl show -P NeedDaemonReload app.service)" no
        assert_ok ctl --json=short inspect app app
        "$SUITE_LIB/read-json" <<<"$OUT" >/dev/null
        assert_ok ctl detach app
        assert_missing /pwned
}

# An ID with a specifier and quotes is a value like any other.
test_identity_is_escaped() {
        image_simple "$SUITE_TMP/percent" app 'ID="a%n\"b c"' 'VERSION_ID="%H"'
        image_put directory "$SUITE_TMP/percent" app
        assert_ok ctl attach --now app
        host_run journalctl --sync
        assert_eq "$(host_run journalctl -q -o json -n 1 _SYSTEMD_UNIT=app.service | "$SUITE_LIB/read-json" PORTABLE_NAME_AND_VERSION)" \
                'a%n"b c_%H'
        assert_ok ctl detach --now app
}

suite_main "$@"
