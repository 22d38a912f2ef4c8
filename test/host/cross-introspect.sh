#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What the peer's daemon shows on the bus, ours shows too: every object, member, argument name, access, annotation
# and property value, and beyond that only interfaces of our own.

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"
# shellcheck source=../lib/peer.sh
source "$SUITE_LIB/peer.sh"

NAME=org.freedesktop.portable1
MANAGER=/org/freedesktop/portable1
MEMBERS=$SUITE_LIB/../bus/members.py

suite_setup() {
        peer_host
        image_simple "$SUITE_TMP/app" app 'ID=app' 'VERSION_ID=1'
        image_pack directory "$SUITE_TMP/app" "$HOST_ROOT/srv/elsewhere"
        daemon ours
}

put_images() {
        image_put squashfs "$SUITE_TMP/app" app
        image_put directory "$SUITE_TMP/app" other_0.1
        ln -s /srv/elsewhere "$HOST_ROOT/var/lib/portables/link"
}

# members OBJECT: what the daemon shows there, less interfaces of our own and links to other nodes.
members() {
        host_run busctl introspect --xml-interface $NAME "$1" | "$MEMBERS"
}

# same_members OBJECT
same_members() {
        local peer ours

        daemon peer
        peer=$(members "$1")
        daemon ours
        ours=$(members "$1")
        assert_match "$peer" '^org\.freedesktop\.DBus\.Properties method GetAll '
        # systemd 252 has it on the image object by the misspelt name only, which ours hides as newer ones do.
        [ "$PEER_VERSION" != 252 ] || peer=${peer/ ReattacheWithExtensions / ReattachWithExtensions }
        assert_eq "$(diff <(sort <<<"$peer") <(grep -v '^org\.portabled\.' <<<"$ours" | sort))" '' "members of $1"
}

test_manager() {
        same_members $MANAGER
        assert_match "$(members $MANAGER)" '^org\.portabled\.Manager1 method Change '
        assert_match "$(members $MANAGER)" '^org\.portabled\.Manager1 method GetState '
        assert_match "$(members $MANAGER)" '^org\.portabled\.Manager1 method Cancel'
}

test_image() {
        put_images
        same_members $MANAGER/image/app
        same_members $MANAGER/image/other_5f0_2e1
        assert_match "$(members $MANAGER/image/app)" '^org\.portabled\.Image1 property State s read'
}

test_nodes_between() {
        put_images
        same_members /
        same_members /org/freedesktop
        same_members $MANAGER/image
        assert_match "$(members $MANAGER/image)" '^node other_5f0_2e1$'
}

test_log_control() {
        same_members /org/freedesktop/LogControl1
}

test_tree() {
        local peer ours

        put_images
        daemon peer
        peer=$(host_run busctl tree --list $NAME)
        daemon ours
        ours=$(host_run busctl tree --list $NAME)
        assert_match "$ours" "^$MANAGER/image/link$"
        assert_eq "$ours" "$peer"
}

# properties OBJECT INTERFACE: as JSON.
properties() {
        host_run busctl --json=pretty call $NAME "$1" org.freedesktop.DBus.Properties GetAll s "$2"
}

same_properties() {
        local peer ours

        daemon peer
        peer=$(properties "$@")
        daemon ours
        ours=$(properties "$@")
        assert_eq "$ours" "$peer" "properties of $*"
}

test_values_of_properties() {
        local image

        put_images
        for image in app other_5f0_2e1; do
                same_properties $MANAGER/image/$image $NAME.Image
        done
        same_properties $MANAGER $NAME.Manager
        same_properties /org/freedesktop/LogControl1 org.freedesktop.LogControl1
}

# The path of an image that is a link: systemd 252 and 257 say that of the link, by which services do not start.
test_path_of_a_link() {
        put_images
        assert_eq "$(host_run busctl get-property $NAME $MANAGER/image/link $NAME.Image Path)" \
                's "/srv/elsewhere"'
        daemon peer
        assert_eq "$(host_run busctl get-property $NAME $MANAGER/image/link $NAME.Image Path)" \
                "s \"$([ "$PEER_VERSION" -ge 262 ] && echo /srv/elsewhere || echo /var/lib/portables/link)\""
        daemon ours
}

# An empty interface name means all of them. Our own property, which has to be worked for, is not among them.
test_all_properties_of_all_interfaces() {
        put_images
        same_properties $MANAGER ''
        same_properties $MANAGER/image/app ''
        assert_ok host_run busctl introspect $NAME $MANAGER/image/app
        assert_match "$OUT" '^\.Usage +property +t +[0-9]'
        assert_eq "$(host_run busctl get-property $NAME $MANAGER/image/app org.portabled.Image1 State)" 's "detached"'
}

# An image that is not there is said to be that, whatever is asked of its object.
test_no_such_image() {
        local call

        for call in "get-property $NAME $MANAGER/image/nosuch $NAME.Image Name" \
                "call $NAME $MANAGER/image/nosuch $NAME.Image GetState" \
                "call $NAME $MANAGER/image/nosuch $NAME.Image Remove" \
                "introspect $NAME $MANAGER/image/nosuch"; do
                # shellcheck disable=SC2086
                run host_run busctl $call
                assert_eq "$STATUS" 1
                assert_match "$ERR" "No image 'nosuch' found\.$" "error of busctl $call"
        done
}

test_the_alias_is_hidden_and_works() {
        put_images
        assert_no_match "$(members $MANAGER/image/app)" ReattacheWithExtensions
        assert_ok ctl attach app
        assert_ok host_run busctl call $NAME $MANAGER/image/app $NAME.Image ReattacheWithExtensions asassst 0 0 default '' 0
        assert_match "$OUT" '^a\(sss\)a\(sss\) 0 3 '
        assert_ok ctl detach app
}

# log_control VERB [VALUE]: by systemctl, which speaks LogControl1.
log_control() {
        host_run systemctl "service-log-$1" $PEER_UNIT "${@:2}"
}

test_log_level_and_target() {
        local level target

        for level in emerg alert crit err warning notice info debug; do
                assert_ok log_control level $level
                assert_eq "$(log_control level)" $level
        done
        for target in console console-prefixed kmsg journal journal-or-kmsg syslog syslog-or-kmsg null auto; do
                assert_ok log_control target $target
                assert_eq "$(log_control target)" $target
        done
        host_run systemctl stop $PEER_UNIT
        assert_ok ctl list
        assert_eq "$(log_control level)" info
        assert_eq "$(log_control target)" auto
}

test_unprivileged_reads_and_does_not_set() {
        local who daemon

        put_images
        for daemon in peer ours; do
                daemon $daemon
                for who in host_run_as\ nobody host_run; do
                        assert_eq "$($who busctl get-property $NAME /org/freedesktop/LogControl1 \
                                org.freedesktop.LogControl1 LogLevel SyslogIdentifier)" \
                                "$(printf 's "%s"\n' info systemd-portabled)"
                        assert_eq "$($who busctl get-property $NAME $MANAGER/image/app $NAME.Image Type)" 's "raw"'
                        assert_eq "$($who busctl get-property $NAME $MANAGER $NAME.Manager PoolPath)" \
                                's "/var/lib/portables"'
                        assert_match "$($who busctl tree --list $NAME)" "$MANAGER/image/app"
                done
                run host_run_as nobody busctl set-property $NAME /org/freedesktop/LogControl1 \
                        org.freedesktop.LogControl1 LogLevel s debug
                assert_eq "$STATUS" 1
                assert_match "$ERR" 'Access denied'
                assert_eq "$(log_control level)" info
        done
}

# What the program tells without a bus is what there is on the bus.
test_bus_introspect_option() {
        local program path

        program=$(host_run systemctl show -P ExecStart systemd-portabled.service | sed -n 's/^{ path=\([^ ]*\) .*/\1/p')
        assert_ok host_run_as nobody "$program" --bus-introspect=list
        assert_match "$OUT" "^/org/freedesktop/portable1[[:space:]]org\.freedesktop\.portable1\.Manager$"
        assert_match "$OUT" "^/org/freedesktop/portable1/image[[:space:]]org\.freedesktop\.portable1\.Image$"
        for path in /org/freedesktop/portable1 /org/freedesktop/portable1/image /org/freedesktop/LogControl1; do
                assert_ok host_run_as nobody "$program" "--bus-introspect=$path"
                assert_match "$OUT" '<method name="GetMachineId"'
        done
        assert_ok host_run_as nobody "$program" --bus-introspect=/org/freedesktop/portable1/image
        assert_match "$OUT" '<method name="AttachWithExtensions"'
        assert_error '/nope' host_run_as nobody "$program" --bus-introspect=/nope
}

suite_main "$@"
