# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# What a test machine boots: the distribution's kernel and an initial file system with its modules, both made from
# packages that are only unpacked, never installed, and kept from one run to the next. Sourced by test/vm/run.
#
#     kernel_prepare    makes what is missing, then sets
#     KERNEL_IMAGE      the kernel
#     KERNEL_INITRAMFS  the initial file system, with the modules to begin with

KERNEL_LIB=$(dirname -- "$(realpath -- "${BASH_SOURCE[0]}")")
KERNEL_CACHE=${PORTABLED_TEST_CACHE:-$(realpath -- "$KERNEL_LIB/../../..")/build}/vm
KERNEL_IMAGE=
KERNEL_INITRAMFS=

# The modules that are loaded at boot, with whatever they depend on. The kernel asks for others when it needs them;
# see modprobe_script.
KERNEL_MODULES=(virtio_pci virtio_console 9p 9pnet_virtio overlay autofs4 loop dm-mod dm-verity squashfs)

# Most of what a kernel brings along is for devices that an emulated machine does not have.
KERNEL_WITHOUT=(sound drivers/{ata,comedi,gpu,hid,hwmon,iio,infiniband,input,media,net,platform,scsi,staging,usb})

kernel_die() {
        printf 'vm: %s\n' "$*" >&2
        return 1
}

# Makes whatever is missing in the cache, and names it.
kernel_prepare() {
        local lock

        mkdir -p "$KERNEL_CACHE" || return
        exec {lock}>"$KERNEL_CACHE/lock"
        flock "$lock" || return
        [ -e "$KERNEL_CACHE/kernel/complete" ] || kernel_fetch "$KERNEL_CACHE/kernel" || return
        KERNEL_IMAGE=$KERNEL_CACHE/kernel/vmlinuz
        KERNEL_INITRAMFS=$KERNEL_CACHE/initramfs-$(kernel_initramfs_key)
        [ -e "$KERNEL_INITRAMFS" ] || kernel_make_initramfs "$KERNEL_INITRAMFS" || return
        exec {lock}>&-
}

# What the initial file system is made of, as a short hash.
kernel_initramfs_key() {
        cat "$KERNEL_CACHE/kernel/complete" "$KERNEL_LIB/kernel.sh" "$KERNEL_LIB/initramfs" | sha256sum | cut -c 1-16
}

# kernel_fetch DIR: gets kernel and busybox from the distribution into DIR.
kernel_fetch() {
        local dir=$1 part status=0

        part=$(mktemp -d "$KERNEL_CACHE/new.XXXXXX") || return
        if ! kernel_download "$part" >"$part.log" 2>&1; then
                # The known packages may be outdated, or none.
                apt-get update -q >"$part.log" 2>&1 && kernel_download "$part" >>"$part.log" 2>&1 || status=1
        fi
        if [ "$status" -eq 0 ] && kernel_unpack "$part" >>"$part.log" 2>&1; then
                rm -rf "$dir" && mv "$part" "$dir" && rm -f "$part.log"
                return
        fi
        tail -n 20 "$part.log" >&2
        rm -rf "$part" "$part.log"
        kernel_die 'cannot get the kernel'
}

# The kernel is that on which linux-image-ARCH depends now. The flavours for clouds have no 9p.
kernel_download() {
        local package

        package=$(apt-cache depends "linux-image-$(dpkg --print-architecture)" |
                sed -n 's/^ *Depends: \(linux-image-[^ ]*\)$/\1/p' | head -n 1)
        [ -n "$package" ] || kernel_die 'no kernel among the known packages' || return
        printf 'vm: fetching %s and busybox-static\n' "$package"
        (cd "$1" && apt-get -q -o APT::Sandbox::User=root download "$package" busybox-static)
}

# Leaves DIR/vmlinuz, DIR/lib/modules/VERSION, DIR/busybox and, last, DIR/complete.
kernel_unpack() {
        local dir=$1 package

        for package in "$dir"/*.deb; do
                dpkg-deb -x "$package" "$dir/tree" || return
        done
        mkdir "$dir/lib" &&
                mv "$dir"/tree/boot/vmlinuz-* "$dir/vmlinuz" &&
                mv "$dir/tree/lib/modules" "$dir/lib/modules" &&
                mv "$dir/tree/bin/busybox" "$dir/busybox" &&
                (cd "$dir"/lib/modules/*/kernel && rm -rf "${KERNEL_WITHOUT[@]}") &&
                depmod -b "$dir" "$(kernel_version "$dir")" || return
        (cd "$dir" && printf '%s\n' *.deb) >"$dir/packages"
        rm -rf "$dir/tree" "$dir"/*.deb
        mv "$dir/packages" "$dir/complete"
}

kernel_version() {
        basename -- "$1"/lib/modules/*
}

# Prints the files of the modules and of all they need, in the order of loading; what is built in is left out.
kernel_module_files() {
        local dir=$1 name
        shift

        for name in "$@"; do
                modprobe -C /dev/null -d "$dir" -S "$(kernel_version "$dir")" --show-depends "$name" || return
        done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }'
}

# The initial file system: busybox, our script as /init, and the modules, numbered by their order.
kernel_make_initramfs() {
        local out=$1 kernel=$KERNEL_CACHE/kernel tree file number=100 status=0

        tree=$(mktemp -d "$KERNEL_CACHE/new.XXXXXX") || return
        mkdir "$tree/bin" "$tree/modules" "$tree/root" "$tree/proc" "$tree/dev" || return
        install -m 0755 "$kernel/busybox" "$tree/bin/busybox" || return
        install -m 0755 "$KERNEL_LIB/initramfs" "$tree/init" || return
        kernel_module_files "$kernel" "${KERNEL_MODULES[@]}" >"$tree.list" || return
        while read -r file; do
                number=$((number + 1))
                cp "$file" "$tree/modules/$number-$(basename -- "$file")" || return
        done <"$tree.list"
        (cd "$tree" && find . | cpio --quiet -o -H newc) >"$out.new" || status=1
        rm -rf "$tree" "$tree.list"
        [ "$status" -eq 0 ] || return
        find "$KERNEL_CACHE" -maxdepth 1 -name "initramfs-*" -mtime +1 -delete
        mv "$out.new" "$out"
}

# Prints the script by which the kernel of the machine loads modules on demand: those of the root file system are
# another kernel's.
kernel_modprobe_script() {
        local kernel=$KERNEL_CACHE/kernel

        printf '#!/bin/sh\nexec modprobe -C /dev/null -d %s "$@"\n' "$kernel"
}
