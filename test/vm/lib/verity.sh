# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# What tests ask of images with verity data and signatures. Sourced by the test files of this folder, which run in a
# test machine (test/vm/run).

VERITY_LIB=$(dirname -- "$(realpath -- "${BASH_SOURCE[0]}")")

# shellcheck source=../../lib/suite.sh
source "$VERITY_LIB/../../lib/suite.sh"
# shellcheck source=../../lib/verity.sh
source "$VERITY_LIB/../../lib/verity.sh"

cp "${MACHINE_SPOOL:?runs in a test machine only, see test/vm/run}/image-service" "$SUITE_TMP/image-service"

# In an emulated machine each process costs a fortieth of a second. So this is a wait without one, ...
exec {VERITY_SILENCE}<> <(:)
sleep() {
        read -r -t "$1" -u "$VERITY_SILENCE" || true
}

# ... and this host_run() of host.sh without two. The machine has a limit of time of its own.
host_run() {
        local init

        init=$(host_init) || host_die 'host_run: not booted' || return
        (
                # shellcheck disable=SC2046
                unset $(compgen -e)
                export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root USER=root TERM=dumb \
                        LANG=C.UTF-8 SYSTEMD_PAGER=cat ASAN_OPTIONS="$LAYER_ASAN_OPTIONS" \
                        UBSAN_OPTIONS="$LAYER_UBSAN_OPTIONS"
                exec nsenter -t "$init" -a -r -w -- "$@"
        )
}

# verity_expired NAME OF: another certificate for the key OF, which is no longer valid.
verity_expired() {
        local dir=$SUITE_TMP/ca.$1

        mkdir "$dir" && : >"$dir/index" || return
        printf '%s\n' '[ca]' 'default_ca=d' '[d]' "database=$dir/index" "new_certs_dir=$dir" 'default_md=sha256' \
                'policy=p' "rand_serial=yes" '[p]' 'CN=supplied' >"$dir/conf"
        openssl req -new -key "$SUITE_TMP/$2.key" -subj "/CN=$1" -out "$dir/csr" &&
                openssl ca -config "$dir/conf" -selfsign -keyfile "$SUITE_TMP/$2.key" -in "$dir/csr" -batch -notext \
                        -startdate 20200101000000Z -enddate 20200201000000Z -out "$SUITE_TMP/$1.crt" 2>/dev/null
}

# verity_trust CERTIFICATE...: has the host trust these certificates, and no others.
verity_trust() {
        local name

        rm -rf "$HOST_ROOT/etc/verity.d"
        mkdir "$HOST_ROOT/etc/verity.d"
        for name in "$@"; do
                cp "$SUITE_TMP/$name.crt" "$HOST_ROOT/etc/verity.d/$name.crt"
        done
}

# verity_tree DIR NAME VERSION: the tree of an image with one service, which reads a file of some blocks.
verity_tree() {
        local dir=$1 name=$2 i

        image_tree "$dir" "ID=$name" "VERSION_ID=$3" 'PRETTY_NAME="MARK-os-release"' || return
        image_unit "$dir" "$name.service" 'ExecStart=' 'ExecStart=/usr/bin/service read /usr/lib/data' || return
        for i in 1 2 3; do
                printf 'MARK-data-%d\n' "$i"
                head -c 8179 /dev/zero
                echo
        done >"$dir/usr/lib/data"
}

# verity_flip FILE TEXT: changes one byte of the file, the first of the text.
verity_flip() {
        local offset

        offset=$(grep -abo -m 1 -F -- "$2" "$1" | head -n 1 | cut -d : -f 1)
        [ -n "$offset" ] || assert_fail "$1 does not have the text $2" || return
        printf X | dd of="$1" bs=1 seek="$offset" conv=notrunc status=none
}

# image_plain TREE NAME: NAME.raw in the pool with nothing to authenticate it.
image_plain() {
        [ -e "$1.squashfs" ] || verity_filesystem "$1" "$1.squashfs" || return
        cp "$1.squashfs" "$HOST_ROOT$PORTABLE_POOL/$2.raw"
}

# image_beside TREE NAME [KEY]: NAME.raw in the pool with NAME.verity and NAME.roothash beside it, and with a key
# NAME.roothash.p7s. Sets HASH. The file system is made once for a tree.
# shellcheck disable=SC2034
image_beside() {
        local stem=$HOST_ROOT$PORTABLE_POOL/$2

        [ -e "$1.squashfs" ] || verity_filesystem "$1" "$1.squashfs" || return
        cp "$1.squashfs" "$stem.raw" || return
        HASH=$(verity_hash "$stem.raw" "$stem.verity") || return
        printf '%s' "$HASH" >"$stem.roothash"
        [ $# -lt 3 ] || verity_sign "$HASH" "$3" >"$stem.roothash.p7s"
}

# image_usr_inside TREE NAME [KEY]: the same of an image that has but a usr partition.
image_usr_inside() {
        local tree=$1 fs=$1-usr.squashfs

        [ -e "$fs" ] || verity_filesystem "$tree/usr" "$fs" || return
        image_data_inside usr "$fs" "${@:2}"
}

# image_inside_stripped TREE NAME: what image_inside made last, without verity data and signature. HASH is still theirs.
image_inside_stripped() {
        disk_gpt "$HOST_ROOT$PORTABLE_POOL/$2.raw" \
                "root-$(disk_arch):$1.squashfs:uuid=$(verity_uuid "${HASH::32}")${IMAGE_FLAGS:+,$IMAGE_FLAGS}"
}

# Version of the host's service manager.
manager_version() {
        [ -e "$SUITE_TMP/manager" ] ||
                host_run systemctl --version | sed -n '1s/^systemd \([0-9]*\).*/\1/p' >"$SUITE_TMP/manager"
        cat "$SUITE_TMP/manager"
}

# unit_device UNIT [DIRECTORY]: what is mounted on this directory of a running service (default: its root), as
# MAJOR:MINOR.
unit_device() {
        local pid

        pid=$(host_run systemctl show -P MainPID "$1")
        awk -v directory="${2:-/}" '$5 == directory { device = $3 } END { print device }' \
                "/proc/$(host_init)/root/proc/$pid/mountinfo"
}

# assert_authenticated UNIT HASH [DIRECTORY]: the service runs, on a verity mapping with that root hash.
assert_authenticated() {
        local device

        assert_unit "$1" active
        device=$(unit_device "$1" "${3:-/}")
        run dmsetup table -j "${device%:*}" -m "${device#*:}"
        assert_match "$OUT" "^0 [0-9]+ verity .* $2 " "$1 runs on $device: $(dmsetup info -c --noheadings 2>&1)"
}

# assert_not_authenticated UNIT [DIRECTORY]: the service runs on something else.
assert_not_authenticated() {
        local device

        assert_unit "$1" active
        device=$(unit_device "$1" "${2:-/}")
        run dmsetup table -j "${device%:*}" -m "${device#*:}"
        assert_no_match "$OUT" verity
}

# verity_disk: a file system that has user attributes, unlike that of the host before Linux 6.6, on /media; the images
# of the pool and what is beside them go there.
verity_disk() {
        truncate -s 8M "$HOST_ROOT/srv/disk"
        mkfs.ext4 -q "$HOST_ROOT/srv/disk"
        # A daemon that runs already would not see what is mounted: the host's mounts are not shared.
        host_run systemctl stop systemd-portabled.service
        host_run mount -o loop /srv/disk /media
        host_run sh -c "mv $PORTABLE_POOL/* /media/"
}

verity_disk_remove() {
        host_run systemctl stop systemd-portabled.service
        host_run umount /media
        host_run rm /srv/disk
}

# verity_attribute NAME VALUE: sets it for /media/app.raw.
verity_attribute() {
        /usr/bin/python3 -c 'import os, sys; os.setxattr(sys.argv[1], sys.argv[2].encode(), sys.argv[3].encode())' \
                "/proc/$(host_init)/root/media/app.raw" "$1" "$2"
}

no_mappings() {
        ! dmsetup ls | grep -q verity
}

# assert_pin UNIT PROTECTION: the policy in its drop-in demands this of the root, from managers that can be told: from
# 260 on also its file system; those leave the protection out where a policy needs none. A PROTECTION that ends in |
# is none.
assert_pin() {
        local version expected="root=${2%|}:=absent"

        version=$(manager_version)
        if [ "$version" -lt 254 ]; then
                expected=
        elif [ "$version" -ge 260 ]; then
                expected="root=${2%|}+squashfs:=absent"
                [ "$2" != "${2%|}" ] && expected='root=squashfs:=absent'
        fi
        assert_eq "$(pin_of "$1")" "$expected" "policy of $1 for systemd $version"
}

# The policy in a drop-in of an attached service, empty if there is none.
pin_of() {
        dropin "$1" | sed -n 's/^RootImagePolicy=//p'
}

# Mappings are the machine's: one that stays is a leftover, too.
eval "$(declare -f leak_loops | sed '1s/.*/leak_loops_only ()/')"
leak_loops() {
        leak_loops_only
        dmsetup ls | sed -n 's/^\([^ \t]*\)\t.*/loop device \/dev\/null mapping \1/p'
}
