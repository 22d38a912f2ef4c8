#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Runs in a test host: what gets out of each image, let free and held to its profile.
#
# usage: in-host.sh KIND PROFILE CASE...
#
# The images are in the pool, called CASE_KIND; their units CASE.*. A line each: case, "free" or "held", and "refused",
# "failed" (to attach, with the error) or what got out, with ";" between.

kind=$1 profile=$2
shift 2

# As the host was: nothing that an image made, the victim there, the idle one not.
clean() {
        systemctl stop idle.service hostsock.socket
        rm -rf /etc/planted* /etc/out-file /var/lib/victim /var/lib/private/victim /srv/dir/planted /planted
        mkdir -p /var/lib/victim
        echo SECRET >/var/lib/victim/canary
        chmod 0700 /var/lib/victim
        systemctl is-active -q victim.service || systemctl restart victim.service
        systemctl show -P MainPID victim.service >/run/victim.pid
        victim=$(cat /run/victim.pid)
        systemctl reset-failed
}

# What shows on the host.
traces() {
        for path in /etc/planted* /etc/out-file /srv/dir/planted; do
                [ ! -e "$path" ] || echo "host has $path"
        done
        ! systemctl is-active -q idle.service || echo 'host idle.service was started'
        [ "$(systemctl show -P MainPID victim.service)" = "$victim" ] || echo 'host victim.service was stopped'
        [ -f /var/lib/victim/canary ] && [ ! -L /var/lib/victim ] || echo 'host /var/lib/victim was taken'
}

start() {
        for unit in /run/systemd/system.attached/"$1".*; do
                case $unit in
                *.d) ;;
                *.service) services="$services ${unit##*/}" ;;
                *) systemctl start "${unit##*/}" ;;
                esac
        done
        # A trigger that is aimed elsewhere comes before the service, or through it.
        [ ! -S "/run/$1.sock" ] || /usr/bin/probe connect "/run/$1.sock"
        [ ! -e "/run/systemd/system.attached/$1.timer" ] || sleep 0.3
        systemctl start $services
}

# run CASE MODE [OPTION]
run() {
        services=
        clean
        cursor=$(journalctl -q -n 0 --show-cursor | sed -n 's/^-- cursor: //p')
        if portablectl attach -q --runtime --profile="$profile" $3 "${1}_$kind" >/dev/null 2>/run/confine.error; then
                start "$1"
                systemctl stop $services
                journalctl --sync
                out=$(
                        journalctl -q -o cat ${cursor:+--after-cursor="$cursor"} | sed -n 's/^PROBE //p'
                        traces
                )
                portablectl detach -q --runtime --now "${1}_$kind" >/dev/null
        else
                out=failed:\ $(cat /run/confine.error)
                ! grep -q 'steps out of profile' /run/confine.error || out=refused
        fi
        printf '%s\t%s\t%s\n' "$1" "$2" "$(printf '%s\n' "$out" | sort -u | paste -sd';')"
}

exec 2>/run/confine.log
for case; do
        run "$case" free
        run "$case" held --confine
done
