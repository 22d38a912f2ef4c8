#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Which extensions fit which base image, os-release(5): each rule with what is said when it is broken. What is taken
# starts: the service manager judges by the same rules.

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"

RELEASE=usr/lib/extension-release.d/extension-release.ext

suite_setup() {
        suite_host
        VERSION=$(host_run systemctl --version | sed -n '1s/^systemd \([0-9]*\).*/\1/p')
        case $(uname -m) in
        x86_64) NATIVE=x86-64 FOREIGN=arm64 ;;
        aarch64) NATIVE=arm64 FOREIGN=x86-64 ;;
        esac
        image_simple "$SUITE_TMP/app" app
        image_extension "$SUITE_TMP/ext" ext base
        image_unit "$SUITE_TMP/ext" app-ext.service
}

# layers BASE_LINES EXTENSION_LINES: both images anew, with these (separated by blanks) in their release files.
layers() {
        local line

        printf '%s\n' $1 | sed 's/+/ /g' >"$SUITE_TMP/app/usr/lib/os-release"
        printf '%s\n' $2 | sed 's/+/ /g' >"$SUITE_TMP/ext/$RELEASE"
        image_put squashfs "$SUITE_TMP/app" app
        image_put squashfs "$SUITE_TMP/ext" ext
}

# fits BASE_LINES EXTENSION_LINES: is attached, and starts.
fits() {
        layers "$1" "$2"
        assert_ok ctl attach --extension=ext app
        assert_ok host_run systemctl start app-ext.service
        host_run systemctl stop app-ext.service
        assert_ok ctl detach --extension=ext app
        assert_missing /etc/systemd/system.attached
}

# refused BASE_LINES EXTENSION_LINES MESSAGE: with exactly this after the names of the images.
refused() {
        layers "$1" "$2"
        run ctl attach --quiet --extension=ext app
        assert_eq "$STATUS" 1
        assert_eq "$ERR" "Failed to attach image 'app': Extension '/var/lib/portables/ext.raw' $3"
        # Only the name of the release file is relaxed by this.
        run ctl attach --quiet --force --extension=ext app
        assert_eq "$ERR" "Failed to attach image 'app': Extension '/var/lib/portables/ext.raw' $3"
        assert_missing /etc/systemd/system.attached
}

UNFIT="does not fit image '/var/lib/portables/app.raw':"

test_id() {
        fits 'ID=base VERSION_ID=1' 'ID=base VERSION_ID=1'
        fits 'ID=base VERSION_ID=1' 'ID=_any'
        refused 'ID=base VERSION_ID=1' 'ID=other VERSION_ID=1' "$UNFIT it is for ID=other VERSION_ID=1, the image has ID=base VERSION_ID=1"
        refused 'ID=base VERSION_ID=1' 'VERSION_ID=1' "has no ID= in its '/$RELEASE', refusing"
}

test_version() {
        refused 'ID=base VERSION_ID=1' 'ID=base VERSION_ID=2' "$UNFIT it is for ID=base VERSION_ID=2, the image has ID=base VERSION_ID=1"
        refused 'ID=base VERSION_ID=1' 'ID=base' "$UNFIT it is for ID=base, the image has ID=base VERSION_ID=1"
        fits 'ID=base' 'ID=base' # a rolling release
}

test_level() {
        fits 'ID=base VERSION_ID=1 SYSEXT_LEVEL=5' 'ID=base SYSEXT_LEVEL=5'
        fits 'ID=base VERSION_ID=1 SYSEXT_LEVEL=5' 'ID=base VERSION_ID=7 SYSEXT_LEVEL=5'
        refused 'ID=base VERSION_ID=1 SYSEXT_LEVEL=5' 'ID=base VERSION_ID=1 SYSEXT_LEVEL=6' \
                "$UNFIT it is for ID=base VERSION_ID=1 SYSEXT_LEVEL=6, the image has ID=base VERSION_ID=1 SYSEXT_LEVEL=5"
}

test_architecture() {
        fits 'ID=base VERSION_ID=1' "ID=base VERSION_ID=1 ARCHITECTURE=$NATIVE"
        fits 'ID=base VERSION_ID=1' 'ID=base VERSION_ID=1 ARCHITECTURE=_any'
        refused 'ID=base VERSION_ID=1' "ID=base VERSION_ID=1 ARCHITECTURE=$FOREIGN" \
                "$UNFIT it has ARCHITECTURE=$FOREIGN, but this machine is $NATIVE"
}

test_scope() {
        fits 'ID=base VERSION_ID=1' 'ID=base VERSION_ID=1 SYSEXT_SCOPE=portable'
        fits 'ID=base VERSION_ID=1' 'ID=base VERSION_ID=1 SYSEXT_SCOPE="system+portable+initrd"'
        refused 'ID=base VERSION_ID=1' 'ID=base VERSION_ID=1 SYSEXT_SCOPE=system' \
                "$UNFIT it has SYSEXT_SCOPE=system, but portable services need 'portable' in it"
}

# From the version of systemd on that knows it (252 does not): ID_LIKE= of the base names what it is made of.
test_like() {
        if [ "$VERSION" -gt 252 ]; then
                fits 'ID=base ID_LIKE="older+oldest" VERSION_ID=1' 'ID=oldest VERSION_ID=1'
                fits 'ID=base ID_LIKE=older' 'ID=older'
        else
                refused 'ID=base ID_LIKE="older+oldest" VERSION_ID=1' 'ID=oldest VERSION_ID=1' \
                        "fits by ID_LIKE= only, which service manager $VERSION does not look at"
        fi
        refused 'ID=base ID_LIKE="older+oldest" VERSION_ID=1' 'ID=oldest VERSION_ID=9' \
                "$UNFIT it is for ID=oldest VERSION_ID=9, the image has ID=base VERSION_ID=1"
        refused 'ID=base ID_LIKE="older+oldest" VERSION_ID=1' 'ID=old VERSION_ID=1' \
                "$UNFIT it is for ID=old VERSION_ID=1, the image has ID=base VERSION_ID=1"
}

# The same for configuration extensions, which have their own fields.
test_configuration_extensions() {
        local case

        [ "$VERSION" -ge 254 ] || return 0
        mkdir -p "$SUITE_TMP/conf/etc/extension-release.d"
        printf 'ID=base\nVERSION_ID=1\n' >"$SUITE_TMP/app/usr/lib/os-release"
        echo 'CONFEXT_LEVEL=5' >>"$SUITE_TMP/app/usr/lib/os-release"
        image_put squashfs "$SUITE_TMP/app" app
        for case in 'CONFEXT_LEVEL=6|it is for ID=base CONFEXT_LEVEL=6, the image has ID=base VERSION_ID=1 CONFEXT_LEVEL=5' \
                "CONFEXT_SCOPE=system|it has CONFEXT_SCOPE=system, but portable services need 'portable' in it" \
                'VERSION_ID=2|it is for ID=base VERSION_ID=2, the image has ID=base VERSION_ID=1 CONFEXT_LEVEL=5'; do
                printf 'ID=base\n%s\n' "${case%%|*}" >"$SUITE_TMP/conf/etc/extension-release.d/extension-release.conf"
                image_put squashfs "$SUITE_TMP/conf" conf
                run ctl attach --quiet --extension=conf app
                assert_eq "$STATUS" 1
                assert_match "$ERR" "${case#*|}\$"
        done
        printf 'ID=base\nCONFEXT_LEVEL=5\nCONFEXT_SCOPE=portable\n' \
                >"$SUITE_TMP/conf/etc/extension-release.d/extension-release.conf"
        image_put squashfs "$SUITE_TMP/conf" conf
        assert_ok ctl attach --now --extension=conf app
        assert_ok ctl detach --now --extension=conf app
        rm -r "$SUITE_TMP/conf"
}

# with_release NAME: ext.raw whose only release file is called so.
with_release() {
        layers 'ID=base VERSION_ID=1' 'ID=base VERSION_ID=1'
        rm -rf "$SUITE_TMP/named"
        cp -a "$SUITE_TMP/ext" "$SUITE_TMP/named"
        mv "$SUITE_TMP/named/$RELEASE" "$SUITE_TMP/named/${RELEASE%.*}.$1"
}

test_other_name() {
        with_release other
        image_put squashfs "$SUITE_TMP/named" ext
        run ctl attach --quiet --extension=ext app
        assert_eq "$ERR" "Failed to attach image 'app': Image '/var/lib/portables/ext.raw': no file extension-release.ext in /usr/lib/extension-release.d or /etc/extension-release.d (there is 'extension-release.other'; --force takes that)"
        assert_ok ctl attach --force --now --extension=ext app
        assert_unit app-ext.service active
        assert_match "$(dropin app.service)" '^ExtensionImages=/var/lib/portables/ext.raw:x-systemd.relax-extension-release-check$'
        assert_ok ctl detach --now --extension=ext app
        # Of two nobody can tell which.
        cp "$SUITE_TMP/named/${RELEASE%.*}".{other,another}
        image_put squashfs "$SUITE_TMP/named" ext
        assert_error "no file extension-release\.ext in .*'extension-release\.another', 'extension-release\.other'" \
                ctl attach --quiet --force --extension=ext app
        assert_missing /etc/systemd/system.attached
}

# The service manager can't be told that of a directory.
test_other_name_in_a_directory() {
        with_release other
        image_put directory "$SUITE_TMP/named" tree
        assert_error "no file extension-release\.tree in" ctl attach --quiet --extension=tree app
        assert_ok ctl attach --force --extension=tree app
        assert_match "$ERR" "Extension '/var/lib/portables/tree' has a release file of another name, '/${RELEASE%.*}.other', which the service manager does not take from a directory"
        run host_run systemctl start app-ext.service
        [ "$STATUS" -ne 0 ] || assert_fail 'it started: the warning is wrong'
        host_run systemctl reset-failed app-ext.service
        assert_ok ctl detach --extension=tree app
}

# strict VALUE: the attribute of the only release file, of another name.
test_strict_attribute() {
        local kind

        with_release other
        for kind in directory squashfs; do
                setfattr -n user.extension-release.strict -v false "$SUITE_TMP/named/${RELEASE%.*}.other"
                image_put $kind "$SUITE_TMP/named" tagged
                assert_ok ctl attach --now --extension=tagged app
                assert_unit app-ext.service active
                assert_no_match "$(dropin app.service)" relax
                assert_ok ctl detach --now --extension=tagged app
                host_run rm -r "$(image_path $kind tagged)"
                setfattr -n user.extension-release.strict -v true "$SUITE_TMP/named/${RELEASE%.*}.other"
                image_put $kind "$SUITE_TMP/named" tagged
                assert_error 'no file extension-release\.tagged in' ctl attach --quiet --extension=tagged app
                host_run rm -r "$(image_path $kind tagged)"
        done
}

test_repeated() {
        layers 'ID=base VERSION_ID=1' 'ID=base VERSION_ID=1'
        assert_error "Image '/var/lib/portables/ext\.raw' is named twice" \
                ctl attach --quiet --extension=ext --extension=ext app
        assert_error "nosuch" ctl attach --quiet --extension=nosuch app
        assert_missing /etc/systemd/system.attached
}

suite_main "$@"
