# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# Slow and stuck operations: commands that go on in the host meanwhile, an image that takes long to copy, workers
# stopped in the middle of that. Sourced by the test files about them.

UNIT=systemd-portabled.service
GROUP=/sys/fs/cgroup/system.slice/$UNIT/cgroup.procs

main_pid() {
        host_run systemctl show -P MainPID $UNIT
}

# Processes of the daemon but for itself: workers and what they have started.
workers() {
        host_run grep -vx "$(main_pid)" $GROUP
}

# slow_image MEBIBYTES: /srv/slow, which takes long to copy.
slow_image() {
        image_pack directory "$SUITE_TMP/slow" "$HOST_ROOT/srv/slow"
        host_run sh -c "head -c $1M /dev/zero >/srv/slow/usr/lib/ballast"
}

# begin NAME COMMAND...: runs it in the host meanwhile. end NAME: waits for it; STATUS and OUT are set.
begin() {
        local name=$1
        shift

        host_run sh -c '"$@" >/run/$0.out 2>&1; echo $? >/run/$0.status' "$name" "$@" &
}

ended() {
        host_run test -s "/run/$1.status"
}

still_runs() {
        ! ended "$1" || assert_fail "$1 has ended: $(host_run cat "/run/$1.out")"
}

end() {
        wait_until 60 ended "$1"
        STATUS=$(host_run cat "/run/$1.status")
        OUT=$(host_run cat "/run/$1.out")
        host_run rm "/run/$1.status" "/run/$1.out"
}

# Run in the host with the PID of the daemon and a signal: waits for an attach to be in the middle of a copy, then
# sends the signal (0: none) to all workers.
# shellcheck disable=SC2016
IN_COPY='for i in $(seq 4000); do
        if find /etc /run -path "*/.portabled-*" -name ballast -size +0 2>/dev/null | grep -q .; then
                [ "$2" = 0 ] || kill -s "$2" $(grep -vx "$1" "$3")
                exit
        fi
        sleep 0.005
done
exit 1'

in_copy() {
        host_run sh -c "$IN_COPY" in-copy "$(main_pid)" "$1" $GROUP
}

# stuck NAME: begins an attach of /srv/slow and stops its worker in the middle of the copy. go_on lets it go on.
stuck() {
        slow_image 1024
        assert_ok portable_call ListImages
        begin "$1" portablectl -q attach --copy=mixed --no-reload /srv/slow
        in_copy STOP
        still_runs "$1"
}

go_on() {
        host_run systemctl kill -s CONT $UNIT
}

detach_slow() {
        assert_ok ctl -q detach --no-reload /srv/slow
        host_run rm -rf /srv/slow
}

# Everything that others may want, none of which may take long.
others_go_on() {
        HOST_TIMEOUT=10
        assert_ok portable_call GetImage s app
        assert_ok portable_call ListImages
        assert_match "$OUT" '"app" "raw"'
        assert_ok portable_call GetImageState s app
        assert_ok portable_call GetImageMetadata sas app 0
        assert_ok host_run busctl get-property org.freedesktop.portable1 /org/freedesktop/portable1/image/app \
                org.freedesktop.portable1.Image Usage
        assert_ok portable_call AttachImage sassbs app 0 default false ''
        assert_ok portable_call DetachImage sb app false
        assert_ok portable_call MarkImageReadOnly sb app true
        unset HOST_TIMEOUT
}

