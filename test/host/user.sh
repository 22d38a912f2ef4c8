#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Portable services of users without privileges, in their own service managers: alice and bob, who linger.

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"
# shellcheck source=../lib/users.sh
source "$SUITE_LIB/users.sh"
# shellcheck source=../lib/spare.sh
source "$SUITE_LIB/spare.sh"

POOL=/home/alice/.local/state/portables

suite_setup() {
        suite_host_new
        users_allow
        users_add alice 4001
        users_add bob 4002
        host_boot
        users_wait alice bob
        # The manager's own directory for attached units, or that of all units.
        ATTACHED=/home/alice/.config/systemd/user
        RUNTIME=/run/user/4001/systemd/user
        if alice busctl --user get-property org.freedesktop.systemd1 /org/freedesktop/systemd1 \
                org.freedesktop.systemd1.Manager UnitPath | grep -q user.attached; then
                ATTACHED+=.attached
                RUNTIME+=.attached
        fi
        make_image app 1
        make_image app 2
}

# make_image NAME VERSION [SCOPE]
make_image() {
        local tree=$SUITE_TMP/$1_$2

        image_simple "$tree" "$1" 'ID=walker' "VERSION_ID=$2" "PORTABLE_SCOPE=${3:-user}"
        users_image_units "$tree"
}

alice() {
        users_run alice "$@"
}

uctl() {
        alice portablectl --user "$@"
}

assert_user_state() {
        assert_eq "$(uctl is-attached "$1")" "$2" "state of $1"
}

put() {
        users_put alice "$SUITE_TMP/$1" "$1"
}

is_active() {
        alice systemctl --user is-active "$1"
}

unit_dropin() {
        alice cat "$ATTACHED/$1.d/20-portable.conf"
}

# Nothing of portable services is left in the directories of alice.
assert_clean() {
        local left

        left=$(host_run find /home/alice/.config /run/user/4001 \( -name '*portable*.conf' -o -name '10-profile.conf' \
                -o -name '.portabled-*' -o -name '*.attached' -o -path '*/portables/*' -o -path '*.wants/*' \) \
                ! -path '/run/user/4001/systemd/generator*' 2>/dev/null || true)
        assert_eq "$left" '' 'left behind'
        host_run rm -rf "$POOL"
}

test_walkthrough() {
        put app_1
        assert_ok uctl --no-legend list
        assert_match "$OUT" '^app_1 +directory +no .* detached *$'
        assert_ok uctl inspect app_1
        assert_contains "$OUT" "$POOL/app_1"
        assert_match "$OUT" '^[[:space:]]+app\.service$'

        assert_ok uctl attach --enable --now app_1
        assert_contains "$OUT$ERR" "Written $ATTACHED/app.service.d/20-portable.conf."
        assert_contains "$OUT$ERR" "$ATTACHED/app.service.d/10-profile.conf → /usr/local/lib/systemd/user/portable/profile/default/service.conf."
        assert_contains "$OUT$ERR" "Created symlink $ATTACHED/default.target.wants/app.service"
        assert_eq "$(unit_dropin app.service | grep -v '^BindReadOnlyPaths=')" "\
# Drop-in created for image '$POOL/app_1', do not edit.

[Service]
RootDirectory=$POOL/app_1
PrivateUsers=yes
Environment=PORTABLE=app_1
LogExtraFields=PORTABLE=app_1
LogExtraFields=PORTABLE_NAME_AND_VERSION=walker_1"
        wait_until 10 is_active app.service
        assert_user_state app_1 running
        assert_ok uctl --no-legend list
        assert_match "$OUT" ' running *$'
        assert_ok uctl status app_1
        assert_contains "$OUT" 'journalctl --user-unit=app.service'
        assert_ok uctl --json=short status app_1
        host_run journalctl --sync
        assert_ok host_run journalctl -q -o cat _SYSTEMD_USER_UNIT=app.service
        assert_match "$OUT" '^/etc/os-release: ID=walker$'
        assert_ok host_run journalctl -q -o json --no-pager _UID=4001 MESSAGE_ID=187c62eb1e7f463bb530394f52cb090f
        assert_contains "$OUT" '"PORTABLE_CALLER_UID":"4001"'

        assert_error "'app\.service' is active.*systemctl --user stop.*portablectl --user detach --now" uctl detach app_1
        assert_ok uctl detach --enable --now app_1
        assert_user_state app_1 detached
        assert_clean
}

# In the directory of all units there are others, which are nobody's business.
test_own_units_are_left_alone() {
        put app_1
        alice sh -c 'mkdir -p ~/.config/systemd/user/own.service.d && echo "[Service]" >~/.config/systemd/user/own.service.d/x.conf
                printf "[Service]\nExecStart=/bin/true\n" >~/.config/systemd/user/own.service'
        assert_ok uctl attach app_1
        assert_ok uctl detach app_1
        assert_ok alice ls /home/alice/.config/systemd/user/own.service /home/alice/.config/systemd/user/own.service.d/x.conf
        # Nor is a unit of theirs taken over.
        alice sh -c 'printf "[Service]\nExecStart=/bin/true\n" >~/.config/systemd/user/app.service'
        assert_error "'app\.service' exists on the host already" uctl attach app_1
        assert_eq "$(alice tail -n 1 /home/alice/.config/systemd/user/app.service)" ExecStart=/bin/true
        host_run rm -rf /home/alice/.config/systemd/user
        assert_clean
}

test_runtime() {
        put app_1
        assert_ok uctl attach --runtime --now app_1
        assert_contains "$OUT$ERR" "Written $RUNTIME/app.service.d/20-portable.conf."
        assert_user_state app_1 running-runtime
        assert_ok uctl detach --runtime --now app_1
        assert_clean
}

profile_starts() {
        put app_1
        assert_ok uctl attach --now --profile="$1" app_1
        wait_until 10 is_active app.service
        assert_eq "$(alice systemctl --user show -P RootDirectory app.service)" "$POOL/app_1"
        # One user is known in there, and nothing can be gained.
        pid=$(alice systemctl --user show -P MainPID app.service)
        assert_match "$(host_run cat "/proc/$pid/uid_map")" '^ *4001 +4001 +1$'
        assert_match "$(host_run cat "/proc/$pid/status")" '^CapEff:[[:space:]]0+$'
        # The session bus is to be had under "trusted" only: its service manager would start anything.
        assert_eq "$(host_run sh -c "test -S /proc/$pid/root/run/user/4001/bus && echo bus || echo none")" "$2"
        assert_ok uctl detach --now app_1
        assert_clean
}

test_profile_default() { profile_starts default none; }
test_profile_nonetwork() { profile_starts nonetwork none; }
test_profile_strict() { profile_starts strict none; }
test_profile_trusted() { profile_starts trusted bus; }

test_profile_of_the_user() {
        put app_1
        alice mkdir -p /home/alice/.config/systemd/portable/profile/own
        alice sh -c 'printf "# Of my own.\n[Service]\nNice=5\n" >~/.config/systemd/portable/profile/own/service.conf'
        assert_ok uctl profiles
        assert_match "$OUT" '^own +/home/alice/\.config/.* Of my own\. *$'
        assert_ok uctl attach --profile=own app_1
        assert_eq "$(alice systemctl --user show -P Nice app.service)" 5
        assert_ok uctl detach app_1
        host_run rm -rf /home/alice/.config/systemd/portable
        assert_clean
}

test_extension() {
        put app_1
        image_extension "$SUITE_TMP/more" more walker 'VERSION_ID=1'
        echo more >"$SUITE_TMP/more/usr/more"
        users_put alice "$SUITE_TMP/more" more
        assert_ok uctl attach --now --extension=more app_1
        assert_contains "$(unit_dropin app.service)" "ExtensionDirectories=$POOL/more"
        wait_until 10 is_active app.service
        pid=$(alice systemctl --user show -P MainPID app.service)
        assert_eq "$(host_run cat "/proc/$pid/root/usr/more")" more
        assert_ok uctl detach --now --extension=more app_1
        assert_clean
}

test_reattach_of_a_new_version() {
        put app_1
        put app_2
        assert_ok uctl attach --now --profile=strict app_1
        wait_until 10 is_active app.service
        assert_ok uctl reattach --now app_2
        assert_contains "$(unit_dropin app.service)" "RootDirectory=$POOL/app_2"
        assert_match "$(alice readlink "$ATTACHED/app.service.d/10-profile.conf")" /strict/
        assert_user_state app_2 running
        assert_ok uctl detach --now app_2
        assert_clean
}

test_copy_modes() {
        put app_1
        for mode in copy symlink mixed; do
                assert_ok uctl attach --now --copy="$mode" app_1
                wait_until 10 is_active app.service
                assert_ok uctl detach --now app_1
        done
        # From outside of the search path a link or a copy is found in it.
        cp -a "$SUITE_TMP/app_1" "$HOST_ROOT/home/alice/app_1"
        host_run chown -R alice:alice /home/alice/app_1
        host_run rm -rf "$POOL"
        assert_ok uctl attach --now --copy=mixed /home/alice/app_1
        assert_ok uctl --no-legend list
        assert_match "$OUT" '^app_1 .* running *$'
        assert_contains "$(unit_dropin app.service)" 'RootDirectory=/home/alice/.config/portables/app_1'
        assert_ok uctl detach --now app_1
        host_run rm -rf /home/alice/app_1
        assert_clean
}

test_scope() {
        make_image sys 1 system
        make_image any 1 any
        image_simple "$SUITE_TMP/none_1" none 'ID=walker' 'VERSION_ID=1'
        users_image_units "$SUITE_TMP/none_1"
        for image in sys any none; do put "${image}_1"; done
        assert_error 'is not for user services: PORTABLE_SCOPE=system' uctl attach sys_1
        assert_error 'is not for user services: PORTABLE_SCOPE=system' uctl attach none_1
        assert_ok uctl attach any_1
        assert_ok uctl detach any_1
        # Units that are given are not those of the image, which need not speak of users.
        alice sh -c 'printf "[Service]\nExecStart=/usr/bin/service\n" >~/given.service; chmod 0600 ~/given.service'
        assert_ok uctl attach --now --unit=/home/alice/given.service none_1
        wait_until 10 is_active given.service
        assert_ok uctl detach --now none_1
        assert_error 'is not for user services: PORTABLE_SCOPE=system' uctl attach --unit=/home/alice/given.service sys_1 given
        host_run rm /home/alice/given.service
        image_put directory "$SUITE_TMP/app_1" app_1
        assert_error 'is not for system services: PORTABLE_SCOPE=user' ctl attach app_1 app
        assert_clean
}

# What a user's manager cannot do is said in one line, or foretold.
test_what_cannot_work() {
        image_unit "$SUITE_TMP/app_1" app-dynamic.service 'DynamicUser=yes'
        image_unit "$SUITE_TMP/app_1" app-user.service 'User=daemon'
        users_image_units "$SUITE_TMP/app_1"
        put app_1
        rm "$SUITE_TMP"/app_1/usr/lib/systemd/user/app-{dynamic,user}.service
        run uctl verify app_1
        assert_eq "$STATUS" 2
        assert_contains "$OUT" 'has no other user to give'
        assert_contains "$OUT" 'user-scope'
        run host_run portablectl verify --scope=user "$POOL/app_1"
        assert_contains "$OUT" 'has no other user to give'
        assert_ok uctl attach app_1
        assert_contains "$OUT$ERR" 'app-dynamic.service, app-user.service will not start'
        assert_ok uctl detach app_1

        image_pack squashfs "$SUITE_TMP/app_2" "$HOST_ROOT$POOL/app_2.raw"
        host_run chown alice "$POOL/app_2.raw"
        assert_error "app_2\.raw' is of type 'raw', which only root can mount: unpack it" uctl attach app_2
        # The manager of a user would need a service to mount for it, layers of directories, too.
        host_run mkdir -p "$POOL/stack.mstack/layer@1"
        cp -a "$SUITE_TMP/app_2" "$HOST_ROOT$POOL/stack.mstack/layer@0"
        host_run chown -R alice "$POOL/stack.mstack"
        assert_error "stack\.mstack' is of type 'mstack', which only root can mount: unpack it" uctl attach stack app
        host_run rm -r "$POOL/stack.mstack"
        put app_2
        host_run chown 2147352576 "$POOL/app_2"
        host_run rm "$POOL/app_2.raw"
        assert_error "app_2' belongs to the foreign UID range" uctl attach app_2
        assert_error 'not a login session.*--machine=USER@\.host' host_run_as alice portablectl --user list
        assert_error 'no session bus runs for this user' host_run_as alice env HOME=/home/alice \
                XDG_RUNTIME_DIR=/run/nobody portablectl --user list
        assert_error 'cannot be used with --host=' uctl -H there list
        assert_clean
}

# Without user namespaces nothing can be confined, nor started.
test_no_user_namespaces() {
        put app_1
        alice mkdir -p /home/alice/.config/systemd/user/systemd-portabled.service.d
        alice sh -c 'printf "[Service]\nRestrictNamespaces=yes\n" >~/.config/systemd/user/systemd-portabled.service.d/x.conf'
        alice systemctl --user daemon-reload
        alice systemctl --user stop systemd-portabled.service
        assert_error 'users may make no user namespaces' uctl attach app_1
        host_run rm -r /home/alice/.config/systemd/user
        alice systemctl --user daemon-reload
        alice systemctl --user stop systemd-portabled.service
        assert_clean
}

test_root_for_another_user() {
        put app_1
        assert_ok host_run portablectl --user -M alice@.host --no-legend list
        assert_match "$OUT" '^app_1 .* detached *$'
        assert_ok host_run portablectl --user -M alice@.host attach --enable --now app_1
        assert_user_state app_1 running
        assert_ok host_run portablectl --user -M alice@.host detach --enable --now app_1
        assert_clean
}

# link_attached TARGET: in place of the attach directory, which earlier tests may have left.
link_attached() {
        alice mkdir -p "${ATTACHED%/*}"
        alice rm -rf "$ATTACHED"
        alice ln -s "$1" "$ATTACHED"
}

# What root asks for is done by the daemon of the user: to lead that astray leads to nothing that the user could not reach.
test_root_is_not_led_astray() {
        put app_1
        host_run mkdir /srv/trap
        link_attached /srv/trap
        assert_error "Cannot make '$ATTACHED/app\.service\.d': Permission denied" \
                host_run portablectl --user -M alice@.host attach app_1
        alice rm "$ATTACHED"
        # The user's service manager says where the files of that user are.
        alice systemctl --user set-environment XDG_CONFIG_HOME=/srv/trap
        alice systemctl --user stop systemd-portabled.service
        assert_error "Cannot prepare changes in '/srv/trap': Permission denied" \
                host_run portablectl --user -M alice@.host attach app_1
        alice systemctl --user unset-environment XDG_CONFIG_HOME
        alice systemctl --user stop systemd-portabled.service
        assert_eq "$(host_run find /srv/trap -mindepth 1)" ''
        # As after "sudo -E".
        assert_error '^\$XDG_RUNTIME_DIR is a directory of another user than root.*--machine=USER@\.host --user only$' \
                host_run env HOME=/home/alice XDG_RUNTIME_DIR=/run/user/4001 portablectl --user attach app_1
        assert_error '^\$HOME is a directory of another user than root' \
                host_run env HOME=/home/alice XDG_RUNTIME_DIR=/run/user/0 portablectl --user status
        host_run rmdir /srv/trap
        assert_clean
}

# Who keeps unit files elsewhere has a link to them, which stays.
test_attach_directory_is_a_link() {
        put app_1
        alice mkdir /home/alice/units
        link_attached /home/alice/units
        assert_ok uctl attach --now app_1
        wait_until 10 is_active app.service
        assert_ok alice ls /home/alice/units/app.service
        assert_ok uctl detach --now app_1
        assert_eq "$(alice readlink "$ATTACHED")" /home/alice/units
        assert_eq "$(alice ls -A /home/alice/units)" ''
        alice rm "$ATTACHED"
        alice rmdir /home/alice/units
        assert_clean
}

# Each sees only what is their own.
test_two_users() {
        put app_1
        users_put bob "$SUITE_TMP/app_2" app_2
        assert_ok uctl --no-legend list
        assert_no_match "$OUT" app_2
        assert_ok users_run bob portablectl --user --no-legend list
        assert_no_match "$OUT" app_1
        assert_ok uctl attach --now app_1
        assert_ok users_run bob portablectl --user attach --now app_2
        assert_user_state app_1 running
        assert_eq "$(users_run bob portablectl --user is-attached app_2)" running
        # What others keep to themselves cannot be looked at, whatever the path.
        assert_error 'app_1' users_run bob portablectl --user inspect "$POOL/app_1"
        assert_ok users_run bob portablectl --user detach --now app_2
        assert_user_state app_1 running
        assert_ok uctl detach --now app_1
        host_run rm -rf /home/bob/.local
        assert_clean
}

test_exec_shell_and_patterns() {
        put app_1
        make_image web 1
        put web_1
        assert_ok uctl exec app_1 -- /usr/bin/service once
        assert_ok uctl exec --profile=trusted app_1 -- /usr/bin/service once
        assert_ok uctl attach --all '*_1'
        assert_user_state web_1 attached
        assert_ok uctl --json=short list
        assert_eq "$(jq_count attached <<<"$OUT")" 2
        assert_ok uctl detach --all
        assert_ok uctl remove web_1
        assert_missing "$HOST_ROOT$POOL/web_1"
        assert_clean
}

jq_count() {
        grep -o "\"state\":\"$1\"" | wc -l
}

# trace_attach OPTION...: attaches app_1 with strace on the daemon. In directories that are there already this takes a
# rename for each of what is in them.
trace_attach() {
        alice mkdir -p "$ATTACHED" /home/alice/.config/portables
        uctl --no-legend list >/dev/null
        trace_daemon "$(users_pid_of alice systemd-portabled.service)" -o "$SUITE_TMP/strace" -e trace=renameat2 "$@"
        run uctl attach app_1
        untrace
}

# Nothing of the attach that was struck is there after the next call, and it can be repeated.
assert_not_attached() {
        assert_user_state app_1 detached
        assert_eq "$(host_run find /home/alice/.config -name 'app*' -o -name '.portabled-*')" ''
        alice systemctl --user reset-failed systemd-portabled.service
        assert_ok uctl attach app_1
        assert_ok uctl detach app_1
        assert_clean
}

test_worker_killed() {
        put app_1
        trace_attach -e inject=renameat2:signal=KILL:when=3
        assert_eq "$STATUS" 1
        assert_contains "$ERR" 'was killed'
        assert_not_attached
}

kill_daemon_at_stop() {
        wait_until 10 grep -qs 'stopped by SIGSTOP' "$SUITE_TMP/strace"
        kill -s KILL "$(users_pid_of alice systemd-portabled.service)"
}

# In the middle of an attach; its worker ends with it.
test_daemon_killed() {
        put app_1
        rm -f "$SUITE_TMP/strace"
        kill_daemon_at_stop &
        killer=$!
        trace_attach -e inject=renameat2:signal=STOP:when=2
        wait "$killer"
        assert_eq "$STATUS" 1
        assert_contains "$ERR" 'ended before it answered; see journalctl --user -u systemd-portabled.service'
        assert_not_attached
}

# Without room nothing has changed, and one line says where it was missing.
test_full_disk() {
        put app_1
        alice mkdir -p /home/alice/.config
        host_run mount -t tmpfs -o size=8k,uid=4001,gid=4001,mode=0700 tmpfs /home/alice/.config
        assert_error 'has no space left \(nothing was changed' uctl attach --copy=copy app_1
        assert_user_state app_1 detached
        assert_eq "$(host_run find /home/alice/.config -type f)" ''
        host_run umount /home/alice/.config
        assert_ok uctl attach app_1
        assert_ok uctl detach app_1
        assert_clean
}

# What lingers is there after a boot, and runs.
test_reboot() {
        put app_1
        assert_ok uctl attach --enable --now app_1
        host_reboot
        users_wait alice bob
        wait_until 10 is_active app.service
        assert_user_state app_1 running
        assert_ok uctl detach --enable --now app_1
        assert_clean
}

# Beside what suite.sh does for the system.
suite_repair() {
        {
                host_crash
                find "$HOST_ROOT"/home/{alice,bob} -mindepth 1 -delete
                host_boot
                users_wait alice bob
                leak_state >"$SUITE_TMP/before"
        } >/dev/null 2>&1 || true
}

# The verbs that start, stop and show the units of an image.
test_units_of_an_image() {
        put app_1
        assert_ok uctl -q attach app_1
        assert_ok uctl -q start app_1
        assert_eq "$(is_active app.service)" active
        host_run journalctl --sync
        assert_ok uctl cat app_1
        assert_match "$OUT" '/app\.service\.d/20-portable\.conf$'
        assert_ok uctl diff app_1
        host_run chmod -R a+rX /run/log/journal # as if alice were in the group for it
        assert_ok uctl -q logs app_1
        assert_match "$OUT" 'Started app\.service'
        # root works for the user, where that is possible.
        assert_ok ctl -q --user -M alice@.host restart app_1
        assert_error '^Cannot show .*: logs cannot be used with --machine= and --user together' \
                ctl --user -M alice@.host logs app_1
        assert_ok ctl -q --user -M alice@.host stop app_1
        assert_eq "$(is_active app.service || true)" inactive
        assert_ok uctl -q detach app_1
        assert_error 'is not attached$' uctl logs app_1
}

# A user has definitions, too.
test_apply() {
        local directory=/home/alice/.config/systemd/portable

        put app_1
        # shellcheck disable=SC2016 # for the shell in there
        alice sh -c 'mkdir -p "$1" && printf "[Portable]\nImage=app\nEnable=yes\nStart=yes\n" >"$1/app.portable"' sh $directory
        assert_ok uctl apply
        wait_until 10 is_active app.service
        assert_user_state app_1 running
        assert_eq "$(unit_dropin app.service | tail -n 1)" Definition=app
        assert_match "$(uctl definitions --no-legend)" '^app +in-sync +app_1 +app_1 *$'
        assert_match "$(uctl apply --json=short)" '^\{"changed":false,'
        put app_2
        assert_match "$(uctl definitions --no-legend)" '^app +outdated '
        alice rm -r $directory
        assert_ok uctl apply --prune
        assert_user_state app_1 detached
        assert_clean
}

suite_main "$@"
