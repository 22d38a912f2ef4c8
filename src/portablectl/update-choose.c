/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <sys/stat.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/strv.h"
#include "image/image.h"
#include "portablectl/client.h"
#include "portablectl/update.h"

static int add_identity(const struct client *client, int root_fd, const char *image, char ***l,
                        struct error *error)
{
        _cleanup_image_ struct image *found = NULL;
        _cleanup_close_ int fd = -EBADF;
        struct stat st;
        int r = image_find(root_fd, client->layout, image, &found, &fd, error);

        if (r < 0)
                return r;
        if (fstat(fd, &st) < 0)
                return error_set_errno(error, errno, "Cannot look at image '%s'", image);
        r = strv_appendf(l, "%s %llu %lld %lld.%09ld", found->path, (unsigned long long)st.st_ino,
                         (long long)st.st_size, (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
        return r < 0 ? error_set_oom(error) : 0;
}

/* What tells this set of images from any other that ever had their names. */
static int get_identity(const struct client *client, int root_fd, const struct request *request, char ***ret,
                        struct error *error)
{
        _cleanup_strv_ char **l = NULL;
        int r = add_identity(client, root_fd, request->image, &l, error);

        for (char **e = request->extensions; r >= 0 && e && *e; e++)
                r = add_identity(client, root_fd, *e, &l, error);
        if (r >= 0)
                *ret = steal_pointer(l);
        return r;
}

/* That it was cut short now and then is not held against it at once. */
static bool is_bad(const struct update_record *failure, char *const *identity, unsigned tries)
{
        return strv_equal(failure->identity, identity) &&
               (failure->phase == RECORD_BACK || failure->interrupted >= tries);
}

/* Whether this set may be tried: 1 with the record told which it is, or 0. */
static int may_try(struct client *client, int root_fd, const struct apply_item *item,
                   struct update_record *record, struct error *error)
{
        _cleanup_record_ struct update_record failure = RECORD_NONE;
        _cleanup_strv_ char **identity = NULL;
        int r = get_identity(client, root_fd, &item->request, &identity, error);

        if (r >= 0)
                r = record_read_failure(root_fd, client->layout, item->name, item->to[0], &failure, error);
        if (r < 0)
                return r;
        if (r > 0 && is_bad(&failure, identity, item->definition->tries))
                return 0;
        record->interrupted = r > 0 && strv_equal(failure.identity, identity) ? failure.interrupted : 0;
        record->identity = steal_pointer(identity);
        return 1;
}

int update_choose(struct client *client, int root_fd, const char *name, struct update_record *record,
                  struct apply *ret, struct error *error)
{
        _cleanup_error_ struct error first = {};
        int r = 0;

        for (size_t skip = 0; r == 0; skip++) {
                _cleanup_apply_ struct apply a = {};

                r = apply_read_newer(client, name, skip, &a, error);
                if (r < 0 || a.n == 0 || !a.items->to || strv_equal(a.items->from, a.items->to))
                        break;
                if (!definition_state_is_failure(a.items->state))
                        r = may_try(client, root_fd, a.items, record, error);
                else if (!error_is_set(&first))
                        error_move(&first, &a.items->error);
                if (r > 0) {
                        *ret = a;
                        a = (struct apply){};
                }
        }
        if (r != 0 || !error_is_set(&first))
                return r;
        error_move(error, &first);
        return -error->errnum ?: -EIO;
}
