#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The way of a portable service from attach to detach, for each kind of image.

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"

suite_setup() {
        suite_host
        image_tree "$SUITE_TMP/app" 'ID=walker' 'VERSION_ID=1' 'PRETTY_NAME="Walker OS"' \
                'PORTABLE_PRETTY_NAME="Walking Service"'
        image_unit "$SUITE_TMP/app" app.service 'ExecStart=' \
                'ExecStart=/usr/bin/service read /usr/lib/os-release /srv/data/file'
}

# walk KIND: attach, look, start, look, stop, detach.
walk() {
        local kind=$1 path setting=RootImage type=raw

        path=$(image_path "$kind" app_1)
        [ "$kind" != directory ] || { setting=RootDirectory; type=directory; }
        image_put "$kind" "$SUITE_TMP/app" app_1

        assert_ok ctl --no-legend list
        assert_match "$OUT" "^app_1 +$type +no .* detached *$"
        assert_ok ctl inspect app_1
        assert_contains "$OUT" "$path"
        assert_contains "$OUT" 'Walking Service'
        assert_contains "$OUT" 'Walker OS'
        assert_match "$OUT" '^[[:space:]]+app\.service$'

        assert_ok ctl attach app_1
        assert_contains "$OUT$ERR" 'Created directory /etc/systemd/system.attached.'
        assert_contains "$OUT$ERR" 'Written /etc/systemd/system.attached/app.service.d/20-portable.conf.'
        assert_match "$OUT$ERR" '^Copied (.* → )?/etc/systemd/system.attached/app.service\.$'
        assert_state app_1 attached
        assert_unit app.service inactive
        assert_eq "$(host_run systemctl show -P "$setting" app.service)" "$path" "$setting"
        assert_eq "$(dropin app.service | head -n 1)" \
                "# Drop-in created for image '$path', do not edit." 'marker of the drop-in'

        assert_ok host_run systemctl start app.service
        assert_state app_1 running
        OUT=$(unit_log app.service)
        assert_match "$OUT" '^/usr/lib/os-release: ID=walker$'
        assert_match "$OUT" "^env: PORTABLE=${path##*/}$"
        [ "$kind" != gpt-full ] || assert_match "$OUT" '^/srv/data/file: srv$'

        assert_error 'app\.service.* active' ctl detach app_1
        assert_unit app.service active
        assert_ok host_run systemctl stop app.service
        assert_ok ctl detach app_1
        assert_contains "$OUT$ERR" 'Removed /etc/systemd/system.attached/app.service.'
        assert_contains "$OUT$ERR" 'Removed /etc/systemd/system.attached.'
        assert_state app_1 detached
        assert_eq "$(host_run systemctl show -P LoadState app.service)" not-found
}

test_directory() {
        walk directory
}

test_squashfs() {
        walk squashfs
}

test_erofs() {
        walk erofs
}

test_ext4() {
        walk ext4
}

test_xfs() {
        walk xfs
}

test_btrfs() {
        walk btrfs
}

test_mbr_with_one_linux_partition() {
        walk mbr
}

test_gpt_with_root_of_this_architecture() {
        walk gpt
}

test_gpt_with_lone_generic_root() {
        walk gpt-generic
}

# systemd 262 starts no service from any image with only a usr partition, attached or not.
test_gpt_with_usr_only() {
        image_put gpt-usr "$SUITE_TMP/app" app_1
        if host_run systemd-run -q --wait -p "RootImage=$PORTABLE_POOL/app_1.raw" /usr/bin/service once 2>/dev/null; then
                walk gpt-usr
        else
                assert_ok ctl attach app_1
                run host_run systemctl start app.service
                [ "$STATUS" -ne 0 ] || assert_fail 'an attached unit starts where a plain one does not'
                host_run systemctl reset-failed app.service
                assert_ok ctl detach app_1
        fi
}

test_gpt_with_home_srv_and_swap() {
        walk gpt-full
}

# Not started: systemd 252 mounts the ESP for the service, and not every kernel knows vfat. Reading must not need it.
test_gpt_with_esp() {
        image_put gpt-esp "$SUITE_TMP/app" app_1
        assert_ok ctl inspect app_1
        assert_contains "$OUT" 'Walking Service'
        assert_ok ctl attach app_1
        assert_state app_1 attached
        assert_eq "$(host_run systemctl show -P RootImage app.service)" "$PORTABLE_POOL/app_1.raw"
        assert_ok ctl detach app_1
}

test_image_by_path_outside_the_search_path() {
        image_pack squashfs "$SUITE_TMP/app" "$HOST_ROOT/srv/app_1.raw"
        assert_ok ctl attach /srv/app_1.raw
        assert_contains "$OUT$ERR" 'Created symlink /etc/portables/app_1.raw'
        assert_eq "$(host_run readlink -f /etc/portables/app_1.raw)" /srv/app_1.raw
        assert_state app_1 attached
        assert_state /srv/app_1.raw attached
        assert_ok host_run systemctl start app.service
        assert_match "$(unit_log app.service)" '^/usr/lib/os-release: ID=walker$'
        assert_ok host_run systemctl stop app.service
        assert_ok ctl detach /srv/app_1.raw
        assert_missing /etc/portables/app_1.raw
        assert_exists /srv/app_1.raw
        host_run rm /srv/app_1.raw
}

test_no_pool_and_no_image() {
        host_run rmdir /var/lib/portables
        assert_ok ctl list
        assert_eq "$OUT" 'No images.'
        host_run mkdir -m 0700 /var/lib/portables
}

suite_main "$@"
