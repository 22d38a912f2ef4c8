#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# /etc is read-only, and the attach directory a mount or a link into /var, as in images of appliances.

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"

ATTACHED=/etc/systemd/system.attached

suite_setup() {
        suite_host
        image_simple "$SUITE_TMP/one" app 'ID=app' 'VERSION_ID=1'
        image_simple "$SUITE_TMP/two" app 'ID=app' 'VERSION_ID=2'
        image_unit "$SUITE_TMP/two" app-new.service
        host_run mkdir -p /var/attached /var/links /etc/portables
}

# read_only ATTACHED PORTABLES: makes /etc read-only; each of the two directories is a "mount" or a "link" into /var, or
# "plain".
read_only() {
        host_run bash -euc '
                mkdir -p /etc/systemd
                rm -rf /etc/portables /etc/systemd/system.attached
                mkdir /etc/portables
                if [ $1 = link ]; then ln -s /var/attached '$ATTACHED'; else mkdir '$ATTACHED'; fi
                if [ $2 = link ]; then rmdir /etc/portables; ln -s /var/links /etc/portables; fi
                mount --bind /etc /etc
                mount -o remount,bind,ro /etc
                [ $1 != mount ] || mount --bind /var/attached '$ATTACHED'
                [ $2 != mount ] || mount --bind /var/links /etc/portables
                systemctl stop systemd-portabled.service # it sees them from its next start on
        ' bash "$@"
}

writable() {
        host_run bash -euc '
                systemctl stop systemd-portabled.service
                ! mountpoint -q '$ATTACHED' || umount '$ATTACHED'
                ! mountpoint -q /etc/portables || umount /etc/portables
                umount /etc
                rm -rf '$ATTACHED' /etc/portables
                mkdir /etc/portables'
}

# What there is in the two directories, also what is hidden.
everything() {
        host_run sh -c 'find /var/attached /var/links -mindepth 1'
}

in_layout() {
        local attached=$1 links=$2

        image_put directory "$SUITE_TMP/one" app_1
        image_put directory "$SUITE_TMP/two" app_2
        read_only "$attached" "$links"
        assert_ok ctl attach app_1
        if [ "$links" = plain ]; then
                assert_contains "$ERR" "Link '/etc/portables/app_1' is not made: its file system is read-only"
        else
                assert_eq "$(host_run readlink /etc/portables/app_1)" /var/lib/portables/app_1
        fi
        assert_ok host_run systemctl start app.service
        assert_ok ctl reattach app_2
        assert_ok host_run systemctl restart app.service
        assert_state app_2 running
        assert_ok ctl detach --now app_2
        assert_eq "$(everything)" '' "$attached, $links"
        writable
}

test_mount() { in_layout mount plain; }
test_link() { in_layout link plain; }
test_mount_and_mount() { in_layout mount mount; }
test_mount_and_link() { in_layout mount link; }
test_link_and_mount() { in_layout link mount; }
test_link_and_link() { in_layout link link; }

# All of it may be a link, too.
test_link_above() {
        host_run bash -euc 'cp -a /etc/systemd /var/systemd && mv /etc/systemd /etc/systemd.away && ln -s /var/systemd /etc/systemd
                mount --bind /etc /etc && mount -o remount,bind,ro /etc && mount --bind /var/links /etc/portables &&
                systemctl stop systemd-portabled.service'
        image_put directory "$SUITE_TMP/one" app_1
        assert_ok ctl attach app_1
        assert_ok ctl detach app_1
        assert_eq "$(everything)" ''
        host_run bash -euc 'systemctl stop systemd-portabled.service && umount /etc/portables /etc && rm /etc/systemd &&
                mv /etc/systemd.away /etc/systemd && rm -r /var/systemd'
}

# Nothing can be written, and nothing is left where it could.
test_nothing_written() {
        image_put directory "$SUITE_TMP/one" app_1
        read_only plain mount
        assert_error "Cannot prepare changes in '/etc/systemd.*': its file system is read-only \(--runtime attaches" \
                ctl attach app_1
        assert_eq "$(everything)" ''
        writable
}

suite_main "$@"
