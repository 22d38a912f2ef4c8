# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# The images that systemd's own test takes from /usr/share: two versions of a small system with a shell, two
# extensions with a service each, which write a word to their state directory, and one with a file in /etc.

# peer_program TREE PROGRAM: a program of this machine with its libraries.
peer_program() {
        local tree=$1 program library

        program=$(command -v "$2")
        cp -L "$program" "$tree/usr/bin/"
        ldd "$program" | grep -o '/[^ ]*' | while read -r library; do
                mkdir -p "$tree/usr${library%/*}"
                [ -e "$tree/usr$library" ] || cp -L "$library" "$tree/usr$library"
        done
}

# peer_system TREE VERSION UNIT...
peer_system() {
        local tree=$1 version=$2 program unit
        shift 2

        mkdir -p "$tree"/{etc,proc,sys,dev,run,tmp,root,home,opt,media,mnt,var/tmp,var/lib/app0,var/lib/app1} \
                "$tree"/usr/{bin,sbin,lib/systemd/system,lib64}
        ln -s usr/bin "$tree/bin"
        ln -s usr/sbin "$tree/sbin"
        ln -s usr/lib "$tree/lib"
        ln -s usr/lib64 "$tree/lib64"
        for program in bash cat grep mount sleep stat touch; do
                peer_program "$tree" "$program"
        done
        # Where libraries of /usr/lib are looked for with merged directories.
        [ ! -d "$tree/usr/usr/lib" ] || { cp -a "$tree/usr/usr/lib/." "$tree/usr/lib/" && rm -r "$tree/usr/usr"; }
        ln -s bash "$tree/usr/bin/sh"
        : >"$tree/etc/machine-id"
        : >"$tree/etc/resolv.conf"
        printf '%s\n' ID=minimal MARKER=1 "VERSION_ID=$version" 'PORTABLE_PREFIXES="app0 minimal minimal-app0"' \
                >"$tree/usr/lib/os-release"
        ln -s ../usr/lib/os-release "$tree/etc/os-release"
        for unit in "$@"; do
                printf '%s\n' '[Service]' 'ExecStartPre=cat /usr/lib/os-release' 'ExecStart=sleep 120' '[Install]' \
                        'WantedBy=multi-user.target' >"$tree/usr/lib/systemd/system/$unit.service"
        done
}

# peer_extension TREE NAME RELEASE WORD [FIELD...]: RELEASE is the name in that of its extension-release file, which
# gets the fields, too.
peer_extension() {
        local tree=$1 name=$2 release=$3 word=$4
        shift 4

        mkdir -p "$tree/opt" "$tree/usr/lib/systemd/system" "$tree/usr/lib/extension-release.d"
        printf '%s\n' ID=_any SYSEXT_IMAGE_ID=app "PORTABLE_PREFIXES=$name" "$@" >"$tree/usr/lib/extension-release.d/extension-release.$release"
        [ "$release" = "$name" ] || setfattr -n user.extension-release.strict -v false \
                "$tree/usr/lib/extension-release.d/extension-release.$release"
        printf '%s\n' '[Service]' Type=oneshot RemainAfterExit=yes "ExecStart=/opt/$name.sh" "StateDirectory=$name" \
                "RuntimeDirectory=$name" >"$tree/usr/lib/systemd/system/$name.service"
        printf '%s\n' '#!/bin/bash' 'set -e' 'cat /usr/lib/os-release' "echo $word >\"\$STATE_DIRECTORY\"/foo" \
                >"$tree/opt/$name.sh"
        chmod 0755 "$tree/opt/$name.sh"
}

# peer_confext TREE NAME: files below /etc only.
peer_confext() {
        local tree=$1 name=$2

        mkdir -p "$tree/etc/extension-release.d"
        printf '%s\n' ID=_any "CONFEXT_IMAGE_ID=$name" >"$tree/etc/extension-release.d/extension-release.$name"
        printf 'a file of %s\n' "$name" >"$tree/etc/$name.conf"
}

# peer_images DIR
peer_images() {
        local dir=$1 name

        peer_system "$dir/minimal_0" 0 minimal-app0 minimal-app0-foo minimal-app0@
        peer_system "$dir/minimal_1" 1 minimal-app0 minimal-app0-bar minimal-app0@
        peer_extension "$dir/app0" app0 app0 bar
        peer_extension "$dir/app1" app1 app2 baz SYSEXT_IMAGE_VERSION=1
        peer_confext "$dir/conf0" conf0
        for name in minimal_0 minimal_1 app0 app1 conf0; do
                mksquashfs "$dir/$name" "$dir/$name.raw" -noappend -quiet -no-progress >/dev/null
        done
}
