#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# trees: no
#
# What an emulated machine (test/vm) gets to see of this machine: a clone below /tmp or /var/tmp, too, with all that is in
# it.

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"

# see PLACE: with a file system of its own there, as /tmp may be.
see() {
        local clone=$1/clone

        mount -t tmpfs -o mode=1777 tmpfs "$1"
        mkdir -p "$clone/build/vm" "$clone/test/vm/lib" "$1/other"
        touch "$clone/file" "$clone/test/vm/file" "$1/other/file"
        # shellcheck disable=SC2034
        MACHINE_SPOOL=$clone/build/spool MACHINE_LIB=$clone/test/vm/lib KERNEL_CACHE=$clone/build/vm
        MACHINE_FOLDERS=("$clone" "$clone/build/stage")
        mkdir "$MACHINE_SPOOL" "$clone/build/stage"
        machine_folders >"$clone/folders"
        exec bash "$SUITE_LIB/../vm/lib/lend" "$clone/folders" find "$1" -name file
}

test_folders_below_tmp() {
        local place

        for place in /tmp /var/tmp; do
                # Nothing of it is to be seen outside.
                assert_ok unshare --mount --propagation private bash -euc "
                        SUITE_LIB=$(realpath -- "$SUITE_LIB")
                        source \$SUITE_LIB/../vm/lib/machine.sh
                        $(declare -f see)
                        see $place"
                assert_eq "$(sort <<<"$OUT")" "$place/clone/file
$place/clone/test/vm/file"
        done
}

suite_main "$@"
