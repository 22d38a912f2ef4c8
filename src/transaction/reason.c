/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transaction/reason.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/statfs.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "transaction/work.h"

/* File systems without an inode table (btrfs) count none. */
static bool has_no_inodes(int fd)
{
        struct statfs st;

        return fd >= 0 && fstatfs(fd, &st) >= 0 && st.f_files > 0 && st.f_ffree == 0;
}

const char *reason_at(int fd, int errnum)
{
        switch (abs(errnum)) {
        case ENOSPC:
                return has_no_inodes(fd) ? "its file system has no free inodes left"
                                         : "its file system has no space left";
        case EDQUOT:
                return "a disk quota on its file system is used up";
        case EROFS:
                return "its file system is read-only";
        default:
                return NULL;
        }
}

const char *reason_in(const struct work *w, int errnum)
{
        for (size_t i = 0; i < w->n_places; i++)
                if (has_no_inodes(w->places[i].fd))
                        return reason_at(w->places[i].fd, errnum);
        return reason_at(-EBADF, errnum);
}

int reason_set(struct error *e, const char *reason, int errnum, const char *format, ...)
{
        _cleanup_free_ char *what = NULL;
        va_list ap;

        va_start(ap, format);
        if (vasprintf(&what, format, ap) < 0)
                what = NULL;
        va_end(ap);
        if (!what)
                return error_set_oom(e);
        if (reason)
                return error_set(e, ERROR_SYSTEM, errnum, "%s: %s", what, reason);
        return error_set_errno(e, errnum, "%s", what);
}
