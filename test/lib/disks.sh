# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# Disk images with partition tables, made without loop devices: the file systems are made as files of their own
# and copied to their place. Partition types are those of the Discoverable Partitions Specification.
# Sourced by images.sh.

# Where the first partition begins, in KiB; partitions are aligned to this.
DISK_ALIGN=1024

declare -A DISK_TYPES=(
        [root-x86-64]=4f68bce3-e8cd-4db1-96e7-fbcaf984b709
        [root-arm64]=b921b045-1df0-41c3-af44-4c6f280d3fae
        [usr-x86-64]=8484680c-9521-48c6-9c11-b0720656f69e
        [usr-arm64]=b0e01050-ee5f-4390-949a-9101b17104e9
        [root-x86-64-verity]=2c7357ed-ebd2-46d9-aec1-23d437ec2bf5
        [root-arm64-verity]=df3300ce-d69f-4c92-978c-9bfb0f38d820
        [root-x86-64-verity-sig]=41092b05-9fc8-4523-994f-2def0408b176
        [root-arm64-verity-sig]=6db69de6-29f4-4758-a7a5-962190f00ce3
        [usr-x86-64-verity]=77ff5f63-e7b6-4633-acf4-1565b864c0e6
        [usr-arm64-verity]=6e11a4e7-fbca-4ded-b9e9-e1a512bb664e
        [usr-x86-64-verity-sig]=e7bb33fb-06cf-4e81-8273-e543b413e2e2
        [usr-arm64-verity-sig]=c23ce4ff-44bd-4b00-b2d4-b41b3419e02a
        [home]=933ac7e1-2eb4-4f13-b844-0e14e2aef915
        [srv]=3b8f8425-20e0-4f3b-907f-1a25a76f98e8
        [var]=4d21b016-b534-45c2-a9fb-5c16e091fd2d
        [tmp]=7ec6f557-3bc5-4aca-b293-16ef5df639d1
        [swap]=0657fd6d-a4ab-43c4-84e5-0933c84b4f4f
        [esp]=c12a7328-f81f-11d2-ba4b-00a0c93ec93b
        [xbootldr]=bc13c2ff-59e6-4262-a352-b275fd6f7172
        [generic]=0fc63daf-8483-4772-8e79-3d69d8477de4
)

# The name of this machine's architecture in partition type names.
disk_arch() {
        case $(uname -m) in
        x86_64) echo x86-64 ;;
        aarch64) echo arm64 ;;
        *) printf 'disks: no partition types for %s\n' "$(uname -m)" >&2; return 1 ;;
        esac
}

# disk_pack KIND TREE OUT: a disk image of one of the kinds in image_pack, with squashfs in it.
disk_pack() {
        local kind=$1 tree=$2 out=$3 work arch status=0

        work=$(mktemp -d "${SUITE_TMP:?}/disk.XXXXXX") || return
        arch=$(disk_arch) || return
        disk_pack_parts "$kind" "$tree" "$out" "$work" "$arch" || status=$?
        rm -rf "$work"
        return "$status"
}

disk_pack_parts() {
        local kind=$1 tree=$2 out=$3 work=$4 arch=$5

        if [ "$kind" = gpt-usr ]; then
                image_filesystem squashfs "$tree/usr" "$work/usr" || return
                disk_gpt "$out" "usr-$arch:$work/usr"
                return
        fi
        image_filesystem squashfs "$tree" "$work/root" || return
        case $kind in
        mbr) disk_mbr "$out" "83:$work/root:bootable" ;;
        gpt) disk_gpt "$out" "root-$arch:$work/root" ;;
        gpt-generic) disk_gpt "$out" "generic:$work/root" ;;
        gpt-esp)
                image_size "$work/esp" 2048 && mkfs.vfat "$work/esp" >/dev/null || return
                disk_gpt "$out" "esp:$work/esp" "root-$arch:$work/root"
                ;;
        gpt-full)
                mkdir -p "$work/home.d/user" "$work/srv.d/data" &&
                        echo home >"$work/home.d/user/file" && echo srv >"$work/srv.d/data/file" || return
                image_filesystem ext4 "$work/home.d" "$work/home" || return
                image_filesystem ext4 "$work/srv.d" "$work/srv" || return
                image_size "$work/swap" 1024 && mkswap -q "$work/swap" 2>/dev/null || return
                disk_gpt "$out" "swap:$work/swap" "root-$arch:$work/root" "home:$work/home" "srv:$work/srv"
                ;;
        *) printf 'disks: %s: no such kind of disk\n' "$kind" >&2; return 1 ;;
        esac
}

# disk_gpt OUT PART...: a GPT disk. A part is TYPE:FILE[:SFDISK_ATTRIBUTE,...], TYPE a name of DISK_TYPES or a
# GUID, the attributes in the language of sfdisk, for example uuid=..., attrs=GUID:63 or name=....
disk_gpt() {
        disk_write gpt "$@"
}

# disk_mbr OUT PART...: an MBR disk; TYPE is the partition type in hexadecimal, 83 is Linux
# (which service managers take for a root only with the attribute bootable).
disk_mbr() {
        disk_write dos "$@"
}

disk_write() {
        local label=$1 out=$2 offset=$DISK_ALIGN part type file attributes size
        local -a script=("label: $label") copies=()
        shift 2

        for part in "$@"; do
                IFS=: read -r type file attributes <<<"$part"
                size=$((($(stat -c %s "$file") + DISK_ALIGN * 1024 - 1) / (DISK_ALIGN * 1024) * DISK_ALIGN))
                script+=("start=${offset}KiB, size=${size}KiB, type=${DISK_TYPES[$type]:-$type}${attributes:+, $attributes}")
                copies+=("$offset:$file")
                offset=$((offset + size))
        done
        rm -f "$out"
        image_size "$out" $((offset + DISK_ALIGN)) || return
        printf '%s\n' "${script[@]}" | sfdisk -q --no-reread --no-tell-kernel "$out" >/dev/null || return
        for part in "${copies[@]}"; do
                dd if="${part#*:}" of="$out" bs="$DISK_ALIGN"K seek=$((${part%%:*} / DISK_ALIGN)) \
                        conv=notrunc,sparse status=none || return
        done
}
