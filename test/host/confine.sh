#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# An image that is to be confined stays within its profile: what steps out is taken back, or the image is refused.

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"

CONF=/etc/systemd/portabled.conf

suite_setup() {
        suite_host
        image_simple "$SUITE_TMP/app" app 'ID=app' 'VERSION_ID=1'
        mkdir -p "$SUITE_TMP/app/host"
}

# with UNIT [LINE...]: the image "app" with the lines at the end of app.service, or with another unit beside it.
with() {
        rm -rf "$SUITE_TMP/image"
        cp -a "$SUITE_TMP/app" "$SUITE_TMP/image"
        image_unit "$SUITE_TMP/image" "$@"
        image_put directory "$SUITE_TMP/image" app
}

configure() {
        host_run mkdir -p "$(dirname "$CONF")"
        printf '%s\n' '[Portable]' "$@" >"$HOST_ROOT$CONF"
}

unconfigure() {
        rm -f "$HOST_ROOT$CONF"
}

# refused REGEX: under --confine, with that reason, and nothing is left. Without, it is attached.
refused() {
        assert_error "steps out of profile 'strict', refusing since it is to be confined: .*$1" \
                ctl attach --profile=strict --confine app
        assert_missing /etc/systemd/system.attached
        assert_ok ctl attach --profile=strict app
        assert_ok ctl detach app
}

property() {
        host_run systemctl show -P "$1" app.service
}

test_good() {
        with app.service
        assert_ok ctl attach --profile=strict --confine --now app
        assert_no_match "$ERR" 'does not count'
        assert_match "$(host_run cat /etc/systemd/system.attached/app.service.d/20-portable.conf)" \
                "^# Confined to the profile: 'enforce', reattach keeps it\.$"
        assert_ok ctl detach --now app
}

test_refused() {
        with app.service 'ExecStartPre=+/usr/bin/x'
        refused "unit 'app\.service' runs '/usr/bin/x' as root, outside of the sandbox"
        with app.service 'ExecStopPost=!/usr/bin/x'
        refused "runs '/usr/bin/x' as root"
        with app.service 'StateDirectory=victim'
        refused 'has StateDirectory=victim '
        with app.service 'LimitNOFILE=100000'
        refused 'has LimitNOFILE=100000 '
        with app.service '[Unit]' 'Wants=victim.service'
        refused 'has Wants=victim\.service '
        with app.service '[Unit]' 'Conflicts=dbus.service'
        refused 'has Conflicts=dbus\.service '
        with app.service '[Install]' 'RequiredBy=sysinit.target'
        refused 'has RequiredBy=sysinit\.target '
        with app.service 'NobodyKnows=1'
        refused "has a setting that is not known, 'NobodyKnows'"
        with app.socket 'ExecStartPre=/bin/sh'
        refused "unit 'app\.socket' runs '/bin/sh' as root on the host"
        with app.socket 'ListenStream=/etc/app.sock'
        refused 'has ListenStream=/etc/app\.sock '
        with app.timer 'OnBootSec=1h' 'Unit=victim.service'
        refused "unit 'app\.timer' has Unit=victim\.service "
}

test_all_reasons_at_once() {
        with app.service 'ExecStartPre=+/usr/bin/x' 'StateDirectory=victim' '[Unit]' 'Wants=victim.service'
        image_unit "$SUITE_TMP/image" app.socket 'ListenStream=/etc/app.sock'
        image_put directory "$SUITE_TMP/image" app
        refused "unit 'app\.service' .*/usr/bin/x.*StateDirectory=.*Wants=.*; unit 'app\.socket' .*ListenStream="
}

# What is the image's own stays.
test_own() {
        with app.service 'StateDirectory=app app-cache' 'SyslogIdentifier=app' '[Unit]' 'Wants=app.timer network-online.target' \
                '[Install]' 'WantedBy=multi-user.target' 'Alias=app-alias.service'
        image_unit "$SUITE_TMP/image" app.timer 'OnBootSec=1h' 'Unit=app.service'
        image_unit "$SUITE_TMP/image" app.socket 'ListenStream=/run/app/socket'
        image_put directory "$SUITE_TMP/image" app
        assert_ok ctl attach --profile=strict --confine app
        assert_ok ctl detach app
}

test_reset() {
        with app.service 'User=root' 'Group=root' 'SupplementaryGroups=disk' 'Slice=-.slice' 'Nice=-20' \
                'StandardError=append:/etc/out' 'NetworkNamespacePath=/proc/1/ns/net' 'EnvironmentFile=-/etc/shadow' \
                '[Unit]' 'FailureAction=reboot-force'
        assert_ok ctl attach --profile=strict --confine --now app
        assert_match "$ERR" "Unit 'app\.service' is confined to profile 'strict': its .*User=.* does not count"
        assert_eq "$(property User),$(property Group),$(property SupplementaryGroups)" app,app,
        assert_eq "$(property Slice),$(property Nice),$(property StandardError)" system.slice,0,journal
        assert_eq "$(property NetworkNamespacePath),$(property EnvironmentFiles),$(property FailureAction)" ,,none
        assert_no_match "$(host_run sh -c "cat /proc/$(property MainPID)/status")" '^Uid:\s+0\s'
        assert_missing /etc/out
        assert_ok ctl detach --now app
}

# Without it the drop-in is what it always was.
test_without() {
        with app.service 'User=root' 'Nice=-20'
        assert_ok ctl attach --profile=strict app
        assert_match "$(host_run cat /etc/systemd/system.attached/app.service.d/20-portable.conf)" '^RootDirectory='
        assert_no_match "$(host_run cat /etc/systemd/system.attached/app.service.d/20-portable.conf)" '^Nice=|^User=|Confined'
        assert_eq "$(property User),$(property Nice)" root,-20
        assert_ok ctl detach app
}

test_reattach_keeps_it() {
        with app.service
        assert_ok ctl attach --profile=strict --confine app
        with app.service 'ExecStartPre=+/usr/bin/x'
        assert_error 'steps out of profile' ctl --quiet reattach app
        assert_error 'steps out of profile' host_run busctl call org.freedesktop.portable1 /org/freedesktop/portable1 \
                org.freedesktop.portable1.Manager ReattachImage sassbs app 0 strict false ''
        assert_ok ctl detach app
}

test_ways_out() {
        with app.service
        assert_error "Profile 'trusted' confines nothing" ctl attach --profile=trusted --confine app
        assert_error 'links to it, refusing' ctl attach --copy=symlink --confine app
        assert_missing /etc/systemd/system.attached
}

# The daemon enforces what is configured, whatever the caller asks, and by whatever method.
test_configured() {
        with app.service 'ExecStartPre=+/usr/bin/x'
        configure 'Confine=enforce'
        assert_error 'steps out of profile' ctl attach --profile=strict app
        assert_error 'steps out of profile' ctl attach --force --profile=strict app
        assert_bus_error org.freedesktop.DBus.Error.InvalidArgs AttachImage sassbs app 0 strict false ''
        configure 'Confine=enforce strict web*'
        assert_ok ctl attach --profile=strict app
        assert_ok ctl detach app
        configure 'Confine=enforce' 'Confine=warn default app'
        assert_error 'steps out of profile' ctl attach --profile=strict app
        assert_ok ctl attach --profile=default app
        assert_match "$ERR" 'in spite of profile'
        assert_ok ctl detach app
        configure 'Confine=no'
        assert_ok ctl attach --profile=strict app
        assert_no_match "$ERR" 'in spite of profile'
        assert_ok ctl detach app
        assert_error 'steps out of profile' ctl attach --profile=strict --confine app
        unconfigure
}

test_allowed() {
        with app.service 'ExecStartPre=-+/bin/x' 'BindReadOnlyPaths=/srv:/host' 'StateDirectory=victim' '[Unit]' 'Wants=victim.service'
        configure 'Allow=app exec-privileged bind-read-only:/srv directory:victim' 'Allow=* dependency:victim.service'
        assert_ok ctl attach --profile=strict --confine app
        assert_ok ctl detach app
        configure 'Allow=web exec-privileged' 'Allow=app bind-read-only:/srv/* directory:victim dependency:victim.service'
        assert_error "'/bin/x' as root, outside of the sandbox, sees '/srv:/host'" ctl attach --profile=strict --confine app
        unconfigure
}

# What cannot be understood is not taken for permission.
test_invalid() {
        local line

        with app.service
        for line in 'Confine=enforced' 'Confine=enforce a b c' 'Allow=app' 'Allow=app nothing' 'Allow=app bind:'; do
                configure "$line"
                assert_error "$CONF:2 tells no valid ${line%%=*}=, and nothing is attached" ctl attach app
        done
        unconfigure
}

# Each setting that the service manager knows is in the table.
test_table_is_complete() {
        local table section='' line missing=''

        table=$(cut -f 1,2 "$SUITE_LIB/../../src/unitfile/settings.tsv")
        while read -r line; do
                case $line in
                '['*']') section=${line//[\[\]]/} ;;
                Unit=*|*=*)
                        [[ $section =~ ^(Unit|Service|Socket|Timer|Path|Install)$ ]] || continue
                        grep -qE "^([A-Za-z,]*,)?$section(,[A-Za-z,]*)?"$'\t'"${line%%=*}\$" <<<"$table" ||
                                missing+=" $section/${line%%=*}" ;;
                esac
        done < <(host_run /usr/lib/systemd/systemd --dump-configuration-items)
        [[ -n $section ]]
        assert_eq "$missing" ''
}

# What the manual says can be allowed is what the table has.
test_manual_names_what_can_be_allowed() {
        local top=$SUITE_LIB/../..

        assert_eq "$(sed -n '/The names are: /,/^$/ { s/The names are://; p }' "$top/man/portabled.conf.5.scd" | grep -o '[a-z-]*' | sort | xargs)" \
                "$(grep -v '^#' "$top/src/unitfile/settings.tsv" | cut -f 5 | grep -vx -e - | sort -u | xargs)"
}

suite_main "$@"
