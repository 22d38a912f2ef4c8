#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Versioned directories, systemd.v(7): what is picked of what is there, wherever the directory is, for base images and
# extensions, raw files and directories; and that the services start from it.

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"

POOL=/var/lib/portables

suite_setup() {
        suite_host
        case $(uname -m) in
        x86_64) NATIVE=x86-64 FOREIGN=arm64 ;;
        aarch64) NATIVE=arm64 FOREIGN=x86-64 ;;
        esac
        image_simple "$SUITE_TMP/app" app 'ID=base' 'VERSION_ID=1' 'PORTABLE_PREFIXES=app'
        image_extension "$SUITE_TMP/ext" ext base 'VERSION_ID=1' 'PORTABLE_PREFIXES=app'
        image_unit "$SUITE_TMP/ext" app-ext.service 'ExecStart=' 'ExecStart=/usr/bin/service read /usr/share/ext'
        mkdir "$SUITE_TMP/ext/usr/share"
        echo of-ext >"$SUITE_TMP/ext/usr/share/ext"
        image_pack squashfs "$SUITE_TMP/app" "$SUITE_TMP/app.raw"
        image_pack squashfs "$SUITE_TMP/ext" "$SUITE_TMP/ext.raw"
}

# versions DIRECTORY FILE...: copies of the image in a versioned directory of the host; raw ones end in .raw.
versions() {
        local file stem

        mkdir -p "$HOST_ROOT$1"
        for file in "${@:2}"; do
                stem=${file%%_*}
                if [[ $file == *.raw ]]; then
                        cp "$SUITE_TMP/$stem.raw" "$HOST_ROOT$1/$file"
                else
                        cp -a "$SUITE_TMP/$stem" "$HOST_ROOT$1/$file"
                        # systemd 252 takes no other release file from a directory.
                        [ "$stem" != ext ] || mv "$HOST_ROOT$1/$file/usr/lib/extension-release.d/extension-release.ext"{,"${file#ext}"}
                fi
        done
}

marker() {
        dropin "$1" | sed -n "1s/^# Drop-in created for image '\(.*\)', do not edit\.$/\1/p"
}

# picks IMAGE PATH: attached is what is at the path, and it can be told of and detached by the same argument.
picks() {
        assert_ok ctl attach "$1" app
        assert_eq "$(marker app.service)" "$2" "what was picked for $1"
        assert_state "$1" attached
        assert_ok ctl detach "$1"
        assert_missing /etc/systemd/system.attached
        assert_eq "$(host_run sh -c 'find /etc/portables -mindepth 1 2>/dev/null')" ''
}

test_version_order() {
        versions $POOL/app.raw.v app_1.raw app_1.2.raw app_1.10.raw app_1.10~rc1.raw
        picks app $POOL/app.raw.v/app_1.10.raw
        versions $POOL/app.raw.v app_1.10^post.raw
        picks app $POOL/app.raw.v/app_1.10^post.raw
        versions $POOL/app.raw.v app_2-1.raw app_2-0.raw
        picks app $POOL/app.raw.v/app_2-1.raw
}

test_architecture() {
        versions $POOL/app.raw.v app_1.raw app_2_$NATIVE.raw app_3_$FOREIGN.raw
        picks app $POOL/app.raw.v/app_2_$NATIVE.raw
        versions $POOL/app.raw.v app_2.raw
        picks app $POOL/app.raw.v/app_2_$NATIVE.raw
        host_run rm $POOL/app.raw.v/app_{1,2,2_$NATIVE}.raw
        assert_error "app" ctl attach app
        versions $POOL/app.raw.v app_1.raw
        picks app $POOL/app.raw.v/app_1.raw
}

test_tries_left() {
        versions $POOL/app.raw.v app_1.raw app_2+3.raw app_3+0-5.raw
        picks app $POOL/app.raw.v/app_2+3.raw
        host_run mv $POOL/app.raw.v/app_2+3.raw $POOL/app.raw.v/app_2+0-3.raw
        picks app $POOL/app.raw.v/app_1.raw
        host_run rm $POOL/app.raw.v/app_1.raw
        picks app $POOL/app.raw.v/app_3+0-5.raw # rather one that has failed than none
        versions $POOL/app.raw.v app_4_$NATIVE+1-2.raw
        picks app $POOL/app.raw.v/app_4_$NATIVE+1-2.raw
}

test_what_is_no_version_is_passed_over() {
        versions $POOL/app.raw.v app_1.raw
        host_run sh -c "cd $POOL/app.raw.v && mkdir app_9.raw && ln -s /nowhere app_8.raw && touch app.raw app_ README .app_7.raw &&
                cp app_1.raw other_6.raw && cp app_1.raw app_5.img"
        picks app $POOL/app.raw.v/app_1.raw
        host_run rm $POOL/app.raw.v/app_1.raw
        assert_error '.' ctl attach app
        assert_missing /etc/systemd/system.attached
}

test_directories() {
        versions $POOL/app.v app_1 app_2 app_10
        versions $POOL/app.v app_11.raw
        picks app $POOL/app.v/app_10
}

# All places of the search path, and by path with and without saying what to pick.
test_places() {
        local place

        for place in /etc/portables /run/portables /usr/local/lib/portables; do
                host_run mkdir -p $place/app.raw.v
                versions /srv app_1.raw app_2.raw
                host_run cp /srv/app_1.raw /srv/app_2.raw $place/app.raw.v/
                assert_ok ctl attach app app
                assert_eq "$(marker app.service)" $place/app.raw.v/app_2.raw
                assert_ok ctl detach app
                host_run rm -r $place/app.raw.v
        done
        host_run rm /srv/app_1.raw /srv/app_2.raw
        versions /srv/app.raw.v app_1.raw app_2.raw
        versions /srv/app.v app_1 app_2
        versions /srv/dir.v app_3.raw app_4.raw app_5
        picks /srv/app.raw.v /srv/app.raw.v/app_2.raw
        picks /srv/app.raw.v/ /srv/app.raw.v/app_2.raw
        picks /srv/app.v /srv/app.v/app_2
        picks /srv/app.v/app___ /srv/app.v/app_2
        picks /srv/dir.v/app___.raw /srv/dir.v/app_4.raw
        picks /srv/dir.v/app___ /srv/dir.v/app_5
        picks /srv/dir.v/app_3.raw /srv/dir.v/app_3.raw
        host_run rm -r /srv/app.raw.v /srv/app.v /srv/dir.v
}

test_list_and_inspect_show_what_is_picked() {
        versions $POOL/app.raw.v app_1.raw app_2.raw
        assert_match "$(ctl --no-legend list)" '^app(_2)? +raw .* detached *$'
        assert_ok ctl inspect app
        assert_contains "$OUT" $POOL/app.raw.v/app_2.raw
        assert_ok ctl attach app
        assert_match "$(ctl --no-legend list)" '^app(_2)? +raw .* attached *$'
        # One that comes later is not what is attached.
        versions $POOL/app.raw.v app_3.raw
        assert_ok ctl inspect app
        assert_contains "$OUT" $POOL/app.raw.v/app_3.raw
        assert_state app attached
        assert_ok ctl detach app
}

test_services_start() {
        versions $POOL/app.raw.v app_1.raw app_2.raw
        versions $POOL/ext.raw.v ext_1.raw ext_7.raw
        assert_ok ctl attach --now --extension=ext app
        assert_eq "$(marker app.service)" $POOL/app.raw.v/app_2.raw:$POOL/ext.raw.v/ext_7.raw
        assert_unit app-ext.service active
        assert_match "$(unit_log app-ext.service)" '^/usr/share/ext: of-ext$'
        assert_state app running --extension=ext
        assert_ok ctl detach --now --extension=ext app
        assert_missing /etc/systemd/system.attached
}

test_extensions_by_path() {
        versions $POOL/app.v app_1
        versions /srv/ext.v ext_1 ext_3
        versions /srv/dir.v ext_5.raw
        assert_ok ctl attach --now --extension=/srv/ext.v app
        assert_eq "$(marker app.service)" $POOL/app.v/app_1:/srv/ext.v/ext_3
        assert_match "$(unit_log app-ext.service)" '^/usr/share/ext: of-ext$'
        assert_ok ctl reattach --now --extension=/srv/dir.v/ext___.raw app
        assert_eq "$(marker app.service)" $POOL/app.v/app_1:/srv/dir.v/ext_5.raw
        assert_match "$(unit_log app-ext.service)" '^/usr/share/ext: of-ext$'
        assert_ok ctl detach --now --extension=/srv/dir.v/ext___.raw app
        assert_missing /etc/systemd/system.attached
        assert_eq "$(host_run find /etc/portables -mindepth 1)" ''
        host_run rm -r /srv/ext.v /srv/dir.v
}

# What is attached is pinned; a newer file counts from the reattach on, for the base and for the extension.
test_reattach_picks_both_anew() {
        versions $POOL/app.raw.v app_1.raw
        versions $POOL/ext.v ext_1
        assert_ok ctl attach --extension=ext app
        versions $POOL/app.raw.v app_2.raw
        versions $POOL/ext.v ext_2
        assert_eq "$(marker app.service)" $POOL/app.raw.v/app_1.raw:$POOL/ext.v/ext_1
        assert_match "$(dropin app.service)" "^RootImage=$POOL/app\.raw\.v/app_1\.raw$"
        assert_state app attached --extension=ext
        assert_ok ctl reattach --extension=ext app
        assert_eq "$(marker app.service)" $POOL/app.raw.v/app_2.raw:$POOL/ext.v/ext_2
        assert_match "$(dropin app.service)" "^ExtensionDirectories=$POOL/ext\.v/ext_2$"
        assert_ok ctl detach --extension=ext app
        assert_missing /etc/systemd/system.attached
}

# Detach finds them when the directory is empty, gone, or has something else to pick.
test_detach_when_they_are_gone() {
        versions $POOL/app.raw.v app_1.raw
        versions $POOL/ext.raw.v ext_1.raw
        assert_ok ctl attach --extension=ext app
        host_run rm -r $POOL/app.raw.v $POOL/ext.raw.v
        assert_ok ctl detach --extension=ext app
        assert_missing /etc/systemd/system.attached
        versions $POOL/app.raw.v app_1.raw
        versions $POOL/ext.raw.v ext_1.raw
        assert_ok ctl attach --extension=ext app
        host_run rm -r $POOL/app.raw.v $POOL/ext.raw.v
        assert_ok ctl detach --extension=$POOL/ext.raw.v/ext_1.raw $POOL/app.raw.v/app_1.raw
        assert_missing /etc/systemd/system.attached
}

suite_main "$@"
