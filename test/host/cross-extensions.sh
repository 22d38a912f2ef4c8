#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Images with two extensions, ours and the distribution's own portabled in turn: whoever attached them, both clients on
# both daemons tell the same state, and either takes them away.

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"
# shellcheck source=../lib/peer.sh
source "$SUITE_LIB/peer.sh"

# shellcheck disable=SC2034 # suite.sh's
SUITE_WHOLE=(states_of_what_ours_attached states_of_what_the_peer_attached runtime by_version detach_must_match
        any_layer_is_enough_for_the_peer_too)

BOTH=(--extension=one --extension=two)

suite_setup() {
        local layer

        peer_host
        image_simple "$SUITE_TMP/base" app 'ID=base' 'VERSION_ID=1'
        for layer in one two; do
                image_extension "$SUITE_TMP/$layer" $layer base 'VERSION_ID=1'
                image_unit "$SUITE_TMP/$layer" app-$layer.service 'ExecStart=' \
                        'ExecStart=/usr/bin/service read /usr/share/one /usr/share/two'
                mkdir "$SUITE_TMP/$layer/usr/share"
                echo of-$layer >"$SUITE_TMP/$layer/usr/share/$layer"
        done
}

# put BASE_KIND FIRST_KIND SECOND_KIND
put() {
        image_put "$1" "$SUITE_TMP/base" app
        image_put "$2" "$SUITE_TMP/one" one
        image_put "$3" "$SUITE_TMP/two" two
}

# agree STATE ARGUMENT...: is-attached with these arguments, by both clients on both daemons.
agree() {
        local which

        for which in ours peer; do
                daemon $which
                assert_eq "$(ours is-attached "${@:2}")" "$1" "our client, $which daemon"
                assert_eq "$(peer is-attached "${@:2}")" "$1" "peer's client, $which daemon"
        done
}

# listed STATE: both clients on both daemons list the base so.
listed() {
        local which client

        for which in ours peer; do
                daemon $which
                for client in ours peer; do
                        assert_match "$($client --no-legend list)" "^app .* $1 *$" "$client on $which daemon"
                done
        done
}

# One image at a time, for 257 takes whatever is attached for everything; nor does that know what is detached.
states() {
        local who=$1

        daemon "$who"
        assert_ok "$who" attach "${BOTH[@]}" app
        agree attached "${BOTH[@]}" app
        agree attached app
        listed attached
        assert_ok host_run systemctl start app-two.service
        assert_match "$(unit_log app-two.service)" '^/usr/share/one: of-one$'
        assert_match "$(unit_log app-two.service)" '^/usr/share/two: of-two$'
        agree running "${BOTH[@]}" app
        listed running
        assert_ok host_run systemctl stop app-two.service
        assert_ok host_run systemctl enable app-one.service
        agree enabled "${BOTH[@]}" app
        listed enabled
        assert_ok host_run systemctl disable app-one.service
}

test_states_of_what_ours_attached() {
        put squashfs squashfs directory
        states ours
        daemon peer
        assert_ok peer detach "${BOTH[@]}" app
        assert_missing /etc/systemd/system.attached
        agree detached "${BOTH[@]}" app
        listed detached
        daemon ours
}

test_states_of_what_the_peer_attached() {
        put squashfs directory squashfs
        states peer
        daemon ours
        assert_ok ours detach "${BOTH[@]}" app
        assert_missing /etc/systemd/system.attached
        agree detached "${BOTH[@]}" app
        listed detached
        daemon ours
}

test_runtime() {
        local who other

        put squashfs squashfs squashfs
        for who in ours peer; do
                other=$([ $who = ours ] && echo peer || echo ours)
                daemon $who
                assert_ok $who attach --runtime "${BOTH[@]}" app
                agree attached-runtime --runtime "${BOTH[@]}" app
                assert_ok host_run systemctl start app-one.service
                agree running-runtime --runtime "${BOTH[@]}" app
                assert_ok host_run systemctl stop app-one.service
                daemon $other
                assert_ok $other detach --runtime "${BOTH[@]}" app
                assert_missing /run/systemd/system.attached
        done
        daemon ours
}

# in_turn ARGUMENT...: attached, told of and detached with these, by each client on each daemon; the last is the image.
in_turn() {
        local which client image=${*: -1}

        for which in ours peer; do
                daemon $which
                for client in ours peer; do
                        assert_ok $client attach "$@" app
                        assert_eq "$($client is-attached "$@")" attached "$client on $which daemon: $*"
                        assert_ok $client detach "$@"
                        assert_missing /etc/systemd/system.attached "/etc/portables/${image##*/}"
                done
        done
        daemon ours
}

test_by_name() {
        put squashfs squashfs squashfs
        in_turn "${BOTH[@]}" app
}

# The peer wants the whole name in the release file.
test_by_version() {
        local layer

        image_put squashfs "$SUITE_TMP/base" app_1
        for layer in one two; do
                cp -a "$SUITE_TMP/$layer" "$SUITE_TMP/${layer}_2"
                mv "$SUITE_TMP/${layer}_2/usr/lib/extension-release.d/extension-release.$layer"{,_2}
                image_put squashfs "$SUITE_TMP/${layer}_2" ${layer}_2
        done
        in_turn --extension=one_2 --extension=two_2 app_1
        rm -r "$SUITE_TMP"/*_2
}

test_by_path() {
        mkdir -p "$HOST_ROOT/srv"
        image_pack squashfs "$SUITE_TMP/base" "$HOST_ROOT/srv/app.raw"
        image_pack squashfs "$SUITE_TMP/one" "$HOST_ROOT/srv/one.raw"
        image_pack directory "$SUITE_TMP/two" "$HOST_ROOT/srv/two"
        in_turn --extension=/srv/one.raw --extension=/srv/two /srv/app.raw
        host_run rm -r /srv/app.raw /srv/one.raw /srv/two
}

# What is known of an image with extensions is the same for both clients.
test_inspect() {
        local which client

        put squashfs squashfs squashfs
        for which in ours peer; do
                daemon $which
                for client in ours peer; do
                        assert_ok $client inspect "${BOTH[@]}" app
                        assert_contains "$OUT" /var/lib/portables/one.raw
                        assert_contains "$OUT" /var/lib/portables/two.raw
                        assert_match "$OUT" '^[[:space:]]+app-one\.service$'
                        assert_match "$OUT" '^[[:space:]]+app-two\.service$'
                        assert_match "$OUT" '^[[:space:]]+app\.service$'
                done
        done
        daemon ours
}

# What one attached the other's client replaces, through our daemon.
test_reattach() {
        local which client

        put squashfs squashfs squashfs
        for which in ours peer; do
                for client in ours peer; do
                        daemon $which
                        assert_ok ours attach "${BOTH[@]}" app
                        assert_ok host_run systemctl start app-one.service
                        daemon ours
                        assert_ok $client reattach "${BOTH[@]}" app
                        assert_unit app-one.service active
                        assert_ok host_run systemctl stop app-one.service
                        assert_ok $client detach "${BOTH[@]}" app
                        assert_missing /etc/systemd/system.attached
                done
        done
}

# Our daemon wants for a detach what was attached, in number and order, whoever asks; for a state any layer is enough.
test_detach_must_match() {
        local client arguments

        put squashfs squashfs squashfs
        assert_ok ours attach "${BOTH[@]}" app
        for client in ours peer; do
                assert_error '.' $client detach app
                assert_error '.' $client detach --extension=one app
                assert_error '.' $client detach --extension=two app
                assert_error '.' $client detach --extension=two --extension=one app
                assert_error '.' $client detach "${BOTH[@]}" --extension=one app
                for arguments in app one two app_7 '--extension=one app' '--extension=two app' \
                        '--extension=two --extension=one app' '--extension=one_5 app_7'; do
                        # shellcheck disable=SC2086
                        assert_eq "$($client is-attached $arguments)" attached "$client: $arguments"
                done
                assert_eq "$($client is-attached nosuch)" detached
        done
        assert_ok peer detach "${BOTH[@]}" app
        assert_missing /etc/systemd/system.attached
}

# From 262 on the peer sees that in the same way. 252 looks at the base, with as many extensions as are given.
test_any_layer_is_enough_for_the_peer_too() {
        local arguments

        put squashfs squashfs squashfs
        assert_ok ours attach "${BOTH[@]}" app
        agree attached app
        agree attached "${BOTH[@]}" app
        agree attached --extension=one app
        if [ "$PEER_VERSION" -ge 262 ]; then
                for arguments in one two app_7 '--extension=two app' '--extension=two --extension=one app'; do
                        # shellcheck disable=SC2086
                        agree attached $arguments
                done
                agree detached nosuch
                agree detached --extension=nosuch other
        fi
        daemon ours
        assert_ok ours detach "${BOTH[@]}" app
}

suite_main "$@"
