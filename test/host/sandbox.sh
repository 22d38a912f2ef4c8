#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The sandbox of the process that reads an image: each layer is there for the daemon, for root and for a user offline, for
# directories and raw images; what is withheld is told; and without any confinement nothing is read.

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"
# shellcheck source=../lib/slow-calls.sh
source "$SUITE_LIB/slow-calls.sh"

UNIT=systemd-portabled.service
TREE=/srv/tree
NAMESPACES='"mount-namespace","user-namespace","network-namespace","ipc-namespace"'

suite_setup() {
        suite_host
        # As on every host that systemd has booted outside of a container.
        host_run mount --make-rshared /
        image_simple "$SUITE_TMP/app" app 'ID=app' 'VERSION_ID=1'
        image_extension "$SUITE_TMP/ext" ext app 'VERSION_ID=1'
        mkdir -p "$HOST_ROOT$TREE"/{etc,usr/lib/systemd/system,var/lib/portables}
        image_pack directory "$SUITE_TMP/app" "$HOST_ROOT$TREE/var/lib/portables/app"
        image_pack squashfs "$SUITE_TMP/app" "$HOST_ROOT$TREE/var/lib/portables/raw.raw"
}

# assert_layers LAYERS MISSING: what the last command told.
assert_layers() {
        assert_eq "$("$SUITE_LIB/read-json" sandbox layers <<<"$OUT")" "[$1]" "of $OUT"
        assert_eq "$("$SUITE_LIB/read-json" sandbox missing <<<"$OUT")" "[$2]" "of $OUT"
}

# daemon_with SETTING...: settings of its unit, until suite_teardown of the test; daemon_as_usual takes them back.
daemon_with() {
        mkdir -p "$HOST_ROOT/etc/systemd/system/$UNIT.d"
        printf '[Service]\n%s\n' "$(printf '%s\n' "$@")" >"$HOST_ROOT/etc/systemd/system/$UNIT.d/50-test.conf"
        host_run systemctl daemon-reload
        host_run systemctl restart $UNIT
}

daemon_as_usual() {
        rm -r "$HOST_ROOT/etc/systemd/system/$UNIT.d"
        host_run systemctl daemon-reload
        host_run systemctl restart $UNIT
}

put_images() {
        image_put directory "$SUITE_TMP/app" app
        image_put squashfs "$SUITE_TMP/app" raw
        image_put squashfs "$SUITE_TMP/ext" ext
}

test_all_layers_of_the_daemons_reader() {
        put_images
        assert_ok ctl -j inspect app
        assert_layers "\"read-only-view\",$NAMESPACES,\"nobody\",\"landlock\",\"seccomp\"" ''
        assert_ok ctl -j inspect --extension=ext raw app
        assert_layers "\"read-only-view\",$NAMESPACES,\"nobody\",\"landlock\",\"seccomp\"" ''
}

# What it says is what it did.
test_reader_changes_its_root() {
        local calls

        put_images
        slow_begin chroot:delay_exit=0 pivot_root,move_mount,umount2
        assert_ok ctl inspect app
        assert_ok ctl inspect raw app
        slow_end
        calls=$(sed -E 's/^[0-9]+ +//' "$SUITE_TMP/strace")
        assert_eq "$(grep -c '^pivot_root("\.", "\.") *= 0$' <<<"$calls")" 2 "$calls"
        assert_no_match "$calls" '^chroot' 'the stopgap'
        assert_no_match "$calls" ' = -1'
}

test_told_in_the_journal_at_debug_level() {
        local since

        put_images
        assert_ok ctl list
        since=$(host_run journalctl -n 0 -q --show-cursor | sed -n 's/^-- cursor: //p')
        host_run systemctl service-log-level $UNIT debug
        assert_ok ctl inspect app
        wait_until 10 host_run sh -c "journalctl --sync; journalctl -q --after-cursor='$since' -p debug -u $UNIT -o cat | grep -q sandbox"
        assert_match "$(host_run journalctl -q "--after-cursor=$since" -u $UNIT -o cat)" \
                "^Image '/var/lib/portables/app' was read in a sandbox of: read-only-view, mount-namespace, .*, landlock, seccomp$"
        host_run systemctl service-log-level $UNIT info
        since=$(host_run journalctl -n 0 -q --show-cursor | sed -n 's/^-- cursor: //p')
        assert_ok ctl inspect app
        assert_ok ctl attach --no-reload app
        assert_ok ctl detach --no-reload app
        wait_until 10 host_run sh -c "journalctl --sync; journalctl -q --after-cursor='$since' -o cat | grep -q '^Successfully detached'"
        assert_no_match "$(host_run journalctl -q "--after-cursor=$since" -u $UNIT -o cat)" 'sandbox'
}

test_layers_that_are_withheld_from_the_daemon() {
        put_images
        daemon_with 'RestrictNamespaces=~user'
        assert_ok ctl -j inspect app
        assert_layers "\"read-only-view\",\"mount-namespace\",\"network-namespace\",\"ipc-namespace\",\"nobody\",\"landlock\",\"seccomp\"" \
                '"user-namespace"'
        assert_ok ctl -j inspect raw app
        assert_layers "\"read-only-view\",\"mount-namespace\",\"network-namespace\",\"ipc-namespace\",\"nobody\",\"landlock\",\"seccomp\"" \
                '"user-namespace"'
        daemon_with 'SystemCallFilter=~landlock_create_ruleset pivot_root'
        assert_ok ctl -j inspect app
        assert_layers "\"read-only-view\",\"chroot\",\"user-namespace\",\"network-namespace\",\"ipc-namespace\",\"nobody\",\"seccomp\"" \
                '"mount-namespace","landlock"'
        daemon_with 'SystemCallFilter=~landlock_create_ruleset pivot_root chroot'
        assert_error "Image '/var/lib/portables/app': cannot confine the image reader: neither a mount namespace nor chroot nor Landlock is allowed here$" \
                ctl inspect app
        daemon_as_usual
        assert_ok ctl inspect app
}

test_offline_as_root() {
        assert_ok host_run portablectl --root=$TREE -j inspect app
        assert_layers "\"read-only-view\",$NAMESPACES,\"nobody\",\"landlock\",\"seccomp\"" ''
        assert_ok host_run portablectl --root=$TREE -j inspect raw app
        assert_layers "\"read-only-view\",$NAMESPACES,\"nobody\",\"landlock\",\"seccomp\"" ''
}

# A user stays who they are.
test_offline_as_a_user() {
        assert_ok host_run_as nobody portablectl --root=$TREE -j inspect app
        assert_layers "\"read-only-view\",$NAMESPACES,\"landlock\",\"seccomp\"" '"nobody"'
}

# as_confined_user SETTING... -- COMMAND...
as_confined_user() {
        local settings=()

        while [ "$1" != -- ]; do
                settings+=(-p "$1")
                shift
        done
        host_run systemd-run --quiet --pipe --wait --collect -p User=nobody "${settings[@]}" "$@"
}

test_offline_as_a_user_without_user_namespaces() {
        assert_ok as_confined_user RestrictNamespaces=yes -- portablectl --root=$TREE -j inspect app
        assert_layers '"landlock","seccomp"' "\"read-only-view\",$NAMESPACES,\"nobody\""
        assert_error "cannot confine the image reader: neither .* \(a user needs user namespaces or Landlock\)$" \
                as_confined_user RestrictNamespaces=yes 'SystemCallFilter=~landlock_create_ruleset:EPERM' -- \
                portablectl --root=$TREE inspect app
}

suite_main "$@"
