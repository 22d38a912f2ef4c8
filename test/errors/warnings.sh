# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# Warnings: attach succeeds and says why the service will not start all the same.

NO_MOUNT_POINT="Image '$POOL/app.raw' is read-only and has no %s to mount over: its services will not start under this profile"

# lacks PATH PROFILE...: for each profile a case of a squashfs without that path.
lacks() {
        local path=$1 profile
        shift

        for profile in "$@"; do
                # shellcheck disable=SC2059
                warns "no_${path//[.\/-]/_}_$profile" "squash rm -r $path" "attach --profile=$profile app" \
                        "$(printf "$NO_MOUNT_POINT" "/$path")"
        done
}

lacks etc/machine-id default trusted
lacks etc/resolv.conf default trusted
lacks proc default strict
lacks sys default
lacks dev default
lacks run default trusted
lacks tmp default trusted
lacks var/tmp default

warns several_mount_points_missing 'squash rm -r proc sys' 'attach app' \
        "Image '$POOL/app.raw' is read-only and has no /proc to mount over: its services will not start under this profile" \
        "Image '$POOL/app.raw' is read-only and has no /sys to mount over: its services will not start under this profile"

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
warns read_only_partition read_only_partition 'attach app' \
        "Image '$POOL/app.raw' is read-only and has no /proc to mount over: its services will not start under this profile"

warns program_missing 'squash rm usr/bin/service' 'attach app' \
        "Unit 'app.service' starts '/usr/bin/service', which is not in the image"
warns program_is_a_lost_link 'squash ln -sf /nowhere usr/bin/service' 'attach app' \
        "Unit 'app.service' starts '/usr/bin/service', which is not in the image"
program_with_escape() {
        new_tree
        printf '[Service]\nExecStart="/x\033]0;y\007"\n' >"$UNITS/app.service"
        image_put squashfs "$TREE" app
}
# Such a line is none that the service manager takes, and nothing of it is shown.
warns program_with_escape program_with_escape 'attach app' ''

# As made from a directory of mktemp -d.
closed_root() {
        new_tree
        chmod 0700 "$TREE"
        image_put squashfs "$TREE" app
}
warns root_directory_closed closed_root 'attach app' \
        "The root directory of image '$POOL/app.raw' is closed to all but its owner (mode 0700): its services, which run as users of their own under this profile, will not start"
warns root_directory_closed_but_trusted 'closed_root # starts' 'attach --profile=trusted app' ''

roothash_alone() {
        put_raw
        printf '%064d\n' 1 >"$(pool_file app.roothash)"
}
warns verity_data_missing 'roothash_alone # starts' 'attach app' \
        "Image '$POOL/app.raw': there is a root hash for it, but no verity data to check it by, so its services run from it unprotected."

mbr_not_bootable() {
        disk_mbr "$(pool_file)" "83:$SUITE_TMP/app.squashfs"
}
warns mbr_root_not_bootable mbr_not_bootable 'attach app' \
        "Image '$POOL/app.raw': its partition 1 is not marked active (bootable); systemd takes no other MBR partition as root, so services will not start from it."

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
