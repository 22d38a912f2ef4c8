#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Replacing an attached image by another version of it.

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"

suite_setup() {
        suite_host
        image_simple "$SUITE_TMP/one" app 'ID=app' 'VERSION_ID=1'
        image_unit "$SUITE_TMP/one" app-old.service
        image_simple "$SUITE_TMP/two" app 'ID=app' 'VERSION_ID=2'
        image_unit "$SUITE_TMP/two" app-new.service
        image_simple "$SUITE_TMP/less" app 'ID=app' 'VERSION_ID=1'
}

put_both() {
        image_put squashfs "$SUITE_TMP/one" app_1
        image_put squashfs "$SUITE_TMP/two" app_2
}

# What the attach directory holds, with contents.
snapshot() {
        host_run sh -c 'cd /etc/systemd/system.attached && find . -printf "%p %y %m %l\n" | sort &&
                find . -type f | sort | xargs sha256sum'
}

test_units_come_and_go() {
        put_both
        assert_ok ctl attach app_1
        assert_ok ctl reattach app_2
        assert_match "$OUT$ERR" '^Removed .*/app-old\.service\.$'
        assert_match "$OUT$ERR" '^Copied .*/app-new\.service\.$'
        assert_eq "$(attached_files | grep -v /)" "$(printf '%s\n' app-new.service app.service)"
        assert_match "$(dropin app.service | head -n 1)" '/app_2\.raw'
        assert_match "$(dropin app.service)" '^RootImage=/var/lib/portables/app_2\.raw$'
        assert_ok ctl detach app_2
        assert_missing /etc/systemd/system.attached
        assert_eq "$(host_run sh -c 'find /etc/portables -mindepth 1 2>/dev/null')" ''
}

test_running_service_stays_until_restarted() {
        put_both
        assert_ok ctl attach --now app_1
        assert_ok ctl reattach app_2
        assert_unit app.service active
        assert_match "$(unit_log app.service)" '^/etc/os-release: VERSION_ID=1$'
        assert_ok host_run systemctl restart app.service
        assert_match "$(unit_log app.service)" '^/etc/os-release: VERSION_ID=2$'
        assert_ok host_run systemctl stop app-old.service
        assert_ok ctl detach --now app_2
}

test_now_restarts_what_was_updated_and_stops_what_is_gone() {
        put_both
        assert_ok ctl attach --now app_1
        assert_unit app-old.service active
        assert_ok ctl reattach --now app_2
        assert_unit app.service active
        assert_match "$(unit_log app.service)" '^/etc/os-release: VERSION_ID=2$'
        wait_until 5 host_run sh -c '! systemctl is-active app-old.service'
        assert_ok ctl detach --now app_2
}

test_same_image_again() {
        put_both
        assert_ok ctl attach app_1
        assert_ok ctl reattach app_1
        assert_eq "$(attached_files | grep -v /)" "$(printf '%s\n' app-old.service app.service)"
        assert_ok ctl detach app_1
}

test_not_attached() {
        put_both
        assert_error 'app_1' ctl reattach app_1
        assert_bus_error org.freedesktop.systemd1.NoSuchUnit ReattachImage sassbs app_1 0 default false ''
        assert_missing /etc/systemd/system.attached
}

test_bad_image_changes_nothing() {
        local before

        put_both
        head -c 100000 /dev/urandom >"$HOST_ROOT/var/lib/portables/app_3.raw"
        image_simple "$SUITE_TMP/nothing" other
        image_put squashfs "$SUITE_TMP/nothing" app_4
        assert_ok ctl attach --now app_1
        before=$(snapshot)
        assert_error 'app_3\.raw' ctl reattach app_3
        assert_error 'app_4\.raw' ctl reattach app_4
        assert_error 'app_5' ctl reattach app_5
        assert_eq "$(snapshot)" "$before" 'attached files'
        assert_unit app.service active
        assert_ok ctl detach --now app_1
}

test_unit_of_another_image_is_in_the_way() {
        local before

        put_both
        image_simple "$SUITE_TMP/three" app-new
        image_put squashfs "$SUITE_TMP/three" app-new
        assert_ok ctl attach app_1
        assert_ok ctl attach app-new
        before=$(snapshot)
        assert_error 'app-new\.service' ctl reattach app_2
        assert_eq "$(snapshot)" "$before" 'attached files'
        assert_ok ctl detach app-new
        assert_ok ctl detach app_1
}

test_runtime() {
        put_both
        assert_ok ctl attach --runtime app_1
        assert_ok ctl reattach --runtime app_2
        assert_exists /run/systemd/system.attached/app-new.service
        assert_missing /run/systemd/system.attached/app-old.service /etc/systemd/system.attached
        assert_ok ctl detach --runtime app_2
}

profile_of() {
        host_run readlink "/etc/systemd/system.attached/$1.d/10-profile.conf"
}

# Who does not say anything else gets again what the attach was asked for.
test_profile_copy_mode_and_prefixes_stay() {
        put_both
        assert_ok ctl attach --profile=trusted app_1 app-old app.service
        assert_ok ctl reattach app_1
        assert_match "$ERR" "^\(Matching unit files with prefixes 'app-old', 'app\.service'\.\)$"
        assert_match "$ERR" "^\(Profile 'trusted', as before\.\)$"
        assert_match "$(profile_of app.service)" '/trusted/service\.conf$'
        assert_match "$(dropin app.service)" "^# Attached with the prefixes 'app-old:app\.service'"
        assert_ok ctl reattach --profile=strict app_2 app
        assert_match "$ERR" "^\(Profile 'strict', before: 'trusted'\.\)$"
        assert_match "$(profile_of app-new.service)" '/strict/service\.conf$'
        assert_no_match "$(dropin app.service)" '^# Attached with'
        assert_ok ctl reattach --copy=copy app_2
        assert_match "$ERR" "^\(Copy mode 'copy', before: 'auto'\.\)$"
        assert_ok ctl reattach app_1
        assert_match "$ERR" "^\(Profile 'strict', as before\.\)$"
        assert_match "$ERR" "^\(Copy mode 'copy', as before\.\)$"
        assert_eq "$(host_run cmp /etc/systemd/system.attached/app.service.d/10-profile.conf \
                /usr/local/lib/systemd/portable/profile/strict/service.conf)" ''
        assert_ok ctl detach app_1
        assert_ok ctl attach app_1
        assert_ok ctl reattach app_2
        assert_no_match "$ERR" 'before'
        assert_ok ctl detach app_2
}

# A profile that is a file, copied or not; and links to the units of a directory.
test_own_profile_and_symlinks_stay() {
        image_put directory "$SUITE_TMP/one" app_1
        image_put directory "$SUITE_TMP/two" app_2
        host_run sh -c 'printf "[Service]\nNice=3\n" >/opt/own.conf'
        assert_ok ctl attach --profile=/opt/own.conf --copy=symlink app_1
        assert_ok ctl reattach app_2
        assert_eq "$(profile_of app-new.service)" /opt/own.conf
        assert_eq "$(host_run readlink /etc/systemd/system.attached/app-new.service)" \
                /var/lib/portables/app_2/usr/lib/systemd/system/app-new.service
        assert_ok ctl reattach --copy=copy app_1
        host_run rm /opt/own.conf
        assert_ok ctl reattach app_2
        assert_match "$(host_run cat /etc/systemd/system.attached/app-new.service.d/10-profile.conf)" '^Nice=3$'
        assert_ok ctl reattach --profile=default --copy=auto app_2
        assert_match "$(profile_of app.service)" '/default/service\.conf$'
        assert_ok ctl detach app_2
}

# Several at once, each as it was.
test_several_stay_as_they_are() {
        image_put directory "$SUITE_TMP/one" app_1
        image_simple "$SUITE_TMP/other" other
        image_put directory "$SUITE_TMP/other" other_1
        assert_ok ctl attach --profile=trusted app_1
        assert_ok ctl attach other_1
        assert_ok ctl reattach --all
        assert_match "$(profile_of app.service)" '/trusted/'
        assert_match "$(profile_of other.service)" '/default/'
        run ctl reattach --all --atomic
        assert_eq "$STATUS" 1
        assert_match "$ERR" 'several profiles or copy modes.*give --profile= and --copy=$'
        assert_ok ctl reattach --all --atomic --profile=strict
        assert_match "$(profile_of app.service)$(profile_of other.service)" '/strict/.*/strict/'
        assert_ok ctl detach --all
}

test_changes_over_the_bus() {
        put_both
        assert_ok ctl attach app_1
        assert_ok portable_call ReattachImage sassbs app_2 0 default false ''
        assert_match "$OUT" '^a\(sss\)a\(sss\) [0-9]+ '
        assert_match "$OUT" '"unlink" "/etc/systemd/system.attached/app-old.service" ""'
        assert_match "$OUT" '"copy" "/etc/systemd/system.attached/app-new.service"'
        assert_ok ctl detach app_2
}

# Nothing needs the link of a version whose units are all another's now.
test_forced_attach_of_another_version() {
        put_both
        assert_ok ctl attach app_1 app
        assert_ok ctl attach --force app_2
        assert_eq "$(host_run sh -c 'cd /etc/portables && echo *')" 'app_1.raw app_2.raw' \
                'app-old.service is still of app_1'
        assert_match "$(dropin app-old.service | head -n 1)" '/app_1\.raw'
        assert_ok ctl detach app_1
        assert_eq "$(host_run ls /etc/portables)" app_2.raw
        assert_ok ctl detach app_2
        assert_missing /etc/systemd/system.attached
        host_run rm /var/lib/portables/app_1.raw
        image_put squashfs "$SUITE_TMP/less" app_1
        assert_ok ctl attach app_1
        assert_ok ctl attach --force app_2
        assert_match "$OUT$ERR" '^Removed /etc/portables/app_1\.raw\.$'
        assert_eq "$(host_run ls /etc/portables)" app_2.raw
        assert_ok ctl detach app_2
        assert_eq "$(host_run sh -c 'find /etc/portables -mindepth 1')" ''
}

suite_main "$@"
