#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# An attached image that has lost its protection: the service must not start, with managers that can be told so.
# Runs in a test machine, see run.

# shellcheck source=lib/verity.sh
source "$(dirname -- "$0")/lib/verity.sh"

# shellcheck disable=SC2034 # suite.sh's
SUITE_WHOLE=(signed_stripped_beside signature_stripped_beside signed_stripped_inside bare_in_place_of_table
        signature_stripped_inside signed_by_another_key verity_stripped_inside)

STEM=$PORTABLE_POOL/app

suite_setup() {
        verity_key good
        verity_key other
        verity_tree "$SUITE_TMP/app" app 1
        suite_host
        verity_trust good
}

# The attached image was replaced by one that is protected less.
assert_not_started() {
        run host_run systemctl start app.service
        [ "$STATUS" -ne 0 ] || assert_fail 'the service started all the same' "drop-in: $(dropin app.service)"
        assert_unit app.service failed
        assert_eq "$(host_run systemctl show -P ExecMainStatus app.service)" 226 'exit status (NAMESPACE)'
        host_run systemctl reset-failed app.service
        assert_ok ctl detach app
}

# assert_not_started_since_254 ASSERTION...: managers before cannot be told what protection an image must have; they
# know nothing but the root hash and start it, with this to be said about it.
assert_not_started_since_254() {
        if [ "$(manager_version)" -ge 254 ]; then
                assert_not_started
        else
                assert_eq "$(pin_of app.service)" ''
                assert_ok host_run systemctl start app.service
                "$@"
                assert_ok ctl detach --now app
        fi
}

test_unchanged_starts() {
        image_inside "$SUITE_TMP/app" app good
        assert_ok ctl attach app
        assert_ok host_run systemctl start app.service
        assert_ok host_run systemctl restart app.service
        assert_authenticated app.service "$HASH"
        assert_ok ctl detach --now app
}

test_verity_stripped_beside() {
        image_beside "$SUITE_TMP/app" app
        assert_ok ctl attach app
        host_run rm "$STEM.verity" "$STEM.roothash"
        assert_not_started
}

test_signed_stripped_beside() {
        image_beside "$SUITE_TMP/app" app good
        assert_ok ctl attach app
        host_run rm "$STEM.verity" "$STEM.roothash" "$STEM.roothash.p7s"
        assert_not_started
}

test_signature_stripped_beside() {
        image_beside "$SUITE_TMP/app" app good
        assert_ok ctl attach app
        host_run rm "$STEM.roothash.p7s"
        assert_not_started_since_254 assert_authenticated app.service "$HASH"
}

test_verity_stripped_inside() {
        image_inside "$SUITE_TMP/app" app
        assert_ok ctl attach app
        image_inside_stripped "$SUITE_TMP/app" app
        assert_not_started
}

# As most builders make them: with partitions that are marked read-only, which is in the pin then.
test_signed_stripped_inside() {
        local IMAGE_FLAGS=attrs=GUID:60

        image_inside "$SUITE_TMP/app" app good
        assert_ok ctl attach app
        image_inside_stripped "$SUITE_TMP/app" app
        assert_not_started
}

# Not only without verity, but without a partition table, in which the oldest managers look for it.
test_bare_in_place_of_table() {
        image_inside "$SUITE_TMP/app" app good
        assert_ok ctl attach app
        image_plain "$SUITE_TMP/app" app
        assert_not_started_since_254 assert_not_authenticated app.service
}

test_signature_stripped_inside() {
        image_inside "$SUITE_TMP/app" app good
        assert_ok ctl attach app
        image_inside "$SUITE_TMP/app" app
        assert_not_started
}

# A manager of its own accord trusts no key that it does not know.
test_signed_by_another_key() {
        image_inside "$SUITE_TMP/app" app good
        assert_ok ctl attach app
        image_inside "$SUITE_TMP/app" app other
        assert_not_started
}

suite_main "$@"
