#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# client-vs-peer.sh with our daemon in the place of the peer's: scripts written for the one must not notice the other.
# run: whole

# shellcheck disable=SC2034
CLIENTS_DAEMON=ours

# shellcheck source=client-vs-peer.sh
source "$(dirname -- "$0")/client-vs-peer.sh"
