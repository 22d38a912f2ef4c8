#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What apply attached is for the distribution's own portabled an attached image like any other.

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"
# shellcheck source=../lib/peer.sh
source "$SUITE_LIB/peer.sh"

suite_setup() {
        peer_host
        image_simple "$SUITE_TMP/app" app 'ID=app' 'VERSION_ID=1'
        mkdir -p "$HOST_ROOT/etc/systemd/portable"
        printf '[Portable]\nImage=app\nStart=yes\n' >"$HOST_ROOT/etc/systemd/portable/app.portable"
}

state() {
        ours definitions --no-legend | awk '{ print $2 }'
}

# handed_over KIND: ours applies, the peer's daemon and client list and detach.
handed_over() {
        image_put "$1" "$SUITE_TMP/app" app
        daemon ours
        assert_ok ours apply
        assert_unit app.service active
        daemon peer
        assert_match "$(peer --no-legend list)" '^app .* running *$'
        assert_ok host_run systemctl stop app.service
        assert_ok peer detach app
        assert_missing /etc/systemd/system.attached
        # Apply is nothing that the peer could do.
        assert_error 'another one' ours apply
        daemon ours
        assert_eq "$(state)" detached
}

test_the_peer_detaches_what_apply_attached() {
        handed_over squashfs
        handed_over directory
}

test_our_daemon_detaches_it_for_the_client_of_the_peer() {
        image_put squashfs "$SUITE_TMP/app" app
        daemon ours
        assert_ok ours apply
        assert_match "$(peer --no-legend list)" '^app .* running *$'
        assert_ok peer detach --now app
        assert_eq "$(state)" detached
}

# The section that marks it is none that service managers complain of.
test_no_complaint_at_reload() {
        local before

        image_put squashfs "$SUITE_TMP/app" app
        daemon ours
        assert_ok ours apply
        host_run journalctl --sync
        before=$(host_run journalctl -q -o cat -n 1 --show-cursor | sed -n 's/^-- cursor: //p')
        host_run systemctl daemon-reload
        host_run systemctl restart app.service
        host_run journalctl --sync
        assert_eq "$(host_run journalctl -q -o cat --after-cursor="$before" _PID=1 | grep -i 'x-portable\|20-portable\|definition' || true)" ''
        assert_ok ours detach --now app
}

# A definition that was applied by one, and attached anew by the other, has lost its mark and is adopted.
test_adopted_after_a_reattach_of_the_peer() {
        image_put squashfs "$SUITE_TMP/app" app_1
        daemon ours
        assert_ok ours apply
        assert_ok host_run /usr/bin/portablectl reattach --now /var/lib/portables/app_1.raw
        assert_eq "$(dropin app.service | grep -c Definition=)" 0
        assert_eq "$(state)" differs
        assert_ok ours apply
        assert_eq "$(dropin app.service | tail -n 1)" Definition=app
        assert_ok ours detach --now app_1
}

suite_main "$@"
