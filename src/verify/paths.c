/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/directory.h"
#include "basic/fd.h"
#include "basic/path.h"
#include "dissect/dissect.h"
#include "image/image.h"
#include "operation/operation.h"
#include "operation/prepare.h"
#include "verify/checks.h"
#include "verify/findings.h"
#include "verify/view.h"

/* Settings whose words are paths that must be there, unless "-" stands in front. Source: systemd.exec(5). */
static const struct {
        const char *key;
        bool unless_strict; /* under ProtectSystem=strict they say nothing new, and are not looked at */
} keys[] = {
        {"ReadWritePaths", false},     {"ReadWriteDirectories", false}, {"ReadOnlyPaths", true},
        {"ReadOnlyDirectories", true}, {"InaccessiblePaths", false},    {"InaccessibleDirectories", false},
        {"ExecPaths", false},          {"NoExecPaths", false},
};

/* The root is a directory as it is, not what the manager mounts of a disk image or of layers. */
static bool is_directory(const struct view *v)
{
        const struct layer *base = v->p->layers.items;

        return layer_is_tree(base) && !image_kind(base->image->type)->stack;
}

static int check_word(const struct view *v, const struct unit_setting *s, const char *word,
                      struct findings *f)
{
        _cleanup_looked_ struct looked l = {.fd = -EBADF};
        bool may_miss = *word == '-', in_root;
        _cleanup_free_ char *path = NULL;
        struct finding_place place = {.file = v->file, .setting = s};

        word += may_miss;
        in_root = *word == '+';
        word += in_root;
        path = view_expand(v, word);
        if (may_miss || !path || *path != '/' || view_has(v, path))
                return 0;
        /* In a directory that can be written the manager makes it, unless it is said to be in there ("+");
           in what it has mounted itself it does not (measured on 252, 257 and 262). */
        view_look(v, path, &l);
        if (!in_root && is_directory(v) && view_can_make(v, &l))
                return 0;
        place.object = path;
        return findings_add(f, FOUND_PATH_MISSING, &place, "%s is not in the image", path);
}

static int check_key(const struct view *v, const char *key, struct findings *f)
{
        _cleanup_unit_merged_words_ struct unit_merged_words w = {};
        int r;

        while ((r = unit_merged_next_word(v->unit, "Service", key, &w)) > 0)
                if (check_word(v, w.setting, w.words.word, f) < 0)
                        return -ENOMEM;
        return r;
}

/* Measured: 252 takes it, 257 and 262 do not load the unit. */
#define HOME_REFUSED_VERSION 257

/* A user that is made for the service has no home. */
static int check_home(const struct view *v, const struct unit_setting *s, struct findings *f)
{
        const struct finding_place place = {.file = v->file, .setting = s};

        if (v->o->manager_version < HOME_REFUSED_VERSION ||
            !unit_merged_is_true(v->unit, "Service", "DynamicUser", false))
                return 0;
        return findings_add(f, FOUND_BAD_COMBINATION, &place,
                            "WorkingDirectory=~ does not go with DynamicUser=yes");
}

/* Where a service begins; "~" is the home of its user, which is not known here. */
static int check_working_directory(const struct view *v, struct findings *f)
{
        const struct unit_setting *s = unit_merged_get(v->unit, "Service", "WorkingDirectory");
        _cleanup_looked_ struct looked l = {.fd = -EBADF};
        _cleanup_free_ char *path = NULL;
        struct finding_place place = {.file = v->file, .setting = s};

        if (s && (strcmp(s->value, "~") == 0 || strcmp(s->value, "-~") == 0))
                return check_home(v, s, f);
        if (!s || *s->value != '/')
                return 0;
        path = view_expand(v, s->value);
        if (!path)
                return 0;
        place.object = path;
        if (!view_has(v, path))
                return findings_add(f, FOUND_WORKING_DIRECTORY, &place, "%s is not in the image", path);
        view_look(v, path, &l);
        if (l.look != LOOK_THERE || S_ISDIR(l.st.st_mode))
                return 0;
        return findings_add(f, FOUND_WORKING_DIRECTORY, &place, "%s of the image is not a directory", path);
}

/* 1: it has entries. */
static bool has_entries(int fd)
{
        _cleanup_closedir_ DIR *d = NULL;
        struct dirent *de;

        return directory_take(fd_reopen(fd, O_RDONLY | O_DIRECTORY | O_CLOEXEC), &d) >= 0 &&
               directory_next(d, &de) > 0;
}

/* Directories of the host are mounted over what the image has there. */
static int check_hidden(const struct view *v, struct findings *f)
{
        for (size_t i = 0; i < v->n_covers; i++) {
                const struct cover *c = v->covers + i;
                const struct finding_place place = {
                        .file = v->file, .setting = c->setting, .object = c->path};
                _cleanup_looked_ struct looked l = {.fd = -EBADF};

                if (c->id != FOUND_DIRECTORY_POINT || c->link)
                        continue;
                view_look(v, c->path, &l);
                if (l.look == LOOK_THERE && S_ISDIR(l.st.st_mode) && has_entries(l.fd) &&
                    findings_add(f, FOUND_HIDDEN_DIRECTORY, &place,
                                 "A directory of the host is mounted over %s, and hides what the image has "
                                 "there",
                                 c->path) < 0)
                        return -ENOMEM;
        }
        return 0;
}

/* Often that of a temporary directory the image was made from. */
static int check_root(const struct view *v, struct findings *f)
{
        const struct finding_place place = {.file = v->file};
        struct stat st;

        if (fstat(v->fds[0], &st) < 0 || st.st_mode & S_IXOTH || view_runs_as_root(v))
                return 0;
        return findings_add(
                f, FOUND_ROOT_CLOSED, &place,
                "The root directory of the image is closed to all but its owner (mode %04o), and "
                "the service runs as another user",
                (unsigned)(st.st_mode & 07777));
}

int check_view_paths(const struct view *v, struct findings *f)
{
        bool strict = view_is_strict(v);
        int r = 0;

        for (size_t i = 0; i < ELEMENTSOF(keys) && r >= 0; i++)
                if (!(keys[i].unless_strict && strict))
                        r = check_key(v, keys[i].key, f);
        if (r >= 0)
                r = check_working_directory(v, f);
        if (r >= 0)
                r = check_hidden(v, f);
        return r < 0 ? r : check_root(v, f);
}
