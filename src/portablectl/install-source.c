/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portablectl/install-source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "basic/path.h"
#include "basic/text.h"
#include "manager/manager.h"
#include "portablectl/backend.h"
#include "portablectl/client.h"
#include "portablectl/request.h"

#define UNIT_SIZE_MAX (1024U * 1024U)

int install_source_begin(struct client *client, const struct install_images *images,
                         struct install_source *ret, struct error *error)
{
        struct install_source s = {.client = client, .images = *images};
        int r;

        r = here_begin(client, &s.here, error);
        if (r < 0)
                return r;
        *ret = s;
        return 0;
}

void install_source_end(struct install_source *s)
{
        if (!s->client)
                return;
        for (size_t i = 0; s->metadata && i < s->images.n; i++)
                image_metadata_clear(s->metadata + i);
        free(s->metadata);
        error_clear(&s->why);
        here_end(&s->here);
        *s = (struct install_source){};
}

/* Once for all units. Among several images some may have been refused: the last reason is kept for a unit
 * that is in none of them. */
static int ask(struct install_source *s, struct error *error)
{
        struct client *client = s->client;

        s->metadata = calloc(s->images.n + 1, sizeof(*s->metadata));
        if (!s->metadata)
                return error_set_oom(error);
        for (size_t i = 0; i < s->images.n; i++) {
                const struct operation_request call = request_to_read(client, s->images.requests + i);
                _cleanup_result_ struct result result = {};
                _cleanup_error_ struct error why = {};

                if (backend_run(client, OPERATION_METADATA, &call, &result, &why) < 0)
                        error_move(&s->why, &why);
                s->metadata[i] = result.metadata;
                result.metadata = (struct image_metadata){};
        }
        return 0;
}

static int read_asked(struct install_source *s, const char *unit, char **ret, size_t *ret_size,
                      struct error *error)
{
        int r = s->metadata ? 0 : ask(s, error);

        if (r < 0)
                return r;
        for (size_t i = 0; i < s->images.n; i++)
                for (size_t k = 0; k < s->metadata[i].n_units; k++) {
                        const struct image_file *file = s->metadata[i].units + k;

                        if (strcmp(file->name, unit) != 0)
                                continue;
                        *ret = text_copy(file->content, file->size);
                        if (!*ret)
                                return error_set_oom(error);
                        *ret_size = file->size;
                        return 0;
                }
        return error_set(error, ERROR_FAILED, ENODATA, "Cannot read '%s': %s", unit,
                         error_is_set(&s->why) ? error_message(&s->why) : "the image does not have it");
}

int install_source_read(struct install_source *s, const char *path, char **ret, size_t *ret_size,
                        struct error *error)
{
        int r;

        if (options_is_remote(s->client->options))
                return read_asked(s, path_base(path), ret, ret_size, error);
        r = fd_read_file_in_root(s->here.operation.root_fd, path, UNIT_SIZE_MAX, ret, ret_size);
        /* A link into an image that only root may enter, perhaps. */
        if (r == -EACCES)
                return read_asked(s, path_base(path), ret, ret_size, error);
        return r < 0 ? error_set_errno(error, r, "Cannot read '%s'", path) : 0;
}

/* -EACCES if a directory may not be searched. */
static int find_here(const struct install_source *s, const char *name, const char *unit, char **ret)
{
        *ret = NULL;
        for (char **directory = s->here.operation.unit_path; *directory; directory++) {
                _cleanup_free_ char *path = path_join(*directory, name), *target = NULL;
                _cleanup_close_ int fd = -EBADF;

                if (!path)
                        return -ENOMEM;
                fd = fd_open_in_root(s->here.operation.root_fd, path, O_PATH | O_NOFOLLOW, 0);
                if (fd == -EACCES)
                        return fd;
                if (fd < 0 || (fd_readlink(fd, "", &target) >= 0 && strcmp(path_base(target), unit) == 0))
                        continue;
                *ret = steal_pointer(path);
                return 0;
        }
        return 0;
}

/* Whether the manager knows the unit by that name, too. */
static int is_name_of(struct install_source *s, const char *name, const char *unit, struct error *error)
{
        struct manager_unit_state *states = NULL;
        size_t n = 0;
        int r = manager_get_unit_states(s->client->bus, (char *[]){(char *)name, NULL}, &states, &n, error);

        if (r >= 0)
                r = n == 1 && strcmp(states[0].name, unit) == 0;
        manager_unit_states_free(states, n);
        return r;
}

static int find_there(struct install_source *s, const char *name, const char *unit, char **ret,
                      struct error *error)
{
        struct manager_unit_file *files = NULL;
        size_t n = 0;
        int r = manager_get_unit_file_states(s->client->bus, (char *[]){(char *)name, NULL}, &files, &n,
                                             error);

        *ret = NULL;
        for (size_t i = 0; r >= 0 && i < n && !*ret; i++) {
                if (strcmp(files[i].name, name) != 0)
                        continue;
                r = strcmp(files[i].state, "alias") == 0 ? is_name_of(s, name, unit, error) : 0;
                if (r != 0)
                        continue;
                *ret = steal_pointer(files[i].path);
        }
        manager_unit_files_free(files, n);
        return r < 0 ? r : 0;
}

int install_source_find(struct install_source *s, const char *name, const char *unit, char **ret,
                        struct error *error)
{
        int r = options_is_remote(s->client->options) ? -EACCES : find_here(s, name, unit, ret);

        if (r == -EACCES && s->client->bus)
                return find_there(s, name, unit, ret, error);
        return r < 0 ? error_set_errno(error, r, "Cannot look for unit '%s'", name) : 0;
}
