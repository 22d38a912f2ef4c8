/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fnmatch.h>
#include <string.h>

#include "attached/names.h"
#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "image/version.h"
#include "portablectl/backend.h"
#include "portablectl/change-images.h"
#include "portablectl/client.h"

bool change_is_pattern(const char *arg)
{
        return arg && !strchr(arg, '/') && strpbrk(arg, "*?[");
}

static bool is_newer(const char *a, const char *b)
{
        a = attached_name_version(a);
        b = attached_name_version(b);
        return version_compare(a, strlen(a), b, strlen(b)) > 0;
}

/* The version that stands in the way of row i of those that match: one that is attached, else a newer one,
 * or as new and earlier in the list. */
static const struct image_row *rival(const struct image_table *t, const char *pattern, size_t i)
{
        const struct image_row *newer = NULL;

        for (size_t k = 0; k < t->n; k++) {
                const char *name = t->rows[k].name;

                if (k == i || !attached_names_share_stem(name, t->rows[i].name))
                        continue;
                if (strcmp(t->rows[k].state, "detached") != 0)
                        return t->rows + k;
                if (fnmatch(pattern, name, FNM_PERIOD) == 0 &&
                    (is_newer(name, t->rows[i].name) || (k < i && !is_newer(t->rows[i].name, name))))
                        newer = t->rows + k;
        }
        return newer;
}

/* Of several versions --all attaches the newest only, and none beside one that is attached. Returns 1 for
 * one that is left, having said so. */
static int is_left(struct client *client, const struct image_table *t, const char *pattern, size_t i,
                   struct error *error)
{
        const struct image_row *other = rival(t, pattern, i);
        _cleanup_free_ char *name = NULL, *its_name = NULL;

        if (!other)
                return 0;
        name = text_escape(t->rows[i].name);
        its_name = text_escape(other->name);
        if (!name || !its_name)
                return error_set_oom(error);
        if (!client->options->quiet && client->options->json == JSON_OFF)
                terminal_note("(Leaving image '%s': '%s' is %s.)", name, its_name,
                              strcmp(other->state, "detached") == 0 ? "newer" : "attached");
        return 1;
}

/* The names that a pattern means: for attach of images that are detached, else of those that are not.
 * Returns how many images match in whatever state. */
static int match_names(struct client *client, const struct change_verb *verb, const char *pattern,
                       char ***ret, struct error *error)
{
        const struct operation_request request = {};
        _cleanup_result_ struct result result = {};
        const struct image_table *table = &result.images;
        _cleanup_strv_ char **names = NULL;
        int r, n = 0;

        r = backend_open(client, error);
        if (r >= 0)
                r = backend_run(client, OPERATION_LIST, &request, &result, error);
        if (r < 0)
                return r;
        for (size_t i = 0; i < table->n; i++) {
                bool detached = strcmp(table->rows[i].state, "detached") == 0;

                if (fnmatch(pattern, table->rows[i].name, FNM_PERIOD) != 0)
                        continue;
                n++;
                if (detached != (verb->verb == OPERATION_ATTACH))
                        continue;
                r = detached && client->options->all ? is_left(client, table, pattern, i, error) : 0;
                if (r < 0)
                        return r;
                if (r == 0 && strv_append(&names, table->rows[i].name) < 0)
                        return error_set_oom(error);
        }
        *ret = steal_pointer(names);
        return n;
}

/* What --all means, which a boot or a script gives again and again: that nothing is left to do is not an
 * error, that there is no such image is. */
static int expand_all(struct client *client, const struct change_verb *verb, const char *arg, char ***ret,
                      struct error *error)
{
        int n;

        if (arg && strchr(arg, '/'))
                return error_set(error, ERROR_INVALID_ARGS, EINVAL,
                                 "--all takes the name of an image or a pattern, not the path '%s'", arg);
        n = match_names(client, verb, arg ?: "*", ret, error);
        if (n == 0 && arg)
                return error_set(error, ERROR_NO_SUCH_IMAGE, ENOENT,
                                 "There is no image whose name matches '%s'", arg);
        return n < 0 ? n : 0;
}

int change_get_names(struct client *client, const struct change_verb *verb, const char *arg, char ***ret,
                     struct error *error)
{
        int n;

        if (client->options->all)
                return expand_all(client, verb, arg, ret, error);
        if (!change_is_pattern(arg))
                return strv_append(ret, arg) < 0 ? error_set_oom(error) : 0;
        n = match_names(client, verb, arg, ret, error);
        if (n >= 0 && !*ret)
                return error_set(error, ERROR_NO_SUCH_IMAGE, ENOENT,
                                 "There is no %s image whose name matches '%s'",
                                 verb->verb == OPERATION_ATTACH ? "detached" : "attached", arg);
        return n < 0 ? n : 0;
}
