#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# More callers than there are places, callers that hang up, users who want everything for themselves: nobody else pays
# for it, and nothing is left behind.
#
# trees: no

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"
# shellcheck source=../lib/spare.sh
source "$SUITE_LIB/spare.sh"
# shellcheck source=../bench/lib/soak.sh
source "$SUITE_LIB/../bench/lib/soak.sh"

MANAGER=(org.freedesktop.portable1 /org/freedesktop/portable1 org.freedesktop.portable1.Manager)

suite_setup() {
        suite_host_new
        soak_tool
        host_boot
        image_simple "$SUITE_TMP/app" app 'ID=app' 'VERSION_ID=1'
}

# A short cut of test/bench/soak.
test_many_pollers_and_many_who_hang_up() {
        image_put squashfs "$SUITE_TMP/app" app
        HOST_TIMEOUT=120 assert_ok soak_run 4 48 48 app
        assert_match "$OUT" '^failed=0$'
        assert_match "$OUT" '^zombies_after=0$'
        assert_eq "$(sed -n 's/^descriptors_after=//p' <<<"$OUT")" "$(sed -n 's/^descriptors_before=//p' <<<"$OUT")"
}

# Two descriptors for each of its workers are not all that it may have, and all together have a limit.
test_what_the_daemon_may_have() {
        local pid unit=systemd-portabled.service

        host_run mkdir -p /run/systemd/system/$unit.d
        host_run sh -c "printf '[Service]\nLimitNOFILE=64:4096\n' >/run/systemd/system/$unit.d/50-test.conf"
        host_run systemctl daemon-reload
        host_run systemctl restart $unit
        assert_ok portable_call ListImages
        pid=$(host_run systemctl show -P MainPID $unit)
        assert_match "$(host_run grep 'Max open files' "/proc/$pid/limits")" ' 4096 +4096 +files'
        host_run rm -r /run/systemd/system/$unit.d
        host_run systemctl daemon-reload
        host_run systemctl restart $unit
        assert_eq "$(host_run systemctl show -P TasksMax $unit)" 512
        assert_match "$(host_run systemctl show -P MemoryMax $unit)" '^[0-9]+$'
}

# Who has left before the daemon comes to their call costs it a message, not a process.
test_those_who_have_left_cost_no_process() {
        local pid

        image_put squashfs "$SUITE_TMP/app" app
        assert_ok host_run busctl call "${MANAGER[@]}" GetImageState s app
        pid=$(host_run systemctl show -P MainPID systemd-portabled)
        host_run sh -c "kill -s STOP $pid"
        host_run sh -c 'for i in $(seq 100); do timeout 3 busctl call "$@" >/dev/null 2>&1 & done; wait; exit 0' sh \
                "${MANAGER[@]}" GetImageState s app
        host_run sh -c 'echo $$ >/run/tracer; exec strace -qq -e trace=clone,clone3,fork,vfork -o /run/clones -p "$1"' sh "$pid" &
        wait_until 20 host_run sh -c "grep -q '^TracerPid:[^0-9]*[1-9]' /proc/$pid/status"
        host_run sh -c "kill -s CONT $pid"
        HOST_TIMEOUT=60 assert_ok host_run busctl --timeout=50 call "${MANAGER[@]}" GetImageState s app
        host_run sh -c 'kill $(cat /run/tracer)'
        wait
        [ "$(host_run grep -c = /run/clones)" -le 40 ] ||
                assert_fail "$(host_run grep -c = /run/clones) processes for callers that had left"
        host_run rm /run/clones /run/tracer
}

# hold IMAGE: takes the lock of all images, so that whoever detaches waits. let_go: gives it back.
hold() {
        host_run sh -c '/usr/bin/python3 -c "
import fcntl, os, struct, sys
f = os.open(\"/run/systemd/portabled.lock\", os.O_RDWR | os.O_CREAT, 0o600)
# All bytes. F_OFD_SETLK is 37.
fcntl.fcntl(f, 37, struct.pack(\"hhqqi4x\", fcntl.F_WRLCK, 0, 0, 0, 0))
open(\"/run/held\", \"w\").close()
sys.stdin.read()
" </run/hold & exec 9>/run/hold; while [ ! -e /run/let-go ]; do sleep 0.05; done; exec 9>&-; wait; rm /run/held' &
        wait_until 20 host_run test -e /run/held
}

let_go() {
        host_run touch /run/let-go
        wait_until 20 host_run test ! -e /run/held
        host_run rm /run/let-go
}

# allow USER...: polkit lets them attach.
allow() {
        host_run sh -c 'cat >/etc/polkit-1/rules.d/10-load.rules' <<-END
		polkit.addRule(function(action, subject) {
		        if (action.id == "org.freedesktop.portable1.attach-images")
		                return polkit.Result.YES;
		});
	END
}

workers_of_daemon() {
        host_run sh -c 'cat /proc/$(systemctl show -P MainPID systemd-portabled)/task/*/children | wc -w'
}

# One user has 70 operations that wait for a lock: 8 of them have a process, 56 wait, 6 are refused. Root and the other
# user go on, and when the lock is free all that were taken in end.
test_a_user_has_a_share() {
        image_put squashfs "$SUITE_TMP/app" app
        allow
        assert_ok host_run_as games busctl call "${MANAGER[@]}" GetImageState s app
        host_run mkfifo /run/hold
        hold
        host_run sh -c 'for i in $(seq 70); do
                        setpriv --reuid games --clear-groups busctl --timeout=120 call "$@" DetachImage sb app false \
                                >/dev/null 2>>/run/refused &
                done' sh "${MANAGER[@]}"
        wait_until 60 host_run sh -c '[ "$(grep -c "User 5 has too many calls under way already" /run/refused)" -ge 6 ]'
        wait_until 20 host_run sh -c '[ "$(cat /proc/$(systemctl show -P MainPID systemd-portabled)/task/*/children | wc -w)" -ge 8 ]'
        HOST_TIMEOUT=15 assert_ok host_run_as man busctl call "${MANAGER[@]}" GetImageState s app
        HOST_TIMEOUT=15 assert_ok host_run busctl call "${MANAGER[@]}" GetImageState s app
        HOST_TIMEOUT=15 assert_ok host_run busctl call "${MANAGER[@]}" ListImages
        [ "$(workers_of_daemon)" -le 10 ] || assert_fail "$(workers_of_daemon) processes for one user"
        let_go
        wait_until 60 host_run sh -c '! pgrep -u games busctl'
        assert_eq "$(host_run grep -c 'User 5 has too many' /run/refused)" 6
        host_run rm /run/refused /run/hold /etc/polkit-1/rules.d/10-load.rules
}

# break_off: kills the daemon, which is not started again before the next call, in the middle of an attach of app.
break_off() {
        host_run mkdir -p /etc/systemd/system.attached /etc/portables /run/systemd/system/systemd-portabled.service.d
        host_run sh -c 'printf "[Service]\nRestart=no\n" >/run/systemd/system/systemd-portabled.service.d/50-test.conf'
        host_run systemctl daemon-reload
        assert_ok host_run busctl call "${MANAGER[@]}" GetImageState s app
        HOST_TIMEOUT=60 assert_ok host_run bash -ec "$(declare -f $SPARE_FUNCTIONS)"'
                pid=$(systemctl show -P MainPID systemd-portabled)
                trace_daemon "$pid" -o /run/strace -e trace=renameat2 -e inject=renameat2:signal=STOP:when=2
                busctl --timeout=50 call "$@" AttachImage sassbs app 0 "" false "" &
                for i in $(seq 400); do ! grep -qs "stopped by SIGSTOP" /run/strace || break; sleep 0.05; done
                kill -s KILL "$pid"
                untrace
                ! wait %2
                rm /run/strace' sh "${MANAGER[@]}"
        host_run systemctl reset-failed systemd-portabled
}

# Half of an operation is seen by nobody who comes after it broke off, and nobody waits for ever for its end.
test_what_broke_off_is_gone_first() {
        local pid

        image_put directory "$SUITE_TMP/app" app
        host_run mkfifo /run/hold
        break_off
        hold
        host_run portablectl is-attached app >"$SUITE_TMP/said" &
        pid=$!
        wait_until 20 host_run systemctl -q is-active systemd-portabled
        sleep 0.5
        assert_eq "$(cat "$SUITE_TMP/said")" '' 'said before the end'
        let_go
        wait "$pid" || true
        assert_eq "$(cat "$SUITE_TMP/said")" detached
        assert_eq "$(host_run find /etc/systemd/system.attached /etc/portables -mindepth 1)" ''
        break_off
        hold
        HOST_TIMEOUT=15 run host_run portablectl is-attached app
        assert_match "$OUT" '^(attached|detached)$'
        let_go
        wait_until 20 host_run sh -c '[ -z "$(find /etc/systemd/system.attached /etc/portables -mindepth 1)" ]'
        host_run rm -r /run/hold /etc/systemd/system.attached /etc/portables /run/systemd/system/systemd-portabled.service.d
        host_run systemctl daemon-reload
}

# An agent that never answers, or a polkit that does not: the caller is told in the end, and nothing is kept of it.
test_nobody_answers_polkit() {
        image_put squashfs "$SUITE_TMP/app" app
        host_run mkdir -p /run/systemd/system/systemd-portabled.service.d
        host_run sh -c 'printf "[Service]\nEnvironment=PORTABLED_POLKIT_TIMEOUT=1\n" >/run/systemd/system/systemd-portabled.service.d/50-test.conf'
        host_run systemctl daemon-reload
        host_run systemctl restart polkit.service systemd-portabled.service
        host_run systemctl kill -s STOP polkit.service
        run host_run_as games busctl call "${MANAGER[@]}" AttachImage sassbs app 0 default false ''
        assert_match "$ERR" "Nobody has answered polkit's question within 1 seconds, nothing was changed"
        host_run systemctl kill -s CONT polkit.service
        assert_state app detached
        host_run rm -r /run/systemd/system/systemd-portabled.service.d
        host_run systemctl daemon-reload
        host_run systemctl restart systemd-portabled.service
}

# too_much ARGUMENT...: such a call is refused as too much, at once and in few words.
too_much() {
        run host_run_as games busctl --timeout=20 call "$@"
        [ "$STATUS" -ne 0 ] || assert_fail "succeeded: ${*:1:6}"
        assert_match "$ERR" 'too long|more than [0-9]+ in one call|at most'
        [ "${#ERR}" -lt 500 ] || assert_fail "an error of ${#ERR} bytes" "${ERR::300}"
}

# Nobody can make the daemon read, keep or repeat very much.
test_arguments_that_are_too_much() {
        local long many few
        local own=(org.freedesktop.portable1 /org/freedesktop/portable1 org.portabled.Manager1)
        local image=(org.freedesktop.portable1 /org/freedesktop/portable1/image/app org.freedesktop.portable1.Image)
        local properties=(org.freedesktop.portable1 /org/freedesktop/portable1 org.freedesktop.DBus.Properties)

        image_put squashfs "$SUITE_TMP/app" app
        long=$(head -c 60000 /dev/zero | tr '\0' x)
        mapfile -t many < <(yes '' | head -n 100000)
        few=("${many[@]::2000}")
        too_much "${MANAGER[@]}" GetImage s "$long"
        too_much "${MANAGER[@]}" GetImageMetadata sas app 100000 "${many[@]}"
        too_much "${MANAGER[@]}" GetImageMetadataWithExtensions sasast app 2000 "${few[@]}" 0 0
        too_much "${MANAGER[@]}" GetImageStateWithExtensions sast app 1 "$long" 0
        too_much "${MANAGER[@]}" AttachImage sassbs app 0 "$long" false ''
        too_much "${MANAGER[@]}" AttachImage sassbs app 0 '' false "$long"
        too_much "${MANAGER[@]}" AttachImage sassbs app 1 "$long" '' false ''
        too_much "${own[@]}" Change 'sa(sas)assst' "$long" 0 0 '' '' 0
        too_much "${own[@]}" Change 'sa(sas)assst' attach 1 app 2000 "${few[@]}" 0 '' '' 0
        mapfile -t many < <(yes $'x\n0' | head -n 40000)
        too_much "${own[@]}" Change 'sa(sas)assst' attach 20000 "${many[@]}" 0 '' '' 0
        too_much "${image[@]}" GetMetadata as 2000 "${few[@]}"
        too_much "${properties[@]}" Get ss "$long" State
        too_much "${properties[@]}" GetAll s "$long"
        too_much org.freedesktop.portable1 "/org/freedesktop/portable1/image/$long" org.freedesktop.portable1.Image GetState
}

suite_main "$@"
