# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# Throw-away systemd hosts: a real service manager with bus and polkit, booted in about two seconds from an
# overlay of this machine's root (or of a prepared tree) whose changes live on a tmpfs.
#
# Everything a host consists of, its mounts included, lives in namespaces held by one process, the keeper, that
# dies with the shell that made it. So nothing of a host outlives its test, not even when that is killed.
#
# Sourced by test files (through suite.sh) and test/shell. Globals, all about the one current host:
#   HOST_KEEPER   PID of the process that holds the host's mounts
#   HOST_INIT     PID of the host's service manager, empty while it is not booted
#   HOST_ROOT     the host's root directory as seen from outside, also while it is not booted
#   HOST_CGROUP   name of its control group

HOST_LIB=$(dirname -- "$(realpath -- "${BASH_SOURCE[0]}")")
HOST_KEEPER=
HOST_INIT=
HOST_UNSHARE=
HOST_ROOT=
HOST_CGROUP=

# Where the keeper mounts things in its own mount namespace; out here the directory is never touched.
HOST_MNT=/mnt

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

        host_start_keeper || return
        host_in_keeper mount -t tmpfs -o mode=0755,size=75% tmpfs "$HOST_MNT" || return
        host_in_keeper mkdir "$HOST_MNT/upper" "$HOST_MNT/work" "$HOST_MNT/root" "$HOST_MNT/cgroup" || return
        host_in_keeper mount -t overlay -o "lowerdir=$lower,upperdir=$HOST_MNT/upper,workdir=$HOST_MNT/work" \
                overlay "$HOST_MNT/root" || return
        host_in_keeper mount -t cgroup2 cgroup2 "$HOST_MNT/cgroup" || return
        HOST_ROOT=/proc/$HOST_KEEPER/root$HOST_MNT/root
        HOST_CGROUP=test-host-$HOST_KEEPER
        mkdir "/proc/$HOST_KEEPER/root$HOST_MNT/cgroup/$HOST_CGROUP" || return

        layer_base "$HOST_ROOT" || return
        [ "$peer" = yes ] || layer_remove_peer "$HOST_ROOT" || return
        [ "$install" = no ] || layer_install "$HOST_ROOT" || return
        if [ "$pool" = yes ]; then
                mkdir -p -m 0700 "$HOST_ROOT/var/lib/portables"
        else
                rm -rf "$HOST_ROOT/var/lib/portables"
        fi
}

# The keeper dies when this shell does, and with it everything that is only mounted in its namespace.
host_start_keeper() {
        local tries

        setpriv --pdeathsig KILL setsid unshare --mount --propagation private sleep infinity </dev/null &
        HOST_KEEPER=$!
        for ((tries = 0; tries < 500; tries++)); do
                if [ "$(readlink "/proc/$HOST_KEEPER/exe")" = "$(realpath "$(command -v sleep)")" ]; then
                        return 0
                fi
                sleep 0.01
        done
        host_die 'the keeper did not start'
}

host_in_keeper() {
        nsenter -t "$HOST_KEEPER" -m -- "$@"
}

# Boots the host made by host_new and waits until it is up.
host_boot() {
        local tries console=$HOST_MNT/console.log

        [ -z "$HOST_INIT" ] || host_die 'host_boot: booted already' || return
        : >"/proc/$HOST_KEEPER/root$console"
        # shellcheck disable=SC2016
        setpriv --pdeathsig KILL setsid nsenter -t "$HOST_KEEPER" -m -- bash -c '
                echo $$ >"$1/cgroup.procs" || exit
                exec unshare --mount --uts --ipc --net --pid --cgroup --fork --kill-child "${@:2}"' \
                boot "$HOST_MNT/cgroup/$HOST_CGROUP" \
                bash "$HOST_LIB/boot.sh" "$HOST_MNT/root" "$console" </dev/null &
        HOST_UNSHARE=$!
        for ((tries = 0; tries < 1500; tries++)); do
                [ -n "$HOST_INIT" ] || read -r HOST_INIT _ 2>/dev/null \
                        <"/proc/$HOST_UNSHARE/task/$HOST_UNSHARE/children" || true
                if [ -n "$HOST_INIT" ] && [ -e "/proc/$HOST_INIT/root/run/host-is-up" ]; then
                        return 0
                fi
                kill -0 "$HOST_UNSHARE" 2>/dev/null || break
                sleep 0.02
        done
        cat "/proc/$HOST_KEEPER/root$console" >&2
        host_die 'the host did not boot'
}

# Runs a command in the booted host, as root, with a clean environment.
host_run() {
        [ -n "$HOST_INIT" ] || host_die 'host_run: not booted' || return
        nsenter -t "$HOST_INIT" -a -- env -i -C / \
                PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
                HOME=/root USER=root TERM="${TERM:-dumb}" LANG=C.UTF-8 SYSTEMD_PAGER=cat "$@"
}

# Shuts the host down in order; its files stay for another host_boot.
host_stop() {
        [ -n "$HOST_INIT" ] || return 0
        kill -s RTMIN+4 "$HOST_INIT" # asks the service manager for poweroff.target
        host_wait_gone
}

# What a power cut does: every process ends at once.
host_crash() {
        [ -n "$HOST_INIT" ] || return 0
        kill -KILL "$HOST_INIT"
        host_wait_gone
}

host_reboot() {
        host_stop && host_boot
}

# Waits for the end of the host's first process, and ends it when it takes longer than 20 seconds.
host_wait_gone() {
        local tries late=0

        for ((tries = 0; tries < 1000; tries++)); do
                [ -d "/proc/$HOST_INIT" ] || break
                sleep 0.02
        done
        if [ -d "/proc/$HOST_INIT" ]; then
                kill -KILL "$HOST_INIT" 2>/dev/null || true
                late=1
        fi
        wait "$HOST_UNSHARE" 2>/dev/null || true
        HOST_INIT=
        HOST_UNSHARE=
        [ "$late" -eq 0 ] || host_die 'the host did not shut down within 20 seconds'
}

# Ends the host whatever its state and removes everything of it. Safe to call twice.
host_destroy() {
        local cgroup

        [ -n "$HOST_KEEPER" ] || return 0
        [ -z "$HOST_UNSHARE" ] || kill -KILL "$HOST_UNSHARE" 2>/dev/null || true
        [ -z "$HOST_INIT" ] || kill -KILL "$HOST_INIT" 2>/dev/null || true
        [ -z "$HOST_UNSHARE" ] || wait "$HOST_UNSHARE" 2>/dev/null || true
        cgroup=/proc/$HOST_KEEPER/root$HOST_MNT/cgroup/$HOST_CGROUP
        if [ -n "$HOST_CGROUP" ] && [ -d "$cgroup" ]; then
                host_remove_cgroup "$cgroup"
        fi
        kill -KILL "$HOST_KEEPER" 2>/dev/null || true
        wait "$HOST_KEEPER" 2>/dev/null || true
        HOST_KEEPER='' HOST_INIT='' HOST_UNSHARE='' HOST_ROOT='' HOST_CGROUP=''
}

host_remove_cgroup() {
        local tries

        echo 1 >"$1/cgroup.kill" 2>/dev/null || true
        for ((tries = 0; tries < 100; tries++)); do
                find "$1" -depth -type d -exec rmdir {} + 2>/dev/null || true
                [ -d "$1" ] || return 0
                sleep 0.02
        done
}
