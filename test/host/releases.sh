#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Images of one name in numbered directories, replaced one by the other: the entry in /etc/portables is moved, turned from
# a link into a copy and back as the copy mode says, and gone after detach.

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"

suite_setup() {
        local n

        suite_host
        for n in 1 2 3; do
                image_simple "$SUITE_TMP/web$n" web 'ID=web' 'VERSION_ID=1' "BUILD_ID=$n"
                image_extension "$SUITE_TMP/ext$n" ext web 'VERSION_ID=1'
                image_unit "$SUITE_TMP/ext$n" web-ext.service "Environment=RELEASE=$n"
                mkdir -p "$HOST_ROOT/srv/$n"
                image_pack directory "$SUITE_TMP/web$n" "$HOST_ROOT/srv/$n/web"
                image_pack squashfs "$SUITE_TMP/web$n" "$HOST_ROOT/srv/$n/raw.raw"
                image_pack directory "$SUITE_TMP/ext$n" "$HOST_ROOT/srv/$n/ext"
        done
}

# link NAME: where the entry of /etc/portables leads.
link() {
        host_run readlink "/etc/portables/$1"
}

assert_nothing_left() {
        assert_missing /etc/systemd/system.attached
        assert_eq "$(host_run sh -c 'find /etc/portables -mindepth 1 2>/dev/null')" '' 'entries of /etc/portables'
}

# What systemctl would start: the path in the drop-in.
started_from() {
        dropin web.service | sed -n 's/^Root\(Directory\|Image\)=\(.\)/\2/p'
}

test_link_moves() {
        local image options

        for options in '' --root=/; do
                for image in web raw.raw; do
                        # shellcheck disable=SC2086
                        {
                                assert_ok ctl $options attach -q --no-reload "/srv/1/$image" web
                                assert_ok ctl $options reattach -q --no-reload "/srv/2/$image" web
                                assert_eq "$(link "$image")" "/srv/2/$image"
                                # By its name it is the release that is attached, not the one before.
                                assert_ok ctl $options reattach -q --no-reload "${image%.raw}" web
                                assert_eq "$(started_from)" "/srv/2/$image"
                                assert_ok ctl $options detach -q --no-reload "${image%.raw}"
                        }
                        assert_nothing_left
                done
        done
}

test_link_of_an_extension_moves() {
        assert_ok ctl attach -q --no-reload --extension=/srv/1/ext /srv/1/web
        assert_ok ctl reattach -q --no-reload --extension=/srv/2/ext /srv/2/web
        assert_eq "$(link web) $(link ext)" '/srv/2/web /srv/2/ext'
        assert_ok ctl reattach -q --no-reload --extension=ext web
        assert_match "$(dropin web.service)" '^ExtensionDirectories=/srv/2/ext$'
        assert_ok ctl detach -q --no-reload --extension=ext web
        assert_nothing_left
}

# Of two images with an extension one is replaced: the link leads to the newer one, and goes with it or with the other.
test_link_of_a_shared_extension() {
        assert_ok ctl attach -q --no-reload --extension=/srv/1/ext /srv/1/web web-ext
        assert_ok ctl attach -q --no-reload --extension=/srv/1/ext /srv/1/raw.raw web.service
        assert_ok ctl reattach -q --no-reload --extension=/srv/2/ext /srv/2/web web-ext
        assert_eq "$(link ext)" /srv/2/ext
        assert_ok ctl detach -q --no-reload --extension=ext raw
        assert_eq "$(link ext)" /srv/2/ext
        assert_ok ctl detach -q --no-reload --extension=ext web
        assert_nothing_left
}

test_link_of_the_administrator_stays() {
        host_run mkdir -p /etc/portables
        host_run ln -s /srv/1/web /etc/portables/web
        assert_ok ctl attach -q --no-reload web
        assert_ok ctl reattach -q --no-reload /srv/2/web
        assert_eq "$(link web) $(started_from)" '/srv/1/web /srv/2/web'
        assert_ok ctl detach -q --no-reload /srv/2/web
        assert_eq "$(link web)" /srv/1/web
        host_run rm /etc/portables/web
}

# The copy is what starts, also when the original is gone, and detach finds it under each of its names.
test_copy_is_what_starts() {
        local how

        for how in web /srv/1/web /etc/portables/web; do
                assert_ok ctl attach -q --copy=mixed /srv/1/web
                assert_eq "$(started_from)" /etc/portables/web
                [ "$how" != /srv/1/web ] || host_run mv /srv/1/web /srv/1/gone
                assert_ok host_run systemctl restart web.service
                assert_ok ctl is-attached "$how"
                assert_match "$OUT" '^running'
                assert_ok ctl detach -q --now "$how"
                [ "$how" != /srv/1/web ] || host_run mv /srv/1/gone /srv/1/web
                assert_nothing_left
        done
        assert_ok ctl attach -q --no-reload --copy=mixed --extension=/srv/1/ext /srv/1/raw.raw web
        assert_match "$(dropin web-ext.service)" '^RootImage=/etc/portables/raw\.raw$'
        assert_match "$(dropin web-ext.service)" '^ExtensionDirectories=/etc/portables/ext$'
        assert_ok ctl detach -q --no-reload --extension=/srv/1/ext /srv/1/raw.raw
        assert_nothing_left
}

# release_of_copy: of which release the copy is.
release_of_copy() {
        host_run sed -n 's/^BUILD_ID=//p' /etc/portables/web/usr/lib/os-release
}

test_copy_is_made_anew() {
        assert_ok ctl attach -q --no-reload --copy=mixed /srv/1/web
        assert_ok ctl reattach -q --no-reload --copy=mixed /srv/2/web
        assert_eq "$(release_of_copy) $(started_from)" '2 /etc/portables/web'
        # By its name it is made of what it was made of.
        host_run sed -i s/BUILD_ID=2/BUILD_ID=22/ /srv/2/web/usr/lib/os-release
        assert_ok ctl reattach -q --no-reload --copy=mixed web
        assert_eq "$(release_of_copy) $(started_from)" '22 /etc/portables/web'
        host_run sed -i s/BUILD_ID=22/BUILD_ID=2/ /srv/2/web/usr/lib/os-release
        # Without that it is the copy, which is the attach's all the same.
        host_run mv /srv/2/web /srv/2/gone
        assert_ok ctl reattach -q --no-reload --copy=mixed web
        assert_ok ctl reattach -q --no-reload web
        assert_eq "$(release_of_copy) $(started_from)" '22 /etc/portables/web'
        host_run mv /srv/2/gone /srv/2/web
        assert_ok ctl detach -q --no-reload web
        assert_nothing_left
}

test_copies_and_links_turn_into_each_other() {
        assert_ok ctl attach -q --no-reload --copy=mixed /srv/1/web
        assert_ok ctl reattach -q --no-reload --copy=symlink /srv/2/web
        assert_eq "$(link web) $(started_from)" '/srv/2/web /srv/2/web'
        assert_ok ctl reattach -q --no-reload --copy=mixed /srv/3/web
        assert_eq "$(release_of_copy) $(started_from)" '3 /etc/portables/web'
        assert_ok ctl reattach -q --no-reload --copy=auto web
        assert_eq "$(link web) $(started_from)" '/srv/3/web /srv/3/web'
        assert_ok ctl detach -q --no-reload web
        assert_nothing_left
}

# A copy of an image in the pool, and its update there.
test_copy_of_the_pool() {
        image_put directory "$SUITE_TMP/web1" web
        assert_ok ctl attach -q --no-reload --copy=mixed web
        assert_eq "$(release_of_copy) $(started_from)" '1 /etc/portables/web'
        host_run sed -i s/BUILD_ID=1/BUILD_ID=11/ /var/lib/portables/web/usr/lib/os-release
        assert_ok ctl reattach -q --no-reload --copy=mixed web
        assert_eq "$(release_of_copy)" 11
        assert_ok ctl detach -q --no-reload web
        assert_nothing_left
        assert_exists /var/lib/portables/web/usr
}

# Others start from the copy: it is theirs until they are detached.
test_copy_that_others_use() {
        assert_ok ctl attach -q --no-reload --copy=mixed --extension=/srv/1/ext /srv/1/web web-ext
        assert_ok ctl attach -q --no-reload --copy=mixed --extension=/srv/1/ext /srv/1/raw.raw web.service
        assert_ok ctl reattach -q --no-reload --copy=mixed --extension=/srv/2/ext /srv/2/web web-ext
        assert_match "$(dropin web.service)" '^ExtensionDirectories=/etc/portables/ext$'
        assert_match "$(dropin web-ext.service)" '^ExtensionDirectories=/srv/2/ext$'
        assert_eq "$(host_run cat /etc/portables/ext/usr/lib/systemd/system/web-ext.service | grep -c RELEASE=1)" 1
        assert_ok ctl detach -q --no-reload --extension=ext web
        assert_exists /etc/portables/ext/usr
        assert_ok ctl detach -q --no-reload --extension=ext raw
        assert_nothing_left
}

suite_main "$@"
