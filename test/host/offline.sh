#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# portablectl --root=: working on an operating system's tree without a bus, a daemon or a running service
# manager. One tree is the host itself before it boots: what was attached in it offline must then start.

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"

TREE=$SUITE_TMP/tree
OFFLINE_CTL=$SUITE_TMP/portablectl

suite_setup() {
        # where an unprivileged user can run it, who may not look into the folder with the build
        chmod 0755 "$SUITE_TMP"
        install -m 0755 "${PORTABLED_TEST_STAGE:-$SUITE_LIB/../../build/stage}"/usr/local/{bin/portablectl,lib/systemd/portablectl-output.so} \
                "$SUITE_TMP"
        image_simple "$SUITE_TMP/one" app 'ID=app' 'VERSION_ID=1'
        image_unit "$SUITE_TMP/one" app-old.service
        image_simple "$SUITE_TMP/two" app 'ID=app' 'VERSION_ID=2'
        image_simple "$SUITE_TMP/boot" boot 'ID=boot' 'VERSION_ID=1'

        suite_host_new
        image_put directory "$SUITE_TMP/boot" boot_1
        image_put squashfs "$SUITE_TMP/boot" raw_1
        offline_in_host attach --enable boot_1
        offline_in_host attach --profile=trusted raw_1 boot-none 2>"$SUITE_TMP/refused" && return 1
        offline_in_host list >"$SUITE_TMP/list"
        host_boot
}

# The client on the host's tree before the host boots: nothing of the host runs.
offline_in_host() {
        local verb=$1
        shift

        nsenter -t "$HOST_KEEPER" -m -- "$OFFLINE_CTL" --root="$HOST_MNT/root" "$verb" "$@"
}

# A tree of the least that attaching needs, owned by nobody in particular.
make_tree() {
        rm -rf "$TREE"
        mkdir -p "$TREE"/{etc,usr/lib/systemd/{system,portable/profile/default},var/lib/portables,opt}
        printf '[Service]\nPrivateTmp=yes\n' >"$TREE/usr/lib/systemd/portable/profile/default/service.conf"
        image_pack directory "$SUITE_TMP/one" "$TREE/var/lib/portables/app_1"
        image_pack directory "$SUITE_TMP/two" "$TREE/opt/app_2"
        chown -R 65534:65534 "$TREE"
}

# As an unprivileged user who owns the tree, where no bus can be reached.
offline() {
        setpriv --reuid 65534 --regid 65534 --clear-groups env DBUS_SYSTEM_BUS_ADDRESS=unix:path=/nowhere \
                LC_ALL=C.UTF-8 "$OFFLINE_CTL" --root="$TREE" "$@"
}

# Every path in the tree but those of images, with what it is.
snapshot() {
        (cd "$TREE" && find . -path ./var/lib/portables -prune -o -printf '%p %y %m %l\n' | LC_ALL=C sort)
}

test_attached_before_the_boot_starts_at_boot() {
        assert_unit boot.service active
        assert_match "$(unit_log boot.service)" '^/etc/os-release: ID=boot$'
        assert_match "$(cat "$SUITE_TMP/refused")" 'No unit file in image .*/raw_1\.raw.* matches prefix .boot-none.'
        assert_match "$(cat "$SUITE_TMP/list")" '^boot_1 .* enabled *$'
        assert_match "$(cat "$SUITE_TMP/list")" '^raw_1 .* detached *$'
        assert_state boot_1 running
        assert_match "$(dropin boot.service)" '^RootDirectory=/var/lib/portables/boot_1$'
        assert_ok ctl detach --now --enable boot_1
        assert_missing /etc/systemd/system.attached
        assert_eq "$(host_run find /etc/systemd/system -name boot.service)" ''
        # what was there before, to compare what later tests leave
        leak_state >"$SUITE_TMP/before"
}

test_the_same_output_as_the_daemon() {
        local verb online

        image_put directory "$SUITE_TMP/one" app_1
        for verb in attach list inspect is-attached reattach detach; do
                set -- "$verb" app_1
                [ "$verb" != list ] || set -- list
                assert_ok ctl "$@"
                online=$OUT$'\n'$ERR
                case $verb in
                attach) assert_ok ctl detach app_1 ;;
                detach) assert_ok ctl attach app_1 ;;
                esac
                assert_ok ctl --root=/ "$@"
                assert_eq "$OUT"$'\n'"$ERR" "$online" "$verb"
        done
}

test_unprivileged_from_attach_to_detach() {
        local before

        make_tree
        before=$(snapshot)
        assert_ok offline inspect app_1
        assert_match "$OUT" '/var/lib/portables/app_1$'
        assert_ok offline attach app_1
        assert_match "$ERR" '^Written /etc/systemd/system\.attached/app\.service\.d/20-portable\.conf\.$'
        assert_no_match "$ERR" "$TREE"
        assert_match "$(cat "$TREE/etc/systemd/system.attached/app.service.d/20-portable.conf")" \
                '^RootDirectory=/var/lib/portables/app_1$'
        assert_eq "$(stat -c %u "$TREE/etc/systemd/system.attached/app.service")" 65534
        assert_eq "$(offline is-attached app_1)" attached
        assert_ok offline is-attached --quiet app_1
        assert_error 'exists on the host already' offline attach app_1
        assert_ok offline detach app_1
        assert_eq "$(offline is-attached app_1)" detached
        rmdir "$TREE/etc/portables" "$TREE/etc/systemd"
        assert_eq "$(snapshot)" "$before" 'what is left of it'
}

test_reattach_with_enable() {
        make_tree
        assert_ok offline attach --enable app_1
        assert_match "$ERR" "^Created symlink /etc/systemd/system/multi-user\.target\.wants/app\.service → "
        assert_eq "$(offline is-attached app_1)" enabled
        assert_match "$(offline list)" '^app_1 .* enabled *$'
        assert_ok offline reattach --enable /opt/app_2
        assert_match "$ERR" '^Removed /etc/systemd/system/multi-user\.target\.wants/app-old\.service\.$'
        assert_match "$(cat "$TREE/etc/systemd/system.attached/app.service.d/20-portable.conf")" \
                '^RootDirectory=/opt/app_2$'
        assert_eq "$(readlink "$TREE/etc/portables/app_2")" /opt/app_2
        assert_ok offline --quiet detach --enable app_2
        assert_eq "$OUT$ERR" ''
        assert_eq "$(find "$TREE/etc" -name 'app*')" ''
}

test_paths_are_those_inside() {
        make_tree
        assert_ok offline inspect /opt/app_2
        cd "$TREE/opt" || return
        assert_ok offline inspect ./app_2
        assert_match "$OUT" '^	/opt/app_2$'
        cd / || return
        mkdir -p "$SUITE_TMP/app_2"
        assert_error "does not lie inside --root=" offline inspect ".$SUITE_TMP/app_2"
        assert_error "with --root= give the path inside it, '/opt/app_2'" offline inspect "$TREE/opt/app_2"
        assert_error "No image found at '/opt/none'" offline inspect /opt/none app
        # A link inside that would lead out of the tree leads to the same path inside.
        ln -s /opt/app_2 "$TREE/var/lib/portables/link_1"
        assert_ok offline inspect link_1 app
        assert_match "$OUT" '^	/opt/app_2$'
}

# The path of that tree means nothing here.
test_tree_of_another_mount_namespace() {
        local pid root

        make_tree
        mkdir -p "$SUITE_TMP/over"
        # shellcheck disable=SC2016
        unshare -m sh -c 'mount --bind "$1" "$1/over" && exec sleep infinity' - "$SUITE_TMP" &
        pid=$!
        root=/proc/$pid/root$SUITE_TMP/over/tree
        wait_until 5 test -d "$root"
        assert_ok "$OFFLINE_CTL" --root="$root" attach --enable app_1
        assert_match "$("$OFFLINE_CTL" --root="$root" list)" '^app_1 .* enabled *$'
        assert_ok "$OFFLINE_CTL" --root="$root" detach --enable app_1
        assert_match "$("$OFFLINE_CTL" --root="$root" list)" '^app_1 .* detached *$'
        kill "$pid"
}

test_units_of_the_tree_are_in_the_way() {
        make_tree
        printf '[Service]\nExecStart=/bin/true\n' >"$TREE/usr/lib/systemd/system/app.service"
        assert_error "exists on the host already, as '/usr/lib/systemd/system/app.service'" offline attach app_1
        assert_missing /etc/systemd/system.attached
}

test_settings_follow_the_systemd_in_the_tree() {
        local version

        make_tree
        image_pack squashfs "$SUITE_TMP/two" "$TREE/var/lib/portables/raw_1.raw"
        mkdir -p "$TREE/usr/lib/x86_64-linux-gnu/systemd"
        for version in 252 258; do
                rm -f "$TREE"/usr/lib/x86_64-linux-gnu/systemd/*
                : >"$TREE/usr/lib/x86_64-linux-gnu/systemd/libsystemd-shared-$version.so"
                assert_ok "$OFFLINE_CTL" --root="$TREE" attach raw_1 app
                cp "$TREE/etc/systemd/system.attached/app.service.d/20-portable.conf" "$SUITE_TMP/$version"
                assert_ok "$OFFLINE_CTL" --root="$TREE" detach raw_1
        done
        assert_no_match "$(cat "$SUITE_TMP/252")" '^RootImagePolicy='
        assert_match "$(cat "$SUITE_TMP/258")" '^RootImagePolicy='
}

test_raw_images_need_root() {
        make_tree
        image_pack squashfs "$SUITE_TMP/one" "$TREE/var/lib/portables/raw_1.raw"
        assert_error 'needs a loop device, and so root' offline inspect raw_1
}

test_other_verbs() {
        make_tree
        assert_ok offline --profile=help
        assert_eq "$OUT" default
        image_pack squashfs "$SUITE_TMP/one" "$TREE/var/lib/portables/raw_1.raw"
        chown 65534 "$TREE/var/lib/portables/raw_1.raw"
        assert_ok offline read-only raw_1
        assert_match "$(offline list)" '^raw_1 +raw +yes '
        assert_ok offline read-only raw_1 no
        assert_ok offline remove raw_1
        assert_no_match "$(offline list)" '^raw_1'
}

# Killed in the midst of it, the next operation takes it up; nothing is left in the tree.
test_interrupted_operations() {
        local before when killed=0

        make_tree
        before=$(snapshot)
        for when in 1 2 3 4 5; do
                run strace -qq -o /dev/null -e trace=renameat2 -e "inject=renameat2:signal=KILL:when=$when" \
                        "$OFFLINE_CTL" --root="$TREE" attach app_1
                if [ "$STATUS" -ne 0 ]; then
                        killed=$((killed + 1))
                        assert_ok "$OFFLINE_CTL" --root="$TREE" status
                        assert_match "$OUT" '^Unfinished: /etc/(systemd/)?\.portabled-' "killed at rename $when"
                        assert_ok "$OFFLINE_CTL" --root="$TREE" attach --force app_1
                fi
                assert_eq "$("$OFFLINE_CTL" --root="$TREE" is-attached app_1)" attached
                assert_ok "$OFFLINE_CTL" --root="$TREE" detach app_1
                rmdir "$TREE/etc/portables" "$TREE/etc/systemd"
                # A kill leaves the lock file, which tells nothing and stops nobody.
                rm -rf "$TREE/run"
                assert_eq "$(snapshot)" "$before" "killed at rename $when"
        done
        [ "$killed" -ge 2 ] || assert_fail "killed $killed times only"
}

test_what_cannot_be() {
        make_tree
        assert_error '--root= cannot be used with --now' offline attach --now app_1
        assert_error '--root= cannot be used with --clean' offline detach --clean app_1
        assert_error '--root= cannot be used with --host= and --machine=' offline -M box list
        assert_error 'Cannot open --root=/nowhere: No such file' "$OFFLINE_CTL" --root=/nowhere list
        assert_error '--root=/etc/passwd is not a directory' "$OFFLINE_CTL" --root=/etc/passwd list
        assert_error '--root= needs a directory' "$OFFLINE_CTL" --root= list
        chown 0:0 "$TREE/etc"
        assert_error '/etc.*: Permission denied' offline attach app_1
        assert_eq "$(find "$TREE" -name '.portabled-*' -o -name portabled.lock)" ''
}

suite_main "$@"
