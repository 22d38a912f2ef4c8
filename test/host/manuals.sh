#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The examples of the manuals, run as they stand there.
# trees: no

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"

MANUALS=$SUITE_LIB/../../man

# example PAGE N: the N-th literal block of that page, as a reader sees it.
example() {
        awk -v n="$2" '/^```$/ { inside = !inside; i += inside; next } inside && i == n' "$MANUALS/$1.scd" |
                sed 's/\\\\/\\/g'
}

# examples PAGE N...: what the root of a host would type of these blocks, without the prompts.
examples() {
        local page=$1 n
        shift

        for n in "$@"; do
                example "$page" "$n" | sed 's/^# //'
        done
}

# web_1.4 and web_1.5: a service that does nothing until it is stopped.
suite_setup() {
        suite_host
        image_simple "$SUITE_TMP/web" web 'ID=web' 'VERSION_ID=1'
}

put_web() {
        local version

        for version in 1.4 1.5; do
                image_pack squashfs "$SUITE_TMP/web" "$HOST_ROOT/var/lib/portables/web_$version.raw"
        done
}

# as_script FILE PAGE N: puts a whole program of a page into the host.
as_script() {
        example "$2" "$3" >"$HOST_ROOT$1"
        chmod 755 "$HOST_ROOT$1"
}

test_bus() {
        local page=org.freedesktop.portable1.5

        put_web
        assert_ok host_run bash -euc "$(examples $page 1)"
        assert_match "$OUT" '^a\(sss\) [0-9]+ '
        assert_state web_1.4 attached
        as_script /srv/script $page 2
        assert_ok host_run /srv/script
        assert_match "$OUT" '^Version of portabled: s "[0-9]'
        assert_match "$OUT" '^Attached: "web_1\.4", "attached"$'
        assert_ok ctl -q detach web_1.4
        as_script /srv/program $page 3
        assert_ok host_run /srv/program web_1.5
        assert_match "$OUT" '^web_1\.5: [0-9]+ changes$'
        assert_state web_1.5 attached
        run host_run /srv/program nosuch
        assert_eq "$STATUS:$ERR" "1:org.freedesktop.portable1.NoSuchImage: No image 'nosuch' found."
        assert_ok ctl -q detach web_1.5
        rm "$HOST_ROOT/srv/script" "$HOST_ROOT/srv/program"
}

suite_main "$@"
