# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# What is measured: each function is one group of works, called for each subject in turn, round after round.
# The names of the works are those of report.py. Sourced by test/bench/run.

# The ground: what cannot be undercut.
case_floor() {
        local runs=$1 root=$HOST_ROOT/root offset size

        bench_time @ping-busctl "$runs" busctl --quiet call org.freedesktop.systemd1 /org/freedesktop/systemd1 \
                org.freedesktop.DBus.Peer Ping
        bench_time @ping-call "$runs" "$BENCH_TOOLS/call" ping
        bench_floor mount-squashfs "$runs" floor.squashfs squashfs 0 0
        bench_floor mount-erofs "$runs" floor.erofs erofs 0 0
        read -r offset size < <(sfdisk -q -l -o START,SECTORS "$root/floor.gpt" | tail -n 1)
        bench_floor mount-ext4 "$runs" floor.gpt ext4 $((offset * 512)) $((size * 512))
}

bench_floor() {
        host_run "$BENCH_TOOLS/floor" "$2" "/root/$3" "$4" "$5" "$6" usr/lib/os-release \
                >"$BENCH_TMP/timer.out" 2>"$BENCH_TMP/timer.err"
        bench_take "$1" floor
}

# Commands on one image.
case_image() {
        local runs=$1 image

        for image in ${BENCH_IMAGES:-dir squash gpt}; do
                bench_time "inspect-$image" "$runs" "$BENCH_CLIENT" inspect "$image"
                bench_time "attach-$image" "$runs" \
                        --before "$BENCH_CLIENT detach --no-reload $image >/dev/null 2>&1" \
                        "$BENCH_CLIENT" attach --no-reload "$image"
                bench_time "detach-$image" "$runs" \
                        --before "$BENCH_CLIENT attach --no-reload $image >/dev/null 2>&1" \
                        "$BENCH_CLIENT" detach --no-reload "$image"
                bench_time "cycle-$image" "$runs" "$BENCH_CLIENT" attach --no-reload "$image" + \
                        "$BENCH_CLIENT" detach --no-reload "$image"
        done
        bench_time state "$runs" "$BENCH_CLIENT" is-attached img00000
        bench_time state-call "$runs" "$BENCH_TOOLS/call" state img00000
        bench_time reload "$(((runs + 2) / 3))" systemctl daemon-reload
}

# As users type them: with the reloads of the service manager that each of the two takes for needed.
case_whole() {
        local runs=$1 image before auto=()

        [ "$BENCH_SUBJECT" = peer ] || auto=(--reload=auto)
        before=$(bench_reloads)
        for image in dir squash; do
                bench_time "whole-$image" "$runs" "$BENCH_CLIENT" attach "${auto[@]}" "$image" + \
                        "$BENCH_CLIENT" detach "${auto[@]}" "$image"
        done
        bench_value whole-reloads $(($(bench_reloads) - before))
        bench_time now-dir "$runs" "$BENCH_CLIENT" attach "${auto[@]}" --now dir + \
                "$BENCH_CLIENT" detach "${auto[@]}" --now dir
        bench_time enable-dir "$(((runs + 1) / 2))" "$BENCH_CLIENT" attach --enable dir + \
                "$BENCH_CLIENT" detach --enable dir
}

# From nothing running to the first reply.
case_cold() {
        bench_time cold "$1" --before "$BENCH_STOP" "$BENCH_TOOLS/call" state img00000
        bench_wake
}

# cycle WORK RUNS ARGUMENT...: attach and detach with these arguments.
case_cycle() {
        local work=$1 runs=$2
        shift 2

        bench_time "$work" "$runs" "$BENCH_CLIENT" --quiet attach --no-reload "$@" + \
                "$BENCH_CLIENT" --quiet detach --no-reload "$@"
}

# Images that are large, or have much in them.
case_large() {
        local runs=$1 extensions=() i

        for ((i = 0; i < 10; i++)); do
                extensions+=("--extension=/root/base_$i")
        done
        bench_time inspect-system "$runs" "$BENCH_CLIENT" --quiet inspect system
        case_cycle cycle-system "$runs" system
        bench_time inspect-tree "$runs" "$BENCH_CLIENT" --quiet inspect tree
        case_cycle cycle-tree "$runs" tree
        bench_time inspect-units "$runs" "$BENCH_CLIENT" --quiet inspect units
        case_cycle cycle-one-unit "$runs" units units-7
        case_cycle cycle-extensions "$runs" "${extensions[@]}" base
        case_cycle cycle-units 1 units
}

# 64 clients at once, each with an image of its own.
case_parallel() {
        local left

        bench_time parallel "$1" --parallel 64 "$BENCH_CLIENT" inspect 'par{}'
        for ((left = 0; left < 20; left++)); do
                [ "$(bench_loops)" != 0 ] || break
                sleep 0.1
        done
        bench_value parallel-loops "$(bench_loops)"
}

# 64 clients that ask and attach, and 64 that hang up, for so many seconds. The peer may fail under it.
case_load() {
        host_run "$BENCH_TOOLS/soak" --attach par "$1" 64 64 squash daemon bin games man >"$BENCH_TMP/soak" 2>&1 || true
        bench_value load-answers $(($(sed -n 's/^answered=//p' "$BENCH_TMP/soak") / $1))
        bench_value load-slowest "$(sed -n 's/^slowest_ms=\([0-9]*\).*/\1/p' "$BENCH_TMP/soak")"
        bench_value load-attaches "$(sed -n 's/^attached=//p' "$BENCH_TMP/soak")"
        bench_value load-failed "$(sed -n 's/^failed=//p' "$BENCH_TMP/soak")"
        bench_value load-zombies "$(sed -n 's/^zombies_after=//p' "$BENCH_TMP/soak")"
        bench_wake
}

# All 64 of them attached, the service manager told: ours in one call, the peer's as it can, one by one.
case_batch() {
        local all detach before

        case $BENCH_SUBJECT in
        ours) all="$BENCH_CLIENT attach 'par*'" detach="$BENCH_CLIENT detach --quiet 'par*'" ;;
        peer)
                all="for i in \$(seq 0 63); do $BENCH_CLIENT attach par\$i || exit; done"
                detach="for i in \$(seq 0 63); do $BENCH_CLIENT detach --quiet --no-reload par\$i; done"
                ;;
        esac
        before=$(bench_reloads)
        bench_time batch 1 sh -c "$all"
        bench_value batch-reloads $(($(bench_reloads) - before))
        host_run sh -c "$detach"
}

# How often the service manager has been told to load its units anew.
bench_reloads() {
        host_run journalctl --sync
        host_run journalctl -q -o cat _PID=1 | grep -c '^Reloading\.' || true
}

# case_list RUNS WORK ATTACHED: so many images must be attached, or what is measured is not what is said.
case_list() {
        local attached=$3

        if [ "$BENCH_SUBJECT" = ours ]; then
                attached=$(host_run "$BENCH_CLIENT" --no-pager --no-legend list | grep -c ' attached$')
        fi
        [ "$attached" = "$3" ] || { printf 'bench: %s of %s images are attached\n' "$attached" "$3" >&2; return 1; }
        bench_time "$2" "$1" "$BENCH_CLIENT" --no-pager --no-legend list
        # The most of what this and smaller lists have taken.
        bench_value list-client "$(host_run /usr/bin/python3 -c '
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=False)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)' "$BENCH_CLIENT" --no-pager --no-legend list)"
        bench_value list-daemon "$(host_run awk '$1 == "VmHWM:" { print $2 }' "/proc/$(bench_pid)/status")"
}

# The daemon itself: what it holds when it has just started, and after OPERATIONS of all kinds.
case_growth() {
        local operations=$1

        host_run bash -c "$BENCH_STOP"
        bench_wake
        bench_footprint start
        host_run "$BENCH_TOOLS/call" -n "$operations" mixed img00000 dir
        sleep 1
        bench_footprint end
        bench_value operations "$operations"
}

bench_footprint() {
        local pid

        pid=$(bench_pid)
        bench_value "rss-$1" "$(host_run awk '$1 == "VmRSS:" { print $2 }' "/proc/$pid/status")"
        bench_value "anon-$1" "$(host_run awk '$1 == "RssAnon:" { print $2 }' "/proc/$pid/status")"
        bench_value "pss-$1" "$(bench_unit_pss)"
        bench_value "fds-$1" "$(host_run find "/proc/$pid/fd" -mindepth 1 | wc -l)"
}

# What all processes of the daemon's unit hold together, pages they share counted once. Seen from outside, where
# the control group tells.
bench_unit_pss() {
        local init pid

        init=$(host_init)
        while read -r pid; do
                awk '$1 == "Pss:" { print $2 }' "/proc/$pid/smaps_rollup"
        done <"/proc/$init/root/sys/fs/cgroup/system.slice/systemd-portabled.service/cgroup.procs" |
                awk '{ sum += $1 } END { print sum }'
}

# Copying an image: attach with --copy=mixed (a mode of ours and of newer peers), less what an attach costs
# anyway, against cp. A half of the file is a hole.
case_copy() {
        local runs=$1 file=/root/copied.raw

        bench_time copy-mixed "$runs" --before "portablectl detach --no-reload $file >/dev/null 2>&1" \
                portablectl attach --no-reload --copy=mixed "$file"
        host_run portablectl detach --quiet --no-reload "$file"
        bench_time copy-none "$runs" --before "portablectl detach --no-reload $file >/dev/null 2>&1" \
                portablectl attach --no-reload "$file"
        host_run portablectl detach --quiet --no-reload "$file"
        bench_time @copy-cp "$runs" --before 'rm -f /etc/copied.raw' cp --sparse=auto "$file" /etc/copied.raw
        rm -f "$HOST_ROOT/etc/copied.raw"
}

case_copy_image() {
        local work=$BENCH_TMP/work size

        bench_tree "$work" copied 262144
        image_filesystem squashfs "$work" "$HOST_ROOT/root/copied.raw"
        size=$(stat -c %s "$HOST_ROOT/root/copied.raw")
        truncate -s $((size * 2)) "$HOST_ROOT/root/copied.raw"
        rm -rf "$work"
}
