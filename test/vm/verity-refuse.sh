#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Images that were tampered with, and signatures that are not to be trusted. Runs in a test machine, see run.

# shellcheck source=lib/verity.sh
source "$(dirname -- "$0")/lib/verity.sh"

# shellcheck disable=SC2034 # suite.sh's
SUITE_WHOLE=(changed_data_cannot_be_read changed_metadata_inside changed_unit root_hash_of_another_image_beside
        hash_data_of_another_image_inside unknown_key_beside unknown_key_inside no_certificates
        expired_certificate_beside expired_certificate_inside signature_that_is_none encrypted)

RAW=$PORTABLE_POOL/app.raw

suite_setup() {
        verity_key good
        verity_key other
        verity_expired expired good
        verity_tree "$SUITE_TMP/app" app 1
        verity_tree "$SUITE_TMP/app2" app 2
        suite_host
        verity_trust good
}

# Refused with one line that tells which image; nothing is attached.
assert_refused() {
        assert_error "$RAW.*$1" ctl attach app
        assert_missing /etc/systemd/system.attached
}

test_changed_data_cannot_be_read() {
        image_beside "$SUITE_TMP/app" app good
        verity_flip "$HOST_ROOT$RAW" MARK-data-2
        assert_ok ctl attach --now app
        assert_authenticated app.service "$HASH"
        assert_match "$(unit_log app.service)" '/usr/lib/data: MARK-data-1'
        assert_match "$(unit_log app.service)" '/usr/lib/data: Input/output error'
        assert_no_match "$(unit_log app.service)" 'data-2'
        assert_ok ctl detach --now app
}

test_changed_metadata_beside() {
        image_beside "$SUITE_TMP/app" app
        verity_flip "$HOST_ROOT$RAW" MARK-os-release
        assert_refused .
}

test_changed_metadata_inside() {
        image_inside "$SUITE_TMP/app" app good
        verity_flip "$HOST_ROOT$RAW" MARK-os-release
        assert_refused .
}

test_changed_unit() {
        image_beside "$SUITE_TMP/app" app
        verity_flip "$HOST_ROOT$RAW" '/usr/bin/service read'
        assert_refused .
}

test_changed_hash_data() {
        image_beside "$SUITE_TMP/app" app
        printf X | dd of="$HOST_ROOT${RAW%.raw}.verity" bs=1 seek=4200 conv=notrunc status=none
        assert_refused .
}

test_root_hash_of_another_image_beside() {
        image_beside "$SUITE_TMP/app2" app
        cp "$HOST_ROOT${RAW%.raw}.roothash" "$SUITE_TMP/app2.roothash"
        image_beside "$SUITE_TMP/app" app
        cp "$SUITE_TMP/app2.roothash" "$HOST_ROOT${RAW%.raw}.roothash"
        assert_refused .
}

test_root_hash_that_is_none() {
        image_beside "$SUITE_TMP/app" app
        echo nonsense >"$HOST_ROOT${RAW%.raw}.roothash"
        assert_error 'app\.(raw|roothash)' ctl attach app
        assert_missing /etc/systemd/system.attached
}

test_hash_data_of_another_image_inside() {
        local work=$SUITE_TMP/swap

        mkdir -p "$work"
        image_inside "$SUITE_TMP/app2" app
        cp "$SUITE_TMP/inside/verity" "$work/verity2"
        image_inside "$SUITE_TMP/app" app
        dd if="$work/verity2" of="$HOST_ROOT$RAW" bs=1M conv=notrunc status=none \
                seek="$(sfdisk -d "$HOST_ROOT$RAW" | sed -n '/raw2 /s/.*start= *\([0-9]*\).*/\1/p' |
                        awk '{ print $1 / 2048 }')"
        assert_refused .
}

# attach_distrusted WARNING: the image has a signature that is not to be trusted. It is as good as one without, so it
# is attached, with a warning, but the manager is not told that it must be signed.
attach_distrusted() {
        assert_ok ctl attach app
        assert_match "$ERR" "$RAW.*$1"
        assert_no_match "$(pin_of app.service)" 'root=signed(:|\+[^v]|$)'
}

# distrusted WHERE SINCE: managers before that start nothing that has a signature there which they do not trust; the
# warning says so of them, and not of others.
distrusted() {
        if [ "$(manager_version)" -ge "$2" ]; then
                attach_distrusted "signature $1 it is not one that is trusted here; it is used as an image without one"
                assert_no_match "$ERR" 'starts no services'
                assert_ok host_run systemctl start app.service
                assert_authenticated app.service "$HASH"
        else
                attach_distrusted "signature $1 it .* systemd $(manager_version) starts no services from such an image"
                run host_run systemctl start app.service
                assert_unit app.service failed
                host_run systemctl reset-failed app.service
        fi
        assert_ok ctl detach --now app
}

test_unknown_key_beside() {
        image_beside "$SUITE_TMP/app" app other
        distrusted beside 258
}

# From 254 on a policy tells managers to pass the signature over.
test_unknown_key_inside() {
        image_inside "$SUITE_TMP/app" app other
        distrusted in 254
}

test_no_certificates() {
        image_beside "$SUITE_TMP/app" app good
        verity_trust
        distrusted beside 258
        verity_trust good
}

test_signature_of_another_image() {
        image_beside "$SUITE_TMP/app2" app
        verity_sign "$HASH" good >"$SUITE_TMP/app2.p7s"
        image_beside "$SUITE_TMP/app" app
        cp "$SUITE_TMP/app2.p7s" "$HOST_ROOT${RAW%.raw}.roothash.p7s"
        distrusted beside 258
}

# Managers do not look at dates, so nothing is said about them.
expired() {
        verity_trust expired
        attach_distrusted "signature $1 it was made with a certificate that has expired"
        assert_no_match "$ERR" 'starts no services'
        assert_ok host_run systemctl start app.service
        assert_authenticated app.service "$HASH"
        assert_ok ctl detach --now app
        verity_trust good
}

test_expired_certificate_beside() {
        image_beside "$SUITE_TMP/app" app
        verity_sign "$HASH" good expired >"$HOST_ROOT${RAW%.raw}.roothash.p7s"
        expired beside
}

test_expired_certificate_inside() {
        image_inside "$SUITE_TMP/app" app good expired
        expired in
}

# With these no manager starts anything.
test_signature_that_is_none() {
        local signature=$HOST_ROOT${RAW%.raw}.roothash.p7s

        image_beside "$SUITE_TMP/app" app good
        openssl pkcs7 -inform der -in "$signature" -out "$SUITE_TMP/pem"
        cp "$SUITE_TMP/pem" "$signature"
        assert_refused 'app\.roothash\.p7s. beside it is no PKCS#7 signature in DER form, but one in PEM form'
        head -c 200 /dev/urandom >"$signature"
        assert_refused 'app\.roothash\.p7s. beside it is no PKCS#7 signature'
        # It begins as one.
        printf '\x30\x11\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02abcdef' >"$signature"
        assert_refused 'the signature of its root hash is no PKCS#7 signature'
}

test_encrypted() {
        truncate -s 20M "$HOST_ROOT$RAW"
        printf secret | cryptsetup luksFormat -q --type luks2 --pbkdf pbkdf2 --pbkdf-force-iterations 1000 \
                "$HOST_ROOT$RAW" -
        assert_refused 'the file system is encrypted \(crypto_LUKS\); images are not unlocked for portable services'
        cp "$HOST_ROOT$RAW" "$SUITE_TMP/luks"
        disk_gpt "$HOST_ROOT$RAW" "root-$(disk_arch):$SUITE_TMP/luks"
        assert_refused 'partition 1 .* is encrypted \(crypto_LUKS\); images are not unlocked for portable services'
}

suite_main "$@"
