#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Images that can be authenticated: attach, run, reattach, detach. Runs in a test machine, see run.

# shellcheck source=lib/verity.sh
source "$(dirname -- "$0")/lib/verity.sh"

suite_setup() {
        verity_key good
        verity_tree "$SUITE_TMP/app" app 1
        verity_tree "$SUITE_TMP/app2" app 2
        suite_host
        verity_trust good
}

# An image of the pool is attached, runs authenticated, is detached.
lives() {
        assert_ok ctl attach --now "$1"
        assert_authenticated app.service "$HASH"
        assert_state "$1" running
        assert_match "$(unit_log app.service)" 'MARK-data-3'
        echo "PIN $(manager_version) $(pin_of app.service)" >/dev/hvc0
        assert_ok ctl detach --now "$1"
}

test_plain() {
        image_inside "$SUITE_TMP/app" app
        cp "$SUITE_TMP/app.squashfs" "$HOST_ROOT$PORTABLE_POOL/app.raw"
        assert_ok ctl attach --now app
        assert_not_authenticated app.service
        assert_ok ctl detach --now app
}

test_beside() {
        image_beside "$SUITE_TMP/app" app
        lives app
}

test_beside_signed() {
        image_beside "$SUITE_TMP/app" app good
        lives app
}

test_inside() {
        image_inside "$SUITE_TMP/app" app
        lives app
}

test_inside_signed() {
        image_inside "$SUITE_TMP/app" app good
        lives app
}

suite_main "$@"
