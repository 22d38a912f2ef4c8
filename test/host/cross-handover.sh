#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Attached by one, managed by the other, where it is less plain than in cross.sh: images outside of the pool, odd
# paths, copies of images, several extensions, images that are gone, enabled units, force; and by plain bus calls.
# Each test runs in both directions. Of Debian's 257 no "not attached" is asked: it says "attached" to everything.

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"
# shellcheck source=../lib/peer.sh
source "$SUITE_LIB/peer.sh"

# shellcheck disable=SC2034 # suite.sh's
SUITE_WHOLE=(outside_of_the_pool copies_of_images copies_from_a_private_place several_extensions
        enabled_by_systemctl force_and_remove image_that_is_gone detach_by_another_version)

suite_setup() {
        peer_host
        image_simple "$SUITE_TMP/app" app 'ID=app' 'VERSION_ID=1'
        image_extension "$SUITE_TMP/one" one app 'VERSION_ID=1'
        image_unit "$SUITE_TMP/one" app-one.service
        image_extension "$SUITE_TMP/two" two app 'VERSION_ID=1'
        image_unit "$SUITE_TMP/two" app-two.service
        daemon ours
}

# directions COMMAND...: with "FIRST SECOND" behind the command, for both ways.
directions() {
        "$@" peer ours
        nothing_left
        "$@" ours peer
        nothing_left
        daemon ours
}

nothing_left() {
        assert_missing /etc/systemd/system.attached /run/systemd/system.attached
        assert_eq "$(host_run sh -c 'find /etc/portables /run/portables -mindepth 1 2>/dev/null')" '' 'links and copies'
}

# starts UNIT: it starts from its image, as its log shows, and is stopped again.
starts() {
        assert_ok host_run systemctl start "$1"
        assert_match "$(unit_log "$1")" '^/etc/os-release: ID=app$'
        assert_ok host_run systemctl stop "$1"
}

by_path() {
        local path=$1 option=$2 first=$3 second=$4

        daemon "$first"
        # shellcheck disable=SC2086
        assert_ok "$first" attach $option "$path"
        daemon "$second"
        # shellcheck disable=SC2086
        assert_match "$("$second" is-attached $option "$path")" '^attached'
        starts app.service
        # shellcheck disable=SC2086
        assert_ok "$second" detach $option "$path"
        assert_exists "$path"
}

# The peer takes units and os-release from beside the layers, where they make an image that never starts; ours takes
# them from the layers, and attaches where the service manager knows such images. Either detaches the other's.
layered() {
        local first=$1 second=$2 image=/srv/layered_1.mstack beside=''

        [ "$first" = ours ] || beside=$image
        host_run mkdir -p $image
        cp -a "$SUITE_TMP/app" "$HOST_ROOT$image/layer@0"
        mkdir "$HOST_ROOT$image/layer@1"
        [ -z "$beside" ] || cp -a "$SUITE_TMP/app/." "$HOST_ROOT$image"
        daemon "$first"
        if [ "$first" = ours ] && [ "$PEER_VERSION" -lt 260 ]; then
                assert_error 'needs service manager 260' ours attach --quiet $image app
        else
                assert_ok "$first" attach $image app
                daemon "$second"
                assert_match "$("$second" is-attached $image)" '^attached'
                assert_ok "$second" detach $image
        fi
        host_run rm -rf $image
}

test_layers() {
        directions layered
}

test_outside_of_the_pool() {
        image_pack squashfs "$SUITE_TMP/app" "$HOST_ROOT/srv/app.raw"
        image_pack directory "$SUITE_TMP/app" "$HOST_ROOT/srv/app"
        directions by_path /srv/app.raw ''
        directions by_path /srv/app ''
        directions by_path /srv/app --runtime
        directions by_path /srv/app --copy=symlink
        host_run rm -rf /srv/app /srv/app.raw
}

# Escaped in the marker. Blanks, quotes and % are not tried with the peer as the first: its services do not start.
test_colon_and_backslash_in_the_path() {
        local path='/srv/a:b\c/app'

        image_pack directory "$SUITE_TMP/app" "$HOST_ROOT$path"
        directions by_path "$path" ''
        host_run rm -rf '/srv/a:b\c'
}

test_blank_and_percent_in_the_path() {
        local path='/srv/a b%n/app'

        image_pack directory "$SUITE_TMP/app" "$HOST_ROOT$path"
        by_path "$path" '' ours peer
        nothing_left
        daemon ours
        host_run rm -rf '/srv/a b%n'
}

# A link in the search path: ours, like 262, writes where it leads; older ones write the link.
test_link_in_the_pool() {
        image_pack directory "$SUITE_TMP/app" "$HOST_ROOT/srv/app"
        ln -s /srv/app "$HOST_ROOT/var/lib/portables/app"
        assert_ok ours attach app
        daemon peer
        assert_eq "$(peer is-attached app)" attached
        assert_ok peer detach app
        assert_ok peer attach app
        daemon ours
        assert_eq "$(ours is-attached app)" attached
        assert_ok ours detach app
        nothing_left
        host_run rm -rf /srv/app
}

# copied FIRST SECOND stays|goes [IMAGE]: a copy of the image by the first; whether the second takes it away at detach.
copied() {
        local image=${4-/srv/app}

        daemon "$1"
        assert_ok "$1" attach --copy=mixed "$image"
        assert_exists /etc/portables/app/etc/os-release
        daemon "$2"
        assert_match "$("$2" --no-legend list)" '^app .* attached *$'
        starts app.service
        assert_ok "$2" detach app
        assert_missing /etc/systemd/system.attached
        assert_exists "$image/etc/os-release"
        if [ "$3" = stays ]; then
                assert_exists /etc/portables/app/etc/os-release
                host_run rm -rf /etc/portables/app
        fi
        nothing_left
        daemon ours
}

# Nothing tells a copy of the peer's from an image that the administrator has put there, so ours leaves it; its own it
# knows by a note, and removes it. 252 cannot make such copies, and leaves ours; newer ones take away whatever is there.
test_copies_of_images() {
        image_pack directory "$SUITE_TMP/app" "$HOST_ROOT/srv/app"
        copied ours ours goes
        if [ "$PEER_VERSION" -ge 257 ]; then
                copied peer ours stays
                copied ours peer goes
        else
                copied ours peer stays
        fi
        host_run rm -rf /srv/app
}

# The directory around such a copy is closed: the other one finds it, and services run from it.
test_copies_from_a_private_place() {
        local left=goes

        [ "$PEER_VERSION" -ge 257 ] || left=stays
        host_run mkdir -m 700 /srv/secret
        image_pack directory "$SUITE_TMP/app" "$HOST_ROOT/srv/secret/app"
        copied ours ours goes /srv/secret/app
        assert_eq "$(host_run stat -c %a /etc/portables)" 700
        copied ours peer $left /srv/secret/app
        host_run chmod 755 /etc/portables
        host_run rm -rf /srv/secret
}

# An image of the administrator's own in the place of a link or a copy stays: put there before the attach, or after it.
own_image_is_kept() {
        local when=$1

        [ "$when" = after ] || image_pack directory "$SUITE_TMP/app" "$HOST_ROOT/etc/portables/app"
        daemon peer
        assert_ok peer attach /srv/app
        daemon ours
        if [ "$when" = after ]; then
                host_run rm -rf /etc/portables/app
                image_pack directory "$SUITE_TMP/app" "$HOST_ROOT/etc/portables/app"
        fi
        assert_ok ours detach /srv/app
        assert_exists /etc/portables/app/etc/os-release
        host_run rm -rf /etc/portables/app
}

test_own_image_in_the_place_of_a_link() {
        image_pack directory "$SUITE_TMP/app" "$HOST_ROOT/srv/app"
        host_run mkdir -p /etc/portables
        own_image_is_kept before
        own_image_is_kept after
        host_run rm -rf /srv/app
}

# extended FIRST SECOND: two extensions, in their order.
extended() {
        daemon "$1"
        assert_ok "$1" attach --extension=one --extension=two app
        daemon "$2"
        assert_eq "$("$2" is-attached --extension=one --extension=two app)" attached
        assert_match "$("$2" --no-legend list)" '^app .* attached *$'
        starts app-two.service
        host_run systemctl start app-one.service
        assert_eq "$("$2" is-attached --extension=one --extension=two app)" running
        run "$2" detach --extension=one --extension=two app
        assert_eq "$STATUS" 1 'status of detach while a unit runs'
        host_run systemctl stop app-one.service
        assert_ok "$2" detach --extension=one --extension=two app
}

test_several_extensions() {
        image_put squashfs "$SUITE_TMP/app" app
        image_put squashfs "$SUITE_TMP/one" one
        image_put directory "$SUITE_TMP/two" two
        directions extended
}

# The order counts: what is attached as one, two is not there as two, one.
test_extensions_in_another_order() {
        image_put squashfs "$SUITE_TMP/app" app
        image_put squashfs "$SUITE_TMP/one" one
        image_put directory "$SUITE_TMP/two" two
        daemon peer
        assert_ok peer attach --extension=one --extension=two app
        daemon ours
        assert_error 'app' ours detach --extension=two --extension=one app
        assert_error 'app' ours detach --extension=one app
        assert_ok ours detach --extension=one --extension=two app
        nothing_left
}

# A newer version of an extension in place of the one that the other attached.
extension_replaced() {
        daemon "$1"
        assert_ok "$1" attach --extension=one_1 app
        daemon "$2"
        assert_ok "$2" reattach --extension=one_2 app
        assert_match "$(dropin app-one.service)" '/one_2'
        assert_no_match "$(dropin app-one.service)" '/one_1'
        assert_ok "$2" detach --extension=one_2 app
}

test_reattach_with_an_extension() {
        local version

        image_put squashfs "$SUITE_TMP/app" app
        for version in one_1 one_2; do
                rm -rf "$SUITE_TMP/$version"
                image_extension "$SUITE_TMP/$version" "$version" app 'VERSION_ID=1'
                image_unit "$SUITE_TMP/$version" app-one.service
                image_put directory "$SUITE_TMP/$version" "$version"
        done
        # By name the peers find the image through their own link, and 252 and 257 remove what they reattach.
        if [ "$PEER_VERSION" -ge 262 ]; then
                directions extension_replaced
        else
                extension_replaced peer ours
                nothing_left
        fi
}

image_gone() {
        image_put squashfs "$SUITE_TMP/app" app_1
        daemon "$1"
        assert_ok "$1" attach app_1
        host_run rm /var/lib/portables/app_1.raw
        daemon "$2"
        assert_eq "$("$2" is-attached app_1)" attached
        assert_ok "$2" detach app_1
}

test_image_that_is_gone() {
        directions image_gone
}

# By another version of the image, or its name up to the "_" (not with 252), as scripts do that update.
other_version() {
        daemon "$1"
        assert_ok "$1" attach app_1
        daemon "$2"
        assert_eq "$("$2" is-attached app_2)" attached
        assert_ok "$2" detach app_2
}

test_detach_by_another_version() {
        image_put squashfs "$SUITE_TMP/app" app_1
        image_put squashfs "$SUITE_TMP/app" app_2
        directions other_version
}

enabled() {
        daemon "$1"
        assert_ok "$1" attach --enable --now app
        assert_unit app.service active
        daemon "$2"
        assert_eq "$("$2" is-attached app)" running
        assert_ok "$2" detach --enable --now app
        assert_unit app.service inactive
}

test_enabled_and_running() {
        image_put squashfs "$SUITE_TMP/app" app
        directions enabled
}

# Enabled by systemctl, the state says so to both.
enabled_by_systemctl() {
        daemon "$1"
        assert_ok "$1" attach app
        assert_ok host_run systemctl enable -q app.service
        daemon "$2"
        assert_eq "$("$2" is-attached app)" enabled
        assert_ok host_run systemctl disable -q app.service
        assert_ok "$2" detach app
}

test_enabled_by_systemctl() {
        image_put squashfs "$SUITE_TMP/app" app
        directions enabled_by_systemctl
}

forced() {
        daemon "$1"
        assert_ok "$1" attach --now app
        daemon "$2"
        run "$2" remove app
        assert_eq "$STATUS" 1 'status of remove of what is attached'
        assert_exists /var/lib/portables/app.raw
        assert_ok "$2" detach --force app
        assert_unit app.service active
        host_run systemctl stop app.service
}

test_force_and_remove() {
        image_put squashfs "$SUITE_TMP/app" app
        directions forced
}

# Plain bus calls, as a program makes them that knows nothing of either.
called() {
        local changes

        daemon "$1"
        changes=$(portable_call AttachImage sassbs app 1 app default false '')
        assert_match "$changes" '^a\(sss\) [0-9]+ "mkdir" "/etc/systemd/system.attached" ""'
        daemon "$2"
        assert_eq "$(portable_call GetImageState s app)" 's "attached"'
        assert_eq "$(portable_call GetImageStateWithExtensions sast app 0 0)" 's "attached"'
        assert_eq "$(portable_call GetImageState s /var/lib/portables/app.raw)" 's "attached"'
        assert_match "$(portable_call ListImages)" '"app" "raw" false .* "attached" "/org/freedesktop/portable1/image/app"$'
        changes=$(portable_call ReattachImage sassbs app 1 app nonetwork false '')
        assert_match "$changes" '^a\(sss\)a\(sss\) '
        assert_match "$(host_run readlink /etc/systemd/system.attached/app.service.d/10-profile.conf)" '/nonetwork/'
        changes=$(portable_call DetachImage sb app false)
        assert_match "$changes" '"unlink" "/etc/systemd/system.attached/app.service" ""'
        assert_match "$changes" '"unlink" "/etc/systemd/system.attached" ""$'
}

test_plain_calls() {
        image_put squashfs "$SUITE_TMP/app" app
        # 252 and 257 destroy what they reattach by its name.
        if [ "$PEER_VERSION" -ge 262 ]; then
                directions called
        else
                called peer ours
                nothing_left
        fi
}

suite_main "$@"
