/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>

#include "basic/cleanup.h"
#include "basic/fd.h"
#include "basic/layout-service.h"
#include "basic/layout.h"
#include "basic/path.h"
#include "basic/text.h"
#include "dissect/dissect.h"
#include "operation/operation.h"
#include "operation/prepare.h"
#include "verify/view.h"

#ifndef EROFS_SUPER_MAGIC_V1
#define EROFS_SUPER_MAGIC_V1 0xE0F5E1E2
#endif

/* id, setting: of its mount point, FOUND_MAX and NULL if it needs none. Takes path over. */
static struct cover *add(struct view *v, enum cover_kind kind, enum finding_id id,
                         const struct unit_setting *setting, char *path)
{
        struct cover *grown = reallocarray(v->covers, v->n_covers + 1, sizeof(*grown));

        if (!grown || !path) {
                if (grown)
                        v->covers = grown;
                free(path);
                return NULL;
        }
        v->covers = grown;
        grown[v->n_covers] =
                (struct cover){.kind = kind, .path = path, .directory = true, .id = id, .setting = setting};
        return grown + v->n_covers++;
}

/* Also "disconnected", "self" and the like: anything but a no. */
static const struct unit_setting *get_switch(const struct view *v, const char *key)
{
        const struct unit_setting *s = unit_merged_get(v->unit, "Service", key);

        return s && text_to_boolean(s->value) != 0 ? s : NULL;
}

static int add_switches(struct view *v)
{
        for (const struct layout_switch *row = layout_switches; row->setting; row++) {
                const struct unit_setting *s = get_switch(v, row->setting);
                enum cover_kind kind = row->empty ? COVER_EMPTY : COVER_UNKNOWN;

                if (s && !add(v, kind, FOUND_MOUNT_POINT, s, strdup(row->path)))
                        return -ENOMEM;
        }
        return 0;
}

/* As long as there is place for what it names. */
static int next_word(const struct view *v, const char *key, struct unit_merged_words *w)
{
        return v->n_covers < VIEW_COVERS_MAX ? unit_merged_next_word(v->unit, "Service", key, w) : 0;
}

/* Cuts off the part up to a colon that is not escaped. NULL at the end. */
static char *next_part(char **rest)
{
        char *part = *rest, *out = part, *in = part;

        if (!part)
                return NULL;
        for (; *in && *in != ':'; in++) {
                if (*in == '\\' && (in[1] == ':' || in[1] == '\\'))
                        in++;
                *out++ = *in;
        }
        *rest = *in ? in + 1 : NULL;
        *out = '\0';
        return part;
}

static int add_bind(struct view *v, const struct unit_setting *s, char *word)
{
        bool may_miss = *word == '-';
        char *rest = word + may_miss, *source = next_part(&rest), *target = next_part(&rest);
        _cleanup_free_ char *from = view_expand(v, source), *to = NULL;
        _cleanup_close_ int fd = -EBADF;
        struct cover *c;
        struct stat st;

        to = view_expand(v, target && *target ? target : source);
        if (!from || !to || *from != '/' || *to != '/' || !view_spend_path(v, from))
                return 0;
        fd = fd_open_in_root(v->o->root_fd, from, O_PATH, 0);
        if (fd < 0 || fstat(fd, &st) < 0)
                return 0; /* told as a missing source */
        c = add(v, COVER_HOST, s->source == 0 ? FOUND_BIND_POINT : FOUND_MOUNT_POINT, s, steal_pointer(to));
        if (!c)
                return -ENOMEM;
        c->source = steal_pointer(from);
        c->directory = S_ISDIR(st.st_mode);
        return 0;
}

static int add_temporary(struct view *v, const struct unit_setting *s, char *word)
{
        char *rest = word, *path = next_part(&rest);
        _cleanup_free_ char *to = view_expand(v, path);

        if (!to || *to != '/')
                return 0;
        return add(v, COVER_EMPTY, FOUND_TMPFS_POINT, s, steal_pointer(to)) ? 0 : -ENOMEM;
}

static int add_image(struct view *v, const struct unit_setting *s, char *word)
{
        char *rest = word, *target;
        _cleanup_free_ char *to = NULL;

        next_part(&rest);
        target = next_part(&rest);
        to = target ? view_expand(v, target) : NULL;
        if (!to || *to != '/')
                return 0;
        return add(v, COVER_UNKNOWN, FOUND_BIND_POINT, s, steal_pointer(to)) ? 0 : -ENOMEM;
}

/* What a unit lays over the image by itself: what is in there, nobody knows. */
static int add_extension(struct view *v, const struct unit_setting *s, char *word)
{
        (void)s;
        (void)word;
        for (const char *const *path = layout_extended; *path; path++)
                if (!add(v, COVER_UNKNOWN, FOUND_MAX, NULL, strdup(*path)))
                        return -ENOMEM;
        return 0;
}

static int add_directory(struct view *v, const struct unit_setting *s, char *word, const char *base)
{
        char *rest = word, *name = next_part(&rest), *link = next_part(&rest);
        const char *const names[] = {name, link};

        for (size_t i = 0; i < ELEMENTSOF(names); i++) {
                _cleanup_free_ char *expanded = names[i] && *names[i] ? view_expand(v, names[i]) : NULL;
                struct cover *c;

                if (!expanded)
                        continue;
                c = add(v, COVER_UNKNOWN, FOUND_DIRECTORY_POINT, s, path_join(base, expanded));
                if (!c)
                        return -ENOMEM;
                c->link = i > 0;
        }
        return 0;
}

static int add_directories(struct view *v)
{
        for (const struct layout_directory *row = layout_directories; row->setting; row++) {
                const char *base = layout_base_directory(v->o->layout, row->base, v->o->manager_version);
                _cleanup_unit_merged_words_ struct unit_merged_words w = {};
                int r;

                while ((r = next_word(v, row->setting, &w)) > 0)
                        if (add_directory(v, w.setting, w.words.word, base) < 0)
                                return -ENOMEM;
                if (r < 0)
                        return r;
        }
        return 0;
}

static int add_words(struct view *v)
{
        static const struct {
                const char *key;
                int (*take)(struct view *v, const struct unit_setting *s, char *word);
        } kinds[] = {
                {"BindPaths", add_bind},
                {"BindReadOnlyPaths", add_bind},
                {"TemporaryFileSystem", add_temporary},
                {"MountImages", add_image},
                {"ExtensionImages", add_extension},
                {"ExtensionDirectories", add_extension},
        };

        for (size_t i = 0; i < ELEMENTSOF(kinds); i++) {
                _cleanup_unit_merged_words_ struct unit_merged_words w = {};
                int r;

                while ((r = next_word(v, kinds[i].key, &w)) > 0)
                        if (kinds[i].take(v, w.setting, w.words.word) < 0)
                                return -ENOMEM;
                if (r < 0)
                        return r;
        }
        return 0;
}

/* Where there is no setting for it, but nothing can be found all the same. */
static int add_homes(struct view *v)
{
        const struct unit_setting *s = get_switch(v, "ProtectHome");
        /* A directory that is not there need not be hidden, but a new file system needs its place. */
        enum finding_id id = s && strcmp(s->value, "tmpfs") == 0 ? FOUND_TMPFS_POINT : FOUND_MAX;

        if (!s || strcmp(s->value, "read-only") == 0)
                return 0;
        for (const char *const *path = layout_homes; *path; path++)
                if (!add(v, COVER_EMPTY, id, id == FOUND_MAX ? NULL : s, strdup(*path)))
                        return -ENOMEM;
        return 0;
}

int view_collect_covers(struct view *v)
{
        int r = add_switches(v);

        if (r >= 0)
                r = add_homes(v);
        if (r >= 0)
                r = add_directories(v);
        return r < 0 ? r : add_words(v);
}

/* What is mounted over a symlink lies where that leads. */
static int resolve_covers(struct view *v)
{
        for (size_t i = 0; i < v->n_covers; i++) {
                _cleanup_looked_ struct looked l = {.fd = -EBADF};
                struct cover *c = v->covers + i;

                view_look(v, c->path, &l);
                if (l.look != LOOK_THERE)
                        continue;
                if (strcmp(l.path, c->path) == 0)
                        c->mode = l.st.st_mode;
                else if (!(c->real = strdup(l.path)))
                        return -ENOMEM;
        }
        return 0;
}

/* An image that is only /usr gets a new root directory, where the manager makes what it wants. */
static bool is_new_root(int tree_fd)
{
        struct statfs sfs;

        return fstatfs(tree_fd, &sfs) >= 0 && sfs.f_type == TMPFS_MAGIC;
}

static bool is_read_only_type(int tree_fd)
{
        struct statfs sfs;

        return fstatfs(tree_fd, &sfs) >= 0 &&
               (sfs.f_type == SQUASHFS_MAGIC || (uint32_t)sfs.f_type == EROFS_SUPER_MAGIC_V1);
}

/* Managers up to this one mount a disk image read-only under ProtectSystem=strict before they make mount
 * points; 257 and 262 do not. */
#define STRICT_FIRST_VERSION 252

static bool is_strict_first(const struct view *v)
{
        return view_is_strict(v) && v->o->manager_version != 0 &&
               v->o->manager_version <= STRICT_FIRST_VERSION;
}

/* A flag of our own is about the entry in the search path, too: an image below /usr counts as read-only, but
 * only what the file system says keeps the manager from making mount points. And what a file's mode forbids
 * the manager does all the same. */
static void judge_read_only(struct view *v)
{
        const struct layer *base = v->p->layers.items;
        const struct image *image = base->image;
        bool raw = !layer_is_tree(base),
             flag = image->read_only && image->type != IMAGE_RAW && !layout_is_vendor(image->path);
        struct statvfs where;
        /* The daemon itself sees /usr read-only, whatever it is. */
        bool mount = !(v->o->online && layout_is_vendor(image->path)) && fstatvfs(base->fd, &where) >= 0 &&
                     where.f_flag & ST_RDONLY;

        if (raw && is_new_root(v->fds[0]))
                return;
        v->read_only = mount || (raw && is_strict_first(v)) || is_read_only_type(v->fds[0]) ||
                       dissected_is_read_only(base->dissected) ||
                       (flag && (raw || image->type == IMAGE_SUBVOLUME));
        v->image_read_only =
                v->read_only && !(raw && is_strict_first(v) && !mount && !flag &&
                                  !is_read_only_type(v->fds[0]) && !dissected_is_read_only(base->dissected));
        v->root_read_only = v->read_only || flag;
}

int view_init(struct view *v)
{
        v->fds = calloc(v->p->layers.n, sizeof(int));
        if (!v->fds)
                return -ENOMEM;
        for (size_t i = 0; i < v->p->layers.n; i++)
                v->fds[i] = dissected_tree_fd(v->p->layers.items[i].dissected);
        judge_read_only(v);
        return view_collect_covers(v) < 0 || resolve_covers(v) < 0 ? -ENOMEM : 0;
}
