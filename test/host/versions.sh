#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Versioned directories: picked when attached, and anew by reattach.

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"

suite_setup() {
        local version

        suite_host
        for version in 1 2 10; do
                image_simple "$SUITE_TMP/app$version" app 'ID=base' 'VERSION_ID=1' 'PORTABLE_PREFIXES=app'
                image_unit "$SUITE_TMP/app$version" "app-v$version.service"
                image_extension "$SUITE_TMP/ext$version" ext base 'VERSION_ID=1' 'PORTABLE_PREFIXES=app'
                image_unit "$SUITE_TMP/ext$version" "app-ext$version.service"
        done
}

# put_version DIRECTORY NAME VERSION: a raw image in a versioned directory of the host.
put_version() {
        mkdir -p "$HOST_ROOT$1"
        image_pack squashfs "$SUITE_TMP/$2$3" "$HOST_ROOT$1/$2_$3.raw"
}

marker() {
        dropin "$1" | head -n 1
}

test_in_the_search_path() {
        put_version /var/lib/portables/app.raw.v app 1
        put_version /var/lib/portables/app.raw.v app 2
        assert_ok ctl attach app
        assert_contains "$(marker app.service)" "'/var/lib/portables/app.raw.v/app_2.raw'"
        assert_match "$(dropin app.service)" '^RootImage=/var/lib/portables/app\.raw\.v/app_2\.raw$'
        assert_exists /etc/systemd/system.attached/app-v2.service
        assert_missing /etc/systemd/system.attached/app-v1.service
        assert_state app attached
        assert_match "$(ctl list --no-legend)" '^app.* attached$'
        assert_ok ctl detach app
        assert_missing /etc/systemd/system.attached
}

test_reattach_picks_anew() {
        put_version /var/lib/portables/app.raw.v app 2
        assert_ok ctl attach app
        put_version /var/lib/portables/app.raw.v app 10
        assert_contains "$(marker app.service)" 'app_2.raw'
        assert_state app attached
        assert_ok ctl reattach app
        assert_contains "$(marker app.service)" 'app_10.raw'
        assert_exists /etc/systemd/system.attached/app-v10.service
        assert_missing /etc/systemd/system.attached/app-v2.service
        assert_ok ctl detach app
        assert_missing /etc/systemd/system.attached
}

test_by_path_leaves_one_link() {
        put_version /srv/images.v app 1
        assert_ok ctl attach /srv/images.v/app___.raw
        assert_contains "$(marker app.service)" "'/srv/images.v/app_1.raw'"
        assert_exists /etc/portables/app_1.raw
        put_version /srv/images.v app 2
        assert_ok ctl reattach /srv/images.v/app___.raw
        assert_contains "$(marker app.service)" "'/srv/images.v/app_2.raw'"
        assert_missing /etc/portables/app_1.raw
        assert_exists /etc/portables/app_2.raw
        assert_ok ctl detach /srv/images.v/app_2.raw
        assert_missing /etc/portables/app_2.raw
        assert_missing /etc/systemd/system.attached
}

test_extension() {
        image_put squashfs "$SUITE_TMP/app1" app
        put_version /var/lib/portables/ext.raw.v ext 2
        assert_ok ctl attach --extension=ext app
        assert_contains "$(marker app.service)" ':/var/lib/portables/ext.raw.v/ext_2.raw'
        put_version /var/lib/portables/ext.raw.v ext 10
        assert_ok ctl reattach --extension=ext app
        assert_contains "$(marker app.service)" ':/var/lib/portables/ext.raw.v/ext_10.raw'
        assert_missing /etc/systemd/system.attached/app-ext2.service
        assert_exists /etc/systemd/system.attached/app-ext10.service
        assert_state app attached --extension=ext
        assert_ok ctl detach --extension=ext app
        assert_missing /etc/systemd/system.attached
}

suite_main "$@"
