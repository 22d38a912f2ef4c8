# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# Assertions for test files. A failing one prints where it stands, what was expected and what was there, and
# returns 1, which ends the test. Sourced by suite.sh. Paths in the host are those of the booted host.

# run COMMAND...: runs it whatever its status; then OUT, ERR and STATUS hold what it printed and returned.
# shellcheck disable=SC2034
run() {
        local out err

        out=$(mktemp "${SUITE_TMP:?}/out.XXXXXX")
        err=$(mktemp "${SUITE_TMP:?}/err.XXXXXX")
        STATUS=0
        "$@" >"$out" 2>"$err" </dev/null || STATUS=$?
        OUT=$(<"$out")
        ERR=$(<"$err")
        rm -f "$out" "$err"
}

# Prints file:line of the test's call, then the lines given, and fails.
assert_fail() {
        local i=0

        while [[ ${BASH_SOURCE[i]} == */lib/* && $((i + 1)) -lt ${#BASH_SOURCE[@]} ]]; do
                i=$((i + 1))
        done
        printf '%s:%s: %s\n' "${BASH_SOURCE[i]##*/}" "${BASH_LINENO[i - 1]}" "$1"
        [ $# -lt 2 ] || printf '    %s\n' "${@:2}"
        return 1
}

# assert_eq GOT EXPECTED [WHAT]
assert_eq() {
        [ "$1" = "$2" ] || assert_fail "${3:-values differ}" "expected: $2" "got:      $1"
}

# assert_match GOT EXTENDED_REGEX [WHAT]: some line of GOT matches.
assert_match() {
        grep -qE -- "$2" <<<"$1" || assert_fail "${3:-no match}" "expected to match: $2" "got: $1"
}

assert_no_match() {
        ! grep -qE -- "$2" <<<"$1" || assert_fail "${3:-unwanted match}" "expected not to match: $2" "got: $1"
}

# assert_contains GOT STRING [WHAT]: GOT contains the string, which may have several lines.
assert_contains() {
        [[ $1 == *"$2"* ]] || assert_fail "${3:-text is missing}" "expected to contain: $2" "got: $1"
}

# assert_ok COMMAND...: the command must succeed; OUT and ERR are set.
assert_ok() {
        run "$@"
        [ "$STATUS" -eq 0 ] || assert_fail "failed with status $STATUS: $*" "stdout: $OUT" "stderr: $ERR"
}

# assert_error REGEX COMMAND...: the command must fail with exactly one line of error, which matches.
assert_error() {
        local regex=$1
        shift

        run "$@"
        [ "$STATUS" -ne 0 ] || assert_fail "succeeded, but should have failed: $*" "stdout: $OUT" "stderr: $ERR"
        [ "$STATUS" -lt 124 ] || assert_fail "ended with status $STATUS: $*" "stdout: $OUT" "stderr: $ERR"
        [ "$(grep -vc '^(Matching unit files' <<<"$ERR")" -eq 1 ] || assert_fail "not one line of error: $*" "stderr: $ERR"
        assert_match "$ERR" "$regex" "wrong error: $*"
}

# Existence of paths in the host, symlinks not followed.
assert_exists() {
        local path

        for path in "$@"; do
                host_exists "$path" || assert_fail "missing: $path" || return
        done
}

assert_missing() {
        local path

        for path in "$@"; do
                ! host_exists "$path" || assert_fail "should not exist: $path" || return
        done
}

host_exists() {
        host_run test -e "$1" || host_run test -L "$1"
}

# assert_unit UNIT STATE: what the service manager says (active, inactive, failed, ...).
assert_unit() {
        assert_eq "$(host_run systemctl is-active "$1" || true)" "$2" "state of unit $1"
}

# host_pid NAME: the youngest process of that name in the host, where not all trees have pgrep(1).
host_pid() {
        # shellcheck disable=SC2016
        host_run bash -c 'cd /proc; grep -lx -- "$0" [0-9]*/comm 2>/dev/null | sort -n | tail -n 1 | sed "s,/.*,," | grep .' "$1"
}

# Whether that process waits for something, and has for a moment.
host_sleeps() {
        # shellcheck disable=SC2016
        host_run bash -c 'before=$(grep ctxt "/proc/$0/status") && sleep 0.3 && grep -q "^State:.S" "/proc/$0/status" &&
                [ "$before" = "$(grep ctxt "/proc/$0/status")" ]' "$(host_pid "$1")"
}

# wait_asleep NAME: until the process of that name has done what it can do, and waits for others.
wait_asleep() {
        wait_until 30 host_sleeps "$1"
}

# has_ended PID: whether that process is gone, or waits for nothing but that its parent asks how it ended: until then it
# stays in /proc.
has_ended() {
        ! grep -q '^State:.[^ZX]' "/proc/$1/status" 2>/dev/null
}

# wait_until SECONDS COMMAND...: polls until the command succeeds, on a quiet machine for so long at most (HOST_PATIENCE).
wait_until() {
        local end=$((SECONDS + $1 * HOST_PATIENCE))
        shift

        until "$@" >/dev/null 2>&1; do
                [ "$SECONDS" -lt "$end" ] || assert_fail "did not happen in time: $*" || return
                sleep 0.05
        done
}
