#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The examples of the manuals, run as they stand there: all of them, the last test sees to that.
# trees: no

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"

MANUALS=$SUITE_LIB/../../man
ATTACHED=/etc/systemd/system.attached

# example PAGE N: the N-th literal block of that page, as a reader sees it.
example() {
        printf '%s %s\n' "$1" "$2" >>"$SUITE_TMP/examples"
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

# What attach says of an image that will not start, in portablectl(1) and in README.
test_warnings() {
        local tree=$SUITE_TMP/warned expected

        image_simple "$tree" web 'ID=web' 'VERSION_ID=1'
        printf '%s\n' 'StateDirectory=web' 'EnvironmentFile=/etc/default/web' >>"$tree/usr/lib/systemd/system/web.service"
        image_put squashfs "$tree" web_1
        expected=$(example portablectl.1 1)
        assert_eq "$(sed -n '/^    # portablectl attach web_1$/,/^$/{/./s/^    //p}' "$SUITE_LIB/../../README.md")" "$expected" README
        run host_run bash -c "$(head -n 1 <<<"$expected" | sed 's/^# //')"
        assert_contains "$ERR" "$(tail -n +2 <<<"$expected")"
        assert_ok ctl -q detach web_1
}

# web_1.5 with a program that can test itself, and with a shell.
test_programs_in_an_image() {
        local tree=$SUITE_TMP/programs

        image_simple "$tree" web 'ID=web' 'VERSION_ID=1.5'
        gcc -static -Os -x c -o "$tree/usr/bin/web" - <<'END'
#include <stdio.h>
#include <string.h>
int main(int argc, char **argv)
{
        puts(argc > 1 && strcmp(argv[1], "--selftest") == 0 ? "tested itself" : "a shell");
        return 0;
}
END
        ln "$tree/usr/bin/web" "$tree/usr/bin/sh"
        image_put directory "$tree" web_1.5
        assert_ok host_run bash -euc "$(examples portablectl.1 4)"
        assert_eq "$OUT" $'a shell\ntested itself'
        assert_match "$(example portablectl.1 8)" 'then \.\.\.$'
        assert_ok ctl -q attach web_1.5
        assert_ok host_run bash -euc "$(examples portablectl.1 8 | sed 's/\.\.\.$/echo attached; fi/')"
        assert_eq "$OUT" attached
        assert_ok ctl -q detach web_1.5
        assert_ok host_run bash -euc "$(examples portablectl.1 8 | sed 's/\.\.\.$/echo attached; fi/')"
        assert_eq "$OUT" ''
}

# Policies: an image without verity is refused, as the manual says of them.
test_policies() {
        local directory=/etc/systemd/portabled.conf.d n

        image_put squashfs "$SUITE_TMP/web" web_1
        host_run mkdir $directory
        for n in 1 2; do
                example portabled.conf.5 $n | host_run tee $directory/signed.conf >/dev/null
                assert_error "Image '/var/lib/portables/web_1.raw'.* unprotected, .* policy" ctl attach web_1
        done
        host_run rm -r $directory
        assert_ok ctl -q attach web_1
        assert_ok ctl -q detach web_1
}

# Confined, and allowed just what the example says.
test_confined() {
        local directory=/etc/systemd/portabled.conf.d

        image_simple "$SUITE_TMP/meter" meter 'ID=meter'
        image_unit "$SUITE_TMP/meter" meter.service 'DeviceAllow=/dev/ttyUSB0 rw' '[Unit]' 'Wants=postgresql.service'
        image_put squashfs "$SUITE_TMP/meter" meter
        host_run mkdir $directory
        example portabled.conf.5 3 | host_run tee $directory/confine.conf >/dev/null
        assert_ok ctl attach meter
        assert_ok ctl -q detach meter
        image_unit "$SUITE_TMP/meter" meter.service '[Unit]' 'Wants=mysql.service'
        image_put squashfs "$SUITE_TMP/meter" meter
        assert_error 'steps out of profile .*Wants=mysql' ctl attach meter
        host_run rm -r $directory
}

test_definitions() {
        local page=portabled.portable.5 directory=/etc/systemd/portable n file

        image_extension "$SUITE_TMP/debug" web-debug web 'VERSION_ID=1'
        image_put squashfs "$SUITE_TMP/web" web_1
        image_put squashfs "$SUITE_TMP/debug" web-debug
        for n in 2 3; do
                file=$(example $page $n | sed -n '1s/^# //p')
                host_run mkdir -p "${file%/*}"
                example $page $n | host_run tee "$file" >/dev/null
        done
        assert_ok ctl apply
        assert_unit web.service active
        assert_contains "$(host_run cat $ATTACHED/web.service.d/20-portable.conf)" 'ExtensionImages=/var/lib/portables/web-debug.raw'
        assert_contains "$(host_run cat $ATTACHED/web.service.d/20-portable.conf)" "$(example $page 1 | sed 's/NAME/web/')"
        host_run rm -r $directory
        assert_ok ctl apply --prune
}

test_daemon() {
        assert_ok host_run bash -euc "$(examples systemd-portabled.service.8 1)"
        assert_ok host_run bash -euc "$(examples systemd-portabled.service.8 2)"
        assert_ok ctl list
}

# After all others, of which each notes what it runs.
test_none_was_left_out() {
        local page

        assert_eq "$(sort -u "$SUITE_TMP/examples")" "$(for page in "$MANUALS"/*.scd; do
                page=${page##*/}
                awk -v page="${page%.scd}" '/^```$/ && (inside = !inside) { print page, ++i }' "$MANUALS/$page"
        done | sort)" 'examples'
}

suite_main "$@"
