#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A file as profile, with the daemon of systemd: it would not find such a profile and attach without any, unconfined.

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"

suite_setup() {
        [ -z "${PORTABLED_TEST_TREE:-}" ] || set -- "--tree=$PORTABLED_TEST_TREE"
        host_new --peer --no-install "$@"
        portable_client
        printf '[Service]\nPrivateTmp=yes\n' >"$HOST_ROOT/opt/own.conf"
        host_boot
        image_simple "$SUITE_TMP/app" app 'ID=app' 'VERSION_ID=1'
}

test_is_refused() {
        image_put directory "$SUITE_TMP/app" app_1
        assert_error 'another one, and takes no path as profile' ctl attach --profile=/opt/own.conf app_1
        assert_missing /etc/systemd/system.attached
        assert_ok ctl attach --profile=default app_1
        assert_error 'another one, and takes no path as profile' ctl reattach -q --profile=/opt/own.conf app_1
        assert_ok ctl detach app_1
}

suite_main "$@"
