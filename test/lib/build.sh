# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# Builds the project and installs it into a staging tree, from which test hosts take it.
# Sourced by test/run, test/shell and test/demo.

BUILD_SOURCE=$(realpath -- "$(dirname -- "${BASH_SOURCE[0]}")/../..")

# build_compile DIR [MESON_OPTION...]: configures DIR (as far as needed) and compiles.
build_compile() {
        local dir=$1

        if [ -e "$dir/build.ninja" ]; then
                [ $# -eq 1 ] || meson configure "$dir" "${@:2}" || return
        else
                meson setup "$dir" "$BUILD_SOURCE" "${@:2}" || return
        fi
        meson compile -C "$dir"
}

# build_stage DIR: installs what DIR holds into DIR/stage, anew, and names it in PORTABLED_TEST_STAGE.
build_stage() {
        local dir

        dir=$(realpath -- "$1") || return
        rm -rf "$dir/stage"
        mkdir "$dir/stage" || return
        DESTDIR=$dir/stage meson install -C "$dir" --no-rebuild --quiet || return
        export PORTABLED_TEST_STAGE=$dir/stage
}
