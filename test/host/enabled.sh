#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Whether an attached unit counts as enabled is mostly told from files, without asking the service manager unit
# by unit. Here it is compared with what the service manager itself says, for all ways in which a unit can be
# enabled or seem so; except for links beside the attached units, which it follows and does not count.

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"

ATTACHED=/etc/systemd/system.attached
SYSTEM=/etc/systemd/system
RUNTIME=/run/systemd/system
PLAIN=$'[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n'

# unit NAME [TEXT]: a unit attached for an image of its own, called as the unit without suffix.
unit() {
        local name=$1 image=${1%.*}

        mkdir -p "$DIR$ATTACHED/$name.d"
        printf "# Drop-in created for image '/var/lib/portables/%s', do not edit.\n" "$image" \
                >"$DIR$ATTACHED/$name.d/20-portable.conf"
        printf '%s' "${2-$PLAIN}" >"$DIR$ATTACHED/$name"
        NAMES+=("$name")
}

# link PATH [TARGET]
link() {
        mkdir -p "$DIR${1%/*}"
        ln -s "${2:-$ATTACHED/${1##*/}}" "$DIR$1"
}

# put PATH TEXT
put() {
        mkdir -p "$DIR${1%/*}"
        printf '%s' "$2" >"$DIR$1"
}

make_units() {
        unit plain.service
        unit static.service $'[Service]\nExecStart=/bin/true\n'
        unit empty.service ''
        unit also.service $'[Service]\nExecStart=/bin/true\n[Install]\nAlso=plain.service\n'
        unit unclosed.service $'[Service\nExecStart=/bin/true\n'
        unit binary.service $'[Service]\nExecStart=/bin/\xff\n'
        unit tpl@.service
        unit gone.service
        rm "$DIR$ATTACHED/gone.service"
}

make_links() {
        unit wants.service
        link "$SYSTEM/multi-user.target.wants/wants.service"
        unit requires.service
        link "$SYSTEM/multi-user.target.requires/requires.service"
        unit upholds.service
        link "$SYSTEM/multi-user.target.upholds/upholds.service"
        unit runtime.service
        link "$RUNTIME/multi-user.target.wants/runtime.service"
        unit dangling.service
        link "$SYSTEM/multi-user.target.wants/dangling.service" /nowhere/dangling.service
        unit own.service
        link "$ATTACHED/multi-user.target.wants/own.service"
        unit runown.service
        link "/run/systemd/system.attached/multi-user.target.wants/runown.service"
        unit owntpl@.service
        link "$ATTACHED/multi-user.target.wants/owntpl@a.service" "$ATTACHED/owntpl@.service"
        unit ownalias.service
        link "$ATTACHED/thealias.service" "$ATTACHED/ownalias.service"
        unit vendor.service
        link "/usr/lib/systemd/system/multi-user.target.wants/vendor.service"
        unit renamed.service
        link "$SYSTEM/multi-user.target.wants/zzz.service" "$ATTACHED/renamed.service"
        unit file.service
        put "$SYSTEM/multi-user.target.wants/file.service" x
        unit one@.service
        link "$SYSTEM/multi-user.target.wants/one@a.service" "$ATTACHED/one@.service"
}

make_shadows() {
        unit masked.service
        link "$SYSTEM/masked.service" /dev/null
        unit maskedwants.service
        link "$SYSTEM/maskedwants.service" /dev/null
        link "$SYSTEM/multi-user.target.wants/maskedwants.service"
        unit runmasked.service
        link "$RUNTIME/runmasked.service" /dev/null
        unit shadowed.service
        put "$SYSTEM/shadowed.service" $'[Service]\nExecStart=/bin/true\n[Install]\nAlso=x.service\n'
        unit shadowing.service
        put /usr/lib/systemd/system/shadowing.service $'[Service]\nExecStart=/bin/true\n[Install]\nAlso=x.service\n'
        unit alias.service $'[Service]\nExecStart=/bin/true\n[Install]\nAlias=other.service\n'
        link "$SYSTEM/other.service" "$ATTACHED/alias.service"
        unit linked.service
        rm "$DIR$ATTACHED/linked.service"
        put /srv/linked.service "$PLAIN"
        link "$ATTACHED/linked.service" /srv/linked.service
        unit nowhere.service
        rm "$DIR$ATTACHED/nowhere.service"
        link "$ATTACHED/nowhere.service" /srv/nowhere.service
        unit dropin.service $'[Service]\nExecStart=/bin/true\n'
        put "$SYSTEM/dropin.service.d/x.conf" $'[Install]\nAlso=plain.service\n'
}

# Prints NAME STATE for each, as the service manager tells it.
manager_states() {
        host_run busctl --json=short call org.freedesktop.systemd1 /org/freedesktop/systemd1 \
                org.freedesktop.systemd1.Manager ListUnitFiles |
                /usr/bin/python3 -c 'import json, sys
for path, state in json.load(sys.stdin)["data"][0]:
    print(path.rsplit("/", 1)[-1], state)'
}

test_state_is_the_service_managers() {
        local name state expected DIR=$SUITE_TMP/files enabled=0
        local -a NAMES=()
        local -A states=()

        make_units
        make_links
        make_shadows
        tar -C "$DIR" -c . | host_run tar -C / --no-overwrite-dir -x
        while read -r name state; do
                states[$name]=$state
        done < <(manager_states)
        for name in "${NAMES[@]}"; do
                expected=attached
                case ${states[$name]:-} in
                '' | static | disabled | linked | linked-runtime) ;;
                *) expected=enabled enabled=$((enabled + 1)) ;;
                esac
                case $name in
                own.service | runown.service | owntpl@.service | ownalias.service) expected=enabled ;;
                esac
                printf '%s: %s\n' "$name" "${states[$name]:-no file}"
                assert_state "${name%.*}" "$expected"
        done
        # Both kinds must be there, or the comparison is worth nothing.
        assert_eq "$((enabled > 10 && enabled < ${#NAMES[@]} - 5))" 1 "$enabled of ${#NAMES[@]} are enabled"
        tar -C "$DIR" -c . | tar -t | sed -n '/[^/]$/s,^\.,,p' | host_run xargs rm -f
        host_run find "$ATTACHED" "$SYSTEM" "$RUNTIME" /run/systemd/system.attached /usr/lib/systemd/system \
                -mindepth 1 -type d -empty -delete
        host_run rmdir "$ATTACHED" /run/systemd/system.attached
}

suite_main "$@"
