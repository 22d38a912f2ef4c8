#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The client with several images in one go: patterns, --dry-run, --atomic.

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"

suite_setup() {
        local name

        suite_host
        for name in app-one app-two web; do
                image_simple "$SUITE_TMP/$name" "$name" "ID=$name" 'VERSION_ID=1'
        done
        image_simple "$SUITE_TMP/clash" app-one 'ID=clash' 'VERSION_ID=1' 'PORTABLE_PREFIXES=app-one'
}

put_images() {
        local name

        for name in app-one app-two web; do
                image_put squashfs "$SUITE_TMP/$name" "${name}_1"
        done
}

# How often the service manager was reloaded so far.
reloads() {
        host_run journalctl --sync
        host_run journalctl -q -o cat _PID=1 | grep -c '^Reloading\.' || true
}

test_pattern() {
        local before

        put_images
        before=$(reloads)
        run ctl attach --now --reload=always 'app-*'
        assert_eq "$STATUS" 0
        assert_match "$ERR" '2 images attached, 0 refused'
        assert_eq "$(reloads)" $((before + 1)) 'reloads'
        assert_state app-one_1 running
        assert_state app-two_1 running
        assert_state web_1 detached
        run ctl attach 'app-*'
        assert_match "$ERR" "There is no detached image whose name matches 'app-\*'"
        run ctl detach --now '*'
        assert_eq "$STATUS" 0
        assert_match "$ERR" '2 images detached, 0 refused'
        assert_missing /etc/systemd/system.attached
}

test_dry_run() {
        put_images
        run ctl attach --dry-run app-one_1
        assert_eq "$STATUS" 0
        assert_match "$ERR" '^Would copy .*app-one\.service\.$'
        assert_match "$ERR" '^Would create directory /etc/systemd/system.attached\.$'
        assert_no_match "$ERR" '^(Created|Copied|Written)'
        assert_match "$ERR" 'Dry run: nothing was changed'
        assert_missing /etc/systemd/system.attached
        assert_ok ctl -q attach app-one_1
        run ctl attach --dry-run app-one_1
        assert_eq "$STATUS" 1
        assert_match "$ERR" 'exists on the host already'
        run ctl detach --dry-run app-one_1
        assert_match "$ERR" '^Would remove /etc/systemd/system.attached/app-one.service\.$'
        assert_no_match "$ERR" '^Removed '
        assert_match "$ERR" '^Dry run: nothing was changed\. 1 image would be detached, 0 refused\.$'
        assert_state app-one_1 attached
        assert_ok ctl -q detach app-one_1
}

test_atomic_none() {
        put_images
        image_put squashfs "$SUITE_TMP/clash" app-zclash_1
        run ctl attach --atomic 'app-*' app-one
        assert_eq "$STATUS" 1
        assert_missing /etc/systemd/system.attached
}

# Two versions have one lock; who takes it twice waits for himself.
test_atomic_names_both_of_two_versions() {
        local how

        image_put squashfs "$SUITE_TMP/web" web_1.4
        image_put squashfs "$SUITE_TMP/web" web_1.5
        for how in '' --dry-run; do
                run host_run timeout 60 portablectl attach --atomic ${how:+"$how"} 'web*'
                assert_eq "$STATUS" 1
                assert_match "$ERR" "Image 'web_1.5': 'web.service' is brought by image 'web_1.4' of the same call, too"
                run host_run timeout 60 portablectl attach --root=/ --atomic ${how:+"$how"} 'web*'
                assert_eq "$STATUS" 1
                assert_match "$ERR" "Image 'web_1.5': 'web.service' is brought by image 'web_1.4' of the same call, too"
        done
        assert_missing /etc/systemd/system.attached
        assert_ok ctl -q attach web_1.4
        run host_run timeout 60 portablectl reattach --atomic 'web*'
        assert_eq "$STATUS" 0
        assert_ok ctl -q detach web_1.4
}

test_one_bad_image_does_not_stop_the_others() {
        put_images
        image_tree "$SUITE_TMP/bad" 'ID=bad'
        image_put squashfs "$SUITE_TMP/bad" app-bad_1
        run ctl attach 'app-*'
        assert_eq "$STATUS" 1
        assert_match "$ERR" "Failed to attach image 'app-bad_1': "
        assert_match "$ERR" '2 images attached, 1 refused'
        assert_state app-one_1 attached
        assert_ok ctl -q detach 'app-*'
}

test_reattach_pattern() {
        put_images
        assert_ok ctl -q attach 'app-*'
        run ctl reattach 'app-*'
        assert_eq "$STATUS" 0
        assert_match "$ERR" '2 images reattached, 0 refused'
        assert_ok ctl -q detach 'app-*'
}

suite_main "$@"
