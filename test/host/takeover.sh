#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# trees: no
#
# Installing over the distribution's own portabled, and giving it back.

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"

BUILD=$(dirname -- "$(realpath -- "${PORTABLED_TEST_STAGE:-$SUITE_LIB/../../build/stage}")")
UNIT=systemd-portabled.service

suite_setup() {
        host_new --peer --no-install
        host_share "$(realpath "$SUITE_LIB/../..")"
        host_boot
        image_simple "$SUITE_TMP/app" app 'ID=app' 'VERSION_ID=1'
}

install_ours() {
        assert_ok host_run meson install -C "$BUILD" --no-rebuild
        host_run systemctl stop $UNIT
        host_run systemctl daemon-reload
        host_run systemctl reload dbus.service
}

uninstall_ours() {
        assert_ok host_run ninja -C "$BUILD" uninstall
        host_run systemctl stop $UNIT
        host_run systemctl daemon-reload
        host_run systemctl reload dbus.service
}

# The program that owns the bus name.
daemon_program() {
        ctl list >/dev/null
        host_run readlink "/proc/$(host_run systemctl show -P MainPID $UNIT)/exe"
}

test_ours_takes_over_and_gives_back() {
        assert_eq "$(daemon_program)" /usr/lib/systemd/systemd-portabled
        install_ours
        assert_match "$(daemon_program)" '^/usr/local/'
        assert_match "$(host_run sh -c 'command -v portablectl')" '^/usr/local/bin/'
        uninstall_ours
        assert_eq "$(daemon_program)" /usr/lib/systemd/systemd-portabled
        assert_match "$(host_run sh -c 'command -v portablectl')" '^(/usr)?/bin/'
}

test_peer_files_are_untouched() {
        local before

        before=$(peer_checksums)
        install_ours
        uninstall_ours
        assert_eq "$(peer_checksums)" "$before" 'checksums'
        assert_match "$before" 'systemd-portabled'
}

peer_checksums() {
        host_run sh -c 'grep portable /var/lib/dpkg/info/systemd-container.list | xargs -r sha256sum 2>/dev/null | sort'
}

test_image_attached_before_goes_on() {
        image_put squashfs "$SUITE_TMP/app" app
        assert_ok ctl attach --now app
        install_ours
        assert_match "$(daemon_program)" '^/usr/local/'
        assert_state app running
        assert_ok ctl detach --now app
        assert_missing /etc/systemd/system.attached
        # Copied, since a link to one of our profiles dangles when we are gone.
        assert_ok ctl attach --copy=copy app
        uninstall_ours
        assert_state app attached
        assert_ok ctl detach app
}

suite_main "$@"
