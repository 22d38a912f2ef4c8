#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Images whose usr is authenticated, and extensions with a partition table. Runs in a test machine, see run.

# shellcheck source=lib/verity.sh
source "$(dirname -- "$0")/lib/verity.sh"

# shellcheck disable=SC2034 # suite.sh's
SUITE_WHOLE=(usr usr_signed usr_changed usr_attribute extension_inside extensions_of_two_kinds)

suite_setup() {
        verity_key good
        verity_tree "$SUITE_TMP/app" app 1
        image_extension "$SUITE_TMP/ext" ext app VERSION_ID=1
        image_unit "$SUITE_TMP/ext" app-ext.service
        suite_host
        verity_trust good
}

# usr_starts WARNING ASSERTION...: the image is attached, with this warning if the manager is older than 258, and the
# service runs as asserted. Later managers start no image that has but a usr with verity (seen of 262).
usr_starts() {
        local image=$1 warning=$2
        shift 2

        assert_ok ctl attach "$image"
        if [ "$(manager_version)" -ge 258 ]; then
                assert_match "$ERR" "$image.*: systemd $(manager_version) starts no services from an image that has but a usr"
                run host_run systemctl start app.service
                assert_unit app.service failed
                host_run systemctl reset-failed app.service
        else
                if [ -n "$warning" ]; then
                        assert_match "$ERR" "$image.*: systemd $(manager_version) $warning"
                else
                        assert_no_match "$ERR" 'without verity'
                fi
                assert_ok host_run systemctl start app.service
                "$@"
        fi
        assert_ok ctl detach --now "$image"
}

# It is taken neither from the partition table nor from a signature, and there is no setting for it.
test_usr() {
        image_usr_inside "$SUITE_TMP/app" app
        usr_starts app 'does not take the root hash of its usr partition' assert_not_authenticated app.service /usr
}

test_usr_signed() {
        image_usr_inside "$SUITE_TMP/app" app good
        usr_starts app 'does not take the root hash of its usr partition' assert_not_authenticated app.service /usr
}

test_usr_changed() {
        image_usr_inside "$SUITE_TMP/app" app
        verity_flip "$HOST_ROOT$PORTABLE_POOL/app.raw" MARK-os-release
        assert_error "'$PORTABLE_POOL/app\.raw'" ctl attach app
        assert_missing /etc/systemd/system.attached
}

# The attribute tells the root hash.
test_usr_attribute() {
        image_usr_inside "$SUITE_TMP/app" app
        verity_disk
        verity_attribute user.verity.usrhash "$HASH"
        usr_starts /media/app.raw '' assert_authenticated app.service "$HASH" /usr
        verity_attribute user.verity.usrhash "${HASH:1}0"
        assert_error "'/media/app\.raw': none of its 'usr' partitions has the UUID" ctl attach /media/app.raw
        assert_missing /etc/systemd/system.attached
        verity_disk_remove
}

test_extension_inside() {
        image_inside "$SUITE_TMP/app" app good
        image_inside "$SUITE_TMP/ext" ext
        assert_ok ctl attach --extension ext app app
        if [ "$(manager_version)" -ge 258 ]; then
                assert_no_match "$ERR" 'does not take the root hash'
        else
                assert_match "$ERR" "ext\.raw.: systemd $(manager_version) does not take the root hash of its root partition"
        fi
        assert_ok host_run systemctl start app.service app-ext.service
        if [ "$(manager_version)" -ge 258 ]; then
                assert_match "$(dmsetup table)" " verity .* $HASH "
        else
                assert_no_match "$(dmsetup table)" " verity .* $HASH "
        fi
        assert_ok ctl detach --now --extension ext app
}

# One policy must do for both: of a partition table with its flags, and of none.
test_extensions_of_two_kinds() {
        local hash

        image_extension "$SUITE_TMP/more" more app VERSION_ID=1
        image_unit "$SUITE_TMP/more" app-more.service
        image_beside "$SUITE_TMP/more" more good
        hash=$HASH
        image_plain "$SUITE_TMP/app" app
        IMAGE_FLAGS=attrs=GUID:60 image_inside "$SUITE_TMP/ext" ext good
        assert_ok ctl attach --now --extension ext --extension more app app
        assert_no_match "$ERR" 'without verity|trusted'
        assert_unit app-more.service active
        assert_match "$(dmsetup table)" " verity .* $HASH "
        assert_match "$(dmsetup table)" " verity .* $hash "
        assert_ok ctl detach --now --extension ext --extension more app
}

suite_main "$@"
