#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# trees: no
#
# The pool on btrfs: subvolumes as images, their limits and that of the pool, in ours and in the peer.
# run: whole

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"
# shellcheck source=../lib/peer.sh
source "$SUITE_LIB/peer.sh"

NAME=org.freedesktop.portable1
MANAGER=/org/freedesktop/portable1
POOL=/var/lib/portables
NONE=18446744073709551615

suite_setup() {
        peer_host
        image_simple "$SUITE_TMP/app" app 'ID=app' 'VERSION_ID=1'
        image_pack squashfs "$SUITE_TMP/app" "$HOST_ROOT/srv/app.raw"
        image_pack directory "$SUITE_TMP/app" "$HOST_ROOT/srv/app"
        daemon ours
}

# begin_pool [QUOTA_COMMAND]: a new pool on btrfs, with the subvolume "sub", another in it, a directory and a raw file.
begin_pool() {
        host_run systemctl stop $PEER_UNIT
        host_run sh -c "truncate -s 600M /var/pool.img && mkfs.btrfs -qf /var/pool.img 2>/dev/null && mount -o loop /var/pool.img $POOL
                cd $POOL && btrfs -q subvolume create sub && cp -a /srv/app/. sub && btrfs -q subvolume create sub/var/lib/nested &&
                cp -a /srv/app dir && cp /srv/app.raw raw.raw && sync -f ."
        [ $# -eq 0 ] || host_run btrfs quota "$1" $POOL
}

end_pool() {
        host_run systemctl stop $PEER_UNIT
        host_run sh -c "umount $POOL; rm /var/pool.img"
}

# property OBJECT PROPERTY: its value alone. Of "pool" those of the manager.
property() {
        if [ "$1" = pool ]; then
                host_run busctl get-property $NAME $MANAGER $NAME.Manager "$2" | cut -d ' ' -f 2
        else
                host_run busctl get-property $NAME "$MANAGER/image/$1" $NAME.Image "$2" | cut -d ' ' -f 2
        fi
}

all_properties() {
        local image

        host_run sync -f $POOL
        for image in sub dir raw; do
                host_run busctl --json=pretty call $NAME $MANAGER/image/$image org.freedesktop.DBus.Properties GetAll s $NAME.Image
        done
        host_run busctl --json=pretty call $NAME $MANAGER org.freedesktop.DBus.Properties GetAll s $NAME.Manager
        # The peer's order is that of a hash table.
        host_run busctl --json=short call $NAME $MANAGER $NAME.Manager ListImages | sed 's/^.*"data":\[\[\[//; s/\]\]\]}$//; s/\],\[/\n/g' | sort
}

same_properties() {
        local peer ours

        daemon peer
        peer=$(all_properties)
        daemon ours
        ours=$(all_properties)
        assert_eq "$ours" "$peer"
}

test_properties_without_quota() {
        begin_pool
        same_properties
        assert_eq "$(property sub Type)" '"subvolume"'
        assert_eq "$(property sub Usage)" $NONE
        assert_eq "$(property pool PoolUsage)" $NONE
        end_pool
}

test_properties_with_quota() {
        begin_pool enable
        same_properties
        [ "$(property sub Usage)" -gt 100000 ] || assert_fail "usage of $(property sub Usage)"
        [ "$(property pool PoolUsage)" -gt 100000 ] || assert_fail "usage of $(property pool PoolUsage)"
        assert_eq "$(property sub Limit)" $NONE
        end_pool
}

# A limit that one sets the other sees, and lifts.
limits() {
        local first=$1 second=$2

        begin_pool enable
        daemon "$first"
        assert_ok portable_call SetImageLimit st sub 50000000
        assert_ok portable_call SetPoolLimit t 500000000
        daemon "$second"
        assert_eq "$(property sub Limit)" 50000000
        assert_eq "$(property pool PoolLimit)" 500000000
        same_properties
        daemon "$second"
        assert_ok portable_call SetImageLimit st sub $NONE
        assert_ok portable_call SetPoolLimit t $NONE
        daemon "$first"
        assert_eq "$(property sub Limit)" $NONE
        assert_eq "$(property pool PoolLimit)" $NONE
        daemon ours
        end_pool
}

test_limits_set_by_ours() {
        limits ours peer
}

test_limits_set_by_the_peer() {
        limits peer ours
}

# Where quota is off, ours turns it on for a limit; the peer fails with "Transport endpoint is not connected".
test_limit_turns_quota_on() {
        begin_pool
        daemon peer
        assert_bus_error System.Error.ENOTCONN SetImageLimit st sub 50000000
        daemon ours
        assert_ok ctl set-limit sub 50M
        assert_eq "$(property sub Limit)" $((50 * 1024 * 1024))
        assert_ok ctl set-limit 500M
        assert_eq "$(property pool PoolLimit)" $((500 * 1024 * 1024))
        assert_ok ctl set-limit sub -
        assert_eq "$(property sub Limit)" $NONE
        end_pool
}

test_a_limit_limits() {
        begin_pool
        assert_ok ctl set-limit sub 20M
        run host_run sh -c "head -c 40M /dev/urandom >$POOL/sub/big && sync -f $POOL"
        assert_eq "$STATUS" 1
        assert_match "$ERR" 'quota exceeded'
        assert_ok ctl set-limit sub -
        assert_ok host_run sh -c "head -c 40M /dev/urandom >$POOL/sub/big && sync -f $POOL"
        end_pool
}

# The text says which image and why; the name of the error is the same.
test_what_has_no_limit() {
        local daemon image

        begin_pool
        for daemon in peer ours; do
                daemon $daemon
                for image in dir raw; do
                        assert_bus_error org.freedesktop.DBus.Error.NotSupported SetImageLimit st $image 50000000
                done
        done
        assert_error "'$POOL/dir' can't have a limit: it is not a btrfs subvolume" ctl set-limit dir 1G
        assert_error "'$POOL/raw\\.raw' can't have a limit: it is not a btrfs subvolume" ctl set-limit raw 1G
        end_pool
        assert_error "'$POOL' can't have a limit: its file system is not btrfs" ctl set-limit 1G
}

test_a_pool_that_is_no_subvolume() {
        host_run sh -c "truncate -s 600M /var/pool.img && mkfs.btrfs -qf /var/pool.img 2>/dev/null && mkdir /var/top &&
                mount -o loop /var/pool.img /var/top && mkdir /var/top/pool && mount --bind /var/top/pool $POOL && systemctl stop $PEER_UNIT"
        assert_bus_error org.freedesktop.DBus.Error.NotSupported SetPoolLimit t 50000000
        assert_error "'$POOL' can't have a limit: it is not a btrfs subvolume of its own" ctl set-limit 1G
        host_run sh -c "systemctl stop $PEER_UNIT; umount $POOL /var/top && rmdir /var/top && rm /var/pool.img"
}

test_read_only() {
        local daemon

        begin_pool
        for daemon in peer ours; do
                daemon $daemon
                assert_ok ours read-only sub
                assert_eq "$(host_run btrfs property get $POOL/sub ro)" ro=true
                assert_eq "$(property sub ReadOnly)" true
                assert_ok ours read-only sub no
                assert_eq "$(host_run btrfs property get $POOL/sub ro)" ro=false
                assert_eq "$(property sub ReadOnly)" false
        done
        end_pool
}

# With the subvolume in it, and the write protection of either.
test_remove() {
        local daemon

        for daemon in peer ours; do
                begin_pool enable
                daemon $daemon
                assert_ok ours remove sub
                assert_missing $POOL/sub
                assert_eq "$(host_run btrfs subvolume list $POOL)" '' 'subvolumes'
                assert_exists $POOL/dir $POOL/raw.raw
                daemon ours
                end_pool
        done
        begin_pool
        host_run btrfs property set $POOL/sub/var/lib/nested ro true
        assert_ok ours remove sub
        assert_eq "$(host_run btrfs subvolume list $POOL)" '' 'subvolumes'
        end_pool
}

test_attached_subvolume() {
        begin_pool
        assert_ok ctl attach --copy=symlink sub app
        assert_match "$(dropin app.service)" "^RootDirectory=$POOL/sub$"
        assert_ok host_run systemctl start app.service
        assert_match "$(unit_log app.service)" '^/etc/os-release: ID=app$'
        assert_state sub running
        assert_error 'sub' ctl remove sub
        assert_ok ctl detach --now sub
        end_pool
}

suite_main "$@"
