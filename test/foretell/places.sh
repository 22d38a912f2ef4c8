# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# Images that are read-only, or not, for where they lie or how they are marked, and images that this kernel cannot
# use; sourced by run-tests. A writable one gets its mount points made, a read-only one does not.

# shellcheck source=../lib/verity.sh
source "$here/../lib/verity.sh"

PLACES=()

# place NAME ID [ID]: two images, brought there by put_NAME. The first ID is the finding for the one that has no mount
# point for what its unit asks for; the good twin has it.
place() {
        case_tree "$1-miss" "$2" unit BindPaths=/srv/foretell:/mnt/f
        case_tree "$1-have" "${3:--}" unit BindPaths=/srv/foretell:/mnt/f tree 'mkdir -p mnt/f'
        "put_${1//-/_}" "$1-miss"
        "put_${1//-/_}" "$1-have"
        PLACES+=("$1-miss" "$1-have")
}

# place_refused NAME: an image that cannot be attached at all.
place_refused() {
        case_tree "$1" refused
        "put_$1" "$1"
        PLACES+=("$1")
}

# place_path NAME ID KIND: the same with a path that must be there. In a directory the manager makes it.
place_path() {
        case_tree "$1-miss" "$2" unit ReadWritePaths=/srv/data
        case_tree "$1-have" - unit ReadWritePaths=/srv/data tree 'mkdir -p srv/data'
        put_kind "$3" "$1-miss"
        put_kind "$3" "$1-have"
        PLACES+=("$1-miss" "$1-have")
}

# Also in the host, to be copied from.
put_tree() {
        cp -a "$SUITE_TMP/trees/$1" "$HOST_ROOT/opt/trees/"
}

at() {
        printf '%s/%s_place\n' "$PORTABLE_POOL" "$1"
}

# A directory elsewhere, mounted on its place in the pool.
put_bind() {
        mkdir -p "$HOST_ROOT/srv/places" "$HOST_ROOT$(at "$1")"
        cp -a "$SUITE_TMP/trees/$1" "$HOST_ROOT/srv/places/"
        host_run mount --bind "/srv/places/$1" "$(at "$1")"
}
put_ro_bind() {
        put_bind "$1"
        host_run mount -o remount,bind,ro "$(at "$1")"
}
put_ro_mount() {
        mkdir -p "$HOST_ROOT$(at "$1")"
        put_tree "$1"
        host_run mount -t tmpfs none "$(at "$1")"
        host_run cp -a "/opt/trees/$1/." "$(at "$1")"
        host_run mount -o remount,ro "$(at "$1")"
}

# On btrfs, seen through a link in the pool.
put_subvolume() {
        put_tree "$1"
        btrfs -q subvolume create "$INSIDE/opt/btrfs/$1"
        host_run sh -c "cp -a /opt/trees/$1/. /opt/btrfs/$1 && ln -s /opt/btrfs/$1 $(at "$1")"
}
# The ioctl BTRFS_IOC_SUBVOL_SETFLAGS: the tool looks for the mount among those of the machine.
subvolume_protect() {
        python3 -c 'import fcntl, os, struct, sys
fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x4008941a, struct.pack("Q", 2 * int(sys.argv[2])))' "$INSIDE/opt/btrfs/$1" "$2"
}
put_ro_subvolume() {
        put_subvolume "$1"
        subvolume_protect "$1" 1
}
put_marked_subvolume() {
        put_subvolume "$1"
        host_run portablectl read-only "${1}_place"
}

put_kind() {
        image_put "$1" "$SUITE_TMP/trees/$2" "${2}_place"
}
put_directory() { put_kind directory "$1"; }
put_ext4() { put_kind ext4 "$1"; }
put_erofs() { put_kind erofs "$1"; }
put_mbr() { put_kind mbr "$1"; }
put_gpt() { put_kind gpt "$1"; }
put_gpt_usr() { put_kind gpt-usr "$1"; }
put_gpt_full() { put_kind gpt-full "$1"; }
put_marked() {
        put_ext4 "$1"
        host_run portablectl read-only "${1}_place"
}
put_marked_directory() {
        put_directory "$1"
        host_run portablectl read-only "${1}_place"
}
# A root hash, and nothing to check it by.
put_unchecked() {
        put_kind squashfs "$1"
        printf '%064d' 1 >"$HOST_ROOT$(at "$1").roothash"
}
put_verity() { image_inside "$SUITE_TMP/trees/$1" "${1}_place"; }
put_signed() { image_inside "$SUITE_TMP/trees/$1" "${1}_place" unknown; }

places_begin() {
        mkdir -p "$HOST_ROOT/opt/btrfs" "$HOST_ROOT/opt/trees"
        truncate -s 300M "$HOST_ROOT/var/places.img"
        mkfs.btrfs -qf "$HOST_ROOT/var/places.img" >/dev/null 2>&1
        host_run mount -o loop /var/places.img /opt/btrfs
        # The next one sees that mount.
        host_run systemctl stop systemd-portabled.service
        # What the machine's tools see of the host's mounts: the host need not have them.
        INSIDE=/proc/$(host_init)/root
        verity_key unknown
}

places_end() {
        local subvolume

        for subvolume in "$INSIDE"/opt/btrfs/*; do
                subvolume_protect "${subvolume##*/}" 0
        done
        host_run sh -c 'for i in /var/lib/portables/*_place; do portablectl read-only "${i##*/}" no 2>/dev/null; done
                systemctl stop systemd-portabled.service
                awk "\$2 ~ \"^/var/lib/portables/\" { print \$2 }" /proc/mounts | xargs -r umount
                umount /opt/btrfs && rm -r /var/places.img /srv/places /opt/trees; rm -rf /var/lib/portables/*_place*'
}

test_places() {
        places_begin
        place directory -
        place bind -
        place ro-bind bind-point
        place ro-mount bind-point
        place subvolume -
        place ro-subvolume bind-point
        place marked-subvolume bind-point
        place marked-directory bind-point
        place marked bind-point
        place erofs bind-point
        place mbr bind-point
        place gpt bind-point
        # 262 starts no service of such an image; the id does not count where it starts.
        place gpt-usr manager manager
        place gpt-full bind-point
        place unchecked manager manager
        place_path path-directory - directory
        place_path path-ext4 path-missing ext4
        place_refused verity
        place_refused signed
        # And the next one all others.
        host_run systemctl stop systemd-portabled.service
        HOST_TIMEOUT=600 host_run /opt/in-host.sh place default "${PLACES[@]}" | sed "s/^/place\tdefault\t/" >"$SUITE_TMP/places"
        places_end
        foretell_judge "$SUITE_TMP/places" >"$SUITE_TMP/places-verdict" || { cat "$SUITE_TMP/places-verdict"; return 1; }
}
