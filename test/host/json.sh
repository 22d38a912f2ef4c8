#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# --json= and -j: one document on standard output, the documented members, numbers as numbers, null where nothing
# is known.

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"

suite_setup() {
        suite_host
        image_simple "$SUITE_TMP/app" app 'ID=app' 'VERSION_ID=1' 'PRETTY_NAME="An \"App\" – 1"'
        image_simple "$SUITE_TMP/two" app 'ID=app' 'VERSION_ID=2'
        image_extension "$SUITE_TMP/ext" ext app 'VERSION_ID=1'
        image_tree "$SUITE_TMP/crash" 'ID=crash' 'VERSION_ID=1'
        image_unit "$SUITE_TMP/crash" crash.service 'Type=oneshot' 'ExecStart=' 'ExecStart=/usr/bin/missing'
}

# json PATH... of what the last command printed; fails if that is not just one document.
json() {
        "$SUITE_LIB/read-json" "$@" <<<"$OUT"
}

# assert_json EXPECTED PATH...
assert_json() {
        assert_eq "$(json "${@:2}")" "$1" "member ${*:2} of $OUT"
}

# Names of the members, in order.
members() {
        json "$@" | /usr/bin/python3 -c 'import json, sys; print(*json.load(sys.stdin))'
}

test_list() {
        assert_ok ctl -j list
        assert_json '[]'
        image_put directory "$SUITE_TMP/app" app_1
        image_put squashfs "$SUITE_TMP/app" raw_1
        assert_ok ctl --json=short list
        assert_eq "$(wc -l <<<"$OUT")" 1
        assert_eq "$(members 0)" 'name type read_only crtime mtime usage state'
        assert_json app_1 0 name
        assert_json directory 0 type
        assert_json false 0 read_only
        assert_json null 0 mtime
        assert_json null 0 usage
        assert_json raw_1 1 name
        assert_json detached 1 state
        assert_match "$(json 1 mtime)" '^[0-9]{16}$' 'time in µs'
        assert_eq "$(json 1 mtime | cut -c 1-10)" "$(stat -c %Y "$HOST_ROOT/var/lib/portables/raw_1.raw")"
        assert_eq "$(json 1 usage)" $(($(stat -c '%b * %B' "$HOST_ROOT/var/lib/portables/raw_1.raw")))
        assert_eq "$ERR" ''
}

test_inspect() {
        image_put directory "$SUITE_TMP/app" app_1
        image_put directory "$SUITE_TMP/ext" ext
        assert_ok ctl -j inspect --extension=ext app_1
        assert_eq "$(members)" 'image prefixes os_release extensions units layers sandbox'
        assert_json /var/lib/portables/app_1 image
        assert_json '["app"]' prefixes
        assert_json 'An "App" – 1' os_release PRETTY_NAME
        assert_json app extensions 0 release ID
        assert_json '{"name":"app.service","beyond_profile":[]}' units 0
        assert_ok ctl -j --cat inspect app_1
        assert_eq "$(json os_release_text)" "$(cat "$SUITE_TMP/app/usr/lib/os-release")"
        assert_eq "$(json units 0 text)" "$(cat "$SUITE_TMP/app/usr/lib/systemd/system/app.service")"
        assert_eq "$ERR" ''
}

# Of a directory, of a disk image and of extensions: kind, size, partitions, what would be pinned, what does not fit.
test_inspect_units() {
        local phrase

        image_simple "$SUITE_TMP/reach" app 'ID=app' 'VERSION_ID=3'
        echo 'ExecStartPre=+/usr/bin/service once' >>"$SUITE_TMP/reach/usr/lib/systemd/system/app.service"
        image_put directory "$SUITE_TMP/reach" app_3
        assert_ok ctl -j inspect app_3
        phrase=$(json units 0 beyond_profile 0)
        assert_match "$phrase" "/usr/bin/service.* as root, outside of the sandbox"
        # In the same words as without JSON.
        assert_ok ctl inspect app_3
        assert_contains "$OUT" "$phrase"
}

test_inspect_layers() {
        local manager policy

        manager=$(host_run systemctl --version | sed -n '1s/^systemd \([0-9]*\).*/\1/p')
        image_put directory "$SUITE_TMP/app" app_1
        image_put gpt "$SUITE_TMP/two" app_2
        image_put squashfs "$SUITE_TMP/ext" ext
        assert_ok ctl -j inspect app_1
        assert_json '{"image":"/var/lib/portables/app_1","type":"directory","usage":null,"read_only":false,"version":"app_1","partitions":[],"policy":null,"misfit":null}' layers 0
        assert_ok ctl -j inspect --extension=ext app_2
        assert_json raw layers 0 type
        assert_json "$(host_run du --block-size=1 /var/lib/portables/app_2.raw | cut -f 1)" layers 0 usage
        assert_json app_2 layers 0 version
        assert_json 1 layers 0 partitions 0 number
        assert_json root layers 0 partitions 0 designator
        assert_json squashfs layers 0 partitions 0 file_system
        assert_json unprotected layers 0 partitions 0 use
        assert_eq "$(json layers 0 partitions 0 offset) $(json layers 0 partitions 0 size)" \
                "$(host_run sfdisk -J /var/lib/portables/app_2.raw | /usr/bin/python3 -c 'import json, sys
p = json.load(sys.stdin)["partitiontable"]["partitions"][0]
print(p["start"] * 512, p["size"] * 512)')"
        assert_json null layers 1 partitions 0 number
        assert_json squashfs layers 1 partitions 0 file_system
        assert_contains "$(json layers 1 misfit)" "VERSION_ID"
        if [ "$manager" -ge 254 ]; then
                assert_match "$(json layers 0 policy)" '^root='
        else
                assert_json null layers 0 policy
        fi
        # What it would pin is what attach pins.
        policy=$(json layers 0 policy)
        assert_ok ctl attach -q app_2 app
        assert_eq "$(host_run sed -n 's/^RootImagePolicy=//p' /etc/systemd/system.attached/app.service.d/20-portable.conf)" \
                "${policy#null}" 'policy that is pinned'
        assert_ok ctl -q detach app_2
        assert_ok ctl -j --root=/ inspect app_2
        assert_json "$policy" layers 0 policy
}

test_from_attach_to_detach() {
        image_put directory "$SUITE_TMP/app" app_1
        image_put directory "$SUITE_TMP/two" app_2
        assert_ok ctl --json=short attach app_1
        assert_eq "$(members)" 'image removed updated warnings errors'
        assert_json app_1 image
        assert_json '[]' removed
        assert_json '{"type":"mkdir","path":"/etc/systemd/system.attached","source":null}' updated 0
        assert_json '{"type":"symlink","path":"/etc/portables/app_1","source":"/var/lib/portables/app_1"}' updated -1
        assert_eq "$ERR" '' 'the changes are told once'

        assert_ok ctl -j is-attached app_1
        assert_json '{"image":"app_1","state":"attached","attached":true,"version":"app_1"}'
        assert_ok ctl -j list
        assert_json attached 0 state

        assert_ok ctl -j reattach app_2
        assert_eq "$(members)" 'image removed updated warnings errors'
        assert_contains "$OUT" '{"type":"unlink","path":"/etc/portables/app_1","source":null}'
        assert_ok ctl -j detach app_2
        assert_json '{"type":"unlink","path":"/etc/systemd/system.attached","source":null}' removed -1
        assert_json '[]' updated
        assert_ok ctl -j is-attached app_2
        assert_json false attached
}

# assert_failure NAME MESSAGE IMAGE UNIT [INDEX...]: the one error there is, as data.
assert_failure() {
        local -a at=("${@:5}")

        assert_json "$1" "${at[@]}" errors 0 name
        assert_match "$(json "${at[@]}" errors 0 message)" "$2"
        assert_json "$3" "${at[@]}" errors 0 image
        assert_json "$4" "${at[@]}" errors 0 unit
        assert_eq "$(json "${at[@]}" errors | /usr/bin/python3 -c 'import json, sys; print(len(json.load(sys.stdin)))')" 1
}

# What fails is data, too, and the exit status says whether the image is attached.
test_errors_are_data() {
        image_put directory "$SUITE_TMP/crash" crash_1
        image_put directory "$SUITE_TMP/app" app_1
        run ctl -j attach --now crash_1
        assert_eq "$STATUS" 4
        assert_json '{"type":"mkdir","path":"/etc/systemd/system.attached","source":null}' updated 0
        assert_failure org.freedesktop.DBus.Error.Failed '^Cannot start portable service crash.service' crash_1 crash.service
        assert_match "$ERR" '^Cannot start portable service crash.service'
        run ctl -j attach crash_1
        assert_eq "$STATUS" 1
        assert_json '[]' updated
        assert_failure org.freedesktop.systemd1.UnitExists "^Failed to attach image 'crash_1': " crash_1 null
        assert_ok ctl -j detach crash_1
        assert_json '[]' errors
        run ctl -j attach nothing
        assert_eq "$STATUS" 1
        assert_failure org.freedesktop.portable1.NoSuchImage "No image 'nothing' found" nothing null
        run ctl -j attach --dry-run nothing
        assert_eq "$STATUS" 1
        assert_failure org.freedesktop.portable1.NoSuchImage "No image 'nothing' found" nothing null
        run ctl -j attach --profile=unknown '*_1'
        assert_eq "$STATUS" 1
        assert_match "$(json 1 errors 0 message)" "unknown"
        assert_json crash_1 1 image
        run ctl -j attach --now '*_1'
        assert_eq "$STATUS" 4
        assert_json '[]' 0 errors
        assert_failure org.freedesktop.DBus.Error.Failed '^Cannot start' crash_1 crash.service 1
        assert_ok ctl -j detach --now '*_1'
        assert_json '[]' 1 errors
}

# Patterns and --all: one document, and whoever was refused is in it.
test_several_images() {
        image_put directory "$SUITE_TMP/app" app_1
        image_tree "$SUITE_TMP/bad" 'ID=bad'
        image_put directory "$SUITE_TMP/bad" app_bad
        run ctl -j attach 'app_*'
        assert_eq "$STATUS" 1
        assert_eq "$(members 0)" 'image removed updated warnings error errors'
        assert_json app_1 0 image
        assert_json null 0 error
        assert_json app_bad 1 image
        assert_json '[]' 1 updated
        assert_match "$(json 1 error)" "app_bad"
        assert_match "$ERR" "Failed to attach image 'app_bad': "
        assert_ok ctl -j detach --dry-run --all
        assert_json app_1 0 image
        assert_ok ctl -j detach --all
        assert_json '{"type":"unlink","path":"/etc/systemd/system.attached","source":null}' 0 removed -1
        assert_ok ctl -j detach --all
        assert_json '[]'
        assert_ok ctl -j attach --dry-run app_1
        assert_json app_1 image
}

# check_document DOCUMENT ARGUMENT...
check_document() {
        "$SUITE_LIB/check-json" "${@:2}" <<<"$1"
}

# refused_by_schema REGEX DOCUMENT ARGUMENT...
refused_by_schema() {
        run check_document "${@:2}"
        [ "$STATUS" -ne 0 ] || assert_fail "the schema lets pass: $2"
        assert_match "$ERR" "$1"
}

# What all tests compare documents with (ctl in lib/portable.sh) is what is installed, and says what is wrong.
test_schema() {
        local state='"image":"app_1","attached":false,"version":null'

        assert_ok cmp "$HOST_ROOT/usr/local/share/portabled/portablectl-1.schema.json" \
                "$SUITE_LIB/../../src/portablectl/portablectl-1.schema.json"
        assert_ok check_document "{$state,\"state\":\"detached\"}" -j is-attached app_1
        refused_by_schema "'state' is a required" "{$state}" -j is-attached app_1
        refused_by_schema "'loose' is not one of" "{$state,\"state\":\"loose\"}" -j is-attached app_1
        refused_by_schema "'more' was unexpected" "{$state,\"state\":\"detached\",\"more\":1}" -j is-attached app_1
        refused_by_schema "\[\] is not of type 'object'" '[]' -j status
        refused_by_schema "^check-json: 2 documents" '[] []' -j list
        refused_by_schema 'at /findings/0' \
                '{"image":"a","result":"clean","prefixes":[],"units":[],"policy":null,"layers":[],"findings":[{"severity":"bad"}]}' \
                -j verify a
        # Errors are a part of it.
        refused_by_schema '.' '{"image":"a","removed":[],"updated":[],"warnings":[],"errors":[{"name":"x"}]}' -j attach a
}

test_pretty() {
        image_put directory "$SUITE_TMP/app" app_1
        assert_ok ctl --json=pretty is-attached app_1
        assert_json detached state
        assert_eq "$OUT" '{
  "image": "app_1",
  "state": "detached",
  "attached": false,
  "version": null
}'
        assert_ok host_run script -qec 'portablectl -j is-attached app_1' /dev/null
        assert_match "$OUT" '^  "image": "app_1",' 'on a terminal'
        assert_ok ctl --json=off is-attached app_1
        assert_eq "$OUT" detached
}

# Whatever is in a file of an image, the text stays one valid document without anything a terminal would obey.
test_hostile_text() {
        image_put directory "$SUITE_TMP/app" app_1
        printf '[Service]\nExecStart=/usr/bin/service\n# \033[31m \x7f \xc2\x9b \xff \xed\xa0\x80 "\\ \0 é\n' \
                >"$HOST_ROOT/var/lib/portables/app_1/usr/lib/systemd/system/app.service"
        assert_ok ctl -j --cat inspect app_1
        assert_no_match "$OUT" "[$(printf '\001-\037\177')]"
        assert_contains "$OUT" '# \u001b[31m \u007f \u009b � ��� \"\\ \u0000 é\n'
        assert_match "$(json units 0 text)" '^\[Service\]$'
}

test_errors_are_lines_and_no_json() {
        assert_error "No image 'nothing' found" ctl -j inspect nothing
        assert_eq "$OUT" ''
        assert_error "^-j does not go with 'remove'; it goes with list, " ctl -j remove nothing
        assert_error "Unknown JSON mode 'xml'" ctl --json=xml list
        run ctl -j --quiet is-attached nothing
        assert_eq "$STATUS$OUT$ERR" 1
        assert_ok ctl --json=help
        assert_eq "$OUT" $'short\npretty\noff'
}

suite_main "$@"
