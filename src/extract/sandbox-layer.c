/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/strv.h"
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

static char *join_names(uint32_t layers)
{
        const char *list[SANDBOX_LAYER_MAX + 1];
        size_t n = 0;

        for (unsigned i = 0; i < SANDBOX_LAYER_MAX; i++)
                if (layers & SANDBOX_BIT(i))
                        list[n++] = names[i];
        list[n] = NULL;
        return strv_join((char **)list, ", ");
}

char *sandbox_layers_describe(uint32_t held)
{
        _cleanup_free_ char *there = join_names(held), *missing = join_names(sandbox_missing(held));
        char *text;

        if (!there || !missing)
                return NULL;
        return asprintf(&text, "%s%s%s", there, *missing ? "; not there: " : "", missing) < 0 ? NULL : text;
}
