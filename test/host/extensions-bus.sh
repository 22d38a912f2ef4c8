#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Images with extensions by the methods of image objects, and what the flags of force do and do not.

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"

suite_setup() {
        local layer

        suite_host
        image_simple "$SUITE_TMP/app" app 'ID=base' 'VERSION_ID=1'
        for layer in one two; do
                image_extension "$SUITE_TMP/$layer" $layer base 'VERSION_ID=1'
                image_unit "$SUITE_TMP/$layer" app-$layer.service
        done
}

put_layers() {
        image_put squashfs "$SUITE_TMP/app" app
        image_put squashfs "$SUITE_TMP/one" one
        image_put directory "$SUITE_TMP/two" two
}

# object_call METHOD [SIGNATURE ARGUMENT...]: calls a method of the object of the image app.
object_call() {
        host_run busctl call org.freedesktop.portable1 /org/freedesktop/portable1/image/app \
                org.freedesktop.portable1.Image "$@"
}

test_image_object() {
        put_layers
        assert_ok object_call GetMetadataWithExtensions asast 2 one two 0 0
        assert_contains "$OUT" '/var/lib/portables/one.raw'
        assert_contains "$OUT" 'app-two.service'
        assert_ok object_call AttachWithExtensions asassst 2 one two 0 default '' 0
        assert_contains "$OUT" '/etc/systemd/system.attached/app-one.service'
        assert_contains "$(dropin app.service | head -n 1)" '/var/lib/portables/app.raw:/var/lib/portables/one.raw:/var/lib/portables/two'
        assert_ok object_call GetStateWithExtensions ast 2 one two 0
        assert_eq "$OUT" 's "attached"'
        assert_ok object_call ReattachWithExtensions asassst 2 one two 0 default '' 0
        assert_contains "$OUT" '/etc/systemd/system.attached/app-one.service'
        assert_ok object_call ReattacheWithExtensions asassst 2 one two 0 default '' 0
        run object_call DetachWithExtensions ast 1 one 0
        [ "$STATUS" -ne 0 ] || assert_fail 'detached with one of two extensions'
        run object_call DetachWithExtensions ast 2 two one 0
        [ "$STATUS" -ne 0 ] || assert_fail 'detached with the extensions in another order'
        assert_ok object_call DetachWithExtensions ast 2 one two 0
        assert_missing /etc/systemd/system.attached
        assert_ok object_call GetStateWithExtensions ast 2 one two 0
        assert_eq "$OUT" 's "detached"'
}

test_image_object_runtime() {
        put_layers
        assert_ok object_call AttachWithExtensions asassst 1 two 0 default '' 1
        assert_exists /run/systemd/system.attached/app-two.service
        assert_ok object_call GetStateWithExtensions ast 1 two 0
        assert_eq "$OUT" 's "attached-runtime"'
        assert_ok object_call DetachWithExtensions ast 1 two 1
        assert_missing /run/systemd/system.attached
}

# Units of the same names that run from elsewhere: refused; the first flag lets it pass.
test_attach_while_units_run_elsewhere() {
        put_layers
        host_run systemd-run -q --unit=app-one sleep 1000
        assert_error "app-one\.service" ctl attach --quiet --extension=one app
        assert_missing /etc/systemd/system.attached
        assert_unit app-one.service active
        run object_call AttachWithExtensions asassst 1 one 0 default '' 4
        [ "$STATUS" -ne 0 ] || assert_fail 'the second flag forces what is for the first'
        assert_ok object_call AttachWithExtensions asassst 1 one 0 default '' 2
        assert_exists /etc/systemd/system.attached/app-one.service
        assert_unit app-one.service active
        assert_error 'is active' ctl detach --quiet --extension=one app
        assert_ok ctl detach --force --extension=one app
        assert_missing /etc/systemd/system.attached
        host_run systemctl stop app-one.service
}

# The second flag takes a release file of another name; the first does not.
test_each_flag_forces_its_own() {
        image_put squashfs "$SUITE_TMP/app" app
        image_put squashfs "$SUITE_TMP/one" renamed
        run object_call AttachWithExtensions asassst 1 renamed 0 default '' 2
        [ "$STATUS" -ne 0 ] || assert_fail 'the first flag forces what is for the second'
        assert_ok object_call AttachWithExtensions asassst 1 renamed 0 default '' 4
        assert_ok object_call DetachWithExtensions ast 1 renamed 0
        assert_missing /etc/systemd/system.attached
}

# Two services on one base, each with its own extension: told of and detached one by one.
test_two_services_on_one_base() {
        put_layers
        host_run rm "/var/lib/portables/app.raw"
        rm -rf "$SUITE_TMP/bare"
        image_tree "$SUITE_TMP/bare" 'ID=base' 'VERSION_ID=1'
        image_put squashfs "$SUITE_TMP/bare" app
        assert_ok ctl attach --extension=one app
        assert_ok ctl attach --now --extension=two app
        assert_state app running
        assert_state app attached --extension=one
        assert_state app running --extension=two
        assert_ok ctl detach --extension=one app
        assert_unit app-two.service active
        assert_missing /etc/systemd/system.attached/app-one.service
        assert_ok ctl detach --now --extension=two app
        assert_missing /etc/systemd/system.attached
}

# Files of the base and of both extensions gone: known and detached by name and by path all the same.
test_detach_when_all_files_are_gone() {
        put_layers
        assert_ok ctl attach --extension=one --extension=two app
        host_run sh -c 'rm -r /var/lib/portables/*'
        assert_state app attached --extension=one --extension=two
        assert_ok ctl detach --extension=one --extension=two app
        assert_missing /etc/systemd/system.attached
        put_layers
        assert_ok ctl attach --extension=one --extension=two app
        host_run sh -c 'rm -r /var/lib/portables/*'
        assert_ok ctl detach --extension=/var/lib/portables/one.raw --extension=/var/lib/portables/two \
                /var/lib/portables/app.raw
        assert_missing /etc/systemd/system.attached
        assert_eq "$(host_run find /etc/portables -mindepth 1)" ''
}

suite_main "$@"
