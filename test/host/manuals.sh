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

# What test/demo shows, too.
test_concepts() {
        assert_match "$(cat "$SUITE_LIB/../demo")" 'man/portabled\.7\.scd'
        assert_ok host_run bash -euc "$(examples portabled.7 1 2 3 4)"
        assert_match "$OUT" '^hello from an image$'
        assert_match "$OUT" '^hello_1 .* running$'
        assert_match "$OUT" '^RootImage=/var/lib/portables/hello_1\.raw$'
        assert_ok host_run bash -euc "$(examples portabled.7 5)"
        assert_match "$OUT" '^hello_1 .* detached$'
        assert_missing "$HOST_ROOT/etc/systemd/system.attached"
        host_run rm -r /srv/hello
}

test_portablectl() {
        local page=portablectl.1 dir=$HOST_ROOT/srv/build version

        mkdir -p "$dir"
        for version in 1.4 1.5; do
                image_pack squashfs "$SUITE_TMP/web" "$dir/web_$version.raw"
        done
        assert_ok host_run bash -euc "cd /srv/build; $(examples $page 2 3)"
        assert_match "$OUT" 'Active: active'
        assert_state web_1.5 running
        assert_ok host_run bash -euc "cd /srv/build; $(examples $page 5)"
        assert_unit web.service inactive
        # In the build of an image, and of a system.
        rm "$dir"/web_1.4.raw
        cp -a "$SUITE_TMP/web" "$dir/tree"
        assert_ok host_run bash -euc "cd /srv/build; $(examples $page 6)"
        assert_match "$OUT" "^Image '/srv/build/web_1\\.4\\.raw' is clean\$"
        # That one is another tree, a system's.
        rm -r "$dir/tree"
        image_tree "$dir/tree" 'ID=system'
        mkdir -p "$dir/tree/usr/lib/portables" "$dir/tree/usr/lib/systemd/portable" "$dir/tree/etc"
        cp -r "$HOST_ROOT/usr/local/lib/systemd/portable/profile" "$dir/tree/usr/lib/systemd/portable/"
        assert_ok host_run bash -euc "cd /srv/build; $(examples $page 7)"
        assert_exists "/srv/build/tree/etc/systemd/system.attached/web.service"
        rm -r "$dir"
}

test_daemon() {
        assert_ok host_run bash -euc "$(examples systemd-portabled.service.8 1)"
        assert_ok host_run bash -euc "$(examples systemd-portabled.service.8 2)"
        assert_ok ctl list
}

suite_main "$@"
