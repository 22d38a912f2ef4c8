#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Our portablectl beside the peer's, both driving the peer's daemon (client-vs-peer-ours.sh: both driving ours): what
# they print, where, and how they end. Each line below is run by both from the same state. Where ours differs on
# purpose, both outcomes are written down with the reason, so that a change on either side shows.

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"

PEER=/usr/bin/portablectl
OURS=/usr/local/bin/portablectl

suite_setup() {
        local tree=$SUITE_TMP/app

        [ -z "${PORTABLED_TEST_TREE:-}" ] || set -- "--tree=$PORTABLED_TEST_TREE"
        [ "${CLIENTS_DAEMON:-peer}" = ours ] || set -- --no-install "$@"
        host_new --peer "$@"
        portable_client
        host_boot
        VERSION=$(host_run systemctl --version | sed -n '1s/^systemd \([0-9]*\).*/\1/p')

        image_tree "$tree" 'ID=both' 'VERSION_ID=7' 'PRETTY_NAME="Both Linux 7"'
        image_unit "$tree" app.service
        image_unit "$tree" app.socket
        image_unit "$tree" app-later.target
        image_unit "$tree" other.service
        image_extension "$SUITE_TMP/ext" ext both 'VERSION_ID=7' 'SYSEXT_PRETTY_NAME="An Extension"'
        image_unit "$SUITE_TMP/ext" app-ext.service
}

# The images, as each test finds them.
put_images() {
        image_put directory "$SUITE_TMP/app" app_1
        image_put squashfs "$SUITE_TMP/app" raw_1
        image_put directory "$SUITE_TMP/ext" ext
}

# Nothing attached, nothing running, whatever was before. The manager is reloaded only if it knows of something.
fresh() {
        host_run sh -c 'rm -rf /etc/systemd/system.attached /run/systemd/system.attached /etc/portables /run/portables
                rm -rf /etc/systemd/system/*.wants/app* /run/systemd/system/*.wants/app*
                set -- "app*" "other*" "bad*" "stateful*"
                if [ -n "$(systemctl list-units -q --all "$@")" ]; then
                        systemctl stop "$@"
                        systemctl daemon-reload
                        systemctl reset-failed
                fi' >/dev/null 2>&1 || true
}

# What may differ between two runs of one program: the numbers of jobs, and the order of units, which the peer's
# daemon takes from a hash table. And between versions of the peer: the plural of prefix, quotes around paths.
normalise() {
        sed -E 's|/job/[0-9]+|/job/N|g; s/prefixes (.[^,]*\.\))$/prefix \1/; s/["'\'']//g' | LC_ALL=C sort
}

# Newer peers write sizes that are whole without a fraction, which takes two columns less.
normalise_sizes() {
        [ "$VERSION" -ge 257 ] || exec cat
        sed -E 's/ +/ /g; s/([0-9])\.0([KMGTPE])/\1\2/g'
}

# in_state SETUP PROGRAM ARGUMENT...: from the state that the peer's client makes by SETUP (a line of arguments, or
# nothing); OUT, ERR, STATUS. Environment in ENV.
ENV=()
in_state() {
        local setup=$1 words
        shift

        fresh
        read -ra words <<<"$setup"
        [ -z "$setup" ] || host_run "$PEER" -q "${words[@]}"
        # shellcheck disable=SC2016
        run host_run env "${ENV[@]}" bash -c 'exec -a "${0##*/}" "$0" "$@"' "$@"
        ERR=$(normalise <<<"$ERR")
        OUT=$(normalise_sizes <<<"$OUT")
}

# On a terminal of any width both shorten the same columns by as much, but ours never the state.
list_at_terminals() {
        local columns peer

        put_images
        for columns in 60 80 90 100 200; do
                peer=$(at_width "$columns" "$PEER")
                assert_eq "$(at_width "$columns" "$OURS")" "$peer" "list on $columns columns"
        done
}

# at_width COLUMNS PROGRAM: what its list looks like on such a terminal.
at_width() {
        host_run env TERM=xterm SYSTEMD_COLORS=0 COLUMNS="$1" script -qec "$2 --no-pager list" /dev/null | tr -d '\r' |
                normalise_sizes
}

# same SETUP ARGUMENT...: both print and return the same, and leave the same files.
same() {
        local setup=$1 out err status files
        shift

        in_state "$setup" "$PEER" "$@"
        out=$OUT err=$ERR status=$STATUS files=$(unit_files)
        in_state "$setup" "$OURS" "$@"
        assert_eq "$OUT" "$out" "output of: $*"
        assert_eq "$ERR" "$err" "messages of: $*"
        assert_eq "$STATUS" "$status" "status of: $*"
        assert_eq "$(unit_files)" "$files" "files after: $*"
        fresh
}

unit_files() {
        host_run sh -c 'find /etc/systemd/system.attached /run/systemd/system.attached /etc/portables /run/portables \
                ! -type d -printf "%p %l\n" 2>/dev/null | sort' || true
}

# differs REASON SETUP PEER_STATUS PEER_REGEX STATUS REGEX ARGUMENT...: the peer's and our message (or output) match
# these, whole and as one line.
differs() {
        local reason=$1 setup=$2
        local -a peer=("$3" "$4") ours=("$5" "$6")
        shift 6

        in_state "$setup" "$PEER" "$@"
        assert_eq "$STATUS" "${peer[0]}" "status of the peer's: $* ($reason)"
        assert_match "$(without_notes)" "^(${peer[1]})\$" "the peer's: $* ($reason)"
        in_state "$setup" "$OURS" "$@"
        assert_eq "$STATUS" "${ours[0]}" "status of ours: $* ($reason)"
        assert_match "$(without_notes)" "^(${ours[1]})\$" "ours: $* ($reason)"
        fresh
}

without_notes() {
        grep -v '^(Matching ' <<<"$OUT$ERR" || true
}

test_list() {
        same '' list
        put_images
        same '' list
        same '' list --no-legend
        same '' --no-pager
        same 'attach --no-reload app_1' list
        same 'attach --no-reload --runtime app_1' list
        same 'attach --now raw_1 app' list
        same '' -M .host list
        list_at_terminals
}

test_inspect() {
        put_images
        same '' inspect app_1
        same '' inspect raw_1 app
        same '' inspect app_1 app-later other
        same '' inspect app_1 -
        same '' inspect /var/lib/portables/app_1
        same '' inspect /var/lib/portables/raw_1.raw app
        same '' inspect -q app_1
        same '' inspect --cat app_1
        same '' inspect --cat raw_1 other
}

test_inspect_portable_name() {
        put_images
        host_run sh -c 'echo "PORTABLE_PRETTY_NAME=\"Some Service\"" >>/var/lib/portables/app_1/usr/lib/os-release'
        same '' inspect app_1
}

test_is_attached() {
        put_images
        same '' is-attached app_1
        same '' is-attached nosuch
        same '' is-attached /no/such/path
        same 'attach --no-reload app_1' is-attached app_1
        same 'attach --no-reload --runtime app_1' is-attached app_1
        same 'attach --now app_1' is-attached /var/lib/portables/app_1
        same 'attach --no-reload app_1' is-attached -q app_1
}

test_attach() {
        put_images
        same '' attach app_1
        same '' attach --no-reload raw_1 app
        same '' attach --no-reload --runtime app_1
        same '' attach --no-reload --copy=symlink app_1
        same '' attach --no-reload --copy=copy app_1
        same '' attach --no-reload --profile=strict app_1
        same '' attach --no-reload -p trusted app_1 app-later
        same '' attach --no-reload /var/lib/portables/app_1
        same '' attach --no-reload --force app_1
        same '' attach --no-reload -q app_1
        same '' attach --no-reload --enable app_1 app-later
        same '' attach --now app_1 app-later
        same '' attach --enable --now --runtime app_1 app-later
}

test_attach_without_utf8() {
        put_images
        ENV=(LANG=C)
        same '' attach --no-reload app_1
        ENV=(-u LANG)
        same '' attach --no-reload app_1
        ENV=()
}

test_detach() {
        put_images
        same 'attach app_1' detach app_1
        same 'attach --no-reload app_1' detach --no-reload /var/lib/portables/app_1
        same 'attach --no-reload raw_1 app' detach --no-reload raw_1
        same 'attach --no-reload --runtime app_1' detach --no-reload --runtime app_1
        same 'attach --no-reload app_1' detach --no-reload --force app_1
        same 'attach --no-reload app_1' detach --no-reload -q app_1
        same 'attach --no-reload --enable app_1 app-later' -q detach --no-reload --enable app_1 app-later
        same 'attach --now app_1 app-later' detach --now app_1 app-later
}

test_reattach() {
        put_images
        host_run cp -a /var/lib/portables/app_1 /var/lib/portables/app_2
        same 'attach app_1' reattach app_2
        same 'attach --no-reload app_1' reattach --no-reload app_2 app-later
        same 'attach --no-reload --runtime app_1' reattach --no-reload --runtime app_2
        same 'attach --now app_1 app-later' reattach --now app_2 app-later
        same 'attach --no-reload app_1' reattach --no-reload -q app_2
}

test_extensions() {
        local extension=--extension=/var/lib/portables/ext

        put_images
        same '' attach --no-reload "$extension" app_1 app
        same "attach --no-reload $extension app_1 app" is-attached "$extension" app_1
        same "attach --no-reload $extension app_1 app" detach --no-reload "$extension" app_1
        same "attach --no-reload $extension app_1 app" reattach --no-reload "$extension" /var/lib/portables/app_1 app-ext
}

test_small_verbs() {
        put_images
        same '' read-only raw_1 yes
        same '' read-only raw_1 no
        same '' --profile=help
        assert_ok host_run "$OURS" remove raw_1
        assert_missing /var/lib/portables/raw_1.raw
        assert_error "nosuch" host_run "$OURS" remove nosuch app_1
        assert_exists /var/lib/portables/app_1
}

# Failures: the peer says which method failed and, where it has them, bare error numbers; ours says what was to be
# done with which image.
test_failures() {
        local why='a failure names the image'

        put_images
        differs "$why" '' 1 "AttachImage failed: No image nosuch found\." \
                1 "Failed to attach image nosuch: No image nosuch found\." attach nosuch
        differs "$why" 'attach app_1' 1 'AttachImage failed: Unit file .* exists on the host already.*' \
                1 'Failed to attach image app_1: Unit file .* exists on the host already.*' attach app_1
        differs "$why" '' 1 'DetachImage failed: No unit.* app_1 .*' \
                3 'Failed to detach image app_1: No unit.* app_1 .*' detach app_1
        differs "$why" '' 1 'ReattachImage failed: No unit.*' \
                3 'Failed to reattach image app_1: No unit.*' reattach app_1
        differs "$why" 'attach --now app_1' 1 'DetachImage failed: Unit .*app.* is active.*' \
                1 'Failed to detach image app_1: Unit .*app.* is active.*' detach app_1
        differs "$why" '' 1 'Failed to inspect image metadata: No image nosuch found\.' \
                1 'Failed to inspect image nosuch: No image nosuch found\.' inspect nosuch
        differs "$why" '' 1 'Could not remove image: No image nosuch found\.' \
                1 'Cannot remove image nosuch: No image nosuch found\.' remove nosuch
        differs "$why" '' 1 'Could not mark image read-only: No image nosuch found\.' \
                1 'Cannot mark image nosuch read-only: No image nosuch found\.' read-only nosuch
        differs "$why" '' 1 'Could not set limit: .*' \
                1 'Cannot limit the size of image app_1: .*' set-limit app_1 1G
        differs 'no bare error numbers' '' 1 'Cannot normalize specified image path /nosuch: No such file or directory' \
                1 'There is no image at /nosuch' attach /nosuch
        differs 'what to do about it' '' 1 'Refusing all unit file match\.' \
                1 'Refusing to attach all unit files of image app_1: name their prefixes' attach app_1 -
}

# One set of options for all verbs, as scripts have it.
test_same_options_for_all() {
        local options=(--quiet --profile=trusted --copy=symlink --runtime --no-reload)

        put_images
        same '' "${options[@]}" inspect app_1
        same '' "${options[@]}" attach app_1
        same 'attach --runtime --copy=symlink --no-reload app_1' "${options[@]}" detach app_1
        same '' --profile=trusted --runtime --now --enable --no-reload --no-block is-attached app_1
        same '' "${options[@]}" read-only raw_1 no
        same '' "${options[@]}" --no-block read-only raw_1 no
}

test_misuse() {
        local why='misuse is answered with the right use'

        same '' --bogus
        assert_error "requires an argument -- 'p'" host_run "$OURS" -p
        assert_error "'--runtime' doesn't allow an argument" host_run "$OURS" --runtime=yes list
        differs "$why" '' 1 'Unknown command verb bogus.*' 1 'Unknown command bogus; see portablectl --help' bogus
        differs "$why" '' 1 'Too few arguments\.' 1 'Too few arguments: portablectl attach IMAGE .*' attach
        differs "$why" '' 1 'Too many arguments\.' 1 'Too many arguments: portablectl is-attached IMAGE' is-attached x y
        differs 'list takes patterns' '' 1 'Too many arguments\.' 0 'No images\.' list x
        differs "$why" '' 1 'Failed to parse --copy= argument: .*' 1 'Unknown copy mode some: .*' attach --copy=some x
        differs "$why" '' 1 'Unit profile name not valid: \.\./x' 1 'Profile name \.\./x is not valid: .*' attach -p ../x x
        differs "$why" '' 1 'Failed to parse boolean argument: maybe' 1 'maybe is not a boolean: .*' read-only x maybe
        differs "$why" '' 1 'Failed to parse size: much' 1 'much is not a size: .*' set-limit x much
}

test_connections() {
        differs 'says what is missing' '' 1 'Failed to connect to .*: Host is down' \
                1 'Failed to connect to bus: no machine nosuch is running' -M nosuch list
        ENV=(DBUS_SYSTEM_BUS_ADDRESS=unix:path=/nosuch)
        differs 'says what is missing' '' 1 'Failed to connect to .*: No such file or directory' \
                1 'Failed to connect to bus: no system bus runs here' list
        ENV=()
}

test_quiet_state_is_a_status() {
        put_images
        differs 'a state that is not printed must be told' '' 0 '' 1 '' is-attached -q app_1
}

# The peer tries to start and enable templates, says that this is nonsense, and calls it a success.
test_templates_are_not_started() {
        image_unit "$SUITE_TMP/app" app@.service
        put_images
        rm "$SUITE_TMP/app/usr/lib/systemd/system/app@.service"
        in_state '' "$PEER" -q attach --now app_1 app@
        assert_match "$ERR" 'Unit name app@\.service is missing the instance name'
        in_state '' "$OURS" -q attach --now app_1 app@
        assert_eq "$STATUS:$ERR" 0: 'a template is not started'
        host_run systemctl start app@one.service
        assert_ok host_run "$OURS" -q detach --now app_1
        assert_unit app@one.service inactive
        fresh
}

# A start that fails makes the command fail.
test_failed_start_is_a_failure() {
        image_tree "$SUITE_TMP/bad"
        image_unit "$SUITE_TMP/bad" bad.service 'ExecStart=' 'ExecStart=/nonesuch'
        image_put directory "$SUITE_TMP/bad" bad
        in_state '' "$PEER" -q attach --now bad
        assert_eq "$STATUS" 0 'status of the peer'
        in_state '' "$OURS" -q attach --now bad
        assert_eq "$STATUS" 4 'status of ours: attached, and a service failed'
        assert_match "$ERR" '^Cannot start portable service bad\.service \(failed\); see '
        fresh
}

test_image_gone_before_detach_now() {
        put_images
        in_state 'attach --now app_1' mv /var/lib/portables/app_1 /var/lib/portables/.gone
        assert_ok host_run "$OURS" -q detach --now app_1
        assert_unit app.service inactive
        assert_eq "$(host_run "$PEER" is-attached app_1)" detached
        fresh
}

test_clean() {
        image_tree "$SUITE_TMP/stateful"
        image_unit "$SUITE_TMP/stateful" stateful.service 'StateDirectory=stateful'
        image_put directory "$SUITE_TMP/stateful" stateful
        in_state 'attach --now stateful' test -e /var/lib/private/stateful
        assert_eq "$STATUS" 0
        assert_ok host_run "$OURS" -q detach --now --clean stateful
        assert_missing /var/lib/private/stateful
        fresh
}

# Newer peers do this too.
test_prefixes_from_the_image() {
        put_images
        host_run sh -c 'mv /var/lib/portables/app_1 /var/lib/portables/else_1
                echo "PORTABLE_PREFIXES=\"app other\"" >>/var/lib/portables/else_1/usr/lib/os-release'
        assert_ok host_run "$OURS" inspect else_1
        assert_match "$OUT" '^[[:space:]]app\.socket$'
        assert_match "$OUT" '^[[:space:]]other\.service$'
        assert_match "$ERR" "^\(Matching unit files with prefixes 'app', 'other'\.\)$"
}

suite_main "$@"
