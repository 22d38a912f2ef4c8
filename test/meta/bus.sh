# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# The daemon on a bus of its own: its introspection against the manual page, and what the bus policy lets through to it.
# Sourced by test/meta/check.

bus_name=org.freedesktop.portable1
bus_path=/org/freedesktop/portable1
policy=$build/dbus/org.freedesktop.portable1.portabled.conf
api_page=$source/man/org.freedesktop.portable1.5.scd

# A bus that forbids what a system bus forbids, with our policy as the only exception.
bus_start() {
        cat >"$tmp/bus.conf" <<END
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>custom</type>
  <listen>unix:path=$tmp/bus</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <deny own="*"/>
    <deny send_type="method_call"/>
    <allow send_type="signal"/>
    <allow send_requested_reply="true" send_type="method_return"/>
    <allow send_requested_reply="true" send_type="error"/>
    <allow receive_type="method_call"/>
    <allow receive_type="method_return"/>
    <allow receive_type="error"/>
    <allow receive_type="signal"/>
    <allow send_destination="org.freedesktop.DBus"/>
  </policy>
  <include>$policy</include>
</busconfig>
END
        dbus-daemon --config-file="$tmp/bus.conf" --nofork --nopidfile >"$tmp/bus.log" 2>&1 &
        bus_pid=$!
        wait_for test -S "$tmp/bus"
        chmod 711 "$tmp"
}

# An image to have an image object for: found in /run/portables, which is ours alone here.
image_make() {
        mkdir -p /run/portables/meta/usr/lib/systemd/system
        printf 'ID=meta\n' >/run/portables/meta/usr/lib/os-release
        printf '[Service]\nExecStart=/bin/true\n' >/run/portables/meta/usr/lib/systemd/system/meta.service
}

daemon_start() {
        DBUS_SYSTEM_BUS_ADDRESS=unix:path=$tmp/bus "$daemon" >"$tmp/daemon.log" 2>&1 &
        daemon_pid=$!
        wait_for on_bus busctl status --no-pager "$bus_name"
}

wait_for() {
        local i
        for ((i = 0; i < 1200; i++)); do
                "$@" >/dev/null 2>&1 && return 0
                sleep 0.05
        done
        return 1
}

on_bus() {
        local program=$1
        shift
        "$program" --address="unix:path=$tmp/bus" "$@"
}

nobody_on_bus() {
        setpriv --reuid=65534 --regid=65534 --clear-groups busctl --address="unix:path=$tmp/bus" "$@" 2>&1 || true
}

# Members of one kind of an interface as "NAME(IN)(OUT)" or "NAME TYPE", from introspection.
introspected() {
        on_bus busctl introspect --no-pager --no-legend "$bus_name" "$2" "$3" | awk -v kind="$1" '
                $2 == kind && kind == "method" { sub(/^\./, "", $1); gsub(/^-$/, "", $3); gsub(/^-$/, "", $4); print $1 "(" $3 ")(" $4 ")" }
                $2 == kind && kind == "property" { sub(/^\./, "", $1); print $1 ":" $3 }' | sort -u
}

# The same from the manual page, where a method is "*NAME* (s image, b runtime) → (a(sss) changes)" in section $1.
documented_methods() {
        local name in out
        sed -n -E "/^# $1 METHODS/,/^# $1 PROPERTIES/s/^\*([A-Za-z]+)\* \((.*)\) → \((.*)\)\$/\1\t\2\t\3/p" "$api_page" |
                while IFS= read -r line; do
                        name=${line%%$'\t'*} line=${line#*$'\t'}
                        in=${line%%$'\t'*} out=${line#*$'\t'}
                        echo "$name($(types "$in"))($(types "$out"))"
                done | sort -u
}

# "s image, as matches" is "sas".
types() { tr ',' '\n' <<<"$1" | sed -e 's/^ *//' -e 's/ .*//' | tr -d '\n'; }

documented_properties() {
        sed -n -e "/^# $1 PROPERTIES/,/^# /s/^\(\*.*\)/\1/p" "$api_page" |
                grep -oE '\*[A-Za-z]+\* \([a-z]+\)' | sed -E 's/\*([A-Za-z]+)\* \(([a-z]+)\)/\1:\2/' | sort -u
}

# Nobody sends each method with an argument that none of them takes: the bus must let it through, so that it is the daemon
# that refuses. What is not a method must not get that far.
policy_check() {
        local path=$1 interface=$2 method
        shift 2
        for method in "$@"; do
                case $(nobody_on_bus call "$bus_name" "$path" "$interface" "$method" y 0) in
                *'Access denied'*) fail "bus policy: everyone should be able to send $interface.$method" ;;
                *) pass ;;
                esac
        done
        case $(nobody_on_bus call "$bus_name" "$path" "$interface" NoSuchMember) in
        *'Access denied'*) pass ;;
        *) fail "bus policy: lets through $interface.NoSuchMember" ;;
        esac
}

interface_check() {
        local section=$1 path=$2 interface=$bus_name.$3 methods allowed
        methods=$(introspected method "$path" "$interface")
        same "methods: daemon, manual page ($3)" "$methods" "$(documented_methods "$section")"
        same "properties: daemon, manual page ($3)" "$(introspected property "$path" "$interface")" \
                "$(documented_properties "$section")"

        allowed=$(xmllint --nonet --xpath "//allow[@send_interface='$interface']/@send_member" "$policy" |
                sed -E 's/.*"(.*)".*/\1/') || true
        # The one member that is there but hidden.
        [[ $3 != Image ]] || methods+=$'\n''ReattacheWithExtensions('
        same "bus policy: daemon, policy ($3)" "$(sed 's/(.*//' <<<"$methods")" "$allowed"
        # shellcheck disable=SC2086
        policy_check "$path" "$interface" $allowed
}

# Our own interfaces: each member has its entry in the manual, and what is installed is what introspection tells.
own_check() {
        local path=$1 interface=$2 members

        members=$(on_bus busctl introspect --no-pager --no-legend "$bus_name" "$path" "$interface" |
                awk '$2 == "method" || $2 == "property" || $2 == "signal" { sub(/^\./, "", $1); print $1 }')
        same "members: daemon, installed XML ($interface)" "$members" \
                "$(xmllint --nonet --xpath "/node/interface[@name='$interface']/*/@name" "$build/dbus/$interface.xml" |
                        sed -E 's/.*"(.*)".*/\1/')"
        same "members: daemon, manual page ($interface)" "$members" \
                "$(comm -12 <(sort -u <<<"$members") <(sed -n '/^# OWN INTERFACE/,/^# ERRORS/p' "$api_page" |
                        grep -oE '\*[A-Za-z]+\*' | tr -d '*' | sort -u))"
}

bus_check() {
        check 'bus policy: XML' xmllint --noout --nonet "$policy"
        image_make
        bus_start || { fail "the bus does not start: $(tail -n 3 "$tmp/bus.log")"; return 0; }
        daemon_start || { fail "the daemon does not take its name: $(tail -n 3 "$tmp/daemon.log")"; return 0; }

        interface_check MANAGER "$bus_path" Manager
        interface_check IMAGE "$bus_path/image/meta" Image
        own_check "$bus_path" org.portabled.Manager1
        own_check "$bus_path/image/meta" org.portabled.Image1
        check 'LogControl1 is there' bash -c '[[ -n $(busctl --address="$0" get-property "$1" /org/freedesktop/LogControl1 \
                org.freedesktop.LogControl1 LogLevel) ]]' "unix:path=$tmp/bus" "$bus_name"
        case $(nobody_on_bus set-property "$bus_name" /org/freedesktop/LogControl1 org.freedesktop.LogControl1 LogLevel s debug) in
        *'Access denied'*) pass ;;
        *) fail 'bus policy: everyone can set the log level' ;;
        esac
}
