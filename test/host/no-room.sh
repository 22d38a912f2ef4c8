#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# When the file system of /etc cannot take a change: what the caller is told, to the letter, and that nothing has
# changed: the image that was to be replaced is attached as before, and its service runs on.
# trees: no

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"
# shellcheck source=../lib/spare.sh
source "$SUITE_LIB/spare.sh"

ETC=/etc/systemd
ATTACHED=$ETC/system.attached

suite_setup() {
        suite_host
        image_simple "$SUITE_TMP/one" app 'ID=app' 'VERSION_ID=1'
        image_simple "$SUITE_TMP/two" app 'ID=app' 'VERSION_ID=2'
        image_unit "$SUITE_TMP/two" app-new.service
}

# begin [OPTIONS]: app_1 is attached and runs; with options on a tmpfs that has them.
begin() {
        image_put directory "$SUITE_TMP/one" app_1
        image_put directory "$SUITE_TMP/two" app_2
        if [ $# -gt 0 ]; then
                host_run bash -euc "cp -a $ETC /root/etc && mount -t tmpfs -o mode=0755,$1 etc $ETC && cp -a /root/etc/. $ETC"
                # The daemon has mounts of its own.
                host_run systemctl stop systemd-portabled.service
        fi
        assert_ok ctl attach -q --now app_1
        pid=$(host_run systemctl show -P MainPID app.service)
        before=$(snapshot)
}

snapshot() {
        host_run bash -c "cd / && find etc/systemd etc/portables ! -name ballast -printf '%i %p %y %m %U:%G %l\n' | sort &&
                find etc/systemd etc/portables ! -type d ! -name ballast -printf '%p %T@\n' | sort &&
                find etc/systemd etc/portables -type f ! -name ballast -exec sha256sum {} + | sort"
}

# refused MESSAGE COMMAND...: fails with just this line; nothing has changed.
refused() {
        local message=$1
        shift

        run "$@"
        assert_eq "$STATUS:$OUT$ERR" "1:Failed to reattach image 'app_2': $message"
        assert_eq "$(snapshot)" "$before" 'what is in /etc'
        assert_unit app.service active
        assert_eq "$(host_run systemctl show -P MainPID app.service)" "$pid" 'the running service'
        assert_state app_1 running
}

# The cause is gone: now it works. In the end everything is as it was.
end() {
        assert_ok ctl reattach -q app_2
        assert_ok ctl detach -q --now app_2
        assert_missing $ATTACHED
        if host_run mountpoint -q $ETC; then
                host_run systemctl stop systemd-portabled.service
                host_run umount $ETC
                host_run rm -r /root/etc
        fi
        host_run systemctl daemon-reload
}

# What the client says of an error of the daemon's, and the daemon of a change it could not make.
reattach_fails() {
        refused "$1" ctl reattach -q app_2
}

test_no_space() {
        begin size=1m
        host_run sh -c "cat /dev/zero >$ETC/ballast 2>/dev/null || true"
        reattach_fails "Cannot write '$ATTACHED/app-new.service.d/20-portable.conf': its file system has no space left (nothing was changed; make room and try again)"
        host_run rm $ETC/ballast
        end
}

test_no_inodes() {
        begin nr_inodes=200
        host_run bash -c "mkdir $ETC/ballast; while : 2>/dev/null >$ETC/ballast/\$((++i)); do :; done"
        before=$(snapshot)
        reattach_fails "Cannot prepare changes in '$ETC': its file system has no free inodes left (nothing was changed; make room and try again)"
        host_run rm -r $ETC/ballast
        end
}

test_read_only() {
        begin size=1m
        host_run mount -o remount,ro $ETC
        reattach_fails "Cannot prepare changes in '$ATTACHED': its file system is read-only"
        host_run mount -o remount,rw $ETC
        end
}

test_immutable() {
        begin
        host_run chattr +i $ATTACHED/app.service
        reattach_fails "Cannot replace '$ATTACHED/app.service': it has the immutable or append-only attribute"
        host_run chattr -i $ATTACHED/app.service
        host_run chattr +i $ATTACHED
        reattach_fails "Cannot make '$ATTACHED/app-new.service.d': its directory has the immutable or append-only attribute"
        host_run chattr -i $ATTACHED
        end
}

test_directory_in_the_way() {
        begin
        host_run mkdir -p $ATTACHED/app-new.service.d/20-portable.conf
        before=$(snapshot)
        reattach_fails "Unit 'app-new.service' has drop-ins of the host already, in '$ATTACHED/app-new.service.d', refusing"
        host_run rm -r $ATTACHED/app-new.service.d
        host_run mkdir $ATTACHED/app-new.service
        before=$(snapshot)
        reattach_fails "Unit file 'app-new.service' exists on the host already, as '$ATTACHED/app-new.service', refusing"
        refused "Cannot copy to '$ATTACHED/app-new.service': it is a directory" \
                ctl reattach -q --force app_2
        host_run rmdir $ATTACHED/app-new.service
        end
}

# What a forced attach has overwritten is there again after a failure, the same file.
test_forced_in_vain() {
        local left

        image_put directory "$SUITE_TMP/one" app_1
        host_run mkdir -p $ATTACHED/app.service.d
        host_run sh -c "cd $ATTACHED && echo 1 >app.service && echo 2 >app.service.d/10-profile.conf &&
                ln -s /nowhere app.service.d/20-portable.conf && chattr +i app.service"
        left=$(snapshot)
        run ctl attach -q --force app_1
        assert_eq "$STATUS:$OUT$ERR" "1:Failed to attach image 'app_1': Cannot replace '$ATTACHED/app.service': it has the immutable or append-only attribute"
        assert_eq "$(snapshot)" "$left" 'what is in /etc'
        host_run chattr -i $ATTACHED/app.service
        assert_ok ctl attach -q --force app_1
        assert_ok ctl detach -q app_1
        assert_missing $ATTACHED
}

# injected CALL ERROR: as a quota or a security module would have it, at the first such call of the worker.
injected() {
        host_run bash -euc "$(declare -f $SPARE_FUNCTIONS)"'
                portablectl list >/dev/null
                trace_daemon "$(systemctl show -P MainPID systemd-portabled.service)" -o /dev/null \
                        -e "trace=$0" -e "inject=$0:error=$1:when=1"
                status=0
                portablectl reattach -q app_2 || status=$?
                untrace
                exit $status' "$1" "$2"
}

test_quota_and_access() {
        begin
        refused "Cannot make '$ATTACHED/app-new.service.d': a disk quota on its file system is used up (nothing was changed; make room and try again)" \
                injected renameat2 EDQUOT
        refused "Cannot make '$ATTACHED/app-new.service.d': Permission denied" injected renameat2 EACCES
        refused "Cannot write the file system of '$ETC' to disk: Input/output error" injected syncfs EIO
        end
}

suite_main "$@"
