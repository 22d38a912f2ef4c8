#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Services on a base image and several extensions: they start from whatever kinds the layers are, a file of each layer
# is there to be read, and the image is reported and detached by name, by version and by path.

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"

# shellcheck disable=SC2034 # suite.sh's
SUITE_WHOLE=(every_profile partition_tables devices_of_the_unit)

# shellcheck disable=SC2034 # suite.sh's
SUITE_WHOLE=(every_profile partition_tables devices_of_the_unit)

READ='/usr/bin/service read /etc/base /usr/share/one /usr/share/two /etc/conf'

suite_setup() {
        local layer

        suite_host
        VERSION=$(host_run systemctl --version | sed -n '1s/^systemd \([0-9]*\).*/\1/p')
        image_simple "$SUITE_TMP/base" app 'ID=base' 'VERSION_ID=1' 'PORTABLE_PREFIXES=app'
        image_unit "$SUITE_TMP/base" app.service 'ExecStart=' "ExecStart=$READ"
        echo of-the-base >"$SUITE_TMP/base/etc/base"
        for layer in one two; do
                image_extension "$SUITE_TMP/$layer" $layer base 'VERSION_ID=1' 'PORTABLE_PREFIXES=app'
                image_unit "$SUITE_TMP/$layer" app-$layer.service 'ExecStart=' "ExecStart=$READ"
                mkdir "$SUITE_TMP/$layer/usr/share"
                echo of-$layer >"$SUITE_TMP/$layer/usr/share/$layer"
        done
        mkdir -p "$SUITE_TMP/conf/etc/extension-release.d"
        printf 'ID=base\nVERSION_ID=1\n' >"$SUITE_TMP/conf/etc/extension-release.d/extension-release.conf"
        echo of-conf >"$SUITE_TMP/conf/etc/conf"
}

# starts UNIT LAYER...: the service starts and reads the file of the base and of each layer.
starts() {
        local log layer

        assert_ok host_run systemctl start "$1"
        assert_unit "$1" active
        log=$(unit_log "$1")
        assert_match "$log" '^/etc/base: of-the-base$'
        for layer in "${@:2}"; do
                assert_match "$log" "^/(usr/share|etc)/$layer: of-$layer$"
        done
        host_run systemctl stop "$1"
}

# layered BASE_KIND FIRST_KIND SECOND_KIND [ATTACH_OPTION...]: everything with these.
layered() {
        local extensions=(--extension=one --extension=two)

        image_put "$1" "$SUITE_TMP/base" app
        image_put "$2" "$SUITE_TMP/one" one
        image_put "$3" "$SUITE_TMP/two" two
        assert_ok ctl attach "${@:4}" "${extensions[@]}" app
        assert_state app attached "${extensions[@]}"
        starts app.service one two
        starts app-one.service one two
        starts app-two.service one two
        assert_ok host_run systemctl start app-two.service
        assert_state app running "${extensions[@]}"
        assert_error 'app-two\.service' ctl detach "${extensions[@]}" app
        assert_ok ctl detach --now "${extensions[@]}" app
        assert_state app detached "${extensions[@]}"
        assert_missing /etc/systemd/system.attached
        host_run rm -rf "$(image_path "$1" app)" "$(image_path "$2" one)" "$(image_path "$3" two)"
}

test_raw_base() {
        layered squashfs squashfs squashfs
        layered squashfs squashfs directory
        layered squashfs directory squashfs
        layered squashfs directory directory
}

# Under a profile that hides devices the service manager needs to be told of the loop devices.
test_directory_base() {
        layered directory squashfs squashfs
        layered directory squashfs directory
        layered directory directory squashfs
        layered directory directory directory
}

test_partition_tables() {
        layered gpt gpt squashfs
        layered directory gpt erofs
}

test_every_profile() {
        local profile

        for profile in nonetwork strict trusted; do
                layered directory squashfs directory --profile=$profile
                layered squashfs squashfs directory --profile=$profile
        done
}

# A service that may use all devices keeps them.
test_no_devices_are_taken_away() {
        image_put directory "$SUITE_TMP/base" app
        image_put squashfs "$SUITE_TMP/one" one
        assert_ok ctl attach --profile=trusted --extension=one app
        assert_no_match "$(dropin app.service)" DeviceAllow
        assert_eq "$(host_run systemctl show -P DeviceAllow app.service)" ''
        assert_ok ctl detach --extension=one app
        assert_ok ctl attach --extension=one app
        assert_match "$(dropin app.service)" '^DeviceAllow=block-loop rwm$'
        assert_ok ctl detach --extension=one app
}

# devices_listed yes|no LINE...: whether the drop-in of a service with these lines lists devices; it starts anyway.
devices_listed() {
        local lines=("${@:2}")

        rm -rf "$SUITE_TMP/lines"
        cp -a "$SUITE_TMP/base" "$SUITE_TMP/lines"
        image_unit "$SUITE_TMP/lines" app.service 'ExecStart=' "ExecStart=$READ" "${lines[@]}"
        image_put directory "$SUITE_TMP/lines" app
        image_put squashfs "$SUITE_TMP/one" one
        assert_ok ctl attach --profile=trusted --extension=one app
        if [ "$1" = yes ]; then
                assert_match "$(dropin app.service)" '^DeviceAllow=block-loop rwm$'
        else
                assert_no_match "$(dropin app.service)" DeviceAllow
        fi
        starts app.service one
        assert_ok ctl detach --extension=one app
        host_run rm -rf /var/lib/portables/app
}

# What the unit says is read as the service manager reads it.
test_devices_of_the_unit() {
        devices_listed yes 'PrivateDevices=yes'
        devices_listed yes 'PrivateDevices=\' 'yes'
        devices_listed yes 'PrivateDevices=\' '# a comment \' '  yes'
        devices_listed yes 'PrivateDevices=yes' 'PrivateDevices=' 'PrivateDevices=nonsense'
        devices_listed no 'privatedevices=yes'
        devices_listed no 'PrivateDevices=yes' 'PrivateDevices=no'
}

# with_configuration BASE_KIND EXTENSION_KIND CONFIGURATION_KIND
with_configuration() {
        image_put "$1" "$SUITE_TMP/base" app
        image_put "$2" "$SUITE_TMP/one" one
        image_put "$3" "$SUITE_TMP/conf" conf
        assert_ok ctl attach --extension=conf --extension=one app
        starts app-one.service one conf
        starts app.service one conf
        assert_ok ctl detach --extension=conf --extension=one app
        assert_missing /etc/systemd/system.attached
        host_run rm -rf "$(image_path "$1" app)" "$(image_path "$2" one)" "$(image_path "$3" conf)"
}

test_configuration_extensions() {
        if [ "$VERSION" -ge 254 ]; then
                with_configuration squashfs squashfs squashfs
                with_configuration squashfs directory squashfs
                with_configuration directory squashfs directory
                with_configuration directory directory directory
                return
        fi
        # systemd 252 would not start the service.
        image_put squashfs "$SUITE_TMP/base" app
        image_put squashfs "$SUITE_TMP/conf" conf
        assert_error "Extension '/var/lib/portables/conf\.raw' needs configuration extensions, which the service manager has from version 254 on" \
                ctl attach --extension=conf app
        image_put directory "$SUITE_TMP/conf" tree
        assert_error 'tree' ctl attach --force --extension=tree app
        assert_missing /etc/systemd/system.attached
}

test_by_path() {
        local kind path extensions

        for kind in directory squashfs; do
                path=
                [ $kind = directory ] || path=.raw
                mkdir -p "$HOST_ROOT/srv/layers"
                image_pack $kind "$SUITE_TMP/base" "$HOST_ROOT/srv/layers/app$path"
                image_pack $kind "$SUITE_TMP/one" "$HOST_ROOT/srv/layers/one$path"
                image_pack squashfs "$SUITE_TMP/two" "$HOST_ROOT/srv/layers/two.raw"
                extensions=("--extension=/srv/layers/one$path" --extension=/srv/layers/two.raw)
                assert_ok ctl attach "${extensions[@]}" "/srv/layers/app$path"
                starts app.service one two
                assert_state "/srv/layers/app$path" attached "${extensions[@]}"
                assert_state app attached --extension=one --extension=two
                assert_ok ctl detach "${extensions[@]}" "/srv/layers/app$path"
                assert_missing /etc/systemd/system.attached
                assert_eq "$(host_run find /etc/portables -mindepth 1)" ''
                # Attached by path, found by name.
                assert_ok ctl attach "${extensions[@]}" "/srv/layers/app$path"
                assert_ok ctl detach --extension=one --extension=two app
                assert_missing /etc/systemd/system.attached
                host_run rm -r /srv/layers
        done
}

# The file names have versions, the release files of the extensions have not: systemd 252 takes that from raw ones
# when told to, from directories not at all.
test_by_version() {
        local extensions=(--extension=one_7 --extension=two_8)

        image_put squashfs "$SUITE_TMP/base" app_1
        image_put squashfs "$SUITE_TMP/one" one_7
        image_put squashfs "$SUITE_TMP/two" two_8
        assert_ok ctl attach "${extensions[@]}" app_1
        starts app.service one two
        assert_state app_1 attached "${extensions[@]}"
        assert_state app attached --extension=one --extension=two
        assert_match "$(ctl list --no-legend)" '^app_1 .* attached *$'
        assert_ok ctl detach "${extensions[@]}" app_1
        assert_missing /etc/systemd/system.attached
        assert_ok ctl attach "${extensions[@]}" app_1
        assert_ok ctl detach --extension=one --extension=two app
        assert_missing /etc/systemd/system.attached
}

test_directories_by_version() {
        image_put squashfs "$SUITE_TMP/base" app
        image_put directory "$SUITE_TMP/one" one_7
        if [ "$VERSION" -gt 252 ]; then
                assert_ok ctl attach --extension=one_7 app
                starts app.service one
                assert_ok ctl detach --extension=one_7 app
        else
                assert_error "Extension '/var/lib/portables/one_7' has no release file extension-release\.one_7," \
                        ctl attach --extension=one_7 app
        fi
        # With the whole name in it everyone takes it.
        host_run mv /var/lib/portables/one_7/usr/lib/extension-release.d/extension-release.one{,_7}
        assert_ok ctl attach --extension=one_7 app
        starts app.service one
        assert_ok ctl detach --extension=one_7 app
        assert_missing /etc/systemd/system.attached
}

# reattach with another version of an extension, while the service runs.
test_reattach_another_extension() {
        image_put squashfs "$SUITE_TMP/base" app
        image_put squashfs "$SUITE_TMP/one" one_1
        image_put squashfs "$SUITE_TMP/two" two
        assert_ok ctl attach --now --extension=one_1 --extension=two app
        host_run mv /var/lib/portables/one_1.raw /var/lib/portables/one_2.raw
        assert_ok ctl reattach --extension=one_2 --extension=two app
        assert_unit app.service active
        assert_match "$(dropin app.service)" '^LogExtraFields=PORTABLE_EXTENSION=one_2\.raw$'
        assert_ok host_run systemctl restart app.service
        assert_match "$(unit_log app.service)" '^/usr/share/one: of-one$'
        assert_ok ctl detach --now --extension=one_2 --extension=two app
        assert_missing /etc/systemd/system.attached
}

suite_main "$@"
