#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What is demanded of images in portabled.conf, and what the kernel command line allows. Runs in a test machine, see
# run.

# shellcheck source=lib/verity.sh
source "$(dirname -- "$0")/lib/verity.sh"

# shellcheck disable=SC2034 # suite.sh's
SUITE_WHOLE=(signed_is_accepted verity_demanded no_user_space_check unit_tests)

CONF=/etc/systemd/portabled.conf
RAW=$PORTABLE_POOL/app.raw

suite_setup() {
        verity_key good
        verity_key other
        verity_expired expired good
        verity_tree "$SUITE_TMP/app" app 1
        suite_host
        verity_trust good
}

# demand POLICY
demand() {
        printf '[Portable]\nImagePolicy=%s\n' "$1" >"$HOST_ROOT$CONF"
}

demand_signed() {
        demand root=signed+absent:usr=signed+absent:=open
}

demand_nothing() {
        rm -f "$HOST_ROOT$CONF"
}

assert_refused() {
        assert_error "$RAW.*$1" ctl attach app
        assert_missing /etc/systemd/system.attached
}

lives() {
        assert_ok ctl attach --now app
        assert_no_match "$ERR" 'trusted|without verity'
        assert_authenticated app.service "$HASH"
        assert_ok ctl detach --now app
}

test_signed_is_accepted() {
        demand_signed
        image_beside "$SUITE_TMP/app" app good
        lives
        host_run sh -c "rm $PORTABLE_POOL/*"
        image_inside "$SUITE_TMP/app" app good
        lives
        demand_nothing
}

test_less_is_refused() {
        demand_signed
        image_plain "$SUITE_TMP/app" app
        assert_refused 'is unprotected, but the image policy allows for .root. only: signed\+absent'
        image_beside "$SUITE_TMP/app" app
        assert_refused 'is protected by verity without a signature, but .* only: signed\+absent'
        host_run sh -c "rm $PORTABLE_POOL/*"
        image_inside "$SUITE_TMP/app" app
        assert_refused 'is protected by verity without a signature, but .* only: signed\+absent'
        demand_nothing
}

test_distrusted_is_refused() {
        demand_signed
        image_beside "$SUITE_TMP/app" app other
        assert_refused 'signed with a key that none of the certificates .* belongs to'
        verity_sign "$HASH" good expired >"$HOST_ROOT${RAW%.raw}.roothash.p7s"
        verity_trust expired
        assert_refused 'signed with a certificate that has expired'
        verity_trust good
        host_run sh -c "rm $PORTABLE_POOL/*"
        image_inside "$SUITE_TMP/app" app other
        assert_refused 'signed with a key that none of the certificates .* belongs to'
        verity_trust
        assert_refused 'signed, but there are no certificates'
        verity_trust good
        demand_nothing
}

test_verity_demanded() {
        demand root=verity+absent:usr=verity+absent:=open
        image_plain "$SUITE_TMP/app" app
        assert_refused 'is unprotected'
        image_inside "$SUITE_TMP/app" app
        lives
        demand_nothing
}

# Then only the kernel's keyring counts, and that has none of these keys.
test_no_user_space_check() {
        printf 'quiet systemd.allow_userspace_verity=0\n' >"$HOST_ROOT/srv/cmdline"
        # The daemon has a view of its own.
        assert_ok ctl list
        host_run nsenter -t "$(host_run systemctl show -P MainPID systemd-portabled.service)" -m -- \
                mount --bind /srv/cmdline /proc/cmdline
        image_beside "$SUITE_TMP/app" app good
        assert_ok ctl attach app
        assert_match "$ERR" "$RAW.*signature beside it .* not one that is trusted here"
        assert_no_match "$(pin_of app.service)" 'root=signed(:|\+[^v]|$)'
        assert_ok ctl detach app
        demand_signed
        assert_refused 'turned off \(systemd\.allow_userspace_verity=\)'
        demand_nothing
        host_run systemctl stop systemd-portabled.service
        host_run rm /srv/cmdline
        lives
}

# The unit tests of mappings can show more where there is a device mapper: that one mapping serves several, that
# none stays. They want a file system with user attributes.
test_unit_tests() {
        local folder name

        folder=$(dirname -- "$PORTABLED_TEST_STAGE")/test/unit/dissect
        truncate -s 256M "$SUITE_TMP/scratch"
        mkfs.ext4 -q "$SUITE_TMP/scratch"
        for name in mapping verity; do
                assert_ok unshare --mount sh -euc 'mount -o loop "$1" /var/tmp; exec "$2"' - "$SUITE_TMP/scratch" \
                        "$folder/test-dissect-$name"
        done
        wait_until 5 no_mappings
}

suite_main "$@"
