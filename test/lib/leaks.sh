# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# What a test must not leave behind in its host: attached files, loop devices, mounts, processes, temporary
# files. Sourced by suite.sh, which checks after each test and at the end of each file.

# Where portabled and its client write; anything new in there is a leftover.
LEAK_DIRS=(/tmp /var/tmp /dev/shm /etc/systemd /etc/portables /run/portables /run/systemd/system
           /run/systemd/system.attached /run/systemd/portable /var/lib/portables)

# Loop devices backed by a file of the host, one a line. Devices are the kernel's, not the host's, so they are
# told apart by the file system their file is on; an overlay has a number of its own for each of its layers.
leak_loops() {
        local init devices=' ' device file name

        compgen -G '/sys/block/loop*/loop' >/dev/null && init=$(host_init) || return 0
        while read -r _ _ device _; do
                devices+="$device "
        done <"/proc/$init/mountinfo"
        devices+="$(stat -c '%Hd:%Ld' \
                "$HOST_ROOT/etc/systemd/system/test-host.target" "$HOST_ROOT/usr/bin/env" | tr '\n' ' ')"
        losetup -l -n -O NAME,BACK-MAJ:MIN,BACK-FILE | while read -r name device file; do
                [[ $devices != *" $device "* ]] || printf 'loop device %s %s\n' "$name" "$file"
        done
}

# Detaches them, so that a failed test does not harm what comes after the host.
leak_detach_loops() {
        local name

        leak_loops | while read -r _ _ name _; do
                losetup -d "$name" 2>/dev/null || true
        done
}

# Mounts seen by the host's service manager, and by its portabled.
leak_mounts() {
        local init path

        init=$(host_init) || return 0
        while read -r _ _ _ _ path _; do
                [[ $path == /run/credentials* ]] || printf 'mount %s\n' "$path"
        done <"/proc/$init/mountinfo"
}

# The directories do not all exist; polkit comes and goes as it likes.
leak_files() {
        local -a shared=()
        local init path

        init=$(host_init) || return 0
        # What host_share() shows is the machine's.
        while read -r path; do
                shared+=(-path "${path#/}" -prune -o)
        done <"$HOST_DIR/shared"
        (
                cd "/proc/$init/root"
                find -P "${LEAK_DIRS[@]#/}" "${shared[@]}" ! -path etc/portables ! -path run/portables \
                        ! -path '*/systemd-private-*-polkit.service-*' -printf 'file /%p\n' 2>/dev/null || true
        )
}

# More than the main process in the daemon's control group, which the service manager has started, and one spare worker
# is a worker that was forgotten.
leak_processes() {
        local init pid name parent field spares=0

        init=$(host_init) || return 0
        while read -r pid; do
                name='' parent=''
                {
                        read -r name <"/proc/$pid/comm" || true
                        while read -r field parent; do
                                [ "$field" != PPid: ] || break
                        done <"/proc/$pid/status"
                } 2>/dev/null || true
                [ "$parent" != "$init" ] || continue
                if [ "$name" = portabled-spare ] && [ $((spares++)) -eq 0 ]; then
                        continue
                fi
                printf 'process %s of portabled\n' "$pid"
        done 2>/dev/null <"/proc/$init/root/sys/fs/cgroup/system.slice/systemd-portabled.service/cgroup.procs" || true
}

# Everything, as the state to compare with.
leak_state() {
        {
                leak_loops
                leak_mounts
                leak_files
                leak_processes
        } | LC_ALL=C sort
}

# Prints what is there now and was not in the state saved in the file, and fails when there is something.
# Detached loop devices and ended processes get two seconds to vanish.
leak_check() {
        local before=$1 tries found=

        for ((tries = 0; tries < 20; tries++)); do
                found=$(leak_state | LC_ALL=C comm -13 "$before" -)
                [ -n "$found" ] || return 0
                sleep 0.1
        done
        printf 'left behind: %s\n' "$(head -n 30 <<<"$found")"
        return 1
}
