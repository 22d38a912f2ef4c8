#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The reload of the service manager after attach, detach and reattach: only where it is needed, and by --reload=.

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"
# shellcheck source=../lib/users.sh
source "$SUITE_LIB/users.sh"

suite_setup() {
        local name

        suite_host_new
        users_allow
        users_add alice 1801
        host_boot
        users_wait alice
        image_simple "$SUITE_TMP/app" app 'ID=app' 'VERSION_ID=1'
        image_simple "$SUITE_TMP/many" many 'ID=many'
        # Units that name each other.
        printf '[Unit]\nWants=many-b.service many@1.service\n[Service]\nExecStart=/usr/bin/service\n' \
                >"$SUITE_TMP/many/usr/lib/systemd/system/many.service"
        image_unit "$SUITE_TMP/many" many-b.service
        printf '[Unit]\nWants=many.service\n' >>"$SUITE_TMP/many/usr/lib/systemd/system/many-b.service"
        for name in many.socket many.timer many@.service many.target; do
                image_unit "$SUITE_TMP/many" "$name"
        done
        image_simple "$SUITE_TMP/template" template 'ID=template'
        image_unit "$SUITE_TMP/template" template@.service
        image_simple "$SUITE_TMP/user" app 'ID=app' 'PORTABLE_SCOPE=user'
        users_image_units "$SUITE_TMP/user"
}

# As the tests in here mean it, unless they say otherwise.
ctl() {
        local option

        for option in "$@"; do
                [[ $option != --reload=* && $option != --no-reload ]] || { host_run portablectl "$@"; return; }
        done
        case " $* " in
        *' attach '* | *' detach '* | *' reattach '*) host_run portablectl "$@" --reload=auto ;;
        *) host_run portablectl "$@" ;;
        esac
}

last_reload() {
        host_run systemctl show -P UnitsLoadTimestampMonotonic
}

# reloads N COMMAND...: it succeeds, and the manager is reloaded if N is 1, not if it is 0.
reloads() {
        local expected=$1 before after
        shift

        before=$(last_reload)
        assert_ok "$@"
        after=$(last_reload)
        if [ "$expected" = 1 ]; then
                [ "$after" != "$before" ] || assert_fail "no reload: $*"
        else
                assert_eq "$after" "$before" "a reload: $*"
        fi
}

# As the manager shows it without a reload: from the image, under its profile.
assert_known() {
        local directory=${2:-/etc/systemd/system.attached} unit=$1 file=$1

        [[ $unit != *@*.* ]] || file=${unit%%@*}@.${unit##*.}
        assert_eq "$(host_run systemctl show -P FragmentPath "$unit")" "$directory/$file" "file of $unit"
        assert_eq "$(host_run systemctl show -P NeedDaemonReload "$unit")" no "$unit needs a reload"
        assert_match "$(host_run systemctl show -P DropInPaths "$unit")" "$directory/$file.d/20-portable.conf"
        [[ $unit != *.service ]] ||
                assert_match "$(host_run systemctl show -P DropInPaths "$unit")" "$directory/$file.d/10-profile.conf"
}

assert_unknown() {
        assert_eq "$(host_run systemctl show -P LoadState "$1")" not-found "$1"
}

test_new_units_need_none() {
        local options

        image_put directory "$SUITE_TMP/app" app_1
        for options in '' --runtime --copy=symlink --copy=copy --profile=strict '--profile=trusted --reload=auto'; do
                # shellcheck disable=SC2086 # words
                reloads 0 ctl attach $options app_1
                if [ "$options" = --runtime ]; then
                        assert_known app.service /run/systemd/system.attached
                else
                        assert_known app.service
                fi
                assert_unit app.service inactive
                # shellcheck disable=SC2086
                reloads 0 ctl detach ${options/--copy=*/} app_1
                assert_unknown app.service
        done
}

test_raw_images_need_none() {
        image_put squashfs "$SUITE_TMP/app" app_1
        reloads 0 ctl attach app_1
        assert_known app.service
        reloads 0 ctl detach app_1
}

test_started_and_stopped_units_need_none() {
        image_put directory "$SUITE_TMP/app" app_1
        reloads 0 ctl attach --now app_1
        assert_unit app.service active
        assert_known app.service
        assert_eq "$(host_run sh -c 'systemctl show -P RootDirectory app.service')" /var/lib/portables/app_1
        reloads 0 ctl detach --now app_1
        assert_unknown app.service
}

test_units_of_all_kinds_need_none() {
        local unit

        image_put directory "$SUITE_TMP/many" many_1
        reloads 0 ctl attach many_1
        for unit in many.service many-b.service many.socket many.timer many@1.service many.target; do
                assert_known "$unit"
        done
        reloads 0 ctl detach many_1
        for unit in many.service many-b.service many.socket many.timer many@1.service many.target; do
                assert_unknown "$unit"
        done
}

test_several_images_need_none() {
        image_put directory "$SUITE_TMP/app" app_1
        image_put directory "$SUITE_TMP/template" template_1
        reloads 0 ctl attach '*_1'
        assert_known app.service
        assert_known template.service
        assert_known template@x.service
        reloads 0 ctl detach '*_1'
}

# For many units a reload is quicker.
test_many_units_are_reloaded() {
        local i

        cp -a "$SUITE_TMP/app" "$SUITE_TMP/lots"
        for i in {1..16}; do
                image_unit "$SUITE_TMP/lots" "app-$i.target"
        done
        image_put directory "$SUITE_TMP/lots" app_1
        reloads 1 ctl attach app_1
        assert_known app.service
        reloads 1 ctl detach app_1
        assert_unknown app.service
}

test_what_runs_is_reloaded() {
        image_put directory "$SUITE_TMP/app" app_1
        image_put directory "$SUITE_TMP/app" app_2
        assert_ok ctl attach --now app_1
        reloads 1 ctl reattach app_2
        assert_known app.service
        assert_eq "$(host_run systemctl show -P RootDirectory app.service)" /var/lib/portables/app_2
        reloads 1 ctl detach --force app_2
        assert_eq "$(host_run systemctl show -P LoadState app.service)" not-found
        assert_ok host_run systemctl stop app.service
}

test_reattach_of_what_is_not_loaded_needs_none() {
        image_put directory "$SUITE_TMP/app" app_1
        image_put directory "$SUITE_TMP/app" app_2
        assert_ok ctl attach app_1
        reloads 0 ctl reattach app_2
        assert_known app.service
        assert_eq "$(host_run systemctl show -P RootDirectory app.service)" /var/lib/portables/app_2
        reloads 0 ctl detach app_2
}

# It was looked for before it was there, and the manager keeps what it found.
test_what_others_name_is_reloaded() {
        image_put directory "$SUITE_TMP/app" app_1
        image_put directory "$SUITE_TMP/template" template_1
        host_run sh -c "printf '[Unit]\nWants=app.service template@7.service\n[Service]\nExecStart=sleep 1000\n' \
                >/run/systemd/system/holder.service && systemctl daemon-reload && systemctl start holder"
        assert_unknown app.service
        reloads 1 ctl attach app_1
        assert_known app.service
        reloads 1 ctl detach app_1
        assert_unknown app.service
        reloads 1 ctl attach template_1
        assert_known template@7.service
        reloads 1 ctl detach template_1
        host_run sh -c 'systemctl stop holder; rm /run/systemd/system/holder.service; systemctl daemon-reload'
}

test_running_instances_are_reloaded() {
        image_put directory "$SUITE_TMP/template" template_1
        image_put directory "$SUITE_TMP/template" template_2
        reloads 0 ctl attach template_1
        assert_ok host_run systemctl start template@a.service
        assert_known template@a.service
        reloads 1 ctl reattach template_2
        assert_eq "$(host_run systemctl show -P RootDirectory template@a.service)" /var/lib/portables/template_2
        assert_ok ctl detach --now template_2
}

# Drop-ins of the administrator's.
test_further_dropins() {
        image_put directory "$SUITE_TMP/app" app_1
        host_run sh -c 'mkdir -p /run/systemd/system/app.service.d &&
                printf "[Service]\nNice=5\n" >/run/systemd/system/app.service.d/nice.conf'
        reloads 1 ctl attach app_1
        assert_eq "$(host_run systemctl show -P Nice app.service)" 5
        assert_ok ctl detach app_1
        host_run sh -c 'mv /run/systemd/system/app.service.d /run/systemd/system/service.d'
        reloads 0 ctl attach app_1
        assert_eq "$(host_run systemctl show -P Nice app.service)" 5
        reloads 0 ctl detach app_1
        host_run sh -c 'rm -r /run/systemd/system/service.d; systemctl daemon-reload'
}

# A link that enables a unit changes a target that is loaded.
test_enabled_units_are_reloaded() {
        image_put directory "$SUITE_TMP/app" app_1
        reloads 1 ctl attach --enable app_1
        assert_match "$(host_run systemctl show -P Wants multi-user.target)" '(^| )app\.service( |$)'
        reloads 1 ctl detach app_1
        [[ " $(host_run systemctl show -P Wants multi-user.target) " != *' app.service '* ]] ||
                assert_fail 'still wanted'
        assert_ok ctl attach --enable app_1
        reloads 1 ctl detach --enable app_1
}

# What was behind an attached unit comes back.
test_unit_of_the_host_comes_back() {
        image_put directory "$SUITE_TMP/app" app_1
        host_run sh -c "mkdir -p /usr/local/lib/systemd/system &&
                printf '[Service]\nExecStart=true\n' >/usr/local/lib/systemd/system/app.service"
        reloads 0 ctl attach --force app_1
        assert_known app.service
        reloads 1 ctl detach app_1
        assert_eq "$(host_run systemctl show -P FragmentPath app.service)" /usr/local/lib/systemd/system/app.service
        host_run sh -c 'rm /usr/local/lib/systemd/system/app.service; systemctl daemon-reload'
}

test_option() {
        image_put directory "$SUITE_TMP/app" app_1
        reloads 1 ctl attach --reload=always app_1
        reloads 1 ctl reattach --reload=always app_1
        reloads 1 ctl detach --reload=always app_1
        reloads 0 ctl attach --enable --reload=no app_1
        reloads 0 ctl detach --no-reload app_1
        reloads 0 ctl attach --reload=always --no-reload app_1
        reloads 1 ctl detach --no-reload --reload=always app_1
        host_run systemctl daemon-reload
        assert_error "Unknown reload mode 'maybe': --reload= takes auto, always or no" ctl attach --reload=maybe app_1
        assert_error "--reload does not go with 'list'" ctl list --reload=no
}

# The bus of a container is the manager's own.
test_machine() {
        image_put directory "$SUITE_TMP/app" app_1
        reloads 0 ctl --machine=.host attach app_1
        assert_known app.service
        reloads 0 ctl --machine=.host detach app_1
        assert_unknown app.service
}

user_reload() {
        users_run alice systemctl --user show -P UnitsLoadTimestampMonotonic
}

test_user() {
        local before

        users_put alice "$SUITE_TMP/user" app_1
        before=$(user_reload)
        assert_ok users_run alice portablectl --user attach --reload=auto --now app_1
        assert_eq "$(user_reload)" "$before" 'reload of the manager'
        assert_eq "$(users_run alice systemctl --user show -P ActiveState app.service)" active
        assert_match "$(users_run alice systemctl --user show -P DropInPaths app.service)" '10-profile\.conf.*20-portable\.conf'
        assert_ok users_run alice portablectl --user detach --reload=auto --now app_1
        assert_eq "$(user_reload)" "$before" 'reload of the manager'
        assert_ok users_run alice portablectl --user attach --enable app_1
        [ "$(user_reload)" != "$before" ] || assert_fail 'no reload'
        assert_ok users_run alice portablectl --user detach --enable app_1
        rm -rf "$HOST_ROOT/home/alice/.local/state/portables/app_1"
}

suite_main "$@"
