#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What portablectl asks of the service manager: reload, enable, start, stop, clean.

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"

suite_setup() {
        suite_host
        image_simple "$SUITE_TMP/app" app 'ID=app' 'VERSION_ID=1'
        image_tree "$SUITE_TMP/stateful"
        image_unit "$SUITE_TMP/stateful" stateful.service 'StateDirectory=stateful' 'CacheDirectory=stateful'
        mkdir -p "$SUITE_TMP"/stateful/var/{lib,cache}/{stateful,private}
        image_tree "$SUITE_TMP/tpl"
        image_unit "$SUITE_TMP/tpl" tpl@.service
        image_unit "$SUITE_TMP/tpl" tpl@one.service
        image_tree "$SUITE_TMP/slow"
        image_unit "$SUITE_TMP/slow" slow.service 'ExecStartPre=/usr/bin/service'  # waits for ever
}

test_now_starts_and_stops() {
        image_put squashfs "$SUITE_TMP/app" app
        assert_ok ctl attach --now app
        assert_match "$OUT$ERR" '^Queued /.* to call StartUnit on portable service app\.service\.$'
        assert_unit app.service active
        assert_ok ctl detach --now app
        assert_match "$OUT$ERR" '^Queued /.* to call StopUnit on portable service app\.service\.$'
        assert_unit app.service inactive
        assert_state app detached
}

test_enable_enables_and_disables() {
        image_put squashfs "$SUITE_TMP/app" app
        assert_ok ctl attach --enable app
        # The manager puts the link for a persistent portable unit here (and calls the unit disabled all the same).
        assert_exists /etc/systemd/system.attached/multi-user.target.wants/app.service
        assert_unit app.service inactive
        assert_ok ctl detach --enable app
        assert_state app detached
        assert_eq "$(host_run find /etc/systemd -name 'app.service*')" ''
}

# own_root KIND ATTACH_OPTION...: a service that names another root runs from its image all the same.
own_root() {
        local path

        image_tree "$SUITE_TMP/root"
        image_unit "$SUITE_TMP/root" root.service 'ExecStart=' 'ExecStart=/usr/bin/service read /etc/whose' \
                'RootImage=/srv/other.raw' 'RootDirectory=/srv/other' 'RootImageOptions=root:rw' 'RootHash=00' \
                'RootVerity=/srv/other.verity'
        echo of-the-image >"$SUITE_TMP/root/etc/whose"
        image_put "$1" "$SUITE_TMP/root" root
        assert_ok ctl attach "${@:2}" root
        assert_ok host_run systemctl start root.service
        assert_match "$(unit_log root.service)" '^/etc/whose: of-the-image$'
        assert_ok ctl detach --now root
        path=$(image_path "$1" root)
        host_run rm -rf "$path"
        rm -rf "$SUITE_TMP/root"
}

test_root_of_the_unit_does_not_count() {
        image_tree "$SUITE_TMP/other"
        cp -a "$SUITE_TMP/app/usr/bin" "$SUITE_TMP/other/usr/"
        echo of-another >"$SUITE_TMP/other/etc/whose"
        image_pack squashfs "$SUITE_TMP/other" "$HOST_ROOT/srv/other.raw"
        image_pack directory "$SUITE_TMP/other" "$HOST_ROOT/srv/other"
        own_root directory
        own_root squashfs
        own_root directory --copy=symlink
        host_run rm -rf /srv/other /srv/other.raw
}

# What reaches past a profile is told: by attach, which attaches all the same, verify and inspect.
test_in_spite_of_the_profile() {
        local lines="Unit 'reach\.service' runs '/bin/x' as root, outside of the sandbox, sees '/:/host' of the host, may use device '/dev/kvm rw', in spite of profile 'strict'"

        image_tree "$SUITE_TMP/reach"
        image_unit "$SUITE_TMP/reach" reach.service 'ExecStopPost=-+/bin/x' 'BindReadOnlyPaths=/:/host' \
                'DeviceAllow=/dev/kvm\' 'rw'
        image_unit "$SUITE_TMP/reach" reach.socket 'ExecStartPre=/bin/sh -c x'
        image_put squashfs "$SUITE_TMP/reach" reach
        assert_ok ctl attach --profile=strict reach
        assert_match "$ERR" "$lines"
        assert_match "$ERR" "Unit 'reach\.socket' runs '/bin/sh' as root on the host, which no profile confines"
        assert_ok ctl detach reach
        assert_ok ctl attach --profile=trusted reach
        assert_no_match "$ERR" 'in spite of'
        assert_ok ctl detach reach
        run host_run portablectl verify --profile=strict reach
        assert_match "$OUT" "$lines"
        assert_ok ctl inspect reach
        assert_match "$OUT" "^[[:space:]]+reach\.service runs '/bin/x' as root, outside of the sandbox, sees '/:/host' of the host, may use device '/dev/kvm rw'$"
        image_put squashfs "$SUITE_TMP/app" app
        assert_ok ctl attach app
        assert_no_match "$ERR" 'in spite of'
        assert_ok ctl inspect app
        assert_no_match "$OUT" 'In spite'
        assert_ok ctl detach app
}

# refuses_to_enable REGEX INSTALL_LINE: the image is attached, its unit not enabled, and nothing of the host changes.
refuses_to_enable() {
        image_tree "$SUITE_TMP/install"
        image_unit "$SUITE_TMP/install" install.service '[Install]' "$2"
        image_put squashfs "$SUITE_TMP/install" install
        assert_error "Cannot enable 'install\.service': its $1" ctl attach --quiet --enable install
        assert_state install attached
        assert_missing /etc/systemd/system/multi-user.target.wants/own.service
        assert_eq "$(host_run find /etc/systemd /run/systemd/system -lname '*install.service')" ''
        assert_ok ctl detach install
        rm -rf "$SUITE_TMP/install"
}

test_enable_does_not_reach_the_host() {
        local units=/etc/systemd/system

        host_run sh -c "printf '[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n' >$units/own.service"
        host_run cp $units/own.service $units/own@.service
        host_run systemctl daemon-reload
        refuses_to_enable "Alias=own\.service is a unit of the host, '$units/own\.service'" 'Alias=other.service own.service'
        refuses_to_enable "Alias=own@1\.service is a unit of the host, '$units/own@\.service'" Alias=own@1.service
        refuses_to_enable "Also=own\.service is a unit of the host, '$units/own\.service'" Also=own.service
        host_run rm $units/own.service $units/own@.service
}

test_enable_for_the_runtime() {
        image_put squashfs "$SUITE_TMP/app" app
        assert_ok ctl attach --runtime --enable app
        assert_state app enabled-runtime
        assert_ok ctl detach --runtime --enable app
        assert_state app detached
}

test_enable_and_now() {
        image_put directory "$SUITE_TMP/app" app
        assert_ok ctl attach --enable --now app
        assert_state app running
        assert_ok ctl detach --enable --now app
        assert_state app detached
}

test_enabled_by_hand_is_seen() {
        image_put squashfs "$SUITE_TMP/app" app
        assert_ok ctl attach app
        assert_state app attached
        assert_ok host_run systemctl enable app.service
        assert_state app enabled
        assert_ok host_run systemctl disable app.service
        assert_state app attached
        assert_ok ctl detach app
}

last_reload() {
        host_run systemctl show -P UnitsLoadTimestampMonotonic
}

test_no_reload_leaves_the_manager_alone() {
        image_put squashfs "$SUITE_TMP/app" app
        local before

        before=$(last_reload)
        assert_ok ctl attach --no-reload app
        assert_ok ctl detach --no-reload app
        assert_eq "$(last_reload)" "$before" 'time of the last reload'
        assert_ok ctl attach app
        [ "$(last_reload)" != "$before" ] || assert_fail 'attach did not reload'
        before=$(last_reload)
        assert_ok ctl detach app
        [ "$(last_reload)" != "$before" ] || assert_fail 'detach did not reload'
}

test_no_block_does_not_wait() {
        image_put squashfs "$SUITE_TMP/slow" slow
        assert_ok ctl attach --now --no-block slow
        assert_unit slow.service activating
        assert_state slow running
        assert_ok host_run systemctl stop slow.service
        assert_ok ctl detach slow
}

test_clean_removes_state_and_cache() {
        image_put squashfs "$SUITE_TMP/stateful" stateful
        assert_ok ctl attach --now stateful
        assert_unit stateful.service active
        assert_exists /var/lib/private/stateful /var/cache/private/stateful
        assert_ok ctl detach --now --clean stateful
        wait_until 5 host_run test ! -e /var/lib/private/stateful
        assert_missing /var/cache/private/stateful /var/lib/stateful
        assert_state stateful detached
}

test_quiet_prints_nothing() {
        image_put squashfs "$SUITE_TMP/app" app
        assert_ok ctl --quiet attach --enable --now app
        assert_eq "$OUT$ERR" ''
        assert_ok ctl -q detach --enable --now app
        assert_eq "$OUT$ERR" ''
}

# The instance is a unit of the image, and one of the template: it is stopped once.
test_template_and_instance() {
        image_put squashfs "$SUITE_TMP/tpl" tpl
        assert_ok ctl attach tpl
        host_run systemctl start tpl@one.service tpl@two.service
        assert_ok host_run timeout 60 portablectl reattach --now tpl
        assert_unit tpl@one.service active
        assert_ok host_run timeout 60 portablectl detach --now tpl
        assert_match "$OUT$ERR" '^Queued /.* to call StopUnit on portable service tpl@two\.service\.$'
        assert_eq "$(grep -c 'portable service tpl@one\.service\.$' <<<"$OUT$ERR")" 1
        assert_unit tpl@one.service inactive
        assert_state tpl detached
}

# A wait has an end if one is given, and is not silent.
test_timeout() {
        image_put squashfs "$SUITE_TMP/slow" slow
        run ctl attach --now --timeout=2s slow
        assert_eq "$STATUS" 1
        assert_match "$ERR" "^Waiting for 'slow\.service' to start(…|\.\.\.)$"
        assert_match "$ERR" "^Gave up waiting for 'slow\.service' to start \(--timeout=\)$"
        assert_unit slow.service activating
        assert_ok host_run systemctl stop slow.service
        assert_ok ctl detach slow
        assert_error "'soon' is not a time" ctl --timeout=soon list
}

suite_main "$@"
