#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Nobody waits for others: unanswered prompts, slow images, stuck and killed operations, many operations; and who
# wants the same image waits for its turn.

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"
# shellcheck source=../lib/slow.sh
source "$SUITE_LIB/slow.sh"

# shellcheck disable=SC2034 # suite.sh's
SUITE_WHOLE=(at_most_64_operations copy_of_two_gigabytes wait_outlasts_the_patience_of_the_bus)

suite_setup() {
        suite_host
        image_simple "$SUITE_TMP/app" app 'ID=app' 'VERSION_ID=1'
        image_simple "$SUITE_TMP/slow" slow 'ID=slow'
        image_simple "$SUITE_TMP/other" other 'ID=other'
}

# As nobody, who has to be let in by polkit.
attach_as_nobody() {
        begin "$1" setpriv --reuid nobody --clear-groups busctl --timeout=900 call org.freedesktop.portable1 \
                /org/freedesktop/portable1 org.freedesktop.portable1.Manager AttachImage sassbs other 0 default false ''
}

# A polkit that does not answer: to the daemon the same as a user who does not answer it.
polkit_stuck() {
        image_put squashfs "$SUITE_TMP/app" app
        image_put squashfs "$SUITE_TMP/other" other
        host_run systemctl restart polkit.service
        host_run systemctl kill -s STOP polkit.service
        attach_as_nobody waiting
        sleep 1
        others_go_on
        still_runs waiting
}

test_unanswered_question_of_polkit() {
        polkit_stuck
        host_run systemctl kill -s CONT polkit.service
        end waiting
        assert_eq "$STATUS" 1
        assert_match "$OUT" 'Interactive authentication required'
        assert_state other detached
}

test_late_answer_of_polkit() {
        host_run sh -c 'cat >/etc/polkit-1/rules.d/10-test.rules' <<-'END'
		polkit.addRule(function(action, subject) {
		        if (action.id == "org.freedesktop.portable1.attach-images")
		                return polkit.Result.YES;
		});
	END
        polkit_stuck
        host_run systemctl kill -s CONT polkit.service
        end waiting
        assert_eq "$STATUS" 0 "status of the attach, which says $OUT"
        assert_state other attached
        assert_ok ctl -q detach other
        host_run rm /etc/polkit-1/rules.d/10-test.rules
        host_run systemctl stop polkit.service
}

# Who has left does not get what polkit allows later, and nobody else minds.
test_caller_gone_while_polkit_thinks() {
        polkit_stuck
        host_run sh -c 'for p in /proc/[0-9]*; do
                        [ "$(stat -c %U $p 2>/dev/null):$(cat $p/comm 2>/dev/null)" != nobody:busctl ] || kill ${p#/proc/}
                done'
        end waiting
        host_run systemctl kill -s CONT polkit.service
        others_go_on
        assert_state other detached
}

test_copy_of_two_gigabytes() {
        local rounds=0 end=$((SECONDS + 300 * HOST_PATIENCE))

        image_put squashfs "$SUITE_TMP/app" app
        slow_image 2048
        assert_ok portable_call ListImages
        begin copy portablectl -q attach --copy=mixed --no-reload /srv/slow
        in_copy 0
        until ended copy; do
                [ "$SECONDS" -lt "$end" ] || assert_fail 'the copy of two gigabytes does not end'
                others_go_on
                ended copy || rounds=$((rounds + 1))
        done
        end copy
        assert_eq "$STATUS:$OUT" 0:
        [ "$rounds" -ge 1 ] || assert_fail 'nothing else was done during the copy'
        assert_state slow attached
        detach_slow
}

test_stopped_worker() {
        image_put squashfs "$SUITE_TMP/app" app
        stuck first
        others_go_on
        still_runs first
        go_on
        end first
        assert_eq "$STATUS:$OUT" 0:
        detach_slow
}

# Attach while attach, detach while attach, removal while attach: the later one waits, and then meets the other's work.
test_conflicting_operations_follow_each_other() {
        stuck first
        begin second portablectl -q attach --no-reload /srv/slow
        begin third portablectl -q remove /srv/slow
        sleep 1
        still_runs second
        still_runs third
        assert_missing /etc/systemd/system.attached
        go_on
        end first
        assert_eq "$STATUS:$OUT" 0:
        end second
        assert_eq "$STATUS" 1
        assert_match "$OUT" "'slow\\.service' exists on the host already"
        end third
        assert_eq "$STATUS" 1
        assert_match "$OUT" 'attached|detached'
        assert_exists /srv/slow/usr/lib/ballast
        detach_slow
}

test_detach_waits_for_attach() {
        stuck first
        begin second portablectl -q detach --no-reload /srv/slow
        sleep 1
        still_runs second
        go_on
        end first
        assert_eq "$STATUS:$OUT" 0:
        end second
        assert_eq "$STATUS:$OUT" 0:
        assert_missing /etc/systemd/system.attached /etc/portables/slow
        host_run rm -rf /srv/slow
}

# told_to_wait NAME IMAGE: standard error says once, while it waits, for what it does.
told_to_wait() {
        wait_until 30 host_run grep -q . "/run/$1.out"
        still_runs "$1"
        assert_match "$(host_run cat "/run/$1.out")" "^Waiting for another operation on '$2'(…|\.\.\.)\$"
}

# Nobody waits in silence: not the client of the daemon, whatever it asks for, nor one without a daemon. Whose name
# or version it is does not count, as these wait for each other, too.
test_wait_is_told() {
        image_put directory "$SUITE_TMP/slow" slow_2
        stuck first
        begin second portablectl -j detach --no-reload slow_2
        begin third portablectl remove slow_2
        begin fourth portablectl --root=/ detach slow_2
        begin quiet portablectl -q detach --no-reload slow_2
        for name in second third fourth; do
                told_to_wait $name slow
        done
        assert_eq "$(host_run cat /run/quiet.out)" ''
        go_on
        for name in first second third fourth quiet; do
                end $name
                assert_eq "$(grep -c Waiting <<<"$OUT")" "$([[ $name == [stf]*[dh] ]] && echo 1 || echo 0)" "lines of $name"
        done
        run ctl -q detach --no-reload /srv/slow
        host_run rm -rf /srv/slow /var/lib/portables/slow_2
}

# The bus closes the connection of who has not said hello in time, and lets few of that kind in.
test_wait_outlasts_the_patience_of_the_bus() {
        host_run sh -c 'echo "<busconfig><limit name=\"auth_timeout\">3000</limit></busconfig>" >/etc/dbus-1/system-local.conf'
        host_run systemctl reload dbus.service
        stuck first
        begin second portablectl detach --no-reload /srv/slow
        told_to_wait second slow
        sleep 4
        go_on
        end first
        assert_eq "$STATUS:$OUT" 0:
        end second
        assert_eq "$STATUS" 0 "status of the detach, which says $OUT"
        host_run rm -rf /srv/slow /etc/dbus-1/system-local.conf
        host_run systemctl reload dbus.service
}

# Nobody waits for ever, and who has waited in vain is told for what.
test_wait_has_an_end() {
        host_run mkdir -p /run/systemd/system/$UNIT.d
        host_run sh -c "printf '[Service]\nEnvironment=PORTABLED_LOCK_TIMEOUT=2\n' >/run/systemd/system/$UNIT.d/50-test.conf"
        host_run systemctl daemon-reload
        host_run systemctl stop $UNIT
        stuck first
        begin second portablectl detach --no-reload /srv/slow
        end second
        assert_eq "$STATUS" 6
        assert_match "$OUT" "^Waiting for another operation on 'slow'"
        assert_contains "$OUT" "Cannot lock image 'slow': another operation on it did not end within 2 s"
        still_runs first
        host_run rm -r /run/systemd/system/$UNIT.d
        host_run systemctl daemon-reload
        go_on
        end first
        assert_eq "$STATUS:$OUT" 0:
        detach_slow
        host_run systemctl stop $UNIT
}

# 64 operations wait for one image; the 65th waits for a place, and is told in time when there is none.
test_at_most_64_operations() {
        local i

        stuck first
        for i in {2..64}; do
                host_run sh -c 'busctl --timeout=900 call org.freedesktop.portable1 /org/freedesktop/portable1 \
                        org.freedesktop.portable1.Manager DetachImage sb /srv/slow false >/dev/null 2>&1 &'
        done
        wait_until 60 host_run sh -c "[ \$(wc -l <$GROUP) -ge 65 ]"
        begin patient busctl --timeout=120 call org.freedesktop.portable1 /org/freedesktop/portable1 \
                org.freedesktop.portable1.Manager GetImageState s /srv/slow
        assert_bus_error org.freedesktop.DBus.Error.LimitsExceeded GetImage s app
        assert_match "$ERR" '64 operations are under way already, none of which has ended within 20 seconds'
        end patient
        assert_match "$OUT" '64 operations are under way already'
        begin patient busctl --timeout=120 call org.freedesktop.portable1 /org/freedesktop/portable1 \
                org.freedesktop.portable1.Manager GetImageState s /srv/slow
        assert_ok host_run busctl get-property org.freedesktop.portable1 /org/freedesktop/portable1 \
                org.freedesktop.portable1.Manager PoolPath
        still_runs patient
        go_on
        end first
        assert_eq "$STATUS:$OUT" 0:
        end patient
        assert_eq "$STATUS" 0
        wait_until 60 host_run sh -c "! grep -qx portabled-work \$(sed 's,.*,/proc/&/comm,' $GROUP)"
        assert_state slow detached
        host_run rm -rf /srv/slow
}

# No worker, and nothing of what one has prepared.
all_gone() {
        wait_until 60 host_run sh -c "! grep -qx portabled-work \$(sed 's,.*,/proc/&/comm,' $GROUP)"
        wait_until 60 host_run sh -c "[ -z \"\$(find /etc /run -name '.portabled-*' 2>/dev/null)\" ]"
}

# A caller that goes away wants nothing any more, and nothing is left of what was begun.
test_caller_gone_in_the_middle() {
        image_put squashfs "$SUITE_TMP/app" app
        stuck first
        host_run sh -c 'kill -s KILL $(pgrep -x portablectl)'
        end first
        assert_eq "$STATUS" 137
        go_on
        all_gone
        assert_missing /etc/systemd/system.attached /etc/portables/slow
        others_go_on
        host_run rm -rf /srv/slow
}

# Ctrl-C: the daemon is told, and one line says what became of it.
test_interrupted_in_the_middle() {
        image_put squashfs "$SUITE_TMP/app" app
        slow_image 1024
        begin first env --default-signal=INT portablectl attach --copy=mixed --now /srv/slow
        in_copy STOP
        host_run pkill -INT -x portablectl
        go_on
        end first
        assert_eq "$STATUS" 130
        assert_match "$OUT" "^Failed to attach image '/srv/slow': Canceled, nothing was changed\$"
        all_gone
        assert_missing /etc/systemd/system.attached /etc/portables/slow

        begin first portablectl -j attach --copy=mixed --atomic /srv/slow
        in_copy STOP
        host_run pkill -TERM -x portablectl
        go_on
        end first
        assert_eq "$STATUS" 143
        assert_contains "$OUT" '"errors":[{"name":"System.Error.ECANCELED","message":"'
        all_gone
        assert_missing /etc/systemd/system.attached /etc/portables/slow
        others_go_on
        host_run rm -rf /srv/slow
}

# Too late: the operation has ended before the daemon can hear of it. It has all been done, and nothing follows.
test_interrupted_too_late() {
        slow_image 1024
        begin first portablectl attach --copy=mixed --now --enable /srv/slow
        in_copy STOP
        host_run sh -c "kill -s STOP $(main_pid)"
        host_run sh -c "kill -s CONT $(workers | tr '\n' ' ')"
        wait_until 60 host_exists /etc/portables/slow
        host_run pkill -TERM -x portablectl
        go_on
        end first
        assert_eq "$STATUS" 4
        assert_match "$OUT" '^Interrupted too late: attached already, nothing further was done with the units$'
        assert_unit slow.service inactive
        assert_state slow attached

        assert_ok ctl -q detach /srv/slow
        host_run rm -rf /srv/slow
}

# The same of a definition: what was being done is as it was, and nothing follows.
test_apply_interrupted() {
        slow_image 1024
        host_run sh -c 'mkdir -p /etc/systemd/portable
                printf "[Portable]\nImage=/srv/slow\nCopy=mixed\nStart=yes\n" >/etc/systemd/portable/slow.portable'
        begin first env --default-signal=INT portablectl apply
        in_copy STOP
        host_run pkill -INT -x portablectl
        go_on
        end first
        assert_eq "$STATUS" 130
        assert_contains "$OUT" "Cannot apply definition 'slow': Canceled, nothing was changed"
        all_gone
        assert_missing /etc/systemd/system.attached /etc/portables/slow
        assert_ok ctl apply
        assert_unit slow.service active
        host_run sh -c 'rm -r /etc/systemd/portable'
        assert_ok ctl apply --prune
        host_run rm -rf /srv/slow
}

# Cancel ends what was asked for over the same connection, and nobody else's.
test_cancel() {
        stuck first
        host_run sh -c 'cat >/run/cancel.py' <<'EOF'
import ctypes, sys
sd = ctypes.CDLL("libsystemd.so.0")
bus, m, reply = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_void_p()
sd.sd_bus_message_get_error.restype = ctypes.POINTER(ctypes.c_char_p)
assert sd.sd_bus_open_system(ctypes.byref(bus)) >= 0
assert sd.sd_bus_message_new_method_call(bus, ctypes.byref(m), b"org.freedesktop.portable1", b"/org/freedesktop/portable1",
                                         b"org.freedesktop.portable1.Manager", b"AttachImage") >= 0
assert sd.sd_bus_message_append(m, b"sassbs", b"/srv/slow", 1, b"slow", b"", 0, b"mixed") >= 0
serial = ctypes.c_uint64()
assert sd.sd_bus_send(bus, m, ctypes.byref(serial)) >= 0
assert sd.sd_bus_call_method(bus, b"org.freedesktop.portable1", b"/org/freedesktop/portable1", b"org.portabled.Manager1",
                             b"Cancel", None, None, None) >= 0
while True:
    r = sd.sd_bus_process(bus, ctypes.byref(reply))
    assert r >= 0
    if r == 0:
        assert sd.sd_bus_wait(bus, ctypes.c_uint64(60 * 1000000)) > 0
    cookie = ctypes.c_uint64()
    if reply and sd.sd_bus_message_get_reply_cookie(reply, ctypes.byref(cookie)) >= 0 and cookie.value == serial.value:
        print(sd.sd_bus_message_get_error(reply)[0].decode())
        sys.exit(0)
EOF
        assert_ok host_run /usr/bin/python3 /run/cancel.py
        host_run rm /run/cancel.py
        assert_eq "$OUT" System.Error.ECANCELED
        still_runs first
        go_on
        end first
        assert_eq "$STATUS:$OUT" 0:
        detach_slow
}

# Who has said that it wants no answer may leave.
test_caller_that_never_meant_to_wait() {
        slow_image 1024
        host_run /usr/bin/python3 - <<'EOF'
import ctypes, os, time
sd = ctypes.CDLL("libsystemd.so.0")
bus, m = ctypes.c_void_p(), ctypes.c_void_p()
assert sd.sd_bus_open_system(ctypes.byref(bus)) >= 0
assert sd.sd_bus_message_new_method_call(bus, ctypes.byref(m), b"org.freedesktop.portable1", b"/org/freedesktop/portable1",
                                         b"org.freedesktop.portable1.Manager", b"AttachImage") >= 0
assert sd.sd_bus_message_append(m, b"sassbs", b"/srv/slow", 1, b"slow", b"", 0, b"mixed") >= 0
assert sd.sd_bus_send(bus, m, None) >= 0 and sd.sd_bus_flush(bus) >= 0
deadline = time.time() + 60
while time.time() < deadline and not any("ballast" in f for d in ("/etc", "/run/systemd") for _, _, f in os.walk(d)):
    time.sleep(0.01)
EOF
        wait_until 60 host_exists /etc/systemd/system.attached/slow.service
        all_gone
        detach_slow
}

# kill_with SIGNAL: the attach that is under way dies of it; its caller is told, others and the daemon go on.
kill_with() {
        local pid

        stuck first
        pid=$(main_pid)
        host_run sh -c 'signal=$1; shift; kill -s "$signal" "$@"' kill "$1" $(workers)
        go_on
        end first
        assert_eq "$STATUS" 1
        assert_match "$OUT" '^Failed to attach image ./srv/slow.: The process of this operation was killed \(signal [0-9]+, .*\), see the journal$'
        assert_eq "$(main_pid)" "$pid" 'the daemon'
        others_go_on
        assert_missing /etc/systemd/system.attached /etc/portables/slow
        assert_eq "$(host_run sh -c 'ls -A /etc/portables 2>/dev/null')" '' 'what is left in /etc/portables'
        host_run rm -rf /srv/slow
}

test_worker_killed() {
        image_put squashfs "$SUITE_TMP/app" app
        kill_with KILL
}

test_worker_crashed() {
        image_put squashfs "$SUITE_TMP/app" app
        kill_with SEGV
}

suite_main "$@"
