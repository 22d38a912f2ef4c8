/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verify/view.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "basic/chase.h"
#include "basic/cleanup.h"
#include "basic/fd.h"
#include "basic/layout-service.h"
#include "basic/path.h"
#include "operation/operation.h"
#include "operation/prepare.h"

void view_clear(struct view *v)
{
        for (size_t i = 0; i < v->n_covers; i++) {
                free(v->covers[i].path);
                free(v->covers[i].source);
                free(v->covers[i].real);
        }
        free(v->covers);
        free(v->fds);
        *v = (struct view){};
}

bool view_spend(const struct view *v, size_t cost)
{
        bool enough = *v->effort >= cost;

        *v->effort -= enough ? cost : *v->effort;
        return enough;
}

bool view_spend_path(const struct view *v, const char *path)
{
        return view_spend(v, 1 + strlen(path));
}

void looked_clear(struct looked *l)
{
        l->fd = fd_close(l->fd);
}

/* Of what is looked for when the effort is spent nothing is certain. */
static const struct cover unknown = {.kind = COVER_UNKNOWN, .path = (char *)"/", .directory = true};

/* What the path lies below, or, with inside, is: what is mounted there hides nothing of its own mount point,
 * only what lies in it. The longest counts. */
static const struct cover *find_cover(const struct view *v, const char *path, bool inside)
{
        const struct cover *found = NULL;

        for (size_t i = 0; i < v->n_covers; i++) {
                const struct cover *c = v->covers + i;
                const char *at = c->real ?: c->path;

                if (c->directory && (inside || strcmp(at, path) != 0) && path_is_below(path, at) &&
                    (!found || strlen(at) >= strlen(found->real ?: found->path)))
                        found = c;
        }
        return found;
}

static bool spend_covers(const struct view *v, size_t length)
{
        return view_spend(v, 1 + (v->n_covers + length) / 64);
}

bool view_is_covered(const struct view *v, const char *path)
{
        return !spend_covers(v, strlen(path)) || find_cover(v, path, false);
}

/* Of the uppermost layer that has it; a canonical path, whose last component may be a symlink. */
static int open_in_layers(const struct view *v, const char *path, struct stat *ret)
{
        for (size_t i = v->p->layers.n; i-- > 0;) {
                int fd = fd_open_in_root(v->fds[i], path, O_PATH | O_NOFOLLOW, 0);

                if (fd >= 0 && fstat(fd, ret) >= 0)
                        return fd;
                if (fd >= 0)
                        close(fd);
        }
        return -ENOENT;
}

/* What is still to be walked: the target of a link, then what followed it. */
static int put_target(int fd, char *todo, size_t size)
{
        _cleanup_free_ char *target = NULL, *rest = strdup(todo);

        if (!rest || fd_readlink(fd, "", &target) < 0 ||
            (size_t)snprintf(todo, size, "%s/%s", target, rest) >= size)
                return -ENAMETOOLONG;
        return *target == '/';
}

static void add_rest(struct looked *l, const char *todo)
{
        if (strlen(l->path) + strlen(todo) < sizeof(l->path))
                strcat(l->path, todo);
}

/* One component more. 1: done with the path, 0: go on. */
static int step(const struct view *v, struct looked *l, char *todo, unsigned *links)
{
        char *name = todo + strspn(todo, "/"), *end = name + strcspn(name, "/");
        size_t length = strlen(l->path), n = (size_t)(end - name);
        _cleanup_close_ int fd = -EBADF;
        struct stat st;
        int r;

        if (n == 0)
                return 1;
        if (n == 2 && memcmp(name, "..", 2) == 0) {
                *(strrchr(l->path, '/') ?: l->path) = '\0';
        } else if (!(n == 1 && *name == '.')) {
                if (length + n + 2 > sizeof(l->path))
                        return -ENAMETOOLONG;
                l->path[length] = '/';
                memcpy(l->path + length + 1, name, n);
                l->path[length + 1 + n] = '\0';
        }
        memmove(todo, end, strlen(end) + 1);
        l->cover =
                spend_covers(v, length) ? find_cover(v, l->path, todo[strspn(todo, "/")] != '\0') : &unknown;
        if (l->cover) {
                l->look = LOOK_COVERED;
                add_rest(l, todo);
                return 1;
        }
        fd = open_in_layers(v, *l->path ? l->path : "/", &st);
        if (fd < 0)
                return fd;
        fd_close(l->fd);
        l->fd = S_ISLNK(st.st_mode) ? -EBADF : steal_fd(&fd);
        l->st = st;
        if (l->fd >= 0)
                return 0;
        if (++*links > CHASE_SYMLINKS_MAX)
                return -ELOOP;
        r = put_target(fd, todo, PATH_MAX);
        if (r >= 0)
                l->path[r > 0 ? 0 : length] = '\0';
        return r < 0 ? r : 0;
}

void view_look(const struct view *v, const char *path, struct looked *ret)
{
        struct looked *l = ret;
        char todo[PATH_MAX];
        unsigned links = 0;
        int r = 0;

        l->look = LOOK_MISSING;
        l->loop = false;
        l->fd = -EBADF;
        l->cover = NULL;
        l->path[0] = '\0';
        if ((size_t)snprintf(todo, sizeof(todo), "%s", path) >= sizeof(todo))
                return;
        while (r == 0)
                r = step(v, l, todo, &links);
        l->loop = r == -ELOOP;
        if (r == -ENOENT)
                add_rest(l, todo);
        if (r < 0 || l->look == LOOK_COVERED) {
                looked_clear(l);
                return;
        }
        if (!*l->path)
                strcpy(l->path, "/");
        if (l->fd < 0) /* it ended with a link to the root */
                l->fd = open_in_layers(v, l->path, &l->st);
        if (l->fd >= 0)
                l->look = LOOK_THERE;
}

/* Whether the first that has to be made on the way to the path belongs into the root directory. */
static bool begins_in_root(const struct view *v, const char *path)
{
        size_t n = *path ? 1 + strcspn(path + 1, "/") : 0;
        _cleanup_free_ char *top = strndup(path, n);
        _cleanup_close_ int fd = -EBADF;
        struct stat st;

        if (!path[n])
                return n > 0;
        fd = top ? open_in_layers(v, top, &st) : -ENOMEM;
        return fd < 0;
}

bool view_can_make(const struct view *v, const struct looked *l)
{
        return !l->loop && !v->read_only && !(v->root_read_only && begins_in_root(v, l->path));
}

/* Made on the way to something that is mounted below it, or that itself. */
static bool leads_to_cover(const struct view *v, const char *path)
{
        for (size_t i = 0; i < v->n_covers; i++)
                if (path_is_below(v->covers[i].path, path))
                        return true;
        return false;
}

bool view_has(const struct view *v, const char *path)
{
        _cleanup_looked_ struct looked l = {.fd = -EBADF};
        _cleanup_free_ char *on_host = NULL;
        _cleanup_close_ int fd = -EBADF;

        if (!view_spend(v, 1))
                return true;
        view_look(v, path, &l);
        if (l.look == LOOK_THERE || leads_to_cover(v, path))
                return true;
        if (l.look == LOOK_MISSING || l.cover->kind == COVER_EMPTY)
                return false;
        if (l.cover->kind != COVER_HOST)
                return true;
        if (asprintf(&on_host, "%s%s", l.cover->source, l.path + strlen(l.cover->real ?: l.cover->path)) <
            0) {
                on_host = NULL;
                return true;
        }
        fd = fd_open_in_root(v->o->root_fd, on_host, O_PATH, 0);
        return fd != -ENOENT;
}

bool view_is_strict(const struct view *v)
{
        const struct unit_setting *s = unit_merged_get(v->unit, "Service", "ProtectSystem");

        return s && strcmp(s->value, "strict") == 0;
}

bool view_runs_as_root(const struct view *v)
{
        const struct unit_setting *user = unit_merged_get(v->unit, "Service", "User");

        return user ? strcmp(user->value, "root") == 0 || strcmp(user->value, "0") == 0
                    : !unit_merged_is_true(v->unit, "Service", "DynamicUser", false);
}

static const char *directory_of(const struct operation *o, char letter)
{
        for (const struct layout_specifier *s = layout_specifiers; s->letter; s++)
                if (s->letter == letter)
                        return s->directory ?: layout_base_directory(o->layout, s->base, o->manager_version);
        return NULL;
}

/* What %LETTER stands for in that unit, in n bytes at *ret. -ENOENT: not known here. */
static int specifier_find(const struct view *v, char letter, const char **ret, size_t *ret_n)
{
        const char *unit = v->file->name;
        const char *dot = strrchr(unit, '.'), *directory;
        size_t stem = dot ? (size_t)(dot - unit) : strlen(unit), prefix = strcspn(unit, "@");

        *ret = unit;
        switch (letter) {
        case '%':
                *ret = "%";
                *ret_n = 1;
                return 0;
        case 'n':
                *ret_n = strlen(unit);
                return 0;
        case 'N':
                *ret_n = stem;
                return 0;
        case 'p':
                *ret_n = prefix < stem ? prefix : stem;
                return 0;
        default:
                directory = directory_of(v->o, letter);
                if (!directory)
                        return -ENOENT;
                *ret = directory;
                *ret_n = strlen(directory);
                return 0;
        }
}

char *view_expand(const struct view *v, const char *text)
{
        char *out = NULL;
        size_t size;
        FILE *f = open_memstream(&out, &size);
        bool good = f;

        for (; good && *text; text++) {
                const char *piece = text;
                size_t n = 1;

                if (*text == '%')
                        good = specifier_find(v, *++text, &piece, &n) >= 0;
                good = good && fwrite(piece, 1, n, f) == n;
        }
        good = f && fclose(f) == 0 && good;
        if (good)
                return out;
        free(out);
        return NULL;
}
