/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portablectl/list-rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "operation/missing.h"
#include "operation/status.h"
#include "plan/kind.h"
#include "portablectl/client.h"
#include "portablectl/here.h"
#include "portablectl/list-choice.h"
#include "wire/error-names.h"
#include "wire/names.h"
#include "wire/result.h"

/* This system, with the connection to its service manager if there is one. */
static int begin(const struct client *client, struct here *ret, struct error *error)
{
        int r = here_begin(client, ret, error);

        if (r >= 0 && client->bus) {
                operation_share_bus(&ret->operation, client->bus);
                ret->operation.online = true;
        }
        return r;
}

int list_add_missing(struct client *client, struct image_table *t, struct error *error)
{
        _cleanup_here_ struct here here = {};
        int r;

        if (options_is_remote(client->options))
                return 0;
        r = begin(client, &here, error);
        return r < 0 ? r : operation_list_missing(&here.operation, t, error);
}

/* What is in the images is not asked for. */
static int read_nothing(const struct attachment *a, void *userdata, struct image_metadata *ret,
                        struct error *error)
{
        return error_set(error, ERROR_FAILED, ENODATA, "The image is not read");
}

static int set_once(char **field, const char *value)
{
        if (*field || !value)
                return 0;
        *field = strdup(value);
        return *field ? 0 : -ENOMEM;
}

static int note_attachment(struct image_table *t, const struct attachment *a)
{
        for (size_t k = 0; a->paths[k]; k++) {
                _cleanup_free_ char *name = image_name_from_path(a->paths[k]);

                if (!name)
                        return -ENOMEM;
                for (size_t i = 0; i < t->n; i++) {
                        struct image_row *row = t->rows + i;

                        if (strcmp(row->name, name) == 0 && (set_once(&row->profile, a->profile) < 0 ||
                                                             set_once(&row->definition, a->definition) < 0))
                                return -ENOMEM;
                }
        }
        return 0;
}

/* How images are attached; column: what is wanted of it. */
static int add_attachments(struct client *client, struct image_table *t, const char *column,
                           struct error *error)
{
        const struct status_reader nobody = {read_nothing, NULL};
        _cleanup_image_status_ struct image_status status = {};
        _cleanup_here_ struct here here = {};
        int r;

        if (options_is_remote(client->options))
                return error_set(error, ERROR_NOT_SUPPORTED, EOPNOTSUPP,
                                 "The column %s is read from files of the system, which cannot be done "
                                 "on another one",
                                 column);
        r = here_begin(client, &here, error);
        if (r >= 0)
                r = operation_status(&here.operation, NULL, &nobody, &status, error);
        for (size_t i = 0; i < status.n && r >= 0; i++)
                if (note_attachment(t, status.items + i) < 0)
                        r = error_set_oom(error);
        return r;
}

/* One that went away meanwhile has none. */
static int ask_path(sd_bus *bus, struct image_row *row, struct error *error)
{
        _cleanup_(sd_bus_error_free) sd_bus_error answer = SD_BUS_ERROR_NULL;
        _cleanup_free_ char *object = NULL;
        int r = sd_bus_path_encode(PORTABLE_IMAGE_PATH, row->name, &object);

        if (r < 0)
                return error_set_oom(error);
        r = sd_bus_get_property_string(bus, PORTABLE_BUS_NAME, object, PORTABLE_IMAGE_INTERFACE, "Path",
                                       &answer, &row->path);
        if (r < 0 && !sd_bus_error_has_names(&answer, SD_BUS_ERROR_UNKNOWN_OBJECT,
                                             "org.freedesktop.portable1.NoSuchImage"))
                return error_from_bus(error, &answer, r);
        return 0;
}

static bool is_wanted(const struct list_choice *choice, enum list_column column)
{
        for (size_t i = 0; i < choice->n_columns; i++)
                if (choice->columns[i] == column)
                        return true;
        return choice->sort == column;
}

int list_add_details(struct client *client, const struct list_choice *choice, struct image_table *t,
                     struct error *error)
{
        int r = 0;

        if (is_wanted(choice, LIST_PROFILE) || is_wanted(choice, LIST_DEFINITION))
                r = add_attachments(client, t, is_wanted(choice, LIST_PROFILE) ? "profile" : "definition",
                                    error);

        if (!client->bus || !is_wanted(choice, LIST_PATH))
                return r;
        for (size_t i = 0; i < t->n && r >= 0; i++)
                if (!t->rows[i].path)
                        r = ask_path(client->bus, t->rows + i, error);
        return r;
}
