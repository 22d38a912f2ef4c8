/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portabled/reply.h"

#include <errno.h>
#include <stdbool.h>

#include "attached/state.h"
#include "basic/cleanup.h"
#include "basic/pack.h"
#include "basic/strv.h"
#include "image/image.h"
#include "plan/change.h"
#include "wire/names.h"

static int append_image_path(sd_bus_message *m, const char *name)
{
        _cleanup_free_ char *path = NULL;
        int r = sd_bus_path_encode(PORTABLE_IMAGE_PATH, name, &path);

        return r < 0 ? r : sd_bus_message_append(m, "o", path);
}

int reply_object(struct unpack *u, sd_bus_message *m)
{
        _cleanup_free_ char *name = unpack_string_required(u);

        return name ? append_image_path(m, name) : -EBADMSG;
}

static int append_listed(struct unpack *u, sd_bus_message *m)
{
        _cleanup_free_ char *name = unpack_string_required(u);
        uint32_t type = unpack_u32(u), read_only = unpack_u32(u);
        uint64_t crtime = unpack_u64(u), mtime = unpack_u64(u), usage = unpack_u64(u);
        uint32_t state = unpack_u32(u);
        int r;

        if (u->failed || type >= IMAGE_TYPE_MAX || state >= PORTABLE_STATE_MAX)
                return -EBADMSG;
        r = sd_bus_message_open_container(m, 'r', "ssbtttso");
        if (r >= 0)
                r = sd_bus_message_append(m, "ssbttts", name, image_type_to_string((enum image_type)type),
                                          (int)(read_only != 0), crtime, mtime, usage,
                                          portable_state_to_string((enum portable_state)state));
        if (r >= 0)
                r = append_image_path(m, name);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

/* An array of what append reads, as many as the packed count says. */
static int append_array(struct unpack *u, sd_bus_message *m, const char *contents,
                        int (*append)(struct unpack *u, sd_bus_message *m))
{
        size_t n = unpack_count(u, sizeof(uint32_t));
        int r = sd_bus_message_open_container(m, 'a', contents);

        for (size_t i = 0; r >= 0 && i < n; i++)
                r = append(u, m);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

int reply_list(struct unpack *u, sd_bus_message *m)
{
        return append_array(u, m, "(ssbtttso)", append_listed);
}

static int append_pair(struct unpack *u, sd_bus_message *m)
{
        _cleanup_free_ char *key = unpack_string_required(u), *value = unpack_string_required(u);

        return key && value ? sd_bus_message_append(m, "{ss}", key, value) : -EBADMSG;
}

int reply_os_release(struct unpack *u, sd_bus_message *m)
{
        return append_array(u, m, "{ss}", append_pair);
}

static int append_bytes(struct unpack *u, sd_bus_message *m)
{
        size_t size;
        _cleanup_free_ void *data = unpack_bytes(u, &size);

        return data ? sd_bus_message_append_array(m, 'y', data, size) : -EBADMSG;
}

static int append_file(struct unpack *u, sd_bus_message *m)
{
        _cleanup_free_ char *name = unpack_string_required(u);
        int r;

        if (!name)
                return -EBADMSG;
        r = sd_bus_message_open_container(m, 'e', "say");
        if (r >= 0)
                r = sd_bus_message_append(m, "s", name);
        if (r >= 0)
                r = append_bytes(u, m);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

static int append_metadata(struct unpack *u, sd_bus_message *m, bool with_extensions)
{
        _cleanup_free_ char *path = unpack_string_required(u);
        int r;

        if (!path)
                return -EBADMSG;
        r = sd_bus_message_append(m, "s", path);
        if (r >= 0)
                r = append_bytes(u, m);
        if (r < 0)
                return r;
        if (with_extensions)
                r = append_array(u, m, "{say}", append_file);
        else if (unpack_count(u, sizeof(uint32_t)) != 0)
                r = -EBADMSG;
        return r < 0 ? r : append_array(u, m, "{say}", append_file);
}

int reply_metadata(struct unpack *u, sd_bus_message *m)
{
        return append_metadata(u, m, false);
}

int reply_metadata_with_extensions(struct unpack *u, sd_bus_message *m)
{
        return append_metadata(u, m, true);
}

static int append_strings(struct unpack *u, sd_bus_message *m)
{
        _cleanup_strv_ char **strings = unpack_strv(u);

        return strings ? sd_bus_message_append_strv(m, strings) : -EBADMSG;
}

int reply_inspected(struct unpack *u, sd_bus_message *m)
{
        int r = append_metadata(u, m, true);

        if (r >= 0)
                r = append_strings(u, m);
        return r < 0 ? r : append_strings(u, m);
}

int reply_string(struct unpack *u, sd_bus_message *m)
{
        _cleanup_free_ char *s = unpack_string_required(u);

        return s ? sd_bus_message_append(m, "s", s) : -EBADMSG;
}

int reply_version_state(struct unpack *u, sd_bus_message *m)
{
        int r = reply_string(u, m);

        if (r >= 0)
                r = reply_string(u, m);
        return r < 0 ? r : reply_string(u, m);
}

static int append_change(struct unpack *u, sd_bus_message *m)
{
        uint32_t type = unpack_u32(u);
        _cleanup_free_ char *path = unpack_string_required(u), *source = unpack_string_required(u);

        if (!path || !source || type >= CHANGE_TYPE_MAX)
                return -EBADMSG;
        return sd_bus_message_append(m, "(sss)", change_type_to_string((enum change_type)type), path,
                                     source);
}

int reply_changes(struct unpack *u, sd_bus_message *m)
{
        return append_array(u, m, "(sss)", append_change);
}

int reply_two_changes(struct unpack *u, sd_bus_message *m)
{
        int r = reply_changes(u, m);

        return r < 0 ? r : reply_changes(u, m);
}

static int append_result(struct unpack *u, sd_bus_message *m)
{
        _cleanup_free_ char *image = unpack_string_required(u), *name = unpack_string_required(u),
                            *message = unpack_string_required(u);
        int r;

        if (!image || !name || !message)
                return -EBADMSG;
        r = sd_bus_message_open_container(m, 'r', "sssa(sss)a(sss)as");
        if (r >= 0)
                r = sd_bus_message_append(m, "sss", image, name, message);
        if (r >= 0)
                r = reply_two_changes(u, m);
        if (r < 0)
                return r;
        r = append_strings(u, m);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

int reply_results(struct unpack *u, sd_bus_message *m)
{
        return append_array(u, m, "(sssa(sss)a(sss)as)", append_result);
}

int reply_variant_string(struct unpack *u, sd_bus_message *m)
{
        _cleanup_free_ char *s = unpack_string_required(u);

        return s ? sd_bus_message_append(m, "v", "s", s) : -EBADMSG;
}

int reply_all_states(struct unpack *u, sd_bus_message *m)
{
        _cleanup_free_ char *s = unpack_string_required(u);

        return s ? sd_bus_message_append(m, "a{sv}", 1, "State", "s", s) : -EBADMSG;
}

int reply_nothing(struct unpack *u, sd_bus_message *m)
{
        return 0;
}
