#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Drop-ins follow the service manager: beside those of the peer of the same version, line by line, each difference
# written down; and without a warning of systemd-analyze.

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"
# shellcheck source=../lib/peer.sh
source "$SUITE_LIB/peer.sh"

# shellcheck disable=SC2034 # suite.sh's
SUITE_WHOLE=(raw no_warnings)

# shellcheck disable=SC2034 # suite.sh's
SUITE_WHOLE=(raw no_warnings)

MANAGER=(org.freedesktop.portable1 /org/freedesktop/portable1 org.freedesktop.portable1.Manager)

suite_setup() {
        local unit

        peer_host
        image_simple "$SUITE_TMP/app" app 'ID=app' 'VERSION_ID=1' 'IMAGE_ID=image' 'IMAGE_VERSION=7'
        for unit in app@.service app.socket app.timer app.path app.target; do
                image_unit "$SUITE_TMP/app" $unit
        done
        image_extension "$SUITE_TMP/raw" raw app 'VERSION_ID=1' 'SYSEXT_ID=extension' 'SYSEXT_VERSION_ID=9'
        image_unit "$SUITE_TMP/raw" app-raw.service
        image_extension "$SUITE_TMP/tree" tree app 'VERSION_ID=1'
        image_unit "$SUITE_TMP/tree" app-tree.service
        # systemd-analyze looks for programs in the host.
        install "$(image_program)" "$HOST_ROOT/usr/bin/service"
        daemon ours
}

# attach IMAGE EXTENSION_COUNT EXTENSION...
attach() {
        host_run busctl call "${MANAGER[@]}" AttachImageWithExtensions sasassst "$@" 1 app default '' 0 >/dev/null
}

detach() {
        host_run busctl call "${MANAGER[@]}" DetachImageWithExtensions sast "$@" 0 >/dev/null
}

# both IMAGE EXTENSION_COUNT EXTENSION...: attached by the peer, then by ours; the files of each are in $SUITE_TMP.
both() {
        local who

        for who in peer ours; do
                daemon $who
                attach "$@"
                rm -rf "${SUITE_TMP:?}/$who"
                cp -r "$HOST_ROOT/etc/systemd/system.attached" "$SUITE_TMP/$who"
                detach "$@"
        done
}

# differences UNIT: what only the peer's drop-in has (<) and only ours (>).
differences() {
        diff "$SUITE_TMP/peer/$1.d/20-portable.conf" "$SUITE_TMP/ours/$1.d/20-portable.conf" | grep '^[<>]' || true
}

# expect UNIT 252|257|262 [LINE...]: these differences, if it is that version's turn.
expect() {
        [ "$2" = $((PEER_VERSION < 257 ? 252 : PEER_VERSION < 262 ? 257 : 262)) ] || return 0
        assert_eq "$(differences "$1")" "$([ $# -eq 2 ] || printf '%s\n' "${@:3}")" "drop-in of $1"
}

# Files other than the drop-ins of services have no difference at all.
expect_other_files() {
        local file

        assert_eq "$(cd "$SUITE_TMP/ours" && find . | sort)" "$(cd "$SUITE_TMP/peer" && find . | sort)"
        for file in app.service app.socket app.socket.d/20-portable.conf app@.service app.timer.d/20-portable.conf; do
                cmp "$SUITE_TMP/peer/$file" "$SUITE_TMP/ours/$file"
        done
        assert_eq "$(differences app@.service)" "$(differences app.service)"
}

# The version of an image tells log lines apart; systemd 252 does not write it.
VERSION_FIELD='> LogExtraFields=PORTABLE_NAME_AND_VERSION=image_7'

# Without these no manager starts a service with a raw extension on a directory under a profile that hides devices.
LOOP=('> DeviceAllow=/dev/loop-control rw' '> DeviceAllow=block-loop rwm' '> DeviceAllow=block-blkext rwm')

test_directory() {
        image_put directory "$SUITE_TMP/app" app
        both app 0
        expect_other_files
        expect app.service 252 "$VERSION_FIELD"
        expect app.service 257
        expect app.service 262
}

# Debian's 257 pins nothing, though its manager knows how to.
test_raw() {
        local kind

        for kind in squashfs ext4 erofs; do
                image_put $kind "$SUITE_TMP/app" app
                both app 0
                expect_other_files
                expect app.service 252 "$VERSION_FIELD"
                expect app.service 257 '> RootImagePolicy=root=unprotected:=absent'
                expect app.service 262
        done
}

# 262 pins flags of the partition that its own manager then finds changed, and the service does not start.
test_partition_table() {
        image_put gpt "$SUITE_TMP/app" app
        both app 0
        expect app.service 252 "$VERSION_FIELD"
        expect app.service 257 '> RootImagePolicy=root=unprotected:=absent'
        expect app.service 262 '< RootImagePolicy=root=read-only-on+growfs-off+squashfs:=absent' \
                '> RootImagePolicy=root=squashfs:=absent'
}

# 252 and 257 show extensions only to units that come from one, 252 says nothing of them in the log; ours is like 262,
# but for the blank lines.
test_extensions() {
        local path=/var/lib/portables root=() images

        image_put directory "$SUITE_TMP/app" app
        image_put squashfs "$SUITE_TMP/raw" raw
        image_put directory "$SUITE_TMP/tree" tree
        both app 2 raw tree
        assert_eq "$(cd "$SUITE_TMP/ours" && find . | sort)" "$(cd "$SUITE_TMP/peer" && find . | sort)"
        root=('> Environment=PORTABLE_ROOT=app' '> LogExtraFields=PORTABLE_ROOT=app'
              '> LogExtraFields=PORTABLE_ROOT_NAME_AND_VERSION=image_7')
        images="> ExtensionImages=$path/raw.raw"
        expect app.service 252 "${root[@]}" "$images" '> LogExtraFields=PORTABLE_EXTENSION=raw.raw' \
                '> LogExtraFields=PORTABLE_EXTENSION_NAME_AND_VERSION=extension_9' \
                "> ExtensionDirectories=$path/tree" '> LogExtraFields=PORTABLE_EXTENSION=tree' "${LOOP[@]}"
        expect app-raw.service 252 "${root[@]}" '> LogExtraFields=PORTABLE_EXTENSION=raw.raw' \
                '> LogExtraFields=PORTABLE_EXTENSION_NAME_AND_VERSION=extension_9' \
                '> LogExtraFields=PORTABLE_EXTENSION=tree' "${LOOP[@]}"
        expect app.service 257 "$images" '> LogExtraFields=PORTABLE_EXTENSION=raw.raw' \
                '> ExtensionImagePolicy=root=unprotected:=absent' \
                '> LogExtraFields=PORTABLE_EXTENSION_NAME_AND_VERSION=extension_9' \
                "> ExtensionDirectories=$path/tree" '> LogExtraFields=PORTABLE_EXTENSION=tree' "${LOOP[@]}"
        expect app-raw.service 257 '< ' '> ExtensionImagePolicy=root=unprotected:=absent' '< ' "${LOOP[@]}"
        expect app.service 262 '< ' '< ' "${LOOP[@]}"
        expect app-tree.service 262 '< ' '< ' "${LOOP[@]}"
}

# The pin of several raw extensions is written once, which is what the manager takes it for: one setting for all.
test_several_raw_extensions() {
        image_put directory "$SUITE_TMP/app" app
        image_put squashfs "$SUITE_TMP/raw" raw
        image_put squashfs "$SUITE_TMP/tree" tree
        both app 2 raw tree
        expect app-raw.service 257 '< ' '> ExtensionImagePolicy=root=unprotected:=absent' '< ' "${LOOP[@]}"
        expect app-raw.service 262 '< ' '< ' '< ExtensionImagePolicy=root=squashfs:=absent' "${LOOP[@]}"
}

# verified: what is attached now is without fault to systemd-analyze. Symlinks into an image are read by it as files
# of the host, so they are left out.
verified() {
        local units

        mapfile -t units < <(host_run find /etc/systemd/system.attached -maxdepth 1 -type f -printf '%f\n' | sort)
        [ ${#units[@]} -gt 0 ] || assert_fail 'nothing is attached'
        assert_ok host_run systemd-analyze verify --man=no "${units[@]}"
        assert_eq "$OUT$ERR" '' 'systemd-analyze'
}

test_no_warnings() {
        local kind profile

        for kind in directory squashfs gpt; do
                image_put $kind "$SUITE_TMP/app" app
                for profile in default nonetwork strict trusted; do
                        assert_ok ours attach --profile=$profile app
                        verified
                        assert_ok ours detach app
                done
                host_run rm -rf "$(image_path $kind app)"
        done
}

test_no_warnings_with_extensions() {
        image_put squashfs "$SUITE_TMP/app" app
        image_put squashfs "$SUITE_TMP/raw" raw
        image_put directory "$SUITE_TMP/tree" tree
        assert_ok ours attach --extension=raw --extension=tree app
        verified
        assert_ok ours detach --extension=raw --extension=tree app
        assert_ok ours attach --force --extension=raw --extension=tree app
        verified
        assert_ok ours detach --extension=raw --extension=tree app
}

test_no_warnings_for_odd_paths() {
        local path='/srv/per%cent "quoted" b\ack/app'

        image_pack directory "$SUITE_TMP/app" "$HOST_ROOT$path"
        assert_ok ours attach "$path"
        verified
        assert_ok ours detach "$path"
        host_run rm -rf "/srv/per%cent \"quoted\" b\\ack"
}

# A manager that is told a setting that it does not know warns of it; so would it here.
test_a_fault_would_be_seen() {
        image_put squashfs "$SUITE_TMP/app" app
        assert_ok ours attach app
        host_run sh -c 'echo NoSuchSetting=1 >>/etc/systemd/system.attached/app.service.d/20-portable.conf'
        run verified
        assert_match "$OUT" NoSuchSetting
        assert_ok ours detach app
}

suite_main "$@"
