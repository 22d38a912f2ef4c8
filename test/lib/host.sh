# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# Throw-away systemd hosts: a real service manager with bus and polkit, booted in well under a second from an
# overlay of this machine's root (or of a prepared tree) whose changes live on a tmpfs.
#
# Everything a host consists of, its mounts included, lives in namespaces held by one process, the keeper, that
# dies with the shell that made it. So nothing of a host outlives its test, not even when that is killed.
#
# Sourced by test files (through suite.sh), test/shell and test/demo. There is one current host, in
#   HOST_KEEPER   PID of the process that holds the host's mounts
#   HOST_DIR      the keeper's directory: root/, console.log, the PIDs
#   HOST_ROOT     the host's root directory as seen from outside, booted or not (without its /run, /dev, ...)

HOST_LIB=$(dirname -- "$(realpath -- "${BASH_SOURCE[0]}")")
HOST_KEEPER=
HOST_DIR=
HOST_ROOT=

# Where the keeper mounts things in its own namespace; out here the directory is never touched.
HOST_MNT=

# What waits may take on a machine that has other things to do as well, in multiples of what they are given: no test
# that passes takes longer for it.
HOST_PATIENCE=${PORTABLED_TEST_PATIENCE:-6}

# shellcheck source=layers.sh
source "$HOST_LIB/layers.sh"

host_die() {
        printf 'host: %s\n' "$*" >&2
        return 1
}

# host_new [--peer] [--no-install] [--no-pool] [--tree=DIR]
# Makes a host, not yet booted: HOST_ROOT can be filled with what shall be there at boot.
#   --peer        keep the peer's portablectl, portabled, units, policies and profiles (else they are removed)
#   --no-install  do not install ours ($PORTABLED_TEST_STAGE, an installed tree)
#   --no-pool     no /var/lib/portables at boot
#   --tree=DIR    take this root tree in place of the machine's own
host_new() {
        local peer=no install=yes pool=yes lower=/ arg

        for arg in "$@"; do
                case $arg in
                --peer) peer=yes ;;
                --no-install) install=no ;;
                --no-pool) pool=no ;;
                --tree=*) lower=${arg#--tree=} ;;
                *) host_die "host_new: unknown option $arg" || return ;;
                esac
        done
        [ -z "$HOST_KEEPER" ] || host_die 'host_new: there is a host already' || return
        [ "$(id -u)" -eq 0 ] || host_die 'must run as root' || return
        [ -x "$lower/lib/systemd/systemd" ] || host_die "$lower has no systemd" || return

        host_start_keeper "$lower" || return
        layer_base "$HOST_ROOT" || return
        [ "$peer" = yes ] || layer_remove_peer "$HOST_ROOT" || return
        [ "$install" = no ] || layer_install "$HOST_ROOT" || return
        [ "$pool" = no ] || install -d -m 0700 "$HOST_ROOT/var/lib/portables"
}

# The keeper dies when this shell does, and with it everything that is only mounted in its namespace.
host_start_keeper() {
        local end=$((SECONDS + 10 * HOST_PATIENCE))

        host_choose_mnt "$1" || return
        setpriv --pdeathsig KILL setsid unshare --mount --propagation private \
                bash "$HOST_LIB/keeper.sh" "$HOST_MNT" "$1" </dev/null &
        HOST_KEEPER=$!
        HOST_DIR=/proc/$HOST_KEEPER/root$HOST_MNT
        HOST_ROOT=$HOST_DIR/root
        while [ "$SECONDS" -lt "$end" ] && [ -d "/proc/$HOST_KEEPER" ]; do
                if [ -e "$HOST_DIR/ready" ]; then
                        return 0
                fi
                sleep 0.01
        done
        host_die 'the keeper of the host did not start'
}

# host_choose_mnt LOWER: a directory that neither the scripts nor the root tree of the host lie in.
host_choose_mnt() {
        for HOST_MNT in /mnt /media /srv /opt; do
                if [ -d "$HOST_MNT" ] && [[ $HOST_LIB/ != "$HOST_MNT"/* && $(realpath -- "$1")/ != "$HOST_MNT"/* ]]; then
                        return 0
                fi
        done
        host_die 'no directory to mount the host on: /mnt, /media, /srv and /opt are not there, or in use'
}

# host_share DIR: makes sure that this directory of the machine is there in the host, at the same place, even when
# it is not on the machine's root file system, or below a directory that the host has to itself. Before host_boot.
host_share() {
        printf '%s\n' "$1" >>"$HOST_DIR/shared"
}

# Prints the PID of the host's service manager; fails when the host is not booted.
host_init() {
        local pid

        [ -n "$HOST_DIR" ] && read -r pid 2>/dev/null <"$HOST_DIR/init.pid" && [ -d "/proc/$pid" ] &&
                printf '%s\n' "$pid"
}

# Boots the host made by host_new and waits until it is up.
host_boot() {
        local boot='' init='' end

        ! host_init >/dev/null || host_die 'host_boot: booted already' || return
        rm -f "$HOST_DIR/boot.pid" "$HOST_DIR/init.pid"
        echo boot >"$HOST_DIR/control"
        end=$((SECONDS + 30 * HOST_PATIENCE))
        while [ "$SECONDS" -lt "$end" ]; do
                [ -n "$boot" ] || read -r boot 2>/dev/null <"$HOST_DIR/boot.pid" || true
                [ -n "$init" ] || [ -z "$boot" ] ||
                        read -r init _ 2>/dev/null <"/proc/$boot/task/$boot/children" || true
                if [ -n "$init" ] && [ -e "/proc/$init/root/run/host-is-up" ]; then
                        echo "$init" >"$HOST_DIR/init.pid"
                        return 0
                fi
                [ -z "$boot" ] || [ -d "/proc/$boot" ] || break
                sleep 0.02
        done
        cat "$HOST_DIR/console.log" >&2
        host_die "the host did not boot (waited for /run/host-is-up of process ${init:-that was not there})"
}

# host_run COMMAND [ARGUMENT...]: runs a command in the booted host, as root, with a clean environment.
# Its root is that of the host's first process, not of the mount namespace, for this machine may itself be a chroot.
# It is ended after $HOST_TIMEOUT seconds (default 90; 0: never) of a quiet machine, that is times HOST_PATIENCE.
host_run() {
        local init

        init=$(host_init) || host_die 'host_run: not booted' || return
        timeout --foreground --kill-after=5 $((${HOST_TIMEOUT:-90} * HOST_PATIENCE)) nsenter -t "$init" -a -r -- \
                env -i -C / PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
                ASAN_OPTIONS="$LAYER_ASAN_OPTIONS" UBSAN_OPTIONS="$LAYER_UBSAN_OPTIONS" \
                HOME=/root USER=root TERM="${TERM:-dumb}" LANG=C.UTF-8 SYSTEMD_PAGER=cat "$@"
}

# host_run_as USER COMMAND [ARGUMENT...]: the same, as an unprivileged user.
host_run_as() {
        local ids

        ids=$(awk -F : -v user="$1" '$1 == user { print $3 " " $4 }' "$HOST_ROOT/etc/passwd")
        [ -n "$ids" ] || host_die "no user $1 in the host" || return
        host_run setpriv --reuid "${ids% *}" --regid "${ids#* }" --clear-groups "${@:2}"
}

# Shuts the host down in order; its files stay for another host_boot.
host_stop() {
        local init

        init=$(host_init) || return 0
        kill -s RTMIN+4 "$init" # asks the service manager for poweroff.target
        host_wait_gone "$init"
}

# What a power cut does: every process ends at once.
host_crash() {
        local init

        init=$(host_init) || return 0
        kill -KILL "$init"
        host_wait_gone "$init"
}

host_reboot() {
        host_stop && host_boot
}

# Waits for the end of the host's first process; ends it, as a failure, when that takes too long.
host_wait_gone() {
        local init=$1 end=$((SECONDS + 20 * HOST_PATIENCE))

        while [ "$SECONDS" -lt "$end" ]; do
                [ -d "/proc/$init" ] || return 0
                sleep 0.02
        done
        kill -KILL "$init" 2>/dev/null || true
        host_die "the host did not shut down within $((20 * HOST_PATIENCE)) seconds"
}

# Ends the host whatever its state and removes everything of it. Safe to call twice. Only the shell that called
# host_new may call it.
host_destroy() {
        [ -n "$HOST_KEEPER" ] || return 0
        [ ! -s "$HOST_DIR/cgroup-name" ] || host_remove_cgroup "$HOST_DIR/cgroup/$(<"$HOST_DIR/cgroup-name")"
        host_remove_dev_log
        kill -KILL "$HOST_KEEPER" 2>/dev/null || true
        wait "$HOST_KEEPER" 2>/dev/null || true
        HOST_KEEPER='' HOST_DIR='' HOST_ROOT=''
}

# All hosts share the kernel's devtmpfs, where their service manager makes the link /dev/log. Where this machine
# itself logs nothing it goes with the last host.
host_remove_dev_log() {
        local path

        for path in "$HOST_DIR"/cgroup/test-host.*; do
                [ ! -d "$path" ] || return 0
        done
        [ ! -L /dev/log ] || [ -e /dev/log ] || rm -f /dev/log
}

host_remove_cgroup() {
        local end=$((SECONDS + 5 * HOST_PATIENCE))

        while [ "$SECONDS" -lt "$end" ]; do
                [ -d "$1" ] || return 0
                echo 1 >"$1/cgroup.kill" 2>/dev/null || true
                find "$1" -depth -type d -exec rmdir {} \; 2>/dev/null || true
                sleep 0.02
        done
        host_die 'the processes of the host do not end'
}
