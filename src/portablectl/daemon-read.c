/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "basic/array.h"
#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/strv.h"
#include "portablectl/daemon-call.h"
#include "portablectl/daemon.h"
#include "wire/names.h"

static int row_compare(const void *a, const void *b)
{
        return strcmp(((const struct image_row *)a)->name, ((const struct image_row *)b)->name);
}

static int table_read(sd_bus_message *m, struct image_table *t)
{
        const char *name, *type, *state;
        uint64_t crtime, mtime, usage;
        int read_only, r;

        r = sd_bus_message_enter_container(m, 'a', "(ssbtttso)");
        if (r < 0)
                return r;
        while ((r = sd_bus_message_read(m, "(ssbtttso)", &name, &type, &read_only, &crtime, &mtime, &usage,
                                        &state, NULL)) > 0) {
                struct image_row *row;

                if (array_grow((void **)&t->rows, t->n, sizeof(*row)) < 0)
                        return -ENOMEM;
                row = &t->rows[t->n++];
                *row = (struct image_row){
                        .name = strdup(name),
                        .type = strdup(type),
                        .state = strdup(state),
                        .read_only = read_only,
                        .crtime = crtime,
                        .mtime = mtime,
                        .usage = usage,
                };
                if (!row->name || !row->type || !row->state)
                        return -ENOMEM;
        }
        return r < 0 ? r : sd_bus_message_exit_container(m);
}

int daemon_list_images(sd_bus *bus, struct image_table *ret, struct error *error)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL, *reply = NULL;
        _cleanup_image_table_ struct image_table t = {};
        int r;

        r = daemon_call_new(bus, "ListImages", &m, error);
        if (r < 0)
                return r;
        r = daemon_call_send(bus, m, 0, 0, &reply, error);
        if (r < 0)
                return r;
        r = table_read(reply, &t);
        if (r < 0)
                return daemon_bad_answer(error, r, m);
        if (t.n > 0)
                qsort(t.rows, t.n, sizeof(*t.rows), row_compare);
        *ret = t;
        t = (struct image_table){};
        return 0;
}

static int file_set(struct image_file *f, const char *name, const void *data, size_t size)
{
        f->name = strdup(name);
        f->content = malloc(size + 1);
        if (!f->name || !f->content)
                return -ENOMEM;
        if (size > 0)
                memcpy(f->content, data, size);
        f->content[size] = '\0';
        f->size = size;
        return 0;
}

static int file_compare(const void *a, const void *b)
{
        return strcmp(((const struct image_file *)a)->name, ((const struct image_file *)b)->name);
}

/* a{say} */
static int files_read(sd_bus_message *m, struct image_file **files, size_t *n)
{
        int r;

        r = sd_bus_message_enter_container(m, 'a', "{say}");
        if (r < 0)
                return r;
        while ((r = sd_bus_message_enter_container(m, 'e', "say")) > 0) {
                const char *name;
                const void *data;
                size_t size;

                r = sd_bus_message_read(m, "s", &name);
                if (r >= 0)
                        r = sd_bus_message_read_array(m, 'y', &data, &size);
                if (r < 0)
                        return r;
                if (array_grow((void **)files, *n, sizeof(**files)) < 0)
                        return -ENOMEM;
                (*files)[*n] = (struct image_file){};
                r = file_set(&(*files)[(*n)++], name, data, size);
                if (r < 0)
                        return r;
                r = sd_bus_message_exit_container(m);
                if (r < 0)
                        return r;
        }
        return r < 0 ? r : sd_bus_message_exit_container(m);
}

static int metadata_read(sd_bus_message *m, bool with_extensions, struct image_metadata *ret)
{
        const char *path;
        const void *data;
        size_t size;
        int r;

        r = sd_bus_message_read(m, "s", &path);
        if (r >= 0)
                r = sd_bus_message_read_array(m, 'y', &data, &size);
        if (r < 0)
                return r;
        ret->path = strdup(path);
        if (!ret->path)
                return -ENOMEM;
        r = file_set(&ret->release, "os-release", data, size);
        if (r >= 0 && with_extensions)
                r = files_read(m, &ret->extensions, &ret->n_extensions);
        if (r >= 0)
                r = files_read(m, &ret->units, &ret->n_units);
        if (r < 0)
                return r;
        if (ret->n_units > 0)
                qsort(ret->units, ret->n_units, sizeof(*ret->units), file_compare);
        return 0;
}

int daemon_get_metadata(sd_bus *bus, const char *image, char *const *extensions, char *const *matches,
                        uint64_t flags, struct image_metadata *ret, struct error *error)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL, *reply = NULL;
        _cleanup_image_metadata_ struct image_metadata metadata = {};
        bool with_extensions = strv_length(extensions) > 0;
        int r;

        r = daemon_call_new(bus, with_extensions ? "GetImageMetadataWithExtensions" : "GetImageMetadata", &m,
                            error);
        if (r < 0)
                return r;
        r = sd_bus_message_append(m, "s", image);
        if (r >= 0 && with_extensions)
                r = sd_bus_message_append_strv(m, (char **)extensions);
        if (r >= 0)
                r = sd_bus_message_append_strv(m, (char **)matches);
        if (r >= 0 && with_extensions)
                r = sd_bus_message_append(m, "t", flags);
        r = daemon_call_send(bus, m, r, 0, &reply, error);
        if (r < 0)
                return r;
        r = metadata_read(reply, with_extensions, &metadata);
        if (r < 0)
                return daemon_bad_answer(error, r, m);
        *ret = metadata;
        metadata = (struct image_metadata){};
        return 0;
}

int daemon_inspect(sd_bus *bus, const char *image, char *const *extensions, char *const *matches,
                   uint64_t flags, struct image_metadata *ret, struct error *error)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL, *reply = NULL;
        _cleanup_(sd_bus_error_free) sd_bus_error answer = SD_BUS_ERROR_NULL;
        _cleanup_image_metadata_ struct image_metadata metadata = {};
        int r;

        r = sd_bus_message_new_method_call(bus, &m, PORTABLE_BUS_NAME, PORTABLE_MANAGER_PATH,
                                           PORTABLED_INTERFACE, "InspectImage");
        if (r >= 0)
                r = sd_bus_message_append(m, "s", image);
        if (r >= 0)
                r = sd_bus_message_append_strv(m, (char **)extensions);
        if (r >= 0)
                r = sd_bus_message_append_strv(m, (char **)matches);
        if (r >= 0)
                r = sd_bus_message_append(m, "t", flags);
        if (r < 0)
                return error_set_errno(error, r, "Cannot form a call of InspectImage");
        r = daemon_call(bus, m, 0, &answer, &reply);
        if (r < 0 && daemon_lacks_interface(&answer))
                return error_set(error, ERROR_NOT_SUPPORTED, EOPNOTSUPP,
                                 "The systemd-portabled that runs here is another one");
        if (r < 0)
                return daemon_failed(error, &answer, r);
        r = metadata_read(reply, true, &metadata);
        if (r >= 0)
                r = sd_bus_message_read_strv(reply, &metadata.sandbox);
        if (r >= 0)
                r = sd_bus_message_read_strv(reply, &metadata.sandbox_missing);
        if (r < 0)
                return daemon_bad_answer(error, r, m);
        *ret = metadata;
        metadata = (struct image_metadata){};
        return 0;
}

int daemon_get_release_field(sd_bus *bus, const char *image, const char *key, char **ret,
                             struct error *error)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL, *reply = NULL;
        _cleanup_free_ char *found = NULL;
        const char *k, *v;
        int r;

        r = daemon_call_new(bus, "GetImageOSRelease", &m, error);
        if (r < 0)
                return r;
        r = sd_bus_message_append(m, "s", image);
        r = daemon_call_send(bus, m, r, 0, &reply, error);
        if (r < 0)
                return r;
        r = sd_bus_message_enter_container(reply, 'a', "{ss}");
        if (r < 0)
                return daemon_bad_answer(error, r, m);
        while ((r = sd_bus_message_read(reply, "{ss}", &k, &v)) > 0) {
                if (strcmp(k, key) != 0)
                        continue;
                free(found);
                found = strdup(v);
                if (!found)
                        return error_set_oom(error);
        }
        if (r < 0)
                return daemon_bad_answer(error, r, m);
        *ret = steal_pointer(found);
        return 0;
}

int daemon_get_profiles(sd_bus *bus, char ***ret, struct error *error)
{
        _cleanup_(sd_bus_error_free) sd_bus_error answer = SD_BUS_ERROR_NULL;
        char **profiles;
        int r;

        r = sd_bus_get_property_strv(bus, PORTABLE_BUS_NAME, PORTABLE_MANAGER_PATH,
                                     PORTABLE_MANAGER_INTERFACE, "Profiles", &answer, &profiles);
        if (r < 0)
                return daemon_failed(error, &answer, r);
        strv_sort(profiles);
        *ret = profiles;
        return 0;
}
