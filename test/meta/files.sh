# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Files that are checked on their own: manual pages, shell syntax, profiles, unit file, XML. Sourced by test/meta/check.

files_check() {
        manual_check
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
        [[ $found -eq 5 ]] || fail "$found manual pages in $build/man in place of 5 (is scdoc installed?)"
}

shell_check() {
        check 'bash completion: syntax' bash -n "$build/src/completion/portablectl"
        if command -v zsh >/dev/null; then
                check 'zsh completion: syntax' zsh -n "$build/src/completion/_portablectl"
        else
                echo 'note: zsh is not installed, the syntax of its completion is not checked'
        fi
}

# Each profile begins with a sentence about itself, and the service manager has nothing to say against it.
profile_check() {
        local profile first
        for profile in "$source"/profiles/*/; do
                profile=$(basename -- "$profile")
                first=$(head -n 1 "$source/profiles/$profile/service.conf")
                if [[ $first =~ ^\#\ [A-Z].{20,}\.$ ]]; then pass; else fail "profile $profile: first line: $first"; fi
                mkdir -p "$tmp/units/$profile.service.d"
                printf '[Service]\nExecStart=/bin/true\n' >"$tmp/units/$profile.service"
                cp "$source/profiles/$profile/service.conf" "$tmp/units/$profile.service.d/10-profile.conf"
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
