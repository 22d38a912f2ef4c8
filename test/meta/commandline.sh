# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# portablectl --help against its manual page and the completions. Sourced by test/meta/check.

# Options of the help text, a word a line: what a line begins with, "-q --quiet".
help_options() {
        sed -n -E 's/^ +((-[A-Za-z]|--[a-z-]+)(([ ,]+|=?)(-[A-Za-z]\b|--[a-z-]+))*).*/\1/p' <<<"$1" |
                grep -oE -e '(^|[ ,])(--[a-z-]+|-[A-Za-z])' | tr -d ' ,' | sort -u
}

# Verbs of the help text: the words at the begin of the lines below "Commands:".
help_verbs() {
        sed -n -E '/^[^ ]*Commands:/,/^[^ ]*Options:/s/^  ([a-z][a-z-]*)( .*|$)/\1/p' <<<"$1" | sort -u
}

# What bash completion offers behind the words given.
bash_offers() {
        bash -c '
                source "$0"
                COMP_WORDS=(portablectl "$@") COMP_CWORD=$#
                _portablectl 2>/dev/null
                printf "%s\n" "${COMPREPLY[@]%=}"' "$build/src/completion/portablectl" "$@" | sort -u
}

# Options and verbs that the manual page has an entry for.
man_options() {
        sed -n -e '/^# OPTIONS/,/^# STATES/s/^\(\*-.*\)/\1/p' "$source/man/portablectl.1.scd" |
                grep -oE -e '\*--?[A-Za-z-]+' | tr -d '*' | sort -u
}
man_verbs() {
        sed -n -e '/^# VERBS/,/^# OPTIONS/s/^\*\([a-z-]*\)\*.*/\1/p' "$source/man/portablectl.1.scd" | sort -u
}

# The exit statuses of both, a number a line; the manual has those of signals, too.
help_statuses() {
        sed -n -E '/Exit status:/,/^$/s/^  ([0-9]+)  .*/\1/p' <<<"$1"
}
man_statuses() {
        sed -n -E '/^# EXIT STATUS/,/^# ENVIRONMENT/s/^\|  ([0-9])$/\1/p' "$source/man/portablectl.1.scd"
}

# The specifications of _arguments: '(a b)'{-a,--b}'[text]', '(a)--b[text]', '*--b=[text]'.
zsh_specifications() {
        sed -n -E -e "s/^ *'(\([^)]*\))?'?\*?//" -e 's/^\{([^}]*)\}.*/\1/p' -e 's/^(--?[a-zA-Z-]+).*/\1/p' |
                tr ',' '\n' | tr -d '+=' | sort -u
}
zsh_options() {
        sed -n -E -e '/^(options|some)=\(/,/^\)/p' "$build/src/completion/_portablectl" | zsh_specifications
}

# Options that the completion of a verb has and not all have.
zsh_options_of() {
        sed -n -E -e "/^    $1\)\$/,/;;/p" "$build/src/completion/_portablectl" | sed -n '/options+=/,/^      )/p' |
                zsh_specifications
}

zsh_verbs() {
        sed -n -e '/commands=(/,/^  )/s/^ *'"'"'\([a-z-]*\):.*/\1/p' "$build/src/completion/_portablectl" | sort -u
}

# Options and verbs of the completion of fish; of one verb those that not all have.
fish_options() {
        grep -E "^complete -c portablectl ${1:+-n '__portablectl_goes_with ([a-z -]+ )?$1[ '].*}-[sln] " "$build/src/completion/portablectl.fish" |
                sed "s/ -[ad] .*//; s/-n '[^']*'//" | grep -oE -e '-s [a-zA-Z]|-l [a-z-]+' | sed 's/-s /-/; s/-l /--/' | sort -u
}
fish_verbs() {
        sed -n 's/^complete -c portablectl -n __portablectl_no_command -a \([a-z-]*\) .*/\1/p' "$build/src/completion/portablectl.fish" | sort -u
}

# What --help says of a verb is what the completions offer for it.
verb_check() {
        local verb=$1 common=$2 own
        own=$(help_options "$("$client" --no-pager help "$verb")" || true) # many verbs have none of their own
        same "options of $verb: help, bash completion" "$own"$'\n'"$common" "$(bash_offers "$verb" -)"
        [[ -z $own ]] || same "options of $verb: help, zsh completion" "$own" "$(zsh_options_of "$verb")"
        [[ -z $own ]] || same "options of $verb: help, fish completion" "$own" "$(fish_options "$verb")"
}

commandline_check() {
        local help options verbs verb common wide mode
        help=$("$client" --no-pager --help 2>/dev/null </dev/null) || fail 'portablectl --help fails'
        options=$(help_options "$help")
        verbs=$(help_verbs "$help")
        [[ $(wc -l <<<"$options") -ge 20 ]] || fail "few options found in --help: $(xargs <<<"$options")"
        [[ $(wc -l <<<"$verbs") -ge 9 ]] || fail "few verbs found in --help: $(xargs <<<"$verbs")"

        same 'options: --help, manual page' "$options" "$(man_options)"
        same 'options: --help, bash completion' "$options" "$(bash_offers -)"
        same 'options: --help, zsh completion' "$options" "$(zsh_options)"
        same 'options: --help, fish completion' "$options" "$(fish_options)"
        same 'verbs: --help, fish completion' "$verbs" "$(fish_verbs)"
        same 'verbs: --help, manual page' "$verbs" "$(man_verbs)"
        same 'verbs: --help, bash completion' "$verbs" "$(bash_offers '')"
        same 'verbs: --help, zsh completion' "$verbs" "$(zsh_verbs)"
        same 'exit statuses: --help, manual page' "$(help_statuses "$help")" "$(man_statuses)"
        # read-only has no option that is not common to all.
        common=$(bash_offers read-only -)
        for verb in $verbs; do
                [[ $verb == help ]] || verb_check "$verb" "$common"
        done
        wide=$(for verb in '' $verbs; do "$client" --no-pager --help $verb; done | grep -E '^.{81}' || true)
        if [[ -z $wide ]]; then pass; else fail "help: wider than 80 columns: $wide"; fi

        for mode in $(bash_offers attach --copy = ''); do
                grep -q -e "^	.*\*$mode\*" "$source/man/portablectl.1.scd" || fail "copy mode $mode: not in the manual page"
        done
        check 'portablectl help' bash -c '"$0" help >/dev/null' "$client"
        check 'portablectl --version' bash -c '"$0" --version >/dev/null' "$client"
}
