#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# trees: no
#
# What bash and zsh offer to complete: verbs, options, images, profiles, values. The same questions to both shells.

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"

suite_setup() {
        suite_host
        image_simple "$SUITE_TMP/app" app 'ID=app' 'VERSION_ID=1'
        image_simple "$SUITE_TMP/other" other 'ID=other'
        write_bash
        write_zsh
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

# offers SHELL WORD...: sorted, in a line. Of zsh the descriptions are not shown.
offers() {
        host_run timeout 200 "complete-$1" "${@:2}" | sed 's/=$//' | LC_ALL=C sort -u | xargs
}

# both EXPECTED WORD...
both() {
        local shell expected=$1
        shift

        for shell in bash zsh; do
                assert_eq "$(offers $shell "$@")" "$expected" "$shell completes: $*"
        done
}

test_verbs() {
        both 'attach' portablectl at
        both 'read-only reattach remove restart' portablectl re
        both 'inspect is-attached' portablectl i
        both 'set-limit shell start status stop' portablectl s
        both 'list logs' portablectl --no-pager l
}

test_options() {
        both '--no-ask-password --no-block --no-legend --no-pager --no-reload' portablectl --no-
        both '--extension' portablectl attach --ext
        both '--now' portablectl attach --now
        both '--follow' portablectl logs --fo
        both '' portablectl start --fo
}

test_images() {
        image_put squashfs "$SUITE_TMP/app" app_1
        image_put directory "$SUITE_TMP/app" apple
        image_put squashfs "$SUITE_TMP/other" other
        both 'app_1 apple' portablectl inspect ap
        both 'app_1 apple' portablectl remove other ap
        both 'app_1 apple' portablectl attach ap
        both 'other' portablectl attach --extension=ot
        assert_ok ctl -q attach --no-reload app_1 app
        # Only what can be attached, only what can be detached.
        both 'apple' portablectl attach ap
        both 'app_1' portablectl detach ap
        both 'app_1' portablectl restart ap
        both 'app_1 apple' portablectl logs ap
        both 'app_1 apple' portablectl is-attached ap
        host_run mv /var/lib/portables/app_1.raw /srv/
        both 'app_1' portablectl detach ap
        host_run mv /srv/app_1.raw /var/lib/portables/
        assert_ok ctl -q detach --no-reload app_1
}

# Those of users are others.
test_profiles_of_users() {
        host_run sh -c 'mkdir -p /etc/systemd/user/portable/profile/theirs
                : >/etc/systemd/user/portable/profile/theirs/service.conf'
        both 'default nonetwork strict theirs trusted' portablectl --user attach --profile ''
        both 'theirs' portablectl --user cat-profile th
        both 'mine' portablectl attach --profile mi
        both 'system user' portablectl verify --scope ''
        both 'always auto no' portablectl attach --reload ''
        host_run rm -r /etc/systemd/user
}

test_profiles() {
        both 'default mine nonetwork strict trusted' portablectl attach --profile ''
        both 'mine' portablectl attach --profile mi
        both 'nonetwork' portablectl attach -p no
        both 'strict' portablectl cat-profile st
}

test_values() {
        both 'symlink' portablectl --copy sy
        both 'no yes' portablectl read-only app ''
        both 'pretty' portablectl --json pr
        both 'missing mstack' portablectl list --type=m
        both 'path profile' portablectl list --sort=p
}

test_unit_files() {
        host_run sh -c 'mkdir -p /srv/units/more /srv/units/none.d; cd /srv/units; : >web.service; : >web.socket; : >web.txt; : >more/web.timer'
        # zsh does not repeat the directory.
        assert_eq "$(offers bash portablectl attach --unit /srv/units/w)" '/srv/units/web.service /srv/units/web.socket'
        assert_eq "$(offers zsh portablectl attach --unit /srv/units/w)" 'web.service web.socket'
        assert_eq "$(offers bash portablectl verify --unit=/srv/units/more/)" '/srv/units/more/web.timer'
        assert_eq "$(offers zsh portablectl verify --unit=/srv/units/more/)" 'web.timer'
        host_run rm -r /srv/units
}

# An image elsewhere is not asked for here.
test_other_hosts() {
        image_put squashfs "$SUITE_TMP/app" app_1
        assert_eq "$(offers bash portablectl -M box inspect ap)" ''
}

suite_main "$@"
