#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Removing and write-protecting images: what goes, what stays, in ours and in the peer.

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"
# shellcheck source=../lib/peer.sh
source "$SUITE_LIB/peer.sh"

POOL=/var/lib/portables

suite_setup() {
        peer_host
        image_simple "$SUITE_TMP/app" app 'ID=app' 'VERSION_ID=1'
        daemon ours
}

files() {
        host_run find /var/lib/portables /srv /etc/portables -mindepth 1 -maxdepth 1 -printf '%p\n' 2>/dev/null | sort
}

test_several_images() {
        image_put squashfs "$SUITE_TMP/app" one
        image_put directory "$SUITE_TMP/app" two
        image_put squashfs "$SUITE_TMP/app" three
        assert_ok ctl remove one two
        assert_eq "$OUT$ERR" ''
        assert_eq "$(files)" $POOL/three.raw
}

# The peer stops at the first that can't be removed.
test_several_images_one_of_which_is_not_there() {
        image_put squashfs "$SUITE_TMP/app" one
        image_put squashfs "$SUITE_TMP/app" two
        assert_error "^Cannot remove image 'nosuch': No image 'nosuch' found" ctl remove one nosuch two
        assert_missing $POOL/one.raw
        if host_exists $POOL/two.raw; then
                ctl remove two
        fi
}

test_attached_is_refused() {
        local daemon option

        for option in '' --runtime; do
                image_put squashfs "$SUITE_TMP/app" app
                # shellcheck disable=SC2086
                assert_ok ours attach -q $option app
                for daemon in peer ours; do
                        daemon $daemon
                        assert_bus_error System.Error.EBUSY RemoveImage s app
                        assert_bus_error System.Error.EBUSY RemoveImage s $POOL/app.raw
                        assert_exists $POOL/app.raw
                done
                assert_error "'$POOL/app\\.raw' is (not detached|attached)" ctl remove app
                # shellcheck disable=SC2086
                assert_ok ours detach -q $option app
                assert_ok ours remove app
        done
}

# Of an extension, of a version: what units are attached from must not go.
test_attached_extension_is_refused() {
        image_extension "$SUITE_TMP/ext" ext app 'VERSION_ID=1'
        image_unit "$SUITE_TMP/ext" app-ext.service
        image_put squashfs "$SUITE_TMP/app" app
        image_put directory "$SUITE_TMP/ext" ext
        assert_ok ctl attach -q --extension=ext app
        assert_error 'ext' ctl remove ext
        assert_error 'app' ctl remove app
        assert_exists $POOL/ext/usr $POOL/app.raw
        assert_ok ctl detach -q --extension=ext app
        assert_ok ctl remove ext app
        assert_eq "$(files)" ''
}

put_side_cars() {
        local suffix

        image_put squashfs "$SUITE_TMP/app" app
        for suffix in roothash roothash.p7s usrhash usrhash.p7s verity; do
                : >"$HOST_ROOT$POOL/app.$suffix"
        done
        : >"$HOST_ROOT$POOL/apple.verity"
}

# 252 and 257 leave all but the root hash.
test_side_cars_go_too() {
        put_side_cars
        assert_ok ctl remove app
        assert_eq "$(files)" $POOL/apple.verity
        put_side_cars
        daemon peer
        assert_ok ctl remove app
        assert_missing $POOL/app.raw $POOL/app.roothash
        if [ "$PEER_VERSION" -lt 262 ]; then
                assert_match "$(files)" "^$POOL/app\.verity$"
        fi
        daemon ours
}

# put_links: in the pool and in /etc/portables, to a file and to a directory elsewhere.
put_links() {
        image_pack squashfs "$SUITE_TMP/app" "$HOST_ROOT/srv/far.raw"
        image_pack directory "$SUITE_TMP/app" "$HOST_ROOT/srv/far"
        host_run sh -c "mkdir -p /etc/portables; : >/srv/far.verity; : >/srv/far.roothash
                ln -sf /srv/far.raw $POOL/link.raw; ln -sfn /srv/far $POOL/tree; ln -sf /srv/far.raw /etc/portables/etclink.raw"
}

test_links_go_and_not_what_they_lead_to() {
        put_links
        assert_ok ctl remove link tree etclink
        assert_eq "$(files)" "$(printf '/srv/%s\n' far far.raw far.roothash far.verity)"
        assert_exists /srv/far/etc/os-release
        put_links
        # 262 follows the links to what they lead to; older ones do as ours does.
        if [ "$PEER_VERSION" -lt 262 ]; then
                daemon peer
                assert_ok ctl remove link tree etclink
                assert_eq "$(files | grep -v '^/etc')" "$(printf '/srv/%s\n' far far.raw far.roothash far.verity)"
                daemon ours
        fi
        host_run sh -c "rm -rf /srv/* /etc/portables/* $POOL/*"
}

# The peer's list fails as a whole.
test_link_that_leads_in_a_circle() {
        image_put squashfs "$SUITE_TMP/app" app
        ln -s circle "$HOST_ROOT$POOL/circle"
        assert_ok ctl --no-legend list
        assert_match "$OUT" '^app +raw'
        assert_no_match "$OUT" circle
        assert_bus_error org.freedesktop.portable1.NoSuchImage GetImage s circle
        host_run rm $POOL/circle
}

test_by_path() {
        image_pack squashfs "$SUITE_TMP/app" "$HOST_ROOT/srv/far.raw"
        image_pack directory "$SUITE_TMP/app" "$HOST_ROOT/srv/far"
        host_run sh -c ': >/srv/far.verity'
        assert_ok ctl remove /srv/far.raw /srv/far
        assert_eq "$(files)" ''
}

# The peer takes any directory away that it is told to, be it /etc.
test_what_is_no_image_stays() {
        local path

        host_run mkdir -p /srv/empty /srv/mine
        for path in / /etc /srv /srv/empty /var/lib /var/lib/portables /usr/lib/systemd; do
                run portable_call RemoveImage s "$path"
                assert_eq "$STATUS" 1 "status of the removal of $path"
        done
        assert_exists /etc/passwd /srv/empty /srv/mine /usr/lib/systemd /var/lib/portables
        host_run rmdir /srv/empty /srv/mine
}

test_a_mount_point_in_the_image_stays() {
        image_put directory "$SUITE_TMP/app" app
        host_run mount -t tmpfs tmpfs $POOL/app/srv
        host_run touch $POOL/app/srv/precious
        host_run systemctl stop $PEER_UNIT # mounts of this host do not spread to services that run already
        assert_error "srv" ctl remove app
        assert_exists $POOL/app/srv/precious $POOL/app/etc/os-release
        host_run sh -c "umount $POOL/app/srv; systemctl stop $PEER_UNIT"
        assert_ok ctl remove app
        assert_eq "$(files)" ''
}

# ro IMAGE: as the daemon says it.
ro() {
        host_run busctl get-property org.freedesktop.portable1 "/org/freedesktop/portable1/image/$1" \
                org.freedesktop.portable1.Image ReadOnly
}

test_read_only_raw() {
        local daemon

        image_put squashfs "$SUITE_TMP/app" app
        chmod 0640 "$HOST_ROOT$POOL/app.raw"
        for daemon in peer ours; do
                daemon $daemon
                assert_ok ours read-only app
                assert_eq "$(host_run stat -c %a $POOL/app.raw)" 440
                assert_eq "$(ro app)" 'b true'
                assert_match "$(portable_call ListImages)" '"app" "raw" true '
                assert_ok ours read-only app no
                # The owner may write again, and nobody else, as with the peer.
                assert_eq "$(host_run stat -c %a $POOL/app.raw)" 640
                assert_eq "$(ro app)" 'b false'
        done
}

# By the immutable attribute, which the peer's service may not set.
test_read_only_directory() {
        image_put directory "$SUITE_TMP/app" app
        assert_ok ctl read-only app
        assert_match "$(host_run lsattr -d $POOL/app)" '^[-a-zA-Z]*i'
        assert_eq "$(ro app)" 'b true'
        assert_error "app" ctl remove app
        assert_exists $POOL/app/etc/os-release
        assert_ok ctl read-only app no
        assert_eq "$(ro app)" 'b false'
        assert_ok ctl remove app
}

test_read_only_words() {
        local word

        image_put squashfs "$SUITE_TMP/app" app
        for word in yes 1 true on y; do
                assert_ok ctl read-only app $word
                assert_eq "$(ro app)" 'b true' "after read-only $word"
                assert_ok ctl read-only app false
        done
        for word in no 0 false off n; do
                assert_ok ctl read-only app true
                assert_ok ctl read-only app $word
                assert_eq "$(ro app)" 'b false' "after read-only $word"
        done
}

test_by_image_object() {
        local object=/org/freedesktop/portable1/image/app

        image_put squashfs "$SUITE_TMP/app" app
        call() {
                host_run busctl call org.freedesktop.portable1 $object org.freedesktop.portable1.Image "$@"
        }
        assert_ok call MarkReadOnly b true
        assert_eq "$(ro app)" 'b true'
        assert_ok call MarkReadOnly b false
        assert_ok call Attach assbs 0 default false ''
        assert_eq "$(call GetState)" 's "attached"'
        assert_ok call Detach b false
        assert_match "$(call GetOSRelease)" '^a\{ss\} 2 "ID" "app" "VERSION_ID" "1"$'
        assert_match "$(call GetMetadata as 0)" '^saya\{say\} "/var/lib/portables/app.raw" '
        assert_ok call Remove
        assert_missing $POOL/app.raw
        run call GetState
        assert_match "$ERR" "No image 'app' found"
        assert_eq "$(host_run busctl tree --list org.freedesktop.portable1 | grep image/)" ''
}

suite_main "$@"
