/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portablectl/status-compare.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "basic/layout.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "image/image.h"
#include "operation/status.h"
#include "portablectl/backend.h"
#include "portablectl/client.h"
#include "wire/names.h"

#define UNIT_SIZE_MAX (1024U * 1024U)

static const struct image_file *file_find(const struct image_metadata *m, const char *name)
{
        for (size_t i = 0; i < m->n_units; i++)
                if (strcmp(m->units[i].name, name) == 0)
                        return &m->units[i];
        return NULL;
}

static enum unit_content compare(int root_fd, const struct attachment *a, const struct status_unit *u,
                                 const struct image_metadata *m)
{
        const struct image_file *file = file_find(m, u->name);
        _cleanup_free_ char *path = path_join(a->directory, u->name), *text = NULL;
        size_t size;

        if (!file)
                return CONTENT_GONE;
        if (!path || fd_read_file_in_root(root_fd, path, UNIT_SIZE_MAX, &text, &size) < 0)
                return CONTENT_UNKNOWN;
        return size == file->size && (size == 0 || memcmp(text, file->content, size) == 0) ? CONTENT_SAME
                                                                                           : CONTENT_CHANGED;
}

/* Everyone may ask for images of the search path, by name, but only root for others. A name may mean another
 * image that comes first. */
static int read_image(struct client *client, const struct attachment *a, struct result *ret,
                      struct error *error)
{
        const char *path = a->paths[0];
        bool by_name =
                client->bus && geteuid() != 0 && !a->paths[1] && layout_has_image(client->layout, path);
        _cleanup_free_ char *name = image_name_from_path(path);
        const struct operation_request request = {
                .image = by_name ? name : path,
                .extensions = a->paths + 1,
                .flags = PORTABLE_FORCE_EXTENSION,
        };
        int r;

        if (!name)
                return error_set_oom(error);
        r = backend_run(client, OPERATION_METADATA, &request, ret, error);
        if (r >= 0 && by_name && strcmp(ret->metadata.path, path) != 0)
                return error_set(error, ERROR_FAILED, ENOENT, "Another image has its name");
        return r;
}

int status_compare_units(struct client *client, int root_fd, struct attachment *a, struct error *error)
{
        _cleanup_result_ struct result result = {};
        _cleanup_error_ struct error e = {};
        int r;

        if (a->missing)
                return 0;
        r = read_image(client, a, &result, &e);
        if (r == -ENOMEM)
                return error_set_oom(error);
        if (r < 0) {
                a->unread = strdup(error_message(&e));
                return a->unread ? 0 : error_set_oom(error);
        }
        for (size_t i = 0; i < a->n_units; i++)
                a->units[i].content = compare(root_fd, a, &a->units[i], &result.metadata);
        return 0;
}
