#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What an administrator demands of images in portabled.conf. Images that have what is demanded need a kernel with
# dm-verity: test/vm.

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"
# shellcheck source=../lib/verity.sh
source "$(dirname -- "$0")/../lib/verity.sh"

CONF=/etc/systemd/portabled.conf
DROPINS=/etc/systemd/portabled.conf.d

suite_setup() {
        suite_host
        image_simple "$SUITE_TMP/app" app 'ID=app' 'VERSION_ID=1'
        image_extension "$SUITE_TMP/ext" ext app VERSION_ID=1
}

# configure FILE LINE...: a file with these lines in its section.
configure() {
        mkdir -p "$HOST_ROOT$(dirname -- "$1")"
        printf '%s\n' '[Portable]' "${@:2}" >"$HOST_ROOT$1"
}

unconfigure() {
        rm -rf "${HOST_ROOT:?}$CONF" "${HOST_ROOT:?}$DROPINS"
}

assert_attachable() {
        assert_ok ctl attach "$1"
        assert_ok ctl detach "$1"
}

test_signed_demanded() {
        configure "$CONF" 'ImagePolicy=root=signed+absent:usr=signed+absent:=open'
        image_put squashfs "$SUITE_TMP/app" app
        assert_error "^Failed to attach image 'app': Image '/var/lib/portables/app\.raw': the file system is unprotected, but the image policy allows for 'root' only: signed\+absent$" \
                ctl attach app
        assert_missing /etc/systemd/system.attached
        assert_error 'signed\+absent' ctl inspect app
        assert_error 'signed\+absent' ctl reattach app
        image_put gpt "$SUITE_TMP/app" part
        assert_error "'/var/lib/portables/part\.raw': partition .* is unprotected, but .* only: signed\+absent" \
                ctl attach part app
        unconfigure
        assert_attachable app
}

# There is nothing in them that a policy could be about.
test_directories_are_free() {
        configure "$CONF" 'ImagePolicy=root=signed+absent:usr=signed+absent'
        image_put directory "$SUITE_TMP/app" app
        assert_attachable app
        unconfigure
}

test_extensions_count() {
        configure "$CONF" 'ImagePolicy=root=signed+absent:usr=signed+absent:=open'
        image_put directory "$SUITE_TMP/app" app
        image_put squashfs "$SUITE_TMP/ext" ext
        assert_error "'/var/lib/portables/ext\.raw': .* only: signed\+absent" ctl attach --extension ext app
        assert_missing /etc/systemd/system.attached
        unconfigure
}

test_order() {
        image_put squashfs "$SUITE_TMP/app" app
        configure /usr/local/lib/systemd/portabled.conf.d/50-vendor.conf 'ImagePolicy=~'
        assert_error 'app\.raw' ctl attach app
        configure "$DROPINS/60-local.conf" 'ImagePolicy=*'
        assert_attachable app
        configure "$DROPINS/40-local.conf" 'ImagePolicy=*'
        rm "$HOST_ROOT$DROPINS/60-local.conf"
        assert_error 'app\.raw' ctl attach app
        host_run ln -s /dev/null "$DROPINS/50-vendor.conf"
        assert_attachable app
        rm -r "$HOST_ROOT/usr/local/lib/systemd/portabled.conf.d"
        unconfigure
}

# What cannot be understood is not taken for permission.
test_invalid() {
        configure "$CONF" '' 'ImagePolicy=root=sined'
        image_put squashfs "$SUITE_TMP/app" app
        image_put directory "$SUITE_TMP/app" dir
        assert_error "^Failed to attach image 'app': Image '/var/lib/portables/app\.raw' is refused: /etc/systemd/portabled\.conf:3 tells no valid image policy, .*: Invalid image policy 'root=sined': there is no flag 'sined'$" \
                ctl attach app
        assert_missing /etc/systemd/system.attached
        host_run journalctl --sync
        assert_match "$(host_run journalctl -q -o cat -u systemd-portabled)" \
                'Refused to attach .*app\.raw.* /etc/systemd/portabled\.conf:3 '
        assert_ok ctl attach dir app
        assert_ok ctl detach dir
        assert_ok ctl list
        unconfigure
}

# An image that was attached before can be detached whatever the configuration has become.
test_detach_goes_on() {
        image_put squashfs "$SUITE_TMP/app" app
        assert_ok ctl attach app
        configure "$CONF" 'ImagePolicy=nonsense'
        assert_state app attached
        assert_ok ctl detach app
        assert_missing /etc/systemd/system.attached
        unconfigure
}

test_unknown_is_logged() {
        configure "$CONF" 'ImagePolice=root=signed'
        image_put squashfs "$SUITE_TMP/app" app
        assert_attachable app
        host_run journalctl --sync
        assert_match "$(host_run journalctl -q -o cat -u systemd-portabled)" \
                "^/etc/systemd/portabled\.conf:2: there is no setting 'ImagePolice', ignored$"
        unconfigure
}

# The packaged file says what is so without it.
test_packaged_file_is_the_default() {
        local file=/usr/local/lib/systemd/portabled.conf

        image_put squashfs "$SUITE_TMP/app" app
        assert_exists "$file"
        host_run sh -c "sed 's/^#ImagePolicy=/ImagePolicy=/' $file >$CONF"
        assert_attachable app
        unconfigure
}

# For a tree at rest the files in that tree count.
test_tree_at_rest() {
        local root=/srv/tree

        host_run mkdir -p "$root/var/lib/portables" "$root/etc/systemd"
        image_pack squashfs "$SUITE_TMP/app" "$HOST_ROOT$root/var/lib/portables/app.raw"
        configure "$root$CONF" 'ImagePolicy=root=signed'
        assert_error "app\.raw.* only: signed" ctl --root="$root" attach --profile=default app
        rm -r "${HOST_ROOT:?}$root"
}

# This kernel has no device-mapper. That is no leave to take an image unchecked that says what it should be.
test_verity_needs_the_kernel() {
        local policy message

        message="'/var/lib/portables/[a-z]*\\.raw': partition 1 \\(root for [^)]*\\) is protected by verity, which this kernel does not support"
        verity_key good
        image_inside "$SUITE_TMP/app" app good
        assert_error "$message" ctl inspect app
        run ctl verify app
        assert_eq "$STATUS" 2
        assert_match "$OUT" "$message"
        for policy in '' root=verity+signed+unprotected; do
                configure "$CONF" "ImagePolicy=$policy"
                assert_error "$message" ctl attach app
                assert_missing /etc/systemd/system.attached
        done
        # systemd 252 knows no policies: it starts such an image without a signature in it only.
        image_inside "$SUITE_TMP/app" app
        configure "$CONF" 'ImagePolicy=root=unprotected+absent:usr=unprotected+absent:=open'
        assert_ok ctl attach --now app
        assert_match "$ERR" "app\\.raw': the image policy does not let the verity data of its root partition be used: services use the partition without verity$"
        assert_unit app.service active
        assert_ok ctl detach --now app
        unconfigure
        image_put directory "$SUITE_TMP/app" app
        image_inside "$SUITE_TMP/ext" ext
        assert_error "$message" ctl attach --extension ext app
        assert_missing /etc/systemd/system.attached
        host_run rm /var/lib/portables/app.raw
}

suite_main "$@"
