#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Copies of images (--copy=mixed): all that is in the image is in the copy, it appears whole or not at all, whatever
# happens meanwhile, and goes with detach.
#
# trees: no

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"
# shellcheck source=../lib/slow.sh
source "$SUITE_LIB/slow-calls.sh"

SLOWLY=copy_file_range:delay_enter=900ms

suite_setup() {
        suite_host
        host_run mkdir -p /etc/portables
        image_simple "$SUITE_TMP/app" app 'ID=base' 'VERSION_ID=1'
        image_extension "$SUITE_TMP/one" one base 'VERSION_ID=1'
        image_unit "$SUITE_TMP/one" app-one.service
        image_extension "$SUITE_TMP/two" two base 'VERSION_ID=1'
        image_unit "$SUITE_TMP/two" app-two.service
        image_simple "$SUITE_TMP/big" app 'ID=base' 'VERSION_ID=1'
        head -c $((40 * 1024 * 1024)) /dev/urandom >"$SUITE_TMP/big/usr/lib/ballast"
        mkdir -p "$HOST_ROOT/srv"
        image_pack squashfs "$SUITE_TMP/app" "$HOST_ROOT/srv/app.raw"
        image_pack squashfs "$SUITE_TMP/one" "$HOST_ROOT/srv/one.raw"
        image_pack directory "$SUITE_TMP/two" "$HOST_ROOT/srv/two"
        image_pack squashfs "$SUITE_TMP/big" "$HOST_ROOT/srv/big.raw"
        image_pack directory "$SUITE_TMP/big" "$HOST_ROOT/srv/bigtree"
}

# Whatever an operation works with has such a name.
leftovers() {
        host_run find /etc /run/systemd /run/portables -xdev -name '.portabled-*' 2>/dev/null || true
}

assert_nothing_left() {
        assert_eq "$(leftovers)" '' 'work directories'
        assert_missing /etc/systemd/system.attached
        assert_eq "$(host_run find /etc/portables -mindepth 1)" '' 'entries of /etc/portables'
}

# everything DIRECTORY: each file of a tree with all that is to be kept of it.
everything() {
        host_run sh -c "cd '$1' && find . -type d -printf '%p|%m|%U:%G|%T@\n' | grep -v '^[.]|' | sort &&
                find . ! -type d -printf '%p|%y|%m|%U:%G|%s|%l|%T@|%n\n' | sort &&
                find . -type f -exec sha256sum {} + | sort && find . -type c -exec stat -c '%n %t:%T' {} + &&
                find . | sort | xargs getfattr -hd -m '^(user|trusted[.]note)'"
}

test_all_of_a_tree() {
        local from=/srv/faithful to=/etc/portables/faithful

        image_pack directory "$SUITE_TMP/app" "$HOST_ROOT$from"
        host_run sh -c "cd $from/srv && echo x >owned && chown 1234:4321 owned && chmod 4750 owned &&
                echo y >linked && ln linked linked.2 && ln linked ../home/linked.3 && mkdir -m 1777 sticky &&
                ln -s /nowhere dangling && ln -s ../etc/os-release up && mkfifo -m 600 fifo && mknod node c 1 3 &&
                setfattr -n user.note -v kept linked && setfattr -n trusted.note -v kept sticky &&
                truncate -s 64M hole && printf data | dd of=hole bs=1 seek=32M conv=notrunc status=none &&
                touch -h -d '2001-02-03 04:05:06.789' owned linked dangling sticky"
        assert_ok ctl attach --copy=mixed $from app
        assert_match "$ERR" "The copy of image '$from' is without its 1 device node \('$from/srv/node'\)"
        host_run rm $from/srv/node
        host_run touch -r $to/srv $from/srv
        assert_eq "$(everything $to)" "$(everything $from)"
        assert_eq "$(host_run stat -c %a:%u:%g:%Y $to/srv/sticky)" "$(host_run stat -c %a:%u:%g:%Y $from/srv/sticky)"
        assert_eq "$(host_run stat -c %i $to/srv/linked $to/srv/linked.2 $to/home/linked.3 | sort -u | wc -l)" 1
        assert_eq "$(host_run getfattr -n trusted.note --only-values $to/srv/sticky)" kept
        [ "$(host_run stat -c %b $to/srv/hole)" -lt 200 ] || assert_fail 'the hole was filled'
        assert_ok ctl detach $from
        assert_nothing_left
        assert_exists $from/srv/owned
        host_run rm -r $from
}

# What only root could get at stays so, and its services run from there all the same, as users of their own.
test_private_place() {
        local copy=/etc/portables/private

        host_run mkdir -m 700 /srv/secret
        image_pack directory "$SUITE_TMP/app" "$HOST_ROOT/srv/secret/private"
        host_run sh -c 'cp /usr/bin/id /srv/secret/private/usr/bin/id && chmod 4755 /srv/secret/private/usr/bin/id'
        host_run chmod 755 /etc/portables
        assert_ok ctl attach --copy=mixed /srv/secret/private app
        assert_match "$ERR" "Directory '/etc/portables' is closed to all but root, as the copy of image '/srv/secret/private' must be"
        assert_eq "$(host_run stat -c %a /etc/portables $copy $copy/usr/bin/id | tr '\n' ' ')" '700 755 4755 '
        run host_run_as nobody sh -c $copy/usr/bin/id
        assert_eq "$STATUS" 126
        assert_match "$ERR" 'Permission denied'
        assert_ok ctl detach /srv/secret/private
        assert_missing $copy
        # As an image of its own.
        host_run mv /srv/secret/private /etc/portables/private
        assert_ok ctl attach private app
        assert_ok host_run systemctl start app.service
        assert_eq "$(host_run systemctl show -P DynamicUser app.service)" yes
        assert_ok host_run systemctl stop app.service
        assert_ok ctl detach private
        host_run rm -r /srv/secret /etc/portables/private
        host_run chmod 755 /etc/portables
        assert_nothing_left
}

# The same of a disk image, of an extension alone, and for the runtime.
test_private_place_of_any_kind() {
        host_run mkdir -m 700 /srv/secret
        host_run cp -a /srv/app.raw /srv/secret/hidden.raw
        host_run cp -a /srv/two /srv/secret/two
        host_run chmod 755 /etc/portables
        assert_ok ctl attach --copy=mixed /srv/secret/hidden.raw app
        assert_match "$ERR" "Directory '/etc/portables' is closed to all but root"
        assert_eq "$(host_run stat -c %a /etc/portables)" 700
        run host_run_as nobody cat /etc/portables/hidden.raw
        assert_match "$ERR" 'Permission denied'
        assert_ok host_run systemctl start app.service
        host_run systemctl stop app.service
        assert_ok ctl detach /srv/secret/hidden.raw
        host_run chmod 755 /etc/portables
        assert_ok ctl attach --copy=mixed --extension=/srv/secret/two /srv/app.raw
        assert_match "$ERR" "as the copy of image '/srv/secret/two' must be"
        assert_eq "$(host_run stat -c %a /etc/portables)" 700
        assert_ok ctl detach --extension=/srv/secret/two /srv/app.raw
        host_run chmod 755 /etc/portables
        assert_ok ctl attach --runtime --copy=mixed /srv/secret/hidden.raw app
        assert_match "$ERR" "Directory '/run/portables' is closed to all but root"
        assert_eq "$(host_run stat -c %a /etc/portables /run/portables | tr '\n' ' ')" '755 700 '
        assert_ok ctl detach --runtime /srv/secret/hidden.raw
        host_run sh -c 'rm -r /srv/secret; chmod 755 /etc/portables; rm -rf /run/portables'
        assert_nothing_left
}

# Set-user-ID programs that nobody could use where they are.
test_place_where_nothing_runs() {
        local option

        image_pack directory "$SUITE_TMP/app" "$HOST_ROOT/srv/from"
        host_run mkdir /srv/place
        for option in nosuid noexec; do
                host_run sh -c "mount -t tmpfs -o $option tmpfs /srv/place && cp -a /srv/from /srv/place/runs && chmod 755 /etc/portables"
                # A daemon that runs does not see what is mounted in this host, whose mounts are private.
                host_run systemctl stop systemd-portabled.service
                assert_ok ctl attach --copy=mixed /srv/place/runs app
                assert_match "$ERR" "Directory '/etc/portables' is closed to all but root"
                assert_eq "$(host_run stat -c %a /etc/portables)" 700
                assert_ok ctl detach /srv/place/runs
                host_run umount /srv/place
        done
        host_run sh -c 'rm -r /srv/place /srv/from; chmod 755 /etc/portables'
        assert_nothing_left
}

# A tree as debootstrap leaves it.
test_tree_with_devices() {
        image_pack directory "$SUITE_TMP/app" "$HOST_ROOT/srv/system"
        host_run sh -c 'mkdir -p /srv/system/dev && mknod -m 600 /srv/system/dev/console c 5 1 &&
                mknod -m 666 /srv/system/dev/null c 1 3'
        assert_ok ctl attach --copy=mixed /srv/system app
        assert_match "$ERR" "The copy of image '/srv/system' is without its 2 device nodes"
        assert_eq "$(host_run ls /etc/portables/system/dev)" ''
        assert_ok host_run systemctl start app.service
        host_run systemctl stop app.service
        assert_ok ctl detach /srv/system
        host_run rm -r /srv/system
        assert_nothing_left
}

test_holes_of_a_raw_image() {
        host_run cp /srv/app.raw /srv/sparse.raw
        host_run truncate -s 256M /srv/sparse.raw
        host_run setfattr -n user.note -v kept /srv/sparse.raw
        host_run chown 1234:4321 /srv/sparse.raw
        host_run chmod 440 /srv/sparse.raw
        assert_ok ctl attach --copy=mixed /srv/sparse.raw app
        assert_eq "$(host_run stat -c '%s %a %u:%g %Y' /etc/portables/sparse.raw)" \
                "$(host_run stat -c '%s %a %u:%g %Y' /srv/sparse.raw)"
        assert_eq "$(host_run getfattr -n user.note --only-values /etc/portables/sparse.raw)" kept
        [ "$(host_run stat -c %b /etc/portables/sparse.raw)" -le $(($(host_run stat -c %b /srv/sparse.raw) + 16)) ] ||
                assert_fail 'the hole was filled'
        host_run cmp /srv/sparse.raw /etc/portables/sparse.raw
        assert_ok ctl detach /srv/sparse.raw
        host_run rm /srv/sparse.raw
        assert_nothing_left
}

# Where the file system can, a copy takes no room.
test_reflink() {
        local mounted

        image_size "$HOST_ROOT/srv/pool.btrfs" $((256 * 1024))
        mkfs.btrfs -q "$HOST_ROOT/srv/pool.btrfs"
        host_run mkdir -p /srv/pool /etc/portables
        host_run mount -o loop /srv/pool.btrfs /srv/pool
        host_run mkdir /srv/pool/portables
        host_run mount --bind /srv/pool/portables /etc/portables
        host_run systemctl stop systemd-portabled.service # it sees them from its next start on
        host_run cp /srv/big.raw /srv/pool/big.raw
        host_run cp -r /srv/bigtree /srv/pool/bigtree
        slow_begin copy_file_range:error=EIO
        assert_ok ctl attach --copy=mixed /srv/pool/big.raw app
        assert_ok ctl detach /srv/pool/big.raw
        assert_ok ctl attach --copy=mixed /srv/pool/bigtree app
        slow_end
        host_run cmp /srv/pool/bigtree/usr/lib/ballast /etc/portables/bigtree/usr/lib/ballast
        mounted=$(host_run btrfs filesystem du -s --raw /etc/portables/bigtree | tail -n 1 | awk '{ print $2 }')
        [ "$mounted" -lt 1000000 ] || assert_fail "of the copy $mounted bytes are its own"
        assert_ok ctl detach /srv/pool/bigtree
        host_run systemctl stop systemd-portabled.service
        host_run umount /etc/portables
        host_run umount /srv/pool
        host_run rm -r /srv/pool /srv/pool.btrfs
        assert_nothing_left
}

# On another file system it is the kernel that copies, without a detour by user space.
test_copied_by_the_kernel() {
        slow_begin read,pread64,write,pwrite64:delay_exit=1
        assert_ok ctl attach --copy=mixed /srv/big.raw app
        slow_end
        assert_no_match "$(cat "$SUITE_TMP/strace")" 'write(64)?\(.*= [0-9]{6}'
        # They would be seen here, as it happens when the kernel will not.
        assert_ok ctl detach /srv/big.raw
        slow_begin copy_file_range:error=EXDEV pwrite64
        assert_ok ctl attach --copy=mixed /srv/big.raw app
        slow_end
        assert_match "$(cat "$SUITE_TMP/strace")" 'pwrite64\(.*= [0-9]{6}'
        assert_ok ctl detach /srv/big.raw
        assert_nothing_left
}

# One sync for all that is copied, none for a single file, before the lock is taken.
test_one_sync() {
        local extensions=(--extension=/srv/one.raw --extension=/srv/two)

        slow_begin syncfs,fsync,fdatasync,copy_file_range,openat2,renameat2:delay_exit=1
        assert_ok ctl attach --copy=mixed "${extensions[@]}" /srv/app.raw
        slow_end
        assert_no_match "$(cat "$SUITE_TMP/strace")" 'f(data)?sync\('
        assert_eq "$(grep -oE '(syncfs|copy_file_range|renameat2)\(' "$SUITE_TMP/strace" | uniq | head -n 3 | tr -d '\n')" \
                'copy_file_range(syncfs(renameat2('
        assert_eq "$(sed -n '/copy_file_range/,/renameat2/p' "$SUITE_TMP/strace" | grep -c syncfs)" 2 \
                'syncs before something is switched: of the copies, of what is small'
        assert_ok ctl detach "${extensions[@]}" /srv/app.raw
        assert_nothing_left
}

# Nobody sees a part of it.
test_appears_whole() {
        local pid size list entries seen=0 end=$((SECONDS + 60 * HOST_PATIENCE))

        size=$(stat -c %s "$HOST_ROOT/srv/big.raw")
        slow_begin $SLOWLY
        ctl attach --copy=mixed /srv/big.raw app >"$SUITE_TMP/attached" 2>&1 &
        pid=$!
        while ! host_exists /etc/portables/big.raw; do
                entries=$(host_run ls -A /etc/portables)
                list=$(ctl --no-legend list)
                ! host_exists /etc/portables/big.raw || break
                [ -z "$(leftovers)" ] || seen=$((seen + 1))
                assert_no_match "$entries" 'big'
                assert_no_match "$list" '^big'
                # It may have ended after that look.
                ! has_ended $pid || host_exists /etc/portables/big.raw ||
                        assert_fail 'attach ended without a copy' "$(cat "$SUITE_TMP/attached")"
                [ "$SECONDS" -lt "$end" ] || assert_fail 'the copy does not appear' "$(cat "$SUITE_TMP/attached")"
        done
        assert_eq "$(host_run stat -c %s /etc/portables/big.raw)" "$size"
        wait $pid
        slow_end
        [ "$seen" -gt 0 ] || assert_fail "looked $seen times only while it was copied"
        assert_ok ctl detach /srv/big.raw
        assert_nothing_left
}

test_base_and_extensions() {
        local extensions=(--extension=/srv/one.raw --extension=/srv/two)

        assert_ok ctl attach --copy=mixed "${extensions[@]}" /srv/app.raw
        host_run cmp /srv/app.raw /etc/portables/app.raw
        host_run cmp /srv/one.raw /etc/portables/one.raw
        assert_eq "$(host_run stat -c %F /etc/portables/two)" directory
        assert_ok host_run systemctl start app-two.service
        host_run systemctl stop app-two.service
        assert_state app attached --extension=one --extension=two
        assert_ok ctl detach --extension=one --extension=two app
        assert_nothing_left
        assert_exists /srv/app.raw /srv/one.raw /srv/two/usr
}

# Two services on one copied base: it goes with the last.
test_shared_copy() {
        assert_ok ctl attach --copy=mixed --extension=/srv/one.raw /srv/app.raw app-one
        assert_ok ctl attach --copy=mixed --extension=/srv/two /srv/app.raw app-two
        assert_ok ctl detach --extension=/srv/one.raw /srv/app.raw
        assert_exists /etc/portables/app.raw /etc/portables/two
        assert_missing /etc/portables/one.raw
        assert_ok ctl detach --extension=/srv/two /srv/app.raw
        assert_nothing_left
}

# What the administrator has put there is neither overwritten nor removed.
test_entry_that_is_there() {
        host_run mkdir -p /etc/portables
        host_run cp /srv/one.raw /etc/portables/app.raw
        assert_ok ctl attach --copy=mixed /srv/app.raw
        host_run cmp /srv/one.raw /etc/portables/app.raw
        assert_ok ctl detach /srv/app.raw
        host_run cmp /srv/one.raw /etc/portables/app.raw
        host_run rm /etc/portables/app.raw
        assert_nothing_left
}

test_runtime_copy() {
        assert_ok ctl attach --runtime --copy=mixed /srv/app.raw
        host_run cmp /srv/app.raw /run/portables/app.raw
        assert_ok ctl detach --runtime /srv/app.raw
        assert_missing /run/portables/app.raw /run/systemd/system.attached
}

test_no_room() {
        slow_begin copy_file_range:error=ENOSPC:when=3
        assert_error "Cannot copy '/srv/big\.raw' to '/etc/portables/big\.raw': its file system has no space left" \
                ctl attach --copy=mixed /srv/big.raw app
        assert_nothing_left
        slow_end
        slow_begin copy_file_range:error=EIO:when=3
        assert_error "Cannot copy '/srv/bigtree/usr/lib/ballast' to '/etc/portables/bigtree': " \
                ctl attach --copy=mixed /srv/bigtree app
        slow_end
        assert_nothing_left
}

# The process that copies is killed: the daemon sees to what it left.
test_killed_worker() {
        local image

        for image in big.raw bigtree; do
                slow_begin copy_file_range:signal=KILL:when=4
                assert_error 'killed' ctl attach --copy=mixed /srv/$image app
                slow_end
                wait_until 10 no_leftovers
                assert_nothing_left
                assert_ok ctl attach --copy=mixed /srv/$image app
                assert_ok ctl detach /srv/$image
        done
}

# kill_all IMAGE: daemon and worker killed in the middle of a copy.
kill_all() {
        local pid

        # The next daemon is that of the next call: it would be too quick to see what was left.
        host_run mkdir -p /run/systemd/system/systemd-portabled.service.d
        host_run sh -c 'printf "[Service]\nRestart=no\n" >/run/systemd/system/systemd-portabled.service.d/50-test.conf'
        host_run systemctl daemon-reload
        slow_begin $SLOWLY
        ctl attach --copy=mixed "/srv/$1" app >/dev/null 2>&1 &
        pid=$!
        wait_until 10 grep -q copy_file_range "$SUITE_TMP/strace"
        host_run systemctl kill -s KILL --kill-who=all systemd-portabled.service
        ! wait $pid || assert_fail 'attach succeeded without a daemon'
        slow_end
        assert_match "$(leftovers)" '/etc/.*\.portabled-'
        assert_missing /etc/systemd/system.attached "/etc/portables/$1"
        host_run rm -r /run/systemd/system/systemd-portabled.service.d
        host_run systemctl daemon-reload
}

# Everything is killed: the next start of the daemon sees to it.
test_killed_daemon() {
        local image

        for image in big.raw bigtree; do
                kill_all $image
                host_run systemctl reset-failed systemd-portabled.service || true
                portable_call ListImages >/dev/null
                wait_until 10 no_leftovers
                assert_nothing_left
        done
}

no_leftovers() {
        [ -z "$(leftovers)" ]
}

test_power_cut() {
        local pid

        slow_begin $SLOWLY
        ctl attach --copy=mixed /srv/bigtree app >/dev/null 2>&1 &
        pid=$!
        wait_until 10 grep -q copy_file_range "$SUITE_TMP/strace"
        host_crash
        wait $pid || true
        slow_end
        host_boot
        assert_ok ctl attach /srv/app.raw
        assert_ok ctl detach /srv/app.raw
        wait_until 10 no_leftovers
        assert_nothing_left
}

suite_main "$@"
