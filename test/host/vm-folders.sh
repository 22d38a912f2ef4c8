#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# trees: no
#
# What an emulated machine (test/vm) gets to see of this machine: a clone below /tmp, too, with all that is in it.

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"
# shellcheck source=../vm/lib/machine.sh
source "$SUITE_LIB/../vm/lib/machine.sh"

test_folders_below_tmp() {
        local clone=$SUITE_TMP/clone

        [[ $SUITE_TMP == /tmp/* ]] || assert_fail "$SUITE_TMP is not below /tmp"
        mkdir -p "$clone/build/vm" "$clone/test/vm/lib" "$SUITE_TMP/other"
        touch "$clone/file" "$clone/test/vm/file" "$SUITE_TMP/other/file"
        MACHINE_SPOOL=$clone/build/spool
        MACHINE_LIB=$clone/test/vm/lib
        KERNEL_CACHE=$clone/build/vm
        MACHINE_FOLDERS=("$clone" "$clone/build/stage")
        mkdir "$MACHINE_SPOOL" "$clone/build/stage"
        machine_folders >"$SUITE_TMP/folders"
        assert_ok unshare --mount --propagation private bash "$SUITE_LIB/../vm/lib/lend" "$SUITE_TMP/folders" \
                find "$SUITE_TMP" -name file
        assert_eq "$(sort <<<"$OUT")" "$clone/file
$clone/test/vm/file"
        MACHINE_SPOOL=
}

suite_main "$@"
