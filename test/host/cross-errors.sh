#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Error names, which programs look for: for each call what ours answers and what the peer does.
#
# A line of a table: our answer; the peer's ("=" for the same, else one for all versions, or three for 252,257,262);
# the call (manager METHOD..., image OBJECT METHOD..., log PROPERTY...); and where the newest peer differs, the reason
# behind a "#". Each call begins with nothing attached, unless the table says otherwise.

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"
# shellcheck source=../lib/peer.sh
source "$SUITE_LIB/peer.sh"

# shellcheck disable=SC2034 # suite.sh's
SUITE_WHOLE=(contents matches extensions attach_and_detach attached image_objects)

# Run in the host: reads calls, a line each, and prints the error name of each, or "ok".
# shellcheck disable=SC2016
CALLER='
while read -r kind line; do
        eval "set -- $line"
        path=/org/freedesktop/portable1 verb=call
        case $kind in
        manager) interface=org.freedesktop.portable1.Manager ;;
        image) path+=/image/$1 interface=org.freedesktop.portable1.Image; shift ;;
        log) path=/org/freedesktop/LogControl1 interface=org.freedesktop.LogControl1 verb=set-property ;;
        esac
        out=$(SYSTEMD_LOG_LEVEL=debug SYSTEMD_LOG_TARGET=console busctl "$verb" org.freedesktop.portable1 \
                "$path" "$interface" "$@" 2>&1 </dev/null) && echo ok ||
                grep -oE "error-name=[^ ]+" <<<"$out" | tail -n 1 | cut -d = -f 2
        [ "$KEEP" ] || rm -rf /etc/systemd/system.attached /run/systemd/system.attached /etc/portables /run/portables
done'

suite_setup() {
        local tree=$SUITE_TMP

        peer_host
        image_simple "$tree/app" app 'ID=app' 'VERSION_ID=1'
        image_simple "$tree/no-id" no-id 'NAME=x'
        image_tree "$tree/no-units" 'ID=x'
        image_simple "$tree/user" user 'ID=x' 'PORTABLE_SCOPE=user'
        image_simple "$tree/scope" scope 'ID=x' 'PORTABLE_SCOPE=nonsense'
        image_simple "$tree/strict" strict 'ID=x' 'PORTABLE_PREFIXES=strict'
        image_unit "$tree/strict" other.service
        image_simple "$tree/dbus" dbus 'ID=x'
        image_simple "$tree/active" active 'ID=x'
        image_extension "$tree/ext" ext app 'VERSION_ID=1'
        image_extension "$tree/foreign" foreign else 'VERSION_ID=1'
        image_extension "$tree/misnamed" otherwise app 'VERSION_ID=1'
        mkdir -p "$HOST_ROOT/usr/lib/portables"
        image_pack directory "$tree/app" "$HOST_ROOT/usr/lib/portables/vendor"
        image_pack squashfs "$tree/app" "$HOST_ROOT/usr/lib/portables/vendor-raw.raw"
        host_run systemd-run -q --unit=active.service sleep infinity
        daemon ours
}

put_images() {
        local name

        for name in no-id no-units user scope strict dbus active ext foreign misnamed; do
                image_put directory "$SUITE_TMP/$name" "$name"
        done
        image_put directory "$SUITE_TMP/app" app_1
        image_put squashfs "$SUITE_TMP/app" raw_1
        image_pack directory "$SUITE_TMP/app" "$HOST_ROOT/srv/out_1"
        host_run sh -c 'cd /var/lib/portables && mkdir empty && truncate -s 4M zeros.raw && echo x >short.raw &&
                : >nothing.raw && ln -s /nosuch dangling && : >/srv/no-suffix && mkfifo /srv/fifo'
}

remove_images() {
        host_run sh -c 'chattr -f -i /var/lib/portables/app_1; rm -rf /var/lib/portables/* /srv/*'
}

full_name() {
        case $1 in
        NoSuchImage | BadImageType | NoMatchingUnitFiles) printf 'org.freedesktop.portable1.%s\n' "$1" ;;
        UnitExists | NoSuchUnit) printf 'org.freedesktop.systemd1.%s\n' "$1" ;;
        E*) printf 'System.Error.%s\n' "$1" ;;
        ok) echo ok ;;
        *) printf 'org.freedesktop.DBus.Error.%s\n' "$1" ;;
        esac
}

# peers_name OURS COLUMN: the peer's answer according to the second column.
peers_name() {
        local -a names
        local name

        IFS=, read -ra names <<<"$2"
        case ${#names[@]}:$PEER_VERSION in
        1:* | 3:252) name=${names[0]} ;;
        3:257) name=${names[1]} ;;
        *) name=${names[2]} ;;
        esac
        [ "$name" != = ] || name=$1
        full_name "$name"
}

# answers_of WHO SETUP: the answers to the calls on standard input, a line each, SETUP attached before.
answers_of() {
        put_images
        daemon "$1"
        # shellcheck disable=SC2086
        [ -z "$2" ] || host_run portablectl -q $2
        host_run env KEEP="$2" bash -c "$CALLER"
        [ -z "$2" ] || host_run portablectl -q detach --now app_1
        remove_images
}

# compare [SETUP]: the table on standard input; SETUP is a command line of portablectl that attaches app_1 first.
compare() {
        local wanted theirs call who i wrong=''
        local -a expected=() peers=() calls=() answers

        while read -r wanted theirs call; do
                [[ $theirs == *= || $call == *' # '* ]] || assert_fail "a difference without a reason: $call"
                expected+=("$(full_name "$wanted")")
                peers+=("$(peers_name "$wanted" "$theirs")")
                calls+=("${call%% # *}")
        done
        for who in ours peer; do
                [ "$who" = ours ] || expected=("${peers[@]}")
                printf '%s\n' "${calls[@]}" >"$SUITE_TMP/calls"
                answers_of $who "${1:-}" <"$SUITE_TMP/calls" >"$SUITE_TMP/answers"
                mapfile -t answers <"$SUITE_TMP/answers"
                for i in "${!calls[@]}"; do
                        [ "${answers[i]:-nothing}" = "${expected[i]}" ] ||
                                wrong+="$who: ${calls[i]}: ${answers[i]:-nothing} and not ${expected[i]}"$'\n'
                done
        done
        daemon ours
        assert_eq "$wrong" ''
}

test_image_argument() {
        compare <<'END'
NoSuchImage  = manager GetImage s nosuch
NoSuchImage  = manager GetImage s .hidden
InvalidArgs  = manager GetImage s ""
InvalidArgs  = manager GetImage s a/b
InvalidArgs  = manager GetImage s /srv/out_1
NoSuchImage  = manager GetImageOSRelease s nosuch
NoSuchImage  = manager GetImageOSRelease s app_1.raw
NoSuchImage  = manager GetImageOSRelease s dangling
InvalidArgs  = manager GetImageOSRelease s ""
InvalidArgs  = manager GetImageOSRelease s a/b
InvalidArgs  = manager GetImageOSRelease s .
InvalidArgs  = manager GetImageOSRelease s ..
InvalidArgs  = manager GetImageOSRelease s .#lock
InvalidArgs  = manager GetImageOSRelease s /srv//out_1
InvalidArgs  = manager GetImageOSRelease s /srv/./out_1
InvalidArgs  = manager GetImageOSRelease s /srv/../srv/out_1
ok           = manager GetImageOSRelease s /srv/out_1/
InvalidArgs ok manager GetImageOSRelease s / # the host is not a portable service
FileNotFound = manager GetImageOSRelease s /nosuch
FileNotFound = manager GetImageOSRelease s /nosuch.raw
BadImageType = manager GetImageOSRelease s /srv/no-suffix
BadImageType = manager GetImageOSRelease s /srv/fifo
BadImageType = manager GetImageOSRelease s /dev/null
ok           = manager GetImageState s nosuch
ok           = manager GetImageState s ""
ok           = manager GetImageState s a/b
ok           = manager GetImageState s /nosuch
ok           = manager GetImageState s /srv//out_1
END
}

test_contents() {
        compare <<'END'
InvalidArgs ENOPKG manager GetImageOSRelease s zeros # one name for what cannot be read, whatever the method
InvalidArgs = manager GetImageMetadata sas zeros 0
InvalidArgs = manager GetImageMetadata sas short 0
InvalidArgs = manager GetImageMetadata sas nothing 0
InvalidArgs = manager AttachImage sassbs zeros 0 default false ""
InvalidArgs = manager AttachImage sassbs short 0 default false ""
InvalidArgs ok manager GetImageOSRelease s empty # no os-release is not an empty one
InvalidArgs = manager GetImageMetadata sas empty 0
InvalidArgs = manager AttachImage sassbs empty 0 default false ""
ok          = manager GetImageOSRelease s no-id
ok          = manager GetImageMetadata sas no-id 0
InvalidArgs ESTALE manager AttachImage sassbs no-id 0 default false "" # nothing is stale here
NoMatchingUnitFiles InvalidArgs,InvalidArgs,= manager GetImageMetadata sas no-units 0
NoMatchingUnitFiles InvalidArgs,InvalidArgs,= manager AttachImage sassbs no-units 0 default false ""
ok          = manager GetImageMetadata sas user 0
InvalidArgs ok,ok,= manager AttachImage sassbs user 0 default false ""
InvalidArgs ok,ok,= manager AttachImage sassbs scope 0 default false ""
END
}

test_matches() {
        compare <<'END'
NoMatchingUnitFiles InvalidArgs,InvalidArgs,= manager GetImageMetadata sas app_1 1 nope
NoMatchingUnitFiles InvalidArgs,InvalidArgs,= manager GetImageMetadata sas app_1 1 a/b
NoMatchingUnitFiles InvalidArgs,InvalidArgs,= manager AttachImage sassbs app_1 1 nope default false ""
NoMatchingUnitFiles InvalidArgs,InvalidArgs,= manager AttachImage sassbs app_1 1 "" default false ""
NoMatchingUnitFiles InvalidArgs,InvalidArgs,= manager AttachImage sassbs app_1 1 - default false ""
ok          = manager GetImageMetadata sas strict 0
InvalidArgs = manager AttachImage sassbs strict 1 other default false ""
InvalidArgs = manager AttachImage sassbs strict 2 strict other default false ""
ok          = manager AttachImage sassbs strict 1 strict default false ""
END
}

test_options() {
        compare <<'END'
InvalidArgs = manager AttachImage sassbs app_1 0 default false nonsense
InvalidArgs = manager AttachImage sassbs app_1 0 default false auto
ok InvalidArgs,=,= manager AttachImage sassbs app_1 0 default false mixed
ok          = manager AttachImage sassbs app_1 0 default false symlink
ok          = manager AttachImage sassbs app_1 0 "" false ""
InvalidArgs ok manager AttachImage sassbs app_1 0 nosuch false "" # a profile that is not there confines nothing
InvalidArgs ok manager AttachImage sassbs app_1 0 ../default false "" # a profile that is not there confines nothing
InvalidArgs = manager ReattachImage sassbs app_1 0 default false nonsense
InvalidArgs = manager AttachImageWithExtensions sasassst app_1 0 0 default "" 8
InvalidArgs = manager DetachImageWithExtensions sast app_1 0 8
InvalidArgs = manager ReattachImageWithExtensions sasassst app_1 0 0 default "" 8
InvalidArgs = manager GetImageMetadataWithExtensions sasast app_1 0 0 8
ok          = manager GetImageMetadataWithExtensions sasast app_1 0 0 7
InvalidArgs = manager GetImageStateWithExtensions sast app_1 0 1
InvalidArgs = manager GetImageStateWithExtensions sast app_1 0 2
InvalidArgs = manager GetImageStateWithExtensions sast app_1 0 4
UnknownMethod = manager Nope
InvalidArgs = manager GetImage i 3
InvalidArgs = manager AttachImage sassb app_1 0 default false
InvalidArgs = log LogLevel s nonsense
InvalidArgs = log LogTarget s nonsense
PropertyReadOnly = log SyslogIdentifier s nonsense
END
}

# Of an extension ours says what it says of any image.
test_extensions() {
        compare <<'END'
ok           = manager GetImageMetadataWithExtensions sasast app_1 1 ext 0 0
ok           = manager AttachImageWithExtensions sasassst app_1 1 ext 0 default "" 0
ok           = manager AttachImageWithExtensions sasassst app_1 1 /var/lib/portables/ext/ 0 default "" 0
NoSuchImage  FileNotFound manager GetImageMetadataWithExtensions sasast app_1 1 nosuch 0 0 # there is a name for it
NoSuchImage  FileNotFound manager AttachImageWithExtensions sasassst app_1 1 nosuch 0 default "" 0 # there is a name for it
FileNotFound = manager AttachImageWithExtensions sasassst app_1 1 /nosuch 0 default "" 0
InvalidArgs  FileNotFound manager AttachImageWithExtensions sasassst app_1 1 a/b 0 default "" 0 # as for the image itself
BadImageType EMEDIUMTYPE manager AttachImageWithExtensions sasassst app_1 1 /srv/no-suffix 0 default "" 0 # there is a name for it
InvalidArgs  = manager AttachImageWithExtensions sasassst app_1 1 zeros 0 default "" 0
InvalidArgs  =,FileNotFound,FileNotFound manager AttachImageWithExtensions sasassst app_1 1 empty 0 default "" 0 # there is such a file, it is not an extension
ok           = manager GetImageMetadataWithExtensions sasast app_1 1 foreign 0 0
InvalidArgs  ESTALE manager AttachImageWithExtensions sasassst app_1 1 foreign 0 default "" 0 # nothing is stale here
InvalidArgs  =,FileNotFound,FileNotFound manager AttachImageWithExtensions sasassst app_1 1 misnamed 0 default "" 0 # there is such a file, it does not fit
ok           InvalidArgs,FileNotFound,= manager AttachImageWithExtensions sasassst app_1 1 misnamed 0 default "" 4
FileExists   = manager AttachImageWithExtensions sasassst app_1 2 ext ext 0 default "" 0
ok           = manager GetImageStateWithExtensions sast app_1 1 nosuch 0
NoSuchUnit   = manager DetachImageWithExtensions sast app_1 1 nosuch 0
END
}

test_attach_and_detach() {
        compare <<'END'
NoSuchImage  = manager AttachImage sassbs nosuch 0 default false ""
FileNotFound = manager AttachImage sassbs /nosuch 0 default false ""
BadImageType = manager AttachImage sassbs /dev/null 0 default false ""
InvalidArgs  = manager AttachImage sassbs /srv//out_1 0 default false ""
ok           = manager AttachImage sassbs /srv/out_1/ 1 app default false ""
UnitExists   = manager AttachImage sassbs dbus 0 default false ""
UnitExists   = manager AttachImage sassbs active 0 default false ""
NoSuchUnit   = manager DetachImage sb nosuch false
NoSuchUnit   = manager DetachImage sb app_1 false
NoSuchUnit   = manager DetachImage sb /nosuch false
InvalidArgs  NoSuchUnit manager DetachImage sb "" false # as for attach
InvalidArgs  NoSuchUnit manager DetachImage sb a/b false # as for attach
InvalidArgs  NoSuchUnit manager DetachImage sb /srv//out_1 false # as for attach
NoSuchImage  = manager ReattachImage sassbs nosuch 0 default false ""
NoSuchUnit   = manager ReattachImage sassbs app_1 0 default false ""
END
}

test_attached() {
        compare 'attach app_1' <<'END'
UnitExists = manager AttachImage sassbs app_1 0 default false ""
UnitExists = manager AttachImage sassbs raw_1 1 app default true ""
NoSuchUnit = manager DetachImage sb app_1 true
EBUSY      = manager RemoveImage s app_1
EBUSY      = image app_5f1 Remove
END
}

test_running() {
        compare 'attach --now app_1' <<'END'
UnitExists = manager DetachImage sb app_1 false
UnitExists = image app_5f1 Detach b false
EBUSY      = image app_5f1 Remove
END
}

test_management() {
        compare <<'END'
NoSuchImage  = manager RemoveImage s nosuch
InvalidArgs  = manager RemoveImage s ""
InvalidArgs  = manager RemoveImage s /srv//out_1
FileNotFound = manager RemoveImage s /nosuch
BadImageType = manager RemoveImage s /srv/no-suffix
BadImageType = manager RemoveImage s /dev/null
EROFS        = manager RemoveImage s vendor
EROFS        = manager RemoveImage s vendor-raw
NoSuchImage  = manager MarkImageReadOnly sb nosuch true
FileNotFound = manager MarkImageReadOnly sb /nosuch true
BadImageType = manager MarkImageReadOnly sb /srv/no-suffix true
EROFS        = manager MarkImageReadOnly sb vendor true
EROFS        = manager MarkImageReadOnly sb vendor-raw true
ok           = manager MarkImageReadOnly sb raw_1 true
ok AccessDenied manager MarkImageReadOnly sb app_1 true # the peer's service lacks the capability
NoSuchImage  = manager SetImageLimit st nosuch 1000000
FileNotFound = manager SetImageLimit st /nosuch 1000000
NotSupported = manager SetImageLimit st app_1 1000000
NotSupported = manager SetImageLimit st raw_1 1000000
NotSupported = manager SetPoolLimit t 1000000
END
}

test_image_objects() {
        compare <<'END'
NoSuchImage  = image nosuch GetState
NoSuchImage  = image nosuch Remove
NoSuchImage  = image nosuch Attach assbs 0 default false ""
InvalidArgs  = image a_2fb GetState
InvalidArgs  = image _2fsrv_2fout_5f1 GetState
InvalidArgs  = image _2fsrv_2fout_5f1 Remove
NoMatchingUnitFiles InvalidArgs,InvalidArgs,= image app_5f1 Attach assbs 1 nope default false ""
NoMatchingUnitFiles InvalidArgs,InvalidArgs,= image app_5f1 GetMetadata as 1 nope
InvalidArgs  = image app_5f1 Attach assbs 0 default false nonsense
InvalidArgs  = image app_5f1 AttachWithExtensions asassst 0 0 default "" 8
NoSuchImage  FileNotFound image app_5f1 AttachWithExtensions asassst 1 nosuch 0 default "" 0 # there is a name for it
NoSuchImage  FileNotFound image app_5f1 GetMetadataWithExtensions asast 1 nosuch 0 0 # there is a name for it
NoSuchUnit   = image app_5f1 Detach b false
InvalidArgs  = image app_5f1 DetachWithExtensions ast 0 8
InvalidArgs  = image app_5f1 GetStateWithExtensions ast 0 1
NoSuchUnit   = image app_5f1 Reattach assbs 0 default false ""
NoSuchUnit   UnknownMethod,=,= image app_5f1 ReattachWithExtensions asassst 0 0 default "" 0
NoSuchUnit   ENXIO image app_5f1 ReattacheWithExtensions asassst 0 0 default "" 0 # the alias works in ours
NotSupported = image app_5f1 SetLimit t 1000000
UnknownMethod = image app_5f1 Nope
END
}

suite_main "$@"
