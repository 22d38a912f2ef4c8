#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Runs in a test host, started by test/host/interrupted.sh with spare.sh beside it: one operation of the real daemon,
# interrupted at each system call in turn by strace(1), then the daemon is restarted and what is on disk must be the
# old or the new state. Images app_1 and app_2 are in the pool; both have been enabled, and a service of app_1 runs
# all the while when it is reattached.
#
# usage: in-host.sh attach|detach|reattach kill|ENOSPC|EIO|reads [STRIDE SEED]
#   reads    EIO at each call that only looks
#   STRIDE   only about one of so many points of each series, its first always; which of the others SEED says
#
# Prints a line for each bad point, and at the end "N points tried, N bad".

set -euo pipefail

# shellcheck source=../lib/spare.sh
source "$(dirname -- "$0")/spare.sh"

operation=$1
mode=$2
stride=${3:-1}
RANDOM=${4:-1}
unit=systemd-portabled.service
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# All calls that change something or may; the daemon itself makes hardly any of them. Those that make the namespaces in
# which an image is read change nothing that lasts, but a kill there is one between two changes, too.
changing=(openat mkdirat symlinkat linkat renameat renameat2 unlinkat fchmod fchmodat write pwrite64 fsync syncfs sync_file_range flock)
spaces=(clone unshare setns mount mount_setattr open_tree move_mount pivot_root chroot fchdir
        setgroups setresgid setresuid capset seccomp landlock_create_ruleset landlock_add_rule landlock_restrict_self)
reading=(openat2 newfstatat statx faccessat2 getdents64 readlinkat fstatfs)
# What is left touches no file's content or name. A call that is in none of these lists fails the test.
harmless=(read close close_range fcntl dup dup3 lseek ioctl fadvise64 mmap munmap mprotect mremap brk prctl prlimit64
        getpid getppid gettid geteuid getuid getgid getegid getrandom capget uname sysinfo exit_group exit kill tgkill
        rt_sigaction rt_sigpending rt_sigprocmask rt_sigreturn sigaltstack restart_syscall set_robust_list rseq set_tid_address futex
        wait4 waitid pidfd_open pidfd_send_signal clock_gettime clock_nanosleep nanosleep timerfd_create
        timerfd_settime timerfd_gettime poll ppoll epoll_create1 epoll_ctl epoll_wait epoll_pwait eventfd2 signalfd4
        pipe2 socket socketpair connect bind shutdown getsockname getpeername getsockopt setsockopt sendto sendmsg
        recvfrom recvmsg sched_yield sched_getaffinity madvise membarrier memfd_create
        chdir umount2)
case $mode in
kill) calls=("${changing[@]}" "${spaces[@]}") injection=signal=KILL ;;
reads) calls=("${reading[@]}") injection=error=EIO ;;
*) calls=("${changing[@]}") injection=error=$mode ;;
esac

client() {
        case $1 in
        attach) timeout 300 portablectl attach -q --no-reload app_1 ;;
        detach) timeout 300 portablectl detach -q --no-reload app_1 ;;
        reattach) timeout 300 portablectl reattach -q --no-reload app_2 ;;
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

# The daemon recovers in a process of its own when it starts: gives that a minute. What is left then is a stray.
restart() {
        local end

        unfinished=$((unfinished + $(count_unfinished)))
        systemctl restart "$unit"
        end=$((SECONDS + 60))
        while [ "$(count_unfinished)" -gt 0 ] && [ "$SECONDS" -lt "$end" ]; do
                sleep 0.02
        done
}

# The daemon's own process, also when it has just left because nobody called. Its control group, which holds workers,
# too, does not tell which one it is.
main_pid() {
        local pid

        pid=$(systemctl show -P MainPID "$unit")
        if [ "$pid" = 0 ]; then
                systemctl start "$unit"
                pid=$(systemctl show -P MainPID "$unit")
        fi
        echo "$pid"
}

# trace CALLS [INJECTION N]: starts strace on the daemon and waits until it has hold of it. Without that nothing can be
# told, so its failure ends all.
trace() {
        if ! trace_daemon "$(main_pid)" -o "$work/log" -e "trace=$1" ${2:+-e "inject=$1:$2:when=$3"}; then
                echo "BAD: $operation, $1${3:+ no. $3}: the daemon cannot be traced"
                exit 1
        fi
}

struck() {
        grep -qE '\(INJECTED\)|killed by SIGKILL' "$work/log"
}

# Every call that the operation makes is in one of the lists.
check_lists() {
        local known=" ${changing[*]} ${spaces[*]} ${reading[*]} ${harmless[*]} " name

        restore old
        trace all
        client "$operation" >"$work/out" 2>&1
        untrace
        for name in $(sed -nE 's/^[0-9]+ +([a-z_0-9]+)\(.*/\1/p' "$work/log" | sort -u); do
                [[ $known == *" $name "* ]] || complain 0 "its call $name is not known to this test"
        done
}

# complain N WHAT
complain() {
        bad=$((bad + 1))
        printf 'BAD: %s, %s %s no. %s: %s\n' "$operation" "$injection" "$call" "$1" "$2"
}

# How many unfinished operations there are.
count_unfinished() {
        local -a found=()

        shopt -s nullglob
        found=(/etc/systemd/.portabled-* /etc/.portabled-*)
        shopt -u nullglob
        echo ${#found[@]}
}

# point N: the n-th of this call. Fails when nothing was struck, which ends the series.
point() {
        local status=0 result was=no

        restore old
        : >"$work/log"
        trace "$call" "$injection" "$1"
        client "$operation" >"$work/out" 2>&1 || status=$?
        untrace
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
        judge "$1" "$status" "$result" "$was"
        [ -z "$service" ] || [ -d "/proc/$service" ] || complain "$1" 'the running service is gone'
        # Nothing that was left may be in the way of another try; one in ten is enough to see that.
        if [ "$result" = old ] && [ $((tried % 10)) = 0 ] &&
                ! { client "$operation" && snapshot | cmp -s - "$work/new.snapshot"; } >"$work/out" 2>&1; then
                complain "$1" "again: $(<"$work/out")"
        fi
        [ "$was" = struck ] || return 1
        tried=$((tried + 1))
}

# judge N STATUS RESULT STRUCK. An error may also strike what the worker and the daemon tell each other, after all is
# done: then the caller is told of a failure that was none. The other way round never.
judge() {
        case $3 in
        old) [ "$2" -ne 0 ] || complain "$1" 'success reported, but it is the old state' ;;
        new) [ "$2" -eq 0 ] || [ "$mode" = kill ] || [ "$call" = write ] ||
                complain "$1" "error reported, but it is the new state: $(<"$work/out")" ;;
        *) complain "$1" "neither old nor new, after: $(<"$work/out")"
                diff "$work/old.snapshot" <(printf '%s\n' "$3") || true ;;
        esac
        [ "$4" = struck ] || [ "$2" -eq 0 ] || complain "$1" "nothing was struck, but it failed: $(<"$work/out")"
}

# Each unfinished operation that was found has been told of in the log.
check_log() {
        local told

        journalctl --sync
        told=$(journalctl -q -o cat -u "$unit" --since "@$since" |
                grep -cE '^(Undid an operation|Completed an operation|Removed what an operation) ' || true)
        [ "$told" -ge "$unfinished" ] ||
                complain 0 "$unfinished unfinished operations, but only $told lines of the log tell of one"
        printf '%d unfinished operations taken up, %d lines in the log\n' "$unfinished" "$told"
}

since=$EPOCHSECONDS
mkdir -p "/run/systemd/system/$unit.d"
printf '[Unit]\nStartLimitIntervalSec=0\n' >"/run/systemd/system/$unit.d/fault.conf"
systemctl daemon-reload

# The leftovers of --enable: links to units that come and go, where the service manager makes them for portable
# services, and one where an administrator may.
wants=multi-user.target.wants
portablectl attach -q --enable app_1
mkdir "/etc/systemd/system/$wants"
ln -s ../../system.attached/app.service "/etc/systemd/system/$wants/"
service=
case $operation in
attach)
        # As a detach by systemd's own portabled leaves them.
        cp -a "/etc/systemd/system.attached/$wants" "$work/wants"
        portablectl detach -q app_1
        mkdir /etc/systemd/system.attached
        cp -a "$work/wants" "/etc/systemd/system.attached/$wants"
        ;;
reattach)
        systemctl start app.service
        service=$(systemctl show -P MainPID app.service)
        ;;
esac
for link in system/"$wants"/app.service system.attached/"$wants"/app{,-1}.service; do
        [ -L "/etc/systemd/$link" ] || { echo "BAD: no leftover $link"; exit 1; }
done
save old
client "$operation" >/dev/null
save new

tried=0
bad=0
unfinished=0
call=
check_lists
for call in "${calls[@]}"; do
        for ((n = 1; ; n += 1 + RANDOM % (2 * stride - 1))); do
                point "$n" || break
        done
done
call=
check_log
if [ -n "$service" ]; then
        restore old
        [ "$(systemctl show -P MainPID app.service)" = "$service" ] || complain 0 'the service was restarted'
        systemctl stop app.service
fi
restore new
portablectl detach -q --no-reload app_1 2>/dev/null || portablectl detach -q --no-reload app_2 2>/dev/null || true
mkdir -p /etc/systemd/system.attached
find /etc/systemd/system /etc/systemd/system.attached -type l -name 'app*' -delete
find /etc/systemd/system /etc/systemd/system.attached -depth -type d -empty \
        \( -name '*.wants' -o -name system.attached \) -delete
rm -rf "/run/systemd/system/$unit.d"
systemctl daemon-reload
printf '%d points tried, %d bad\n' "$tried" "$bad"
[ "$bad" -eq 0 ] && [ "$tried" -gt 0 ]
