#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What README.md tells its readers to type, typed as it stands there.
# trees: no

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"

README=$SUITE_LIB/../../README.md

# The indented lines of the section of that name, up to the next heading.
typed() {
        sed -n "/^## $1\$/,/^## [^#]/s/^    //p" "$README"
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

suite_main "$@"
