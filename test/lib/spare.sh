# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# What it takes to have strace on the daemon and on the worker it holds in reserve: strace follows only processes that
# begin later. Sourced by test files, which hand the functions to a host with declare -f.

# spare_of PID: the worker in reserve of the daemon with that PID.
spare_of() {
        local pid

        while :; do
                for pid in $(cat "/proc/$1/task/$1/children"); do
                        [ "$(cat "/proc/$pid/comm" 2>/dev/null)" != portabled-spare ] || { echo "$pid"; return; }
                done
                sleep 0.002
        done
}

# wait_traced PID: until something traces it.
wait_traced() {
        until [ "$(sed -n 's/^TracerPid:\t//p' "/proc/$1/status")" != 0 ]; do
                sleep 0.002
        done
}
