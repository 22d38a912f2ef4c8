#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Images that can be authenticated: attach, run, look at, reattach, detach; what is written to pin them. Runs in a
# test machine, see run.

# shellcheck source=lib/verity.sh
source "$(dirname -- "$0")/lib/verity.sh"

# shellcheck disable=SC2034 # suite.sh's
SUITE_WHOLE=(beside beside_signed inside attribute same_data_in_two_images extension_on_directory
        inspect_while_running reattach_from_signed_to_signed reattach_to_a_bad_one_changes_nothing)

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

test_inside() {
        image_inside "$SUITE_TMP/app" app
        lives app verity
}

# Managers that do not take the root hash from the partition table are told: what was changed cannot be read.
test_changed_data_inside_cannot_be_read() {
        image_inside "$SUITE_TMP/app" app
        verity_flip "$HOST_ROOT$PORTABLE_POOL/app.raw" MARK-data-2
        assert_ok ctl attach --now app
        assert_authenticated app.service "$HASH"
        assert_match "$(unit_log app.service)" '/usr/lib/data: MARK-data-1'
        assert_match "$(unit_log app.service)" '/usr/lib/data: Input/output error'
        assert_no_match "$(unit_log app.service)" 'data-2'
        assert_ok ctl detach --now app
        # So is the service that runs a command, without an attach.
        assert_ok ctl exec app -- /usr/bin/service once /usr/lib/data
        assert_match "$OUT" '/usr/lib/data: Input/output error'
        assert_no_match "$OUT" 'data-2'
}

test_inside_signed() {
        image_inside "$SUITE_TMP/app" app good
        lives app signed
}

test_attribute() {
        image_beside "$SUITE_TMP/app" app
        rm "$HOST_ROOT$PORTABLE_POOL/app.roothash"
        verity_disk
        verity_attribute user.verity.roothash "$HASH"
        lives /media/app.raw verity
        # Managers look for signatures elsewhere only, so they cannot be told that there must be one.
        verity_attribute user.verity.roothashsig "$(verity_sign "$HASH" good | base64 -w 0)"
        printf '[Portable]\nImagePolicy=root=signed:=absent\n' >"$HOST_ROOT/etc/systemd/portabled.conf"
        lives /media/app.raw verity
        rm "$HOST_ROOT/etc/systemd/portabled.conf"
        verity_disk_remove
}

# What looks into an image with the same data as a running one leaves no mapping of its own.
test_same_data_in_two_images() {
        image_beside "$SUITE_TMP/app" app good
        cp -a "$HOST_ROOT$PORTABLE_POOL"/app.raw "$HOST_ROOT$PORTABLE_POOL/same.raw"
        cp -a "$HOST_ROOT$PORTABLE_POOL"/app.verity "$HOST_ROOT$PORTABLE_POOL/same.verity"
        cp -a "$HOST_ROOT$PORTABLE_POOL"/app.roothash "$HOST_ROOT$PORTABLE_POOL/same.roothash"
        cp -a "$HOST_ROOT$PORTABLE_POOL"/app.roothash.p7s "$HOST_ROOT$PORTABLE_POOL/same.roothash.p7s"
        assert_ok ctl attach --now app
        assert_ok ctl inspect same app
        assert_eq "$(dmsetup ls | wc -l)" 1 'mappings'
        assert_ok ctl detach --now app
        wait_until 5 no_mappings
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

# There a service manager allows for no device mapper of its own accord.
test_extension_on_directory() {
        local tree=$SUITE_TMP/on-tree

        image_extension "$tree" on-tree app VERSION_ID=1
        image_unit "$tree" app-tree.service
        image_beside "$tree" on-tree good
        image_put directory "$SUITE_TMP/app" app
        assert_ok ctl attach --now --extension on-tree app app
        assert_unit app-tree.service active
        assert_match "$(dmsetup table)" " verity .* $HASH "
        assert_ok ctl detach --now --extension on-tree app
        host_run rm -rf "$(image_path directory app)"
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
