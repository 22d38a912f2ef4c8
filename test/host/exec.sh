#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# portablectl exec and shell: a command in an image, confined as the image's services are.

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"

suite_setup() {
        suite_host
        build_tool
        image_simple "$SUITE_TMP/app" app 'ID=app' 'VERSION_ID=1'
        install -m 0755 "$SUITE_TMP/tool" "$SUITE_TMP/app/usr/bin/tool"
        ln -s usr/bin "$SUITE_TMP/app/bin"
        ln -s tool "$SUITE_TMP/app/usr/bin/sh"
        image_extension "$SUITE_TMP/ext" ext app 'VERSION_ID=1'
        echo from-extension >"$SUITE_TMP/ext/usr/extra"
}

# What is run in the images, without any library: each argument is shown, or done.
build_tool() {
        gcc -static -Os -x c -o "$SUITE_TMP/tool" - <<'END'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
static void copy(FILE *f) { int c; while (f && (c = getc(f)) != EOF) putchar(c); }
int main(int argc, char **argv)
{
        const char *verb = argc > 1 ? argv[1] : "shell";

        if (strcmp(verb, "exit") == 0)
                return atoi(argv[2]);
        if (strcmp(verb, "wait") == 0)
                pause();
        if (strcmp(verb, "cat") == 0)
                copy(argc > 2 ? fopen(argv[2], "r") : stdin);
        if (strcmp(verb, "error") == 0)
                fprintf(stderr, "on standard error\n");
        if (strcmp(verb, "env") == 0)
                printf("%s\n", getenv(argv[2]) ? getenv(argv[2]) : "(unset)");
        if (strcmp(verb, "tty") == 0)
                printf("%d%d%d\n", isatty(0), isatty(1), isatty(2));
        if (strcmp(verb, "user") == 0)
                printf("%s\n", getuid() == 0 ? "root" : "other");
        if (strcmp(verb, "shell") == 0)
                printf("%s ran, terminal %d\n", argv[0], isatty(0));
        for (int i = 2; strcmp(verb, "echo") == 0 && i < argc; i++)
                printf("%s%c", argv[i], i + 1 < argc ? ' ' : '\n');
        return 0;
}
END
}

in_app() {
        ctl exec app_1 -- /usr/bin/tool "$@"
}

test_streams_and_status() {
        image_put directory "$SUITE_TMP/app" app_1
        assert_ok in_app echo hello
        assert_eq "$OUT|$ERR" 'hello|'
        assert_ok in_app error
        assert_eq "$OUT|$ERR" '|on standard error'
        assert_eq "$(printf 'one\ntwo\n' | in_app cat)" $'one\ntwo'
        run in_app exit 42
        assert_eq "$STATUS|$OUT|$ERR" '42||'
        assert_ok in_app tty
        assert_eq "$OUT" 000
        assert_eq "$(host_run systemctl list-units -q --all 'portable-exec-*')" '' 'no unit is left'
        assert_missing /etc/systemd/system.attached
}

test_arguments_arrive_as_they_are() {
        image_put directory "$SUITE_TMP/app" app_1
        # shellcheck disable=SC2016
        assert_ok in_app echo 'a  b' '$HOME' '${X}' '$$' '%n' '%%' '"q"' "'" '\x41' '*' ';'
        # shellcheck disable=SC2016
        assert_eq "$OUT" 'a  b $HOME ${X} $$ %n %% "q" '"' "'\x41 * ;'
        assert_ok ctl exec app_1 -- /usr/bin/tool echo --runtime -x
        assert_eq "$OUT" '--runtime -x'
}

test_kinds_of_images() {
        local kind

        for kind in directory squashfs ext4; do
                image_put "$kind" "$SUITE_TMP/app" "app_$kind"
                assert_ok ctl exec "app_$kind" -- /usr/bin/tool cat /etc/os-release
                assert_match "$OUT" '^ID=app$' "$kind"
                assert_ok ctl exec "app_$kind" -- /usr/bin/tool env PORTABLE
                assert_match "$OUT" "^app_$kind(\.raw)?$"
        done
}

test_profiles() {
        image_put directory "$SUITE_TMP/app" app_1
        assert_ok in_app user
        assert_eq "$OUT" other
        assert_ok ctl exec --profile=trusted app_1 -- /usr/bin/tool user
        assert_eq "$OUT" root
        # That of what is attached, unless another is asked for.
        assert_ok ctl attach --profile=trusted app_1
        assert_ok in_app user
        assert_eq "$OUT" root
        assert_ok ctl exec --profile=strict app_1 -- /usr/bin/tool user
        assert_eq "$OUT" other
        assert_ok ctl detach app_1
        assert_error "There is no profile 'none'" ctl exec --profile=none app_1 -- /usr/bin/tool user
}

# Whatever a profile sets, the transient service must have just as the attached one.
test_confined_as_the_service() {
        local profile

        image_put directory "$SUITE_TMP/app" app_1
        for profile in default nonetwork strict trusted; do
                assert_ok ctl attach --now --profile=$profile app_1
                ctl exec app_1 -- /usr/bin/tool wait </dev/null &
                wait_until 20 transient_unit
                assert_eq "$(confinement "$(transient_unit)")" "$(confinement app.service)" "profile $profile"
                host_run systemctl stop "$(transient_unit)"
                wait $! || true
                assert_ok ctl detach --now app_1
        done
}

transient_unit() {
        host_run systemctl list-units -q --plain --no-legend 'portable-exec-*' --state=active | awk '{ print $1; n++ } END { exit !n }'
}

# All that systemctl shows of the confinement of a unit, its own name left out. The manager keeps addresses in a set and
# shows them in any order.
confinement() {
        host_run systemctl show "$1" | sed 's|^\(IPAddressDeny=\)0.0.0.0/0 ::/0$|\1::/0 0.0.0.0/0|' | grep -E '^(Root|Bind|Mount|Extension|Dynamic|Private|Protect|Remove|Lock|Memory(Deny)|Restrict|SystemCall|Capability|Ambient|NoNew|TasksMax|IPAddress|Environment|Temporary|Keyring|Umask|Secure)[A-Za-z]*=' |
                LC_ALL=C sort
}

test_extensions() {
        image_put squashfs "$SUITE_TMP/app" app_1
        image_put squashfs "$SUITE_TMP/ext" ext
        assert_ok ctl exec --extension=ext app_1 -- /usr/bin/tool cat /usr/extra
        assert_eq "$OUT" from-extension
        assert_ok ctl attach --extension=ext app_1
        assert_ok ctl exec app_1 -- /usr/bin/tool cat /usr/extra
        assert_eq "$OUT" from-extension 'of what is attached'
        assert_ok ctl detach --extension=ext app_1
}

test_on_a_terminal() {
        image_put directory "$SUITE_TMP/app" app_1
        assert_ok host_run script -qec 'portablectl exec app_1 -- /usr/bin/tool tty' /dev/null
        assert_match "$OUT" '111'
        run host_run script -qec 'portablectl exec app_1 -- /usr/bin/tool exit 5' /dev/null
        assert_eq "$STATUS" 5
        assert_ok host_run script -qec 'portablectl shell app_1' /dev/null
        assert_match "$OUT" '/bin/sh ran, terminal 1'
        assert_ok ctl shell app_1
        assert_eq "$OUT" '/bin/sh ran, terminal 0'
}

test_failures_are_explained() {
        image_put directory "$SUITE_TMP/app" app_1
        run ctl exec app_1 -- /usr/bin/none
        assert_eq "$STATUS" 203
        assert_match "$ERR" "^Cannot execute '/usr/bin/none' \(status 203/EXEC: .*journalctl -u portable-exec-[0-9a-f]{16}\)$"
        assert_error "Cannot execute '/x' in image 'nothing': No image 'nothing' found" ctl exec nothing -- /x
        assert_ok ctl attach app_1
        mv "$HOST_ROOT/var/lib/portables/app_1" "$HOST_ROOT/var/lib/portables/moved"
        assert_error "Image '/var/lib/portables/app_1' is not there any more" ctl exec app_1 -- /x
        mv "$HOST_ROOT/var/lib/portables/moved" "$HOST_ROOT/var/lib/portables/app_1"
        assert_ok ctl detach app_1
        rm "$HOST_ROOT/var/lib/portables/app_1/usr/lib/systemd/system/app.service"
        image_unit "$HOST_ROOT/var/lib/portables/app_1" app.target
        assert_error 'has no service' ctl exec app_1 -- /x
        assert_error 'Too few arguments: portablectl exec' ctl exec app_1
        assert_error 'not with --host=, --machine= or --root=' ctl --root=/ exec app_1 -- /x
}

test_specifiers_in_a_profile() {
        image_put directory "$SUITE_TMP/app" app_1
        host_run sh -c 'printf "[Service]\nEnvironment=A=%%%%n\nMountAPIVFS=yes\n" >/opt/a.conf; printf "[Service]\nEnvironment=A=%%n\n" >/opt/b.conf'
        assert_ok ctl exec --profile=/opt/a.conf app_1 -- /usr/bin/tool env A
        assert_eq "$OUT" %n
        assert_error 'has a specifier in it' ctl exec --profile=/opt/b.conf app_1 -- /usr/bin/tool env A
        host_run rm /opt/a.conf /opt/b.conf
}

suite_main "$@"
