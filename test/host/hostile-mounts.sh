#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# File systems whose journal was not written back: they are read as they are, nothing is replayed, and the image stays
# byte for byte what it was. And those that no image may have are not given to the kernel at all.

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"

suite_setup() {
        suite_host
        image_simple "$SUITE_TMP/app" app 'ID=app' 'VERSION_ID=1'
}

# dirty FILE: mounts the image, changes it, and takes a copy in the middle of that, as a power cut would leave it.
dirty() {
        local file=$1 mountpoint

        mountpoint=$(mktemp -d "$SUITE_TMP/mount.XXXXXX")
        unshare --mount --propagation private bash -euc '
                mount -o loop "$1" "$2"
                for i in {1..50}; do echo "# $i" >>"$2/usr/lib/systemd/system/app.service"; : >"$2/file-$i"; done
                sync -f "$2"
                : >"$2/after-sync"
                /usr/bin/python3 -c "import os, sys; os.fsync(os.open(sys.argv[1], os.O_RDONLY))" "$2/after-sync"
                cp --sparse=always "$1" "$1.dirty"
                umount "$2"' - "$file" "$mountpoint"
        mv "$file.dirty" "$file"
        rmdir "$mountpoint"
}

# read_without_touching FILE: inspect, attach and detach work, and the file is the same.
read_without_touching() {
        local before after

        before=$(sha256sum <"$1"; stat -c '%Y %Z' "$1")
        assert_ok ctl inspect app
        assert_match "$OUT" 'app\.service'
        assert_ok ctl attach app
        assert_ok ctl detach app
        after=$(sha256sum <"$1"; stat -c '%Y %Z' "$1")
        assert_eq "$after" "$before" 'the image'
}

test_ext4_with_a_dirty_journal() {
        local file=$HOST_ROOT/var/lib/portables/app.raw

        image_put ext4 "$SUITE_TMP/app" app
        dirty "$file"
        assert_match "$(dumpe2fs -h "$file" 2>/dev/null)" '^Filesystem features:.* needs_recovery'
        read_without_touching "$file"
        assert_match "$(dumpe2fs -h "$file" 2>/dev/null)" '^Filesystem features:.* needs_recovery'
}

test_xfs_with_a_dirty_log() {
        local file=$HOST_ROOT/var/lib/portables/app.raw

        image_put xfs "$SUITE_TMP/app" app
        dirty "$file"
        run xfs_repair -n "$file"
        assert_match "$OUT$ERR" 'valuable metadata changes in a log'
        read_without_touching "$file"
}

test_btrfs_with_a_log_tree() {
        local file=$HOST_ROOT/var/lib/portables/app.raw

        image_put btrfs "$SUITE_TMP/app" app
        dirty "$file"
        assert_no_match "$(btrfs inspect-internal dump-super "$file")" '^log_root[[:space:]]+0$'
        read_without_touching "$file"
}

# Others are told by name; that the kernel was not asked shows in its list of drivers.
test_file_systems_that_images_cannot_have() {
        local file=$HOST_ROOT/var/lib/portables/app.raw kind before

        for kind in minix cramfs vfat; do
                truncate -s 1M "$file"
                case $kind in
                cramfs) mkfs.cramfs "$SUITE_TMP/app/etc" "$file" >/dev/null ;;
                *) "mkfs.$kind" "$file" >/dev/null ;;
                esac
                before=$(</proc/filesystems)
                assert_error "is of type '$kind', which images cannot have; supported are squashfs, erofs, ext4" ctl inspect app
                assert_eq "$(</proc/filesystems)" "$before" 'drivers of the kernel'
                rm "$file"
        done
}

suite_main "$@"
