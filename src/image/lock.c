/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "image/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/layout.h"
#include "basic/strv.h"
#include "image/image.h"
#include "plan/kind.h"
#include "transaction/lock-wait.h"
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

/* Which byte, and the name of the image that it is taken for. */
struct place {
        off_t offset;
        char *name;
};

struct places {
        struct place *items; /* each place once, in the order of the file */
        size_t n;
};

static void places_clear(struct places *p)
{
        for (size_t i = 0; i < p->n; i++)
                free(p->items[i].name);
        free(p->items);
}

static int compare_places(const void *a, const void *b)
{
        const struct place *x = a, *y = b;

        return (x->offset > y->offset) - (x->offset < y->offset);
}

static int find_places(char *const *names, struct places *p)
{
        size_t kept = 0;

        p->items = calloc(strv_length(names) + 1, sizeof(*p->items));
        if (!p->items)
                return -ENOMEM;
        for (char *const *name = names; name && *name; name++) {
                char *stem = image_name_from_path(*name);

                if (!stem)
                        return -ENOMEM;
                stem[strcspn(stem, "_")] = '\0';
                p->items[p->n++] = (struct place){lock_offset(stem, strlen(stem)), stem};
        }
        qsort(p->items, p->n, sizeof(*p->items), compare_places);
        for (size_t i = 0; i < p->n; i++)
                if (kept == 0 || p->items[kept - 1].offset != p->items[i].offset)
                        p->items[kept++] = p->items[i];
                else
                        free(p->items[i].name);
        p->n = kept;
        return 0;
}

/* 1: locked; 0: the file was taken away while we waited, by somebody who works offline. */
static int lock_once(int root_fd, const struct layout *layout, const struct places *places,
                     const struct lock_listener *listener, int *ret, struct error *error)
{
        _cleanup_close_ int fd = -EBADF;
        int r;

        r = transaction_lock_open(root_fd, layout, &fd, error);
        if (r < 0)
                return r;
        for (size_t i = 0; fd >= 0 && i < places->n; i++) {
                r = lock_wait(fd, places->items[i].offset, places->items[i].name, layout->lock, listener,
                              error);
                if (r < 0)
                        return r;
        }
        r = transaction_lock_counts(layout, fd, error);
        if (r > 0)
                *ret = steal_fd(&fd);
        return r;
}

int image_lock(int root_fd, const struct layout *layout, char *const *names,
               const struct lock_listener *listener, int *ret, struct error *error)
{
        _cleanup_(places_clear) struct places places = {};
        int r = 0;

        if (find_places(names, &places) < 0)
                return error_set_oom(error);
        while (r == 0)
                r = lock_once(root_fd, layout, &places, listener, ret, error);
        return r < 0 ? r : 0;
}
