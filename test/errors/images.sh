# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# Cases of errors: raw files whose file system, partition table or protection is not what it should be.

# part_of TYPE TREE: a file system as a file, for a partition; its path in $PART.
part_of() {
        PART=$(mktemp "$SUITE_TMP/part.XXXXXX")
        image_filesystem "$1" "$2" "$PART"
}

# gpt PART...: app.raw with that GPT; a part is TYPE[:SFDISK_ATTRIBUTES], each with the good squashfs in it.
gpt() {
        local part
        local -a parts=()

        for part in "$@"; do
                parts+=("${part%%:*}:$SUITE_TMP/app.squashfs${part#"${part%%:*}"}")
        done
        disk_gpt "$(pool_file)" "${parts[@]}"
}

# bytes_at OFFSET BYTES...: overwrites app.raw there, BYTES as printf knows them.
bytes_at() {
        # shellcheck disable=SC2059
        printf "$2" | dd of="$(pool_file)" bs=1 seek="$1" conv=notrunc status=none
}

raw_empty() {
        : >"$(pool_file)"
}
refuses empty_file raw_empty 'attach app' InvalidArgs \
        "Image '$POOL/app.raw' is empty"

raw_zeros() {
        truncate -s 1M "$(pool_file)"
}
refuses zeros raw_zeros 'attach app' InvalidArgs \
        "Image '$POOL/app.raw' holds no partition table, and no file system that images can have (squashfs, erofs, ext4, ext3, ext2, xfs, btrfs, f2fs)"

raw_text() {
        echo 'this is not an image' >"$(pool_file)"
}
refuses text_file raw_text 'inspect app' InvalidArgs \
        "Image '$POOL/app.raw' holds no partition table, and no file system that images can have (squashfs, erofs, ext4, ext3, ext2, xfs, btrfs, f2fs)"

raw_swap() {
        truncate -s 1M "$(pool_file)"
        mkswap -q "$(pool_file)" 2>/dev/null
}
refuses swap raw_swap 'inspect app' NotSupported \
        "Image '$POOL/app.raw': the file system is of type 'swap', which images cannot have; supported are squashfs, erofs, ext4, ext3, ext2, xfs, btrfs, f2fs"

raw_vfat() {
        truncate -s 2M "$(pool_file)"
        mkfs.vfat "$(pool_file)" >/dev/null
}
refuses unsupported_file_system raw_vfat 'attach app' NotSupported \
        "Image '$POOL/app.raw': the file system is of type 'vfat', which images cannot have; supported are squashfs, erofs, ext4, ext3, ext2, xfs, btrfs, f2fs"

# A LUKS2 header as far as probing looks at it: no cryptsetup, no key.
raw_luks() {
        truncate -s 20M "$(pool_file)"
        bytes_at 0 'LUKS\xba\xbe\x00\x01aes'
        bytes_at 168 '01234567-89ab-cdef-0123-456789abcdef'
}
refuses luks raw_luks 'attach app' NotSupported \
        "Image '$POOL/app.raw': the file system is encrypted (crypto_LUKS); images are not unlocked for portable services: make it without encryption, dm-verity can protect it"

gpt_luks() {
        truncate -s 20M "$SUITE_TMP/luks"
        printf 'LUKS\xba\xbe\x00\x01aes' | dd of="$SUITE_TMP/luks" conv=notrunc status=none
        disk_gpt "$(pool_file)" "root-$(disk_arch):$SUITE_TMP/luks"
}
refuses luks_partition gpt_luks 'inspect app' NotSupported \
        "Image '$POOL/app.raw': partition 1 (root for x86-64) is encrypted (crypto_LUKS); images are not unlocked for portable services: make it without encryption, dm-verity can protect it"

# number_at FILE OFFSET BYTES: the little-endian number there.
number_at() {
        od -A n -t "u$3" --endian=little -j "$2" -N "$3" "$1" | tr -d ' '
}

# file_system_size TYPE FILE: how long the file system says it is. The same tree is not always as long: mksquashfs
# compresses with several threads.
file_system_size() {
        case $1 in
        squashfs) number_at "$2" 40 8 ;;
        ext4) echo $(($(number_at "$2" $((1024 + 4)) 4) << (10 + $(number_at "$2" $((1024 + 24)) 4)))) ;;
        erofs) echo $(($(number_at "$2" $((1024 + 36)) 4) << $(number_at "$2" $((1024 + 12)) 1))) ;;
        esac
}

raw_truncated() {
        local name=truncated_$1

        head -c 100K "$SUITE_TMP/app.$1" >"$(pool_file)"
        CASE_MESSAGE[$name]=${CASE_MESSAGE[$name]/<SIZE>/$(file_system_size "$1" "$SUITE_TMP/app.$1")}
}
refuses truncated_squashfs 'raw_truncated squashfs' 'attach app' InvalidArgs \
        "Image '$POOL/app.raw' is truncated or damaged: the file system (squashfs) needs <SIZE> bytes, but there are only 102400"
refuses truncated_ext4 'raw_truncated ext4' 'attach app' InvalidArgs \
        "Image '$POOL/app.raw' is truncated or damaged: the file system (ext4) needs <SIZE> bytes, but there are only 102400"
refuses truncated_erofs 'raw_truncated erofs' 'attach app' InvalidArgs \
        "Image '$POOL/app.raw' is truncated or damaged: the file system (erofs) needs <SIZE> bytes, but there are only 102400"

raw_bad_ext4() {
        cp "$SUITE_TMP/app.ext4" "$(pool_file)"
        dd if=/dev/zero of="$(pool_file)" bs=1K seek=2 count=200 conv=notrunc status=none
}
refuses damaged_ext4 raw_bad_ext4 'attach app' EUCLEAN \
        "Image '$POOL/app.raw': the kernel cannot mount the file system as ext4: it is damaged or uses features this kernel does not know; its log may say more (dmesg)"

raw_bad_squashfs() {
        put_raw
        bytes_at 20 '\xff\xff' # the compressor
}
refuses damaged_squashfs raw_bad_squashfs 'attach app' InvalidArgs \
        "Image '$POOL/app.raw': the kernel cannot mount the file system as squashfs: it is damaged or uses features this kernel does not know (it says: Filesystem uses \"unknown\" compression. This is not supported)"

raw_two_signatures() {
        cp "$SUITE_TMP/app.ext4" "$(pool_file)"
        bytes_at 0 'XFSB'
        mkfs.ext4 -q -F "$(pool_file)"
        dd if="$SUITE_TMP/app.squashfs" of="$(pool_file)" bs=96 count=1 conv=notrunc status=none
}
refuses two_file_systems raw_two_signatures 'attach app' InvalidArgs \
        "Image '$POOL/app.raw' has the signatures of more than one file system or partition table; wipefs lists them"

refuses no_root_partition 'gpt home srv' 'attach app' Failed \
        "Image '$POOL/app.raw' has no root or usr partition for x86-64; its partitions: 1 (home), 2 (srv). Give one the type of a root, with sfdisk --part-type"
refuses no_partition gpt 'attach app' Failed \
        "Image '$POOL/app.raw' has no root or usr partition for x86-64; its partitions: none. Give one the type of a root, with sfdisk --part-type"
refuses unknown_partition_type 'gpt 01234567-89ab-cdef-0123-456789abcdef:name=data' 'attach app' Failed \
        "Image '$POOL/app.raw' has no root or usr partition for x86-64; its partitions: 1 (other type 01234567-89ab-cdef-0123-456789abcdef, label 'data'). Give one the type of a root, with sfdisk --part-type"
refuses ambiguous_roots 'gpt generic:name=one generic:name=two' 'attach app' Failed \
        "Image '$POOL/app.raw' has 2 generic Linux partitions and none marked as root or usr, so its root is ambiguous; its partitions: 1 (linux-generic, label 'one'), 2 (linux-generic, label 'two'). Give one the type of a root, with sfdisk --part-type"
refuses root_marked_no_auto "gpt root-$(disk_arch):attrs=GUID:63" 'attach app' Failed \
        "Image '$POOL/app.raw' has no root or usr partition for x86-64; its partitions: 1 (root for x86-64, no-auto). It is marked not to be used (no-auto, or the label _empty)"

foreign_arch() {
        [ "$(disk_arch)" = arm64 ] && echo x86-64 || echo arm64
}
refuses foreign_architecture "gpt root-$(foreign_arch)" 'attach app' Failed \
        "Image '$POOL/app.raw' is made for another architecture: its partition 1 is a root for arm64, this machine is x86-64"

mbr() {
        local type
        local -a parts=()

        for type in "$@"; do
                parts+=("$type:$SUITE_TMP/app.squashfs")
        done
        disk_mbr "$(pool_file)" "${parts[@]}"
}
refuses mbr_ambiguous_roots 'mbr 83 83' 'attach app' Failed \
        "Image '$POOL/app.raw' has 2 generic Linux partitions and none marked as root or usr, so its root is ambiguous; its partitions: 1 (linux-generic), 2 (linux-generic). With an MBR table there can be only one of type 83"
refuses mbr_without_linux 'mbr 7 c' 'attach app' Failed \
        "Image '$POOL/app.raw' has no root or usr partition for x86-64; its partitions: 1 (other type 0x07), 2 (other type 0x0c). With an MBR table it must be of type 83"

gpt_corrupt() {
        gpt "root-$(disk_arch)"
        bytes_at 528 '\xff\xff\xff\xff' # the header's checksum
        truncate -s -1M "$(pool_file)"  # and no backup of it
        truncate -s +1M "$(pool_file)"
}
refuses corrupt_gpt gpt_corrupt 'attach app' InvalidArgs \
        "Image '$POOL/app.raw': its GPT partition table is damaged (wrong checksum or impossible values); sfdisk --verify tells more"

gpt_truncated() {
        gpt "root-$(disk_arch)"
        truncate -s 1200K "$(pool_file)"
}
refuses truncated_gpt gpt_truncated 'inspect app' InvalidArgs \
        "Image '$POOL/app.raw' is truncated: its partition table is made for 3145728 bytes, but there are 1228800"

gpt_empty_root() {
        truncate -s 1M "$SUITE_TMP/nothing"
        disk_gpt "$(pool_file)" "root-$(disk_arch):$SUITE_TMP/nothing"
}
refuses root_without_file_system gpt_empty_root 'attach app' InvalidArgs \
        "Image '$POOL/app.raw': partition 1 (root for x86-64) holds no file system that images can have (squashfs, erofs, ext4, ext3, ext2, xfs, btrfs, f2fs)"

gpt_swap_as_root() {
        truncate -s 1M "$SUITE_TMP/swap"
        mkswap -q "$SUITE_TMP/swap" 2>/dev/null
        disk_gpt "$(pool_file)" "root-$(disk_arch):$SUITE_TMP/swap"
}
refuses root_of_wrong_file_system gpt_swap_as_root 'attach app' NotSupported \
        "Image '$POOL/app.raw': partition 1 (root for x86-64) is of type 'swap', which images cannot have; supported are squashfs, erofs, ext4, ext3, ext2, xfs, btrfs, f2fs"

# This machine has no device-mapper: see test/vm for verity where there is.
raw_verity() {
        put_raw
        image_verity "$(pool_file)"
}
refuses verity_without_kernel_support raw_verity 'attach app' NotSupported \
        "Image '$POOL/app.raw': the file system is protected by verity, which this kernel does not support (no device-mapper; perhaps: modprobe dm-verity)"

raw_bad_roothash() {
        put_raw
        image_verity "$(pool_file)"
        echo 'not a hash' >"$(pool_file app.roothash)"
}
refuses verity_bad_roothash raw_bad_roothash 'attach app' Failed \
        "Image '$POOL/app.raw': the file '$POOL/app.roothash' holds no root hash (32 to 128 hexadecimal digits)"

raw_minix() {
        truncate -s 1M "$(pool_file)"
        mkfs.minix "$(pool_file)" >/dev/null
}
refuses minix raw_minix 'inspect app' NotSupported \
        "Image '$POOL/app.raw': the file system is of type 'minix', which images cannot have; supported are squashfs, erofs, ext4, ext3, ext2, xfs, btrfs, f2fs"

raw_cramfs() {
        mkfs.cramfs "$SUITE_TMP/app/etc" "$(pool_file)" >/dev/null
}
refuses cramfs raw_cramfs 'inspect app' NotSupported \
        "Image '$POOL/app.raw': the file system is of type 'cramfs', which images cannot have; supported are squashfs, erofs, ext4, ext3, ext2, xfs, btrfs, f2fs"

# A label made to look like more than it is.
refuses partition_label_with_controls 'gpt $'"'"'home:name="a\xe2\x80\xaeb"'"'"'' 'attach app' Failed \
        "Image '$POOL/app.raw' has no root or usr partition for x86-64; its partitions: 1 (home, label 'a\\xe2\\x80\\xaeb'). Give one the type of a root, with sfdisk --part-type"
