# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# Builds the project and installs it into a staging tree, from which test hosts take it.
# Sourced by test/run, test/shell and test/demo.

BUILD_SOURCE=$(realpath -- "$(dirname -- "${BASH_SOURCE[0]}")/../..")

# build_configure DIR [MESON_OPTION...]: makes the build folder, or sees to it that it has these options.
build_configure() {
        local dir=$1
        shift

        if [ ! -e "$dir/build.ninja" ]; then
                meson setup "$dir" "$BUILD_SOURCE" "$@" || return
        elif [ $# -gt 0 ] && [ "$(cat "$dir/configured" 2>/dev/null)" != "$*" ]; then
                # Not each time: it makes ninja begin with the whole configuration.
                meson configure "$dir" "$@" || return
        fi
        [ $# -eq 0 ] || printf '%s\n' "$*" >"$dir/configured"
}

# build_compile DIR [MESON_OPTION...]: configures DIR (as far as needed) and compiles.
build_compile() {
        build_configure "$@" && meson compile -C "$1"
}

# build_compile_installed DIR [MESON_OPTION...]: the same, only what is installed: all that a host needs.
build_compile_installed() {
        local -a targets

        build_configure "$@" || return
        mapfile -t targets < <(meson introspect --targets "$1" | /usr/bin/python3 -c '
import json, os, sys
for target in json.load(sys.stdin):
    if target["installed"]:
        print(*(os.path.relpath(path, sys.argv[1]) for path in target["filename"]), sep="\n")' "$(realpath -- "$1")")
        [ ${#targets[@]} -gt 0 ] && ninja -C "$1" "${targets[@]}"
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
