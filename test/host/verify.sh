#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# portablectl verify: everything that would go wrong, all at once, told by the exit status, changing nothing.

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"

suite_setup() {
        suite_host
        image_simple "$SUITE_TMP/conflict" conflict 'ID=conflict'
        image_simple "$SUITE_TMP/good" app 'ID=app' 'VERSION_ID=1'
        image_unit "$SUITE_TMP/good" app.socket
        image_extension "$SUITE_TMP/ext" ext app 'VERSION_ID=1'
        image_extension "$SUITE_TMP/old" old app 'VERSION_ID=0'
        image_extension "$SUITE_TMP/alien" alien other 'VERSION_ID=1'
}

# A copy of the good image in the pool; UNITS is where its unit files lie.
put_image() {
        image_put directory "$SUITE_TMP/good" app_1
        UNITS=$HOST_ROOT/var/lib/portables/app_1/usr/lib/systemd/system
}

# assert_verify STATUS ARGUMENT...
assert_verify() {
        run ctl verify "${@:2}"
        assert_eq "$STATUS" "$1" "exit status of verify ${*:2}: $OUT$ERR"
}

# assert_errors NUMBER: so many lines of error.
assert_errors() {
        assert_eq "$(grep -c ^error: <<<"$OUT" || true)" "$1" "number of errors in $OUT"
}

test_clean_images_of_all_kinds() {
        local kind

        for kind in "${IMAGE_KINDS[@]}"; do
                image_put "$kind" "$SUITE_TMP/good" "app_$kind"
                assert_verify 0 --strict "app_$kind"
                assert_eq "$OUT" "Image 'app_$kind' is clean" "$kind"
        done
        assert_eq "$(host_run sh -c 'ls -A /etc/systemd/system.attached /etc/portables 2>/dev/null')" '' 'nothing is made'
}

test_everything_at_once() {
        put_image
        printf '[Unit]\nDescritpion=x\nRequires=nowhere.service\n[Service]\nExecStart=/usr/bin/none\njunk\n' >"$UNITS/app.service"
        printf '[Timer]\nOnBootSec=1\nUnit=app-none.service\n' >"$UNITS/app.timer"
        printf '[Service]\n' >"$UNITS/app-empty.service"
        printf '[Socket]\n' >"$UNITS/app.socket"
        printf '[Service]\nExecStart=/usr/bin/service\nExecStart=/usr/bin/service\n' >"$UNITS/app-two.service"
        host_run sh -c 'mkdir -p /usr/local/lib/systemd/system && printf "[Service]\nExecStart=/bin/true\n" \
                >/usr/local/lib/systemd/system/app-two.service'
        assert_verify 2 --profile=unknown app_1
        assert_match "$OUT" "^error: There is no profile 'unknown'"
        assert_match "$OUT" "^error: app\.service: It starts '/usr/bin/none', which is not in the image$"
        assert_match "$OUT" "^error: app\.timer: It starts 'app-none\.service', which is neither"
        assert_match "$OUT" "^error: app-empty\.service: There is no ExecStart="
        assert_match "$OUT" "^error: app\.socket: There is no ListenStream="
        assert_match "$OUT" "^error: app-two\.service: There are 2 ExecStart="
        assert_match "$OUT" "^error: app-two\.service: .*exists on the host already, as '/usr/local/lib/systemd/system/app-two\.service'"
        assert_match "$OUT" "^warning: app\.service: The service manager does not know Descritpion= in section \[Unit\] \(line 2\)"
        assert_match "$OUT" "^error: app\.service: It requires 'nowhere\.service'"
        assert_match "$OUT" "^warning: app\.service: Line 6 is neither"
        assert_errors 8
        assert_match "$OUT" "^Image 'app_1': 8 errors, 2 warnings$"
        assert_match "$OUT" "^    \[program\] /usr/lib/systemd/system/app\.service:5: ExecStart=/usr/bin/none$"
        assert_match "$OUT" "^    in the image: add it, or correct the command$"
        host_run rm /usr/local/lib/systemd/system/app-two.service
}

test_warnings_and_strict() {
        put_image
        printf 'Environment=X=y\nEnviroment=X=y\n' >>"$UNITS/app.service"
        assert_verify 0 app_1
        assert_match "$OUT" '^warning: app\.service: The service manager does not know Enviroment='
        assert_match "$OUT" "^Image 'app_1': 0 errors, 1 warning$"
        assert_verify 1 --strict app_1
        assert_verify 1 --strict --quiet app_1
        assert_eq "$OUT$ERR" ''
}

test_programs() {
        local bin

        put_image
        bin=$HOST_ROOT/var/lib/portables/app_1/usr/bin
        cp "$bin/service" "$bin/foreign"
        printf '\xf3\0' | dd of="$bin/foreign" bs=1 seek=18 conv=notrunc status=none
        printf '#! /usr/bin/no-interpreter -x\n' >"$bin/script"
        printf '#!/usr/bin/service\n' >"$bin/fine"
        printf 'text' >"$bin/text"
        : >"$bin/plain"
        chmod 0755 "$bin"/{foreign,script,fine,text}
        mkdir "$bin/directory"
        cp /bin/true "$bin/dynamic"
        printf 'Type=oneshot\n' >>"$UNITS/app.service"
        printf 'ExecStart=/usr/bin/%s\n' foreign script fine text plain directory dynamic >>"$UNITS/app.service"
        assert_verify 2 app_1
        assert_match "$OUT" "It starts '/usr/bin/foreign', which is for riscv, this system is "
        assert_match "$OUT" "It starts a program that needs '/usr/bin/no-interpreter', which is not in the image"
        assert_match "$OUT" "^warning: app\.service: It starts '/usr/bin/text', which is neither an ELF program nor a script"
        assert_match "$OUT" "It starts '/usr/bin/plain', which is not executable"
        assert_match "$OUT" "It starts '/usr/bin/directory', which is not a regular file"
        assert_match "$OUT" "It starts a program that needs '/lib.*ld-linux.*', which is not in the image"
        assert_no_match "$OUT" '/usr/bin/fine'
        assert_errors 5
}

# A program may come from elsewhere: then that it is not there is no certain failure.
test_programs_from_elsewhere() {
        put_image
        printf '[Service]\nBindReadOnlyPaths=/opt\nExecStart=/opt/program\n' >"$UNITS/app.service"
        assert_verify 2 app_1
        assert_match "$OUT" "^error: app\.service: It starts '/opt/program', which is not on the host"
        host_run cp /bin/true /opt/program
        assert_verify 0 app_1
        host_run rm /opt/program
        printf '[Service]\nExecStart=/usr/bin/added\n' >"$UNITS/app.service"
        assert_verify 2 app_1
        cp -a "$SUITE_TMP/ext" "$SUITE_TMP/with"
        install -D -m 0755 "$(image_program)" "$SUITE_TMP/with/usr/bin/added"
        image_put directory "$SUITE_TMP/with" ext
        assert_verify 0 --strict --extension=ext app_1
}

test_mount_points_of_read_only_images() {
        cp -a "$SUITE_TMP/good" "$SUITE_TMP/bare"
        rm -r "$SUITE_TMP/bare/etc/machine-id" "$SUITE_TMP/bare/var/tmp"
        image_put squashfs "$SUITE_TMP/bare" app_1
        assert_verify 2 app_1
        assert_match "$OUT" '^error: .*is read-only and has no /etc/machine-id to mount over'
        assert_match "$OUT" '^error: .*is read-only and has no /var/tmp to mount over'
        assert_errors 2
        # What only another profile needs is a warning.
        printf '[Service]\n' >"$HOST_ROOT/opt/plain.conf"
        assert_verify 0 --profile=/opt/plain.conf app_1
        assert_match "$OUT" "^warning: With profile 'strict': .*has no /etc/machine-id"
        # A directory gets them made when the service starts.
        image_put directory "$SUITE_TMP/bare" dir_1
        assert_verify 0 dir_1 app
}

test_release_scope_and_extensions() {
        put_image
        image_put directory "$SUITE_TMP/ext" ext
        image_put directory "$SUITE_TMP/old" old
        image_put directory "$SUITE_TMP/alien" alien
        assert_verify 0 --strict --extension=ext app_1
        assert_verify 2 --extension=old --extension=alien --extension=missing --extension=ext app_1
        assert_match "$OUT" "^error: Extension .*/old' does not fit .* VERSION_ID=0"
        assert_match "$OUT" "^error: Extension .*/alien' does not fit .* ID=other"
        assert_match "$OUT" "^error: Extension: No image 'missing' found"
        assert_errors 3
        printf 'ID=app\nPORTABLE_SCOPE=user\n' >"$HOST_ROOT/var/lib/portables/app_1/usr/lib/os-release"
        assert_verify 2 app_1
        assert_match "$OUT" 'PORTABLE_SCOPE=user'
        rm "$HOST_ROOT/var/lib/portables/app_1/usr/lib/os-release"
        assert_verify 2 app_1
        assert_match "$OUT" '^error: .*os-release'
}

test_prefixes() {
        put_image
        assert_verify 2 app_1 web
        assert_match "$OUT" "^error: No unit file .* matches prefix 'web' \(there are: app\.service, app\.socket; prefix that would match: app\)"
        printf 'PORTABLE_PREFIXES=app\n' >>"$HOST_ROOT/var/lib/portables/app_1/usr/lib/os-release"
        assert_verify 2 app_1 web
        assert_match "$OUT" "^error: Prefix 'web' is not one that image"
        # In a build pipeline the file may have any name.
        mv "$HOST_ROOT/var/lib/portables/app_1" "$HOST_ROOT/var/lib/portables/output"
        assert_verify 0 output
        assert_match "$OUT" '^warning: The name of the image is not a prefix of its units'
        assert_verify 0 --strict output app
}

test_what_is_attached_is_no_conflict() {
        put_image
        assert_ok ctl attach app_1
        assert_verify 0 --strict app_1
        image_put squashfs "$SUITE_TMP/good" app_2
        assert_verify 0 --strict app_2
        image_put squashfs "$SUITE_TMP/good" other
        assert_verify 2 other app
        assert_match "$OUT" '^error: app\.service: .*exists on the host already'
        assert_ok ctl detach app_1
}

# As in a container without udev. Who may make nodes reads the image all the same; the daemon may not.
test_no_loop_devices() {
        image_put squashfs "$SUITE_TMP/good" raw_1
        image_put directory "$SUITE_TMP/good" app_1
        host_run systemctl stop systemd-portabled.service # the next one sees the new /dev
        host_run sh -c 'mkdir -p /run/dev && mount -t tmpfs dev /run/dev && cd /run/dev && mkdir shm pts &&
                cp -a /dev/null /dev/zero /dev/random /dev/urandom /dev/loop-control . && mount --move /run/dev /dev'
        assert_verify 2 raw_1 app
        assert_errors 1
        assert_match "$OUT" "^error: Image '/var/lib/portables/raw_1\\.raw': there are no nodes of loop devices here"
        assert_error "'/var/lib/portables/raw_1\\.raw': there is no usable loop device" ctl attach raw_1 app
        assert_verify 0 --strict app_1
        host_run rm /dev/loop-control
        assert_verify 2 raw_1 app
        assert_errors 1
        assert_match "$OUT" '^error: .* cannot open /dev/loop-control'
        host_run umount -l /dev
        host_run systemctl stop systemd-portabled.service
        assert_verify 0 --strict raw_1 app
}

# What a modern unit has and an older manager does not know is one line a unit; another manager may know it.
# A name service that asks a server which does not answer: nobody waits for it, and nothing is told of its accounts.
test_name_service_that_hangs() {
        local i library=$SUITE_TMP/libnss_stuck.so.2

        printf '%s\n' '#include <unistd.h>' 'int _nss_stuck_getpwnam_r(void) { for (;;) pause(); }' \
                'int _nss_stuck_getgrnam_r(void) { for (;;) pause(); }' >"$SUITE_TMP/stuck.c"
        cc -shared -fPIC -o "$library" "$SUITE_TMP/stuck.c"
        install -m 0644 "$library" "$HOST_ROOT/usr/lib/$(cc -print-multiarch)/libnss_stuck.so.2"
        put_image
        printf '[Service]\nUser=ghost\nGroup=ghosts\nExecStart=/usr/bin/service\n' >"$UNITS/app.service"
        assert_verify 2 --profile=trusted app_1
        assert_match "$OUT" "user 'ghost'"
        assert_match "$OUT" "group 'ghosts'"
        host_run sed -i 's/^\(passwd\|group\):.*/\1: files stuck/' /etc/nsswitch.conf
        assert_eq "$(host_run grep -c stuck /etc/nsswitch.conf)" 2
        assert_verify 0 --profile=trusted app_1
        assert_no_match "$OUT" ^error
        assert_ok ctl attach --profile=trusted app_1
        assert_ok ctl detach app_1
        # Nor many times: 40 units would be 80 questions of two seconds.
        for ((i = 0; i < 40; i++)); do
                printf '[Service]\nUser=ghost%d\nGroup=ghosts%d\nExecStart=/usr/bin/service\n' $i $i >"$UNITS/app-$i.service"
        done
        assert_ok host_run timeout 60 portablectl verify --profile=trusted app_1
        host_run sed -i 's/ stuck//' /etc/nsswitch.conf
}

test_managers() {
        put_image
        printf 'RestartSteps=3\nRestartMaxDelaySec=9\nRefreshOnReload=no\n' >>"$UNITS/app.service"
        assert_verify 0 --manager=252 app_1
        assert_match "$OUT" "^warning: app\.service: .* does not know RestartSteps= .*, it came with version 254, nor 2 other settings"
        assert_match "$OUT" "^Image 'app_1': 0 errors, 3 warnings$"
        assert_eq "$(grep -c ^warning: <<<"$OUT")" 1
        assert_verify 0 --manager=252 --verbose app_1
        assert_eq "$(grep -c ^warning: <<<"$OUT")" 3
        assert_verify 0 --manager=257 app_1
        assert_match "$OUT" '^warning: app\.service: .* does not know RefreshOnReload= '
        assert_match "$OUT" "^Image 'app_1': 0 errors, 1 warning$"
        assert_verify 0 --strict --manager=262 app_1
        run ctl verify --manager=25x app_1
        assert_eq "$STATUS" 1
}

test_attach_tells_in_one_block() {
        put_image
        printf 'EnvironmentFile=/etc/default/none\nSupplementaryGroups=nobodys\n' >>"$UNITS/app.service"
        assert_ok ctl attach --no-reload app_1
        assert_contains "$ERR" "2 warnings: app.service will not start under profile 'default':
  - /etc/default/none is not on the host, where environment files are read (EnvironmentFile=)
  - The host has no group 'nobodys' (SupplementaryGroups=)
  In the image: put '-' before the path if it can do without; remove the setting, or set DynamicUser=yes
  On the host: make /etc/default/none; make group 'nobodys'"
        assert_ok ctl detach --no-reload app_1
        assert_ok ctl attach --quiet --no-reload app_1
        assert_eq "$OUT$ERR" '' 'attach --quiet'
        assert_ok ctl detach --no-reload app_1
        run ctl attach --strict --no-reload app_1
        assert_eq "$STATUS" 1
        assert_match "$ERR" "Image 'app_1' has warnings, refusing since --strict was given: "
        assert_state app_1 detached
}

test_json() {
        image_put squashfs "$SUITE_TMP/good" app_1
        assert_verify 0 -j app_1
        assert_eq "$("$SUITE_LIB/read-json" <<<"$OUT" | sed 's/"policy":"[^"]*"/"policy":"P"/')" \
                '{"image":"/var/lib/portables/app_1.raw","result":"clean","prefixes":["app"],"units":["app.service","app.socket"],"policy":"P","layers":[],"findings":[]}'
        assert_verify 2 -j app_1 web
        assert_eq "$("$SUITE_LIB/read-json" result <<<"$OUT")" broken
        assert_eq "$("$SUITE_LIB/read-json" findings 0 severity <<<"$OUT")" error
        assert_eq "$("$SUITE_LIB/read-json" findings 0 unit <<<"$OUT")" null
        assert_eq "$ERR" ''
}

test_without_privileges_and_bus() {
        put_image
        chmod 0755 "$HOST_ROOT/var/lib/portables"
        assert_ok host_run_as nobody env DBUS_SYSTEM_BUS_ADDRESS=unix:path=/none portablectl verify --strict app_1
        image_put squashfs "$SUITE_TMP/good" raw_1
        run host_run_as nobody portablectl verify raw_1 app
        assert_eq "$STATUS" 5 'not being allowed to look is no fault of the image'
        assert_match "$ERR" 'needs a loop device, and so root'
        chmod 0700 "$HOST_ROOT/var/lib/portables"
}

test_in_a_tree() {
        image_put directory "$SUITE_TMP/good" app_1
        host_run sh -c 'mkdir -p /opt/tree/var/lib/portables /opt/tree/usr/lib/systemd/portable &&
                cp -a /var/lib/portables/app_1 /opt/tree/var/lib/portables/ &&
                cp -a /usr/local/lib/systemd/portable/profile /opt/tree/usr/lib/systemd/portable/'
        assert_ok ctl --root=/opt/tree verify --strict app_1
        host_run sh -c 'mkdir -p /opt/tree/etc/systemd/system && : >/opt/tree/etc/systemd/system/app.socket'
        run ctl --root=/opt/tree verify app_1
        assert_eq "$STATUS" 2
        assert_match "$OUT" "as '/etc/systemd/system/app\.socket'"
        host_run rm -r /opt/tree
}

test_what_is_no_image() {
        assert_verify 2 nothing
        assert_match "$OUT" "^error: No image 'nothing' found"
        head -c 65536 /dev/urandom >"$HOST_ROOT/var/lib/portables/noise.raw"
        assert_verify 2 noise
        assert_errors 1
        run ctl -M box verify nothing
        assert_eq "$STATUS" 1
}

# The same path in both, wherever the manager looks first.
test_conflict_has_one_path() {
        local path

        image_put squashfs "$SUITE_TMP/conflict" conflict
        host_run sh -c 'printf "[Service]\nExecStart=/bin/true\n" >/usr/lib/systemd/system/conflict.service'
        run ctl verify conflict
        path=$(sed -n "s/.*exists on the host already, as '\([^']*\)'.*/\1/p" <<<"$OUT")
        assert_eq "$path" /usr/lib/systemd/system/conflict.service
        assert_error "exists on the host already, as '$path'" ctl attach conflict
        host_run rm /usr/lib/systemd/system/conflict.service
}

suite_main "$@"
