/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "basic/path.h"
#include "manager/manager.h"
#include "operation/operation.h"
#include "operation/status-parts.h"
#include "operation/status.h"

static uint64_t to_usec(const struct statx_timestamp *t)
{
        return t->tv_sec > 0 ? (uint64_t)t->tv_sec * 1000000U + t->tv_nsec / 1000U : 0;
}

/* When the thing at path got what it has now, in µs since the epoch, 0 if that can't be told. A directory
 * may change while services run; only that it is another one counts. */
static uint64_t image_time(int root_fd, const char *path)
{
        _cleanup_close_ int fd = fd_open_in_root(root_fd, path, O_PATH, 0);
        struct statx st;
        uint64_t born, written;

        if (fd < 0 || statx(fd, "", AT_EMPTY_PATH, STATX_BTIME | STATX_MTIME | STATX_TYPE, &st) < 0)
                return 0;
        born = st.stx_mask & STATX_BTIME ? to_usec(&st.stx_btime) : 0;
        written = S_ISREG(st.stx_mode) ? to_usec(&st.stx_mtime) : 0;
        return born > written ? born : written;
}

/* When the unit's drop-in was written, which each attach and reattach does. */
static uint64_t attach_time(int root_fd, const char *directory, const char *unit)
{
        _cleanup_close_ int fd = -EBADF;
        _cleanup_free_ char *path = NULL;
        struct statx st;

        if (asprintf(&path, "%s/%s.d/20-portable.conf", directory, unit) < 0) {
                path = NULL;
                return 0;
        }
        fd = fd_open_in_root(root_fd, path, O_PATH, 0);
        return fd >= 0 && statx(fd, "", AT_EMPTY_PATH, STATX_CTIME, &st) >= 0 ? to_usec(&st.stx_ctime) : 0;
}

static enum unit_runs judge(struct operation *o, const char *unit, uint64_t attached, uint64_t image)
{
        _cleanup_error_ struct error unknown = {};
        uint64_t started;

        if (manager_get_start_time(o->bus, unit, &started, &unknown) < 0 || started == 0)
                return RUNS_UNKNOWN;
        return started < attached ? RUNS_PREVIOUS : started < image ? RUNS_REPLACED : RUNS_CURRENT;
}

void status_read_running(struct operation *o, struct attachment *a)
{
        uint64_t image = 0;

        for (char **path = a->paths; *path; path++) {
                uint64_t t = image_time(o->root_fd, *path);

                image = t > image ? t : image;
        }
        for (size_t i = 0; i < a->n_units; i++) {
                struct status_unit *u = &a->units[i];
                uint64_t attached;

                if (!string_ends_with(u->name, ".service") || !u->active ||
                    !manager_active_state_is_active(u->active))
                        continue;
                attached = attach_time(o->root_fd, a->directory, u->name);
                for (size_t k = 0; k < u->n_instances; k++)
                        u->instances[k].runs = judge(o, u->instances[k].name, attached, image);
                if (u->n_instances == 0)
                        u->runs = judge(o, u->name, attached, image);
        }
}
