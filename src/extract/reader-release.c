/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/xattr.h>

#include "basic/chase.h"
#include "basic/cleanup.h"
#include "basic/fd.h"
#include "basic/layout-image.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "extract/reader-internal.h"
#include "extract/release.h"

#define EXTENSION_PREFIX "extension-release."

struct found {
        char *path; /* canonical */
        struct stat st;
};

static void found_clear(struct found *f)
{
        free(f->path);
}

/* 0, or reader_is_missing() without the error set, or another errno with it. */
static int try_path(struct reader *r, const char *path, struct found *ret)
{
        int k = chase_in_root(r->options->tree_fd, path, &ret->path, &ret->st);

        if (k < 0 && !reader_is_missing(k))
                return reader_fail_errno(r, k, "open", path);
        return k < 0 ? -ENOENT : 0;
}

/* No release file: if one of the paths is a dangling symlink, that is what to say. */
static int fail_no_os_release(struct reader *r)
{
        const char *const *paths = layout_os_release;

        for (size_t i = 0; paths[i]; i++) {
                _cleanup_free_ char *target = NULL, *shown = NULL;
                _cleanup_close_ int fd =
                        fd_open_in_root(r->options->tree_fd, paths[i], O_PATH | O_NOFOLLOW, 0);

                if (fd < 0 || fd_readlink(fd, "", &target) < 0)
                        continue;
                shown = text_escape(target);
                if (!shown)
                        return -ENOMEM;
                return reader_fail(r, ENOENT,
                                   "'%s' is a symlink to '%s', which does not exist inside the image",
                                   paths[i], shown);
        }
        return reader_fail(r, ENOENT,
                           "no os-release file, neither %s nor %s: every image needs one, with ID= in it",
                           paths[0], paths[1]);
}

static int find_os_release(struct reader *r, struct found *ret)
{
        int k = -ENOENT;

        for (const char *const *path = layout_os_release; k == -ENOENT && *path; path++)
                k = try_path(r, *path, ret);
        if (k == -ENOENT)
                k = fail_no_os_release(r);
        return k;
}

/* A directory of extension-release files, and what is in it. */
struct release_directory {
        const char *path;
        char **names, **tagged; /* all, and those with user.extension-release.strict=false */
        struct found found;
        enum release_name release_name; /* of what was found */
};

static void release_directory_clear(struct release_directory *d)
{
        strv_free(d->names);
        strv_free(d->tagged);
        found_clear(&d->found);
}

static int try_extension_name(struct reader *r, struct release_directory *d, const char *name, size_t n)
{
        _cleanup_free_ char *path = NULL;

        if (n == 0)
                return -ENOENT;
        if (asprintf(&path, "%s/" EXTENSION_PREFIX "%.*s", d->path, (int)n, name) < 0)
                return -ENOMEM;
        return try_path(r, path, &d->found);
}

/* Source: os-release(5), extended attribute user.extension-release.strict. */
static bool is_tagged(struct reader *r, const char *path)
{
        static const char *const no[] = {"0", "no", "n", "false", "f", "off"};
        _cleanup_free_ char *canonical = NULL;
        _cleanup_close_ int fd = -EBADF;
        char value[8] = {};
        struct stat st;

        if (chase_in_root(r->options->tree_fd, path, &canonical, &st) < 0 || !S_ISREG(st.st_mode))
                return false;
        fd = chase_open(r->options->tree_fd, canonical, 0);
        if (fd < 0 || fgetxattr(fd, "user.extension-release.strict", value, sizeof(value) - 1) < 0)
                return false;
        for (size_t i = 0; i < ELEMENTSOF(no); i++)
                if (strcasecmp(value, no[i]) == 0)
                        return true;
        return false;
}

static int add_release_name(struct reader *r, struct release_directory *d, const char *name)
{
        _cleanup_free_ char *path = NULL;

        if (!string_starts_with(name, EXTENSION_PREFIX))
                return 0;
        if (strv_length(d->names) >= EXTRACT_UNITS_MAX)
                return reader_fail(r, E2BIG, "more than %u files in '%s'", EXTRACT_UNITS_MAX, d->path);
        path = path_join(d->path, name);
        if (!path || strv_append(&d->names, name) < 0)
                return -ENOMEM;
        if (is_tagged(r, path) && strv_append(&d->tagged, name) < 0)
                return -ENOMEM;
        return 0;
}

static int list_release_directory(struct reader *r, struct release_directory *d)
{
        _cleanup_closedir_ DIR *dir = NULL;
        _cleanup_free_ char *canonical = NULL;
        struct dirent *de;
        int k;

        k = chase_in_root(r->options->tree_fd, d->path, &canonical, NULL);
        if (k >= 0)
                k = reader_open_directory(r, canonical, &dir);
        if (reader_is_missing(k))
                return 0;
        if (k < 0)
                return reader_fail_errno(r, k, "open", d->path);

        while ((k = reader_next_entry(r, dir, d->path, &de)) > 0) {
                k = add_release_name(r, d, de->d_name);
                if (k < 0)
                        break;
        }
        strv_sort(d->names);
        return k;
}

/* 0, -ENOENT if no file here is for this image, or a negative errno. */
static int find_in_release_directory(struct reader *r, struct release_directory *d)
{
        const char *name = r->options->name;
        const char *only = NULL;
        int k;

        d->release_name = RELEASE_NAME_WHOLE;
        k = try_extension_name(r, d, name, strlen(name));
        if (k != -ENOENT)
                return k;
        d->release_name = RELEASE_NAME_VERSIONLESS;
        k = try_extension_name(r, d, name, strcspn(name, "_"));
        if (k != -ENOENT)
                return k;

        k = list_release_directory(r, d);
        if (k < 0)
                return k;
        if (d->tagged && strv_length(d->tagged) == 1) {
                d->release_name = RELEASE_NAME_WHOLE;
                only = d->tagged[0];
        } else if (r->options->relax_name && d->names && strv_length(d->names) == 1) {
                d->release_name = RELEASE_NAME_OTHER;
                only = d->names[0];
        }
        if (!only)
                return -ENOENT;
        only += strlen(EXTENSION_PREFIX);
        return try_extension_name(r, d, only, strlen(only));
}

/* The first names of both directories, for an error: " (there is 'a', 'b')", or "". */
static char *describe_names(const struct release_directory *a, const struct release_directory *b)
{
        _cleanup_strv_ char **shown = NULL;
        _cleanup_free_ char *joined = NULL;
        const struct release_directory *both[] = {a, b};
        char *text;

        for (size_t i = 0; i < ELEMENTSOF(both); i++)
                for (char **n = both[i]->names; n && *n && strv_length(shown) < 5; n++)
                        if (strv_consume(&shown, text_escape(*n)) < 0)
                                return NULL;
        if (!shown)
                return strdup("");
        joined = strv_join(shown, "', '");
        if (!joined || asprintf(&text, " (there is '%s'%s)", joined,
                                strv_length(shown) == 1 ? "; --force takes that" : "") < 0)
                return NULL;
        return text;
}

static int fail_no_extension_release(struct reader *r, const struct release_directory *sysext,
                                     const struct release_directory *confext)
{
        _cleanup_free_ char *name = text_escape(r->options->name), *names = describe_names(sysext, confext);

        if (!name || !names)
                return -ENOMEM;
        return reader_fail(r, ENOENT, "no file " EXTENSION_PREFIX "%s in %s or %s%s", name, sysext->path,
                           confext->path, names);
}

static int find_extension_release(struct reader *r, struct found *ret)
{
        _cleanup_(release_directory_clear) struct release_directory sysext = {
                .path = layout_sysext_release,
        };
        _cleanup_(release_directory_clear) struct release_directory confext = {
                .path = layout_confext_release,
        };
        struct release_directory *from;
        int k;

        k = find_in_release_directory(r, &sysext);
        if (k < 0 && k != -ENOENT)
                return k;
        r->metadata->sysext = k >= 0;
        k = find_in_release_directory(r, &confext);
        if (k < 0 && k != -ENOENT)
                return k;
        r->metadata->confext = k >= 0;
        if (!r->metadata->sysext && !r->metadata->confext)
                return fail_no_extension_release(r, &sysext, &confext);

        from = r->metadata->sysext ? &sysext : &confext;
        r->metadata->release_name = from->release_name;
        *ret = from->found;
        from->found = (struct found){};
        return 0;
}

static int check_id(struct reader *r)
{
        const char *id = metadata_field(r->metadata, "ID");

        if (r->options->kind != EXTRACT_PORTABLE || r->options->optional_id || (id && *id))
                return 0;
        return reader_fail(r, EINVAL, "'%s' has no ID= field", r->metadata->release_path);
}

int reader_release(struct reader *r)
{
        struct reader_text text;
        _cleanup_(found_clear) struct found f = {};
        _cleanup_free_ char *what = NULL, *shown = NULL;
        struct metadata *m = r->metadata;
        int k;

        k = r->options->kind == EXTRACT_PORTABLE ? find_os_release(r, &f) : find_extension_release(r, &f);
        if (k < 0)
                return k;
        shown = text_escape(f.path);
        if (!shown || asprintf(&what, "'%s'", shown) < 0)
                return -ENOMEM;
        if (!text_is_printable(f.path))
                return reader_fail(r, EINVAL,
                                   "the release file is at %s, a name with control or broken characters",
                                   what);
        if (!S_ISREG(f.st.st_mode))
                return reader_fail(r, EBADFD, "%s is %s, not a regular file", what,
                                   file_type_name(f.st.st_mode));
        k = reader_read_file(r, what, f.path, &f.st, EXTRACT_RELEASE_SIZE_MAX, &text);
        if (k < 0)
                return k;
        m->release = text.content;
        m->release_size = text.size;
        m->release_path = steal_pointer(f.path);
        k = release_parse(m->release, m->release_size, &m->fields, &m->n_fields);
        if (k < 0)
                return k;
        return check_id(r);
}
