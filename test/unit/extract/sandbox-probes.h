/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TEST_UNIT_EXTRACT_SANDBOX_PROBES_H
#define TEST_UNIT_EXTRACT_SANDBOX_PROBES_H

/* What a reader that an image has taken over would try, and the only right results. */

#include <stdbool.h>
#include <stddef.h>

struct probe {
        const char *name;
        bool opens; /* works outside the sandbox and returns a descriptor: the test checks that */
        long (*try)(const char *outside); /* 0 or more: it worked; else -errno */
        int error;                        /* the right answer; 0: killed by SIGSYS */
        int without_mounts;               /* the same where nothing can be mounted: Landlock has to do it */
};

#define KILLED 0
#define WORKS  -1

extern const struct probe probes[];
extern const size_t n_probes;

/* The tree and the channel of the process that tries. */
extern int probe_tree_fd, probe_channel_fd;

#endif
