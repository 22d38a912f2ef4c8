#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# --all, and the units that attach images at boot.

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"

suite_setup() {
        local name

        suite_host
        for name in app web; do
                image_simple "$SUITE_TMP/$name" "$name" "ID=$name" 'VERSION_ID=1'
        done
        image_simple "$SUITE_TMP/app-two" app 'ID=app' 'VERSION_ID=2'
        image_simple "$SUITE_TMP/appliance" engine 'ID=appliance' 'PORTABLE_PREFIXES="engine other"'
}

# The images of an appliance: what came with the operating system.
vendor_images() {
        mkdir -p "$HOST_ROOT/usr/lib/portables"
        image_pack squashfs "$SUITE_TMP/app" "$HOST_ROOT/usr/lib/portables/app_1.raw"
        image_pack squashfs "$SUITE_TMP/web" "$HOST_ROOT/usr/lib/portables/web_1.raw"
}

test_all_attaches_what_is_left() {
        image_put squashfs "$SUITE_TMP/app" app_1
        image_put squashfs "$SUITE_TMP/web" web_1
        assert_ok ctl -q attach app_1
        run ctl attach --all
        assert_eq "$STATUS" 0
        assert_match "$ERR" '1 image attached, 0 refused'
        assert_state web_1 attached
        run ctl attach --all
        assert_eq "$STATUS" 0
        assert_match "$ERR" '0 images attached, 0 refused'
        run ctl reattach --all
        assert_eq "$STATUS" 0
        assert_match "$ERR" '2 images reattached, 0 refused'
        run ctl detach --all 'web*'
        assert_eq "$STATUS" 0
        assert_match "$ERR" '1 image detached, 0 refused'
        assert_state app_1 attached
        assert_ok ctl detach --all
        assert_ok ctl detach --all
        assert_missing /etc/systemd/system.attached
}

test_all_with_a_name() {
        image_put squashfs "$SUITE_TMP/app" app_1
        assert_ok ctl -q attach --all app_1
        assert_state app_1 attached
        assert_ok ctl -q attach --all app_1
        run ctl attach --all nothing
        assert_eq "$STATUS" 1
        assert_match "$ERR" "There is no image whose name matches 'nothing'"
        run ctl attach --all /var/lib/portables/app_1.raw
        assert_eq "$STATUS" 1
        assert_match "$ERR" "--all takes the name of an image or a pattern, not the path"
        assert_ok ctl -q detach --all app_1
}

# A link to /dev/null masks what came with the operating system, as it does with units.
test_masked() {
        local entry

        vendor_images
        for entry in /etc/portables/web_1.raw /etc/portables/web_1 /run/portables/web_1.raw; do
                host_run sh -c "mkdir -p /etc/portables /run/portables; ln -s /dev/null $entry"
                assert_no_match "$(ctl list --no-legend)" '^web_1 '
                assert_match "$(ctl list --no-legend)" '^app_1 '
                assert_error "No image 'web_1' found|Image 'web_1' is masked: '$entry' is a link to /dev/null" ctl attach web_1
                assert_error "^Image 'web_1' is masked: '$entry' is a link to /dev/null$" ctl status web_1
                run ctl -j status web_1
                assert_match "$OUT" "\"masked\": ?\"$entry\""
                assert_eq "$(ctl is-attached web_1)" detached
                run ctl attach --all --runtime
                assert_match "$ERR" '1 image attached, 0 refused'
                assert_missing /run/systemd/system.attached/web.service
                assert_ok ctl -q detach --all --runtime
                host_run rm "$entry"
        done
        # What is attached already stays so, and can be detached.
        assert_ok ctl -q attach --runtime web_1
        host_run ln -s /dev/null /etc/portables/web_1.raw
        assert_ok ctl status web_1
        assert_match "$OUT" '^ +Masked: /etc/portables/web_1\.raw '
        assert_ok ctl -q detach --runtime web_1
        assert_eq "$(host_run readlink /etc/portables/web_1.raw)" /dev/null
        host_run rm -f /etc/portables/web_1.raw
        host_run rm -r /usr/lib/portables
}

# Of several versions the newest, and none beside one that is attached.
test_all_takes_the_newest() {
        image_put squashfs "$SUITE_TMP/app" app_1.9
        image_put squashfs "$SUITE_TMP/app" app_1.10
        image_put squashfs "$SUITE_TMP/web" web_1
        run ctl attach --all
        assert_eq "$STATUS" 0
        assert_match "$ERR" "^\(Leaving image 'app_1\.9': 'app_1\.10' is newer\.\)$"
        assert_match "$ERR" '2 images attached, 0 refused'
        assert_state app_1.10 attached
        run ctl attach --all
        assert_eq "$STATUS" 0
        assert_match "$ERR" "^\(Leaving image 'app_1\.9': 'app_1\.10' is attached\.\)$"
        assert_match "$ERR" '0 images attached, 0 refused'
        run ctl -q attach --all
        assert_eq "$STATUS$ERR" 0
        assert_ok ctl -q detach --all
}

# An image whose units have not the prefix that its name makes, as inspect shows it.
test_prefixes_of_the_image() {
        local how

        image_put squashfs "$SUITE_TMP/appliance" appliance_1
        image_put squashfs "$SUITE_TMP/web" web_1
        for how in 'attach appliance_1' 'attach --all' 'attach --atomic [aw]*_1' 'attach --dry-run appliance_1' \
                '--root=/ attach --atomic [aw]*_1' '--root=/ attach appliance_1'; do
                # shellcheck disable=SC2086
                run ctl $how
                assert_eq "$STATUS" 0 "$how"
                assert_match "$ERR" "^\(Matching unit files with prefixes 'engine', 'other'\.\)$"
                [[ $how == *dry-run* ]] || assert_exists /etc/systemd/system.attached/engine.service
                [[ $how == *dry-run* ]] || assert_ok ctl -q reattach appliance_1
                assert_ok ctl -q detach --all
        done
        # Only what follows from the name is given up.
        assert_error "Prefix 'appliance' is not one that image .* allows" ctl attach appliance_1 appliance
}

test_all_is_refused_where_it_means_nothing() {
        image_put squashfs "$SUITE_TMP/app" app_1
        run ctl remove --all
        assert_eq "$STATUS" 1
        assert_match "$ERR" "--all does not go with 'remove'; it goes with attach, detach, reattach"
        assert_exists /var/lib/portables/app_1.raw
}

test_units_are_not_enabled_by_default() {
        assert_eq "$(host_run systemctl is-enabled portable-attach.service || true)" disabled
        assert_match "$(host_run systemctl preset portable-attach.service portable-attach@web_1.service 2>&1 || true)" '^$'
        assert_eq "$(host_run systemctl is-enabled portable-attach.service || true)" disabled
}

test_everything_at_boot() {
        vendor_images
        assert_ok host_run systemctl enable portable-attach.service
        host_reboot
        host_run systemctl is-system-running --wait >/dev/null || true
        assert_unit portable-attach.service active
        assert_state app_1 running-runtime
        assert_state web_1 running-runtime
        assert_missing /etc/systemd/system.attached
        assert_match "$(unit_log app.service)" 'ID=app$'

        # A newer version in the place of the old one is what the next boot takes.
        rm "$HOST_ROOT/usr/lib/portables/app_1.raw"
        image_pack squashfs "$SUITE_TMP/app-two" "$HOST_ROOT/usr/lib/portables/app_2.raw"
        host_reboot
        host_run systemctl is-system-running --wait >/dev/null || true
        assert_state app_2 running-runtime
        assert_ok host_run systemctl disable portable-attach.service
        rm -r "$HOST_ROOT/usr/lib/portables"
        host_reboot
        assert_missing /run/systemd/system.attached
}

# logged_at_boot UNIT REGEX: whether a unit has logged such a line since the host has started. What a process says last
# may be read when it is gone already, and then the journal knows its unit only, not which start of it that was.
logged_at_boot() {
        host_run journalctl -q -o cat -u "$1" | grep -q "$2"
}

test_one_image_at_boot() {
        vendor_images
        assert_ok host_run systemctl enable portable-attach@web_1.service
        host_reboot
        host_run systemctl is-system-running --wait >/dev/null || true
        assert_unit portable-attach@web_1.service active
        assert_state web_1 running-runtime
        assert_state app_1 detached
        assert_ok host_run systemctl disable portable-attach@web_1.service

        assert_ok host_run systemctl enable portable-attach@gone.service
        host_reboot
        host_run systemctl is-system-running --wait >/dev/null || true
        assert_unit portable-attach@gone.service failed
        wait_until 5 logged_at_boot portable-attach@gone.service "There is no image whose name matches 'gone'"
        assert_ok host_run systemctl disable portable-attach@gone.service
        rm -r "$HOST_ROOT/usr/lib/portables"
        host_reboot
}

test_a_bad_image_at_boot_does_not_stop_the_others() {
        vendor_images
        image_tree "$SUITE_TMP/bad" 'ID=bad'
        image_pack squashfs "$SUITE_TMP/bad" "$HOST_ROOT/usr/lib/portables/bad_1.raw"
        assert_ok host_run systemctl enable portable-attach.service
        host_reboot
        host_run systemctl is-system-running --wait >/dev/null || true
        assert_unit portable-attach.service failed
        wait_until 5 logged_at_boot portable-attach.service "Failed to attach image 'bad_1': "
        assert_state app_1 running-runtime
        assert_state web_1 running-runtime
        assert_ok host_run systemctl disable portable-attach.service
        rm -r "$HOST_ROOT/usr/lib/portables"
        host_reboot
}

suite_main "$@"
