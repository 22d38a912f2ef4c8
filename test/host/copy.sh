#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Copy modes and profiles: what is copied, what is linked.

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"

ATTACHED=/etc/systemd/system.attached

suite_setup() {
        suite_host
        image_simple "$SUITE_TMP/app" app 'ID=app' 'VERSION_ID=1'
}

link_target() {
        host_run readlink "$1"
}

# starts_and_detaches IMAGE: the attached service runs from the image, and nothing is left after detach.
starts_and_detaches() {
        assert_ok host_run systemctl start app.service
        assert_match "$(unit_log app.service)" '^/etc/os-release: ID=app$'
        assert_ok ctl detach --now "$1"
        assert_missing "$ATTACHED"
        assert_eq "$(host_run sh -c 'find /etc/portables -mindepth 1 2>/dev/null')" ''
}

test_copy() {
        image_put directory "$SUITE_TMP/app" app
        assert_ok ctl attach --copy=copy app
        assert_eq "$(link_target $ATTACHED/app.service || true)" ''
        assert_eq "$(link_target $ATTACHED/app.service.d/10-profile.conf || true)" ''
        assert_eq "$(host_run stat -c %a $ATTACHED/app.service)" 644
        assert_eq "$(host_run cat $ATTACHED/app.service)" "$(<"$SUITE_TMP/app/usr/lib/systemd/system/app.service")"
        starts_and_detaches app
}

test_auto_copies_units_and_links_the_profile() {
        image_put directory "$SUITE_TMP/app" app
        assert_ok ctl attach --copy=auto app
        assert_eq "$(link_target $ATTACHED/app.service || true)" ''
        assert_match "$(link_target $ATTACHED/app.service.d/10-profile.conf)" '/portable/profile/default/service\.conf$'
        starts_and_detaches app
}

test_symlink_with_a_directory() {
        image_put directory "$SUITE_TMP/app" app
        assert_ok ctl attach --copy=symlink app
        assert_eq "$(link_target $ATTACHED/app.service)" /var/lib/portables/app/usr/lib/systemd/system/app.service
        starts_and_detaches app
}

test_symlink_with_a_raw_image_copies_units() {
        image_put squashfs "$SUITE_TMP/app" app
        assert_ok ctl attach --copy=symlink app
        assert_eq "$(link_target $ATTACHED/app.service || true)" ''
        starts_and_detaches app
}

test_mixed_copies_a_directory_image() {
        image_pack directory "$SUITE_TMP/app" "$HOST_ROOT/srv/app"
        assert_ok ctl attach --copy=mixed /srv/app
        assert_contains "$OUT$ERR" '/etc/portables/app'
        assert_eq "$(host_run stat -c %F /etc/portables/app)" directory
        host_run cmp /srv/app/usr/bin/service /etc/portables/app/usr/bin/service
        starts_and_detaches /srv/app
        assert_exists /srv/app/usr/bin/service
        host_run rm -r /srv/app
}

test_mixed_copies_a_raw_image() {
        image_pack squashfs "$SUITE_TMP/app" "$HOST_ROOT/srv/app.raw"
        assert_ok ctl attach --copy=mixed /srv/app.raw
        assert_eq "$(host_run stat -c %F /etc/portables/app.raw)" 'regular file'
        host_run cmp /srv/app.raw /etc/portables/app.raw
        starts_and_detaches /srv/app.raw
        host_run rm /srv/app.raw
}

test_every_profile() {
        local profile

        image_put squashfs "$SUITE_TMP/app" app
        for profile in default nonetwork strict trusted; do
                assert_ok ctl attach --profile="$profile" app
                assert_match "$(link_target $ATTACHED/app.service.d/10-profile.conf)" "/profile/$profile/service\.conf$"
                starts_and_detaches app
        done
}

test_profiles_confine() {
        image_put squashfs "$SUITE_TMP/app" app
        assert_ok ctl attach --profile=default app
        assert_eq "$(host_run systemctl show -P PrivateTmp app.service)" yes
        assert_eq "$(host_run systemctl show -P DynamicUser app.service)" yes
        assert_ok ctl detach app
        assert_ok ctl attach --profile=nonetwork app
        assert_eq "$(host_run systemctl show -P PrivateNetwork app.service)" yes
        assert_ok ctl detach app
        assert_ok ctl attach --profile=strict app
        assert_eq "$(host_run systemctl show -P PrivateNetwork app.service)" yes
        assert_eq "$(host_run systemctl show -P ProtectKernelTunables app.service)" yes
        assert_ok ctl detach app
        assert_ok ctl attach --profile=trusted app
        assert_eq "$(host_run systemctl show -P DynamicUser app.service)" no
        assert_eq "$(host_run systemctl show -P PrivateTmp app.service)" yes
        assert_ok ctl detach app
}

test_profile_of_the_administrator_wins() {
        local dir=/etc/systemd/portable/profile

        image_put squashfs "$SUITE_TMP/app" app
        host_run mkdir -p $dir/default $dir/own
        host_run sh -c "printf '[Service]\nEnvironment=FROM=admin\n' | tee $dir/default/service.conf >$dir/own/service.conf"
        assert_ok ctl attach --now app
        assert_match "$(unit_log app.service)" '^env: FROM=admin$'
        assert_ok ctl detach --now app
        assert_ok ctl attach --profile=own app
        assert_eq "$(link_target $ATTACHED/app.service.d/10-profile.conf)" $dir/own/service.conf
        assert_match "$(host_run busctl get-property org.freedesktop.portable1 /org/freedesktop/portable1 \
                org.freedesktop.portable1.Manager Profiles)" '"own"'
        assert_ok ctl detach app
        host_run rm -r /etc/systemd/portable
}

suite_main "$@"
