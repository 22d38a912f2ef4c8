#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What is demanded of a raw image in its drop-in is what the peer demands, wherever a service starts under that; where
# the peer's own manager refuses the image unchanged, ours starts. Of images with verity see test/vm/cross-pin.sh.

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"
# shellcheck source=../lib/peer.sh
source "$SUITE_LIB/peer.sh"
# shellcheck source=../lib/pins.sh
source "$SUITE_LIB/pins.sh"

# shellcheck disable=SC2034 # suite.sh's
SUITE_WHOLE=(where_the_peer_does_not_start)

READ_ONLY=attrs=GUID:60
GROWFS=attrs=GUID:59
BOTH='attrs="GUID:59,GUID:60"'

suite_setup() {
        local type

        peer_host
        image_simple "$SUITE_TMP/app" app 'ID=app' 'VERSION_ID=1'
        mkdir -p "$SUITE_TMP/app/home" "$SUITE_TMP/home/user"
        for type in squashfs ext4; do
                image_filesystem $type "$SUITE_TMP/app" "$SUITE_TMP/$type"
        done
        image_filesystem ext4 "$SUITE_TMP/home" "$SUITE_TMP/home.ext4"
        ROOT=root-$(disk_arch)
}

# put NAME gpt|mbr PART...: an image of the pool with these partitions, as disk_gpt.
put() {
        "disk_$2" "$HOST_ROOT$PORTABLE_POOL/$1.raw" "${@:3}"
}

test_as_the_peer() {
        local images

        image_put squashfs "$SUITE_TMP/app" app_bare
        put app_1 gpt "$ROOT:$SUITE_TMP/squashfs:$READ_ONLY"
        put app_2 gpt "$ROOT:$SUITE_TMP/ext4"
        put app_3 gpt "$ROOT:$SUITE_TMP/ext4:$READ_ONLY"
        put app_4 gpt "$ROOT:$SUITE_TMP/ext4:$GROWFS"
        put app_5 gpt "generic:$SUITE_TMP/ext4"
        put app_6 mbr "83:$SUITE_TMP/ext4:bootable"
        put app_7 gpt "$ROOT:$SUITE_TMP/ext4:$READ_ONLY" "home:$SUITE_TMP/home.ext4:$GROWFS"
        images=(app_bare app_{1..7})
        pins_compare "${images[@]}"
        assert_eq "$(pins_seen ours 3)" active 'services of ours'
        assert_eq "$(pins_seen peer 3)" active "services of the peer"
        if [ "$PEER_VERSION" -ge 260 ]; then
                assert_eq "$(cat "$SUITE_TMP/pins.ours")" "$(cat "$SUITE_TMP/pins.peer")"
                assert_pins ours 'app_bare root=squashfs:=absent active' \
                        'app_1 root=read-only-on+growfs-off+squashfs:=absent active' \
                        'app_2 root=read-only-off+growfs-off+ext4:=absent active' \
                        'app_3 root=read-only-on+growfs-off+ext4:=absent active' \
                        'app_4 root=read-only-off+growfs-on+ext4:=absent active' \
                        'app_5 root=read-only-off+growfs-off+ext4:=absent active' \
                        'app_6 root=read-only-off+growfs-off+ext4:=absent active' \
                        'app_7 root=read-only-on+growfs-off+ext4:home=read-only-off+growfs-on+ext4:=absent active'
        else
                # Debian's 257 pins nothing, though its manager knows how to.
                assert_eq "$(pins_seen peer 2)" -
        fi
        if [ "$PEER_VERSION" -lt 254 ]; then
                assert_eq "$(pins_seen ours 2)" -
        elif [ "$PEER_VERSION" -lt 260 ]; then
                assert_eq "$(pins_seen ours 2)" \
                        "$(printf '%s\n' root=unprotected:{,home=encrypted+unprotected:}=absent | sort)"
        fi
        host_run sh -c "rm $PORTABLE_POOL/app_*"
}

# It pins what holds of a partition; a manager compares that with flags that the table does not have.
test_where_the_peer_does_not_start() {
        local images

        put app_1 gpt "$ROOT:$SUITE_TMP/squashfs"
        put app_2 gpt "$ROOT:$SUITE_TMP/squashfs:$GROWFS"
        put app_3 gpt "$ROOT:$SUITE_TMP/squashfs:$BOTH"
        put app_4 gpt "$ROOT:$SUITE_TMP/ext4:$BOTH"
        put app_5 gpt "generic:$SUITE_TMP/ext4:$READ_ONLY"
        put app_6 mbr "83:$SUITE_TMP/squashfs:bootable"
        images=(app_{1..6})
        pins_compare "${images[@]}"
        assert_eq "$(pins_seen ours 3)" active 'services of ours'
        if [ "$PEER_VERSION" -ge 260 ]; then
                assert_eq "$(pins_seen peer 3)" failed "services of the peer"
                assert_pins ours app_{1..3}' root=squashfs:=absent active' app_{4,5}' root=ext4:=absent active' \
                        'app_6 root=squashfs:=absent active'
        else
                assert_eq "$(pins_seen peer 3)" active "services of the peer"
        fi
        host_run sh -c "rm $PORTABLE_POOL/app_*"
}

suite_main "$@"
