#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What test/setup installs: to build, to boot a host, to test. And who asks for what.
# trees: no

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"

TEST=$SUITE_LIB/..
BUILD=$(dirname -- "$(realpath -- "${PORTABLED_TEST_STAGE:-$SUITE_LIB/../../build/stage}")")

# The package that a file is of.
package_of() {
        dpkg-query -S "$1" | sed 's/[:,].*//'
}

# All that meson finds by pkg-config is in the short list, and no more of the long one than that.
test_building_needs_the_short_list() {
        local list name

        list=$("$TEST/setup" --list)
        for name in $(meson introspect --dependencies "$BUILD" | python3 -c '
import json, sys
for d in json.load(sys.stdin):
    if d["name"] not in ("uthash", "threads") and not d["name"].startswith("dep"):
        print(d["name"])'); do
                assert_match "$list" "^$(package_of "$(pkg-config --variable=pcfiledir "$name")/$name.pc")\$"
        done
        for name in meson ninja scdoc gcc python3; do
                assert_match "$list" "^($(package_of "$(command -v $name)")|${name}-build|python3)\$"
        done
        for name in qemu-system-x86 clang valgrind systemd-container fish squashfs-tools; do
                assert_eq "$(grep -cx "$name" <<<"$list")" 0 "$name"
        done
}

test_longer_lists_have_the_shorter_ones() {
        assert_eq "$(comm -23 <("$TEST/setup" --list | sort) <("$TEST/setup" --hosts --list | sort))" ''
        assert_eq "$(comm -23 <("$TEST/setup" --hosts --list | sort) <("$TEST/setup" --tests --list | sort))" ''
        assert_match "$("$TEST/setup" --tests --list)" '^qemu-system-x86$'
        assert_eq "$("$TEST/setup" --tests --list | sort | uniq -d)" ''
        run "$TEST/setup" --nonsense
        assert_eq "$STATUS:$ERR" '2:setup: unknown option --nonsense'
}

# run_with_stubs COMMAND...: with an apt-get that only tells, and nothing installed; its arguments in $OUT.
run_with_stubs() {
        mkdir -p "$SUITE_TMP/bin"
        printf '#!/bin/sh\nexit 1\n' >"$SUITE_TMP/bin/dpkg-query"
        printf '#!/bin/sh\necho "$*" >>%q\n' "$SUITE_TMP/asked" >"$SUITE_TMP/bin/apt-get"
        chmod +x "$SUITE_TMP/bin"/*
        : >"$SUITE_TMP/asked"
        run env PATH="$SUITE_TMP/bin:$PATH" "$@"
        OUT=$(cat "$SUITE_TMP/asked")
}

test_what_is_missing_is_installed() {
        run_with_stubs "$TEST/setup"
        assert_eq "$STATUS" 0
        assert_eq "$(sed -n 's/^install .*recommends //p' <<<"$OUT")" "$("$TEST/setup" --list | xargs)"
        run_with_stubs "$TEST/setup" --tests
        assert_eq "$(sed -n 's/^install .*recommends //p' <<<"$OUT")" "$("$TEST/setup" --tests --list | xargs)"
}

# Whoever runs tests gets what they need, whoever installs what building needs, with the lines of README.md.
test_who_asks_for_what() {
        local file

        for file in "$TEST/run" "$TEST/../.ci/run" "$TEST/bench/run"; do
                assert_match "$(cat "$file")" 'setup" --tests$'
        done
        assert_match "$(cat "$TEST/demo")" 'setup" --hosts$'
        assert_match "$(sed -n '/^## Install it/,/^## /p' "$TEST/../README.md")" '^    test/setup  '
        assert_match "$(sed -n '/^## Contribute/,/^## For/p' "$TEST/../README.md")" '^    test/setup --tests$'
}

suite_main "$@"
