#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Images with extensions on top.

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"

suite_setup() {
        suite_host
        image_simple "$SUITE_TMP/app" app 'ID=base' 'VERSION_ID=1' 'PORTABLE_PREFIXES=app'
        image_extension "$SUITE_TMP/ext" ext base 'VERSION_ID=1' 'SYSEXT_ID=extension' 'SYSEXT_VERSION_ID=9' \
                'PORTABLE_PREFIXES=app'
        image_unit "$SUITE_TMP/ext" app-ext.service 'ExecStart=' 'ExecStart=/usr/bin/service read /usr/share/ext'
        mkdir "$SUITE_TMP/ext/usr/share"
        echo hello >"$SUITE_TMP/ext/usr/share/ext"
}

# put_both KIND
put_both() {
        image_put "$1" "$SUITE_TMP/app" app
        image_put "$1" "$SUITE_TMP/ext" ext
}

walk() {
        local base ext

        put_both "$1"
        base=$(image_path "$1" app)
        ext=$(image_path "$1" ext)
        assert_ok ctl inspect --extension=ext app
        assert_contains "$OUT" "$ext"
        assert_match "$OUT" '^[[:space:]]+app-ext\.service$'
        assert_match "$OUT" '^[[:space:]]+app\.service$'
        assert_ok ctl attach --extension=ext app
        assert_eq "$(dropin app-ext.service | head -n 1)" "# Drop-in created for image '$base:$ext', do not edit."
        assert_match "$(dropin app-ext.service)" "^Environment=PORTABLE=${ext##*/}$"
        assert_match "$(dropin app.service)" "^Environment=PORTABLE=${base##*/}$"
        assert_match "$(dropin app.service)" "^LogExtraFields=PORTABLE_ROOT_NAME_AND_VERSION=base_1$"
        assert_match "$(dropin app.service)" "^LogExtraFields=PORTABLE_EXTENSION_NAME_AND_VERSION=extension_9$"
        assert_ok host_run systemctl start app-ext.service
        assert_match "$(unit_log app-ext.service)" '^/usr/share/ext: hello$'
        assert_state app running --extension=ext
        assert_ok host_run systemctl stop app-ext.service
        assert_error '.' ctl detach app # it is attached with an extension
        assert_state app attached --extension=ext
        assert_ok ctl detach --extension=ext app
        assert_state app detached --extension=ext
        assert_missing /etc/systemd/system.attached
}

# A unit that several have: that of the base counts, else that of the first extension, as with the peer.
test_which_unit_wins() {
        local ext

        for ext in one two; do
                image_extension "$SUITE_TMP/$ext" $ext base 'VERSION_ID=1' 'PORTABLE_PREFIXES=app'
                image_unit "$SUITE_TMP/$ext" app.service "Environment=FROM=$ext"
                image_unit "$SUITE_TMP/$ext" app-both.service "Environment=FROM=$ext"
                image_put squashfs "$SUITE_TMP/$ext" $ext
        done
        image_put squashfs "$SUITE_TMP/app" app
        assert_ok ctl attach --extension=two --extension=one app
        if [ "${PORTABLED_TEST_SUBJECT:-ours}" != peer ]; then
                assert_match "$ERR" "Unit 'app\.service' is in extension 'two', too: that of image 'app' is taken"
                assert_match "$ERR" "Unit 'app\.service' is in extension 'one', too: that of image 'app' is taken"
                assert_match "$ERR" "Unit 'app-both\.service' is in extension 'one', too: that of extension 'two' is taken"
        fi
        assert_no_match "$(host_run cat /etc/systemd/system.attached/app.service)" FROM=
        assert_match "$(host_run cat /etc/systemd/system.attached/app-both.service)" '^Environment=FROM=two$'
        assert_match "$(dropin app.service)" '^Environment=PORTABLE=app\.raw$'
        assert_match "$(dropin app-both.service)" '^Environment=PORTABLE=two\.raw$'
        assert_ok ctl detach --extension=two --extension=one app
}

test_raw_images() {
        walk squashfs
}

test_directories() {
        walk directory
}

test_extension_for_another_system() {
        image_extension "$SUITE_TMP/foreign" foreign other 'VERSION_ID=1'
        image_unit "$SUITE_TMP/foreign" app-foreign.service
        image_put squashfs "$SUITE_TMP/app" app
        image_put squashfs "$SUITE_TMP/foreign" foreign
        assert_error 'foreign' ctl attach --extension=foreign app
        assert_missing /etc/systemd/system.attached
}

test_extension_for_any_system() {
        image_extension "$SUITE_TMP/any" any _any
        image_unit "$SUITE_TMP/any" app-any.service
        image_put squashfs "$SUITE_TMP/app" app
        image_put squashfs "$SUITE_TMP/any" any
        assert_ok ctl attach --extension=any app
        assert_exists /etc/systemd/system.attached/app-any.service
        assert_ok ctl detach --extension=any app
}

test_extension_without_release_file() {
        image_simple "$SUITE_TMP/plain" app-plain
        image_put squashfs "$SUITE_TMP/app" app
        image_put squashfs "$SUITE_TMP/plain" plain
        assert_error '/var/lib/portables/plain\.raw' ctl attach --extension=plain app
        assert_missing /etc/systemd/system.attached
}

test_renamed_extension_needs_force() {
        image_put squashfs "$SUITE_TMP/app" app
        image_put squashfs "$SUITE_TMP/ext" renamed
        assert_error 'renamed' ctl attach --extension=renamed app
        assert_missing /etc/systemd/system.attached
        assert_ok ctl attach --force --extension=renamed app
        assert_ok ctl detach --extension=renamed app
}

test_prefixes_of_the_extension() {
        image_extension "$SUITE_TMP/limited" limited base 'VERSION_ID=1' 'PORTABLE_PREFIXES=limited'
        image_unit "$SUITE_TMP/limited" limited.service
        image_put squashfs "$SUITE_TMP/app" app
        image_put squashfs "$SUITE_TMP/limited" limited
        assert_error 'nonsense' ctl attach --extension=limited app nonsense
        assert_missing /etc/systemd/system.attached
}

test_two_extensions_keep_their_order() {
        image_extension "$SUITE_TMP/two" two base 'VERSION_ID=1' 'PORTABLE_PREFIXES=app'
        image_unit "$SUITE_TMP/two" app-two.service
        put_both squashfs
        image_put squashfs "$SUITE_TMP/two" two
        assert_ok ctl attach --extension=two --extension=ext app
        assert_match "$(dropin app.service | head -n 1)" 'app\.raw:/var/lib/portables/two\.raw:/var/lib/portables/ext\.raw'
        assert_error '.' ctl detach --extension=ext --extension=two app
        assert_ok ctl detach --extension=two --extension=ext app
        assert_missing /etc/systemd/system.attached
}

test_base_without_units() {
        image_tree "$SUITE_TMP/bare" 'ID=base' 'VERSION_ID=1' 'PORTABLE_PREFIXES=app'
        image_put squashfs "$SUITE_TMP/bare" bare
        image_put squashfs "$SUITE_TMP/ext" ext
        assert_ok ctl attach --extension=ext bare app
        assert_exists /etc/systemd/system.attached/app-ext.service
        assert_ok ctl detach --extension=ext bare
        assert_missing /etc/systemd/system.attached
}

test_extension_without_units() {
        image_extension "$SUITE_TMP/silent" silent base 'VERSION_ID=1'
        mkdir -p "$SUITE_TMP/silent/usr/share"
        echo quiet >"$SUITE_TMP/silent/usr/share/silent"
        put_both squashfs
        image_put squashfs "$SUITE_TMP/silent" silent
        assert_ok ctl attach --extension=silent app
        assert_exists /etc/systemd/system.attached/app.service
        assert_ok ctl detach --extension=silent app
        assert_missing /etc/systemd/system.attached
}

test_shared_base_goes_with_the_last() {
        image_tree "$SUITE_TMP/bare" 'ID=base' 'VERSION_ID=1' 'PORTABLE_PREFIXES=app'
        image_extension "$SUITE_TMP/two" two base 'VERSION_ID=1' 'PORTABLE_PREFIXES=app'
        image_unit "$SUITE_TMP/two" app-two.service
        mkdir -p "$HOST_ROOT/srv"
        image_pack squashfs "$SUITE_TMP/bare" "$HOST_ROOT/srv/bare.raw"
        image_put squashfs "$SUITE_TMP/ext" ext
        image_put squashfs "$SUITE_TMP/two" two
        assert_ok ctl attach --extension=ext /srv/bare.raw app
        assert_ok ctl attach --extension=two /srv/bare.raw app
        assert_ok ctl detach --extension=ext /srv/bare.raw
        assert_exists /etc/portables/bare.raw
        assert_missing /etc/systemd/system.attached/app-ext.service
        assert_exists /etc/systemd/system.attached/app-two.service
        assert_state bare attached
        assert_ok ctl detach --extension=two bare
        assert_missing /etc/portables/bare.raw
        assert_missing /etc/systemd/system.attached
}

test_detach_when_the_extension_is_gone() {
        put_both squashfs
        assert_ok ctl attach --extension=ext app
        host_run rm /var/lib/portables/ext.raw
        assert_ok ctl detach --extension=ext app
        assert_missing /etc/systemd/system.attached
}

test_mixed_copies_go_with_detach() {
        mkdir -p "$HOST_ROOT/srv"
        image_pack squashfs "$SUITE_TMP/app" "$HOST_ROOT/srv/app.raw"
        image_pack squashfs "$SUITE_TMP/ext" "$HOST_ROOT/srv/ext.raw"
        assert_ok ctl attach --copy=mixed --extension=/srv/ext.raw /srv/app.raw
        assert_ok host_run test -f /etc/portables/app.raw -a ! -L /etc/portables/app.raw
        assert_ok host_run test -f /etc/portables/ext.raw -a ! -L /etc/portables/ext.raw
        assert_ok ctl detach --extension=ext app
        assert_missing /etc/portables/app.raw
        assert_missing /etc/portables/ext.raw
        assert_exists /srv/app.raw
        assert_missing /etc/systemd/system.attached
}

suite_main "$@"
