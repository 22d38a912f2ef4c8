#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Images whose usr is authenticated, and extensions that are in a partition table. Runs in a test machine, see run.

# shellcheck source=lib/verity.sh
source "$(dirname -- "$0")/lib/verity.sh"

suite_setup() {
        verity_key good
        verity_tree "$SUITE_TMP/app" app 1
        image_extension "$SUITE_TMP/ext" ext app VERSION_ID=1
        image_unit "$SUITE_TMP/ext" app-ext.service
        suite_host
        verity_trust good
}

# There is no setting to tell a manager the root hash of usr.
assert_usr_runs() {
        if [ "$(manager_version)" -ge 258 ]; then
                assert_no_match "$ERR" 'does not know the root hash'
                assert_authenticated app.service "$HASH" /usr
        else
                assert_match "$ERR" "app\.raw.: systemd $(manager_version) does not know the root hash of its usr partition"
                assert_not_authenticated app.service /usr
        fi
}

test_usr() {
        image_usr_inside "$SUITE_TMP/app" app
        assert_ok ctl attach --now app
        assert_usr_runs
        assert_ok ctl detach --now app
}

test_usr_signed() {
        image_usr_inside "$SUITE_TMP/app" app good
        assert_ok ctl attach --now app
        assert_no_match "$ERR" 'does not know the root hash'
        assert_authenticated app.service "$HASH" /usr
        assert_ok ctl detach --now app
}

test_usr_changed() {
        image_usr_inside "$SUITE_TMP/app" app
        verity_flip "$HOST_ROOT$PORTABLE_POOL/app.raw" MARK-os-release
        assert_error "'$PORTABLE_POOL/app\.raw'" ctl attach app
        assert_missing /etc/systemd/system.attached
}

# The attribute tells the root hash to managers of any version.
test_usr_attribute() {
        image_usr_inside "$SUITE_TMP/app" app
        verity_disk
        verity_attribute user.verity.usrhash "$HASH"
        assert_ok ctl attach --now /media/app.raw
        assert_no_match "$ERR" 'does not know the root hash'
        assert_authenticated app.service "$HASH" /usr
        assert_ok ctl detach --now /media/app.raw
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
                assert_no_match "$ERR" 'does not know the root hash'
        else
                assert_match "$ERR" "ext\.raw.: systemd $(manager_version) does not know the root hash of its root partition"
        fi
        assert_ok host_run systemctl start app.service app-ext.service
        if [ "$(manager_version)" -ge 258 ]; then
                assert_match "$(dmsetup table)" " verity .* $HASH "
        else
                assert_no_match "$(dmsetup table)" " verity .* $HASH "
        fi
        assert_ok ctl detach --now --extension ext app
}

suite_main "$@"
