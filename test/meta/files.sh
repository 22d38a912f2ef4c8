# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Files that are checked on their own: manual pages, shell syntax, profiles, unit file, XML. Sourced by test/meta/check.

files_check() {
        manual_check
        language_check
        findings_check
        shell_check
        profile_check
        unit_check
        polkit_check
}

manual_check() {
        local page found=0
        for page in "$build"/man/*.[0-9]; do
                [[ -e $page ]] || continue
                found=$((found + 1))
                check "manual page ${page##*/}" groff -Kutf8 -t -man -Tutf8 -ww -z "$page"
                if man -l "$page" 2>/dev/null | grep -nE '(^|[ (])\*[a-z-]|\\_'; then
                        fail "manual page ${page##*/}: markup is left in it, see above"
                fi
        done
        [[ $found -eq 7 ]] || fail "$found manual pages in $build/man in place of 7 (is scdoc installed?)"
}

# Plain English: "is not a" in place of "is no", one of a thing is one; and what is printed fits a terminal of 80 columns.
language_check() {
        check 'is no: say is not a' language_lines '(?<![Tt]here )(?<!that )\b(is|are) no (?!such|longer|more|one\b)[a-z]'
        check 'one of several' language_lines '\b1 (images|units|warnings|findings|profiles|files) '
        check '--help fits 80 columns' help_too_wide
}

# Lines of documents, and of string constants, that have the pattern.
language_lines() {
        ! grep -nP -- "$1" "$source"/README.md "$source"/man/*.scd || return
        ! grep -rnP --include='*.[ch]' -- "\"[^\"]*$1" "$source/src"
}

help_too_wide() {
        local verb

        for verb in '' $(help_verbs "$("$client" help)"); do
                COLUMNS=80 "$client" help $verb | awk -v verb="$verb" 'length > 80 { print verb ": " $0 }'
        done
}

# What verify can find: the table and its section in the manual, name by name with its severity.
findings_check() {
        check 'FINDINGS: as in the table' diff <(findings_table) <(findings_manual)
}

findings_table() {
        sed -n 's/^ *\[FOUND_.*\] = {"\([a-z-]*\)", FINDING_\([A-Z]*\),.*/\1 \2/p' "$source/src/verify/findings.c" | tr '[:upper:]' '[:lower:]'
}

findings_manual() {
        sed -n '/^# FINDINGS/,/^# [A-EG-Z]/p' "$source/man/portablectl.1.scd" |
                awk '/^## / { name = $2 } /^(Error|Warning|Note):/ { print name, tolower(substr($1, 1, length($1) - 1)) }'
}

shell_check() {
        check 'bash completion: syntax' bash -n "$build/src/completion/portablectl"
        check 'fish completion: syntax' fish -n "$build/src/completion/portablectl.fish"
        if command -v zsh >/dev/null; then
                check 'zsh completion: syntax' zsh -n "$build/src/completion/_portablectl"
        else
                echo 'note: zsh is not installed, the syntax of its completion is not checked'
        fi
}

# Each profile begins with a sentence about itself, and the service manager has nothing to say against it.
profile_check() {
        local file profile first
        for file in "$source"/profiles/{,user/}*/service.conf; do
                profile=${file#"$source/profiles/"}
                profile=${profile%/service.conf}
                profile=${profile/\//-}
                first=$(head -n 1 "$file")
                if [[ $first =~ ^\#\ [A-Z].{20,}\.$ ]]; then pass; else fail "profile $profile: first line: $first"; fi
                mkdir -p "$tmp/units/$profile.service.d"
                printf '[Service]\nExecStart=/bin/true\n' >"$tmp/units/$profile.service"
                cp "$file" "$tmp/units/$profile.service.d/10-profile.conf"
                check "profile $profile: systemd-analyze verify" systemd-analyze verify --man=no "$tmp/units/$profile.service"
        done
}

# The unit with the program of the build folder in it, as its own place is empty before it is installed.
unit_check() {
        local unit=$tmp/units/systemd-portabled.service
        mkdir -p "$tmp/units"
        sed -e "s,^ExecStart=.*,ExecStart=${daemon:-/bin/true}," "$build/units/systemd-portabled.service" >"$unit"
        check 'unit file: systemd-analyze verify' systemd-analyze verify --man=no "$unit"
        # 6.2 is what systemd 252 gives its own portabled.
        check 'unit file: exposure is 3.9 or less' bash -c \
                'systemd-analyze security --offline=true --no-pager --threshold=39 "$0" >/dev/null' "$unit"
        same 'unit file: bus name' "$(sed -n 's/^BusName=//p' "$unit")" \
                "$(sed -n 's/^Name=//p' "$source/dbus/org.freedesktop.portable1.service")"

        # The same for users. verify reads it as a unit of the system: what is said of it holds for both.
        unit=$tmp/units/user-portabled.service
        sed -e "s,^ExecStart=[^ ]*,ExecStart=${daemon:-/bin/true}," "$build/units/user-portabled.service" >"$unit"
        check 'unit file for users: systemd-analyze verify' systemd-analyze verify --man=no "$unit"
        same 'unit file for users: bus name' "$(sed -n 's/^BusName=//p' "$unit")" \
                "$(sed -n 's/^Name=//p' "$source/dbus/org.freedesktop.portable1.user.service")"
}

polkit_check() {
        local file=$source/dbus/org.freedesktop.portable1.policy actions
        check 'polkit actions: XML' xmllint --noout --nonet "$file"
        actions=$(xmllint --nonet --xpath '//action/@id' "$file" | sed -E 's/.*"(.*)".*/\1/')
        same 'polkit actions: file, manual page' "$actions" \
                "$(sed -n -E 's/^\*(org\.freedesktop\.portable1\.[a-z]+-images)\*$/\1/p' "$source/man/org.freedesktop.portable1.5.scd")"
        if [[ -n $daemon ]]; then
                same 'polkit actions: file, daemon' "$actions" \
                        "$(grep -aoE 'org\.freedesktop\.portable1\.[a-z]+-images' "$daemon" | sort -u)"
        fi
}
