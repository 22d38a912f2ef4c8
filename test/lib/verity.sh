# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# Images with verity data and signatures in them; making them needs no kernel that has verity. They are stored
# without compression in blocks of 4 KiB, so that a test can change one byte of one file. Sourced, after suite.sh, by
# test files that need it.

# verity_key NAME: a key with its certificate, valid from yesterday: $SUITE_TMP/NAME.key, .crt.
verity_key() {
        local stem=$SUITE_TMP/$1

        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc -subj "/CN=$1" -days 3650 -keyout "$stem.key" -out "$stem.crt" \
                2>/dev/null
}

# verity_filesystem TREE OUT
verity_filesystem() {
        mksquashfs "$1" "$2" -noappend -no-progress -quiet -all-root -noI -noD -noF -noX -no-fragments -b 4096 \
                -no-exports -no-xattrs
}

# verity_hash FILE OUT: hash data for the file system; prints the root hash.
verity_hash() {
        rm -f "$2"
        veritysetup format --root-hash-file "$SUITE_TMP/roothash" "$1" "$2" >/dev/null || return
        cat "$SUITE_TMP/roothash"
}

# verity_sign HASH KEY [CERTIFICATE]: prints the detached signature of a root hash, DER.
verity_sign() {
        printf %s "$1" | openssl smime -sign -noattr -binary -nocerts -inkey "$SUITE_TMP/$2.key" \
                -signer "$SUITE_TMP/${3:-$2}.crt" -outform der
}

# image_inside TREE NAME [KEY [CERTIFICATE]]: the same as a GPT image with everything in it.
image_inside() {
        [ -e "$1.squashfs" ] || verity_filesystem "$1" "$1.squashfs" || return
        image_data_inside root "$1.squashfs" "${@:2}"
}

# image_data_inside root|usr FILE_SYSTEM NAME [KEY [CERTIFICATE]]; $IMAGE_FLAGS are for each partition, as in disk_gpt.
image_data_inside() {
        local kind=$1 fs=$2 name=$3 flags=${IMAGE_FLAGS:-} work=$SUITE_TMP/inside parts
        shift 3

        kind+=-$(disk_arch) || return
        mkdir -p "$work"
        HASH=$(verity_hash "$fs" "$work/verity") || return
        parts=("$kind:$fs:uuid=$(verity_uuid "${HASH::32}")${flags:+,$flags}"
                "$kind-verity:$work/verity:uuid=$(verity_uuid "${HASH: -32}")${flags:+,$flags}")
        if [ $# -ge 1 ]; then
                verity_json "$HASH" "$(verity_sign "$HASH" "$1" "${2:-$1}" | base64 -w 0)" "${2:-$1}" >"$work/json"
                truncate -s 16K "$work/json"
                parts+=("$kind-verity-sig:$work/json${flags:+:$flags}")
        fi
        disk_gpt "$HOST_ROOT$PORTABLE_POOL/$name.raw" "${parts[@]}"
}

verity_uuid() {
        sed -E 's/^(.{8})(.{4})(.{4})(.{4})(.{12})$/\1-\2-\3-\4-\5/' <<<"$1"
}

# verity_json HASH SIGNATURE KEY: what a signature partition has in it.
verity_json() {
        printf '{"rootHash":"%s","certificateFingerprint":"%s","signature":"%s"}' "$1" \
                "$(openssl x509 -in "$SUITE_TMP/$3.crt" -outform der | sha256sum | cut -c 1-64)" "$2"
}
