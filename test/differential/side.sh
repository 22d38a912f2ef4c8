#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# One of the two hosts that run-tests compares: boots it with ours or the distribution's own portabled and the same
# images, then hands standard input and output to in-host.sh in there. Started by compare.py.
#
# usage: side.sh ours|peer

set -euo pipefail

here=$(dirname -- "$(realpath -- "$0")")
side=$1
SUITE_TMP=$(mktemp -d "${TMPDIR:-/tmp}/portabled-differential.XXXXXX")
# shellcheck source=../lib/host.sh
source "$here/../lib/host.sh"
# shellcheck source=../lib/images.sh
source "$here/../lib/images.sh"

# Nobody shall see one that is about to end.
trap 'host_destroy; rm -rf "$SUITE_TMP"' EXIT
trap 'exit 143' TERM

# service TREE NAME: one that starts as often as it is told to.
service() {
        image_unit "$1" "$2" '[Unit]' 'StartLimitIntervalSec=0' '[Install]' 'WantedBy=multi-user.target'
}

put_images() {
        local tree=$SUITE_TMP/tree pool=$HOST_ROOT/var/lib/portables place

        image_tree "$tree/1" 'ID=app' 'VERSION_ID=1'
        cp -a "$tree/1" "$tree/2"
        image_tree "$tree/2" 'ID=app' 'VERSION_ID=2'
        image_tree "$tree/web" 'ID=web' 'VERSION_ID=1' 'PORTABLE_PREFIXES=web'
        for place in 1 2; do
                service "$tree/$place" app.service
                service "$tree/$place" app-of-$place.service
                service "$tree/$place" app-many@.service
        done
        service "$tree/web" web.service
        image_extension "$tree/layer" layer app
        service "$tree/layer" app-layer.service
        image_extension "$tree/raw" raw app

        image_pack directory "$tree/1" "$pool/app_1"
        image_pack squashfs "$tree/2" "$pool/app_2.raw"
        image_pack squashfs "$tree/web" "$pool/web.raw"
        for place in one two; do
                image_pack directory "$tree/1" "$HOST_ROOT/opt/$place/app_1"
        done
        image_pack directory "$tree/layer" "$HOST_ROOT/srv/layer"
        image_pack squashfs "$tree/raw" "$HOST_ROOT/srv/raw.raw"
}

options=()
[ "$side" = ours ] || options=(--peer --no-install)
[ -z "${PORTABLED_TEST_TREE:-}" ] || options+=("--tree=$PORTABLED_TEST_TREE")
host_new "${options[@]}"
put_images
cp "$here/in-host.sh" "$HOST_ROOT/root/"
host_boot
# No exec: the host lasts as long as this shell.
HOST_TIMEOUT=0 host_run bash /root/in-host.sh
