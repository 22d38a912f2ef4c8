#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# portablectl status: what is attached, its units, and whether the image still is what was attached.

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"

suite_setup() {
        suite_host
        image_simple "$SUITE_TMP/app" app 'ID=app' 'VERSION_ID=1'
        image_unit "$SUITE_TMP/app" app.socket
        image_unit "$SUITE_TMP/app" app@.service
        image_extension "$SUITE_TMP/ext" ext app 'VERSION_ID=1'
        image_unit "$SUITE_TMP/ext" app-ext.service
}

json() {
        "$SUITE_LIB/read-json" "$@" <<<"$OUT"
}

test_what_is_shown() {
        image_put squashfs "$SUITE_TMP/app" app_1
        assert_ok ctl attach --profile=trusted app_1
        host_run systemctl start app.service app@two.service
        host_run systemctl enable app.socket 2>/dev/null
        assert_ok ctl status app_1
        assert_match "$OUT" '^● app_1$'
        assert_match "$OUT" '^ +Image: /var/lib/portables/app_1\.raw$'
        assert_match "$OUT" '^ +Attached: /etc/systemd/system\.attached$'
        assert_match "$OUT" '^ +Profile: trusted$'
        assert_match "$OUT" '^ +Units: app\.service +active +disabled *$'
        assert_match "$OUT" '^ +app\.socket +inactive +enabled *$'
        assert_match "$OUT" '^ +app@\.service +active +(disabled|static) *$'
        assert_match "$OUT" '^ +Log: journalctl PORTABLE=app_1\.raw$'
        host_run journalctl --sync
        assert_ok host_run sh -c "$(sed -n 's/^ *Log: //p' <<<"$OUT") -q --no-pager"
        assert_match "$OUT" 'os-release: ID=app'
        host_run systemctl disable app.socket 2>/dev/null
        host_run systemctl stop app.service app@two.service
        assert_ok ctl detach app_1
}

# The instances of a template by name, and what runs on from before.
test_what_still_runs() {
        image_put squashfs "$SUITE_TMP/app" app_1
        assert_ok ctl attach app_1
        host_run systemctl start app.service app@one.service app@two.service
        assert_ok ctl status app_1
        assert_no_match "$OUT" 'still runs'
        assert_match "$OUT" '^ +app@\.service +active '
        assert_match "$OUT" '^ +app@one\.service +active *$'
        assert_ok ctl reattach app_1
        host_run systemctl restart app@two.service
        assert_ok ctl status app_1
        assert_match "$OUT" 'app\.service +active +disabled +still runs from before the last reattach$'
        assert_match "$OUT" '^ +app@one\.service +active +still runs from before the last reattach$'
        assert_match "$OUT" '^ +app@two\.service +active *$'
        image_put squashfs "$SUITE_TMP/app" new_1
        host_run mv /var/lib/portables/new_1.raw /var/lib/portables/app_1.raw
        assert_ok ctl -j status app_1
        assert_eq "$(json attachments 0 units 2 instances)" \
                '[{"name":"app@one.service","active":"active","runs":"previous"},{"name":"app@two.service","active":"active","runs":"replaced"}]'
        assert_eq "$(json attachments 0 units 0 runs)" previous
        assert_error "Unit 'app.service' is active" ctl detach app_1
        host_run systemctl stop app.service
        assert_error "Unit 'app@\.service' has 2 active instances, not detaching \(stop with: systemctl stop 'app@one\.service' 'app@two\.service'" \
                ctl detach app_1
        host_run systemctl stop app@one.service app@two.service
        assert_ok ctl detach app_1
}

test_json_and_policy() {
        local pin

        image_put squashfs "$SUITE_TMP/app" app_1
        assert_ok ctl attach --runtime app_1
        assert_ok ctl -j status app_1
        assert_eq "$(json image)" app_1
        assert_eq "$(json state)" attached-runtime
        assert_eq "$(json attachments 0 paths)" '["/var/lib/portables/app_1.raw"]'
        assert_eq "$(json attachments 0 missing)" '[]'
        assert_eq "$(json attachments 0 directory)" /run/systemd/system.attached
        assert_eq "$(json attachments 0 runtime)" true
        assert_eq "$(json attachments 0 profile)" default
        pin=$(host_run sed -n 's/^RootImagePolicy=//p' /run/systemd/system.attached/app.service.d/20-portable.conf)
        assert_eq "$(json attachments 0 policy)" "${pin:-null}"
        assert_eq "$(json attachments 0 units 0)" \
                '{"name":"app.service","active":"inactive","file_state":"disabled","content":"same","runs":null,"instances":[]}'
        assert_eq "$(json attachments 0 journal_match)" PORTABLE=app_1.raw
        assert_eq "$(json unfinished)" '[]'
        host_run systemctl start app.socket
        assert_ok ctl -j status app_1
        assert_eq "$(json state)" running-runtime
        host_run systemctl stop app.socket
        assert_ok ctl detach --runtime app_1
}

test_drift() {
        local tree

        image_put directory "$SUITE_TMP/app" app_1
        assert_ok ctl attach app_1
        tree=$HOST_ROOT/var/lib/portables/app_1
        echo '# changed' >>"$tree/usr/lib/systemd/system/app.service"
        rm "$tree/usr/lib/systemd/system/app.socket"
        assert_ok ctl status app_1
        assert_match "$OUT" 'app\.service +inactive +disabled +differs from the one in the image$'
        assert_match "$OUT" 'app\.socket +inactive +disabled +is no longer in the image$'
        assert_ok ctl -j status app_1
        assert_eq "$(json attachments 0 units 0 content) $(json attachments 0 units 1 content) $(json attachments 0 units 2 content)" \
                'changed gone same'
        rm "$tree/usr/lib/os-release" "$tree/etc/os-release"
        assert_ok ctl status app_1
        assert_match "$OUT" '^ +Unread: .*os-release'
        rm -r "$tree"
        assert_ok ctl status app_1
        assert_match "$OUT" '^ +Image: /var/lib/portables/app_1 \(is not there\)$'
        assert_ok ctl -j status app_1
        assert_eq "$(json attachments 0 missing)" '["/var/lib/portables/app_1"]'
        assert_eq "$(json attachments 0 units 0 content)" null
        assert_ok ctl detach app_1
}

test_profiles() {
        image_put directory "$SUITE_TMP/app" app_1
        host_run sh -c 'printf "[Service]\n" >/opt/own.conf'
        assert_ok ctl attach --profile=/opt/own.conf app_1
        assert_ok ctl -j status app_1
        assert_eq "$(json attachments 0 profile)" /opt/own.conf
        assert_ok ctl reattach --copy=copy app_1
        assert_ok ctl -j status app_1
        assert_eq "$(json attachments 0 profile)" copy
        assert_ok ctl detach app_1
        host_run rm /opt/own.conf
}

test_extensions() {
        image_put directory "$SUITE_TMP/app" app_1
        image_put squashfs "$SUITE_TMP/ext" ext
        assert_ok ctl attach --extension=ext app_1
        assert_ok ctl status ext
        assert_match "$OUT" '^ +Extension: /var/lib/portables/ext\.raw$'
        assert_match "$OUT" 'app-ext\.service +inactive'
        assert_match "$OUT" '^ +Log: journalctl PORTABLE_ROOT=app_1$'
        assert_no_match "$OUT" 'differs|no longer|Unread'
        assert_ok ctl detach --extension=ext app_1
}

test_all_and_several() {
        image_put directory "$SUITE_TMP/app" app_1
        image_put squashfs "$SUITE_TMP/app" other_1
        assert_ok ctl status
        assert_eq "$OUT" 'Nothing is attached'
        assert_ok ctl --no-legend status
        assert_eq "$OUT" ''
        assert_ok ctl attach app_1
        assert_ok ctl attach --runtime --force other_1 app
        assert_ok ctl status
        assert_eq "$(grep -c '^● ' <<<"$OUT")" 2
        assert_match "$OUT" 'Attached: /run/systemd/system\.attached \(until the next boot\)'
        assert_ok ctl -j status
        assert_eq "$(json image)" null
        assert_eq "$(json attachments 1 paths 0)" /var/lib/portables/other_1.raw
        run ctl status app_1 nothing other_1
        assert_eq "$STATUS" 3
        assert_eq "$ERR" "Image 'nothing' is not attached"
        assert_eq "$(grep -c '^● ' <<<"$OUT")" 2
        run ctl -j status nothing
        assert_eq "$STATUS$ERR" 3
        assert_eq "$(json state) $(json attachments)" 'detached []'
        assert_ok ctl detach --runtime other_1
        assert_ok ctl detach app_1
}

test_unfinished_operations() {
        host_run mkdir -m 0700 /etc/systemd/.portabled-0123456789abcdef
        assert_ok ctl status
        assert_match "$OUT" '^Unfinished: /etc/systemd/\.portabled-0123456789abcdef '
        assert_ok ctl -j status
        assert_eq "$(json unfinished)" '["/etc/systemd/.portabled-0123456789abcdef"]'
        image_put directory "$SUITE_TMP/app" app_1
        assert_ok ctl attach app_1
        assert_ok ctl status
        assert_no_match "$OUT" Unfinished
        assert_ok ctl detach app_1
}

# Everyone may look; nobody is asked for a password.
test_unprivileged() {
        image_put directory "$SUITE_TMP/app" app_1
        host_run cp -a /var/lib/portables/app_1 /opt/app_2
        assert_ok ctl attach app_1
        assert_ok host_run_as nobody portablectl -j status app_1
        assert_eq "$(json attachments 0 units 0 content)" same
        assert_ok ctl detach app_1
        assert_ok ctl attach /opt/app_2
        assert_ok host_run_as nobody portablectl -j status app_2
        assert_eq "$(json attachments 0 units 0 content)" null
        assert_no_match "$(json attachments 0 unread)" '^null$'
        assert_ok ctl detach app_2
        host_run rm -r /opt/app_2
}

test_in_a_tree() {
        image_put directory "$SUITE_TMP/app" app_1
        assert_ok ctl attach app_1
        host_run systemctl enable app.service 2>/dev/null
        assert_ok ctl --root=/ -j status app_1
        assert_eq "$(json attachments 0 units 0)" '{"name":"app.service","active":null,"file_state":"enabled","content":"same","runs":null,"instances":[]}'
        host_run systemctl disable app.service 2>/dev/null
        assert_ok ctl detach app_1
        assert_error 'cannot do so on another one' ctl -H box status
}

# state_row NAME LISTED PRINTED QUIET JSON STATUS METHOD PROPERTY NOTE: one name, by each of the seven ways to ask for its
# state. LISTED and PROPERTY "-": there is no such image. JSON: state, attached and version.
state_row() {
        local bus=(busctl call org.freedesktop.portable1) object=/org/freedesktop/portable1/image/$(sed 's/_/_5f/; s/\./_2e/' <<<"$1")

        assert_eq "$(ctl list --no-legend | sed -n "s/^$1 .* \([a-z-]*\) *$/\1/p")" "${2#-}" "list: $1"
        assert_ok ctl is-attached "$1"
        assert_eq "$OUT" "$3" "is-attached: $1"
        assert_eq "$ERR" "$9" "note of is-attached: $1"
        run ctl is-attached --quiet "$1"
        assert_eq "$STATUS:$OUT:$ERR" "$4::" "is-attached --quiet: $1"
        assert_ok ctl -j is-attached "$1"
        assert_eq "$(json state) $(json attached) $(json version)" "$5" "JSON: $1"
        run ctl status "$1"
        assert_eq "$STATUS" "$6" "status: $1"
        run ctl -j status "$1"
        assert_eq "$STATUS $(json state) $(json version)" "$6 ${5%% *} ${5##* }" "JSON of status: $1"
        assert_eq "$(host_run "${bus[@]}" /org/freedesktop/portable1 org.freedesktop.portable1.Manager GetImageState s "$1")" \
                "s \"$7\"" "GetImageState: $1"
        [ "$8" = - ] || assert_eq "$(host_run busctl get-property org.freedesktop.portable1 "$object" org.portabled.Image1 State)" \
                "s \"$8\"" "State: $1"
        assert_eq "$(host_run "${bus[@]}" /org/freedesktop/portable1 org.portabled.Manager1 GetState sas "$1" 0 | cut -d ' ' -f 2)" \
                "\"${5%% *}\"" "GetState: $1"
}

# Attached for good and until the next boot: what the service manager loads counts, as with the peer.
test_attached_twice() {
        image_put squashfs "$SUITE_TMP/app" app_1.4
        assert_ok ctl attach --runtime --no-reload app_1.4
        assert_eq "$(ctl is-attached app_1.4)" attached-runtime
        assert_ok ctl attach --force --no-reload app_1.4
        assert_eq "$(ctl is-attached app_1.4)" attached
        assert_ok ctl -j status app_1.4
        assert_eq "$(json state)" attached
        assert_ok ctl detach --no-reload app_1.4
        assert_eq "$(ctl is-attached app_1.4)" attached-runtime
        assert_ok ctl detach --runtime --no-reload app_1.4
        assert_eq "$(ctl is-attached app_1.4)" detached
}

test_seven_ways_to_ask() {
        image_put squashfs "$SUITE_TMP/app" app_1.4
        image_put squashfs "$SUITE_TMP/app" app_1.5
        image_put squashfs "$SUITE_TMP/app" other
        assert_ok ctl attach --runtime --no-reload app_1.4
        #         name    list             is-attached      -q JSON                               status GetImageState State
        state_row app_1.4 attached-runtime attached-runtime 0 'attached-runtime true app_1.4' 0 attached-runtime attached-runtime ''
        state_row app_1.5 detached         attached-runtime 1 'detached false app_1.4'        3 attached-runtime detached \
                "(Image 'app_1.4' is attached, not 'app_1.5'.)"
        state_row app_9.9 -                attached-runtime 1 'detached false app_1.4'        3 attached-runtime - \
                "(Image 'app_1.4' is attached, not 'app_9.9'.)"
        # A name without a version asks for any.
        state_row app     -                attached-runtime 0 'attached-runtime true app_1.4' 0 attached-runtime - ''
        state_row other   detached         detached         1 'detached false null'           3 detached detached ''
        assert_error "^Image 'app_1.5' is not attached; 'app_1.4' is$" ctl status app_1.5
        # By path, too.
        run ctl is-attached -q /var/lib/portables/app_1.5.raw
        assert_eq "$STATUS" 1
        assert_ok ctl is-attached -q /var/lib/portables/app_1.4.raw
        run host_run portablectl --root=/ is-attached -q app_1.5
        assert_eq "$STATUS" 1
        assert_ok ctl detach --runtime --no-reload app_1.4
}

# The image is right and an extension is another version.
test_state_with_other_extension() {
        local note="(Image 'app_1' is attached, though not with exactly these extensions.)"

        image_put squashfs "$SUITE_TMP/app" app_1
        image_put squashfs "$SUITE_TMP/ext" ext_1
        assert_ok ctl attach --force --no-reload --extension=ext_1 app_1
        assert_ok ctl is-attached -q --extension=ext_1 app_1
        assert_ok ctl is-attached -q app_1
        assert_ok ctl is-attached -q ext_1
        run ctl is-attached -q --extension=ext_2 app_1
        assert_eq "$STATUS" 1
        assert_ok ctl is-attached --extension=ext_2 app_1
        assert_eq "$OUT $ERR" "attached $note"
        assert_error "Image 'app_1' is attached with other extensions than that: give --extension=ext_1$" ctl detach app_1
        assert_error "Image 'app_1' is attached with other extensions than that: give --extension=ext_1$" ctl reattach app_1
        assert_ok ctl detach --no-reload --extension=ext_1 app_1
}

suite_main "$@"
