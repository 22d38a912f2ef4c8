#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# update: what is attached for a definition moves to a newer version, on trial; what does not run well leaves everything
# as it was, byte for byte, also when who does it is killed, or the power goes.

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"

DIRECTORY=/etc/systemd/portable
ATTACHED=/etc/systemd/system.attached
STATE=/var/lib/portabled

SUITE_WHOLE=(runtime check_unit)

# version NUMBER LINE...: web_NUMBER, with these lines in its service; put into the pool by put.
version() {
        local number=$1
        shift

        image_simple "$SUITE_TMP/web$number" web 'ID=web' "VERSION_ID=$number"
        printf '%s\n' "$@" >>"$SUITE_TMP/web$number/usr/lib/systemd/system/web.service"
}

suite_setup() {
        suite_host
        version 1 '[Install]' 'WantedBy=multi-user.target'
        version 2 '[Install]' 'WantedBy=multi-user.target'
        image_unit "$SUITE_TMP/web2" web-more.service '[Install]' 'WantedBy=multi-user.target'
        version 3 'ExecStartPre=/usr/bin/missing' '[Install]' 'WantedBy=multi-user.target'
        image_unit "$SUITE_TMP/web3" web-more.service '[Install]' 'WantedBy=multi-user.target'
        version 4 'Type=simple' 'ExecStart=' 'ExecStart=/usr/bin/soon' '[Install]' 'WantedBy=multi-user.target'
        version 5 'Type=notify' 'ExecStart=' 'ExecStart=/usr/bin/soon hang' '[Install]' 'WantedBy=multi-user.target'
        version 6 'Type=simple' 'Restart=always' 'RestartSec=20' 'ExecStart=' 'ExecStart=/usr/bin/soon' '[Install]' 'WantedBy=multi-user.target'
        gcc -static -Os -x c -o "$SUITE_TMP/soon" - <<'END'
#include <unistd.h>
int main(int argc, char **argv)
{
        usleep(200000);
        if (argc > 1)
                pause();
        return 1;
}
END
        cp "$SUITE_TMP/soon" "$SUITE_TMP/web4/usr/bin/soon"
        cp "$SUITE_TMP/soon" "$SUITE_TMP/web5/usr/bin/soon"
        cp "$SUITE_TMP/soon" "$SUITE_TMP/web6/usr/bin/soon"
}

# define LINE...: of [Update].
define() {
        host_run mkdir -p $DIRECTORY
        printf '%s\n' '[Portable]' Image=web Enable=yes Start=yes '[Update]' HealthSec=2s HealthTimeoutSec=10s "$@" |
                host_run tee $DIRECTORY/web.portable >/dev/null
}

# begin [LINE...]: web_1 runs for the definition.
begin() {
        define "$@"
        image_put squashfs "$SUITE_TMP/web1" web_1
        assert_ok ctl apply
        assert_unit web.service active
        BEFORE=$(fingerprint)
}

put() {
        image_put squashfs "$SUITE_TMP/web$1" "web_$1"
}

end() {
        host_run rm -rf $DIRECTORY
        host_run sh -c 'rm -f /var/lib/portables/*'
        assert_ok ctl apply --prune
        assert_missing $ATTACHED
        assert_nothing_under_way
        host_run rm -rf $STATE/failed
}

# Content, kind, mode and target of all that an update writes.
fingerprint() {
        host_run sh -c "cd /etc; find systemd/system.attached portables -printf '%p %y %m %l\n' | sort
                find systemd/system.attached portables -type f -exec sha256sum {} + | sort"
}

assert_as_before() {
        assert_eq "$(fingerprint)" "$BEFORE" 'files and links'
        assert_unit web.service active
        assert_eq "$(host_run systemctl show -P RootImage web.service)" /var/lib/portables/web_1.raw
}

assert_nothing_under_way() {
        assert_eq "$(host_run sh -c "ls $STATE/update 2>/dev/null")" '' 'records'
}

state() {
        ctl definitions --no-legend | awk '{ print $2 }'
}

test_good() {
        begin
        assert_ok ctl update
        assert_match "$ERR" '^0 definitions updated, 0 went back, 0 failed, 1 as before$'
        put 2
        assert_eq "$(state)" outdated
        assert_ok ctl update
        assert_match "$ERR" "^Updated 'web' from web_1 to web_2$"
        assert_eq "$(state)" in-sync
        assert_unit web.service active
        assert_unit web-more.service active
        assert_exists $ATTACHED/multi-user.target.wants/web-more.service
        assert_eq "$(host_run systemctl show -P RootImage web.service)" /var/lib/portables/web_2.raw
        assert_contains "$(host_run journalctl -q -o cat PORTABLE_DEFINITION=web)" "Update of 'web' from web_1 to web_2: runs well"
        assert_nothing_under_way
        assert_ok ctl update
        assert_match "$ERR" '^0 definitions updated'
        end
}

# bad NUMBER REASON: that version goes back, once; the same file is not tried again.
bad() {
        begin
        put "$1"
        run ctl update
        assert_eq "$STATUS" 8 "status; $ERR"
        assert_match "$ERR" "^Cannot update definition 'web': web_$1 did not run well \(.*$2.*\); went back$"
        assert_as_before
        assert_missing $ATTACHED/web-more.service
        assert_eq "$(host_run systemctl is-failed web-more.service)" inactive
        assert_nothing_under_way
        assert_eq "$(state)" failed
        assert_match "$(ctl definitions --no-legend)" "$2"
        assert_ok ctl update
        assert_as_before
        assert_ok ctl -j definitions
        assert_contains "$OUT" "\"bad\":{\"image\":\"web_$1\",\"since\":1"
        run ctl update --retry
        assert_eq "$STATUS" 8 "status; $ERR"
        assert_as_before
        end
}

test_fails_at_start() {
        bad 3 web.service
}

test_fails_after_a_while() {
        bad 4 'web.service: exit-code'
}

test_waits_to_be_restarted() {
        bad 6 'web.service: (exit-code|activating|restarted)'
}

test_hangs_at_start() {
        begin HealthTimeoutSec=1s
        put 5
        run ctl update
        assert_eq "$STATUS" 8 "status; $ERR"
        assert_as_before
        end
}

# Of two new ones the newest is bad: the other one is next.
test_the_next_best() {
        begin
        put 2
        put 4
        run ctl update
        assert_eq "$STATUS" 8
        assert_as_before
        assert_ok ctl update web
        assert_match "$ERR" "^Updated 'web' from web_1 to web_2$"
        assert_eq "$(state)" failed
        end
}

test_another_file_of_the_same_name() {
        begin
        put 4
        run ctl update
        assert_eq "$STATUS" 8
        rm -rf "$SUITE_TMP/again"
        cp -a "$SUITE_TMP/web2" "$SUITE_TMP/again"
        image_put squashfs "$SUITE_TMP/again" web_4
        assert_ok ctl update
        assert_match "$ERR" "^Updated 'web' from web_1 to web_4$"
        end
}

test_not_an_image() {
        begin
        host_run sh -c 'echo nonsense >/var/lib/portables/web_9.raw'
        run ctl update
        assert_eq "$STATUS" 1
        assert_match "$ERR" "^Cannot update definition 'web': .*web_9\.raw"
        assert_as_before
        assert_nothing_under_way
        end
}

# What it started is not running, and what was on goes on: the host's own unit, too.
test_dependents() {
        begin
        printf '[Unit]\nRequires=web.service\nAfter=web.service\n[Service]\nExecStart=sleep infinity\n' |
                host_run tee /etc/systemd/system/uses-web.service >/dev/null
        host_run systemctl daemon-reload
        host_run systemctl start uses-web.service
        put 3
        run ctl update
        assert_eq "$STATUS" 8
        assert_as_before
        assert_unit uses-web.service active
        host_run systemctl stop uses-web.service
        host_run rm /etc/systemd/system/uses-web.service
        end
}

test_no_rollback() {
        begin Rollback=no
        put 4
        run ctl update
        assert_eq "$STATUS" 4
        assert_match "$ERR" 'web_4 did not run well'
        assert_eq "$(host_run systemctl show -P RootImage web.service)" /var/lib/portables/web_4.raw
        end
}

# put_check LINE...: check.service, of the host, with these lines.
put_check() {
        printf '%s\n' '[Service]' Type=oneshot "$@" | host_run tee /etc/systemd/system/check.service >/dev/null
        host_run systemctl daemon-reload
}

test_check_unit() {
        begin HealthUnit=check.service
        put_check 'ExecStart=test -e /run/good'
        put 2
        run ctl update
        assert_eq "$STATUS" 8
        assert_match "$ERR" 'check\.service: exit-code'
        assert_as_before
        host_run touch /run/good
        assert_ok ctl update --retry
        # One that is skipped has checked nothing.
        put_check 'ExecStart=test -e /run/good' '[Unit]' ConditionPathExists=/run/none
        image_simple "$SUITE_TMP/web7" web 'ID=web' 'VERSION_ID=7'
        put 7
        run ctl update
        assert_eq "$STATUS" 8
        assert_match "$ERR" 'check\.service: skipped, as a condition does not hold'
        host_run rm /run/good /etc/systemd/system/check.service
        end
}

# It takes longer than HealthSec=, and the service dies meanwhile.
test_dies_while_it_is_checked() {
        begin HealthUnit=check.service
        put_check 'ExecStart=sleep 2'
        put 4
        run ctl update
        assert_eq "$STATUS" 8 "$ERR"
        assert_as_before
        host_run rm /etc/systemd/system/check.service
        end
}

# The daemon is killed as soon as the new files are there: whatever the client hears of it, nothing is half done.
test_daemon_killed() {
        begin
        put 2
        host_run sh -c "until grep -q web_2 $ATTACHED/web.service.d/20-portable.conf; do :; done
                kill -9 \$(systemctl show -P MainPID systemd-portabled.service)" &
        run ctl update
        wait $!
        assert_nothing_under_way
        assert_unit web.service active
        case $STATUS in
        0) assert_eq "$(state)" in-sync ;;
        8) assert_as_before; assert_eq "$(state)" outdated ;;
        *) assert_as_before ;;
        esac
        end
}

# killed WHERE: the client dies when the record says so; who waited for that ends it.
killed() {
        local phase=$1

        host_run sh -c "portablectl update >/dev/null 2>&1 & echo \$! >/run/updater"
        wait_until 10 host_run grep -q "^phase $phase\$" $STATE/update/web/record
        host_run sh -c 'kill -9 $(cat /run/updater)'
        wait_until 20 host_run sh -c "! systemctl is-active -q portable-update-finish.service && [ ! -e $STATE/update/web ]"
        host_run systemctl is-failed -q portable-update-finish.service && assert_fail 'portable-update-finish.service failed'
        return 0
}

test_killed_while_it_watches() {
        begin
        put 2
        killed watch
        assert_unit web.service active
        assert_eq "$(host_run systemctl show -P RootImage web.service)" /var/lib/portables/web_2.raw
        assert_eq "$(state)" in-sync
        end
}

test_killed_while_a_bad_one_is_watched() {
        begin
        put 4
        killed watch
        assert_as_before
        assert_eq "$(state)" failed
        end
}

test_killed_in_the_trial() {
        begin HealthTimeoutSec=5s
        put 5
        killed trial
        assert_as_before
        # It is not its fault: it may be tried again.
        assert_eq "$(state)" outdated
        end
}

# The power goes while it is watched: after the boot it is watched anew, and goes back if it is bad.
test_power_loss() {
        local number

        for number in 2 4; do
                begin HealthSec=3s
                put $number
                host_run sh -c 'portablectl update >/dev/null 2>&1 &'
                wait_until 10 host_run grep -q '^phase watch$' $STATE/update/web/record
                host_reboot
                wait_until 30 host_run test ! -e $STATE/update/web
                wait_until 20 host_run systemctl is-active -q web.service
                assert_eq "$(host_run systemctl show -P RootImage web.service)" \
                        "/var/lib/portables/web_$([ $number = 2 ] && echo 2 || echo 1).raw"
                [ $number = 2 ] || assert_eq "$(fingerprint)" "$BEFORE"
                end
        done
}

test_refused() {
        begin
        assert_error "There is no definition 'none'" ctl update none
        assert_error 'Only what is attached to this system is updated' ctl --root=/ update
        run host_run_as nobody portablectl update
        assert_eq "$STATUS:$ERR" '5:Only root may update'
        assert_ok ctl -q detach --now --enable web_1
        put 2
        run ctl update web
        assert_eq "$STATUS" 1
        assert_match "$ERR" "Cannot update definition 'web': It is not as its definition says"
        assert_ok ctl apply
        end
}

# Two at once: one of them does it, the other says so; apply leaves it alone meanwhile.
test_two_at_once() {
        begin HealthSec=3s
        put 2
        host_run sh -c 'portablectl update >/run/first 2>&1 &'
        wait_until 10 host_run grep -q '^phase watch$' $STATE/update/web/record
        assert_eq "$(state)" updating
        run ctl update web
        assert_eq "$STATUS" 1
        assert_match "$ERR" 'is being updated by another process'
        assert_ok ctl apply
        wait_until 20 host_run test ! -e $STATE/update/web
        wait_until 10 host_run grep -q "Updated 'web'" /run/first
        end
}

test_runtime() {
        define
        printf '[Portable]\nImage=web\nStart=yes\nRuntime=yes\n[Update]\nHealthSec=2s\n' | host_run tee $DIRECTORY/web.portable >/dev/null
        image_put squashfs "$SUITE_TMP/web1" web_1
        assert_ok ctl apply
        put 4
        run ctl update
        assert_eq "$STATUS" 8 "$ERR"
        assert_unit web.service active
        assert_eq "$(host_run systemctl show -P RootImage web.service)" /var/lib/portables/web_1.raw
        end
}

test_units_of_the_system() {
        assert_ok host_run systemd-analyze verify --man=no /usr/local/lib/systemd/system/portable-update.service \
                /usr/local/lib/systemd/system/portable-update.timer \
                /usr/local/lib/systemd/system/portable-update-finish.{path,service}
        assert_eq "$(host_run systemctl preset portable-update.timer 2>&1; host_run systemctl is-enabled portable-update.timer)" disabled
        begin
        put 2
        assert_ok host_run systemctl start portable-update.service
        assert_eq "$(state)" in-sync
        end
}

suite_main "$@"
