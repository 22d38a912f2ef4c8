/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>

#include "basic/cleanup.h"
#include "extract/sandbox.h"

static const char *const names[] = {
        [SANDBOX_VIEW] = "read-only-view",
        [SANDBOX_ROOT] = "mount-namespace",
        [SANDBOX_CHROOT] = "chroot",
        [SANDBOX_USER] = "user-namespace",
        [SANDBOX_NETWORK] = "network-namespace",
        [SANDBOX_IPC] = "ipc-namespace",
        [SANDBOX_NOBODY] = "nobody",
        [SANDBOX_LANDLOCK] = "landlock",
        [SANDBOX_SECCOMP] = "seccomp",
};

static_assert(ELEMENTSOF(names) == SANDBOX_LAYER_MAX, "a name for each layer");

const char *sandbox_layer_to_string(enum sandbox_layer layer)
{
        return names[layer];
}

uint32_t sandbox_missing(uint32_t held)
{
        return SANDBOX_ALL & ~held & ~SANDBOX_BIT(SANDBOX_CHROOT);
}
