#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Runs in a test host, started by test/host/interrupted.sh: one operation of the real daemon, interrupted at each
# system call in turn by strace(1), then the daemon is restarted and what is on disk must be the old or the new
# state. Images app_1 and app_2 are in the pool.
#
# usage: in-host.sh attach|detach|reattach kill|error     error: ENOSPC and EIO in turn
#
# Prints a line for each bad point, and at the end "N points tried, N bad".

set -euo pipefail

operation=$1
mode=$2
unit=systemd-portabled.service
procs=/sys/fs/cgroup/system.slice/$unit/cgroup.procs
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# All calls that change something; the daemon itself makes hardly any of them.
calls=(openat mkdirat symlinkat linkat renameat renameat2 unlinkat fchmod fchmodat write pwrite64 syncfs flock)

client() {
        case $1 in
        attach) timeout 60 portablectl attach -q --no-reload app_1 ;;
        detach) timeout 60 portablectl detach -q --no-reload app_1 ;;
        reattach) timeout 60 portablectl reattach -q --no-reload app_2 ;;
        esac
}

# Names, types, modes, owners, targets and contents of all that an operation may touch.
snapshot() (
        cd /
        shopt -s nullglob
        places=(etc/systemd etc/portable[s] run/systemd/system.attache[d] run/portable[s])
        find "${places[@]}" -printf '%p %y %m %U:%G %l\n' | sort
        find "${places[@]}" -type f -exec sha256sum {} + | sort
)

save() {
        rm -rf "$work/$1"
        mkdir "$work/$1"
        cp -a /etc/systemd "$work/$1/systemd"
        [ ! -e /etc/portables ] || cp -a /etc/portables "$work/$1/portables"
        snapshot >"$work/$1.snapshot"
}

restore() {
        rm -rf /etc/systemd/system.attached /etc/systemd/.portabled-* /etc/portables
        [ ! -e "$work/$1/systemd/system.attached" ] || cp -a "$work/$1/systemd/system.attached" /etc/systemd/
        [ ! -e "$work/$1/portables" ] || cp -a "$work/$1/portables" /etc/
}

# The daemon recovers in a process of its own when it starts: gives that five seconds. What is left then is a stray.
restart() {
        local i

        systemctl restart "$unit"
        for ((i = 0; i < 250; i++)); do
                compgen -G '/etc/systemd/.portabled-*' >/dev/null || break
                sleep 0.02
        done
}

# Starts strace on the daemon and waits until it has hold of it.
trace() {
        local pid

        pid=$(head -n 1 "$procs")
        strace -f -qq -o "$work/log" -e "trace=$1" -e "inject=$1:$2:when=$3" -p "$pid" &
        tracer=$!
        until [ "$(sed -n 's/^TracerPid:\t//p' "/proc/$pid/status")" != 0 ]; do
                sleep 0.002
        done
}

struck() {
        grep -qE '\(INJECTED\)|killed by SIGKILL' "$work/log"
}

# What strace is to do at the n-th call.
injection() {
        if [ "$mode" = kill ]; then
                echo signal=KILL
        elif [ $(($1 % 2)) = 1 ]; then
                echo error=ENOSPC
        else
                echo error=EIO
        fi
}

# point INJECTION CALL N: fails when nothing was struck, which ends the series of this call.
point() {
        local status=0 result was=no

        restore old
        : >"$work/log"
        trace "$2" "$1" "$3"
        client "$operation" >"$work/out" 2>&1 || status=$?
        kill -INT "$tracer" 2>/dev/null || true
        wait "$tracer" 2>/dev/null || true
        struck && was=struck
        if [ "$was" = struck ] || [ $status -ne 0 ]; then
                restart
        fi
        result=$(snapshot)
        if [ "$result" = "$(<"$work/old.snapshot")" ]; then
                result=old
        elif [ "$result" = "$(<"$work/new.snapshot")" ]; then
                result=new
        fi
        judge "$@" "$status" "$result" "$was"
        # Nothing that was left may be in the way of another try; one in ten is enough to see that.
        if [ "$result" = old ] && [ $((tried % 10)) = 0 ] &&
                ! { client "$operation" && snapshot | cmp -s - "$work/new.snapshot"; } >"$work/out" 2>&1; then
                bad=$((bad + 1))
                printf 'BAD: %s again after %s %s no. %s: %s\n' "$operation" "$@" "$(<"$work/out")"
        fi
        [ "$was" = struck ] || return 1
        tried=$((tried + 1))
}

# An error may also strike what the worker and the daemon tell each other, after all is done: then the caller is told
# of a failure that was none. The other way round never.
judge() {
        local what=''

        case $5 in
        old) [ "$4" -ne 0 ] || what='success reported, but it is the old state' ;;
        new) [ "$4" -eq 0 ] || [ "$1" = signal=KILL ] || [ "$2" = write ] ||
                what="error reported, but it is the new state: $(<"$work/out")" ;;
        *) what='neither old nor new' ;;
        esac
        [ "$6" = struck ] || [ "$4" -eq 0 ] || what="nothing was struck, but it failed: $(<"$work/out")"
        [ -n "$what" ] || return 0
        bad=$((bad + 1))
        printf 'BAD: %s, %s %s no. %s: %s\n' "$operation" "$1" "$2" "$3" "$what"
        [ "$what" != 'neither old nor new' ] || diff "$work/old.snapshot" <(printf '%s\n' "$5") || true
}

mkdir -p "/run/systemd/system/$unit.d"
printf '[Unit]\nStartLimitIntervalSec=0\n' >"/run/systemd/system/$unit.d/fault.conf"
systemctl daemon-reload

# The leftovers of --enable: links to units that come and go.
portablectl attach -q --no-reload app_1
for name in /etc/systemd/system.attached/*.service; do
        mkdir -p /etc/systemd/system/multi-user.target.wants
        ln -sf "$name" /etc/systemd/system/multi-user.target.wants/
done
[ "$operation" != attach ] || portablectl detach -q --no-reload app_1
save old
client "$operation" >/dev/null
save new

tried=0
bad=0
for call in "${calls[@]}"; do
        for ((n = 1; ; n++)); do
                point "$(injection "$n")" "$call" "$n" || break
        done
done
restore new
portablectl detach -q --no-reload app_1 2>/dev/null || portablectl detach -q --no-reload app_2 2>/dev/null || true
rm -rf /etc/systemd/system/multi-user.target.wants/app*.service
rmdir --ignore-fail-on-non-empty /etc/systemd/system/multi-user.target.wants
rm -rf "/run/systemd/system/$unit.d"
systemctl daemon-reload
printf '%d points tried, %d bad\n' "$tried" "$bad"
[ "$bad" -eq 0 ] && [ "$tried" -gt 0 ]
