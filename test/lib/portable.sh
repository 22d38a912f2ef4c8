# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# What tests of portable services share: images in the host's pool, the client, the bus, states and logs.
# Sourced by suite.sh.

PORTABLE_POOL=/var/lib/portables

# image_put KIND TREE NAME: an image of that kind in the host's pool; raw ones get the suffix .raw.
image_put() {
        local out=$HOST_ROOT$PORTABLE_POOL/$3

        [ "$1" = directory ] || out+=.raw
        image_pack "$1" "$2" "$out"
}

# Where image_put has put it, as the host sees it.
image_path() {
        if [ "$1" = directory ]; then
                printf '%s/%s\n' "$PORTABLE_POOL" "$2"
        else
                printf '%s/%s.raw\n' "$PORTABLE_POOL" "$2"
        fi
}

# Our client alone, in a host that is not booted yet.
portable_client() {
        (cd "${PORTABLED_TEST_STAGE:-$SUITE_LIB/../../build/stage}" &&
                cp --parents usr/local/bin/portablectl usr/local/lib/systemd/portablectl-output.so "$HOST_ROOT")
}

# The client, as root in the host.
# A JSON document that it prints must be what its schema says.
ctl() {
        local argument document status=0

        for argument in "$@"; do
                [[ $argument =~ ^(-[a-ln-z]*j|--json=(short|pretty))$ ]] || continue
                document=$(mktemp)
                host_run portablectl "$@" >"$document" || status=$?
                cat "$document"
                "$(dirname -- "${BASH_SOURCE[0]}")/check-json" "$@" <"$document" || status=99
                rm "$document"
                return "$status"
        done
        host_run portablectl "$@"
}

# portable_call METHOD [SIGNATURE ARGUMENT...]: calls a method of the manager object.
portable_call() {
        host_run busctl call org.freedesktop.portable1 /org/freedesktop/portable1 \
                org.freedesktop.portable1.Manager "$@"
}

# assert_bus_error NAME METHOD [SIGNATURE ARGUMENT...]: the call must fail with this error name.
assert_bus_error() {
        local name=$1
        shift

        run host_run env SYSTEMD_LOG_LEVEL=debug SYSTEMD_LOG_TARGET=console busctl call \
                org.freedesktop.portable1 /org/freedesktop/portable1 org.freedesktop.portable1.Manager "$@"
        [ "$STATUS" -ne 0 ] || assert_fail "succeeded, but should have failed: $*" "$OUT"
        assert_eq "$(grep -oE 'error-name=[^ ]+' <<<"$ERR" | tail -n 1)" "error-name=$name" "error of $*"
}

# assert_state IMAGE STATE [OPTION...]: what `is-attached` says.
assert_state() {
        assert_eq "$(ctl is-attached "${@:3}" "$1")" "$2" "state of $1"
}

# What a unit has logged since it was last started.
unit_log() {
        host_run journalctl --sync
        host_run journalctl -q -o cat "_SYSTEMD_INVOCATION_ID=$(host_run systemctl show -P InvocationID "$1")"
}

# The unit files of an attach directory, by default the persistent one, sorted.
attached_files() {
        host_run find "${1:-/etc/systemd/system.attached}" ! -type d -printf '%P\n' | sort
}

dropin() {
        host_run cat "/etc/systemd/system.attached/$1.d/20-portable.conf"
}
