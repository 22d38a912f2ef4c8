#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# trees: no
#
# What bash, zsh and fish offer to complete: verbs, options, images, profiles, values. The same questions to all shells.

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"

suite_setup() {
        suite_host
        image_simple "$SUITE_TMP/app" app 'ID=app' 'VERSION_ID=1'
        image_simple "$SUITE_TMP/other" other 'ID=other'
        write_bash
        write_zsh
        write_fish
        host_run sh -c 'mkdir -p /etc/systemd/portable/profile/mine; : >/etc/systemd/portable/profile/mine/service.conf'
}

# Words in, the last of them to be completed; candidates out, a line each.
write_bash() {
        cat >"$HOST_ROOT/usr/local/bin/complete-bash" <<-'END'
		#!/bin/bash
		source /usr/local/share/bash-completion/completions/portablectl
		# As the shell does it: "=" is a word of its own.
		for word in "$@"; do
		        if [[ $word == --*=* ]]; then
		                COMP_WORDS+=("${word%%=*}" =)
		                [[ -z ${word#*=} ]] || COMP_WORDS+=("${word#*=}")
		        else
		                COMP_WORDS+=("$word")
		        fi
		done
		COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
		$(complete -p portablectl | sed 's/.*-F \([^ ]*\) .*/\1/') portablectl "${COMP_WORDS[-1]}" 2>/dev/null
		printf '%s\n' "${COMPREPLY[@]}"
	END
        chmod +x "$HOST_ROOT/usr/local/bin/complete-bash"
}

# A shell on a terminal of its own, in which the key Tab is pressed; what is added as a candidate is printed.
write_zsh() {
        cat >"$HOST_ROOT/usr/local/bin/complete-zsh" <<-'END'
		#!/bin/zsh -f
		cat >/tmp/inner.zsh <<'INNER'
		PS1=
		fpath=(/usr/local/share/zsh/site-functions $fpath)
		autoload -Uz compinit
		compinit -u -D
		bindkey '^I' complete-word
		zstyle ':completion:*' insert-tab false
		compadd() {
		        local -a offered
		        if [[ ${@[1,(i)(-|--)]} == *-[OAD]* ]]; then
		                builtin compadd "$@"
		                return
		        fi
		        builtin compadd -A offered "$@"
		        print -rl -- "candidate "$^offered
		        builtin compadd "$@"
		}
		finished() { print "finished" }
		comppostfuncs=(finished)
		INNER
		zmodload zsh/zpty
		zpty inner zsh -f -i
		zpty -w inner 'source /tmp/inner.zsh; print rea""dy'
		zpty -r inner output $'*ready\r*' || exit 1
		zpty -w -n inner "${(j: :)${(@q)@[1,-2]}} ${@[-1]}"$'\t'
		zpty -r inner output $'*finished\r*' || exit 1
		zpty -d inner
		print -r -- "$output" | tr -d '\r' | sed -n 's/^.*candidate //p'
		rm /tmp/inner.zsh
	END
        chmod +x "$HOST_ROOT/usr/local/bin/complete-zsh"
}

# fish looks for what is installed itself, below /usr/local where the environment of sessions says so. An option is offered
# with its value.
write_fish() {
        cat >"$HOST_ROOT/usr/local/bin/complete-fish" <<-'END'
		#!/usr/bin/env -S XDG_DATA_DIRS=/usr/local/share:/usr/share fish
		set -l line (string escape -- $argv[1..-2]) $argv[-1]
		complete -C "$line" | string replace -r '\t.*' '' | string replace -r -- '^--[a-z-]+=(.)' '$1'
	END
        chmod +x "$HOST_ROOT/usr/local/bin/complete-fish"
}

# offers SHELL WORD...: sorted, in a line. Of zsh the descriptions are not shown.
offers() {
        host_run timeout 200 "complete-$1" "${@:2}" | sed 's/=$//' | LC_ALL=C sort -u | xargs
}

# all EXPECTED WORD...
all() {
        local shell expected=$1
        shift

        for shell in bash zsh fish; do
                assert_eq "$(offers $shell "$@")" "$expected" "$shell completes: $*"
        done
}

test_verbs() {
        all 'attach' portablectl at
        all 'read-only reattach remove restart' portablectl re
        all 'inspect is-attached' portablectl i
        all 'set-limit shell start status stop' portablectl s
        all 'list logs' portablectl --no-pager l
        all 'read-only reattach remove restart' portablectl help re
}

test_options() {
        all '--no-ask-password --no-block --no-legend --no-pager --no-reload' portablectl --no-
        all '--extension' portablectl attach --ext
        all '--now' portablectl attach --now
        all '--follow' portablectl logs --fo
        all '' portablectl start --fo
}

test_images() {
        image_put squashfs "$SUITE_TMP/app" app_1
        image_put directory "$SUITE_TMP/app" apple
        image_put squashfs "$SUITE_TMP/other" other
        all 'app_1 apple' portablectl inspect ap
        all 'app_1 apple' portablectl remove other ap
        all 'app_1 apple' portablectl attach ap
        all 'other' portablectl attach --extension=ot
        assert_ok ctl -q attach --no-reload app_1 app
        # Only what can be attached, only what can be detached.
        all 'apple' portablectl attach ap
        all 'app_1' portablectl detach ap
        all 'app_1' portablectl restart ap
        all 'app_1 apple' portablectl logs ap
        all 'app_1 apple' portablectl is-attached ap
        host_run mv /var/lib/portables/app_1.raw /srv/
        all 'app_1' portablectl detach ap
        host_run mv /srv/app_1.raw /var/lib/portables/
        assert_ok ctl -q detach --no-reload app_1
}

# Those of users are others.
test_profiles_of_users() {
        host_run sh -c 'mkdir -p /etc/systemd/user/portable/profile/theirs
                : >/etc/systemd/user/portable/profile/theirs/service.conf'
        all 'default nonetwork strict theirs trusted' portablectl --user attach --profile ''
        all 'theirs' portablectl --user cat-profile th
        all 'mine' portablectl attach --profile mi
        all 'system user' portablectl verify --scope ''
        all 'always auto no' portablectl attach --reload ''
        host_run rm -r /etc/systemd/user
}

test_profiles() {
        all 'default mine nonetwork strict trusted' portablectl attach --profile ''
        all 'mine' portablectl attach --profile mi
        all 'nonetwork' portablectl attach -p no
        all 'strict' portablectl cat-profile st
}

test_values() {
        all 'symlink' portablectl --copy sy
        all 'no yes' portablectl read-only app ''
        all 'pretty' portablectl --json pr
        all 'missing mstack' portablectl list --type=m
        all 'path profile' portablectl list --sort=p
}

test_unit_files() {
        host_run sh -c 'mkdir -p /srv/units/more /srv/units/none.d; cd /srv/units; : >web.service; : >web.socket; : >web.txt; : >more/web.timer'
        # zsh does not repeat the directory.
        assert_eq "$(offers bash portablectl attach --unit /srv/units/w)" '/srv/units/web.service /srv/units/web.socket'
        assert_eq "$(offers zsh portablectl attach --unit /srv/units/w)" 'web.service web.socket'
        assert_eq "$(offers bash portablectl verify --unit=/srv/units/more/)" '/srv/units/more/web.timer'
        assert_eq "$(offers zsh portablectl verify --unit=/srv/units/more/)" 'web.timer'
        assert_eq "$(offers fish portablectl attach --unit /srv/units/w)" '/srv/units/web.service /srv/units/web.socket'
        assert_eq "$(offers fish portablectl verify --unit=/srv/units/more/)" '/srv/units/more/web.timer'
        host_run rm -r /srv/units
}

# An image elsewhere is not asked for here.
test_other_hosts() {
        image_put squashfs "$SUITE_TMP/app" app_1
        assert_eq "$(offers bash portablectl -M box inspect ap)" ''
        assert_eq "$(offers fish portablectl -M box inspect ap)" ''
}

suite_main "$@"
