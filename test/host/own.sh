#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Our own interface, org.portabled.Manager1: several images in one call, dry runs, all or none, warnings and signals.

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"

DRY_RUN=$((1 << 16))
ATOMIC=$((1 << 17))

suite_setup() {
        local name

        suite_host
        for name in one two three; do
                image_simple "$SUITE_TMP/$name" "$name" "ID=$name" 'VERSION_ID=1'
        done
        # Another image with a unit of the first.
        image_simple "$SUITE_TMP/clash" one 'ID=clash' 'VERSION_ID=1'
}

put_images() {
        local name

        for name in one two three clash; do
                image_put squashfs "$SUITE_TMP/$name" "${name}_1"
        done
}

# change VERB FLAGS IMAGE...: the call, with all units of each image; the reply as JSON.
change() {
        local verb=$1 flags=$2 image arguments=()
        shift 2

        for image in "$@"; do
                arguments+=("$image" 0)
        done
        host_run busctl --json=short call org.freedesktop.portable1 /org/freedesktop/portable1 \
                org.portabled.Manager1 Change 'sa(sas)assst' "$verb" $# "${arguments[@]}" 0 default '' "$flags"
}

# What has changed on disk since the test began: nothing, if the output is the same.
snapshot() {
        host_run sh -c 'find /etc/systemd /etc/portables /run/systemd/system.attached 2>/dev/null | sort' | grep -v portabled.lock
}

test_dry_run_tells_and_changes_nothing() {
        local before

        put_images
        before=$(snapshot)
        run change attach "$DRY_RUN" one_1 two_1
        assert_eq "$STATUS" 0
        assert_contains "$OUT" '"/etc/systemd/system.attached/one.service"'
        assert_contains "$OUT" '"/etc/systemd/system.attached/two.service"'
        assert_eq "$(snapshot)" "$before"
}

test_dry_run_is_what_attach_does() {
        local dry

        put_images
        dry=$(change attach "$DRY_RUN" one_1)
        assert_eq "$(change attach 0 one_1)" "$dry"
        dry=$(change detach "$DRY_RUN" one_1)
        assert_eq "$(change detach 0 one_1)" "$dry"
}

test_dry_run_refuses_as_attach_does() {
        put_images
        assert_ok change attach 0 one_1
        run change attach "$DRY_RUN" one_1
        assert_contains "$OUT" org.freedesktop.systemd1.UnitExists
        assert_ok change detach 0 one_1
}

test_one_refused_does_not_stop_the_others() {
        put_images
        run change attach 0 one_1 nosuch two_1
        assert_eq "$STATUS" 0
        assert_contains "$OUT" org.freedesktop.portable1.NoSuchImage
        assert_state one_1 attached
        assert_state two_1 attached
        assert_ok change detach 0 one_1 two_1
        assert_missing /etc/systemd/system.attached
}

test_atomic_is_all() {
        put_images
        assert_ok change attach "$ATOMIC" one_1 two_1 three_1
        assert_eq "$(attached_files | grep -vc /)" 3
        assert_ok change detach "$ATOMIC" one_1 two_1 three_1
        assert_missing /etc/systemd/system.attached
}

test_atomic_is_none() {
        local before

        put_images
        before=$(snapshot)
        run change attach "$ATOMIC" one_1 two_1 nosuch
        assert_match "$ERR" "Image 'nosuch'"
        assert_eq "$(snapshot)" "$before"
        run change attach "$ATOMIC" one_1 clash_1
        assert_match "$ERR" "Image 'clash_1': 'one.service' is brought by image 'one_1' of the same call, too"
        assert_eq "$(snapshot)" "$before"
}

test_atomic_of_one_image_twice_is_refused() {
        local before

        put_images
        before=$(snapshot)
        run change attach "$ATOMIC" one_1 one_1
        assert_match "$ERR" "Image 'one_1': The image is named twice"
        run change attach $((ATOMIC | DRY_RUN)) one_1 one_1
        assert_match "$ERR" "Image 'one_1': The image is named twice"
        assert_eq "$(snapshot)" "$before"
        assert_ok change attach 0 one_1
        assert_ok change detach "$ATOMIC" one_1 one_1
        assert_missing /etc/systemd/system.attached
}

test_atomic_calls_in_other_orders_do_not_wait_for_each_other() {
        put_images
        assert_ok host_run bash -c '
                call() {
                        busctl call org.freedesktop.portable1 /org/freedesktop/portable1 org.portabled.Manager1 \
                                Change "sa(sas)assst" "$1" 2 "$2" 0 "$3" 0 0 default "" "$4" >/dev/null 2>&1
                }
                for i in 1 2 3 4 5; do
                        call attach one_1 two_1 '"$ATOMIC"' & a=$!
                        call attach two_1 one_1 '"$ATOMIC"' & b=$!
                        wait $a; ra=$?
                        wait $b; rb=$?
                        [ $((ra + rb)) -eq 1 ] || exit 1
                        call detach one_1 two_1 '"$ATOMIC"' || exit 1
                done'
}

test_warnings() {
        image_tree "$SUITE_TMP/bare" 'ID=bare' 'VERSION_ID=1'
        image_unit "$SUITE_TMP/bare" bare.service
        rm "$SUITE_TMP/bare/etc/machine-id" "$SUITE_TMP/bare/usr/bin/service"
        image_put squashfs "$SUITE_TMP/bare" bare_1
        run change attach "$DRY_RUN" bare_1
        assert_contains "$OUT" 'has no /etc/machine-id to mount over'
        assert_contains "$OUT" "It starts '/usr/bin/service', which is not in the image"
        assert_match "$OUT" "2 warnings: bare\.service will not start under profile"
}

test_signals_and_state() {
        local object=/org/freedesktop/portable1/image/one_5f1

        put_images
        host_run sh -c 'busctl monitor --match "type=signal,path=/org/freedesktop/portable1" \
                --match "type=signal,path='$object'" >/tmp/signals 2>/tmp/monitor & echo $! >/tmp/monitor.pid'
        wait_until 10 host_run grep -q Monitoring /tmp/monitor
        assert_ok ctl -q attach --no-reload one_1
        assert_eq "$(host_run busctl get-property org.freedesktop.portable1 $object org.portabled.Image1 State)" \
                's "attached"'
        assert_ok ctl -q detach --no-reload one_1
        assert_eq "$(host_run busctl get-property org.freedesktop.portable1 $object org.portabled.Image1 State)" \
                's "detached"'
        wait_until 10 host_run grep -q ImageDetached /tmp/signals
        host_run sh -c 'kill "$(cat /tmp/monitor.pid)"'
        run host_run cat /tmp/signals
        assert_match "$OUT" 'Member=ImageAttached'
        assert_contains "$OUT" '"/var/lib/portables/one_1.raw"'
        assert_match "$OUT" 'Member=PropertiesChanged'
        host_run rm -f /tmp/signals /tmp/monitor /tmp/monitor.pid
}

test_nonsense_is_refused() {
        run change frobnicate 0 one_1
        assert_match "$ERR" "Unknown operation 'frobnicate'"
        run change attach 8 one_1
        assert_match "$ERR" "Invalid 'flags' parameter '8'"
        run change attach 0
        assert_match "$ERR" 'No image was named'
}

test_state_is_a_property_among_all() {
        put_images
        assert_ok host_run busctl call org.freedesktop.portable1 /org/freedesktop/portable1/image/one_5f1 \
                org.freedesktop.DBus.Properties GetAll s org.portabled.Image1
        assert_eq "$OUT" 'a{sv} 1 "State" s "detached"'
        assert_ok host_run busctl introspect --xml-interface org.freedesktop.portable1 \
                /org/freedesktop/portable1/image/one_5f1 org.portabled.Image1
        assert_match "$OUT" 'EmitsChangedSignal" value="false"'
}

test_removal_and_write_protection_are_told() {
        put_images
        host_run systemd-run -q --unit=listen -p StandardOutput=file:/run/signals \
                busctl monitor --json=short "--match=type='signal',interface='org.portabled.Manager1'"
        wait_until 20 host_run sh -c 'journalctl -q --no-pager | grep -q "became a monitor"'
        assert_ok ctl read-only one_1 true
        assert_ok ctl read-only one_1 false
        assert_ok ctl remove one_1
        wait_until 20 host_run grep -q ImageRemoved /run/signals
        host_run systemctl stop listen.service
        OUT=$(host_run cat /run/signals)
        host_run rm /run/signals
        assert_eq "$(grep -c '"member":"ImageChanged".*"data":\["one_1"\]' <<<"$OUT")" 2 'signals of read-only'
        assert_eq "$(grep -c '"member":"ImageRemoved".*"data":\["one_1"\]' <<<"$OUT")" 1 'signals of remove'
}

monitors() {
        host_run sh -c 'journalctl -q --no-pager | grep -c "became a monitor" || true'
}

one_more_monitor() {
        [ "$(monitors)" -gt "$1" ]
}

# Who follows a service learns what it ran from before: what was attached, by its path, also where that is the same image.
test_reattach_tells_what_was_replaced() {
        local before

        put_images
        image_put squashfs "$SUITE_TMP/one" one_2
        assert_ok ctl -q attach --no-reload one_1
        before=$(monitors)
        host_run systemd-run -q --unit=listen-reattach -p StandardOutput=file:/run/signals \
                busctl monitor --json=short "--match=type='signal',interface='org.portabled.Manager1',member='ImageReattached'"
        wait_until 20 one_more_monitor "$before"
        assert_ok ctl -q reattach --no-reload one_2
        assert_ok ctl -q reattach --no-reload one_2
        assert_ok ctl -q detach --no-reload one_2
        wait_until 20 host_run sh -c '[ "$(grep -c ImageReattached /run/signals)" = 2 ]'
        host_run systemctl stop listen-reattach.service
        OUT=$(host_run cat /run/signals)
        host_run rm /run/signals
        assert_eq "$(sed -n 's/.*"data"://p' <<<"$OUT")" \
                '["one_2","/var/lib/portables/one_2.raw",false,["one.service"],"/var/lib/portables/one_1.raw"]}}
["one_2","/var/lib/portables/one_2.raw",false,["one.service"],"/var/lib/portables/one_2.raw"]}}'
}

test_version_is_a_property() {
        local version

        version=$(host_run /usr/local/lib/systemd/systemd-portabled --version)
        assert_match "$version" '^portabled [0-9]'
        assert_eq "$(host_run_as nobody busctl get-property org.freedesktop.portable1 /org/freedesktop/portable1 \
                org.portabled.Manager1 Version)" "s \"${version#portabled }\""
}

suite_main "$@"
