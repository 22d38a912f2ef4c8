# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# Makes a test file of a shell script: sourced at its head, ended by `suite_main "$@"`. See test/README.md.
#
# Environment:
#   PORTABLED_TEST_STAGE    installed tree of ours (made by test/run; see build.sh)
#   PORTABLED_TEST_SUBJECT  ours (default) or peer: whose portablectl and portabled the hosts get
#   PORTABLED_TEST_TREE     root tree to boot in place of this machine's own
#   PORTABLED_TEST_KEEP     yes: keep the host of the first failed test until a line is read from the terminal
#   PORTABLED_TEST_SHORT    yes: leave out what a file names in SUITE_WHOLE, as test/run does without --whole

set -euo pipefail

SUITE_LIB=$(dirname -- "$(realpath -- "${BASH_SOURCE[0]}")")
SUITE_TMP=$(mktemp -d "${TMPDIR:-/tmp}/portabled-test.XXXXXX")
SUITE_NAME=$(basename -- "$0" .sh)${PORTABLED_TEST_TREE:+ on ${PORTABLED_TEST_TREE##*/}}
SUITE_PASSED=0
SUITE_FAILED=0
SUITE_LAST=
SUITE_RUNNING=
SUITE_IN_SETUP=no
SUITE_WHOLE=() # tests of the file that only test/run --whole makes, and the file run by hand

# shellcheck source=host.sh
source "$SUITE_LIB/host.sh"
# shellcheck source=images.sh
source "$SUITE_LIB/images.sh"
# shellcheck source=assert.sh
source "$SUITE_LIB/assert.sh"
# shellcheck source=leaks.sh
source "$SUITE_LIB/leaks.sh"
# shellcheck source=portable.sh
source "$SUITE_LIB/portable.sh"

suite_cleanup() {
        local status=$?

        if [ "$SUITE_IN_SETUP" = yes ]; then
                exec >&3 2>&1
                printf 'not ok %s: setup (status %s), and so none of its tests\n' "$SUITE_NAME" "$status"
                suite_show_log
                suite_show_journal 0
                printf '# %s: 0 passed, 1 failed\n' "$SUITE_NAME"
        elif [ -n "$SUITE_RUNNING" ]; then
                printf 'not ok %s: %s, ended from outside (status %s)\n' "$SUITE_NAME" "$SUITE_RUNNING" "$status"
                suite_show_log
                suite_show_journal 0
        fi
        leak_detach_loops || true
        host_destroy || true
        rm -rf --one-file-system "$SUITE_TMP"
}
trap suite_cleanup EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# suite_host [OPTION...]: makes the host with the software under test in it and boots it; options of host_new.
suite_host() {
        suite_host_new "$@" && host_boot
}

suite_host_new() {
        [ "${PORTABLED_TEST_SUBJECT:-ours}" = ours ] || set -- --peer --no-install "$@"
        [ -z "${PORTABLED_TEST_TREE:-}" ] || set -- "--tree=$PORTABLED_TEST_TREE" "$@"
        host_new "$@"
}

# A file may define its own suite_setup: make the host with suite_host, prepare images.
suite_setup() {
        suite_host
}

# Names of the test functions, in the order in which they are written.
suite_tests() {
        local name

        shopt -s extdebug
        for name in $(compgen -A function test_); do
                declare -F "$name"
        done | sort -k 2n | cut -d ' ' -f 1
        shopt -u extdebug
}

# Assertions have told about themselves already, and what fails within $(...) is the caller's to judge.
suite_explain() {
        [[ $2 == */assert.sh || $BASH_SUBSHELL -ne 1 ]] || printf '%s:%s: status %s: %s\n' "${2##*/}" "$3" "$1" "$4"
}

# Runs a function in a subshell where any failing command ends it; prints the outcome (SUITE_LAST has it too)
# and on failure the output. Never call it in a condition: the shell would let failing commands pass then.
suite_run() {
        local name=$1 log=$SUITE_TMP/log status start=$EPOCHREALTIME took
        shift

        SUITE_RUNNING=$name
        set +e
        (
                set -eE
                trap 'suite_explain $? "${BASH_SOURCE[0]}" "$LINENO" "$BASH_COMMAND"' ERR
                "$@"
        ) >"$log" 2>&1 </dev/null
        status=$?
        set -e
        SUITE_RUNNING=
        took=$(((${EPOCHREALTIME/./} - ${start/./}) / 1000))
        if [ "$status" -eq 0 ]; then
                SUITE_PASSED=$((SUITE_PASSED + 1))
                SUITE_LAST=ok
                printf 'ok %s: %s (%d ms)\n' "$SUITE_NAME" "$name" "$took"
                return 0
        fi
        SUITE_FAILED=$((SUITE_FAILED + 1))
        SUITE_LAST=failed
        printf 'not ok %s: %s (%d ms)\n' "$SUITE_NAME" "$name" "$took"
        suite_show_log
        suite_show_journal "${start%.*}"
        suite_keep
}

# The output of the test or set-up, as far as it is readable.
suite_show_log() {
        head -n 60 "$SUITE_TMP/log" | cut -c 1-400 | sed 's/^/    | /'
        [ "$(wc -l <"$SUITE_TMP/log")" -le 60 ] || printf '    | ... and more\n'
}

# suite_show_journal SINCE: the last lines of the host's journal since that second.
suite_show_journal() {
        host_init >/dev/null || return 0
        host_run journalctl -q --no-pager -o short-monotonic -n 25 --since "@$1" 2>/dev/null |
                sed 's/^/    journal: /' || true
}

suite_keep() {
        [ "${PORTABLED_TEST_KEEP:-no}" = yes ] && host_init >/dev/null || return 0
        printf '    kept: nsenter -t %s -a -r; end with Return\n' "$(host_init)"
        read -r </dev/tty || true
        PORTABLED_TEST_KEEP=no
}

# Runs one test, then takes away its images and looks for what it has left behind.
suite_one() {
        "$1"
        host_init >/dev/null || assert_fail 'the test left the host switched off'
        host_run find /var/lib/portables -mindepth 1 -maxdepth 1 -exec rm -rf {} + 2>/dev/null || true
        leak_check "$SUITE_TMP/before"
}

# After a failed test: back to a state in which the next one can tell something. A boot is the surest way.
suite_repair() {
        {
                leak_detach_loops
                host_crash
                rm -rf "$HOST_ROOT"/etc/systemd/system.attached "$HOST_ROOT"/etc/portables
                find "$HOST_ROOT/var/lib/portables" -mindepth 1 -delete
                host_boot
                leak_detach_loops
                leak_state >"$SUITE_TMP/before"
        } >/dev/null 2>&1 || true
}

# suite_chosen PATTERN: the tests that are to be run, without those that the short pass leaves out. A name in SUITE_WHOLE
# that is not a test's would be one that nobody misses.
suite_chosen() {
        local pattern=$1 tests name

        tests=$(suite_tests)
        for name in "${SUITE_WHOLE[@]}"; do
                if ! grep -qxF -- "test_$name" <<<"$tests"; then
                        printf 'suite: SUITE_WHOLE has %s, which is not a test\n' "$name" >&2
                        return 1
                fi
                [ "${PORTABLED_TEST_SHORT:-no}" = no ] || tests=$(grep -vxF -- "test_$name" <<<"$tests" || true)
        done
        grep -F -- "$pattern" <<<"$tests" || true
}

# suite_main [PATTERN]: runs the tests whose names contain the pattern; the exit status tells whether all passed.
suite_main() {
        local pattern=${1:-} chosen tests test

        chosen=$(suite_chosen "$pattern")
        mapfile -t tests <<<"$chosen"
        if [ -z "$chosen" ]; then
                printf '# %s: 0 passed, 0 failed\n' "$SUITE_NAME"
                return 0
        fi
        suite_prepare
        for test in "${tests[@]}"; do
                suite_run "${test#test_}" suite_one "$test"
                [ "$SUITE_LAST" = ok ] || suite_repair
        done
        suite_run shuts_down_cleanly suite_finish
        printf '# %s: %d passed, %d failed\n' "$SUITE_NAME" "$SUITE_PASSED" "$SUITE_FAILED"
        [ "$SUITE_FAILED" -eq 0 ]
}

# Not in a subshell, since the host belongs to this shell: suite_cleanup tells when it failed.
suite_prepare() {
        SUITE_IN_SETUP=yes
        exec 3>&1 4>&2 >"$SUITE_TMP/log" 2>&1
        suite_setup
        leak_state >"$SUITE_TMP/before"
        exec >&3 2>&4 3>&- 4>&-
        SUITE_IN_SETUP=no
}

# At the end the daemon must stop when told, and the host go down without anything holding it.
suite_finish() {
        host_run systemctl stop systemd-portabled.service 2>/dev/null || true # it may have been uninstalled
        assert_eq "$(host_run systemctl show -P Result systemd-portabled.service)" success 'how portabled ended'
        leak_check "$SUITE_TMP/before"
        host_stop
}
