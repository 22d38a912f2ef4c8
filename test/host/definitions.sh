#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Definitions: what NAME.portable says is what `apply` makes, as often as it is called; `definitions` tells the states.

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"

DIRECTORY=/etc/systemd/portable
ATTACHED=/etc/systemd/system.attached

suite_setup() {
        local version

        suite_host
        for version in 1 2 10; do
                image_simple "$SUITE_TMP/web$version" web 'ID=web' "VERSION_ID=$version"
                image_unit "$SUITE_TMP/web$version" "web-v$version.target"
        done
        image_simple "$SUITE_TMP/db" db 'ID=db' 'VERSION_ID=1'
        image_extension "$SUITE_TMP/more" more web 'VERSION_ID=1'
        image_unit "$SUITE_TMP/more" web-more.service
}

# define NAME LINE...: the definition, of lines in [Portable].
define() {
        local name=$1
        shift

        mkdir -p "$HOST_ROOT$DIRECTORY"
        printf '%s\n' '[Portable]' "$@" >"$HOST_ROOT$DIRECTORY/$name.portable"
}

# Nothing is defined any more, and nothing attached for it.
clear_all() {
        rm -rf "${HOST_ROOT:?}$DIRECTORY"/*.portable* "$HOST_ROOT"/usr/local/lib/systemd/portable/*.portable*
        assert_ok ctl apply --prune
        assert_missing $ATTACHED
        rmdir "$HOST_ROOT$DIRECTORY" 2>/dev/null || true
}

# state NAME: as `definitions` tells it.
state() {
        ctl definitions --no-legend | awk -v name="$1" '$1 == name { print $2 }'
}

# json EXPRESSION: of what apply --json printed (OUT); d is the document.
json() {
        python3 -c 'import json, sys; d = json.loads(sys.argv[1]); print(eval(sys.argv[2]))' "$OUT" "$1"
}

unit_is() {
        [ "$(host_run systemctl is-active "$1")" = "$2" ]
}

# Content, kind and inode of all that apply could write: what is not written anew is the same.
fingerprint() {
        (cd "$HOST_ROOT/etc" && find systemd/system.attached portables -printf '%p %i %T@ %l\n' 2>/dev/null | sort)
}

test_applied_and_applied_again() {
        local before

        image_put squashfs "$SUITE_TMP/web1" web_1
        define web 'Image=web' 'Enable=yes' 'Start=yes'
        assert_eq "$(state web)" detached
        run ctl apply --dry-run
        assert_eq "$STATUS" 0
        assert_match "$ERR" 'Dry run, nothing was changed: 1 definition would be applied'
        assert_missing $ATTACHED
        assert_ok ctl apply
        assert_match "$(dropin web.service)" "^# Drop-in created for image '/var/lib/portables/web_1\.raw', do not edit\.$"
        assert_eq "$(dropin web.service | tail -n 2)" $'[X-Portable]\nDefinition=web'
        assert_exists $ATTACHED/multi-user.target.wants/web.service
        assert_unit web-v1.target active
        assert_unit web.service active
        assert_state web_1 running
        assert_eq "$(state web)" in-sync
        before=$(fingerprint)
        assert_ok ctl apply --json=short
        assert_eq "$(json 'd["changed"]')" False
        assert_eq "$(json 'd["definitions"][0]["result"]')" none
        assert_eq "$(fingerprint)" "$before"
        assert_match "$(ctl status web_1)" 'Definition: web'
        clear_all
        assert_unit web.service inactive
}

test_only_what_differs() {
        local before unit

        image_put squashfs "$SUITE_TMP/web1" web_1
        image_put squashfs "$SUITE_TMP/db" db_1
        define web 'Image=web' 'Start=yes'
        define db 'Image=db' 'Start=yes'
        assert_ok ctl apply
        before=$(host_run systemctl show -P InvocationID db.service)
        define web 'Image=web' 'Start=yes' 'Profile=trusted'
        assert_eq "$(state web)" differs
        assert_eq "$(state db)" in-sync
        unit=$(stat -c %i "$HOST_ROOT$ATTACHED/web.service")
        assert_ok ctl apply --json=short
        assert_eq "$(json 'sorted((x["name"], x["result"]) for x in d["definitions"])')" "[('db', 'none'), ('web', 'applied')]"
        assert_eq "$(json 'sorted({a["path"] for a in d["definitions"][1]["actions"] if not a["unit"]})')" \
                "['$ATTACHED/web.service.d/10-profile.conf']"
        assert_eq "$(stat -c %i "$HOST_ROOT$ATTACHED/web.service")" "$unit"
        assert_match "$(readlink "$HOST_ROOT$ATTACHED/web.service.d/10-profile.conf")" '/trusted/service\.conf$'
        assert_eq "$(host_run systemctl show -P InvocationID db.service)" "$before"
        clear_all
}

test_a_version_that_fits_stays() {
        image_put squashfs "$SUITE_TMP/web1" web_1
        define web 'Image=web' 'Start=yes'
        assert_ok ctl apply
        image_put squashfs "$SUITE_TMP/web2" web_2
        image_put squashfs "$SUITE_TMP/web10" web_10
        image_put squashfs "$SUITE_TMP/db" web_admin
        assert_eq "$(state web)" outdated
        assert_ok ctl apply --json=short
        assert_eq "$(json 'd["changed"], d["definitions"][0]["newer"]')" "(False, 'web_10')"
        # Edited so that it does not fit any more.
        define web 'Image=web' 'Version=>=2 <10' 'Start=yes'
        assert_ok ctl apply --json=short
        assert_eq "$(json 'd["definitions"][0]["from"]["image"], d["definitions"][0]["to"]["image"]')" "('web_1', 'web_2')"
        assert_missing $ATTACHED/web-v1.target
        assert_unit web-v1.target inactive
        assert_unit web.service active
        assert_unit web-v2.target active
        assert_eq "$(state web)" in-sync
        # The file is gone.
        define web 'Image=web' 'Start=yes'
        rm "$HOST_ROOT/var/lib/portables/web_2.raw"
        assert_ok ctl apply
        assert_contains "$(dropin web.service)" "'/var/lib/portables/web_10.raw'"
        define web 'Image=web' 'Version=1*' 'Start=yes'
        assert_ok ctl apply --json=short
        assert_eq "$(json 'd["changed"]')" False
        define web 'Image=web_1'
        assert_ok ctl apply
        assert_contains "$(dropin web.service)" "'/var/lib/portables/web_1.raw'"
        clear_all
}

test_versioned_directory() {
        mkdir -p "$HOST_ROOT/var/lib/portables/web.raw.v"
        image_pack squashfs "$SUITE_TMP/web1" "$HOST_ROOT/var/lib/portables/web.raw.v/web_1.raw"
        define web 'Image=web'
        assert_ok ctl apply
        image_pack squashfs "$SUITE_TMP/web10" "$HOST_ROOT/var/lib/portables/web.raw.v/web_10+3-0.raw"
        image_pack squashfs "$SUITE_TMP/web2" "$HOST_ROOT/var/lib/portables/web.raw.v/web_2+0-3.raw"
        assert_eq "$(state web)" outdated
        assert_ok ctl apply
        assert_contains "$(dropin web.service)" '/web.raw.v/web_1.raw'
        define web 'Image=web' 'Version=>1'
        assert_ok ctl apply
        assert_contains "$(dropin web.service)" '/web.raw.v/web_10+3-0.raw'
        clear_all
}

test_extensions_and_prefixes() {
        image_put squashfs "$SUITE_TMP/web1" web_1
        image_put directory "$SUITE_TMP/more" more
        define web 'Image=web' 'Extension=more' 'Prefix=web-more web'
        assert_ok ctl apply
        assert_exists $ATTACHED/web-more.service
        assert_contains "$(dropin web.service)" "'/var/lib/portables/web_1.raw:/var/lib/portables/more'"
        assert_ok ctl apply --json=short
        assert_eq "$(json 'd["changed"], d["definitions"][0]["from"]["extensions"]')" "(False, ['more'])"
        # The other number of layers is the same attachment.
        define web 'Image=web'
        assert_ok ctl apply
        assert_missing $ATTACHED/web-more.service
        assert_contains "$(dropin web.service)" "'/var/lib/portables/web_1.raw',"
        clear_all
}

test_unit_file_and_other_image() {
        mkdir -p "$HOST_ROOT/srv"
        cp "$SUITE_TMP/web1/usr/lib/systemd/system/web.service" "$HOST_ROOT/srv/own.service"
        image_put squashfs "$SUITE_TMP/web1" web_1
        image_put directory "$SUITE_TMP/db" db_1
        define site 'Image=web' 'UnitFile=/srv/own.service' 'Start=own.service' 'Enable=own.service'
        assert_ok ctl apply
        assert_eq "$(attached_files | grep -v '\.d/\|\.wants/')" own.service
        assert_unit own.service active
        define site 'Image=db' 'Start=yes' 'Copy=symlink'
        assert_ok ctl apply
        assert_unit own.service inactive
        assert_unit db.service active
        assert_missing $ATTACHED/own.service
        assert_missing $ATTACHED/multi-user.target.wants/own.service
        assert_eq "$(readlink "$HOST_ROOT$ATTACHED/db.service")" /var/lib/portables/db_1/usr/lib/systemd/system/db.service
        assert_ok ctl apply --json=short
        assert_eq "$(json 'd["changed"]')" False
        clear_all
}

test_copies() {
        mkdir -p "$HOST_ROOT/srv/pictures"
        image_pack squashfs "$SUITE_TMP/web1" "$HOST_ROOT/srv/pictures/web_1.raw"
        define web 'Image=/srv/pictures/web_1.raw' 'Copy=mixed' 'Start=yes'
        assert_ok ctl apply
        assert_contains "$(dropin web.service)" "'/etc/portables/web_1.raw'"
        assert_ok ctl apply --json=short
        assert_eq "$(json 'd["changed"]')" False
        touch -d @1000000000 "$HOST_ROOT/srv/pictures/web_1.raw"
        assert_eq "$(state web)" differs
        assert_ok ctl apply
        assert_eq "$(state web)" in-sync
        define web 'Image=/srv/pictures/web_1.raw' 'Copy=copy'
        clear_all
        assert_missing /etc/portables/web_1.raw
}

test_runtime() {
        image_put squashfs "$SUITE_TMP/web1" web_1
        define web 'Image=web' 'Runtime=yes' 'Enable=yes' 'Start=yes'
        assert_ok ctl apply
        assert_state web_1 running-runtime
        assert_ok ctl apply --json=short
        assert_eq "$(json 'd["changed"]')" False
        define web 'Image=web' 'Start=yes'
        assert_eq "$(state web)" conflict
        assert_error 'until the next boot' ctl apply --quiet
        assert_unit web.service active
        clear_all
}

test_enable_and_start_are_compared() {
        image_put squashfs "$SUITE_TMP/web1" web_1
        define web 'Image=web' 'Enable=web.service' 'Start=web.service'
        assert_ok ctl apply
        assert_missing $ATTACHED/multi-user.target.wants/web-v1.target
        assert_unit web-v1.target inactive
        host_run systemctl stop web.service
        assert_eq "$(state web)" differs
        run ctl definitions --quiet
        assert_eq "$STATUS$OUT" 1
        assert_ok ctl apply --json=short
        assert_eq "$(json '[(a["type"], a["unit"], a["before"], a["after"]) for a in d["definitions"][0]["actions"]]')" \
                "[('start', 'web.service', 'inactive', 'active')]"
        host_run systemctl kill --signal=KILL web.service
        wait_until 10 unit_is web.service failed
        # What failed is left to be looked at.
        assert_ok ctl apply --json=short
        assert_eq "$(json 'd["changed"]')" False
        host_run systemctl reset-failed web.service
        define web 'Image=web' 'Start=web.service'
        assert_ok ctl apply
        assert_missing $ATTACHED/multi-user.target.wants
        assert_unit web.service active
        # Start=no stops nothing.
        define web 'Image=web'
        assert_ok ctl apply
        assert_unit web.service active
        define web 'Image=web' 'Start=other.service'
        run ctl apply
        assert_eq "$STATUS" 1
        assert_match "$ERR" "web\.portable: Start= names 'other\.service', which is not attached for it"
        clear_all
}

test_never_what_others_start() {
        image_simple "$SUITE_TMP/job" job 'ID=job' 'VERSION_ID=1'
        image_unit "$SUITE_TMP/job" job.timer
        image_unit "$SUITE_TMP/job" job-once.service 'Type=oneshot' 'ExecStart=' 'ExecStart=/usr/bin/service read /etc/os-release'
        image_put directory "$SUITE_TMP/job" job
        define job 'Image=job' 'Start=yes'
        assert_ok ctl apply
        assert_unit job.timer active
        assert_unit job.service inactive
        assert_eq "$(host_run systemctl show -P ExecMainStartTimestampMonotonic job-once.service)" 0
        assert_ok ctl apply --json=short
        assert_eq "$(json 'd["changed"]')" False
        clear_all
}

test_mark_that_is_lost() {
        image_put squashfs "$SUITE_TMP/web1" web_1
        image_put squashfs "$SUITE_TMP/web2" web_2
        define web 'Image=web' 'Version=1' 'Start=yes'
        assert_ok ctl apply
        local before
        before=$(host_run systemctl show -P InvocationID web.service)
        assert_ok ctl reattach web_1
        assert_eq "$(dropin web.service | grep -c Definition=)" 0
        assert_eq "$(state web)" differs
        assert_ok ctl apply
        assert_eq "$(dropin web.service | tail -n 1)" Definition=web
        assert_eq "$(host_run systemctl show -P InvocationID web.service)" "$before"
        # What is not as the definition says is somebody's own.
        assert_ok ctl reattach web_2
        assert_eq "$(state web)" conflict
        run ctl apply
        assert_eq "$STATUS" 1
        assert_contains "$ERR" 'is attached by hand, and not as the definition says'
        assert_contains "$(dropin web.service)" web_2.raw
        assert_ok ctl detach --now web_2
        host_run systemctl stop web-v1.target
        clear_all
}

test_units_of_others() {
        image_put squashfs "$SUITE_TMP/web1" web_1
        image_put squashfs "$SUITE_TMP/db" db_1
        define web 'Image=web'
        define db 'Image=db'
        cp "$SUITE_TMP/web1/usr/lib/systemd/system/web.service" "$HOST_ROOT/etc/systemd/system/web.service"
        host_run systemctl daemon-reload
        assert_eq "$(state web)" conflict
        # All or none.
        run ctl apply --atomic
        assert_eq "$STATUS" 1
        assert_missing $ATTACHED
        run ctl apply
        assert_eq "$STATUS" 1
        assert_contains "$ERR" '/etc/systemd/system/web.service'
        assert_exists $ATTACHED/db.service
        assert_missing $ATTACHED/web.service
        rm "$HOST_ROOT/etc/systemd/system/web.service"
        host_run systemctl daemon-reload
        rm "$HOST_ROOT$DIRECTORY/db.portable"
        assert_ok ctl apply --atomic --prune
        assert_exists $ATTACHED/web.service
        assert_missing $ATTACHED/db.service
        clear_all
}

test_prune() {
        image_put squashfs "$SUITE_TMP/web1" web_1
        image_put squashfs "$SUITE_TMP/db" db_1
        define web 'Image=web' 'Enable=yes' 'Start=yes'
        assert_ok ctl apply
        assert_ok ctl attach db_1
        ln -sf /dev/null "$HOST_ROOT$DIRECTORY/web.portable"
        assert_eq "$(ctl definitions --no-legend | awk '{ print $1 " " $2 }' | sort)" $'web gone\nweb masked'
        assert_ok ctl apply --json=short
        assert_eq "$(json 'd["changed"], [(o["image"], o["definition"]) for o in d["orphans"]]')" "(False, [('web_1', 'web')])"
        assert_unit web.service active
        assert_ok ctl apply --prune --dry-run
        assert_unit web.service active
        assert_ok ctl apply --prune
        assert_unit web.service inactive
        assert_missing $ATTACHED/web.service
        assert_exists $ATTACHED/db.service
        assert_ok ctl detach db_1
        clear_all
}

test_files_that_are_wrong() {
        local before line

        image_put squashfs "$SUITE_TMP/web1" web_1
        image_put squashfs "$SUITE_TMP/db" db_1
        define web 'Image=web'
        define db 'Image=db'
        assert_ok ctl apply
        before=$(fingerprint)
        while IFS='|' read -r line error; do
                define web 'Image=web' "$line"
                assert_eq "$(state web)" broken
                run ctl apply
                assert_eq "$STATUS" 1
                assert_eq "$(grep -c . <<<"$ERR")" 2
                assert_match "$ERR" "^Cannot apply definition 'web': .*$error"
                assert_eq "$(fingerprint)" "$before"
        done <<'EOF'
Image=../x|web\.portable:3: Image=: '\.\./x' is neither the name of an image nor
Image=w%n|web\.portable:3: Image=: Specifiers
Copy=never|web\.portable:3: Copy=: 'never' is not one of
Runtime=maybe|web\.portable:3: Runtime=: 'maybe' is not a boolean
Version=>1 <|web\.portable:3: Version=: '<' has no version
Version=1 2|web\.portable:3: Version=: '1 2' is neither
Start=x|web\.portable:3: Start=: 'x' is neither a boolean nor
Prefix=a b/c|web\.portable:3: Prefix=: 'b/c' is not a prefix
ImagePolicy=root=sometimes|web\.portable:3: ImagePolicy=:
UnitFile=own.service|web\.portable:3: UnitFile=: 'own\.service' is not the absolute path
[Portable|web\.portable:3: The header
Profile=none-such|none-such
Image=|web\.portable: Image= is missing
EOF
        define web 'Image=web' 'Imagine=1' '[Later]' 'A=1' 'B=2' '[X-Own]' 'A=1'
        run ctl apply
        assert_eq "$STATUS" 0
        assert_match "$ERR" "/etc/systemd/portable/web\.portable:3: Unknown key 'Imagine', ignoring"
        assert_eq "$(grep -c "Unknown section 'Later'" <<<"$ERR")" 1
        assert_eq "$(grep -c 'X-Own' <<<"$ERR")" 0
        define web 'Image=none-such'
        assert_eq "$(state web)" no-image
        run ctl apply --json=short
        assert_eq "$STATUS" 1
        assert_eq "$(json '[(x["name"], x["state"], x["error"] and x["error"]["name"]) for x in d["definitions"]]')" \
                "[('db', 'in-sync', None), ('web', 'no-image', 'org.freedesktop.portable1.NoSuchImage')]"
        clear_all
}

test_where_files_are() {
        image_put squashfs "$SUITE_TMP/web1" web_1
        mkdir -p "$HOST_ROOT"/{usr/local/lib,etc}/systemd/portable/web.portable.d
        printf '[Portable]\nImage=web\nProfile=strict\n' >"$HOST_ROOT/usr/local/lib/systemd/portable/web.portable"
        printf '[Portable]\nProfile=trusted\nPrefix=nothing\n' >"$HOST_ROOT/usr/local/lib/systemd/portable/web.portable.d/10-a.conf"
        printf '[Portable]\nPrefix=\nPrefix=web\n' >"$HOST_ROOT$DIRECTORY/web.portable.d/20-b.conf"
        assert_ok ctl apply
        assert_match "$(readlink "$HOST_ROOT$ATTACHED/web.service.d/10-profile.conf")" '/trusted/'
        # The same name counts once, and the first directory wins.
        printf '[Portable]\nProfile=nonetwork\n' >"$HOST_ROOT$DIRECTORY/web.portable.d/10-a.conf"
        assert_ok ctl apply
        assert_match "$(readlink "$HOST_ROOT$ATTACHED/web.service.d/10-profile.conf")" '/nonetwork/'
        : >"$HOST_ROOT$DIRECTORY/web.portable"
        assert_eq "$(ctl definitions --json=short | python3 -c 'import json, sys; print(json.load(sys.stdin)["definitions"][0]["state"])')" masked
        rm -r "$HOST_ROOT"/usr/local/lib/systemd/portable/web.portable{,.d}
        clear_all
}

test_policy() {
        image_put squashfs "$SUITE_TMP/web1" web_1
        define web 'Image=web' 'ImagePolicy=root=verity'
        run ctl apply
        assert_eq "$STATUS" 1
        assert_match "$ERR" "policy"
        assert_missing $ATTACHED
        define web 'Image=web' 'ImagePolicy=root=unprotected'
        assert_ok ctl apply
        clear_all
}

test_start_that_fails() {
        image_tree "$SUITE_TMP/bad" 'ID=bad' 'VERSION_ID=1'
        image_unit "$SUITE_TMP/bad" bad.service 'ExecStart=' 'ExecStart=/usr/bin/none-such'
        image_put directory "$SUITE_TMP/bad" bad
        define bad 'Image=bad' 'Start=yes'
        run ctl apply --json=short
        assert_eq "$STATUS" 4
        assert_eq "$(json 'd["changed"], d["definitions"][0]["result"], bool(d["definitions"][0]["error"])')" "(True, 'degraded', True)"
        assert_exists $ATTACHED/bad.service
        host_run systemctl reset-failed bad.service
        clear_all
}

test_users_and_roots_and_others() {
        assert_error 'those of another one cannot be read' ctl -H nowhere apply
        assert_error 'Permission denied' host_run_as nobody portablectl apply
        mkdir -p "$HOST_ROOT/srv/tree"/{etc/systemd/portable,var/lib/portables,usr/local/lib/systemd/portable/profile/default,usr/lib}
        printf '[Service]\n' >"$HOST_ROOT/srv/tree/usr/local/lib/systemd/portable/profile/default/service.conf"
        image_pack directory "$SUITE_TMP/web1" "$HOST_ROOT/srv/tree/var/lib/portables/web_1"
        printf '[Portable]\nImage=web\nEnable=yes\nStart=yes\n' >"$HOST_ROOT/srv/tree/etc/systemd/portable/web.portable"
        assert_ok ctl apply --root=/srv/tree
        assert_exists /srv/tree/etc/systemd/system.attached/web.service
        assert_unit web.service inactive
        assert_ok ctl apply --root=/srv/tree --json=short
        assert_eq "$(json 'd["changed"], d["definitions"][0]["state"]')" "(False, 'in-sync')"
        rm "$HOST_ROOT/srv/tree/etc/systemd/portable/web.portable"
        assert_ok ctl apply --root=/srv/tree --prune
        assert_missing /srv/tree/etc/systemd/system.attached/web.service
        assert_eq "$(host_run find /srv/tree/etc -name 'web*')" ''
        rm -r "$HOST_ROOT/srv/tree"
}

# records: how many the journal has of the definition.
records() {
        host_run journalctl --sync
        host_run journalctl -q -o cat PORTABLE_DEFINITION=journal PORTABLE_RESULT=done | wc -l
}

# Told with the name of the definition, and nothing where nothing was done.
test_journal() {
        image_put squashfs "$SUITE_TMP/web1" web_1
        define journal 'Image=web'
        assert_ok ctl apply
        assert_eq "$(records)" 1
        assert_ok ctl apply
        assert_ok ctl definitions
        assert_eq "$(records)" 1
        clear_all
        assert_eq "$(records)" 2
}

suite_main "$@"
