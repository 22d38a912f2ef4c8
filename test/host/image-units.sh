#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The units of an attached image by its name: start, stop, restart, logs, cat, diff.

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"

suite_setup() {
        suite_host
        image_simple "$SUITE_TMP/app" app 'ID=app' 'VERSION_ID=1'
        image_unit "$SUITE_TMP/app" app.socket
        image_unit "$SUITE_TMP/app" app@.service
        image_unit "$SUITE_TMP/app" app-more.service
        image_simple "$SUITE_TMP/only" only 'ID=only'
        rm "$SUITE_TMP/only/usr/lib/systemd/system/only.service"
        image_unit "$SUITE_TMP/only" only@.service
}

attach_app() {
        image_put squashfs "$SUITE_TMP/app" app_1
        assert_ok ctl -q attach "$@" app_1
}

detach_app() {
        host_run systemctl stop app.socket app.service app-more.service 'app@*.service' 2>/dev/null
        assert_ok ctl -q detach "$@" app_1
}

test_start_stop_restart() {
        local pid

        attach_app
        assert_ok ctl start app_1
        assert_match "$ERR" '^Queued .* to call StartUnit on portable service app\.socket\.$'
        assert_eq "$OUT" ''
        assert_unit app.socket active
        assert_unit app.service active
        assert_unit app-more.service active
        host_run systemctl start app@one.service
        pid=$(host_run systemctl show -P MainPID app.service)
        assert_ok ctl -q restart app_1 app
        assert_eq "$ERR" ''
        [ "$(host_run systemctl show -P MainPID app.service)" != "$pid" ] || assert_fail 'was not restarted'
        assert_ok ctl -q stop app_1 app-more
        assert_unit app-more.service inactive
        assert_unit app.service active
        # A name without a version stands for the one that is attached, and instances go with their template.
        assert_ok ctl -q stop app
        assert_unit app.service inactive
        assert_unit app.socket inactive
        assert_unit app@one.service inactive
        assert_ok ctl -q stop app_1
        detach_app
}

# Attached until the next boot or for good is one here, and the image need not be there any more.
test_start_without_image_or_for_this_boot() {
        attach_app --runtime
        rm "$HOST_ROOT/var/lib/portables/app_1.raw"
        assert_ok ctl -q stop app_1
        image_put squashfs "$SUITE_TMP/app" app_1
        assert_ok ctl -q start --no-block app_1
        wait_until 10 host_run systemctl -q is-active app.service
        detach_app --runtime
}

test_what_cannot_be_started() {
        image_put squashfs "$SUITE_TMP/app" app_2
        image_put squashfs "$SUITE_TMP/only" only
        attach_app
        assert_error "^Cannot start: Image 'app_2' is not attached; 'app_1' is$" ctl start app_2
        assert_error "^Cannot stop: Image 'nothing' is not attached$" ctl stop nothing
        assert_error "^Cannot restart: Image 'app_1' has no units attached that match$" ctl restart app_1 other
        assert_error '^--root= cannot be used with start: no service manager runs there$' ctl --root=/ start app_1
        assert_error '^--now does not go with .start.; it goes with attach, detach, reattach$' ctl --now start app_1
        assert_ok ctl -q attach only
        assert_error '^Cannot start: image .only. has templates only' ctl start only
        assert_ok ctl -q detach only
        detach_app
}

test_one_that_fails() {
        image_put directory "$SUITE_TMP/app" app_1
        sed -i 's/^ExecStart=.*/ExecStart=\/nothing/' \
                "$HOST_ROOT/var/lib/portables/app_1/usr/lib/systemd/system/app-more.service"
        assert_ok ctl -q attach app_1
        run ctl -q start app_1
        assert_eq "$STATUS" 4
        assert_match "$ERR" '^Cannot start portable service app-more\.service \(failed\); see '
        assert_unit app.service active
        host_run systemctl reset-failed app-more.service
        detach_app
}

test_logs() {
        attach_app
        assert_ok ctl -q start app_1
        host_run systemctl start app@one.service
        host_run journalctl --sync
        assert_ok ctl logs app_1
        assert_match "$OUT" 'os-release: ID=app'            # what the service says
        assert_match "$OUT" 'systemd\[1\]: Started app\.service' # what is said of it
        assert_match "$OUT" 'systemd\[1\]: Started app@one\.service'
        assert_match "$OUT" 'app\.socket'
        assert_no_match "$OUT" 'dbus|portabled'
        assert_ok ctl logs app_1 app-more
        assert_match "$OUT" 'Started app-more\.service'
        assert_no_match "$OUT" 'Started app\.service'
        assert_ok ctl -q logs -n 1 app_1
        assert_eq "$(grep -c . <<<"$OUT")" 1
        assert_ok ctl -q logs --since=+1h app_1
        assert_no_match "$OUT" 'app'
        assert_ok ctl -q logs --since -1h app_1
        assert_match "$OUT" 'Started app\.service'
        assert_error 'line' ctl -q logs --lines=many app_1
        detach_app
        # The services' own lines are found by the fields that they had.
        run ctl logs app_1
        assert_eq "$ERR" "(Image 'app_1' is not attached; this is what its services logged when it was.)"
        assert_match "$OUT" 'os-release: ID=app'
        assert_error "^Cannot show the log of image 'app_1': Image 'app_1' is not attached$" ctl logs app_1 app
}

# It is journalctl that runs then, and so ends as that does when it is told to.
test_logs_follow() {
        attach_app
        # shellcheck disable=SC2016
        run host_run sh -c 'portablectl -q logs --follow --lines=0 app_1 >/tmp/followed & pid=$! rounds=0
                until grep -q app-more /tmp/followed || [ $((rounds += 1)) -gt 600 ]; do
                        systemctl restart app-more.service
                        sleep 0.1
                done
                cat /proc/$pid/comm; kill $pid; wait $pid; echo "status $?"'
        assert_match "$OUT" '^journalctl$'
        assert_match "$OUT" '^status (0|143)$' # 262 takes it for a wish
        host_run rm /tmp/followed
        detach_app
}

test_only_a_template_that_logged_nothing() {
        image_put squashfs "$SUITE_TMP/only" only
        assert_ok ctl -q attach only
        assert_ok ctl -q logs only
        assert_ok ctl -q detach only
}

test_cat() {
        attach_app
        host_run sh -c 'mkdir -p /etc/systemd/system/app.service.d
                printf "[Service]\nNice=7\n" >/etc/systemd/system/app.service.d/50-nice.conf; systemctl daemon-reload'
        assert_ok ctl cat app_1
        assert_match "$OUT" '^# /etc/systemd/system\.attached/app\.service$'
        assert_match "$OUT" '^# /etc/systemd/system\.attached/app\.service\.d/20-portable\.conf$'
        assert_match "$OUT" '^RootImage=/var/lib/portables/app_1\.raw$'
        assert_match "$OUT" '^Nice=7$'
        assert_match "$OUT" '^# /etc/systemd/system\.attached/app@\.service$'
        assert_eq "$OUT" "$(host_run systemctl cat --no-pager app.socket app-more.service app.service app@.service)"
        assert_ok ctl cat app_1 app-more
        assert_no_match "$OUT" '/app\.service$'
        host_run rm -r /etc/systemd/system/app.service.d
        assert_error '^cat shows units of this system only' ctl --root=/ cat app_1
        detach_app
}

# A terminal is not led astray by what came with an image.
test_cat_on_a_terminal() {
        image_put directory "$SUITE_TMP/app" app_1
        printf '# \033[2J\n' >>"$HOST_ROOT/var/lib/portables/app_1/usr/lib/systemd/system/app.service"
        assert_ok ctl -q attach app_1
        assert_ok host_run env TERM=xterm script -qec 'portablectl --no-pager cat app_1' /dev/null
        assert_contains "$OUT" '# \x1b[2J'
        echo '# changed' >>"$HOST_ROOT/var/lib/portables/app_1/usr/lib/systemd/system/app.service"
        run host_run env TERM=xterm script -qec 'portablectl --no-pager diff app_1' /dev/null
        assert_contains "$OUT" '# \x1b[2J'
        detach_app
}

test_diff() {
        local units=$HOST_ROOT/var/lib/portables/app_1/usr/lib/systemd/system

        image_put directory "$SUITE_TMP/app" app_1
        assert_ok ctl -q attach app_1
        assert_ok ctl diff app_1
        assert_eq "$OUT" ''
        echo 'Nice=5' >>"$units/app.service"
        rm "$units/app.socket"
        run ctl diff app_1
        assert_eq "$STATUS" 7 'status where something differs'
        assert_match "$OUT" '^--- /etc/systemd/system\.attached/app\.service$'
        assert_match "$OUT" '^\+\+\+ app_1:app\.service$'
        assert_match "$OUT" '^\+Nice=5$'
        assert_match "$OUT" '^\+\+\+ /dev/null$'
        assert_match "$OUT" '^-\[Socket\]$'
        assert_ok ctl diff app_1 app-more
        assert_eq "$OUT" ''
        run host_run_as nobody portablectl diff app_1
        assert_eq "$STATUS" 7 'the daemon reads it for everyone'
        rm -r "$HOST_ROOT/var/lib/portables/app_1"
        assert_error "^Cannot compare image 'app_1': '/var/lib/portables/app_1' is not there$" ctl diff app_1
        assert_error "^Cannot compare image 'no': Image 'no' is not attached$" ctl diff no
        detach_app
}

test_diff_offline() {
        local tree=$HOST_ROOT/srv/tree

        mkdir -p "$tree/var/lib/portables" "$tree/usr/lib/systemd/portable/profile"
        cp -r "$HOST_ROOT"/usr/local/lib/systemd/portable/profile/default "$tree/usr/lib/systemd/portable/profile/" 2>/dev/null ||
                cp -r "$HOST_ROOT"/usr/lib/systemd/portable/profile/default "$tree/usr/lib/systemd/portable/profile/"
        cp -a "$SUITE_TMP/app" "$tree/var/lib/portables/app_1"
        assert_ok ctl -q --root=/srv/tree attach app_1
        echo 'Nice=5' >>"$tree/var/lib/portables/app_1/usr/lib/systemd/system/app.service"
        run ctl --root=/srv/tree diff app_1
        assert_eq "$STATUS" 7
        assert_match "$OUT" '^\+Nice=5$'
        rm -r "$tree"
}

test_elsewhere() {
        attach_app
        assert_ok ctl -q -M .host start app_1
        assert_unit app.service active
        host_run journalctl --sync
        assert_ok ctl -q -M .host logs app_1
        assert_match "$OUT" 'Started app\.service'
        assert_ok ctl -q -M .host stop app_1
        assert_unit app.service inactive
        assert_error "Image 'app_2' is not attached; 'app_1' is$" ctl -M .host start app_2
        assert_error '^cat shows units of this system only' ctl -M .host cat app_1
        assert_error 'diff reads files of the system, and cannot do so on another one$' ctl -M .host diff app_1
        assert_error 'logs cannot be used with --host=: .*; try ssh box portablectl logs$' ctl -H box logs app_1
        detach_app
}

# Not everybody may start something.
test_as_a_stranger() {
        attach_app
        run host_run_as nobody portablectl --no-ask-password start app_1
        [ "$STATUS" -ne 0 ] || assert_fail 'nobody may start it'
        assert_unit app.service inactive
        assert_ok host_run_as nobody portablectl cat app_1
        detach_app
}

suite_main "$@"
