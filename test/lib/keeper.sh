#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Keeps the mounts of one throw-away host and boots it when told to. Runs in a mount namespace of its own and
# dies with the shell that started it, which takes the host and all its mounts along. Called by host_new() of
# host.sh only, with: the mount directory, the lower root tree.
#
# Reads from the pipe MNT/control: each line `boot` starts the host once; MNT/boot.pid names the process
# whose end is the end of that host.

set -euo pipefail

mnt=$1
lower=$2
lib=$(dirname -- "$(realpath -- "$0")")
# shellcheck source=layers.sh
source "$lib/layers.sh"

# Groups of hosts whose keepers were killed before they could be removed. All hosts of this kernel are in here, those
# of other containers, too, whose processes cannot be seen: a keeper holds a lock on its group as long as it lives.
remove_stale_cgroups() {
        local path

        for path in "$mnt"/cgroup/test-host.*; do
                if [ -d "$path" ] && grep -qx 'populated 0' "$path/cgroup.events" 2>/dev/null; then
                        flock --nonblock "$path" find "$path" -depth -type d -exec rmdir {} \; 2>/dev/null || true
                fi
        done
}

# Makes this host's group; the lock is held by descriptor 4. Before that somebody may take the group for a stale one.
make_cgroup() {
        local tries

        for ((tries = 0; tries < 100; tries++)); do
                cgroup=$(mktemp -d "$mnt/cgroup/test-host.XXXXXXXX")
                # Users with a service manager have groups of their own below it.
                if exec 4<"$cgroup" && flock --shared 4 && chmod 0755 "$cgroup" 2>/dev/null; then
                        return 0
                fi
        done 2>/dev/null
        echo 'keeper: cannot make a control group' >&2
        return 1
}

trap '' INT HUP
mount -t tmpfs -o mode=0755,size=75% tmpfs "$mnt"
mkdir "$mnt/upper" "$mnt/work" "$mnt/root" "$mnt/cgroup"
layer_hide "$lower" "$mnt/upper"
mount -t overlay -o "lowerdir=$lower,upperdir=$mnt/upper,workdir=$mnt/work" overlay "$mnt/root"
mount -t cgroup2 cgroup2 "$mnt/cgroup"
remove_stale_cgroups
make_cgroup
echo "${cgroup##*/}" >"$mnt/cgroup-name"
mkfifo "$mnt/control"
exec 3<>"$mnt/control"
: >"$mnt/shared"
: >"$mnt/ready"

boot() {
        echo "$BASHPID" >"$cgroup/cgroup.procs"
        exec setpriv --pdeathsig KILL \
                unshare --mount --uts --ipc --net --pid --cgroup --fork --kill-child \
                bash "$lib/boot.sh" "$mnt/root" "$mnt/console.log"
}

while read -r verb <&3; do
        [ "$verb" = boot ] || continue
        : >"$mnt/console.log"
        boot 3<&- 4<&- &
        echo "$!" >"$mnt/boot.pid.new"
        mv "$mnt/boot.pid.new" "$mnt/boot.pid"
done
