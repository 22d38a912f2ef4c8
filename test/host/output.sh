#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# How the client prints: tables, legends, colours, arrows, quiet.

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"

suite_setup() {
        suite_host
        image_simple "$SUITE_TMP/app" app 'ID=app' 'VERSION_ID=1'
}

# on_terminal COMMAND: in the host, on a pseudo terminal.
on_terminal() {
        host_run env TERM=xterm-256color script -qec "$1" /dev/null </dev/null
}

test_list() {
        image_put squashfs "$SUITE_TMP/app" beta
        image_put directory "$SUITE_TMP/app" alpha
        image_put squashfs "$SUITE_TMP/app" .hidden
        assert_ok ctl list
        assert_match "$OUT" '^NAME +TYPE +RO +CRTIME +MTIME +USAGE +STATE *$'
        assert_match "$OUT" '^alpha +directory +no .* detached *$'
        assert_match "$OUT" '^beta +raw +no +... 20..-..-.. ..:..:.. UTC +... 20.* +[0-9.]+K +detached *$'
        assert_match "$OUT" '^2 images listed\.$'
        assert_eq "$(grep -oE '^(alpha|beta)' <<<"$OUT" | tr '\n' ' ')" 'alpha beta ' 'sorted by name'
        assert_no_match "$OUT" hidden
}

# Patterns, states, types, order, columns; of JSON, too.
test_list_choice() {
        image_put squashfs "$SUITE_TMP/app" app
        image_put directory "$SUITE_TMP/app" web_1.9
        image_put directory "$SUITE_TMP/app" web_1.10
        assert_ok ctl attach -q app
        assert_ok ctl list --no-legend --columns=name 'web*'
        assert_eq "$OUT" $'web_1.10\nweb_1.9'
        assert_ok ctl list --no-legend --columns=name,version --type=directory --sort=version
        assert_eq "$(tr -s ' ' <<<"$OUT")" $'web_1.10 1.10\nweb_1.9 1.9'
        assert_ok ctl list --no-legend --columns=state,name --state=attached
        assert_eq "$OUT" 'attached app'
        assert_ok ctl list --no-legend nothing
        assert_eq "$OUT" ''
        assert_ok ctl list -j --state=attached,running
        assert_match "$OUT" '^\[\{"name":"app",[^{]*\}\]$'
        run ctl list --state=atached
        assert_eq "$STATUS $ERR" "1 --state= does not take 'atached'; it takes detached, attached, attached-runtime, enabled, \
enabled-runtime, running, running-runtime"
        run ctl attach --state=attached app
        assert_match "$ERR" "^--state does not go with 'attach'; it goes with list$"
        run ctl list -j --columns=name
        [ "$STATUS" -ne 0 ] || assert_fail 'columns of JSON were taken'
        assert_ok ctl detach -q app
}

# What is attached and gone is in no directory, but runs on: it is to be seen, and as what it is.
test_missing_is_listed() {
        local pool=$HOST_ROOT/var/lib/portables

        image_put squashfs "$SUITE_TMP/app" app_1
        image_put directory "$SUITE_TMP/app" web_1
        assert_ok ctl attach -q app_1 app
        host_run systemctl start app.service
        mv "$pool/app_1.raw" "$HOST_ROOT/srv/"
        assert_ok ctl list
        assert_match "$OUT" '^app_1 +missing +- +- +- +running *$'
        assert_match "$OUT" '^web_1 +directory '
        assert_match "$OUT" '^2 images listed\.$'
        assert_ok ctl list --no-legend --columns=name,path --type=missing
        assert_eq "$(tr -s ' ' <<<"$OUT")" 'app_1 /var/lib/portables/app_1.raw'
        assert_ok ctl list -j --state=running
        assert_eq "$OUT" '[{"name":"app_1","type":"missing","read_only":false,"crtime":null,"mtime":null,"usage":null,"state":"running"}]'
        assert_ok ctl --root=/ list --no-legend
        assert_match "$OUT" '^app_1 +missing '
        # What is on the bus is what systemd's own has: images that are there.
        assert_ok portable_call ListImages
        assert_no_match "$OUT" app_1
        # One of that name elsewhere is what the name means.
        image_put directory "$SUITE_TMP/app" app_1
        assert_ok ctl list --no-legend
        assert_match "$OUT" '^app_1 +directory .* running *$'
        assert_no_match "$OUT" 'missing'
        rm -r "$pool/app_1"
        mv "$HOST_ROOT/srv/app_1.raw" "$pool/"
        assert_ok ctl list --type=missing
        assert_eq "$OUT" 'No images.'
        assert_ok ctl detach -q --now app_1
}

test_list_profile_and_path() {
        image_put squashfs "$SUITE_TMP/app" app_1
        image_put directory "$SUITE_TMP/app" web_1
        assert_ok ctl attach -q --profile=strict app_1 app
        assert_ok ctl list --no-legend --columns=name,profile,path
        assert_eq "$(tr -s ' ' <<<"$OUT" | sed 's/ *$//')" $'app_1 strict /var/lib/portables/app_1.raw\nweb_1 - /var/lib/portables/web_1'
        assert_ok ctl list --no-legend --columns=name --sort=path
        assert_eq "$OUT" $'app_1\nweb_1'
        assert_ok ctl list --no-legend --columns=name --sort=profile
        assert_eq "$OUT" $'web_1\napp_1'
        assert_ok ctl --root=/ list --no-legend --columns=profile,path app_1
        assert_eq "$(tr -s ' ' <<<"$OUT")" 'strict /var/lib/portables/app_1.raw'
        assert_ok ctl -M .host list --no-legend --columns=path app_1
        assert_eq "$OUT" /var/lib/portables/app_1.raw
        assert_error 'The column profile is read from files of the system' ctl -M .host list --columns=profile
        assert_error 'The column definition is read from files of the system' ctl -M .host list --columns=definition
        assert_ok ctl detach -q app_1
}

test_list_definition() {
        local definitions=/etc/systemd/portable

        image_put squashfs "$SUITE_TMP/app" app_1
        image_put directory "$SUITE_TMP/app" other_1
        host_run mkdir -p $definitions
        printf '[Portable]\nImage=app\n' | host_run tee $definitions/shop.portable >/dev/null
        assert_ok ctl apply
        assert_ok ctl list --no-legend --columns=name,definition
        assert_eq "$(tr -s ' ' <<<"$OUT" | sed 's/ *$//')" $'app_1 shop\nother_1 -'
        assert_ok ctl list --no-legend --columns=name --sort=definition
        assert_eq "$OUT" $'other_1\napp_1'
        host_run rm -r $definitions
        assert_ok ctl apply --prune
}

# What is nearly a command, an option or an image.
test_did_you_mean() {
        run ctl atach app
        assert_eq "$STATUS $ERR" "1 Unknown command 'atach' (did you mean 'attach'?); see portablectl --help"
        run ctl attach --enbale app
        assert_match "$ERR" "^Did you mean '--enable'\?$"
        run ctl attach --nonsense app
        assert_no_match "$ERR" 'mean'
        image_put squashfs "$SUITE_TMP/app" app
        run host_run sh -c 'cd /var/lib && touch out.raw && portablectl attach out.raw'
        assert_match "$ERR" "^Failed to attach image 'out.raw': No image 'out.raw' found\. \(did you mean the file './out.raw'\?\)$"
        run host_run sh -c 'cd /var/lib && portablectl inspect out.raw; rm out.raw'
        assert_match "$ERR" "\(did you mean the file './out.raw'\?\)$"
        image_put directory "$SUITE_TMP/app" web_1.9
        image_put directory "$SUITE_TMP/app" web_1.10
        assert_error "^Failed to attach image 'web': No image 'web' found\. \(did you mean 'web_1\.10'\?\)$" ctl attach web
        assert_error "No image 'apq' found\. \(did you mean 'app'\?\)$" ctl inspect apq
        assert_error "No image 'apq' found\. \(did you mean 'app'\?\)$" ctl --root=/ inspect apq
        assert_error "No image 'apq' found\. \(did you mean 'app'\?\)$" ctl -M .host inspect apq
        assert_error "image 'apq': No image 'apq' found\. \(did you mean 'app'\?\)$" ctl remove apq web_1.9
        assert_error "did you mean 'web_1\.10'" ctl inspect --extension=wbe app
        assert_error "No image 'something' found\.$" ctl inspect something
        run ctl attach app other.raw
        assert_match "$ERR" "\('other.raw' counts as a prefix of units there, not as an image\)$"
}

test_list_without_legend() {
        image_put squashfs "$SUITE_TMP/app" app
        assert_ok ctl --no-legend list
        assert_eq "$(wc -l <<<"$OUT")" 1
        assert_match "$OUT" '^app +raw'
        assert_ok ctl
        assert_match "$OUT" '^1 image listed\.$'
}

test_empty_list() {
        assert_ok ctl list
        assert_eq "$OUT" 'No images.'
        assert_ok ctl --no-legend list
        assert_eq "$OUT" ''
}

test_read_only_column() {
        image_put squashfs "$SUITE_TMP/app" app
        chmod a-w "$HOST_ROOT/var/lib/portables/app.raw"
        assert_ok ctl --no-legend list
        assert_match "$OUT" '^app +raw +yes '
}

test_inspect() {
        image_tree "$SUITE_TMP/full" 'ID=app' 'VERSION_ID=1' 'PRETTY_NAME="An OS"' 'PORTABLE_PRETTY_NAME="A Service"'
        image_unit "$SUITE_TMP/full" app.service
        image_unit "$SUITE_TMP/full" app-extra.socket
        image_put squashfs "$SUITE_TMP/full" app
        assert_ok ctl inspect app
        assert_eq "$OUT" "$(printf '%s\n\t%s\n' Image: /var/lib/portables/app.raw 'Portable Service:' 'A Service' \
                'Operating System:' 'An OS' 'Unit files:' app-extra.socket; printf '\tapp.service')"
}

# On a terminal, or when it is asked for; a pipe gets what systemd's own tells.
test_inspect_details() {
        local short

        image_put gpt "$SUITE_TMP/app" app
        image_extension "$SUITE_TMP/ext" ext other 'VERSION_ID=9'
        image_put directory "$SUITE_TMP/ext" ext
        assert_ok ctl inspect --extension=ext app
        short=$OUT
        assert_ok ctl -v inspect --extension=ext app
        assert_eq "${OUT%"${OUT#"$short"}"}" "$short" 'what a pipe gets comes first'
        assert_contains "$(sed -E 's/[0-9.]+[KM]/SIZE/' <<<"$OUT")" "$(printf '%s\n' 'Image details:' \
                $'\t/var/lib/portables/app.raw' $'\tType: raw' $'\tSize: SIZE' $'\tVersion: app_1' \
                $'\tPartition 1: root, squashfs, SIZE, unprotected')"
        assert_contains "$OUT" "$(printf '%s\n' 'Extension details:' $'\t/var/lib/portables/ext' $'\tType: directory' $'\tDoes not fit: ')"
        assert_match "$OUT" $'\tDoes not fit: .*/var/lib/portables/ext.* it is for ID=other'
        host_run script -qec 'portablectl --no-pager inspect app' /dev/null >"$SUITE_TMP/shown"
        assert_contains "$(tr -d '\r' <"$SUITE_TMP/shown")" $'\tPartition 1: root, squashfs, '
        host_run script -qec 'portablectl --no-pager inspect --cat app' /dev/null >"$SUITE_TMP/shown"
        assert_no_match "$(cat "$SUITE_TMP/shown")" 'Partition 1'
}

test_inspect_cat() {
        image_put squashfs "$SUITE_TMP/app" app
        assert_ok ctl inspect --cat app
        assert_contains "$OUT" "$(printf -- '-- OS Release: --\nID=app\nVERSION_ID=1\n\n-- Unit file: app.service --\n[Unit]')"
}

test_colours_only_on_a_terminal() {
        local escape=$'\e'

        image_put squashfs "$SUITE_TMP/app" app
        assert_ok ctl attach -q app
        assert_ok ctl list
        assert_no_match "$OUT" "$escape"
        assert_match "$(on_terminal 'portablectl list --no-pager')" "$escape"
        assert_no_match "$(on_terminal 'NO_COLOR=1 portablectl list --no-pager')" "$escape"
        assert_no_match "$(on_terminal 'SYSTEMD_COLORS=0 portablectl list --no-pager')" "$escape"
        assert_no_match "$(on_terminal 'TERM=dumb portablectl list --no-pager')" "$escape"
        assert_ok ctl detach -q app
}

test_arrows_only_in_unicode() {
        image_put squashfs "$SUITE_TMP/app" app
        assert_ok host_run env LANG=C.UTF-8 portablectl attach app
        assert_match "$OUT$ERR" '^Created symlink .* → '
        assert_ok ctl detach app
        assert_ok host_run env LANG=C portablectl attach app
        assert_match "$OUT$ERR" '^Created symlink .* -> '
        assert_ok ctl detach app
}

test_pager_only_on_a_terminal() {
        host_run sh -c 'printf "#!/bin/sh\necho PAGED\ncat\n" >/run/pager; chmod +x /run/pager'
        image_put squashfs "$SUITE_TMP/app" app
        assert_match "$(on_terminal 'LINES=4 SYSTEMD_PAGERSECURE=0 SYSTEMD_PAGER=/run/pager portablectl list')" PAGED
        assert_no_match "$(on_terminal 'LINES=5 SYSTEMD_PAGERSECURE=0 SYSTEMD_PAGER=/run/pager portablectl list')" PAGED
        assert_no_match "$(on_terminal 'LINES=4 TERM=dumb SYSTEMD_PAGERSECURE=0 SYSTEMD_PAGER=/run/pager portablectl list')" PAGED
        assert_no_match "$(on_terminal 'LINES=4 SYSTEMD_PAGERSECURE=0 SYSTEMD_PAGER=/run/pager portablectl --no-pager list')" PAGED
        assert_ok host_run env SYSTEMD_PAGER=/run/pager portablectl list
        assert_no_match "$OUT" PAGED
        host_run rm /run/pager
}

test_is_attached_quiet_tells_by_status() {
        image_put squashfs "$SUITE_TMP/app" app
        run ctl --quiet is-attached app
        assert_eq "$STATUS:$OUT$ERR" 1:
        assert_ok ctl attach app
        run ctl --quiet is-attached app
        assert_eq "$STATUS:$OUT$ERR" 0:
        assert_ok ctl detach app
        assert_ok ctl is-attached app
        assert_eq "$OUT" detached
}

test_messages_go_where_the_peer_sends_them() {
        image_put squashfs "$SUITE_TMP/app" app
        assert_ok ctl attach app
        assert_eq "$OUT" ''
        assert_match "$ERR" '^Created directory '
        assert_match "$ERR" "^\(Matching unit files with prefix 'app'\.\)$"
        assert_ok ctl detach app
        assert_eq "$OUT" ''
        assert_ok ctl inspect app
        assert_match "$OUT" '^Unit files:$'
}

test_closed_output_is_an_error() {
        image_put squashfs "$SUITE_TMP/app" app
        run host_run sh -c 'portablectl list >/dev/full'
        [ "$STATUS" -ne 0 ] || assert_fail 'list to a full device succeeded'
}

suite_main "$@"
