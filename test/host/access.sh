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

# An image in the directory of a user, who swaps it for a link to where only root may look.
test_links_that_a_user_controls() {
        host_run mkdir -p /srv/user /srv/secret
        host_run chmod 700 /srv/secret
        image_pack directory "$SUITE_TMP/app" "$HOST_ROOT/srv/user/app"
        image_pack directory "$SUITE_TMP/app" "$HOST_ROOT/srv/secret/hidden"
        host_run sh -c 'echo "# the secret" >>/srv/secret/hidden/usr/lib/systemd/system/app.service'
        assert_ok ctl attach /srv/user/app
        assert_ok as_nobody inspect --cat app
        host_run chown -R nobody /srv/user
        assert_error 'Not authorized' as_nobody inspect --cat app
        host_run mv /srv/user/app /srv/user/old
        host_run ln -s /srv/secret/hidden /srv/user/app
        assert_error 'Not authorized' as_nobody inspect --cat app
        assert_no_match "$OUT$ERR" 'secret'
        assert_error '.' host_run_as nobody busctl call org.freedesktop.portable1 /org/freedesktop/portable1 \
                org.freedesktop.portable1.Manager GetImageOSRelease s app
        assert_ok ctl inspect --cat app
        assert_match "$OUT" 'the secret'
        host_run rm /srv/user/app
        host_run mv /srv/user/old /srv/user/app
        assert_ok ctl detach /srv/user/app
        host_run rm -r /srv/user /srv/secret
}

# state_as USER PATH
state_as() {
        host_run_as "$1" busctl call org.freedesktop.portable1 /org/freedesktop/portable1 \
                org.freedesktop.portable1.Manager GetImageState s "$2"
}

test_strangers_learn_no_names() {
        host_run sh -c 'mkdir -p /srv/user /srv/secret && chmod 700 /srv/secret && chown nobody /srv/user'
        image_pack directory "$SUITE_TMP/app" "$HOST_ROOT/srv/secret/hidden"
        host_run ln -s /srv/secret/hidden /srv/user/guess
        host_run ln -s /srv/secret/hidden /srv/guess
        host_run touch /var/lib/portables/thing
        assert_ok ctl attach /srv/secret/hidden app
        # What the link leads to is attached, but its name is root's own business.
        assert_eq "$(state_as nobody /srv/user/guess)" 's "detached"'
        assert_eq "$(state_as nobody /srv/guess)" 's "detached"'
        assert_eq "$(state_as root /srv/user/guess)" 's "attached"'
        assert_error "found: '/var/lib/portables/thing' is a file" portable_call GetImage s thing
        assert_error "No image 'thing' found\.\$" host_run_as nobody busctl call org.freedesktop.portable1 \
                /org/freedesktop/portable1 org.freedesktop.portable1.Manager GetImage s thing
        assert_error "No image 'thing' found\.\$" host_run_as nobody busctl call org.freedesktop.portable1 \
                /org/freedesktop/portable1/image/thing org.freedesktop.portable1.Image GetOSRelease
        assert_ok ctl detach /srv/secret/hidden
        host_run rm -r /srv/user /srv/secret /srv/guess /var/lib/portables/thing
}

# path_as USER IMAGE: the property Path
path_as() {
        host_run_as "$1" busctl get-property org.freedesktop.portable1 /org/freedesktop/portable1/image/"$2" \
                org.freedesktop.portable1.Image Path
}

# Where links lead is for those to know who can look there; by a link of their own users learn nothing.
test_where_links_lead() {
        host_run sh -c 'mkdir -p /etc/portables /srv/user /srv/secret && chmod 700 /srv/secret && chown nobody /srv/user'
        image_pack directory "$SUITE_TMP/app" "$HOST_ROOT/srv/secret/hidden"
        host_run ln -s /srv/secret/hidden /etc/portables/given
        host_run ln -s /srv/secret/hidden /srv/user/guess
        host_run ln -s /srv/user/guess /etc/portables/guess
        assert_ok ctl list
        assert_match "$OUT" given
        assert_match "$OUT" guess
        assert_eq "$(path_as root given)" 's "/srv/secret/hidden"'
        assert_eq "$(path_as root guess)" 's "/srv/secret/hidden"'
        assert_ok as_nobody list
        assert_match "$OUT" given
        assert_no_match "$OUT" guess
        assert_eq "$(path_as nobody given)" 's "/etc/portables/given"'
        assert_error "No image 'guess' found\.\$" path_as nobody guess
        assert_error "No image 'guess' found\.\$" host_run_as nobody busctl call org.freedesktop.portable1 \
                /org/freedesktop/portable1 org.freedesktop.portable1.Manager GetImage s guess
        assert_ok host_run_as nobody busctl introspect --xml-interface org.freedesktop.portable1 \
                /org/freedesktop/portable1/image
        assert_match "$OUT" '"given"'
        assert_no_match "$OUT" guess
        # What a link of root's leads to in an image directory is in the list anyway.
        image_pack directory "$SUITE_TMP/app" "$HOST_ROOT/var/lib/portables/pool"
        host_run ln -s /var/lib/portables/pool /etc/portables/linked
        assert_eq "$(host_run stat -c %a /var/lib/portables)" 700
        assert_eq "$(path_as nobody linked)" 's "/var/lib/portables/pool"'
        host_run rm -r /srv/user /srv/secret /etc/portables/given /etc/portables/guess /etc/portables/linked \
                /var/lib/portables/pool
        host_run rmdir --ignore-fail-on-non-empty /etc/portables
}

test_huge_versioned_directory() {
        host_run sh -c 'mkdir -p /var/lib/portables/huge.v && cd /var/lib/portables/huge.v && mkdir huge_1 &&
                seq -f entry-%g 4096 | xargs touch'
        assert_error "No image 'huge' found: '/var/lib/portables/huge\.v' has more than 4096 entries" ctl inspect huge
        assert_error "Versioned directory '/var/lib/portables/huge\.v' has more than 4096 entries" \
                portable_call GetImageOSRelease s /var/lib/portables/huge.v
        assert_ok ctl list
        assert_no_match "$OUT" huge
        host_run rm /var/lib/portables/huge.v/entry-1
        assert_ok ctl list
        assert_match "$OUT" huge
        host_run rm -r /var/lib/portables/huge.v
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
