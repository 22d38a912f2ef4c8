# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# Users with a service manager of their own, and portable services in it. Sourced by test files, after suite.sh.

# users_allow: before the boot. Lets users have service managers in the host; those that linger have one from its boot on.
users_allow() {
        rm -f "$HOST_ROOT"/etc/systemd/system/{systemd-logind,systemd-user-sessions}.service
        mkdir -p "$HOST_ROOT/var/lib/systemd/linger" "$HOST_ROOT/etc/systemd/system/systemd-logind.service.d"
        # Directories for it would be another kind of leftover, with a new name at each boot.
        printf '[Service]\nPrivateTmp=no\n' >"$HOST_ROOT/etc/systemd/system/systemd-logind.service.d/test.conf"
}

# users_add NAME UID: before the boot. An unprivileged user who lingers.
users_add() {
        printf '%s:x:%s:%s::/home/%s:/bin/sh\n' "$1" "$2" "$2" "$1" >>"$HOST_ROOT/etc/passwd"
        printf '%s:x:%s:\n' "$1" "$2" >>"$HOST_ROOT/etc/group"
        printf '%s:*:19000:0:99999:7:::\n' "$1" >>"$HOST_ROOT/etc/shadow"
        install -d -m 0700 -o "$2" -g "$2" "$HOST_ROOT/home/$1"
        touch "$HOST_ROOT/var/lib/systemd/linger/$1"
}

users_id() {
        awk -F : -v user="$1" '$1 == user { print $3 }' "$HOST_ROOT/etc/passwd"
}

# users_run NAME COMMAND...: as in a session of the user.
users_run() {
        local uid

        uid=$(users_id "$1")
        host_run_as "$1" env "HOME=/home/$1" "USER=$1" "XDG_RUNTIME_DIR=/run/user/$uid" \
                "DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/$uid/bus" "${@:2}"
}

# users_wait NAME...: until their service managers and buses are there.
users_wait() {
        local name

        for name in "$@"; do
                wait_until 10 users_run "$name" \
                        busctl --user --quiet call org.freedesktop.systemd1 /org/freedesktop/systemd1 \
                        org.freedesktop.DBus.Peer Ping
        done
}

# The unit directory of images for users.
users_image_units() {
        mkdir -p "$1/usr/lib/systemd/user"
        mv "$1"/usr/lib/systemd/system/* "$1/usr/lib/systemd/user/"
        sed -i 's/multi-user\.target/default.target/' "$1"/usr/lib/systemd/user/*
}

# users_put NAME TREE IMAGE: a directory image of the user's own in their pool.
users_put() {
        local pool=$HOST_ROOT/home/$1/.local/state/portables uid

        uid=$(users_id "$1")
        mkdir -p "$pool"
        cp -a "$2" "$pool/$3"
        chown -R "$uid:$uid" "$HOST_ROOT/home/$1/.local"
}

# users_pid_of NAME UNIT: the PID of the main process of a service of that user as this machine sees it.
users_pid_of() {
        local group inner pid

        group=$(users_run "$1" systemctl --user show -P ControlGroup "$2")
        inner=$(users_run "$1" systemctl --user show -P MainPID "$2")
        while read -r pid; do
                if [ "$(awk '$1 == "NSpid:" { print $NF }' "/proc/$pid/status" 2>/dev/null)" = "$inner" ]; then
                        printf '%s\n' "$pid"
                        return
                fi
        done <"/proc/$(host_init)/root/sys/fs/cgroup$group/cgroup.procs"
        printf 'users: %s of %s does not run\n' "$2" "$1" >&2
        return 1
}
