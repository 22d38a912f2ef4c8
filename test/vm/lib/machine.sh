# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# A test machine: an emulated one with a kernel of its own, hence with device mapper, whose root file system is that
# of this machine, read-only. It runs one command and is gone. Sourced by test/vm/run.

MACHINE_LIB=$(dirname -- "$(realpath -- "${BASH_SOURCE[0]}")")
MACHINE_PID=
MACHINE_SPOOL=

# shellcheck source=kernel.sh
source "$MACHINE_LIB/kernel.sh"

# Seconds until a machine is given up.
MACHINE_TIMEOUT=${PORTABLED_TEST_VM_TIMEOUT:-3600}

# machine_run COMMAND [ARGUMENT...]: boots a machine, runs the command in it as root and returns its status; output
# goes to standard output. With MACHINE_TERMINAL=yes the terminal is the command's. The folders of the array
# MACHINE_FOLDERS are visible in there, whatever they lie in; environment variables are those of MACHINE_ENVIRONMENT.
machine_run() {
        local status=0

        kernel_prepare || return
        machine_remove_stale
        MACHINE_SPOOL=$(mktemp -d "${TMPDIR:-/tmp}/portabled-vm.$$.XXXXXX") || return
        machine_fill_spool "$@" || return
        if [ "${MACHINE_TERMINAL:-no}" = yes ]; then
                : >"$MACHINE_SPOOL/terminal"
                (machine_qemu) || status=$?
        else
                machine_qemu </dev/null &
                MACHINE_PID=$!
                wait "$MACHINE_PID" || status=$?
                MACHINE_PID=
        fi
        machine_result "$status"
}

# Spools of machines whose starters were killed.
machine_remove_stale() {
        local path pid

        for path in "${TMPDIR:-/tmp}"/portabled-vm.*.*; do
                pid=${path##*/portabled-vm.}
                [ ! -d "$path" ] || [ -d "/proc/${pid%%.*}" ] || rm -rf "$path"
        done
}

# All folders that must be visible in there, for lend and guest. A folder comes before those in it: once these are there,
# it would be taken to be there itself.
machine_folders() {
        printf '%s\n' "$MACHINE_SPOOL" "$MACHINE_LIB" "$KERNEL_CACHE" "${MACHINE_FOLDERS[@]}" | sort -u
}

machine_fill_spool() {
        printf '%s\0' "$@" >"$MACHINE_SPOOL/command"
        printf '%s\0' "TERM=${TERM:-dumb}" "MACHINE_SPOOL=$MACHINE_SPOOL" "${MACHINE_ENVIRONMENT[@]}" >"$MACHINE_SPOOL/environment"
        machine_folders >"$MACHINE_SPOOL/folders"
        # What is in all images; a compiler takes its time in there.
        gcc -static -Os -s "$MACHINE_LIB/../../lib/image-service.c" -o "$MACHINE_SPOOL/image-service" || return
        kernel_modprobe_script >"$MACHINE_SPOOL/modprobe"
        chmod 0755 "$MACHINE_SPOOL/modprobe"
}

# machine_qemu: becomes the emulator. It dies with the shell that started it.
machine_qemu() {
        local arguments=(
                -nodefaults -no-user-config -no-reboot -display none
                -machine q35 -accel tcg,thread=multi -cpu max,-la57 -smp 1 -m "${PORTABLED_TEST_VM_MEMORY:-3G}"
                -kernel "$KERNEL_IMAGE" -initrd "$KERNEL_INITRAMFS"
                -append "console=ttyS0 loglevel=4 panic=-1 mitigations=off norandmaps vm.guest=$MACHINE_LIB/guest"
                -serial "file:$MACHINE_SPOOL/console"
                -device virtio-serial-pci
                -chardev stdio,id=out,signal=off -device virtconsole,chardev=out
                -fsdev local,id=root,path=/,security_model=none,readonly=on,multidevs=remap
                -device virtio-9p-pci,fsdev=root,mount_tag=root
                -fsdev "local,id=spool,path=$MACHINE_SPOOL,security_model=none"
                -device virtio-9p-pci,fsdev=spool,mount_tag=spool
        )

        exec setpriv --pdeathsig KILL timeout --foreground --kill-after=5 "$MACHINE_TIMEOUT" \
                setpriv --pdeathsig KILL unshare --mount --propagation private bash "$MACHINE_LIB/lend" "$MACHINE_SPOOL/folders" \
                qemu-system-x86_64 "${arguments[@]}"
}

# The command's status; where there is none, the console's last lines tell why.
machine_result() {
        local emulator=$1 status

        if [ -s "$MACHINE_SPOOL/status" ]; then
                read -r status <"$MACHINE_SPOOL/status"
                return "$status"
        fi
        tail -n 30 "$MACHINE_SPOOL/console" >&2 2>/dev/null || true
        if [ "$emulator" -eq 124 ]; then
                kernel_die "the machine did not end within $MACHINE_TIMEOUT seconds"
        else
                kernel_die "the machine ended without a result (emulator's status $emulator)"
        fi
}

# Safe to call at any time, also twice.
machine_destroy() {
        [ -z "$MACHINE_PID" ] || kill -KILL "$MACHINE_PID" 2>/dev/null || true
        [ -z "$MACHINE_SPOOL" ] || rm -rf "$MACHINE_SPOOL"
        MACHINE_PID='' MACHINE_SPOOL=''
}
