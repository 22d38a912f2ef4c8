#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# trees: no
#
# The agent that asks for passwords at a terminal is started when the peer starts it, and just as the peer does.

# shellcheck source=../lib/suite.sh
source "$(dirname -- "$0")/../lib/suite.sh"
# shellcheck source=../lib/peer.sh
source "$SUITE_LIB/peer.sh"

# shellcheck disable=SC2034 # suite.sh's
SUITE_WHOLE=(no_agent)

# shellcheck disable=SC2034 # suite.sh's
SUITE_WHOLE=(no_agent)

suite_setup() {
        peer_host
        image_simple "$SUITE_TMP/app" app 'ID=app' 'VERSION_ID=1'
        # Leaves a trace and says that it is there.
        printf '#!/bin/sh\necho "$@" >/run/agent/trace\neval "exec $2>&-"\nexec sleep 1000\n' >"$HOST_ROOT/usr/bin/agent"
        chmod 0755 "$HOST_ROOT/usr/bin/agent"
        host_run mkdir -p -m 1777 /run/agent
        daemon ours
}

# agent_of USER CLIENT ARGUMENT...: the arguments that the agent gets, but for the number of the descriptor.
agent_of() {
        local user=$1
        shift

        host_run rm -f /run/agent/trace
        host_run mount --bind /usr/bin/agent /usr/bin/pkttyagent
        run host_run env TERM=dumb timeout 300 script -qec \
                "setpriv --reuid $user --clear-groups $(printf '%q ' "$@")" /dev/null
        host_run umount /usr/bin/pkttyagent
        host_run sh -c '[ ! -e /run/agent/trace ] || sed "s/[0-9][0-9]*/N/" /run/agent/trace'
}

# same_agent EXPECTED USER ARGUMENT...: what both clients start, with either daemon.
same_agent() {
        local expected=$1 user=$2 daemon client
        shift 2

        for daemon in peer ours; do
                daemon $daemon
                for client in /usr/bin/portablectl /usr/local/bin/portablectl; do
                        assert_eq "$(agent_of "$user" $client "$@")" "$expected" "agent of $client $*, daemon: $daemon"
                done
        done
}

test_agent_for_what_needs_permission() {
        image_put squashfs "$SUITE_TMP/app" app
        same_agent '--notify-fd N --fallback' nobody attach app
        same_agent '--notify-fd N --fallback' nobody remove app
        assert_state app detached
}

test_no_agent() {
        image_put squashfs "$SUITE_TMP/app" app
        same_agent '' nobody --no-ask-password attach app
        same_agent '' nobody list
        same_agent '' root read-only app
}

suite_main "$@"
