/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portablectl/reattach-keep.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attached/index.h"
#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "operation/check.h"
#include "operation/operation.h"
#include "operation/profile.h"
#include "portablectl/client.h"
#include "portablectl/request.h"
#include "portablectl/status-parts.h"

#define PROFILE_SIZE_MAX (256U * 1024U)

/* What an attach was asked for, as far as it shows. */
struct choices {
        char *profile; /* name or path; NULL: none */
        const char *copy_mode;
        char **prefixes;
        bool service; /* there is one, so that there should be a profile */
};

static void choices_clear(struct choices *c)
{
        free(c->profile);
        strv_free(c->prefixes);
}

static bool has_content(const struct profile *p, const char *text, size_t size)
{
        for (size_t i = 0; i < p->n; i++)
                if (strcmp(p->parts[i].suffix, "service") == 0)
                        return p->parts[i].size == size && memcmp(p->parts[i].content, text, size) == 0;
        return false;
}

/* The profile that was copied: the one of that content, else the copy itself is a file of one's own. */
static int find_copied(int root_fd, const struct layout *layout, const char *path, char **ret,
                       struct error *error)
{
        _cleanup_strv_ char **names = NULL;
        _cleanup_free_ char *text = NULL;
        size_t size;
        int r;

        r = fd_read_file_in_root(root_fd, path, PROFILE_SIZE_MAX, &text, &size);
        if (r < 0)
                return error_set_errno(error, r, "Cannot read '%s'", path);
        r = profile_list(root_fd, layout, &names, error);
        if (r < 0)
                return r;
        for (char **name = names; name && *name; name++) {
                _cleanup_profile_ struct profile profile = {};
                _cleanup_error_ struct error unreadable = {};

                if (profile_read(root_fd, layout, *name, &profile, &unreadable) < 0 ||
                    !has_content(&profile, text, size))
                        continue;
                *ret = strdup(*name);
                return *ret ? 0 : error_set_oom(error);
        }
        *ret = strdup(path);
        return *ret ? 0 : error_set_oom(error);
}

static int read_profile(int root_fd, const struct layout *layout, const struct attached_unit *u,
                        struct choices *c, struct error *error)
{
        _cleanup_free_ char *directory = path_join(u->directory, u->name), *path = NULL, *target = NULL;
        _cleanup_close_ int fd = -EBADF;

        if (!directory || asprintf(&path, "%s.d/10-profile.conf", directory) < 0) {
                path = NULL;
                return error_set_oom(error);
        }
        fd = fd_open_in_root(root_fd, path, O_PATH | O_NOFOLLOW, 0);
        if (fd == -ENOENT)
                return 0;
        if (fd < 0)
                return error_set_errno(error, fd, "Cannot open '%s'", path);
        if (fd_readlink(fd, "", &target) < 0) {
                c->copy_mode = "copy";
                return find_copied(root_fd, layout, path, &c->profile, error);
        }
        c->profile = status_profile_name(target);
        return c->profile ? 0 : error_set_oom(error);
}

static bool is_link(int root_fd, const struct attached_unit *u)
{
        _cleanup_close_ int fd = fd_open_in_root(root_fd, u->directory, O_PATH | O_DIRECTORY, 0);
        _cleanup_free_ char *target = NULL;

        return fd >= 0 && fd_readlink(fd, u->name, &target) >= 0;
}

static int read_unit(int root_fd, const struct layout *layout, const struct attached_unit *u,
                     struct choices *c, struct error *error)
{
        _cleanup_attached_files_ struct attached_files files = {};
        int r;

        r = attached_unit_read_files(root_fd, u, &files, error);
        if (r < 0)
                return r;
        if (!c->prefixes && files.prefixes[0] && strv_copy(files.prefixes, &c->prefixes) < 0)
                return error_set_oom(error);
        if (is_link(root_fd, u))
                c->copy_mode = "symlink";
        else if (files.copied[0])
                c->copy_mode = "mixed";
        if (c->service || !string_ends_with(u->name, ".service"))
                return 0;
        c->service = true;
        return read_profile(root_fd, layout, u, c, error);
}

/* Returns 0 if nothing of the image is attached. */
static int read_choices(const struct client *client, const struct request *request, struct choices *c,
                        struct error *error)
{
        const struct operation_request wanted = {.image = request->image, .extensions = request->extensions};
        _cleanup_attached_index_ struct attached_index index = {};
        _cleanup_error_ struct error e = {};
        _cleanup_unit_selection_ struct unit_selection found = {};
        struct operation o = {};
        int r, root_fd;
        _cleanup_close_ int fd =
                open(client->options->root ? client->options->root : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);

        if (fd < 0)
                return error_set_errno(error, errno, "Cannot open the root directory");
        o.root_fd = root_fd = fd;
        o.layout = client->layout;
        r = attached_index_read(root_fd, client->layout, &index, error);
        if (r < 0)
                return r;
        r = operation_find_attached(&o, &index, &wanted, client->options->runtime, &found, &e);
        if (r == -ENXIO)
                return 0;
        if (r < 0)
                error_move(error, &e);
        for (size_t i = 0; i < found.n && r >= 0; i++)
                r = read_unit(root_fd, client->layout, unit_selection_at(&found, i), c, error);
        return r < 0 ? r : 1;
}

/* Of what is kept only what is unusual is told, and of what was given only what is another. */
static void tell_choice(const struct client *client, const char *what, const char *now, const char *before,
                        const char *usual)
{
        _cleanup_free_ char *x = text_escape(now), *y = text_escape(before);

        if (!x || !y || client->options->quiet || client->options->json != JSON_OFF)
                return;
        if (strcmp(now, before) != 0)
                terminal_note("(%s '%s', before: '%s'.)", what, x, y);
        else if (strcmp(now, usual) != 0)
                terminal_note("(%s '%s', as before.)", what, x);
}

static int keep_profile(struct client *client, struct request *request, struct choices *c,
                        struct error *error)
{
        bool given = client->options->profile_given;
        const char *before = c->profile ? c->profile : "none";
        int r = 0;

        if (given || !c->profile)
                r = request_profile(client, request, error);
        else
                request->profile = strdup(c->profile);
        if (r < 0)
                return r;
        if (!request->profile)
                return error_set_oom(error);
        if (c->service)
                tell_choice(client, "Profile", request->profile, before, "default");
        return 0;
}

int reattach_keep(struct client *client, struct request *request, char ***ret_prefixes, struct error *error)
{
        const struct options *o = client->options;
        bool given = o->given & (UINT64_C(1) << OPTION_COPY);
        _cleanup_(choices_clear) struct choices c = {.copy_mode = ""};
        int r;

        *ret_prefixes = NULL;
        if (options_is_remote(o))
                return 0;
        r = read_choices(client, request, &c, error);
        if (r <= 0)
                return r;
        r = keep_profile(client, request, &c, error);
        if (r < 0)
                return r;
        request->copy_mode = given ? o->copy_mode : c.copy_mode;
        tell_choice(client, "Copy mode", *request->copy_mode ? request->copy_mode : "auto",
                    *c.copy_mode ? c.copy_mode : "auto", "auto");
        *ret_prefixes = steal_pointer(c.prefixes);
        return 0;
}
