#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What attach and detach refuse: with one clear line, the right error name, and nothing changed.

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"

suite_setup() {
        suite_host
        image_simple "$SUITE_TMP/app" app 'ID=app' 'VERSION_ID=1'
}

# attach_image IMAGE [MATCH...]: the bus call behind `portablectl attach`, for its error names.
attach_call() {
        printf '%s\n' AttachImage sassbs "$1" $(($# - 1)) "${@:2}" default false ''
}

assert_attach_error() {
        local -a call
        local name=$1
        shift

        mapfile -t call < <(attach_call "$@")
        assert_bus_error "$name" "${call[@]}"
}

assert_nothing_attached() {
        assert_missing /etc/systemd/system.attached /run/systemd/system.attached
        assert_eq "$(host_run sh -c 'find /etc/portables /run/portables -mindepth 1 2>/dev/null')" ''
}

test_second_attach() {
        image_put squashfs "$SUITE_TMP/app" app
        image_put squashfs "$SUITE_TMP/app" app_2
        assert_ok ctl attach app
        assert_error 'app\.service.*exists' ctl attach app
        assert_error 'app\.service.*exists' ctl attach app_2
        assert_attach_error org.freedesktop.systemd1.UnitExists app_2
        assert_state app attached
        assert_ok ctl detach app
        assert_nothing_attached
}

test_unit_of_the_host() {
        image_simple "$SUITE_TMP/dbus" dbus 'ID=x'
        image_put squashfs "$SUITE_TMP/dbus" dbus
        assert_error 'dbus\.service.*exists' ctl attach dbus
        assert_attach_error org.freedesktop.systemd1.UnitExists dbus
        assert_nothing_attached
}

# refuses_unit REGEX BUS_ERROR UNIT: of an image that has it beside its app.service, in verify, attach and reattach.
refuses_unit() {
        rm -rf "$SUITE_TMP/reach"
        cp -a "$SUITE_TMP/app" "$SUITE_TMP/reach"
        image_unit "$SUITE_TMP/reach" "$3"
        image_put squashfs "$SUITE_TMP/reach" app_2
        run host_run portablectl verify app_2
        assert_match "$OUT" "$1"
        assert_error "$1" ctl attach app_2
        assert_attach_error "$2" app_2
        assert_nothing_attached
        image_put squashfs "$SUITE_TMP/app" app_1
        assert_ok ctl attach app_1
        assert_error "$1" ctl reattach app_2
        assert_ok ctl detach app_1
        assert_nothing_attached
}

# Its drop-in would be that of each "app-*.service" of the host.
test_name_that_ends_in_a_dash() {
        local unit

        for unit in app-.service app-@.service app-@x.service app-b-.socket; do
                refuses_unit "'$unit'.*must not end in a dash" org.freedesktop.DBus.Error.InvalidArgs "$unit"
        done
        assert_error 'must not end in a dash' ctl attach --force app_2
        # Nor may it come from an extension, or into a tree of files.
        image_extension "$SUITE_TMP/tool" tool app 'VERSION_ID=1'
        image_unit "$SUITE_TMP/tool" app-.service
        image_put squashfs "$SUITE_TMP/tool" tool
        image_put squashfs "$SUITE_TMP/app" app_1
        assert_error "'app-\.service'.*must not end in a dash" ctl attach --extension=tool app_1 app
        host_run sh -c 'mkdir -p /srv/root/usr/lib/systemd/portable/profile/default /srv/root/var/lib/portables &&
                echo "[Service]" >/srv/root/usr/lib/systemd/portable/profile/default/service.conf &&
                cp /var/lib/portables/*.raw /srv/root/var/lib/portables'
        assert_error 'must not end in a dash' host_run portablectl --root=/srv/root attach app_2
        assert_error 'must not end in a dash' host_run portablectl --root=/srv/root attach --extension=tool app_1 app
        assert_missing /srv/root/etc/systemd/system.attached
        host_run rm -r /srv/root
        assert_nothing_attached
}

test_kin_of_units_of_the_host() {
        local exists=org.freedesktop.systemd1.UnitExists units=/etc/systemd/system

        host_run sh -c "printf '[Service]\nExecStart=/bin/true\n' >$units/app@.service"
        refuses_unit "'app@1\.service' is an instance of a template of the host, '$units/app@\.service'" \
                $exists app@1.service
        host_run mv $units/app@.service $units/app@9.service
        refuses_unit "'app@\.service' would be the template of a unit of the host, '$units/app@9\.service'" \
                $exists app@.service
        assert_ok ctl attach --force app_2
        assert_ok ctl detach app_2
        host_run rm $units/app@9.service
        # An image may have both.
        image_unit "$SUITE_TMP/reach" app@1.service
        image_put squashfs "$SUITE_TMP/reach" app_2
        assert_ok ctl attach app_2
        assert_ok ctl reattach app_2
        assert_ok ctl detach app_2
        assert_nothing_attached
}

test_dropins_of_the_host() {
        local directory=/etc/systemd/system.attached/app.service.d

        image_put squashfs "$SUITE_TMP/app" app
        host_run mkdir -p $directory
        host_run sh -c "echo '[Service]' >$directory/50-own.conf"
        assert_error "'app\.service' has drop-ins of the host already, in '$directory'" ctl attach app
        assert_attach_error org.freedesktop.systemd1.UnitExists app
        host_run rm -r /etc/systemd/system.attached
}

test_running_image_is_not_detached() {
        image_put squashfs "$SUITE_TMP/app" app
        assert_ok ctl attach --now app
        assert_error 'app\.service.*active' ctl detach app
        assert_bus_error org.freedesktop.systemd1.UnitExists DetachImage sb app false
        assert_unit app.service active
        assert_eq "$(attached_files)" "$(printf '%s\n' app.service app.service.d/10-profile.conf \
                app.service.d/20-portable.conf)"
        assert_ok ctl detach --now app
}

test_image_deleted_before_detach() {
        image_put squashfs "$SUITE_TMP/app" app
        assert_ok ctl attach app
        host_run rm /var/lib/portables/app.raw
        assert_state app attached
        assert_ok ctl detach app
        assert_state app detached
        assert_nothing_attached
}

test_directory_image_deleted_before_detach() {
        image_put directory "$SUITE_TMP/app" app
        assert_ok ctl attach app
        host_run rm -rf /var/lib/portables/app
        assert_ok ctl detach app
        assert_nothing_attached
}

test_profile_that_does_not_exist() {
        image_put squashfs "$SUITE_TMP/app" app
        assert_error "nonesuch.*default" ctl attach --profile=nonesuch app
        assert_nothing_attached
}

test_unknown_image() {
        assert_error 'nonesuch' ctl attach nonesuch
        assert_error 'nonesuch' ctl inspect nonesuch
        assert_error 'nonesuch' ctl detach nonesuch
        assert_attach_error org.freedesktop.portable1.NoSuchImage nonesuch
        assert_bus_error org.freedesktop.portable1.NoSuchImage GetImage s nonesuch
        assert_bus_error org.freedesktop.systemd1.NoSuchUnit DetachImage sb nonesuch false
        assert_nothing_attached
}

test_path_that_does_not_exist() {
        assert_error '/nonesuch\.raw' ctl attach /nonesuch.raw
        assert_error '/nonesuch\.raw' ctl inspect /nonesuch.raw
        assert_nothing_attached
}

test_not_an_image() {
        assert_error '/etc/hostname' ctl attach /etc/hostname
        assert_attach_error org.freedesktop.portable1.BadImageType /etc/hostname
        assert_nothing_attached
}

test_nothing_matches() {
        image_put squashfs "$SUITE_TMP/app" app
        assert_error '/var/lib/portables/app\.raw' ctl attach app other
        assert_attach_error org.freedesktop.portable1.NoMatchingUnitFiles app other
        assert_error '.' ctl attach app ap # a prefix ends at a border
        assert_nothing_attached
}

test_prefix_is_the_name_up_to_the_underscore() {
        image_put squashfs "$SUITE_TMP/app" app_0.1
        assert_ok ctl attach app_0.1
        assert_ok ctl detach app_0.1
        image_put squashfs "$SUITE_TMP/app" other_0.1
        assert_error '.' ctl attach other_0.1
        assert_ok ctl attach other_0.1 app
        assert_ok ctl detach other_0.1
}

test_all_units_only_for_inspect() {
        image_put squashfs "$SUITE_TMP/app" other
        assert_ok ctl inspect other -
        assert_match "$OUT" 'app\.service'
        assert_error '.' ctl attach other -
        assert_nothing_attached
}

test_portable_prefixes() {
        image_simple "$SUITE_TMP/strict" app 'ID=app' 'PORTABLE_PREFIXES="app other"'
        image_unit "$SUITE_TMP/strict" foreign.service
        image_put squashfs "$SUITE_TMP/strict" app
        assert_error 'foreign' ctl attach app foreign
        assert_attach_error org.freedesktop.DBus.Error.InvalidArgs app foreign
        assert_nothing_attached
        assert_ok ctl attach app app
        assert_missing /etc/systemd/system.attached/foreign.service
        assert_ok ctl detach app
}

test_no_os_release() {
        image_simple "$SUITE_TMP/bare" app
        rm "$SUITE_TMP/bare/usr/lib/os-release" "$SUITE_TMP/bare/etc/os-release"
        image_put squashfs "$SUITE_TMP/bare" app
        assert_error '/var/lib/portables/app\.raw.*os-release' ctl attach app
        assert_error '/var/lib/portables/app\.raw.*os-release' ctl inspect app
        assert_nothing_attached
}

test_os_release_without_id() {
        image_simple "$SUITE_TMP/anonymous" app 'NAME=app'
        image_put squashfs "$SUITE_TMP/anonymous" app
        assert_error '/var/lib/portables/app\.raw.*ID' ctl attach app
        assert_nothing_attached
}

test_scope_of_users() {
        image_simple "$SUITE_TMP/user" app 'ID=app' 'PORTABLE_SCOPE=user'
        image_put squashfs "$SUITE_TMP/user" app
        assert_error '/var/lib/portables/app\.raw.*(scope|SCOPE)' ctl attach app
        assert_nothing_attached
}

test_copy_mode_that_does_not_exist() {
        image_put squashfs "$SUITE_TMP/app" app
        assert_error 'nonsense' ctl attach --copy=nonsense app
        assert_bus_error org.freedesktop.DBus.Error.InvalidArgs \
                AttachImage sassbs app 0 default false nonsense
        assert_nothing_attached
}

test_force_attaches_over_an_active_unit() {
        image_put squashfs "$SUITE_TMP/app" app
        host_run systemd-run -q --unit=app.service sleep infinity
        assert_error 'app\.service' ctl attach app
        assert_ok ctl attach --force app
        assert_state app running
        assert_ok host_run systemctl stop app.service
        assert_ok ctl detach app
}

# left_over KIND...: things of no image that have the names of files of the attach.
left_over() {
        local directory=/etc/systemd/system.attached kind

        host_run mkdir -p $directory/app.service.d
        for kind in "$@"; do
                case $kind in
                unit) host_run sh -c "echo '[Service]' >$directory/app.service" ;;
                link) host_run ln -s /dev/null $directory/app.service ;;
                empty) host_run touch $directory/app.service.d/20-portable.conf ;;
                unmarked) host_run sh -c "echo '[Service]' >$directory/app.service.d/20-portable.conf" ;;
                dangling) host_run ln -s /nowhere $directory/app.service.d/20-portable.conf ;;
                profile) host_run sh -c "echo '[Service]' >$directory/app.service.d/10-profile.conf" ;;
                esac
        done
}

test_force_overwrites_what_is_left() {
        local kinds=('unit empty' 'link unmarked profile') kind

        image_put squashfs "$SUITE_TMP/app" app
        # What is written through a link that leads nowhere is not asked of systemd's own.
        [ "${PORTABLED_TEST_SUBJECT:-ours}" = peer ] || kinds+=(dangling)
        for kind in "${kinds[@]}"; do
                # shellcheck disable=SC2086
                left_over $kind
                assert_ok ctl attach --no-reload --force app
                assert_eq "$(attached_files)" "$(printf '%s\n' app.service app.service.d/10-profile.conf \
                        app.service.d/20-portable.conf)" "$kind"
                assert_eq "$(host_run sh -c 'cd /etc/systemd/system.attached && stat -c %F app.service app.service.d/*')" \
                        "$(printf '%s\n' 'regular file' 'symbolic link' 'regular file')" "$kind"
                assert_ok ctl detach --no-reload app
                assert_nothing_attached
        done
}

# What is not a file of a unit is not overwritten, forced or not.
test_force_has_limits() {
        image_put squashfs "$SUITE_TMP/app" app
        host_run mkdir -p /etc/systemd/system.attached/app.service
        assert_error . ctl attach --force app
        host_run rmdir /etc/systemd/system.attached/app.service
        host_run sh -c 'rm -rf /etc/systemd/system.attached/app.service.d && : >/etc/systemd/system.attached/app.service.d'
        assert_error . ctl attach --force app
        host_run rm /etc/systemd/system.attached/app.service.d
        host_run rmdir /etc/systemd/system.attached
}

test_command_line() {
        assert_error 'nonsense' ctl nonsense
        assert_error 'nonsense' ctl --nonsense
        assert_error '.' ctl attach
        assert_ok ctl --version
        assert_ok ctl --help
        assert_match "$OUT" '^ *attach '
}

# Where the link to the image should be there is a directory: attached, and told.
test_directory_in_place_of_the_link() {
        mkdir -p "$HOST_ROOT/srv"
        image_pack squashfs "$SUITE_TMP/app" "$HOST_ROOT/srv/app_1.raw"
        host_run mkdir -p /run/portables/app_1.raw
        run ctl attach --runtime --no-reload /srv/app_1.raw
        assert_eq "$STATUS" 0
        assert_match "$ERR" "'/run/portables/app_1\.raw' is a directory, so no link to image '/srv/app_1\.raw' is made there and its name does not lead to it"
        assert_ok ctl -q detach --runtime --no-reload /srv/app_1.raw
        host_run rmdir /run/portables/app_1.raw
        # A link to just this image is one.
        host_run ln -s ../../srv/app_1.raw /run/portables/app_1.raw
        assert_ok ctl attach --runtime --no-reload /srv/app_1.raw
        assert_no_match "$ERR" 'so no link'
        assert_ok ctl -q detach --runtime --no-reload /srv/app_1.raw
        host_run rm -f /run/portables/app_1.raw
        rm "$HOST_ROOT/srv/app_1.raw"
}

# An option that the verb would ignore: the dry run of what cannot be tried deletes nothing.
test_option_of_another_verb() {
        image_put squashfs "$SUITE_TMP/app" app
        assert_error "^--dry-run does not go with 'remove'; it goes with attach, detach, reattach, apply$" ctl --dry-run remove app
        assert_error "^--force does not go with 'remove'; it goes with attach" ctl remove --force app
        assert_error "^--strict does not go with 'list'; it goes with attach, reattach, verify$" ctl --strict
        assert_exists /var/lib/portables/app.raw
}

suite_main "$@"
