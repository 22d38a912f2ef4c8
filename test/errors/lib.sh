# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# Cases of errors: declared, run and checked. Sourced by run-tests.

POOL=$PORTABLE_POOL

# refuses NAME SETUP COMMAND ERROR MESSAGE [MESSAGE_ON_BUS]: see run-tests.
refuses() {
        case_add refuses "$1" "$2" "$3" "$4" "$5" "${6:-}"
}

# warns NAME SETUP COMMAND MESSAGE...: the command succeeds, and says just these lines on standard error.
warns() {
        local IFS=$'\n'

        case_add warns "$1" "$2" "$3" - "${*:4}" ''
}

case_add() {
        local name=$2

        [ -z "${CASE_KIND[$name]:-}" ] || { printf 'errors: two cases %s\n' "$name" >&2; return 1; }
        CASES+=("$name")
        CASE_KIND[$name]=$1 CASE_SETUP[$name]=$3 CASE_COMMAND[$name]=$4 CASE_ERROR[$name]=$5
        CASE_MESSAGE[$name]=$6 CASE_BUS[$name]=$7
        eval "test_$name() { case_run $name; }"
}

# What a case has made is taken back however it ends, so that it spoils no other.
case_run() {
        local name=$1

        trap "case_undo $name; case_detach_all" EXIT
        eval "${CASE_SETUP[$name]}"
        "case_${CASE_KIND[$name]}" "$name"
        case_undo "$name"
        trap - EXIT
}

# After a case that failed in the middle.
case_detach_all() {
        host_run sh -c 'rm -rf /etc/systemd/system.attached /run/systemd/system.attached; systemctl daemon-reload'
}

case_undo() {
        local undo=undo_${CASE_SETUP[$1]%% *}

        ! declare -F "$undo" >/dev/null || "$undo"
}

# What must not change: every file, its mode, size, time and target, where portabled writes or images lie.
case_snapshot() {
        local root

        root=/proc/$(host_init)/root
        (
                cd "$root"
                find -P etc run/portables run/systemd/system run/systemd/system.attached run/systemd/portable \
                        var/lib/portables usr/lib/portables srv \
                        \( -type d -printf '%p %y %m %U %G\n' -o -printf '%p %y %m %U %G %s %T@ %l\n' \) 2>/dev/null || true
        ) | LC_ALL=C sort
}

case_refuses() {
        local name=$1 before after
        local user image
        local -a client call=()

        case_split "${CASE_COMMAND[$name]}"
        if [ "${client[0]}" = call ]; then
                call=("${client[@]:1}") client=()
        elif [ "${CASE_ERROR[$name]}" != - ]; then
                case_call "${client[@]}"
        fi
        before=$(case_snapshot)
        HOST_TIMEOUT=60 host_run bash /root/in-host "$user" "${client[@]}" -- "${call[@]}"
        after=$(case_snapshot)
        if [ "${#client[@]}" -gt 0 ]; then
                case_check_client "$name"
        fi
        [ "${CASE_ERROR[$name]}" = - ] || case_check_bus "$name"
        assert_eq "$(diff <(echo "$before") <(echo "$after") | head -n 20)" '' 'files that the call changed'
}

# The warning must be true as well: the unit app.service of what was attached does not start. (With "# starts" at
# the end of its set-up it does: the warning is of something else.)
case_warns() {
        local name=$1 user image err
        local -a client

        case_split "${CASE_COMMAND[$name]}"
        host_run bash /root/in-host "$user" "${client[@]}" --
        # Without what it has changed and waits for. --quiet would say nothing of warnings either.
        err=$(case_result err | grep -vE '^(\(Matching |(Created|Written|Copied|Removed) |Waiting for )' || true)
        [ -z "${ERRORS_SHOW:-}" ] || case_show "$name" "$err"
        [ "$(case_result status)" -eq 0 ] || assert_fail "failed: portablectl ${CASE_COMMAND[$name]}" "stderr: $err"
        case_assert_equal "$err" "${CASE_MESSAGE[$name]}" 'what portablectl says'
        run host_run systemctl start app.service
        if [[ ${CASE_SETUP[$name]} == *'# starts' ]]; then
                assert_eq "$STATUS" 0 "start of app.service: $ERR"
        else
                [ "$STATUS" -ne 0 ] || assert_fail 'app.service started all the same'
                host_run systemctl reset-failed app.service 2>/dev/null || true
        fi
        host_run portablectl -q detach --now "${client[@]:1}"
}

# The words of a command to $user and client=().
case_split() {
        user=root
        eval "client=($1)"
        if [ "${client[0]}" = nobody ]; then
                user=nobody
                client=("${client[@]:1}")
        fi
}

case_result() {
        printf '%s' "$(<"/proc/$(host_init)/root/run/errors/$1")"
}

# Whether a line is the expected one, where <N> may be any number.
case_equal() {
        local pattern

        pattern=$(sed 's/[][\\.*^$]/\\&/g; s/<N>/[0-9][0-9]*/g' <<<"$2")
        [ "$(grep -cx -- "$pattern" <<<"$1")" -eq "$(grep -c '' <<<"$2")" ] && [ "$(grep -c '' <<<"$1")" -eq "$(grep -c '' <<<"$2")" ]
}

case_assert_equal() {
        [ "$1" = "$2" ] || case_equal "$1" "$2" || assert_fail "$3" "expected: $2" "got:      $1"
}

case_check_client() {
        local name=$1 err status took

        err=$(case_result err | grep -v '^(Matching ' || true)
        status=$(case_result status)
        took=$(case_result took)
        [ -z "${ERRORS_SHOW:-}" ] || case_show "$name" "$err"
        [ "$status" -ne 0 ] || assert_fail "succeeded: portablectl ${CASE_COMMAND[$name]}" "stdout: $(case_result out)"
        [ "$status" -lt 124 ] || assert_fail "ended with status $status"
        case_assert_equal "$err" "$(case_prefix "$name")${CASE_MESSAGE[$name]}" 'what portablectl says'
        # The peer waits for a FIFO; nothing here may take a second of a quiet machine.
        [ "$took" -lt $((1000 * HOST_PATIENCE)) ] || assert_fail "took $took ms"
}

# For a first look at new cases: ERRORS_SHOW=FILE gets a line for each.
case_show() {
        local bus

        bus=$(case_result bus 2>/dev/null || true)
        printf '%s\t%s\t%s\t%s\n' "$1" "$(grep -oE 'error-name=[^ ]+' <<<"$bus" | tail -n 1)" "$2" \
                "$(sed -n 's/^Call failed: //p' <<<"$bus")" >>"$ERRORS_SHOW"
}

# What the client puts in front of the daemon's message; nothing where its line is all its own.
case_prefix() {
        [ "${CASE_ERROR[$1]}" != - ] && [ -z "${CASE_BUS[$1]}" ] || return 0
        case ${client[0]} in
        remove) printf "Cannot remove image '%s': " "$image" ;;
        set-limit) printf "Cannot limit the size of image '%s': " "${client[1]}" ;;
        read-only)
                [ "${client[2]:-true}" = false ] || how=read-only
                printf "Cannot mark image '%s' %s: " "${client[1]}" "${how:-writable}"
                ;;
        *) printf "Failed to %s image '%s': " "${client[0]}" "$image" ;;
        esac
}

case_check_bus() {
        local name=$1 bus got

        bus=$(case_result bus)
        [ -z "${ERRORS_SHOW:-}" ] || [ "${#client[@]}" -gt 0 ] || case_show "$name" "$(sed -n 's/^Call failed: //p' <<<"$bus")"
        got=$(grep -oE 'error-name=[^ ]+' <<<"$bus" | tail -n 1)
        assert_eq "${got#error-name=}" "$(case_error_name "${CASE_ERROR[$name]}")" 'error name'
        got=$(sed -n 's/^Call failed: //p' <<<"$bus")
        case_assert_equal "$got" "${CASE_BUS[$name]:-${CASE_MESSAGE[$name]}}" 'message on the bus'
}

case_error_name() {
        case $1 in
        NoSuchImage | BadImageType | NoMatchingUnitFiles) printf 'org.freedesktop.portable1.%s\n' "$1" ;;
        UnitExists | NoSuchUnit) printf 'org.freedesktop.systemd1.%s\n' "$1" ;;
        E*) printf 'System.Error.%s\n' "$1" ;;
        *) printf 'org.freedesktop.DBus.Error.%s\n' "$1" ;;
        esac
}

# case_call VERB ARGUMENT...: the bus call behind a command, to call=(). The flags: 1 runtime, 2 force attach,
# 4 force extension.
case_call() {
        local flags=0 profile=default mode='' arg
        local -a extensions=() words=() prefixes=()

        for arg in "$@"; do
                case $arg in
                --runtime) flags=$((flags | 1)) ;;
                --force) flags=$((flags | 6)) ;;
                --profile=*) profile=${arg#*=} ;;
                --copy=*) mode=${arg#*=} ;;
                --extension=*) extensions+=("${arg#*=}") ;;
                --*) ;;
                *) words+=("$arg") ;;
                esac
        done
        image=${words[1]:-}
        case_prefixes
        extensions=("${#extensions[@]}" "${extensions[@]}")
        prefixes=("${#prefixes[@]}" "${prefixes[@]}")
        case ${words[0]} in
        inspect) call=(GetImageMetadataWithExtensions sasast "$image" "${extensions[@]}" "${prefixes[@]}" "$((flags & 4))") ;;
        attach | reattach)
                call=(AttachImageWithExtensions sasassst "$image" "${extensions[@]}" "${prefixes[@]}" "$profile" "$mode" "$flags")
                [ "${words[0]}" = attach ] || call[0]=ReattachImageWithExtensions
                ;;
        detach) call=(DetachImageWithExtensions sast "$image" "${extensions[@]}" "$flags") ;;
        is-attached) call=(GetImageStateWithExtensions sast "$image" "${extensions[@]}" 0) ;;
        remove) call=(RemoveImage s "$image") ;;
        read-only) call=(MarkImageReadOnly sb "$image" "${words[2]:-true}") ;;
        set-limit) call=(SetImageLimit st "$image" "${words[2]}") ;;
        *) assert_fail "no call is known for ${words[0]}" ;;
        esac
}

# The prefixes of a command, or the one that follows from the image's name, to prefixes=().
case_prefixes() {
        local base=${image##*/}

        prefixes=("${words[@]:2}")
        [ "${#prefixes[@]}" -gt 0 ] || prefixes=("$(sed 's/\.raw\.v$//; s/\.raw$//; s/\.v$//; s/_.*//' <<<"$base")")
        [ "${prefixes[0]}" != - ] || prefixes=()
}

# What the cases are made of: trees, and images of them, made once.
errors_prepare() {
        local tree=$SUITE_TMP

        image_simple "$tree/app" app 'ID=app' 'VERSION_ID=1'
        image_pack squashfs "$tree/app" "$tree/app.squashfs"
        image_pack ext4 "$tree/app" "$tree/app.ext4"
        image_pack erofs "$tree/app" "$tree/app.erofs"
}

# new_tree: a fresh copy of the tree of app in $TREE, for a case to spoil.
new_tree() {
        TREE=$(mktemp -d "$SUITE_TMP/tree.XXXXXX")
        cp -a "$SUITE_TMP/app/." "$TREE/"
        UNITS=$TREE/usr/lib/systemd/system
}

# put [NAME [TREE]]: the tree as a directory image of the pool; without TREE, a good one.
put() {
        image_put directory "${2:-$SUITE_TMP/app}" "${1:-app}"
}

# put_raw [NAME]: a good squashfs in the pool.
put_raw() {
        cp "$SUITE_TMP/app.squashfs" "$HOST_ROOT$PORTABLE_POOL/${1:-app}.raw"
}

pool_file() {
        printf '%s\n' "$HOST_ROOT$PORTABLE_POOL/${1:-app.raw}"
}
