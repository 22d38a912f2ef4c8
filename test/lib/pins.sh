# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# What each of the two daemons demands of images in RootImagePolicy= (the pin), and whether their services start then.
# Sourced by test files that have sourced peer.sh.

# pins_look ours|peer IMAGE...: that daemon attaches these images of the pool, one after another, and app.service is
# started from each. Prints a line for each: IMAGE, pin or "-", state of the service.
pins_look() {
        local who=$1 image pin
        shift

        daemon "$who"
        for image in "$@"; do
                "$who" attach -q "$image" 2>/dev/null || return
                pin=$(dropin app.service | sed -n 's/^RootImagePolicy=//p')
                host_run systemctl start app.service 2>/dev/null || true
                printf '%s %s %s\n' "$image" "${pin:--}" "$(host_run systemctl is-active app.service)"
                host_run systemctl stop app.service
                host_run systemctl reset-failed app.service 2>/dev/null || true
                "$who" detach -q "$image" || return
        done
}

# pins_compare IMAGE...: both, into $SUITE_TMP/pins.peer and pins.ours.
pins_compare() {
        pins_look peer "$@" >"$SUITE_TMP/pins.peer" && pins_look ours "$@" >"$SUITE_TMP/pins.ours"
}

# assert_pins ours|peer LINE...: what was seen.
assert_pins() {
        assert_eq "$(cat "$SUITE_TMP/pins.$1")" "$(printf '%s\n' "${@:2}")" "pins of $1"
}

# pins_seen ours|peer FIELD: one column of what was seen, each value once.
pins_seen() {
        awk -v field="$2" '{ print $field }' "$SUITE_TMP/pins.$1" | sort -u
}
