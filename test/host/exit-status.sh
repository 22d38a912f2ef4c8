#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The exit statuses of portablectl(1), "EXIT STATUS": each number, and what does not have it.

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"

suite_setup() {
        suite_host
        image_simple "$SUITE_TMP/app" app 'ID=app' 'VERSION_ID=1'
        image_simple "$SUITE_TMP/bad" bad
        rm "$SUITE_TMP/bad/etc/os-release" "$SUITE_TMP/bad/usr/lib/os-release"
        truncate -s 1M "$SUITE_TMP/zeros"
        image_tree "$SUITE_TMP/slow"
        image_unit "$SUITE_TMP/slow" slow.service 'ExecStartPre=/usr/bin/service' # waits for ever
}

# ends STATUS ARGUMENT...: portablectl ends so, by root.
ends() {
        local status=$1
        shift

        run ctl "$@"
        assert_eq "$STATUS" "$status" "status of: $* ($ERR)"
}

test_refused_is_1() {
        image_put squashfs "$SUITE_TMP/app" app_1
        ends 1 bogus
        ends 1 attach
        ends 1 --bogus attach app_1
        ends 1 attach nothing
        ends 1 attach ../x
        ends 1 inspect app_1 other
        ends 1 attach app_1 other
        ends 1 remove nothing
        ends 1 is-attached -q app_1
        ends 0 is-attached app_1
        ends 0 attach -q app_1
        ends 1 attach app_1
        ends 1 remove app_1
        ends 0 is-attached -q app_1
        host_run systemctl start app.service
        ends 1 detach app_1
        host_run systemctl stop app.service
        ends 0 detach -q app_1
}

test_broken_is_2() {
        local with

        image_put directory "$SUITE_TMP/bad" bad
        cp "$SUITE_TMP/zeros" "$HOST_ROOT/var/lib/portables/zeros.raw"
        for with in bad zeros; do
                ends 2 inspect $with
                ends 2 inspect $with -
                ends 2 attach $with
                ends 2 attach --atomic $with
                ends 2 attach --dry-run $with
                ends 2 verify $with
                ends 2 --root=/ inspect $with
        done
        # An image that is whole is not blamed for what else is wrong.
        image_put squashfs "$SUITE_TMP/app" app_1
        ends 1 attach --profile=nothing app_1
        ends 1 attach --extension=zeros2 app_1
        ends 0 attach -q app_1
        ends 1 attach app_1
        image_put directory "$SUITE_TMP/bad" app_2
        ends 2 reattach app_2
        ends 0 detach -q app_1
        # Several images that end alike, and such that do not.
        host_run rm -r /var/lib/portables/app_2
        ends 2 attach '[bz]*'
        ends 1 attach '[az]*' other
}

test_not_attached_is_3() {
        local verb

        image_put squashfs "$SUITE_TMP/app" app_1
        for verb in detach reattach status start stop restart cat diff; do
                ends 3 $verb app_1
        done
        ends 3 logs app_1 app
        ends 3 --root=/ detach app_1
        ends 0 status
        ends 0 attach -q app_1
        ends 0 status app_1
        ends 3 status app_1 app_2
        ends 3 detach --runtime app_1
        ends 0 detach -q app_1
}

test_failed_units_are_4() {
        image_put directory "$SUITE_TMP/app" app_1
        sed -i 's,^ExecStart=.*,ExecStart=/nothing,' "$HOST_ROOT/var/lib/portables/app_1/usr/lib/systemd/system/app.service"
        ends 4 attach -q --now app_1
        ends 4 start app_1
        ends 4 restart app_1
        host_run systemctl reset-failed app.service
        ends 0 detach -q app_1
}

test_not_authorized_is_5() {
        local line

        image_put squashfs "$SUITE_TMP/app" app_1
        image_put squashfs "$SUITE_TMP/app" other_1
        ends 0 attach -q app_1
        while read -r line; do
                # shellcheck disable=SC2086
                run host_run_as nobody portablectl --no-ask-password $line
                assert_eq "$STATUS" 5 "status of: $line ($ERR)"
        done <<-'END'
		attach other_1 app
		detach app_1
		reattach app_1
		remove other_1
		read-only other_1
		inspect /var/lib/portables/other_1.raw app
		start app_1
		stop app_1
	END
        ends 0 detach -q app_1
}

# Nobody is asked for a password a second time to find out what a failure was.
test_broken_by_others() {
        image_put directory "$SUITE_TMP/bad" bad
        run host_run_as nobody portablectl inspect bad
        assert_eq "$STATUS" 2
}

# A daemon that is stopped answers nobody; nor does a service that never says that it is ready.
test_time_out_is_6() {
        local pid

        image_put squashfs "$SUITE_TMP/app" app_1
        ends 0 list -q
        pid=$(host_run systemctl show -P MainPID systemd-portabled.service)
        host_run kill -STOP "$pid"
        ends 6 --timeout=1s attach app_1
        ends 6 --timeout=1s list
        host_run kill -CONT "$pid"
        image_put squashfs "$SUITE_TMP/slow" slow_1
        ends 0 attach -q slow_1
        ends 6 --timeout=1s start slow_1
        host_run systemctl stop slow.service
        ends 0 detach -q slow_1
}

test_differs_is_7() {
        image_put directory "$SUITE_TMP/app" app_1
        ends 0 attach -q app_1
        ends 0 diff app_1
        echo '# more' >>"$HOST_ROOT/var/lib/portables/app_1/usr/lib/systemd/system/app.service"
        ends 7 diff app_1
        ends 0 detach -q app_1
}

suite_main "$@"
