#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# All kinds of units that portable images may have: sockets, timers, paths, targets, templates.

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"

suite_setup() {
        suite_host
        image_tree "$SUITE_TMP/app" 'ID=app' 'VERSION_ID=1'
        image_unit "$SUITE_TMP/app" app.service
        image_unit "$SUITE_TMP/app" app.target
        image_unit "$SUITE_TMP/app" app-socket.socket
        image_unit "$SUITE_TMP/app" app-socket.service
        image_unit "$SUITE_TMP/app" app-timer.timer 'OnActiveSec=' 'OnActiveSec=100ms' 'AccuracySec=1ms'
        image_unit "$SUITE_TMP/app" app-timer.service
        image_unit "$SUITE_TMP/app" app-path.path
        image_unit "$SUITE_TMP/app" app-path.service
        image_unit "$SUITE_TMP/app" app-template@.service
}

attach() {
        image_put squashfs "$SUITE_TMP/app" app
        assert_ok ctl attach app
}

detach() {
        assert_ok ctl detach app
        assert_missing /etc/systemd/system.attached
}

test_every_kind_is_attached() {
        attach
        assert_eq "$(attached_files | grep -v /)" "$(printf '%s\n' app-path.path app-path.service \
                app-socket.service app-socket.socket app-template@.service app-timer.service app-timer.timer \
                app.service app.target | sort)"
        detach
}

test_dropins_fit_the_kind() {
        local unit

        attach
        for unit in app-socket.socket app-timer.timer app-path.path app.target; do
                assert_match "$(dropin "$unit" | head -n 1)" '^# Drop-in created for image '
                assert_no_match "$(dropin "$unit")" '^\[Service\]'
                assert_missing "/etc/systemd/system.attached/$unit.d/10-profile.conf"
        done
        for unit in app.service app-socket.service app-template@.service; do
                assert_match "$(dropin "$unit")" '^RootImage=/var/lib/portables/app\.raw$'
                assert_exists "/etc/systemd/system.attached/$unit.d/10-profile.conf"
        done
        detach
}

test_socket() {
        attach
        assert_ok host_run systemctl start app-socket.socket
        assert_state app running
        assert_unit app-socket.service inactive
        assert_ok host_run systemctl start app-socket.service
        assert_match "$(unit_log app-socket.service)" '^env: LISTEN_FDS=1$'
        assert_error 'app-socket' ctl detach app
        host_run systemctl stop app-socket.socket app-socket.service
        detach
}

test_timer() {
        attach
        assert_ok host_run systemctl start app-timer.timer
        wait_until 5 host_run systemctl is-active app-timer.service
        assert_match "$(unit_log app-timer.service)" '^/etc/os-release: ID=app$'
        assert_error 'app-timer' ctl detach app
        host_run systemctl stop app-timer.timer app-timer.service
        detach
}

test_path() {
        attach
        assert_ok host_run systemctl start app-path.path
        host_run touch /run/app-path.start
        wait_until 5 host_run systemctl is-active app-path.service
        host_run systemctl stop app-path.path app-path.service
        host_run rm /run/app-path.start
        detach
}

test_target() {
        image_put squashfs "$SUITE_TMP/app" app
        assert_ok ctl attach --enable app
        assert_exists /etc/systemd/system.attached/multi-user.target.wants/app.target
        assert_ok host_run systemctl start app.target
        assert_state app running
        host_run systemctl stop app.target
        assert_ok ctl detach --enable app
}

test_template() {
        attach
        assert_ok host_run systemctl start app-template@one.service app-template@two.service
        assert_match "$(unit_log app-template@one.service)" '^env: INSTANCE=one$'
        assert_match "$(unit_log app-template@two.service)" '^/etc/os-release: ID=app$'
        assert_state app running
        assert_error 'app-template@' ctl detach app
        assert_unit app-template@one.service active
        host_run systemctl stop app-template@one.service app-template@two.service
        detach
}

test_only_the_matching_units() {
        image_put squashfs "$SUITE_TMP/app" app
        assert_ok ctl attach app app-socket
        assert_eq "$(attached_files | grep -v /)" "$(printf '%s\n' app-socket.service app-socket.socket)"
        detach
}

# What limits there are count what matches: those of an appliance's whole /usr do not.
test_one_of_many_units() {
        image_put directory "$SUITE_TMP/app" app
        (cd "$HOST_ROOT/var/lib/portables/app/usr/lib/systemd/system" &&
                for ((i = 0; i < 1500; i++)); do printf '[Service]\nExecStart=/usr/bin/service\n' >"host-$i.service"; done)
        assert_ok ctl attach app app-timer
        assert_eq "$(attached_files | grep -v /)" "$(printf '%s\n' app-timer.service app-timer.timer)"
        detach
        host_run rm -r /var/lib/portables/app
}

test_units_pass_systemd_analyze_verify() {
        attach
        # It looks for the program on the host.
        host_run install -m 0755 /bin/true /usr/bin/service
        assert_ok host_run systemd-analyze verify app.service app-socket.socket app-timer.timer app-path.path
        assert_eq "$ERR" ''
        host_run rm /usr/bin/service
        detach
}

# The first directory in the manager's order wins.
# An enabled service of Debian's: its alias is a link to it, in the image as on the host.
test_alias() {
        local tree=$SUITE_TMP/alias

        rm -rf "$tree"
        image_simple "$tree" alias-server 'ID=alias'
        image_unit "$tree" alias-server.service '[Install]' 'Alias=alias.service'
        image_unit "$tree" alias-user.service '[Unit]' 'Requires=alias.service'
        mkdir -p "$tree/etc/systemd/system"
        ln -s /usr/lib/systemd/system/alias-server.service "$tree/etc/systemd/system/alias.service"
        image_put squashfs "$tree" alias
        run host_run portablectl verify alias
        assert_no_match "$OUT" "requires 'alias\.service'"
        run host_run portablectl verify alias alias.service
        assert_contains "$OUT" "'alias.service' is an alias of 'alias-server.service'"
        assert_no_match "$OUT" 'No unit file|alias-user'
        run host_run portablectl --cat inspect alias alias.service
        assert_eq "$STATUS" 0 "status of inspect, which says $ERR"
        assert_contains "$OUT" 'Alias=alias.service'
        assert_no_match "$OUT" 'Requires='
        assert_ok ctl attach --enable --now alias
        assert_missing /etc/systemd/system.attached/alias.service.d
        assert_eq "$(host_run systemctl show -P Id alias.service)" alias-server.service
        assert_unit alias.service active
        assert_ok ctl detach --enable --now alias
        assert_state alias detached
        assert_eq "$(host_run find /etc/systemd -name 'alias*')" ''
}

test_admin_directory_of_the_image_wins() {
        cp -a "$SUITE_TMP/app" "$SUITE_TMP/layers"
        mkdir -p "$SUITE_TMP/layers/etc/systemd/system" "$SUITE_TMP/layers/usr/local/lib/systemd/system"
        printf '[Unit]\nDescription=from etc\n[Service]\nExecStart=/usr/bin/service\n' \
                >"$SUITE_TMP/layers/etc/systemd/system/app.service"
        printf '[Unit]\nDescription=from local\n[Service]\nExecStart=/usr/bin/service\n' \
                >"$SUITE_TMP/layers/usr/local/lib/systemd/system/app.service"
        image_put squashfs "$SUITE_TMP/layers" app
        assert_ok ctl attach app
        assert_eq "$(host_run systemctl show -P Description app.service)" 'from etc'
        detach
}

suite_main "$@"
