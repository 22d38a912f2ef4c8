#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What portablectl asks of the service manager: reload, enable, start, stop, clean.

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"

suite_setup() {
        suite_host
        image_simple "$SUITE_TMP/app" app 'ID=app' 'VERSION_ID=1'
        image_unit "$SUITE_TMP/app" app-old.service
        image_simple "$SUITE_TMP/later" app 'ID=app' 'VERSION_ID=2'
        image_simple "$SUITE_TMP/two" two
        image_tree "$SUITE_TMP/stateful"
        image_unit "$SUITE_TMP/stateful" stateful.service 'StateDirectory=stateful' 'CacheDirectory=stateful'
        mkdir -p "$SUITE_TMP"/stateful/var/{lib,cache}/{stateful,private}
        image_tree "$SUITE_TMP/tpl"
        image_unit "$SUITE_TMP/tpl" tpl@.service
        image_unit "$SUITE_TMP/tpl" tpl@one.service
        image_tree "$SUITE_TMP/stateful-tpl"
        image_unit "$SUITE_TMP/stateful-tpl" stpl@.service 'StateDirectory=stpl-%i'
        mkdir -p "$SUITE_TMP"/stateful-tpl/var/lib/{stpl-one,stpl-two,private/stpl-one,private/stpl-two}
        image_tree "$SUITE_TMP/job"
        image_unit "$SUITE_TMP/job" job.service 'Type=oneshot' 'ExecStart=' 'ExecStart=/usr/bin/service once'
        image_unit "$SUITE_TMP/job" job.timer
        image_unit "$SUITE_TMP/job" job-other.service
        image_tree "$SUITE_TMP/crash" 'ID=crash' 'VERSION_ID=1'
        image_unit "$SUITE_TMP/crash" crash.service 'ExecStart=' 'ExecStart=/usr/bin/missing' 'Restart=on-failure' 'RestartSec=0' \
                '[Unit]' 'StartLimitIntervalSec=1h' 'StartLimitBurst=2'
        image_tree "$SUITE_TMP/good" 'ID=crash' 'VERSION_ID=2'
        image_unit "$SUITE_TMP/good" crash.service '[Unit]' 'StartLimitIntervalSec=1h' 'StartLimitBurst=2'
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
        # The manager puts the link for a persistent portable unit here, and calls the unit disabled all the same.
        assert_exists /etc/systemd/system.attached/multi-user.target.wants/app.service
        assert_unit app.service inactive
        assert_state app enabled
        assert_match "$(ctl list)" '^app .* enabled *$'
        assert_match "$(ctl status app)" 'app\.service +inactive +enabled *$'
        assert_eq "$(host_run busctl get-property org.freedesktop.portable1 /org/freedesktop/portable1/image/app \
                org.portabled.Image1 State)" 's "enabled"'
        assert_ok ctl detach --enable app
        assert_state app detached
        assert_eq "$(host_run find /etc/systemd -name 'app.service*')" ''
}

# The links would enable whatever is attached later by that name.
test_detach_removes_the_links_of_enable() {
        local system=/etc/systemd/system.attached

        image_put squashfs "$SUITE_TMP/two" two
        image_put squashfs "$SUITE_TMP/app" app
        assert_ok ctl attach --enable app
        assert_ok ctl attach --enable two
        assert_ok ctl detach app
        assert_match "$OUT$ERR" "^Removed $system/multi-user\\.target\\.wants/app\\.service\\.$"
        assert_no_match "$OUT$ERR" "wants\\.$"
        assert_ok ctl detach two
        assert_match "$OUT$ERR" "^Removed $system/multi-user\\.target\\.wants/two\\.service\\.$"
        assert_match "$OUT$ERR" "^Removed $system/multi-user\\.target\\.wants\\.$"
        assert_missing "$system"
        assert_ok ctl attach app
        assert_state app attached
        assert_ok ctl detach app
        assert_ok ctl attach --enable '*'
        assert_ok ctl --atomic detach '*'
        assert_missing "$system"
}

# The targets are reloaded with their new links, and start what was enabled.
test_enable_comes_before_the_reload() {
        image_put squashfs "$SUITE_TMP/app" app
        assert_ok ctl attach --enable app
        assert_eq "$(host_run systemctl show -P NeedDaemonReload multi-user.target)" no
        assert_match "$(host_run systemctl show -P Wants multi-user.target)" '(^| )app\.service( |$)'
        assert_ok ctl detach app
}

# --enable and --clean come before the units are removed, and a refusal must not come after them.
test_refused_detach_changes_nothing() {
        local before state=/var/lib/private/stateful/kept option

        image_put directory "$SUITE_TMP/app" app
        assert_ok ctl attach --enable --now --copy=symlink app
        before=$(host_run find /etc/systemd/system.attached -printf '%y %p %l\n' | sort)
        assert_error "Unit 'app.*' is active" ctl detach --enable app
        assert_eq "$(host_run find /etc/systemd/system.attached -printf '%y %p %l\n' | sort)" "$before"
        assert_error "Unit 'app.*' is active" ctl --atomic detach --enable app
        assert_eq "$(host_run find /etc/systemd/system.attached -printf '%y %p %l\n' | sort)" "$before"
        assert_ok ctl detach --enable --now app
        assert_missing /etc/systemd/system.attached
        image_put directory "$SUITE_TMP/stateful" stateful
        image_unit "$HOST_ROOT/var/lib/portables/stateful" stateful-other.service
        assert_ok ctl attach --now stateful
        host_run systemctl stop stateful.service
        host_run touch $state
        for option in '' --atomic; do
                # shellcheck disable=SC2086
                assert_error "Unit 'stateful-other.service' is active" ctl $option detach --clean stateful
                assert_exists $state
        done
        assert_ok ctl detach --now --clean stateful
        assert_missing $state
}

# A reattach with other prefixes takes the unit file of what runs.
test_detach_stops_what_has_no_unit_file() {
        image_put squashfs "$SUITE_TMP/app" app_1
        assert_ok ctl attach --now app_1
        assert_ok ctl reattach app_1 app-old
        assert_unit app.service active
        assert_ok ctl detach --now app_1
        assert_unit app.service inactive
        assert_unit app-old.service inactive
}

# What is gone is disabled.
test_disable_what_is_gone() {
        image_put squashfs "$SUITE_TMP/app" app_1
        image_put squashfs "$SUITE_TMP/later" app_2
        assert_ok ctl attach --enable app_1
        assert_ok ctl reattach --enable app_2
        assert_missing /etc/systemd/system.attached/multi-user.target.wants/app-old.service
        assert_exists /etc/systemd/system.attached/multi-user.target.wants/app.service
        host_run rm /etc/systemd/system.attached/app.service
        host_run systemctl daemon-reload
        assert_ok ctl detach --enable app_2
        assert_missing /etc/systemd/system.attached
        image_put directory "$SUITE_TMP/app" two
        assert_ok ctl attach --enable --copy=symlink two app
        assert_ok ctl detach --enable two
        assert_missing /etc/systemd/system.attached
        assert_ok ctl attach --enable --copy=symlink two app
        host_run rm -r /var/lib/portables/two
        assert_ok ctl detach --enable two
        assert_missing /etc/systemd/system.attached
}

# A unit whose file is gone, with its drop-ins left, may run all the same.
test_detach_now_stops_what_has_no_file() {
        image_put squashfs "$SUITE_TMP/app" app
        assert_ok ctl attach --now app
        host_run rm /etc/systemd/system.attached/app.service
        host_run systemctl daemon-reload
        assert_unit app.service active
        assert_ok ctl detach --now app
        assert_unit app.service inactive
        assert_unit app-old.service inactive
        assert_missing /etc/systemd/system.attached
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

# refuses_to_enable REGEX INSTALL_LINE [UNIT]: the image is attached, its unit not enabled, and nothing of the host changes.
refuses_to_enable() {
        image_tree "$SUITE_TMP/install"
        image_unit "$SUITE_TMP/install" "${3:-install.service}" '[Install]' "$2"
        image_put squashfs "$SUITE_TMP/install" install
        assert_error "Cannot enable '${3:-install.service}': .*its $1" ctl attach --quiet --enable install
        assert_state install attached
        assert_missing /etc/systemd/system/multi-user.target.wants/own.service
        assert_eq "$(host_run find /etc/systemd /run/systemd/system -lname '*install*.service')" ''
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
        # A specifier hides what it is.
        host_run sh -c "printf '[Service]\nExecStart=/bin/true\n' >/usr/lib/systemd/system/own-too.service"
        refuses_to_enable "Alias=own-too\.service is a unit of the host, '/usr/lib/systemd/system/own-too\.service'" \
                Alias=own-too.service
        refuses_to_enable "Alias=own\.service is" Alias=%j.service install-own.service
        refuses_to_enable "Also=own\.service is" Also=%j.service install-own.service
        refuses_to_enable "Alias=own-too\.service is" $'DefaultInstance=own\nAlias=%i-too.service' install@.service
        refuses_to_enable 'Alias=%m\.service is depends on the host' Alias=%m.service
        host_run rm /usr/lib/systemd/system/own-too.service
        refuses_to_enable "Also=own\.service is a unit of the host, '$units/own\.service'" Also=own.service
        host_run rm $units/own.service $units/own@.service
}

# Units that others attached, or that came to be later, are the host's in the same way.
disable_does_not_reach() {
        local units=/etc/systemd/system

        image_tree "$SUITE_TMP/also"
        image_unit "$SUITE_TMP/also" also.service '[Install]' 'WantedBy=multi-user.target' 'Also=later.service'
        image_put directory "$SUITE_TMP/also" also
        assert_ok ctl attach --quiet --enable also
        host_run sh -c "printf '[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n' >$units/later.service"
        host_run systemctl daemon-reload
        assert_ok host_run systemctl enable later.service
        assert_ok ctl "$@" detach --enable also
        assert_match "$ERR" "^Cannot disable 'also\.service': its Also=later\.service is a unit of the host, '$units/later\.service'"
        assert_eq "$(host_run systemctl is-enabled later.service)" enabled
        assert_eq "$(host_run find /etc/systemd /run/systemd/system -lname '*also.service')" ''
        assert_state also detached
        host_run systemctl disable later.service
        host_run rm $units/later.service
        rm -rf "$SUITE_TMP/also"
}

test_disable_does_not_reach_the_host() {
        disable_does_not_reach
}

# For other hosts the daemon and the service manager there are asked.
test_enable_elsewhere_does_not_reach_that_host() {
        local units=/etc/systemd/system

        host_run sh -c "printf '#!/bin/sh\nexec systemd-stdio-bridge\n' >/usr/local/bin/ssh; chmod +x /usr/local/bin/ssh"
        disable_does_not_reach -H some.where
        host_run sh -c "printf '[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n' >$units/own.service"
        host_run systemctl daemon-reload
        image_tree "$SUITE_TMP/install"
        image_unit "$SUITE_TMP/install" install.service '[Install]' 'Alias=own.service' 'WantedBy=multi-user.target'
        image_unit "$SUITE_TMP/install" install-good.service '[Install]' 'Alias=install-too.service' 'WantedBy=multi-user.target'
        image_put squashfs "$SUITE_TMP/install" install
        assert_error "^Cannot enable 'install\.service': its Alias=own\.service is a unit of the host, '$units/own\.service'$" \
                ctl -H some.where attach --quiet --enable install
        assert_eq "$(host_run find /etc/systemd/system.attached -lname '*/install.service')" ''
        assert_match "$(host_run find /etc/systemd/system.attached -lname '*/install-good.service')" '/install-too\.service'
        # What it is called already is not another's name.
        run ctl -H some.where reattach --enable install
        assert_no_match "$ERR" "Cannot enable 'install-good"
        assert_ok ctl -H some.where detach --enable install
        assert_eq "$(host_run find /etc/systemd -name 'install*')" ''
        host_run rm /usr/local/bin/ssh $units/own.service
        rm -rf "$SUITE_TMP/install"
}

# The client may be less than root: then it asks the daemon, too, for what it must not read itself.
test_enable_of_what_only_root_may_read() {
        local units=/etc/systemd/system rules=/etc/polkit-1/rules.d/10-any.rules

        host_run sh -c "printf '[Service]\nExecStart=/bin/true\n' >$units/own.service"
        host_run sh -c "echo 'polkit.addRule(function() { return polkit.Result.YES; });' >$rules; systemctl stop polkit.service"
        image_tree "$SUITE_TMP/install"
        image_unit "$SUITE_TMP/install" install.service '[Install]' 'Alias=own.service'
        image_put directory "$SUITE_TMP/install" install
        host_run chmod 0700 /var/lib/portables
        run host_run_as nobody portablectl attach --quiet --enable --copy=symlink install
        assert_match "$ERR" "^Cannot enable 'install\.service': its Alias=own\.service is a unit of the host, '$units/own\.service'$"
        assert_eq "$(host_run find /etc/systemd -lname '*install.service' -name own.service)" ''
        host_run chmod 0755 /var/lib/portables
        assert_ok ctl detach install
        host_run rm $units/own.service "$rules"
        rm -rf "$SUITE_TMP/install"
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
        assert_ok ctl attach --reload=always app
        [ "$(last_reload)" != "$before" ] || assert_fail 'attach did not reload'
        before=$(last_reload)
        assert_ok ctl detach --reload=always app
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

# The instances of a template have directories, those that failed or have been named only once included.
test_clean_instances() {
        image_put squashfs "$SUITE_TMP/stateful-tpl" stpl
        assert_ok ctl attach stpl
        host_run systemctl start stpl@one.service stpl@two.service
        assert_exists /var/lib/private/stpl-one /var/lib/private/stpl-two
        assert_ok ctl detach --now --clean stpl
        wait_until 5 host_run test ! -e /var/lib/private/stpl-one
        assert_missing /var/lib/private/stpl-two /var/lib/stpl-one /var/lib/stpl-two
}

started() {
        host_run systemctl show -P ExecMainStartTimestampMonotonic "$1"
}

# What a timer starts is not for us to start; what ran is restarted, what did not is started.
test_restart_leaves_jobs_to_their_timers() {
        local before

        image_put squashfs "$SUITE_TMP/job" job
        assert_ok ctl attach job
        host_run systemctl start job.timer job.service
        before=$(started job.service)
        assert_ok ctl reattach --now job
        assert_eq "$(started job.service)" "$before" 'last start of the job'
        assert_unit job.timer active
        assert_unit job-other.service active
        assert_match "$OUT$ERR" 'RestartUnit on portable service job-other\.service\.$'
        before=$(started job-other.service)
        assert_ok ctl reattach --now job
        [ "$(started job-other.service)" != "$before" ] || assert_fail 'not restarted'
        assert_ok ctl detach --now job
}

# A start limit is the old version's.
test_restart_after_a_crash_loop() {
        image_put squashfs "$SUITE_TMP/crash" crash_1
        image_put squashfs "$SUITE_TMP/good" crash_2
        run ctl attach --now crash_1
        wait_until 20 host_run sh -c 'journalctl -q -u crash.service | grep -q "repeated too quickly"'
        assert_ok ctl reattach --now crash_2
        assert_unit crash.service active
        assert_ok ctl detach --now crash_2
}

# A wait has an end if one is given, and is not silent.
test_timeout() {
        image_put squashfs "$SUITE_TMP/slow" slow
        run ctl attach --now --timeout=10s slow
        assert_eq "$STATUS" 4
        assert_match "$ERR" "^Waiting for 'slow\.service' to start(…|\.\.\.)$"
        assert_match "$ERR" "^Gave up waiting for 'slow\.service' to start \(--timeout=\)$"
        assert_unit slow.service activating
        assert_ok host_run systemctl stop slow.service
        assert_ok ctl detach slow
        assert_error "'soon' is not a time" ctl --timeout=soon list
}

suite_main "$@"
