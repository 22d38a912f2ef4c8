#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What is demanded of an image that can be authenticated is what the peer demands, wherever a service starts under that;
# where the peer's own manager refuses the image unchanged, ours starts. Runs in a test machine, see run. For other
# images see test/host/cross-pin.sh.

# shellcheck source=lib/verity.sh
source "$(dirname -- "$0")/lib/verity.sh"
# shellcheck source=../lib/peer.sh
source "$SUITE_LIB/peer.sh"
# shellcheck source=../lib/pins.sh
source "$SUITE_LIB/pins.sh"

# shellcheck disable=SC2034 # suite.sh's
SUITE_WHOLE=(pins)

suite_setup() {
        verity_key good
        verity_tree "$SUITE_TMP/app" app 1
        peer_host
        verity_trust good
}

# The flag that builders of images set for partitions with verity.
inside_read_only() {
        IMAGE_FLAGS=attrs=GUID:60 image_inside "$@"
}

# compare IMAGE...: what both write, and do; ours always starts.
compare() {
        pins_compare "$@"
        assert_eq "$(pins_seen ours 3)" active 'services of ours'
        host_run sh -c "rm $PORTABLE_POOL/app_*"
}

compare_as_the_peer() {
        local on=read-only-on+growfs-off

        inside_read_only "$SUITE_TMP/app" app_1 good
        inside_read_only "$SUITE_TMP/app" app_2
        image_beside "$SUITE_TMP/app" app_3 good
        image_plain "$SUITE_TMP/app" app_4
        compare app_{1..4}
        assert_eq "$(cat "$SUITE_TMP/pins.ours")" "$(cat "$SUITE_TMP/pins.peer")"
        assert_pins ours \
                "app_1 root=signed+$on+squashfs:root-verity=$on:root-verity-sig=$on:=absent active" \
                "app_2 root=verity+$on+squashfs:root-verity=$on:=absent active" \
                'app_3 root=signed+squashfs:=absent active' 'app_4 root=squashfs:=absent active'
}

# It pins read-only, which holds and is how the file system is opened, but not what the manager reads in the table;
# and of what has no signature that it has one.
compare_where_the_peer_does_not_start() {
        image_inside "$SUITE_TMP/app" app_1 good
        image_inside "$SUITE_TMP/app" app_2
        image_beside "$SUITE_TMP/app" app_3
        compare app_{1..3}
        assert_eq "$(pins_seen peer 3)" failed 'services of the peer'
        assert_pins ours 'app_1 root=signed+squashfs:=absent active' \
                'app_2 root=verity+squashfs:=absent active' 'app_3 root=verity+squashfs:=absent active'
}

# 252 cannot pin, and 257 does not.
compare_with_old_peer() {
        local pin=-

        [ "$PEER_VERSION" -lt 254 ] || pin=root=signed:=absent
        inside_read_only "$SUITE_TMP/app" app_1 good
        compare app_1
        assert_pins peer 'app_1 - active'
        assert_pins ours "app_1 $pin active"
}

test_pins() {
        if [ "$PEER_VERSION" -lt 260 ]; then
                compare_with_old_peer
        else
                compare_as_the_peer
                compare_where_the_peer_does_not_start
        fi
}

suite_main "$@"
