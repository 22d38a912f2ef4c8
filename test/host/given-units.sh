#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Images that bring no units of their own run with unit files of the host: --unit=FILE.

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"

POOL=/var/lib/portables
UNITS=/srv/units

suite_setup() {
        suite_host
        VERSION=$(host_run systemctl --version | sed -n '1s/^systemd \([0-9]*\).*/\1/p')
        image_tree "$SUITE_TMP/foreign" 'ID=foreign' 'VERSION_ID=1'
        image_simple "$SUITE_TMP/own" own 'ID=own' 'VERSION_ID=1' 'PORTABLE_PREFIXES=own'
        mkdir -p "$SUITE_TMP/units/usr/lib/systemd/system"
        image_unit "$SUITE_TMP/units" web.service
        image_unit "$SUITE_TMP/units" web.socket 'ListenStream=' 'ListenStream=/run/web.sock'
}

# The units as a test finds them, in a directory of the host that goes with it.
units() {
        rm -rf "${HOST_ROOT:?}$UNITS"
        mkdir -p "$HOST_ROOT$UNITS"
        cp "$SUITE_TMP/units/usr/lib/systemd/system/"* "$HOST_ROOT$UNITS"
}

# change VERB IMAGE N PREFIX...: by the method of our own interface that has no unit files.
change() {
        local verb=$1
        shift

        host_run busctl call org.freedesktop.portable1 /org/freedesktop/portable1 org.portabled.Manager1 \
                Change 'sa(sas)assst' "$verb" 1 "$@" 0 default '' 0
}

test_any_image() {
        local kind

        units
        for kind in directory squashfs; do
                image_put $kind "$SUITE_TMP/foreign" foreign_1
                assert_error 'no unit files at all' ctl attach foreign_1 web
                assert_ok ctl attach --now --unit=$UNITS/web.service foreign_1
                assert_unit web.service active
                assert_match "$(dropin web.service)" "^# With the unit files '$UNITS/web\.service' in the place of those of the image\.$"
                assert_match "$(unit_log web.service)" 'ID=foreign'
                assert_eq "$(attached_files)" $'web.service\nweb.service.d/10-profile.conf\nweb.service.d/20-portable.conf'
                run ctl status foreign_1
                assert_match "$OUT" "Unit file: $UNITS/web\.service"
                [[ $OUT != *differs* && $OUT != *'no longer'* ]] || assert_fail 'status takes the unit for another one' "$OUT"
                assert_ok ctl detach --now foreign_1
                assert_missing /etc/systemd/system.attached
                rm -r "$HOST_ROOT$POOL"/foreign_1*
        done
        rm -r "$HOST_ROOT$UNITS"
}

test_reattach_keeps_them() {
        units
        image_put directory "$SUITE_TMP/foreign" foreign_1
        image_put directory "$SUITE_TMP/foreign" foreign_2
        assert_ok ctl attach --unit=$UNITS/web.service --unit=$UNITS/web.socket foreign_1
        printf 'Nice=7\n' >>"$HOST_ROOT$UNITS/web.service"
        assert_match "$(ctl status foreign_1)" 'web\.service .* differs'
        assert_ok ctl reattach foreign_2
        assert_match "$(dropin web.service)" "^# Drop-in created for image '$POOL/foreign_2'"
        assert_eq "$(host_run systemctl show -P Nice web.service)" 7
        assert_exists /etc/systemd/system.attached/web.socket
        # By the method of systemd's own client, with the prefix that follows from the name of the image, and by others
        # that say more.
        portable_call ReattachImage sassbs $POOL/foreign_1 1 foreign default false ''
        assert_match "$(dropin web.service)" "^# Drop-in created for image '$POOL/foreign_1'"
        assert_exists /etc/systemd/system.attached/web.socket
        # The same by a client that cannot look, as of another system: one prefix is what it makes of the image's name, and
        # another one is meant.
        assert_ok change reattach foreign_1 1 foreign
        assert_exists /etc/systemd/system.attached/web.service
        assert_exists /etc/systemd/system.attached/web.socket
        assert_ok change reattach foreign_1 1 web.socket
        assert_missing /etc/systemd/system.attached/web.service
        assert_ok change reattach foreign_1 0
        assert_exists /etc/systemd/system.attached/web.socket
        assert_ok ctl reattach foreign_1 web
        # One less.
        assert_ok ctl reattach --unit=$UNITS/web.service foreign_1
        assert_missing /etc/systemd/system.attached/web.socket
        rm "$HOST_ROOT$UNITS/web.service"
        assert_match "$(ctl status foreign_1)" 'web\.service .* is no longer'
        assert_error "There is no unit file '$UNITS/web\.service'" ctl reattach --quiet foreign_1
        assert_state foreign_1 attached
        assert_ok ctl detach foreign_1
        rm -r "$HOST_ROOT$UNITS"
}

test_in_place_of_its_own() {
        units
        image_put directory "$SUITE_TMP/own" own_1
        assert_ok ctl attach --unit=$UNITS/web.service own_1
        assert_missing /etc/systemd/system.attached/own.service
        assert_exists /etc/systemd/system.attached/web.service
        assert_ok ctl detach own_1
        assert_ok ctl attach --copy=symlink --unit=$UNITS/web.service own_1
        assert_eq "$(readlink "$HOST_ROOT/etc/systemd/system.attached/web.service")" $UNITS/web.service
        assert_no_match "$(ctl status own_1)" 'differs|no longer'
        assert_ok ctl reattach own_1
        assert_eq "$(readlink "$HOST_ROOT/etc/systemd/system.attached/web.service")" $UNITS/web.service
        assert_ok ctl detach own_1
        assert_exists $UNITS/web.service
        assert_ok ctl attach --unit=$UNITS/web.service --unit=$UNITS/web.socket own_1 web.socket
        assert_missing /etc/systemd/system.attached/web.service
        assert_ok ctl reattach own_1
        assert_missing /etc/systemd/system.attached/web.service
        assert_exists /etc/systemd/system.attached/web.socket
        assert_ok ctl detach own_1
        rm -r "$HOST_ROOT$UNITS"
}

test_checked_like_the_images_own() {
        units
        image_put directory "$SUITE_TMP/foreign" foreign_1
        printf 'ExecStartPre=+/usr/bin/true\n' >>"$HOST_ROOT$UNITS/web.service"
        printf '[Service]\nExecStart=/usr/bin/missing\n' >"$HOST_ROOT$UNITS/bad.service"
        run ctl attach --unit=$UNITS/web.service foreign_1
        assert_match "$ERR" 'ExecStartPre'
        assert_ok ctl detach foreign_1
        run ctl verify --unit=$UNITS/bad.service foreign_1
        assert_match "$OUT$ERR" '/usr/bin/missing'
        # A unit of the host is not replaced.
        host_run sh -c 'printf "[Service]\nExecStart=/bin/true\n" >/etc/systemd/system/bad.service'
        assert_error 'bad\.service' ctl attach --quiet --unit=$UNITS/bad.service foreign_1
        host_run rm /etc/systemd/system/bad.service
        rm -r "$HOST_ROOT$UNITS"
}

test_refused() {
        units
        image_put directory "$SUITE_TMP/foreign" foreign_1
        : >"$HOST_ROOT$UNITS/empty.service"
        mkdir "$HOST_ROOT$UNITS/directory.service" "$HOST_ROOT$UNITS/more"
        cp "$HOST_ROOT$UNITS/web.service" "$HOST_ROOT$UNITS/more"
        mkfifo "$HOST_ROOT$UNITS/fifo.service"
        ln -s /dev/zero "$HOST_ROOT$UNITS/zero.service"
        ln -s /dev/null "$HOST_ROOT$UNITS/null.service"
        ln -s loop.service "$HOST_ROOT$UNITS/loop.service"
        printf 'Environment=SECRET=1\n' >"$HOST_ROOT$UNITS/secret.service"
        chmod 0640 "$HOST_ROOT$UNITS/secret.service"
        ln -s /etc/shadow "$HOST_ROOT$UNITS/shadow.service"
        host_run sh -c 'test -e /etc/shadow || { : >/etc/shadow; chmod 0640 /etc/shadow; }'
        truncate -s 30M "$HOST_ROOT$UNITS/large.service"
        assert_error "There is no unit file '$UNITS/none\.service'" ctl attach --quiet --unit=$UNITS/none.service foreign_1
        assert_error 'is empty' ctl attach --quiet --unit=$UNITS/empty.service foreign_1
        assert_error 'not a regular file' ctl attach --quiet --unit=$UNITS/directory.service foreign_1
        assert_error 'not a regular file' ctl attach --quiet --unit=$UNITS/fifo.service foreign_1
        assert_error 'not a regular file' ctl attach --quiet --unit=$UNITS/zero.service foreign_1
        assert_error 'not a regular file' ctl attach --quiet --unit=$UNITS/null.service foreign_1
        assert_error 'may not be read by everybody' ctl attach --quiet --unit=$UNITS/secret.service foreign_1
        assert_error 'may not be read by everybody' ctl attach --quiet --unit=$UNITS/shadow.service foreign_1
        assert_error 'There is no unit file' ctl attach --quiet --unit=$UNITS/loop.service foreign_1
        assert_error "'$UNITS/large\.service' is larger than the 1048576 bytes allowed" ctl attach --quiet --unit=$UNITS/large.service foreign_1
        assert_error 'not absolute and normalized' \
                host_run busctl call org.freedesktop.portable1 /org/freedesktop/portable1 org.portabled.Manager1 \
                ChangeWithUnits 'sa(sas)asssast' attach 1 foreign_1 0 0 default '' 1 $UNITS/../units/web.service 131072
        assert_error 'not called as a unit' ctl attach --quiet --unit=/etc/passwd foreign_1
        assert_error 'are of one unit' ctl attach --quiet --unit=$UNITS/web.service --unit=$UNITS/more/web.service foreign_1
        assert_error "does not go with 'detach'" ctl detach --unit=$UNITS/web.service foreign_1
        assert_missing /etc/systemd/system.attached
        rm -r "$HOST_ROOT$UNITS"
}

test_offline() {
        units
        image_put directory "$SUITE_TMP/foreign" foreign_1
        assert_ok ctl --root=/ attach --unit=$UNITS/web.service foreign_1
        assert_match "$(dropin web.service)" "'$UNITS/web\.service'"
        assert_ok ctl --root=/ reattach foreign_1
        assert_match "$(dropin web.service)" "'$UNITS/web\.service'"
        assert_ok ctl --root=/ detach foreign_1
        rm -r "$HOST_ROOT$UNITS"
}

# As `importctl pull-oci -P` of 262 leaves an image: layers under names of their digests, hidden and shared by images,
# links to them, an rw, beside it what the registry says of it, and no unit of ours in any. On a tmpfs, as overlays of
# overlays do not start.
test_layers_on_a_socket() {
        local pool=/run/portables low=.oci-sha256:676577868de0 top=.oci-sha256:90d41d6a4fc2

        units
        printf '[Service]\nExecStart=/usr/bin/service\nType=notify\n' >"$HOST_ROOT$UNITS/web.service"
        host_run mkdir -p $pool/$low $pool/$top/usr/share $pool/oci.mstack/rw
        tar -C "$SUITE_TMP/foreign" -c . | host_run tar -x --no-same-owner -C $pool/$low
        host_run sh -c "cd $pool && rm $low/etc/machine-id $low/etc/resolv.conf && echo top >$top/usr/share/top &&
                ln -s ../$low oci.mstack/layer@0 && ln -s ../$top oci.mstack/layer@1 &&
                echo '[Exec]' >oci.nspawn && echo '{}' >oci.oci-config"
        assert_eq "$(ctl --no-legend list | cut -d ' ' -f 1)" oci 'neither layers nor settings are images'
        if [ "$VERSION" -lt 260 ]; then
                assert_error 'needs service manager 260' ctl attach --runtime --quiet --unit=$UNITS/web.service oci
        else
                run ctl verify --unit=$UNITS/web.service --unit=$UNITS/web.socket oci
                assert_eq "$STATUS" 0
                assert_match "$OUT" "^Layer: $pool/oci\.mstack/layer@1 \(leads to $pool/$top\)$"
                assert_ok ctl attach --runtime --now --unit=$UNITS/web.service --unit=$UNITS/web.socket oci
                assert_unit web.socket active
                host_run busctl call org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager StopUnit ss web.service replace >/dev/null
                host_run python3 -c 'import socket; s = socket.socket(socket.AF_UNIX); s.connect("/run/web.sock")'
                wait_until 10 host_run systemctl is-active web.service
                assert_match "$(unit_log web.service)" 'ID=foreign'
                assert_ok ctl reattach --runtime --now oci
                assert_unit web.socket active
                assert_ok ctl detach --runtime --now oci
        fi
        assert_ok ctl remove oci
        host_run sh -c "test -e $pool/$low/usr && ! test -e $pool/oci.mstack"
        host_run rm -r $pool
        rm -r "$HOST_ROOT$UNITS"
}

suite_main "$@"
