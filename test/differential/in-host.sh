#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Runs in either host of the differential test: reads commands, a line each, and tells after each one what there is now.
# "reset" takes away all that is attached. An answer ends with a line "=".

export LC_ALL=C.UTF-8
ATTACHED=(/etc/systemd/system.attached /run/systemd/system.attached)
LINKED=(/etc/portables /run/portables)
IMAGES=(app_1 app_2 web /opt/one/app_1 /opt/two/app_1)
UNITS=(app.service app-of-1.service app-of-2.service app-many@x.service app-layer.service web.service)

reset() {
        # By patterns: one that is not there is not in the way of the others. The daemon, too: it shall not be in the middle
        # of something.
        systemctl stop 'app*' 'web*' systemd-portabled.service
        rm -rf "${ATTACHED[@]}" "${LINKED[@]}" /etc/systemd/system.attached
        find /etc/systemd/system -type l '(' -name 'app*' -o -name 'web*' ')' -delete
        systemctl daemon-reload
        systemctl reset-failed
}

# The names of profiles are those of whose they are; a copy of an image is one thing.
files() {
        find "${ATTACHED[@]}" -mindepth 1 -printf 'file %y %p %l\n'
        find "${LINKED[@]}" -mindepth 1 -maxdepth 1 -printf 'file %y %p %l\n'
        find /etc/systemd/system -mindepth 2 '(' -name 'app*' -o -name 'web*' ')' -printf 'file %y %p %l\n'
}

# What the drop-ins say of images, which is what makes them this or that one.
dropins() {
        grep -rE --include=20-portable.conf \
                '^(# Drop-in |RootDirectory=|RootImage=|Extension(Images|Directories)=|Environment=PORTABLE=)' "${ATTACHED[@]}" |
                sed 's,^\([^:]*\):,says \1 ,'
}

states() {
        local image

        for image in "${IMAGES[@]}"; do
                printf 'state %s %s\n' "$image" "$(busctl call org.freedesktop.portable1 /org/freedesktop/portable1 \
                        org.freedesktop.portable1.Manager GetImageState s "$image" 2>/dev/null || echo failed)"
        done
}

units() {
        systemctl show -p Id,LoadState,ActiveState,UnitFileState "${UNITS[@]}" |
                awk -v RS= '{ gsub("\n", " "); print "unit", $0 }'
}

observe() {
        {
                files
                dropins
                states
                units
        } 2>/dev/null | sed 's,/usr/local/lib/systemd/portable/,/usr/lib/systemd/portable/,; s/ *$//' | sort
}

while IFS= read -r line; do
        if [ "$line" = reset ]; then
                reset >/dev/null 2>&1
        else
                eval "timeout 300 $line" >/dev/null 2>/run/said </dev/null
                printf 'status %d\n' $?
                sed 's/^/said /' /run/said
        fi
        observe
        echo '='
done
