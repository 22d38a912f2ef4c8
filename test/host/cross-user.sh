#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Users whose images were attached by ours, or by the other one's daemon for users where there is one (from 260 on; where
# there is none, the files that it writes are put there by hand): either knows and detaches what the other attached.

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"
# shellcheck source=../lib/users.sh
source "$SUITE_LIB/users.sh"

POOL=/home/alice/.local/state/portables
OURS=/usr/local/lib/systemd/user
ASIDE=/usr/local/lib/portabled-aside

suite_setup() {
        host_new --peer ${PORTABLED_TEST_TREE:+"--tree=$PORTABLED_TEST_TREE"}
        users_allow
        users_add alice 4001
        host_boot
        users_wait alice
        image_simple "$SUITE_TMP/app_1" app 'ID=walker' 'VERSION_ID=1' PORTABLE_SCOPE=user
        users_image_units "$SUITE_TMP/app_1"
}

alice() {
        users_run alice "$@"
}

has_peer() {
        host_exists /usr/lib/systemd/user/systemd-portabled.service
}

# daemon ours|peer: whose daemon is on the bus of alice from now on.
daemon() {
        local program

        if [ "$1" = peer ] && host_exists "$OURS/systemd-portabled.service"; then
                host_run sh -c "mkdir -p $ASIDE && mv $OURS/*portable*.service $ASIDE/"
        elif [ "$1" = ours ] && host_exists "$ASIDE/systemd-portabled.service"; then
                host_run sh -c "mv $ASIDE/* $OURS/ && rmdir $ASIDE"
        fi
        alice systemctl --user daemon-reload
        alice systemctl --user stop systemd-portabled.service
        alice portablectl --user list >/dev/null
        program=$(host_run readlink "/proc/$(alice systemctl --user show -P MainPID systemd-portabled.service)/exe")
        assert_match "$program" "^$([ "$1" = peer ] && echo /usr/lib || echo /usr/local)/" 'program of the daemon'
}

# attached_by_hand: the files that the other one writes for a directory, in the directory that each manager looks in.
attached_by_hand() {
        alice sh -c 'd=~/.config/systemd/user/app.service.d; mkdir -p "$d"
                cp ~/.local/state/portables/app_1/usr/lib/systemd/user/app.service ~/.config/systemd/user/
                ln -s /usr/local/lib/systemd/user/portable/profile/default/service.conf "$d/10-profile.conf"
                cat >"$d/20-portable.conf"' <<END
# Drop-in created for image '$POOL/app_1', do not edit.

[Service]
RootDirectory=$POOL/app_1
Environment=PORTABLE=app_1
LogExtraFields=PORTABLE=app_1
END
        alice systemctl --user daemon-reload
}

assert_clean() {
        assert_eq "$(host_run find /home/alice/.config /run/user/4001/systemd -name '*portable*.conf' -o -name app.service)" ''
        host_run rm -rf "$POOL" /home/alice/.config
}

test_ours_knows_what_the_other_one_attached() {
        users_put alice "$SUITE_TMP/app_1" app_1
        if has_peer; then
                daemon peer
                assert_ok alice /usr/bin/portablectl --user attach --now app_1
                daemon ours
        else
                attached_by_hand
        fi
        assert_match "$(alice portablectl --user is-attached app_1)" '^(attached|running)$'
        assert_ok alice portablectl --user status app_1
        assert_contains "$OUT" 'app.service'
        assert_ok alice portablectl --user reattach --now app_1
        assert_eq "$(alice portablectl --user is-attached app_1)" running
        assert_ok alice portablectl --user detach --now app_1
        assert_clean
}

# With the other one's client, or, where that knows no users, by the calls that it makes.
test_the_other_client_with_our_daemon() {
        local call=(busctl --user call org.freedesktop.portable1 /org/freedesktop/portable1
                    org.freedesktop.portable1.Manager)

        users_put alice "$SUITE_TMP/app_1" app_1
        if has_peer; then
                daemon ours
                assert_ok alice /usr/bin/portablectl --user attach --now app_1
                assert_match "$(alice /usr/bin/portablectl --user list --no-legend)" '^app_1 .* running'
                assert_ok alice /usr/bin/portablectl --user detach --now app_1
        else
                assert_ok alice "${call[@]}" AttachImage sassbs app_1 1 app default false ''
                assert_ok alice "${call[@]}" GetImageState s app_1
                assert_contains "$OUT" '"attached"'
                assert_ok alice "${call[@]}" DetachImage sb app_1 false
        fi
        assert_clean
}

test_the_other_one_knows_what_ours_attached() {
        users_put alice "$SUITE_TMP/app_1" app_1
        assert_ok alice portablectl --user attach --now app_1
        if has_peer; then
                daemon peer
                assert_match "$(alice /usr/bin/portablectl --user is-attached app_1)" '^running$'
                assert_ok alice /usr/bin/portablectl --user detach --now app_1
                daemon ours
        else
                assert_ok alice portablectl --user detach --now app_1
        fi
        assert_clean
}

suite_main "$@"
