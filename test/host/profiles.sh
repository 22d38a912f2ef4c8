#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What profiles there are, what is in them, and a file of one's own as profile.

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"

DIR=/usr/local/lib/systemd/portable/profile
OWN=/opt/own.conf

suite_setup() {
        suite_host_new
        printf '# What the test allows\n[Service]\nPrivateTmp=yes\nEnvironment=FROM_PROFILE=own\n' >"$HOST_ROOT$OWN"
        ln -s own.conf "$HOST_ROOT/opt/link.conf"
        host_boot
        image_simple "$SUITE_TMP/app" app 'ID=app' 'VERSION_ID=1'
        image_unit "$SUITE_TMP/app" app.socket
}

test_list() {
        assert_ok ctl profiles
        assert_match "$OUT" "^NAME +FILE +DESCRIPTION$"
        assert_match "$OUT" "^default +$DIR/default/service\.conf +Everyday confinement"
        assert_eq "$(awk 'NR > 1 { print $1 }' <<<"$OUT" | xargs)" 'default nonetwork strict trusted'
        assert_no_match "$OUT" SPDX
        assert_ok ctl --no-legend profiles
        assert_no_match "$OUT" '^NAME'
        assert_ok ctl -j profiles
        assert_eq "$("$SUITE_LIB/read-json" 2 name <<<"$OUT")" strict
        assert_eq "$("$SUITE_LIB/read-json" 2 files <<<"$OUT")" "[\"$DIR/strict/service.conf\"]"
        assert_match "$("$SUITE_LIB/read-json" 2 description <<<"$OUT")" '^The tightest confinement'
}

# The administrator's directory comes first; a profile may have files for several kinds of units.
test_profiles_of_the_administrator() {
        host_run sh -c 'cd /etc/systemd && mkdir -p portable/profile/default portable/profile/empty portable/profile/two &&
                printf "[Service]\n# too late\n" >portable/profile/default/service.conf &&
                printf "; of a socket\n[Socket]\n" >portable/profile/two/socket.conf &&
                printf "# of a service\n[Service]\n" >portable/profile/two/service.conf'
        assert_ok ctl -j profiles
        assert_eq "$("$SUITE_LIB/read-json" 0 <<<"$OUT")" \
                '{"name":"default","description":null,"files":["/etc/systemd/portable/profile/default/service.conf"]}'
        assert_eq "$("$SUITE_LIB/read-json" 4 files <<<"$OUT")" \
                '["/etc/systemd/portable/profile/two/service.conf","/etc/systemd/portable/profile/two/socket.conf"]'
        assert_no_match "$OUT" '"empty"'
        assert_ok ctl cat-profile two
        assert_eq "$OUT" "# /etc/systemd/portable/profile/two/service.conf
# of a service
[Service]

# /etc/systemd/portable/profile/two/socket.conf
; of a socket
[Socket]"
        host_run rm -r /etc/systemd/portable
}

# An OS tree in which nothing is installed has none, which is not an error.
test_none_at_all() {
        host_run mkdir -p /srv/bare/etc
        assert_ok ctl --root=/srv/bare -j profiles
        assert_eq "$OUT" '[]'
        assert_ok ctl --root=/srv/bare profiles
        assert_ok ctl --root=/srv/bare --no-legend --profile=help attach x
        assert_eq "$OUT" ''
}

test_cat() {
        assert_ok ctl cat-profile strict
        assert_eq "$OUT" "# $DIR/strict/service.conf"$'\n'"$(host_run cat "$DIR/strict/service.conf")"
        assert_ok ctl cat-profile $OWN
        assert_eq "$OUT" "# $OWN"$'\n'"$(host_run cat $OWN)"
        assert_error 'There is no profile .nothing. \(profiles here: default, nonetwork, strict, trusted\)' \
                ctl cat-profile nothing
        # Everyone may look, nobody is asked.
        assert_ok host_run_as nobody portablectl --no-ask-password profiles
        assert_ok host_run_as nobody portablectl --no-ask-password cat-profile default
}

test_attach_with_a_file() {
        image_put directory "$SUITE_TMP/app" app_1
        assert_ok ctl attach --now --profile=$OWN app_1
        assert_match "$ERR" "^Created symlink /etc/systemd/system\.attached/app\.service\.d/10-profile\.conf → $OWN\.$"
        assert_missing /etc/systemd/system.attached/app.socket.d/10-profile.conf
        assert_match "$(host_run systemctl show -P Environment app.service)" 'FROM_PROFILE=own'
        assert_unit app.service active
        assert_ok ctl detach --now app_1
}

test_relative_and_linked_paths() {
        image_put directory "$SUITE_TMP/app" app_1
        assert_ok host_run sh -c 'cd /opt && portablectl attach -p ./link.conf app_1'
        assert_eq "$(host_run readlink /etc/systemd/system.attached/app.service.d/10-profile.conf)" $OWN
        assert_ok host_run sh -c 'cd /opt && portablectl reattach --copy=copy -p ./own.conf app_1'
        assert_eq "$(host_run cat /etc/systemd/system.attached/app.service.d/10-profile.conf)" "$(host_run cat $OWN)"
        assert_ok ctl detach app_1
}

test_what_is_no_profile() {
        image_put directory "$SUITE_TMP/app" app_1
        assert_error "There is no profile file '/opt/none\.conf'" ctl attach -p /opt/none.conf app_1
        assert_error "Profile name '/opt/own' is not valid" ctl attach -p /opt/own app_1
        host_run mkdir /opt/dir.conf
        host_run mkfifo /opt/fifo.conf
        assert_error "Profile '/opt/fifo\.conf' is not a regular file" ctl attach -p /opt/fifo.conf app_1
        assert_error "Profile '/opt/dir\.conf' is not a regular file" ctl attach -p /opt/dir.conf app_1
        host_run rm -r /opt/dir.conf /opt/fifo.conf
        # Over the bus a path must be normalized, and is what it is.
        for path in /opt/../opt/own.conf /opt/own /etc/passwd; do
                assert_bus_error org.freedesktop.DBus.Error.InvalidArgs AttachImage sassbs app_1 1 app "$path" false ''
        done
        assert_missing /etc/systemd/system.attached
}

suite_main "$@"
