#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Ours and the distribution's own portabled on one host: what one attached the other lists, reports and detaches, and
# each client drives the other's daemon.

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"
# shellcheck source=../lib/peer.sh
source "$SUITE_LIB/peer.sh"

suite_setup() {
        peer_host
        image_simple "$SUITE_TMP/app" app 'ID=app' 'VERSION_ID=1'
        image_unit "$SUITE_TMP/app" app-extra.service
        image_simple "$SUITE_TMP/two" app 'ID=app' 'VERSION_ID=2'
        image_extension "$SUITE_TMP/ext" ext app 'VERSION_ID=1'
        image_unit "$SUITE_TMP/ext" app-ext.service
}

# handed_over FIRST SECOND KIND [ATTACH_OPTION...]: attached by one, everything else by the other.
handed_over() {
        local first=$1 second=$2 kind=$3 runtime=() state=attached
        shift 3

        [[ " $* " != *' --runtime '* ]] || { runtime=(--runtime); state=attached-runtime; }
        image_put "$kind" "$SUITE_TMP/app" app
        daemon "$first"
        assert_ok "$first" attach "$@" app
        daemon "$second"
        assert_ok "$second" --no-legend list
        assert_match "$OUT" "^app .* $state *$"
        assert_eq "$("$second" "${runtime[@]}" is-attached app)" "$state"
        assert_ok host_run systemctl start app.service
        assert_match "$(unit_log app.service)" '^/etc/os-release: ID=app$'
        assert_eq "$("$second" "${runtime[@]}" is-attached app)" "${state/attached/running}"
        run "$second" detach "${runtime[@]}" app
        [ "$STATUS" -ne 0 ] || assert_fail 'a running image was detached'
        assert_ok host_run systemctl stop app.service
        assert_ok "$second" detach "${runtime[@]}" app
        assert_missing /etc/systemd/system.attached /run/systemd/system.attached
        assert_eq "$(host_run sh -c 'find /etc/portables /run/portables -mindepth 1 2>/dev/null')" ''
        daemon ours
}

test_peer_attaches_ours_takes_over() {
        handed_over peer ours squashfs
        handed_over peer ours directory
}

test_ours_attaches_peer_takes_over() {
        handed_over ours peer squashfs
        handed_over ours peer directory
}

test_runtime_peer_to_ours() {
        handed_over peer ours squashfs --runtime
}

test_runtime_ours_to_peer() {
        handed_over ours peer squashfs --runtime
}

test_copy_modes_peer_to_ours() {
        handed_over peer ours directory --copy=symlink
        handed_over peer ours directory --copy=copy
}

test_copy_modes_ours_to_peer() {
        handed_over ours peer directory --copy=symlink
        handed_over ours peer directory --copy=copy
}

# with_extension FIRST SECOND
with_extension() {
        image_put squashfs "$SUITE_TMP/app" app
        image_put squashfs "$SUITE_TMP/ext" ext
        daemon "$1"
        assert_ok "$1" attach --extension=ext app
        daemon "$2"
        assert_eq "$("$2" is-attached --extension=ext app)" attached
        [ "$2" = peer ] || assert_error '.' ours detach app # systemd 252 does it without the extension
        assert_ok "$2" detach --extension=ext app
        assert_missing /etc/systemd/system.attached
        daemon ours
}

test_extension_peer_to_ours() {
        with_extension peer ours
}

test_extension_ours_to_peer() {
        with_extension ours peer
}

# reattached FIRST SECOND
reattached() {
        image_put squashfs "$SUITE_TMP/app" app_1
        image_put squashfs "$SUITE_TMP/two" app_2
        daemon "$1"
        assert_ok "$1" attach --now app_1
        daemon "$2"
        assert_ok "$2" reattach app_2
        assert_unit app.service active
        host_run systemctl restart app.service
        assert_match "$(unit_log app.service)" '^/etc/os-release: VERSION_ID=2$'
        host_run systemctl stop app.service app-extra.service
        assert_ok "$2" detach app_2
        assert_missing /etc/systemd/system.attached
        daemon ours
}

test_reattach_peer_to_ours() {
        reattached peer ours
}

test_reattach_ours_to_peer() {
        reattached ours peer
}

# drives CLIENT DAEMON
drives() {
        image_put squashfs "$SUITE_TMP/app" app
        daemon "$2"
        assert_ok "$1" list
        assert_match "$OUT" '^app +raw'
        assert_ok "$1" inspect app
        assert_match "$OUT" 'app\.service'
        assert_ok "$1" attach --now app
        assert_unit app.service active
        assert_eq "$("$1" is-attached app)" running
        assert_ok "$1" detach --now app
        assert_ok "$1" read-only app true
        assert_eq "$(stat -c %a "$HOST_ROOT/var/lib/portables/app.raw")" 444
        assert_ok "$1" read-only app false
        assert_ok "$1" remove app
        assert_missing /var/lib/portables/app.raw
        daemon ours
}

test_our_client_drives_the_peers_daemon() {
        drives ours peer
}

test_peers_client_drives_our_daemon() {
        drives peer ours
}

suite_main "$@"
