# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# What is laid over a root tree before it boots as a test host: a quiet small system, the peer's files taken
# away, ours put in. Sourced by host.sh; each function takes the root directory of the host.

# Units that have no sense in a throw-away host or cost time at its start.
LAYER_MASKED=(
        getty.target getty-static.service console-getty.service systemd-logind.service systemd-user-sessions.service
        remote-fs.target nss-user-lookup.target systemd-update-utmp.service systemd-update-utmp-runlevel.service
        systemd-update-done.service systemd-hwdb-update.service systemd-journal-catalog-update.service
        systemd-journal-flush.service systemd-firstboot.service systemd-random-seed.service
        systemd-machine-id-commit.service systemd-ask-password-wall.path systemd-ask-password-console.path
        systemd-tmpfiles-clean.timer systemd-tmpfiles-setup-dev.service systemd-tmpfiles-setup-dev-early.service
        systemd-pcrphase.service systemd-networkd.service systemd-resolved.service systemd-timesyncd.service
        systemd-udevd.service systemd-udev-trigger.service systemd-udevd-control.socket systemd-udevd-kernel.socket
        systemd-network-generator.service systemd-initctl.socket ldconfig.service dev-hugepages.mount
        dev-mqueue.mount sys-kernel-debug.mount sys-kernel-tracing.mount sys-kernel-config.mount
        sys-fs-fuse-connections.mount proc-sys-fs-binfmt_misc.automount cryptsetup.target veritysetup.target
        integritysetup.target modprobe@.service systemd-modules-load.service systemd-sysctl.service
        systemd-binfmt.service tmp.mount rc-local.service networking.service
)

LAYER_ASAN_OPTIONS=detect_leaks=1:abort_on_error=0:exitcode=99
LAYER_UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1:exitcode=99

# What a host does not get to see of the machine that its root is taken from. Directories of LAYER_EMPTY are there, and
# empty. Of /, /var and /var/lib only what is listed in LAYER_SEEN is seen.
LAYER_EMPTY=(boot home media mnt opt root srv tmp usr/local/{bin,etc,lib,sbin,share} var/cache var/log var/spool var/tmp
             etc/systemd etc/dbus-1/system.d etc/polkit-1/rules.d etc/tmpfiles.d)
LAYER_SEEN=(/{bin,sbin,lib,lib32,lib64,libx32,usr,etc,var,dev,proc,sys,run} /var/{lib,run,lock} /var/lib/{dpkg,dbus,polkit-1})

# layer_hide LOWER UPPER: before the overlay is mounted, hides these things of the lower tree by marks in the upper one.
layer_hide() {
        local lower=${1%/} upper=$2 path seen

        seen=" ${LAYER_SEEN[*]} "
        mkdir -p "$upper"/{usr,etc/dbus-1,etc/polkit-1,var/lib}
        chmod --reference="$lower/etc/polkit-1" "$upper/etc/polkit-1" 2>/dev/null || true
        for path in "$lower"/* "$lower"/.[!.]* "$lower"/var/* "$lower"/var/lib/* \
                "$lower"/{usr/local,etc/systemd,etc/dbus-1/system.d,etc/polkit-1/rules.d,etc/tmpfiles.d}; do
                path=${path#"$lower"}
                if [ -e "$lower$path" ] && [[ $seen != *" $path "* ]]; then
                        mknod "$upper$path" c 0 0 || return
                fi
        done
}

# A system of its own: fresh identity, nothing of what this machine has enabled, a mark when it is up.
layer_base() {
        local root=$1 etc=$1/etc/systemd/system unit

        mkdir -p "${LAYER_EMPTY[@]/#/$root/}" "$etc"
        chmod 1777 "$root/tmp" "$root/var/tmp"
        chmod 0700 "$root/root"
        rm -rf "$root/etc/portables" "$root/etc/fstab" "$root/etc/resolv.conf"
        tr -d - </proc/sys/kernel/random/uuid >"$root/etc/machine-id"
        echo test-host >"$root/etc/hostname"
        printf '127.0.0.1 localhost test-host\n' >"$root/etc/hosts"
        : >"$root/etc/fstab"
        : >"$root/etc/resolv.conf"
        mkdir -p "$root/var/log/journal"
        for unit in "${LAYER_MASKED[@]}"; do
                ln -s /dev/null "$etc/$unit"
        done
        layer_no_generators "$root"
        ln -s /etc/systemd/system/test-host.target "$etc/default.target"
        layer_units "$etc"
}

# What generators make of this machine is not wanted in a host, and they run at each reload.
layer_no_generators() {
        local path

        mkdir -p "$1/etc/systemd/system-generators"
        for path in "$1"/lib/systemd/system-generators/*; do
                ln -sf /dev/null "$1/etc/systemd/system-generators/${path##*/}"
        done
}

layer_units() {
        cat >"$1/test-host.target" <<'END'
[Unit]
Description=Test host
Requires=multi-user.target
After=multi-user.target
Wants=test-host-up.service
AllowIsolate=yes
END
        cat >"$1/test-host-up.service" <<'END'
[Unit]
Description=Mark for the test that the host is up
After=multi-user.target dbus.service
Wants=dbus.service
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/touch /run/host-is-up
END
}

# Removes every trace of the distribution's own portable service manager.
layer_remove_peer() {
        local root=$1 list path

        list=$root/var/lib/dpkg/info/systemd-container.list
        [ -e "$list" ] || return 0
        while read -r path; do
                case $path in
                *portable*) rm -rf "${root:?}$path" ;;
                esac
        done <"$list"
}

# Puts our files in, as staged by build_stage() of build.sh.
layer_install() {
        local root=$1 stage=${PORTABLED_TEST_STAGE:-$HOST_LIB/../../build/stage} top

        [ -d "$stage" ] || host_die "$stage: no such stage, run test/run or test/shell first" || return
        for top in bin sbin lib lib64; do
                [ ! -e "$stage/$top" ] || host_die "/$top must not be installed into: it is a link to /usr/$top" ||
                        return
        done
        cp -a "$stage/." "$root/" || return
        [ "${PORTABLED_TEST_SANITIZED:-no}" = no ] || layer_sanitize "$root"
}

# For a build with sanitizers: the daemon's sandbox leaves them room, any finding ends the process.
layer_sanitize() {
        local dropin=$1/etc/systemd/system/systemd-portabled.service.d

        mkdir -p "$dropin"
        cat >"$dropin/sanitize.conf" <<END
[Service]
Environment="ASAN_OPTIONS=$LAYER_ASAN_OPTIONS" "UBSAN_OPTIONS=$LAYER_UBSAN_OPTIONS"
SystemCallFilter=
MemoryDenyWriteExecute=no
END
}
