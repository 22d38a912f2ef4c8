#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Images made to lead their reader astray: nothing in them may reach the host, and no device, mount or process may
# be left by a bad one.

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"

suite_setup() {
        suite_host
        printf '[Service]\nExecStart=/bin/false SECRET\n' >"$HOST_ROOT/root/secret.service"
}

# The unit directory of a new image tree that has app.service already.
new_tree() {
        image_simple "$SUITE_TMP/$1" app 'ID=app' 'VERSION_ID=1'
        UNITS=$SUITE_TMP/$1/usr/lib/systemd/system
}

# attach_only TREE: of what is in the image, only app.service must come in, as directory and as squashfs.
attach_only() {
        local kind

        for kind in directory squashfs; do
                image_put "$kind" "$SUITE_TMP/$1" app
                assert_ok ctl inspect app
                assert_no_match "$OUT" 'app-bad' "units of $kind"
                assert_ok ctl inspect --cat app
                assert_no_match "$OUT" 'SECRET'
                assert_ok ctl attach app
                assert_no_match "$(attached_files)" 'app-bad' "attached from $kind"
                assert_ok ctl detach app
                host_run rm -rf "$(image_path "$kind" app)"
        done
}

test_absolute_symlink_to_the_host() {
        new_tree symlink
        ln -s /root/secret.service "$UNITS/app-bad.service"
        attach_only symlink
}

test_relative_symlink_out_of_the_image() {
        new_tree dotdot
        ln -s ../../../../../../../../../root/secret.service "$UNITS/app-bad.service"
        attach_only dotdot
}

test_symlinked_unit_directory() {
        new_tree dirlink
        mkdir -p "$SUITE_TMP/dirlink/etc/systemd"
        ln -s /root "$SUITE_TMP/dirlink/etc/systemd/system"
        attach_only dirlink
}

test_absolute_symlink_within_the_image() {
        new_tree inner
        cp "$UNITS/app.service" "$SUITE_TMP/inner/usr/lib/real.service"
        ln -s /usr/lib/real.service "$UNITS/app-good.service"
        image_put squashfs "$SUITE_TMP/inner" app
        assert_ok ctl inspect app
        assert_match "$OUT" '^[[:space:]]+app-good\.service$'
        assert_ok ctl attach app
        assert_contains "$(host_run cat /etc/systemd/system.attached/app-good.service)" 'Description=Test unit app.service'
        assert_ok ctl detach app
}

test_fifo() {
        new_tree fifo
        mkfifo "$UNITS/app-bad.service"
        attach_only fifo
}

test_empty_unit() {
        new_tree empty
        : >"$UNITS/app-bad.service"
        attach_only empty
}

test_directory_named_like_a_unit() {
        new_tree directory
        mkdir "$UNITS/app-bad.service"
        attach_only directory
}

test_device_node() {
        new_tree device
        mknod "$UNITS/app-bad.service" c 1 5
        attach_only device
}

test_symlink_loop() {
        new_tree loop
        ln -s app-bad.socket "$UNITS/app-bad.service"
        ln -s app-bad.service "$UNITS/app-bad.socket"
        attach_only loop
}

test_dangling_symlink() {
        new_tree dangling
        ln -s nowhere "$UNITS/app-bad.service"
        attach_only dangling
}

# The first directory that has a name wins, so a mask in the image hides the unit (the peer attaches it all the same).
test_mask_within_the_image() {
        new_tree masked
        mkdir -p "$SUITE_TMP/masked/etc/systemd/system"
        image_unit "$SUITE_TMP/masked" app-bad.service
        ln -s /dev/null "$SUITE_TMP/masked/etc/systemd/system/app-bad.service"
        attach_only masked
}

test_other_suffixes_and_bad_names() {
        new_tree suffixes
        cp "$UNITS/app.service" "$UNITS/app-bad.mount"
        cp "$UNITS/app.service" "$UNITS/app-bad.conf"
        cp "$UNITS/app.service" "$UNITS/app-bad.service~"
        cp "$UNITS/app.service" "$UNITS/app-bad"$'\n''x.service'
        attach_only suffixes
}

test_os_release_that_leads_to_the_host() {
        new_tree release
        rm "$SUITE_TMP/release/usr/lib/os-release" "$SUITE_TMP/release/etc/os-release"
        host_run sh -c 'echo ID=SECRET >/root/os-release'
        ln -s /root/os-release "$SUITE_TMP/release/etc/os-release"
        image_put directory "$SUITE_TMP/release" app
        assert_error 'os-release' ctl inspect app
        assert_no_match "$OUT$ERR" SECRET
}

test_file_that_is_no_image() {
        head -c 1048576 /dev/urandom >"$HOST_ROOT/var/lib/portables/app.raw"
        assert_error '/var/lib/portables/app\.raw' ctl attach app
        assert_error '/var/lib/portables/app\.raw' ctl inspect app
}

test_empty_file() {
        : >"$HOST_ROOT/var/lib/portables/app.raw"
        assert_error '/var/lib/portables/app\.raw' ctl attach app
}

test_truncated_squashfs() {
        new_tree truncated
        image_put squashfs "$SUITE_TMP/truncated" app
        truncate -s 100K "$HOST_ROOT/var/lib/portables/app.raw"
        assert_error '/var/lib/portables/app\.raw' ctl attach app
}

test_damaged_ext4() {
        new_tree damaged
        image_put ext4 "$SUITE_TMP/damaged" app
        dd if=/dev/urandom of="$HOST_ROOT/var/lib/portables/app.raw" bs=1K seek=2 count=200 conv=notrunc status=none
        assert_error '/var/lib/portables/app\.raw' ctl attach app
}

test_gpt_whose_partition_lies_outside() {
        new_tree outside
        image_put gpt "$SUITE_TMP/outside" app
        truncate -s 1200K "$HOST_ROOT/var/lib/portables/app.raw"
        assert_error '/var/lib/portables/app\.raw' ctl attach app
}

test_gpt_without_root() {
        new_tree rootless
        image_filesystem squashfs "$SUITE_TMP/rootless" "$SUITE_TMP/fs"
        disk_gpt "$HOST_ROOT/var/lib/portables/app.raw" "home:$SUITE_TMP/fs"
        assert_error '/var/lib/portables/app\.raw' ctl attach app
}

test_gpt_with_two_roots_or_none_of_ours() {
        new_tree foreign
        image_filesystem squashfs "$SUITE_TMP/foreign" "$SUITE_TMP/fs"
        disk_gpt "$HOST_ROOT/var/lib/portables/app.raw" "generic:$SUITE_TMP/fs" "generic:$SUITE_TMP/fs"
        assert_error '/var/lib/portables/app\.raw' ctl attach app
}

test_mbr_with_two_linux_partitions() {
        new_tree two
        image_filesystem squashfs "$SUITE_TMP/two" "$SUITE_TMP/fs"
        disk_mbr "$HOST_ROOT/var/lib/portables/app.raw" "83:$SUITE_TMP/fs:bootable" "83:$SUITE_TMP/fs:bootable"
        assert_error '/var/lib/portables/app\.raw' ctl attach app
}

suite_main "$@"
