#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Images in layers, NAME.mstack/: what is read of them, listed and refused on any service manager; where it knows
# RootMStack= (260), that their services start from what was read, and on an older one that attach refuses.

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"

POOL=/var/lib/portables
PROFILES=(default nonetwork strict trusted)
ATTACH_OPTIONS=()

suite_setup() {
        suite_host
        VERSION=$(host_run systemctl --version | sed -n '1s/^systemd \([0-9]*\).*/\1/p')
        # The base has an older os-release and unit than the layer above it, and a file that this hides.
        image_tree "$SUITE_TMP/base" 'ID=old' 'VERSION_ID=0'
        image_unit "$SUITE_TMP/base" ms.service 'ExecStart=' 'ExecStart=/usr/bin/missing'
        mkdir -p "$SUITE_TMP/base/usr/share" "$SUITE_TMP/base/var/ms" "$SUITE_TMP/base/srv/bound"
        echo base >"$SUITE_TMP/base/usr/share/from"
        mkdir -p "$SUITE_TMP/top/usr/lib" "$SUITE_TMP/top/usr/lib/systemd/system" "$SUITE_TMP/top/usr/share"
        printf '%s\n' 'ID=ms' 'VERSION_ID=7' 'PORTABLE_PREFIXES=ms' >"$SUITE_TMP/top/usr/lib/os-release"
        image_unit "$SUITE_TMP/top" ms.service 'ExecStart=' 'ExecStart=/usr/bin/service read /usr/share/from /srv/bound/what'
        echo top >"$SUITE_TMP/top/usr/share/from"
        image_pack squashfs "$SUITE_TMP/base" "$SUITE_TMP/base.raw"
        image_pack squashfs "$SUITE_TMP/top" "$SUITE_TMP/top.raw"
        mkdir "$SUITE_TMP/bound"
        echo bound >"$SUITE_TMP/bound/what"
        image_pack squashfs "$SUITE_TMP/bound" "$SUITE_TMP/bound.raw"
}

# stack NAME ENTRY=WHAT...: an image in layers in the pool: copies of what suite_setup has made; "=" an empty directory,
# "=>PATH" a symlink.
stack() {
        local dir=$HOST_ROOT$POOL/$1.mstack part
        shift

        mkdir -p "$dir"
        for part in "$@"; do
                case ${part#*=} in
                '') mkdir "$dir/${part%%=*}" ;;
                '>'*) ln -s "${part#*=>}" "$dir/${part%%=*}" ;;
                *) cp -a "$SUITE_TMP/${part#*=}" "$dir/${part%%=*}" ;;
                esac
        done
}

# starts NAME WORD...: where the manager knows such images, each profile starts it, and its service has logged the words;
# where it does not, nothing is attached, and the service not run on the host's root.
starts() {
        starts_as "$1" "$POOL/$1.mstack" "${@:2}"
}

# starts_as NAME PATH WORD...: the same of one that lies elsewhere; in $ATTACH_OPTIONS is how to attach.
starts_as() {
        local name=$1 path=$2 profile word
        shift 2

        if [ "$VERSION" -lt 260 ]; then
                assert_error "Image '$path' is of type 'mstack', which needs service manager 260 or newer \(RootMStack=\), here is $VERSION$" \
                        ctl attach "${ATTACH_OPTIONS[@]}" "$name" ms
                assert_missing /etc/systemd/system.attached
                assert_missing /run/systemd/system.attached
                return
        fi
        for profile in "${PROFILES[@]}"; do
                assert_ok ctl attach "${ATTACH_OPTIONS[@]}" --now --profile="$profile" "$name" ms
                assert_eq "$(host_run systemctl show -P RootMStack ms.service)" "$path"
                assert_unit ms.service active
                for word in "$@"; do
                        assert_match "$(unit_log ms.service)" "$word"
                done
                assert_match "$(ctl is-attached "$name")" '^running'
                assert_ok ctl detach "${ATTACH_OPTIONS[@]}" --now "$name"
                assert_state "$name" detached
        done
}

test_list() {
        stack ms_1 layer@0=base layer@1=top
        stack ms_2 layer@0.raw=base.raw
        stack ms_3 layer@0=base
        stack ms_4 layer@0=base layer@1=top rw=
        run ctl list
        assert_match "$OUT" '^ms_1 +mstack +yes '
        assert_match "$OUT" '^ms_2 +mstack +yes '
        assert_match "$OUT" '^ms_3 +mstack +no '
        assert_match "$OUT" '^ms_4 +mstack +no '
        assert_match "$(ctl list --json=short)" '"type":"mstack"'
        assert_match "$(host_run busctl get-property org.freedesktop.portable1 /org/freedesktop/portable1/image/ms_5f1 \
                org.freedesktop.portable1.Image Type)" '^s "mstack"$'
        assert_error "Image '$POOL/ms_1.mstack' is in layers: " ctl read-only ms_1
        assert_error 'not a btrfs subvolume' ctl set-limit ms_1 1G
        assert_ok ctl remove ms_1
        assert_missing $POOL/ms_1.mstack
}

test_inspect() {
        stack ms_1 layer@9=base layer@10=top
        assert_ok ctl inspect ms_1
        assert_match "$OUT" 'ms 7|ms\.service'
        assert_ok ctl inspect --cat ms_1
        assert_match "$OUT" '^ID=ms$'
        assert_match "$OUT" 'ExecStart=/usr/bin/service read'
        [[ $OUT != */usr/bin/missing* ]] || assert_fail "the unit of the lower layer is shown"
        stack ms_2 layer@9.raw=base.raw layer@10.raw=top.raw
        assert_ok ctl inspect --cat ms_2
        assert_match "$OUT" '^ID=ms$'
        # By its order, "10" lies above "9": the other way round the base would hide the top.
        stack ms_3 layer@9=top layer@10=base
        assert_ok ctl inspect --cat ms_3
        assert_match "$OUT" '^ID=old$'
        # What the top says of the scope counts, too.
        mkdir -p "$SUITE_TMP/scope/usr/lib"
        printf '%s\n' 'ID=ms' 'PORTABLE_SCOPE=user' >"$SUITE_TMP/scope/usr/lib/os-release"
        stack ms_4 layer@0=base layer@1=top layer@2=scope
        assert_error 'is not for system services: PORTABLE_SCOPE=user' ctl attach ms_4
        # By path, and by a symlink of another name.
        assert_ok ctl inspect $POOL/ms_1.mstack
        ln -s ms_1.mstack "$HOST_ROOT$POOL/led"
        assert_match "$(ctl list)" '^led +mstack +yes '
        assert_ok ctl inspect led
        rm "$HOST_ROOT$POOL/led"
}

test_versions() {
        local PROFILES=(default)

        mkdir "$HOST_ROOT$POOL/ms.mstack.v"
        stack ms.mstack.v/ms_1 layer@0=base
        stack ms.mstack.v/ms_2 layer@0=base layer@1=top
        assert_match "$(ctl list)" '^ms +mstack +yes '
        assert_match "$(ctl inspect --cat ms)" '^ID=ms$'
        starts_as ms "$POOL/ms.mstack.v/ms_2.mstack" 'from: top'
        # Layers of versions, too.
        stack lv layer@0=base layer@1.raw.v=
        cp "$SUITE_TMP/top.raw" "$HOST_ROOT$POOL/lv.mstack/layer@1.raw.v/layer@1_2.raw"
        assert_match "$(ctl inspect --cat lv ms)" '^ID=ms$'
        starts lv 'from: top'
}

test_directories() {
        stack ms_1 layer@0=base layer@1=top
        starts ms_1 'from: top' 'bound/what: No such file'
}

test_disk_images() {
        stack ms_1 layer@0.raw=base.raw layer@1.raw=top.raw
        starts ms_1 'from: top'
        assert_eq "$(host_run sh -c 'losetup -l -n | grep -c ms_1 || true')" 0
}

test_both() {
        stack ms_1 layer@0.raw=base.raw layer@1=top
        starts ms_1 'from: top'
}

test_links_to_layers() {
        local PROFILES=(default)

        mkdir -p "$HOST_ROOT/srv/layers"
        cp -a "$SUITE_TMP/top" "$SUITE_TMP/base.raw" "$HOST_ROOT/srv/layers"
        stack ms_1 'layer@0.raw=>../../../../srv/layers/base.raw' 'layer@1=>/srv/layers/top'
        starts ms_1 'from: top'
        assert_ok ctl remove ms_1
        assert_exists /srv/layers/base.raw
        assert_exists /srv/layers/top/usr
        # A layer that is not there any more is named.
        stack ms_2 layer@0=base 'layer@1=>/srv/layers/gone'
        assert_error "Image '$POOL/ms_2\.mstack': its 'layer@1' is a symlink that leads nowhere$" ctl attach ms_2
        rm -r "$HOST_ROOT/srv/layers"
}

test_binds() {
        stack ms_1 layer@0=base layer@1=top bind@srv-bound=bound
        starts ms_1 'bound/what: bound'
        stack ms_2 layer@0=base layer@1=top robind@srv-bound=bound
        starts ms_2 'bound/what: bound'
}

test_root() {
        local PROFILES=("${PROFILES[@]}")

        mkdir -p "$SUITE_TMP/root"
        rm -rf "$SUITE_TMP/root/"*
        image_tree "$SUITE_TMP/root"
        rm -r "$SUITE_TMP/root/usr"
        mkdir "$SUITE_TMP/root/usr"
        stack ms_1 root=root layer@0=base layer@1=top
        starts ms_1 'from: top'
        stack ms_2 root=root layer@0.raw=base.raw layer@1=top
        PROFILES=(default)
        starts ms_2 'from: top'
}

# What rw has gathered is seen, and not written to by looking.
test_rw() {
        local pool=/run/portables PROFILES=("${PROFILES[@]}")

        host_run mkdir -p $pool/ms_1.mstack
        tar -C "$SUITE_TMP" -c base top | host_run tar -x --no-same-owner -C $pool/ms_1.mstack
        host_run sh -c "cd $pool/ms_1.mstack && mv base layer@0 && mv top layer@1 && mkdir rw"
        assert_ok ctl inspect ms_1
        assert_eq "$(host_run ls -A $pool/ms_1.mstack/rw)" ''
        host_run sh -c "mkdir -p $pool/ms_1.mstack/rw/data/usr/lib && echo ID=written >$pool/ms_1.mstack/rw/data/usr/lib/os-release"
        assert_match "$(ctl inspect --cat ms_1)" '^ID=written$'
        host_run rm -r $pool/ms_1.mstack/rw/data
        ATTACH_OPTIONS=(--runtime)
        starts_as ms_1 $pool/ms_1.mstack 'from: top'
        # Over disk images, too.
        host_run sh -c "cd $pool/ms_1.mstack && rm -r layer@0 layer@1"
        cp "$SUITE_TMP/base.raw" "$HOST_ROOT/srv/base.raw"
        cp "$SUITE_TMP/top.raw" "$HOST_ROOT/srv/top.raw"
        host_run sh -c "mv /srv/base.raw $pool/ms_1.mstack/layer@0.raw && mv /srv/top.raw $pool/ms_1.mstack/layer@1.raw"
        PROFILES=(default)
        starts_as ms_1 $pool/ms_1.mstack 'from: top'
        ATTACH_OPTIONS=()
        host_run rm -r $pool/ms_1.mstack
}

# Each layer with where it leads, in status and in verify, as text and as JSON.
test_layers_are_listed() {
        local listed

        cp -a "$SUITE_TMP/top" "$HOST_ROOT/srv/top"
        stack ms_1 layer@9=base 'layer@10=>/srv/top' 'layer@11=>../../../../srv/gone' robind@srv-bound=bound
        listed="Layer: $POOL/ms_1.mstack/layer@9
Layer: $POOL/ms_1.mstack/layer@10 (leads to /srv/top)
Layer: $POOL/ms_1.mstack/layer@11 (leads to $POOL/ms_1.mstack/../../../../srv/gone, which is not there)
Layer: $POOL/ms_1.mstack/robind@srv-bound"
        run ctl verify --manager=262 ms_1 ms
        assert_eq "$STATUS" 2
        assert_eq "$(grep '^Layer:' <<<"$OUT")" "$listed"
        assert_eq "$(grep -c 'leads nowhere' <<<"$OUT")" 1 'told once'
        run ctl verify --json=short --manager=262 ms_1 ms
        assert_eq "$("$SUITE_LIB/read-json" layers 0 <<<"$OUT")" "{\"name\":\"layer@9\",\"path\":\"$POOL/ms_1.mstack/layer@9\",\"missing\":false}"
        assert_eq "$("$SUITE_LIB/read-json" layers 1 path <<<"$OUT")" /srv/top
        assert_eq "$("$SUITE_LIB/read-json" layers 2 missing <<<"$OUT")" true
        assert_eq "$("$SUITE_LIB/read-json" findings 0 id <<<"$OUT")" layer-missing
        if [ "$VERSION" -ge 260 ]; then
                rm "$HOST_ROOT$POOL/ms_1.mstack/layer@11"
                assert_ok ctl attach ms_1
                assert_match "$(ctl status ms_1)" "^     Layer: $POOL/ms_1\.mstack/layer@10 \(leads to /srv/top\)$"
                run ctl status --json=short ms_1
                assert_eq "$("$SUITE_LIB/read-json" attachments 0 layers 1 missing <<<"$OUT")" false
                mv "$HOST_ROOT/srv/top" "$HOST_ROOT/srv/moved"
                assert_match "$(ctl status ms_1)" "^     Layer: $POOL/ms_1\.mstack/layer@10 \(leads to /srv/top, which is not there\)$"
                run ctl status --json=short ms_1
                assert_eq "$("$SUITE_LIB/read-json" attachments 0 layers 1 missing <<<"$OUT")" true
                assert_eq "$("$SUITE_LIB/read-json" attachments 0 layers 2 name <<<"$OUT")" robind@srv-bound
                assert_ok ctl detach ms_1
                rm -r "$HOST_ROOT/srv/moved"
        else
                rm -r "$HOST_ROOT/srv/top"
        fi
}

# One document of each verb, by the manager that takes the image and by one that does not.
test_json() {
        stack ms_1 layer@0=base layer@1=top
        assert_ok ctl --json=short list
        assert_eq "$("$SUITE_LIB/read-json" 0 name <<<"$OUT") $("$SUITE_LIB/read-json" 0 type <<<"$OUT")" 'ms_1 mstack'
        assert_eq "$("$SUITE_LIB/read-json" 0 read_only <<<"$OUT") $("$SUITE_LIB/read-json" 0 usage <<<"$OUT")" 'true null'
        assert_ok ctl --json=short inspect ms_1
        assert_eq "$("$SUITE_LIB/read-json" image <<<"$OUT")" "$POOL/ms_1.mstack"
        assert_eq "$("$SUITE_LIB/read-json" os_release ID <<<"$OUT")" ms
        assert_eq "$("$SUITE_LIB/read-json" units 0 name <<<"$OUT")" ms.service
        run ctl --json=short is-attached ms_1
        assert_eq "$("$SUITE_LIB/read-json" state <<<"$OUT")" detached
        run ctl --json=short attach ms_1
        if [ "$VERSION" -lt 260 ]; then
                assert_eq "$STATUS" 1
                assert_match "$("$SUITE_LIB/read-json" errors 0 message <<<"$OUT")" 'needs service manager 260'
                run ctl --json=short status ms_1
                assert_eq "$("$SUITE_LIB/read-json" attachments <<<"$OUT")" '[]'
                return
        fi
        assert_eq "$("$SUITE_LIB/read-json" errors <<<"$OUT")" '[]'
        assert_match "$("$SUITE_LIB/read-json" updated <<<"$OUT")" "\"source\":\"$POOL/ms_1\.mstack\""
        run ctl --json=short status ms_1
        assert_eq "$("$SUITE_LIB/read-json" attachments 0 paths <<<"$OUT")" "[\"$POOL/ms_1.mstack\"]"
        assert_eq "$("$SUITE_LIB/read-json" attachments 0 units 0 content <<<"$OUT")" same
        assert_ok ctl --json=short reattach ms_1
        assert_eq "$("$SUITE_LIB/read-json" errors <<<"$OUT")" '[]'
        assert_ok ctl --json=short detach ms_1
        assert_eq "$("$SUITE_LIB/read-json" errors <<<"$OUT")" '[]'
}

# finds NAME KIND SEVERITY: so says verify of a manager that knows such images, whatever runs here.
finds() {
        local i=0 id

        run ctl verify --json=short --manager=262 "$1" ms
        while id=$("$SUITE_LIB/read-json" findings "$i" id <<<"$OUT" 2>/dev/null); do
                if [ "$id" = "$2" ]; then
                        assert_eq "$("$SUITE_LIB/read-json" findings "$i" severity <<<"$OUT")" "$3" "severity of $2"
                        return
                fi
                i=$((i + 1))
        done
        assert_fail "verify finds no $2 in $1" "$OUT"
}

test_findings() {
        stack ms_1 layer@0=base
        finds ms_1 layer-writable warning
        stack ms_2 layer@0=base layer@1=top bind@srv-none=bound
        finds ms_2 layer-point error
        stack ms_3 layer@0=base layer@1=top rw=
        finds ms_3 layer-overlay error
        stack ms_4 layer@0=base layer@1=top robind@srv-bound.raw=bound.raw
        finds ms_4 layer-disk error
        cp "$SUITE_TMP/base.raw" "$HOST_ROOT/srv/base.raw"
        mkdir -p "$SUITE_TMP/sparse/usr"
        stack ms_5 root=sparse 'layer@0.raw=>/srv/base.raw' layer@1=top
        finds ms_5 layer-link error
        rm "$HOST_ROOT/srv/base.raw"
        finds ms_5 layer-missing error
        stack ms_6 layer@0=base layer@1.raw.v=
        finds ms_6 layer-missing error
        stack ms_7 layer@0=base layer@1=top
        run ctl verify --json=short --manager=262 ms_7 ms
        assert_no_match "$OUT" '"id":"layer-'
}

# Other versions, a layer that goes away, a command in the image.
test_attached() {
        stack ms_1 layer@0=base 'layer@1=>/srv/top'
        cp -a "$SUITE_TMP/top" "$HOST_ROOT/srv/top"
        stack ms_2 layer@0.raw=base.raw layer@1=top
        if [ "$VERSION" -lt 260 ]; then
                assert_error 'needs service manager 260' ctl exec ms_1 -- /usr/bin/service once
        else
                assert_ok ctl exec ms_1 -- /usr/bin/service once
                assert_match "$OUT" 'ID=ms'
                mkdir -p "$SUITE_TMP/sh/bin"
                echo 'int puts(const char *); int main(void) { return puts("shell of a layer") < 0; }' |
                        gcc -static -Os -o "$SUITE_TMP/sh/bin/sh" -x c -
                stack ms_3 layer@0=base layer@1=top layer@2=sh
                assert_ok ctl shell ms_3
                assert_eq "$OUT" 'shell of a layer'
                assert_ok ctl attach ms_1
                assert_ok ctl status ms_1
                assert_match "$OUT" "Image: $POOL/ms_1\.mstack"
                assert_no_match "$OUT" 'Unread'
                mv "$HOST_ROOT/srv/top" "$HOST_ROOT/srv/moved"
                assert_match "$(ctl status ms_1)" "Unread: .* its 'layer@1' is a symlink that leads nowhere"
                mv "$HOST_ROOT/srv/moved" "$HOST_ROOT/srv/top"
                assert_ok ctl exec ms_1 -- /usr/bin/service once
                assert_ok ctl reattach ms_2
                assert_eq "$(dropin ms.service | grep '^Root')" "RootMStack=$POOL/ms_2.mstack"
                assert_error 'is not detached' ctl remove ms_2
                assert_ok ctl detach ms_2
        fi
        rm -r "$HOST_ROOT/srv/top"
}

# The version of the manager in a tree at rest is that of its library; where there is none nothing is attached.
test_offline() {
        stack ms_1 layer@0=base layer@1=top
        if [ "$VERSION" -lt 260 ]; then
                assert_error 'needs service manager 260' ctl --root=/ attach --quiet ms_1
        else
                assert_ok ctl --root=/ attach ms_1
                assert_eq "$(dropin ms.service | grep '^Root')" "RootMStack=$POOL/ms_1.mstack"
                assert_ok ctl --root=/ detach ms_1
        fi
        mkdir -p "$HOST_ROOT/srv/tree$POOL" "$HOST_ROOT/srv/tree/usr/lib/systemd/portable/profile/default"
        touch "$HOST_ROOT/srv/tree/usr/lib/systemd/portable/profile/default/service.conf"
        cp -a "$HOST_ROOT$POOL/ms_1.mstack" "$HOST_ROOT/srv/tree$POOL"
        assert_match "$(ctl --root=/srv/tree list)" '^ms_1 +mstack +yes '
        assert_error 'needs service manager 260 or newer .*cannot be told' ctl --root=/srv/tree attach --quiet ms_1
        touch "$HOST_ROOT/srv/tree/usr/lib/systemd/libsystemd-shared-262.so"
        assert_ok ctl --root=/srv/tree attach ms_1
        assert_ok ctl --root=/srv/tree detach ms_1
        rm -r "$HOST_ROOT/srv/tree"
}

test_warnings() {
        stack ms_1 layer@0=base
        warns ms_1 "has but one layer, the directory 'layer@0'"
        stack ms_2 layer@0=base layer@1=top bind@srv-none=bound
        warns ms_2 "its 'bind@srv-none' is to be mounted at '/srv/none', which its layers do not have"
        stack ms_4 layer@0=base layer@1=top robind@srv-bound.raw=bound.raw
        warns ms_4 "its 'robind@srv-bound\.raw' is a disk image, which service managers do not mount at a place of its own"
        # The host's own root is an overlay.
        stack ms_3 layer@0=base layer@1=top rw=
        warns ms_3 "its 'rw' lies on an overlayfs"
}

warns() {
        run ctl attach --dry-run "$1"
        if [ "$VERSION" -ge 260 ]; then
                assert_eq "$STATUS" 0
                assert_match "$OUT$ERR" "$2"
        else
                assert_match "$ERR" 'needs service manager 260'
        fi
}

test_refused() {
        stack ms_1 layer@0=base usr=
        assert_error "Image '$POOL/ms_1\.mstack' has an entry 'usr', which is not one that an image in layers can have" ctl inspect ms_1
        stack ms_2
        assert_error "has no layer" ctl inspect ms_2
        stack ms_3 layer@0=base 'layer@1=>.'
        assert_error "'layer@1' leads to the image itself" ctl inspect ms_3
        stack ms_4 layer@0=base 'layer@1=>layer@2' 'layer@2=>layer@1'
        assert_error 'leads in a circle' ctl inspect ms_4
        stack ms_5 layer@0=base $'two\nlines='
        assert_error 'two\\x0alines' ctl inspect ms_5
        stack ms_6 layer@0=base
        (cd "$HOST_ROOT$POOL/ms_6.mstack" && seq -f 'layer@x%g' 10000 | xargs mkdir)
        assert_error 'more than 128 entries' ctl inspect ms_6
        stack ms_7 layer@0=base root=
        assert_error "directory /usr" ctl inspect ms_7
        stack ms_8 layer@0.raw=bound/what
        assert_error "its 'layer@0\.raw' cannot be used" ctl inspect ms_8
        run ctl list
        assert_eq "$STATUS" 0
        stack ms_9 layer@0=base
        image_simple "$HOST_ROOT$POOL/app" app
        assert_error "is in layers \(mstack\), and cannot be an extension" ctl attach --extension ms_9 app
}

# A user's own folder is not an image by its name alone.
test_remove_by_path() {
        mkdir -p "$HOST_ROOT/srv/x.mstack/precious"
        assert_error 'is not an image, refusing to remove it' ctl remove /srv/x.mstack
        assert_exists /srv/x.mstack/precious
        rm -r "$HOST_ROOT/srv/x.mstack/precious"
        mkdir "$HOST_ROOT/srv/x.mstack/layer@0"
        assert_ok ctl remove /srv/x.mstack
        assert_missing /srv/x.mstack
}

test_policy() {
        stack ms_1 layer@0.raw=base.raw layer@1=top
        host_run sh -c 'mkdir -p /etc/systemd && printf "[Portable]\nImagePolicy=root=verity:=absent\n" >/etc/systemd/portabled.conf'
        assert_error 'layer@0\.raw' ctl inspect ms_1
        host_run rm /etc/systemd/portabled.conf
        assert_ok ctl inspect ms_1
}

suite_main "$@"
