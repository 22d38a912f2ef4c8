/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "image/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/layout.h"
#include "basic/strv.h"
#include "image/image.h"
#include "plan/kind.h"
#include "transaction/transaction.h"

/* One byte for a name, by FNV-1a: names that share one merely wait for each other. Byte 0 belongs to
 * transaction/, and an offset is a positive 63 bit number. */
static off_t lock_offset(const char *name, size_t n)
{
        uint64_t hash = UINT64_C(0xcbf29ce484222325);

        for (size_t i = 0; i < n; i++)
                hash = (hash ^ (uint8_t)name[i]) * UINT64_C(0x100000001b3);
        hash &= INT64_MAX;
        /* The last byte that can be locked is INT64_MAX, and the end of the range must not overflow. */
        return hash == 0 ? 1 : hash == INT64_MAX ? INT64_MAX - 1 : (off_t)hash;
}

static int compare_offsets(const void *a, const void *b)
{
        const off_t *x = a, *y = b;

        return (*x > *y) - (*x < *y);
}

/* Where the names are in the file, each place once, in the order of the file. */
static off_t *lock_offsets(char *const *names, size_t *ret_n)
{
        size_t n = strv_length(names), kept = 0;
        _cleanup_free_ off_t *offsets = calloc(n + 1, sizeof(*offsets));

        if (!offsets)
                return NULL;
        for (size_t i = 0; i < n; i++) {
                _cleanup_free_ char *stem = image_name_from_path(names[i]);

                if (!stem)
                        return NULL;
                offsets[i] = lock_offset(stem, strcspn(stem, "_"));
        }
        qsort(offsets, n, sizeof(*offsets), compare_offsets);
        for (size_t i = 0; i < n; i++)
                if (kept == 0 || offsets[kept - 1] != offsets[i])
                        offsets[kept++] = offsets[i];
        *ret_n = kept;
        return steal_pointer(offsets);
}

static int wait_for(int fd, off_t offset, const char *path, struct error *error)
{
        struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = offset, .l_len = 1};

        while (fcntl(fd, F_OFD_SETLKW, &lock) < 0)
                if (errno != EINTR)
                        return error_set_errno(error, errno, "Failed to lock an image in '%s'", path);
        return 0;
}

/* 1: locked; 0: the file was taken away while we waited, by somebody who works offline. */
static int lock_once(int root_fd, const struct layout *layout, const off_t *offsets, size_t n, int *ret,
                     struct error *error)
{
        _cleanup_close_ int fd = -EBADF;
        struct stat st;
        int r;

        r = transaction_lock_open(root_fd, layout, &fd, error);
        if (r < 0)
                return r;
        for (size_t i = 0; fd >= 0 && i < n; i++) {
                r = wait_for(fd, offsets[i], layout->lock, error);
                if (r < 0)
                        return r;
        }
        if (fd >= 0 && fstat(fd, &st) < 0)
                return error_set_errno(error, errno, "Cannot look at lock file '%s'", layout->lock);
        if (fd >= 0 && st.st_nlink == 0)
                return 0;
        *ret = steal_fd(&fd);
        return 1;
}

int image_lock(int root_fd, const struct layout *layout, char *const *names, int *ret, struct error *error)
{
        _cleanup_free_ off_t *offsets = NULL;
        size_t n;
        int r = 0;

        offsets = lock_offsets(names, &n);
        if (!offsets)
                return error_set_oom(error);
        while (r == 0)
                r = lock_once(root_fd, layout, offsets, n, ret, error);
        return r < 0 ? r : 0;
}
