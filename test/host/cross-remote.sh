#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# --host and --machine, by our client and the peer's. The other host is played by this one, behind a program in the
# place of ssh that notes how it was called; the machine is a container with a pool, a bus and a daemon of its own.

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"
# shellcheck source=../lib/peer.sh
source "$SUITE_LIB/peer.sh"

SSH=/usr/local/bin/ssh

suite_setup() {
        peer_host
        image_simple "$SUITE_TMP/app" app 'ID=app' 'VERSION_ID=1'
        cat >"$HOST_ROOT$SSH" <<-'END'
		#!/bin/sh
		printf '%s\n' "$*" >/run/ssh.called
		if [ -e /run/ssh.fails ]; then
		        echo 'ssh: connect to host: No route to host' >&2
		        exit 255
		fi
		exec systemd-stdio-bridge
	END
        cat >"$HOST_ROOT/usr/local/bin/box" <<-'END'
		#!/bin/sh
		set -e
		mount --make-rprivate /
		mount -t tmpfs tmpfs /run/dbus
		mkdir /run/box-pool
		cp -a /srv/inside.raw /run/box-pool/
		mount --bind /run/box-pool /var/lib/portables
		dbus-daemon --system --nopidfile --nofork --address=unix:path=/run/dbus/system_bus_socket &
		tries=0
		until [ -S /run/dbus/system_bus_socket ]; do
		        tries=$((tries + 1))
		        [ $tries -lt 1200 ] || { echo 'the bus does not come up' >&2; exit 1; }
		        sleep 0.05
		done
		exec /usr/local/lib/systemd/systemd-portabled
	END
        chmod +x "$HOST_ROOT$SSH" "$HOST_ROOT/usr/local/bin/box"
        image_pack squashfs "$SUITE_TMP/app" "$HOST_ROOT/srv/inside.raw"
        daemon ours
}

# called OPTION CLIENT: how ssh is called for it.
called() {
        assert_ok "$2" -H "$1" --no-legend list
        assert_match "$OUT" '^app +raw .* detached *$'
        host_run cat /run/ssh.called
}

test_host() {
        local client

        image_put squashfs "$SUITE_TMP/app" app
        for client in peer ours; do
                assert_eq "$(called some.where $client)" '-xT -- some.where systemd-stdio-bridge'
                assert_eq "$(called somebody@some.where:2222 $client)" '-xT -p 2222 -- somebody@some.where systemd-stdio-bridge'
                assert_eq "$(called root@some.where/box $client)" '-xT -- root@some.where systemd-stdio-bridge --machine=box'
        done
        host_run rm /run/ssh.called
}

# Everything goes there, the calls to the service manager, too.
test_host_attach_and_start() {
        image_put squashfs "$SUITE_TMP/app" app
        assert_ok ctl -H some.where attach --now app
        assert_match "$ERR" '^Queued .* to call StartUnit on portable service app\.service\.$'
        assert_unit app.service active
        assert_eq "$(ctl --host=some.where is-attached app)" running
        assert_ok ctl -H some.where detach --now app
        assert_unit app.service inactive
        host_run rm /run/ssh.called
}

# Unit files that were given are files of that host, and a reattach keeps them, though nobody here knows of them.
test_host_unit_files() {
        image_put squashfs "$SUITE_TMP/app" app
        host_run sh -c 'mkdir /srv/units && printf "[Service]\nExecStart=/usr/bin/service\n" >/srv/units/web.service'
        assert_error 'absolute' ctl -H some.where attach --unit=web.service app
        assert_ok ctl -H some.where attach --unit=/srv/units/web.service app
        assert_missing /etc/systemd/system.attached/app.service
        host_run sh -c 'echo Nice=7 >>/srv/units/web.service'
        assert_ok ctl -H some.where reattach app
        assert_missing /etc/systemd/system.attached/app.service
        assert_match "$(cat "$HOST_ROOT/etc/systemd/system.attached/web.service")" '^Nice=7$'
        assert_match "$(dropin web.service)" "^# With the unit files '/srv/units/web\.service'"
        assert_ok ctl -H some.where detach app
        host_run rm -r /srv/units /run/ssh.called
}

# Paths are those of the other host: they are not looked up here.
test_host_paths() {
        image_pack squashfs "$SUITE_TMP/app" "$HOST_ROOT/srv/app.raw"
        assert_ok ctl -H some.where inspect /srv/app.raw
        assert_match "$OUT" '^[[:space:]]+/srv/app\.raw$'
        host_run rm /srv/app.raw /run/ssh.called
}

test_host_that_is_not_there() {
        host_run touch /run/ssh.fails
        run ctl -H some.where list
        assert_eq "$STATUS" 1
        assert_match "$ERR" '^Cannot .*some\.where'
        assert_match "$ERR" '^ssh: connect to host: No route to host$'
        host_run rm /run/ssh.fails /run/ssh.called
}

# box: starts it and makes it known to machined; the leader is its daemon.
box() {
        local leader

        host_run systemd-run -q --unit=box.service --slice=machine.slice unshare --mount --pid --fork --mount-proc \
                /usr/local/bin/box
        wait_until 20 box_leader
        leader=$(box_leader)
        host_run busctl call org.freedesktop.machine1 /org/freedesktop/machine1 org.freedesktop.machine1.Manager \
                RegisterMachine sayssus box 0 test container "$leader" '' >/dev/null
        wait_until 20 host_run busctl -M box status org.freedesktop.portable1
}

box_leader() {
        # shellcheck disable=SC2016
        host_run sh -c 'for p in $(cat /sys/fs/cgroup/machine.slice/box.service/cgroup.procs); do
                        [ "$(cat /proc/$p/comm)" != systemd-portabl ] || { echo $p; exit 0; }
                done
                exit 1'
}

test_machine() {
        local client

        image_put squashfs "$SUITE_TMP/app" app
        box
        for client in peer ours; do
                assert_ok $client -M box --no-legend list
                assert_match "$OUT" '^inside +raw .* detached *$'
                assert_no_match "$OUT" '^app'
                assert_ok $client --machine=box inspect inside app
                assert_match "$OUT" '^[[:space:]]+app\.service$'
                assert_ok $client -M box read-only inside
                assert_match "$($client -M box --no-legend list)" '^inside +raw +yes'
                assert_ok $client -M box read-only inside no
        done
        assert_error "^Failed to inspect image 'app': No image 'app' found" ctl -M box inspect app
        assert_ok ctl -M box remove inside
        assert_eq "$(ctl -M box --no-legend list)" ''
        assert_ok ctl -M .host --no-legend list
        assert_match "$OUT" '^app '
        host_run sh -c 'systemctl stop box.service systemd-machined.service; rm -rf /run/box-pool'
}

test_machine_that_is_not_there() {
        run peer -M nosuch list
        assert_eq "$STATUS" 1
        assert_match "$ERR" 'Host is down$'
        assert_error "^Failed to connect to bus: no machine 'nosuch' is running$" ctl -M nosuch list
        host_run systemctl stop systemd-machined.service
}

# For the peer the last of them counts, and nobody is told.
test_one_of_them() {
        assert_error "^--host= and --machine= cannot be used together; try --host=HOST/MACHINE$" ctl -H some.where -M box list
}

suite_main "$@"
