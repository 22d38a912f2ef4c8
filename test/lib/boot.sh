#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# First process of a throw-away host: runs as PID 1 of new namespaces, with the prepared root tree as $1 and
# the console log as $2; mounts what a system container needs, makes the tree the root and becomes the service
# manager. Called by host_boot() of host.sh only.

set -euo pipefail

root=$1
console=$2

mount --make-rprivate /
cd "$root"

# Where devices are concerned the host sees the real thing, since service managers start disk images from
# partition nodes that only the kernel's own devtmpfs has; everything else in /dev is private.
mount -t devtmpfs -o nosuid devtmpfs dev
mkdir -p dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=0620,gid=5,nosuid,noexec devpts dev/pts
mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs dev/shm
mount --bind "$console" dev/console

mount -t proc -o nosuid,nodev,noexec proc proc
for path in proc/sys proc/sysrq-trigger; do
        [ -e "$path" ] || continue
        mount --bind "$path" "$path"
        mount -o remount,bind,ro,nosuid,nodev,noexec "$path"
done
mount -t sysfs -o ro,nosuid,nodev,noexec sysfs sys
mount -t cgroup2 -o nosuid,nodev,noexec cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=0755,nosuid,nodev tmpfs run
# Not the overlay, which would show what others on the machine do in there.
mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs tmp
mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs var/tmp

# What host_share() was asked for. The tree of the machine is still in sight.
while read -r path; do
        [ ! -e "$root$path" ] || continue
        mkdir -p "$root$path"
        mount --bind "$path" "$root$path"
done <"${console%/*}/shared"

# The machine's kernel log is nobody's business here: a node without a driver cannot be opened.
mknod "$console.kmsg" c 0 0 2>/dev/null || true
mount --bind "$console.kmsg" dev/kmsg

hostname "$(cat etc/hostname)"
pivot_root . .
umount -l .
exec env -i container=test-host PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        chroot . /lib/systemd/systemd --log-target=journal --show-status=no >/dev/console 2>&1 </dev/null
