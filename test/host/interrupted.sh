#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Attach, detach and reattach of an image with six units through the real daemon, killed at and failed by each system
# call that changes something: afterwards all of the old state or all of the new one. (test/fault has the same for the
# transaction alone, with more kinds of errors and with power loss.) Of the points about one of four is tried here,
# other ones each time, and in the short pass each way and each operation once; test/fault/every tries them all.
# trees: no
# limit: 3600 seconds

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"

suite_setup() {
        suite_host
}

# Both versions have units that the other one has not.
put_images() {
        local version unit

        for version in 1 2; do
                rm -rf "${SUITE_TMP:?}/app"
                image_simple "$SUITE_TMP/app" app 'ID=app' "VERSION_ID=$version"
                for unit in "app-$version.service" app-worker@.service app.socket app.timer "app-$version.target"; do
                        image_unit "$SUITE_TMP/app" "$unit"
                done
                image_put directory "$SUITE_TMP/app" "app_$version"
        done
}

# interrupt OPERATION kill|ENOSPC|EIO|reads
interrupt() {
        put_images
        install -m 0755 "$(dirname -- "${BASH_SOURCE[0]}")/../fault/in-host.sh" "$SUITE_LIB/spare.sh" "$HOST_ROOT/root/"
        HOST_TIMEOUT=0 run host_run /root/in-host.sh "$@" "$stride" "$seed"
        rm "$HOST_ROOT/root/in-host.sh" "$HOST_ROOT/root/spare.sh"
        printf '# %s by %s: %s; %s; seed %s\n' "$@" "$(tail -n 1 <<<"$OUT")" "$(grep 'taken up' <<<"$OUT")" "$seed" >&5
        [ "$STATUS" -eq 0 ] || assert_fail "bad states, or the test itself failed" "$OUT$ERR"
        assert_match "$OUT" '^[1-9][0-9]* points tried, 0 bad$'
}

# shellcheck disable=SC2034 # suite.sh's
SUITE_WHOLE=(kill_in_detach kill_in_reattach ENOSPC_in_attach ENOSPC_in_detach EIO_in_attach EIO_in_reattach)

# Each operation is interrupted in each of these ways; by test/fault/every in another one, too.
ways=(kill ENOSPC EIO)
stride=4
seed=${SEED:-$RANDOM}
if [ "${1-}" = --every ]; then
        ways+=(reads)
        stride=1
        shift
fi
for way in "${ways[@]}"; do
        for operation in attach detach reattach; do
                eval "test_${way}_in_$operation() { interrupt $operation $way; }"
        done
done

# How many points were tried is to be seen even when all went well.
exec 5>&1
suite_main "$@"
