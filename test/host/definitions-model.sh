#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Random edits of definitions, new versions, apply, and a daemon that is killed in the middle, against a small model of
# what must be attached then: no definition is ever half applied, an apply that succeeds makes all of it so, and the next
# one has nothing to do. The seed is printed; MODEL_SEED=N makes the same steps again, MODEL_STEPS more of them.
# trees: no

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"

DIRECTORY=/etc/systemd/portable
ATTACHED=/etc/systemd/system.attached
NAMES=(one two three)
VERSIONS=(1 2 10)
# shellcheck disable=SC2034 # by pick()
PROFILES=(default trusted strict)

declare -A IMAGES=() VERSION=() PROFILE=() STARTED=() FORMER=()
SEED=${MODEL_SEED:-$RANDOM}
STEPS=${MODEL_STEPS:-$([ "${PORTABLED_TEST_SHORT:-no}" = no ] && echo 120 || echo 25)}
# shellcheck disable=SC2034 # the generator is bash's own
RANDOM=$SEED

suite_setup() {
        local name version

        suite_host
        for name in "${NAMES[@]}"; do
                for version in "${VERSIONS[@]}"; do
                        image_simple "$SUITE_TMP/${name}_$version" "$name" "ID=$name" "VERSION_ID=$version"
                        image_unit "$SUITE_TMP/${name}_$version" "$name-v$version.target"
                        image_pack squashfs "$SUITE_TMP/${name}_$version" "$SUITE_TMP/${name}_$version.raw"
                done
        done
        mkdir -p "$HOST_ROOT$DIRECTORY"
}

pick() { local -n list=$1; PICKED=${list[RANDOM % ${#list[@]}]}; }

# The version that is attached, "" for none: all units of it, each with drop-in and marker, or none.
attached_version() {
        local name=$1 version found='' files

        for version in "${VERSIONS[@]}"; do
                [ ! -e "$HOST_ROOT$ATTACHED/$name-v$version.target" ] || found+="${found:+ }$version"
        done
        files=$({ find "$HOST_ROOT$ATTACHED" ! -type d -path "$HOST_ROOT$ATTACHED/${name}[.-]*" 2>/dev/null || true; } | wc -l)
        [[ $found != *' '* ]] || assert_fail "$name: units of versions $found are attached together"
        if [ -n "$found" ]; then
                assert_eq "$files" 5 "files of $name"
                assert_match "$(cat "$HOST_ROOT$ATTACHED/$name.service.d/20-portable.conf")" "/${name}_$found\.raw'"
                assert_match "$(cat "$HOST_ROOT$ATTACHED/$name-v$found.target.d/20-portable.conf")" "/${name}_$found\.raw'"
        else
                assert_eq "$files" 0 "files of $name"
        fi
        FOUND=$found
}

step_image() {
        local name version

        pick NAMES; name=$PICKED
        pick VERSIONS; version=$PICKED
        if [[ " ${IMAGES[$name]-} " == *" $version "* ]]; then
                rm "$HOST_ROOT/var/lib/portables/${name}_$version.raw"
                IMAGES[$name]=$(tr ' ' '\n' <<<"${IMAGES[$name]}" | { grep -vx "$version" || true; } | xargs)
        else
                cp "$SUITE_TMP/${name}_$version.raw" "$HOST_ROOT/var/lib/portables/"
                IMAGES[$name]="${IMAGES[$name]:+${IMAGES[$name]} }$version"
        fi
        STEP="image $name $version: now ${IMAGES[$name]}"
}

step_edit() {
        # shellcheck disable=SC2034 # by pick()
        local name ranges=('' '>=2' '<10' '1' '10')

        pick NAMES; name=$PICKED
        if [ $((RANDOM % 5)) -eq 0 ]; then
                rm -f "$HOST_ROOT$DIRECTORY/$name.portable"
                unset "VERSION[$name]"
                STEP="remove $name"
                return
        fi
        pick ranges; VERSION[$name]=$PICKED
        pick PROFILES; PROFILE[$name]=$PICKED
        STARTED[$name]=$((RANDOM % 2))
        printf '[Portable]\nImage=%s\nVersion=%s\nProfile=%s\nStart=%s\n' "$name" "${VERSION[$name]}" "${PROFILE[$name]}" \
                "${STARTED[$name]}" >"$HOST_ROOT$DIRECTORY/$name.portable"
        STEP="edit $name: '${VERSION[$name]}' ${PROFILE[$name]} ${STARTED[$name]}"
}

fits() {
        case $1 in
        '') true ;;
        '>=2') [ "$2" -ge 2 ] ;;
        '<10') [ "$2" -lt 10 ] ;;
        *) [ "$1" = "$2" ] ;;
        esac
}

# expected NAME: the version that must be attached after an apply: what was, if it fits, else the newest that does; what
# was, where there is none.
expected() {
        local name=$1 version best=''

        if [ -z "${VERSION[$name]+set}" ]; then
                EXPECTED=''
                return
        fi
        for version in $(tr ' ' '\n' <<<"${IMAGES[$name]-}" | sort -n); do
                ! fits "${VERSION[$name]}" "$version" || best=$version
                if [ "$version" = "${FORMER[$name]}" ] && fits "${VERSION[$name]}" "$version"; then
                        EXPECTED=$version
                        return
                fi
        done
        EXPECTED=${best:-${FORMER[$name]}}
}

look_before() {
        local name

        for name in "${NAMES[@]}"; do
                attached_version "$name"
                FORMER[$name]=$FOUND
        done
}

# Whether what was found attached can be as the definition says: else that was refused.
is_as_defined() {
        [ -n "${VERSION[$1]+set}" ] && [ -n "$FOUND" ] && [[ " ${IMAGES[$1]-} " == *" $FOUND "* ]] &&
                fits "${VERSION[$1]}" "$FOUND"
}

step_apply() {
        local name

        look_before
        run ctl apply --prune
        STEP="apply: $STATUS"
        [[ $STATUS == [01] ]] || assert_fail "apply ended with $STATUS" "$ERR"
        for name in "${NAMES[@]}"; do
                attached_version "$name"
                expected "$name"
                assert_eq "$FOUND" "$EXPECTED" "version of $name"
                is_as_defined "$name" || continue
                assert_match "$(readlink "$HOST_ROOT$ATTACHED/$name.service.d/10-profile.conf")" "/${PROFILE[$name]}/"
                [ "${STARTED[$name]}" = 0 ] || assert_unit "$name.service" active
        done
        run ctl apply --prune --json=short
        assert_match "$OUT" '^\{"changed":false,'
}

# Killed at some time: each definition is as it was, or as it shall be, and the next apply does the rest.
step_kill() {
        local name pid

        look_before
        ctl apply --prune >/dev/null 2>&1 &
        pid=$!
        sleep "0.0$((RANDOM % 10))"
        host_run systemctl kill -s KILL --kill-who=all systemd-portabled.service 2>/dev/null || true
        wait $pid || true
        host_run systemctl reset-failed systemd-portabled.service 2>/dev/null || true
        portable_call ListImages >/dev/null
        wait_until 10 is_recovered
        STEP="killed"
        for name in "${NAMES[@]}"; do
                attached_version "$name"
                expected "$name"
                [ "$FOUND" = "$EXPECTED" ] || assert_eq "$FOUND" "${FORMER[$name]}" "version of $name"
        done
}

is_recovered() {
        [ -z "$(cd "$HOST_ROOT" && find etc/systemd -maxdepth 1 -name '.portabled-*')" ]
}

test_model() {
        # shellcheck disable=SC2034 # by pick()
        local i steps=(image image edit edit apply apply kill)

        printf '# definitions-model: seed %s, %s steps\n' "$SEED" "$STEPS" >&5
        for ((i = 0; i < STEPS; i++)); do
                pick steps
                "step_$PICKED"
                printf 'step %s: %s\n' "$i" "$STEP"
        done
        rm -rf "${HOST_ROOT:?}$DIRECTORY"
        assert_ok ctl apply --prune
        host_run systemctl stop '*-v*.target'
        assert_missing $ATTACHED
}

exec 5>&1
suite_main "$@"
