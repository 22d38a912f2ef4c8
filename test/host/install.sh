#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# trees: no
#
# Installing and uninstalling on a running system that never had a portabled.

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"

# The build folder that the stage under test was made from.
BUILD=$(dirname -- "$(realpath -- "${PORTABLED_TEST_STAGE:-$SUITE_LIB/../../build/stage}")")

suite_setup() {
        host_new --no-install
        host_share "$(realpath "$SUITE_LIB/../..")"
        host_boot
        image_simple "$SUITE_TMP/app" app 'ID=app' 'VERSION_ID=1'
}

install_ours() {
        assert_ok host_run meson install -C "$BUILD" --no-rebuild
        host_run systemctl daemon-reload
        host_run systemctl reload dbus.service
}

uninstall_ours() {
        assert_ok host_run ninja -C "$BUILD" uninstall
        host_run systemctl stop systemd-portabled.service 2>/dev/null || true
        host_run systemctl daemon-reload
        host_run systemctl reload dbus.service
}

# Every file below these, but for what meson itself logs.
installed_files() {
        host_run find /usr/local /etc/dbus-1 /etc/systemd /usr/share/polkit-1 /usr/share/dbus-1 /usr/lib/tmpfiles.d \
                '(' -type f -o -type l ')' -print | sort
}

test_nothing_of_the_peer_is_there() {
        run host_run portablectl --version
        assert_eq "$STATUS" 127
        run host_run busctl call org.freedesktop.portable1 /org/freedesktop/portable1 \
                org.freedesktop.portable1.Manager ListImages
        assert_eq "$STATUS" 1
}

test_install_serves_and_uninstall_leaves_nothing() {
        local before

        before=$(installed_files)
        install_ours
        image_put squashfs "$SUITE_TMP/app" app
        assert_ok ctl attach --now app
        assert_match "$(unit_log app.service)" '^/etc/os-release: ID=app$'
        assert_ok host_run_as nobody portablectl list
        assert_error '.' host_run_as nobody portablectl --no-ask-password detach app
        assert_ok ctl detach --now app
        uninstall_ours
        assert_eq "$(installed_files)" "$before" 'files'
        run host_run portablectl --version
        assert_eq "$STATUS" 127
}

test_installed_documents_and_completion() {
        install_ours
        assert_exists /usr/local/share/man/man1/portablectl.1 /usr/local/share/man/man5/org.freedesktop.portable1.5 \
                /usr/local/share/man/man8/systemd-portabled.service.8 \
                /usr/local/share/dbus-1/interfaces/org.portabled.Manager1.xml \
                /usr/local/share/dbus-1/interfaces/org.portabled.Image1.xml
        assert_ok host_run bash -c 'source /usr/share/bash-completion/bash_completion 2>/dev/null
                source /usr/local/share/bash-completion/completions/portablectl &&
                complete -p portablectl'
        assert_ok host_run systemd-tmpfiles --create --prefix=/var/lib/portables
        assert_eq "$(host_run stat -c %a /var/lib/portables)" 700
        uninstall_ours
}

# What is attached must go on when the software is replaced or taken away.
test_attached_service_survives_uninstall() {
        install_ours
        image_put squashfs "$SUITE_TMP/app" app
        assert_ok ctl attach --now app
        uninstall_ours
        assert_unit app.service active
        host_run systemctl restart app.service
        assert_match "$(unit_log app.service)" '^/etc/os-release: ID=app$'
        install_ours
        assert_state app running
        assert_ok ctl detach --now app
        uninstall_ours
}

suite_main "$@"
