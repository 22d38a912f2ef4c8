# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# Both on one host, ours and the distribution's own portabled ("the peer"), and switching between them. Sourced by
# the test files that compare the two or let one take over from the other.

PEER_UNIT=systemd-portabled.service
PEER_UNITS=/usr/local/lib/systemd/system # ours, which shadow the peer's
PEER_ASIDE=/usr/local/lib/portabled-aside

# peer_host: the host with both, booted; PEER_VERSION is that of its systemd.
# shellcheck disable=SC2034
peer_host() {
        host_new --peer ${PORTABLED_TEST_TREE:+"--tree=$PORTABLED_TEST_TREE"}
        host_boot
        PEER_VERSION=$(host_run systemctl --version | sed -n '1s/^systemd \([0-9]*\).*/\1/p')
}

# daemon ours|peer: whose daemon owns the bus name from now on.
daemon() {
        if [ "$1" = peer ] && host_exists "$PEER_UNITS/$PEER_UNIT"; then
                host_run sh -c "mkdir -p $PEER_ASIDE && mv $PEER_UNITS/*portable* $PEER_ASIDE/"
        elif [ "$1" = ours ] && host_exists "$PEER_ASIDE/$PEER_UNIT"; then
                host_run sh -c "mv $PEER_ASIDE/* $PEER_UNITS/ && rmdir $PEER_ASIDE"
        fi
        host_run systemctl daemon-reload
        host_run systemctl stop "$PEER_UNIT"
        portable_call ListImages >/dev/null
        assert_match "$(host_run readlink "/proc/$(host_run systemctl show -P MainPID "$PEER_UNIT")/exe")" \
                "^$([ "$1" = peer ] && echo /usr/lib || echo /usr/local)/" 'program of the daemon'
}

# Both clients.
ours() {
        host_run /usr/local/bin/portablectl "$@"
}

peer() {
        host_run /usr/bin/portablectl "$@"
}
