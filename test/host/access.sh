#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Who may do what: unprivileged callers, with and without polkit.

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"

suite_setup() {
        suite_host
        image_simple "$SUITE_TMP/app" app 'ID=app' 'VERSION_ID=1'
}

as_nobody() {
        host_run_as nobody portablectl --no-ask-password "$@"
}

# Everything that changes something or reads a file of the caller's choice.
assert_refused() {
        assert_error '.' as_nobody attach app
        assert_missing /etc/systemd/system.attached
        assert_error '.' as_nobody attach /var/lib/portables/app.raw
        assert_error '.' as_nobody inspect /srv/other.raw
        assert_error '.' as_nobody remove app
        assert_error '.' as_nobody read-only app true
        assert_error '.' as_nobody set-limit 1000000
        assert_exists /var/lib/portables/app.raw
        assert_state app detached
}

test_refused_by_polkit_without_agent() {
        image_put squashfs "$SUITE_TMP/app" app
        image_pack squashfs "$SUITE_TMP/app" "$HOST_ROOT/srv/other.raw"
        assert_refused
        assert_unit polkit.service active
        host_run rm /srv/other.raw
}

test_refused_without_polkit() {
        image_put squashfs "$SUITE_TMP/app" app
        image_pack squashfs "$SUITE_TMP/app" "$HOST_ROOT/srv/other.raw"
        host_run systemctl mask --runtime --now polkit.service
        assert_refused
        host_run systemctl unmask --runtime polkit.service
        host_run rm /srv/other.raw
}

test_open_to_everyone() {
        image_put squashfs "$SUITE_TMP/app" app
        assert_ok as_nobody list
        assert_match "$OUT" '^app +raw'
        assert_ok as_nobody is-attached app
        assert_eq "$OUT" detached
        assert_ok as_nobody inspect app
        assert_match "$OUT" 'app\.service'
}

test_detach_and_reattach_are_refused() {
        image_put squashfs "$SUITE_TMP/app" app
        assert_ok ctl attach app
        assert_error '.' as_nobody detach app
        assert_error '.' as_nobody reattach app
        assert_state app attached
        assert_ok ctl detach app
}

test_allowed_by_a_polkit_rule() {
        image_put squashfs "$SUITE_TMP/app" app
        host_run sh -c 'cat >/etc/polkit-1/rules.d/10-test.rules' <<-'END'
		polkit.addRule(function(action, subject) {
		        if (action.id == "org.freedesktop.portable1.attach-images" && subject.user == "nobody")
		                return polkit.Result.YES;
		});
	END
        wait_until 5 as_nobody -q attach --no-reload app
        assert_state app attached
        assert_ok as_nobody -q detach --no-reload app
        assert_error '.' as_nobody remove app
        host_run rm /etc/polkit-1/rules.d/10-test.rules
        host_run systemctl daemon-reload
}

test_nobody_else_can_own_the_name() {
        run host_run_as nobody busctl call org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus \
                RequestName su org.freedesktop.portable1 0
        [ "$STATUS" -ne 0 ] || assert_fail 'nobody owns the name'
        assert_match "$ERR" 'Access denied'
}

suite_main "$@"
