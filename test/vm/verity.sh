#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Images that can be authenticated: attach, run, look at, reattach, detach; what is written to pin them. Runs in a
# test machine, see run.

# shellcheck source=lib/verity.sh
source "$(dirname -- "$0")/lib/verity.sh"

suite_setup() {
        verity_key good
        verity_tree "$SUITE_TMP/app" app 1
        verity_tree "$SUITE_TMP/app2" app 2
        suite_host
        verity_trust good
}

# lives IMAGE PIN: an image of the pool is attached and pinned, runs authenticated, is detached.
lives() {
        assert_ok ctl attach --now "$1"
        assert_pin app.service "$2"
        assert_authenticated app.service "$HASH"
        assert_state "$1" running
        assert_match "$(unit_log app.service)" 'MARK-data-3'
        assert_ok ctl detach --now "$1"
}

test_plain() {
        image_plain "$SUITE_TMP/app" app
        assert_ok ctl attach --now app
        assert_pin app.service 'unprotected|'
        assert_not_authenticated app.service
        assert_ok ctl detach --now app
}

test_beside() {
        image_beside "$SUITE_TMP/app" app
        lives app verity
}

test_beside_signed() {
        image_beside "$SUITE_TMP/app" app good
        lives app signed
}

# The oldest managers do not take the root hash from the partition table: attach checks it, the service does not.
test_inside() {
        image_inside "$SUITE_TMP/app" app
        if manager_knows_partition_hash; then
                lives app verity
        else
                assert_ok ctl attach --now app
                assert_pin app.service verity
                assert_not_authenticated app.service
                assert_ok ctl detach --now app
        fi
}

test_inside_signed() {
        image_inside "$SUITE_TMP/app" app good
        lives app signed
}

# On a file system of its own, since that of the host has no such attributes before Linux 6.6.
test_attribute() {
        local stem=$PORTABLE_POOL/app

        image_beside "$SUITE_TMP/app" app
        truncate -s 8M "$HOST_ROOT/srv/disk"
        mkfs.ext4 -q "$HOST_ROOT/srv/disk"
        # A daemon that runs already would not see what is mounted: the host's mounts are not shared.
        host_run systemctl stop systemd-portabled.service
        host_run mount -o loop /srv/disk /media
        host_run mv "$stem.raw" "$stem.verity" /media/
        python3 -c 'import os, sys; os.setxattr(sys.argv[1], b"user.verity.roothash", sys.argv[2].encode())' \
                "/proc/$(host_init)/root/media/app.raw" "$HASH"
        lives /media/app.raw verity
        host_run systemctl stop systemd-portabled.service
        host_run umount /media
        host_run rm /srv/disk
}

test_extension() {
        local tree=$SUITE_TMP/ext hash

        image_extension "$tree" ext app VERSION_ID=1
        image_unit "$tree" app-ext.service
        image_beside "$tree" ext good
        hash=$HASH
        image_beside "$SUITE_TMP/app" app good
        assert_ok ctl attach --extension ext app app
        assert_ok host_run systemctl start app.service app-ext.service
        assert_unit app-ext.service active
        assert_match "$(dmsetup table)" " verity .* $HASH "
        assert_match "$(dmsetup table)" " verity .* $hash "
        assert_ok ctl detach --now --extension ext app
}

# What already runs is looked at by way of the same mapping, and nothing stays.
test_inspect_while_running() {
        image_beside "$SUITE_TMP/app" app good
        assert_ok ctl attach --now app
        assert_eq "$(dmsetup ls | wc -l)" 1 'mappings'
        assert_ok ctl inspect app
        assert_match "$OUT" 'MARK-os-release'
        assert_ok ctl list
        assert_authenticated app.service "$HASH"
        assert_eq "$(dmsetup ls | wc -l)" 1 'mappings'
        assert_ok ctl detach --now app
        wait_until 5 no_mappings
}

test_reattach_from_signed_to_signed() {
        image_beside "$SUITE_TMP/app" app_1 good
        assert_ok ctl attach --now app_1
        assert_authenticated app.service "$HASH"
        image_inside "$SUITE_TMP/app2" app_2 good
        assert_ok ctl reattach --now app_2
        assert_authenticated app.service "$HASH"
        assert_pin app.service signed
        assert_match "$(unit_log app.service)" 'VERSION_ID=2'
        assert_ok ctl detach --now app_2
}

test_reattach_to_a_bad_one_changes_nothing() {
        local before

        image_beside "$SUITE_TMP/app" app_1 good
        assert_ok ctl attach --now app_1
        before=$(dropin app.service)
        image_beside "$SUITE_TMP/app2" app_2 good
        verity_flip "$HOST_ROOT$PORTABLE_POOL/app_2.raw" MARK-os-release
        assert_error '/var/lib/portables/app_2\.raw' ctl reattach --now app_2
        assert_eq "$(dropin app.service)" "$before"
        assert_unit app.service active
        assert_ok ctl detach --now app_1
}

suite_main "$@"
