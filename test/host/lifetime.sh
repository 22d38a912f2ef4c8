#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What survives a reboot, and what does not.

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"

suite_setup() {
        suite_host
        image_simple "$SUITE_TMP/app" app 'ID=app' 'VERSION_ID=1'
}

test_runtime_attachment_is_gone_after_reboot() {
        image_put squashfs "$SUITE_TMP/app" app
        assert_ok ctl attach --runtime app
        assert_contains "$OUT$ERR" 'Written /run/systemd/system.attached/app.service.d/20-portable.conf.'
        assert_state app attached-runtime --runtime
        assert_exists /run/systemd/system.attached/app.service
        assert_missing /etc/systemd/system.attached /etc/portables/app.raw
        host_reboot
        assert_state app detached
        assert_missing /run/systemd/system.attached
        assert_eq "$(host_run systemctl show -P LoadState app.service)" not-found
}

test_runtime_service_runs_and_detaches() {
        image_put directory "$SUITE_TMP/app" app
        assert_ok ctl attach --runtime --now app
        assert_state app running-runtime
        assert_match "$(unit_log app.service)" '^/etc/os-release: ID=app$'
        assert_ok ctl detach --runtime --now app
        assert_missing /run/systemd/system.attached
        assert_state app detached
}

test_persistent_attachment_survives_reboot() {
        image_put erofs "$SUITE_TMP/app" app
        assert_ok ctl attach app
        host_reboot
        assert_state app attached
        assert_unit app.service inactive
        assert_ok host_run systemctl start app.service
        assert_match "$(unit_log app.service)" '^/etc/os-release: ID=app$'
        assert_ok ctl detach --now app
}

test_enabled_service_starts_at_boot() {
        image_put squashfs "$SUITE_TMP/app" app
        assert_ok ctl attach --enable app
        assert_unit app.service inactive
        host_reboot
        assert_unit app.service active
        assert_state app running
        assert_ok ctl detach --enable --now app
        host_reboot
        assert_eq "$(host_run systemctl show -P LoadState app.service)" not-found
}

test_power_cut_after_attach_keeps_it() {
        image_put squashfs "$SUITE_TMP/app" app
        assert_ok ctl attach app
        host_crash
        host_boot
        assert_state app attached
        assert_ok ctl detach app
}

suite_main "$@"
