#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# trees: no
#
# File systems that do not answer, as NFS whose server is gone: one in user space whose process is stopped. Who asks for
# an image there waits for it, nobody else does.

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"
# shellcheck source=../lib/slow.sh
source "$SUITE_LIB/slow.sh"

FAR=/srv/far
FAR_UNIT=far.service

suite_setup() {
        suite_host
        image_simple "$SUITE_TMP/app" app 'ID=app' 'VERSION_ID=1'
        image_simple "$SUITE_TMP/slow" slow 'ID=slow'
        mkdir "$SUITE_TMP/far"
        image_pack squashfs "$SUITE_TMP/slow" "$SUITE_TMP/far/slow.raw"
        image_pack directory "$SUITE_TMP/slow" "$SUITE_TMP/far/tree"
        image_pack squashfs "$SUITE_TMP/far" "$HOST_ROOT/srv/far.squashfs"
        host_run mkdir $FAR
}

# mounted: the file system is there, and known to a daemon that starts now.
mounted() {
        image_put squashfs "$SUITE_TMP/app" app
        host_run systemd-run -q --unit=$FAR_UNIT squashfuse -f -o allow_other /srv/far.squashfs $FAR
        wait_until 10 host_run test -e $FAR/slow.raw
        host_run systemctl stop $UNIT
        assert_ok portable_call ListImages
}

# The client resolves paths itself, and would not come to the call.
attach_far() {
        begin attach env SYSTEMD_BUS_TIMEOUT=900 busctl call org.freedesktop.portable1 /org/freedesktop/portable1 \
                org.freedesktop.portable1.Manager AttachImage sassbs $FAR/slow.raw 0 default false ''
}

stall() {
        # What the kernel has in its cache it would answer itself.
        sleep 1.1
        host_run systemctl kill -s STOP $FAR_UNIT
}

unmounted() {
        host_run systemctl kill -s CONT $FAR_UNIT
        host_run systemctl stop $UNIT $FAR_UNIT
        wait_until 10 host_run sh -c "! mountpoint -q $FAR"
        host_run systemctl reset-failed $FAR_UNIT 2>/dev/null || true
}

test_attach_of_what_does_not_answer() {
        mounted
        stall
        attach_far
        begin inspect portablectl -q inspect $FAR/tree slow
        sleep 1
        still_runs attach
        still_runs inspect
        others_go_on
        still_runs attach
        host_run systemctl kill -s CONT $FAR_UNIT
        end attach
        assert_eq "$STATUS" 0 "status of the attach, which says $OUT"
        end inspect
        assert_eq "$STATUS" 0 "status of inspect, which says $OUT"
        assert_ok ctl -q detach --no-reload $FAR/slow.raw
        unmounted
}

link_there() {
        ln -s $FAR/slow.raw "$HOST_ROOT/var/lib/portables/slow.raw"
        ln -s $FAR/tree "$HOST_ROOT/var/lib/portables/tree"
        assert_ok portable_call ListImages
        assert_match "$OUT" '"slow" "raw"'
        assert_match "$OUT" '"tree" "directory"'
}

# What lies there is left out of lists, which a line in the log tells; asked for by name it is waited for.
test_images_in_the_search_path_that_do_not_answer() {
        local object=/org/freedesktop/portable1/image name

        mounted
        link_there
        stall
        begin usage env SYSTEMD_BUS_TIMEOUT=900 busctl get-property org.freedesktop.portable1 $object/slow org.freedesktop.portable1.Image Usage
        begin introspect env SYSTEMD_BUS_TIMEOUT=900 busctl introspect org.freedesktop.portable1 $object/tree
        begin release env SYSTEMD_BUS_TIMEOUT=900 busctl call org.freedesktop.portable1 $object/slow org.freedesktop.portable1.Image GetOSRelease
        begin by-name portablectl -q attach --no-reload slow
        sleep 1
        others_go_on
        assert_ok portable_call ListImages
        assert_match "$OUT" '"app" "raw"'
        assert_no_match "$OUT" '"(slow|tree)"'
        assert_ok ctl list
        assert_ok host_run busctl tree --list org.freedesktop.portable1
        assert_match "$OUT" "^$object/app$"
        assert_ok host_run busctl introspect org.freedesktop.portable1 $object/app
        assert_ok host_run busctl introspect org.freedesktop.portable1 /org/freedesktop/portable1
        assert_match "$(host_run journalctl -q -o cat -u $UNIT)" \
                "^'/var/lib/portables/slow\.raw' is left out of the list of images: its file system does not answer$"
        for name in usage introspect release by-name; do
                still_runs $name
        done
        host_run systemctl kill -s CONT $FAR_UNIT
        end usage
        assert_match "$OUT" '^t [0-9]'
        end release
        assert_match "$OUT" '"ID" "slow"'
        end introspect
        assert_match "$OUT" '^\.Type +property +s +"directory"'
        end by-name
        assert_eq "$STATUS:$OUT" 0:
        assert_ok portable_call ListImages
        assert_match "$OUT" '"slow" "raw"'
        assert_match "$OUT" '"tree" "directory"'
        assert_ok ctl -q detach --no-reload slow
        unmounted
}

# Many of them: the first that does not answer costs two seconds, the others little.
test_list_with_many_that_do_not_answer() {
        local start

        mounted
        link_there
        host_run sh -c "for i in \$(seq 30); do ln -s $FAR/slow.raw /var/lib/portables/far\$i.raw; done"
        stall
        start=$SECONDS
        assert_ok ctl --no-legend list
        assert_match "$OUT" '^app '
        assert_no_match "$OUT" '^(slow|tree|far)'
        [ $((SECONDS - start)) -le $((15 * HOST_PATIENCE)) ] || assert_fail "took $((SECONDS - start)) s"
        unmounted
}

# A worker that waits there can be told to end.
test_stop_during_a_stall() {
        host_run sh -c "mkdir -p /run/systemd/system/$UNIT.d
                printf '[Service]\nTimeoutStopSec=2s\n' >/run/systemd/system/$UNIT.d/test.conf; systemctl daemon-reload"
        mounted
        stall
        attach_far
        sleep 1
        still_runs attach
        assert_ok host_run systemctl stop $UNIT
        end attach
        assert_eq "$STATUS" 1
        others_go_on
        assert_missing /etc/systemd/system.attached
        host_run sh -c "rm -r /run/systemd/system/$UNIT.d; systemctl daemon-reload; systemctl reset-failed $UNIT" || true
        unmounted
}

suite_main "$@"
