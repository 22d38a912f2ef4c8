# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# Cases of errors: a host that does not let it be done: permission, read-only and full file systems.

refuses permission_attach put 'nobody attach app' InteractiveAuthorizationRequired \
        "Failed to attach image 'app': Not authorized, and nobody can be asked for a password here: try as root" \
        "Interactive authentication required (polkit action org.freedesktop.portable1.attach-images)"
refuses permission_detach attached 'nobody detach app' InteractiveAuthorizationRequired \
        "Failed to detach image 'app': Not authorized, and nobody can be asked for a password here: try as root" \
        "Interactive authentication required (polkit action org.freedesktop.portable1.attach-images)"
refuses permission_inspect_path 'outside app.raw' 'nobody inspect /srv/app.raw' InteractiveAuthorizationRequired \
        "Failed to inspect image '/srv/app.raw': Not authorized, and nobody can be asked for a password here: try as root" \
        "Interactive authentication required (polkit action org.freedesktop.portable1.inspect-images)"
refuses permission_remove put 'nobody remove app' InteractiveAuthorizationRequired \
        "Cannot remove image 'app': Not authorized, and nobody can be asked for a password here: try as root" \
        "Interactive authentication required (polkit action org.freedesktop.portable1.manage-images)"

# on_daemon COMMAND...: in the mount namespace of a fresh daemon. Its unit has its own, so a mount made here is
# seen by nobody else and goes with it.
on_daemon() {
        local pid

        host_run systemctl restart systemd-portabled.service
        pid=$(host_run systemctl show -P MainPID systemd-portabled.service)
        host_run nsenter -t "$pid" -m -- "$@"
}

read_only_target() {
        put
        on_daemon sh -c 'mount --bind /etc /etc && mount -o remount,bind,ro /etc'
}
undo_read_only_target() {
        host_run systemctl stop systemd-portabled.service
}
refuses read_only_target read_only_target 'attach app' EROFS \
        "Cannot prepare changes in '/etc/systemd': its file system is read-only (--runtime attaches below /run, until the next boot)"

full_target() {
        put
        on_daemon sh -c 'mount -t tmpfs -o size=16k tmpfs /etc/systemd && head -c 20k /dev/zero >/etc/systemd/fill; true'
}
undo_full_target() {
        host_run systemctl stop systemd-portabled.service
}
refuses no_space full_target 'attach app' ENOSPC \
        "Cannot write '/etc/systemd/system.attached/app.service.d/20-portable.conf': its file system has no space left (nothing was changed; make room and try again)"

full_copy() {
        outside app.raw
        on_daemon sh -c 'mkdir -p /etc/portables; mount -t tmpfs -o size=64k tmpfs /etc/portables'
}
undo_full_copy() {
        host_run systemctl stop systemd-portabled.service
        host_run rmdir /etc/portables
        undo_outside
}
refuses no_space_for_a_copy full_copy 'attach --copy=mixed /srv/app.raw' ENOSPC \
        "Cannot copy '/srv/app.raw' to '/etc/portables/app.raw': its file system has no space left (nothing was changed; make room and try again)"
