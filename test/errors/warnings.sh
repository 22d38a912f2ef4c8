# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# Warnings: attach succeeds and says in one block why the service will not start all the same.

# What is said of a squashfs without that path, a line each: lacks_lines PROFILE SETTING KIND PATH...
lacks_lines() {
        local profile=$1 setting=$2 kind=$3 path
        shift 3

        LINES_SAID=("$# warning$([ $# -eq 1 ] || echo s): app.service will not start under profile '$profile':")
        for path; do
                LINES_SAID+=("  - The image is read-only and has no $path to mount over ($setting=)")
        done
        LINES_SAID+=("  In the image: $(printf "make an empty $kind %s; " "$@" | sed 's/; $//')"
                '  On the host: attach under a profile that does not mount it')
}

# lacks SETTING PATH PROFILE...: for each profile a case of a squashfs without that path.
lacks() {
        local setting=$1 path=$2 profile kind=directory
        shift 2

        [[ $path != etc/* ]] || kind=file
        for profile in "$@"; do
                lacks_lines "$profile" "$setting" "$kind" "/$path"
                warns "no_${path//[.\/-]/_}_$profile" "squash rm -r $path" "attach --profile=$profile app" "${LINES_SAID[@]}"
        done
}

lacks BindReadOnlyPaths etc/machine-id default trusted
lacks BindReadOnlyPaths etc/resolv.conf default trusted
lacks MountAPIVFS proc default strict
lacks MountAPIVFS sys default
lacks MountAPIVFS dev default
lacks MountAPIVFS run default trusted
lacks PrivateTmp tmp default trusted
lacks PrivateTmp var/tmp default

lacks_lines default MountAPIVFS directory /proc /sys
warns several_mount_points_missing 'squash rm -r proc sys' 'attach app' "${LINES_SAID[@]}"

# In a directory the service manager makes what is missing; without a network nobody asks for resolv.conf.
warns nothing_missing_in_a_directory 'tree rmdir proc sys # starts' 'attach app' ''
warns resolv_conf_not_needed 'squash rm etc/resolv.conf # starts' 'attach --profile=nonetwork app' ''

# A file system that could be written, in a partition that says it must not.
read_only_partition() {
        new_tree
        rmdir "$TREE/proc"
        part_of ext4 "$TREE"
        disk_gpt "$(pool_file)" "root-$(disk_arch):$PART:attrs=GUID:60"
}
lacks_lines default MountAPIVFS directory /proc
warns read_only_partition read_only_partition 'attach app' "${LINES_SAID[@]}"

PROGRAM_SAID=("1 warning: app.service will not start under profile 'default':"
        "  - It starts '/usr/bin/service', which is not in the image (ExecStart=)"
        '  In the image: add it, or correct the command')
warns program_missing 'squash rm usr/bin/service' 'attach app' "${PROGRAM_SAID[@]}"
warns program_is_a_lost_link 'squash ln -sf /nowhere usr/bin/service' 'attach app' "${PROGRAM_SAID[@]}"
program_with_escape() {
        new_tree
        printf '[Service]\nExecStart="/x\033]0;y\007"\n' >"$UNITS/app.service"
        image_put squashfs "$TREE" app
}
# Such a line is none that the service manager takes, and it cannot do anything to a terminal.
warns program_with_escape program_with_escape 'attach app' \
        "1 warning: app.service will not start under profile 'default':" \
        "  - The service manager does not take the command '\"/x\\x1b]0;y\\x07\"' (ExecStart=)" \
        '  In the image: correct the command'

# As made from a directory of mktemp -d.
closed_root() {
        new_tree
        chmod 0700 "$TREE"
        image_put squashfs "$TREE" app
}
warns root_directory_closed closed_root 'attach app' \
        "1 warning: app.service will not start under profile 'default':" \
        '  - The root directory of the image is closed to all but its owner (mode 0700), and the service runs as another user' \
        '  In the image: chmod 0755 the root directory before the image is made'
warns root_directory_closed_but_trusted 'closed_root # starts' 'attach --profile=trusted app' ''

roothash_alone() {
        put_raw
        printf '%064d\n' 1 >"$(pool_file app.roothash)"
}
warns verity_data_missing roothash_alone 'attach app' \
        "Image '$POOL/app.raw': there is a root hash for it, but no verity data to check it by; systemd starts no services from such an image"

mbr_not_bootable() {
        disk_mbr "$(pool_file)" "83:$SUITE_TMP/app.squashfs"
}
warns mbr_root_not_bootable mbr_not_bootable 'attach app' \
        "Image '$POOL/app.raw': its partition 1 is not marked active (bootable); systemd takes no other MBR partition as root, so services will not start from it"

# What the manager will look for after the next boot and not find.
on_tmpfs() {
        cp "$SUITE_TMP/app.squashfs" "/proc/$(host_init)/root/run/app.raw"
}
undo_on_tmpfs() {
        host_run rm -f /run/app.raw
}
warns image_on_tmpfs 'on_tmpfs # starts' 'attach /run/app.raw' \
        "Image '/run/app.raw' lies on a temporary file system: it is attached for good, but will be gone after the next boot"
warns image_on_tmpfs_until_the_next_boot 'on_tmpfs # starts' 'attach --runtime /run/app.raw' ''
