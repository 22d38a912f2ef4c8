/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "basic/unit-name.h"
#include "operation/status.h"
#include "portablectl/attached-units.h"
#include "portablectl/client.h"
#include "portablectl/exit-status.h"
#include "portablectl/image-arg.h"
#include "portablectl/offline.h"
#include "portablectl/pager.h"
#include "portablectl/program.h"
#include "portablectl/read-status.h"
#include "portablectl/request.h"
#include "portablectl/terminal.h"
#include "portablectl/verbs.h"

/* What diff(1) ends with if the files are not the same; more is trouble. */
#define DIFF_DIFFERENT 1

/* A file for a program that is started from here: it stays open there. */
static int make_file(const struct status_text *text, struct error *error)
{
        _cleanup_close_ int fd = memfd_create("unit", 0);

        if (fd < 0)
                return error_set_errno(error, errno, "Cannot make a file in memory");
        if (text->content) {
                int r = fd_write_all(fd, text->content, text->size);

                if (r < 0)
                        return error_set_errno(error, r, "Cannot write to a file in memory");
        }
        return steal_fd(&fd);
}

/* "--label=TEXT", in which nothing looks like another line. */
static int add_label(const char *text, char ***l)
{
        _cleanup_free_ char *escaped = text_escape(text);

        return escaped ? strv_appendf(l, "--label=%s", escaped) : -ENOMEM;
}

static int make_command(const char *attached, int attached_fd, const char *image, int image_fd, char ***ret)
{
        int r = strv_append(ret, "diff");

        if (r >= 0)
                r = strv_append(ret, "--unified");
        if (r >= 0)
                r = add_label(attached, ret);
        if (r >= 0)
                r = add_label(image, ret);
        if (r >= 0)
                r = strv_appendf(ret, "/dev/fd/%d", attached_fd);
        return r < 0 ? r : strv_appendf(ret, "/dev/fd/%d", image_fd);
}

/* Returns 1 as there is something to show, or a negative errno. */
static int show_texts(const struct client *client, const char *path, const char *source,
                      const struct status_unit *u, struct error *error)
{
        _cleanup_close_ int attached = make_file(&u->attached, error),
                            image = attached < 0 ? -EBADF : make_file(&u->source, error);
        _cleanup_strv_ char **argv = NULL;
        _cleanup_free_ char *text = NULL;
        int status;

        if (attached < 0 || image < 0)
                return attached < 0 ? attached : image;
        if (make_command(path, attached, source, image, &argv) < 0)
                return error_set_oom(error);
        status = program_collect(argv, PROGRAM_STDOUT | PROGRAM_SHARE_STDERR, &text, error);
        if (status < 0)
                return status;
        if (status > DIFF_DIFFERENT)
                return error_set(error, ERROR_FAILED, EIO, "diff ended with status %d", status);
        terminal_content(&client->terminal, text, strlen(text));
        return 1;
}

static int show_unit(const struct client *client, const struct attachment *a, const struct status_unit *u,
                     struct error *error)
{
        _cleanup_free_ char *path = path_join(a->directory, u->name), *source = NULL;
        const char *image = path_base(a->paths[0]);

        if (u->content == CONTENT_GONE)
                source = strdup("/dev/null");
        else if (asprintf(&source, "%s:%s", image, u->name) < 0)
                source = NULL;
        if (!path || !source)
                return error_set_oom(error);
        return show_texts(client, path, source, u, error);
}

static int fail_unread(const struct attachment *a, struct error *error)
{
        if (a->missing)
                return error_set(error, ERROR_NO_SUCH_IMAGE, ENOENT, "'%s' is not there", a->missing[0]);
        return error_set(error, ERROR_FAILED, EIO, "%s", a->unread ? a->unread : "a unit cannot be read");
}

/* Returns 1 if something differs, 0 if not, or a negative errno. */
static int show_attachment(const struct client *client, const struct attachment *a, char *const *prefixes,
                           struct error *error)
{
        int r, different = 0;

        for (size_t i = 0; i < a->n_units; i++) {
                const struct status_unit *u = a->units + i;

                if (!unit_name_matches_any(u->name, prefixes) || u->content == CONTENT_SAME)
                        continue;
                if (u->content == CONTENT_UNKNOWN)
                        return fail_unread(a, error);
                r = show_unit(client, a, u, error);
                if (r < 0)
                        return r;
                different = 1;
        }
        return different;
}

static int show_status(struct client *client, const struct request *request, const struct image_status *s,
                       struct error *error)
{
        int r = 0, different = 0;

        if (s->n == 0)
                return attached_units_fail(request->typed, s->version, error);
        pager_open(client);
        for (size_t i = 0; i < s->n && r >= 0; i++) {
                r = show_attachment(client, s->items + i, request->prefixes, error);
                different |= r > 0;
        }
        return r < 0 ? r : different ? STATUS_DIFFERENT : 0;
}

static int compare_image(struct client *client, struct offline *tree, char **args, struct error *error)
{
        _cleanup_image_status_ struct image_status status = {};
        _cleanup_request_ struct request request = {};
        bool made_up;
        int r = request_image(client, args[0], IMAGE_ARG_MAY_MISS, &request, error);

        if (r >= 0 && args[1])
                r = image_prefixes(args[0], request.image, args + 1, &request.prefixes, &made_up, error);
        if (r >= 0)
                r = status_read(client, tree, &request, &status, error);
        return r < 0 ? r : show_status(client, &request, &status, error);
}

int verb_diff(struct client *client, char **args, struct error *error)
{
        struct offline *own = NULL;
        int r = status_open(client, "diff", &own, error);

        if (r >= 0)
                r = compare_image(client, client->offline ? client->offline : own, args, error);
        offline_close(own);
        if (r < 0)
                error_prefix(error, "Cannot compare image '%s': ", args[0]);
        return r;
}
