# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# Builds small portable service images: first a tree, then a directory or raw image made of it. Needs no loop
# device and no mount. Sourced by suite.sh; partition tables are in disks.sh.
#
#     image_tree DIR 'ID=app' 'VERSION_ID=1'
#     image_unit DIR app.service
#     image_pack squashfs DIR app_1.raw

IMAGES_LIB=$(dirname -- "$(realpath -- "${BASH_SOURCE[0]}")")

# shellcheck source=disks.sh
source "$IMAGES_LIB/disks.sh"

# All kinds of images that every kernel under test mounts, as image_pack knows them; for loops in tests.
# shellcheck disable=SC2034
IMAGE_KINDS=(directory squashfs erofs ext4 mbr gpt gpt-generic gpt-usr gpt-full gpt-esp)

# Prints the path of the statically linked program that runs inside images, compiled once per test file.
image_program() {
        local program=${SUITE_TMP:?}/image-service

        if [ ! -x "$program" ]; then
                gcc -static -Os -s "$IMAGES_LIB/image-service.c" -o "$program.$BASHPID" || return
                mv "$program.$BASHPID" "$program"
        fi
        printf '%s\n' "$program"
}

# image_tree DIR [OS_RELEASE_LINE...]: an image root with the program, an os-release and the mount points that
# the service manager needs, yet no unit. Without lines: ID=testimage, VERSION_ID=1.
image_tree() {
        local dir=$1 program
        shift

        program=$(image_program) || return
        mkdir -p "$dir" || return
        (
                cd "$dir"
                mkdir -p proc sys dev run tmp root home srv efi var/tmp var/lib var/cache var/log etc usr/bin usr/lib/systemd/system
                : >etc/machine-id
                : >etc/resolv.conf
                install -m 0755 "$program" usr/bin/service
                ln -sf ../usr/lib/os-release etc/os-release
        ) || return
        [ $# -gt 0 ] || set -- 'ID=testimage' 'VERSION_ID=1' 'PRETTY_NAME="Test Image"'
        printf '%s\n' "$@" >"$dir/usr/lib/os-release"
}

# image_unit DIR NAME [LINE...]: adds a unit, its kind told by the suffix of NAME; the lines are appended, that
# is, they belong to the unit's own section unless they open another.
image_unit() {
        local dir=$1 name=$2 stem=${2%.*} path
        shift 2

        path=$dir/usr/lib/systemd/system/$name
        {
                printf '[Unit]\nDescription=Test unit %s\n\n' "$name"
                case $name in
                *@.service) printf '[Service]\nType=notify\nExecStart=/usr/bin/service\nEnvironment=INSTANCE=%%i\n' ;;
                *.service) printf '[Install]\nWantedBy=multi-user.target\n\n'
                           printf '[Service]\nType=notify\nExecStart=/usr/bin/service\n' ;;
                *.socket) printf '[Install]\nWantedBy=sockets.target\n\n'
                          printf '[Socket]\nListenStream=/run/%s.sock\n' "$stem" ;;
                *.timer) printf '[Install]\nWantedBy=timers.target\n\n[Timer]\nOnActiveSec=1h\n' ;;
                *.path) printf '[Install]\nWantedBy=paths.target\n\n[Path]\nPathExists=/run/%s.start\n' "$stem" ;;
                *.target) printf '[Install]\nWantedBy=multi-user.target\n' ;;
                *) printf 'images: %s: no such kind of unit\n' "$name" >&2; return 1 ;;
                esac
                [ $# -eq 0 ] || printf '%s\n' "$@"
        } >"$path"
}

# image_simple DIR NAME [OS_RELEASE_LINE...]: a tree with the one unit NAME.service.
image_simple() {
        image_tree "$1" "${@:3}" && image_unit "$1" "$2.service"
}

# image_extension DIR NAME BASE_ID [OS_RELEASE_LINE...]: the tree of a system extension called NAME for images
# with ID=BASE_ID (or _any), with its release file and no unit.
image_extension() {
        local dir=$1 name=$2 id=$3

        mkdir -p "$dir/usr/lib/extension-release.d" "$dir/usr/lib/systemd/system" || return
        printf '%s\n' "ID=$id" "${@:4}" >"$dir/usr/lib/extension-release.d/extension-release.$name"
}

# image_pack KIND TREE OUT: makes OUT (a directory, or a raw file) from the tree. Disks with a partition table hold
# squashfs: mbr one Linux partition; gpt the root of this architecture, gpt-generic a lone generic root, gpt-usr only a
# usr, gpt-full root, home, srv and swap, gpt-esp an ESP before the root.
image_pack() {
        local kind=$1 tree=$2 out=$3

        case $kind in
        directory) mkdir -p "$out" && cp -a "$tree/." "$out/" ;;
        squashfs | erofs | ext4 | xfs | btrfs) image_filesystem "$kind" "$tree" "$out" ;;
        mbr | gpt | gpt-*) disk_pack "$kind" "$tree" "$out" ;;
        *) printf 'images: %s: no such kind of image\n' "$kind" >&2; return 1 ;;
        esac
}

# image_filesystem TYPE TREE OUT [LABEL]: a bare file system.
image_filesystem() {
        local type=$1 tree=$2 out=$3 label=${4:-} log

        rm -f "$out"
        case $type in
        squashfs) set -- mksquashfs "$tree" "$out" -noappend -no-progress -quiet -all-root -comp zstd ;;
        erofs) set -- mkfs.erofs --all-root "$out" "$tree" ;;
        ext4) image_size "$out" $(($(image_blocks "$tree") + 2048)) || return
              set -- mkfs.ext4 -q -F -d "$tree" -E root_owner=0:0 -L "$label" "$out" ;;
        btrfs) image_size "$out" $((128 * 1024)) || return
               set -- mkfs.btrfs -q --rootdir "$tree" "$out" ;;
        xfs) image_xfs "$tree" "$out"; return ;;
        *) printf 'images: %s: no such file system\n' "$type" >&2; return 1 ;;
        esac
        if ! log=$("$@" 2>&1); then
                printf 'images: %s failed: %s\n' "$1" "$log" >&2
                return 1
        fi
}

# The tree's size in KiB.
image_blocks() {
        du -sk --apparent-size "$1" | cut -f 1
}

# image_size FILE KIB: a sparse file of that size.
image_size() {
        truncate -s "$2K" "$1"
}

# XFS can be filled at creation only through a prototype file, where names must not have blanks.
image_xfs() {
        local tree=$1 out=$2 proto

        proto=$(mktemp "${SUITE_TMP:?}/proto.XXXXXX") || return
        {
                printf '/\n0 0\nd--755 0 0\n'
                image_xfs_directory "$tree" || return
                printf '$\n'
        } >"$proto"
        image_size "$out" $((320 * 1024)) || return
        mkfs.xfs -q -f -p "$proto" "$out" || return
        rm -f "$proto"
}

image_xfs_directory() {
        local path name

        for path in "$1"/*; do
                name=${path##*/}
                if [ -L "$path" ]; then
                        printf '%s l--777 0 0 %s\n' "$name" "$(readlink "$path")"
                elif [ -d "$path" ]; then
                        printf '%s d--755 0 0\n' "$name"
                        image_xfs_directory "$path"
                        printf '$\n'
                elif [ -f "$path" ]; then
                        printf '%s ---%s 0 0 %s\n' "$name" "$(stat -c %a "$path")" "$path"
                fi
        done
}

# image_verity FILE: makes the side-cars of a bare file system, FILE.verity and FILE.roothash less the .raw.
image_verity() {
        local file=$1 stem=${1%.raw}

        veritysetup format --root-hash-file "$stem.roothash" "$file" "$stem.verity" >/dev/null
}
