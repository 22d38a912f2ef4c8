/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "operation/profile.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "basic/cleanup.h"
#include "basic/directory.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "basic/layout.h"
#include "basic/path.h"
#include "basic/strv.h"

#define PROFILE_SIZE_MAX (256U * 1024U)

static const char *const profile_suffixes[] = {"service", "socket", "target", "timer", "path"};

void profile_clear(struct profile *p)
{
        for (size_t i = 0; i < p->n; i++) {
                free((char *)p->parts[i].suffix);
                free((char *)p->parts[i].path);
                free((char *)p->parts[i].content);
        }
        free(p->parts);
        free(p->name);
        *p = (struct profile){};
}

static int add_part(struct profile *p, const char *suffix, const char *path, char *content, size_t size)
{
        _cleanup_free_ char *owned = content, *suffix_copy = strdup(suffix), *path_copy = strdup(path);
        struct plan_profile_part *grown = reallocarray(p->parts, p->n + 1, sizeof(*grown));

        if (!grown)
                return -ENOMEM;
        p->parts = grown;
        if (!suffix_copy || !path_copy)
                return -ENOMEM;
        p->parts[p->n++] = (struct plan_profile_part){
                .suffix = steal_pointer(suffix_copy),
                .path = steal_pointer(path_copy),
                .content = steal_pointer(owned),
                .size = size,
        };
        return 0;
}

/* SUFFIX.conf of that directory. 1 if there is one. */
static int read_part(int root_fd, const char *directory, const char *suffix, struct profile *p,
                     struct error *error)
{
        _cleanup_free_ char *path = NULL;
        char *content;
        size_t size;
        int r;

        if (asprintf(&path, "%s/%s.conf", directory, suffix) < 0) {
                path = NULL;
                return error_set_oom(error);
        }
        r = fd_read_file_in_root(root_fd, path, PROFILE_SIZE_MAX, &content, &size);
        if (r == -ENOENT || r == -ENOTDIR)
                return 0;
        if (r < 0)
                return error_set_errno(error, r, "Cannot read profile file '%s'", path);
        return add_part(p, suffix, path, content, size) < 0 ? error_set_oom(error) : 1;
}

/* Of each file the one in the first directory that has it. */
static int read_parts(int root_fd, const struct layout *layout, const char *name, struct profile *p,
                      struct error *error)
{
        bool found[ELEMENTSOF(profile_suffixes)] = {};

        for (const char *const *d = layout->profiles; *d; d++) {
                _cleanup_free_ char *directory = path_join(*d, name);

                if (!directory)
                        return error_set_oom(error);
                if (!fd_has_directory_in_root(root_fd, directory))
                        continue;
                for (size_t i = 0; i < ELEMENTSOF(profile_suffixes); i++) {
                        int r = found[i] ? 1 : read_part(root_fd, directory, profile_suffixes[i], p, error);

                        if (r < 0)
                                return r;
                        found[i] = r > 0;
                }
        }
        return 0;
}

static int error_unknown(int root_fd, const struct layout *layout, const char *name, struct error *error)
{
        _cleanup_strv_ char **names = NULL;
        _cleanup_free_ char *list = NULL, *shown = text_escape(name);
        int r = profile_list(root_fd, layout, &names, error);

        if (r < 0)
                return r;
        if (strv_contains(names, name))
                return error_set(error, ERROR_INVALID_ARGS, EINVAL,
                                 "Profile '%s' has no file that can be read here: a link that leads "
                                 "nowhere, or out of the root "
                                 "directory, is not one",
                                 shown ?: "?");
        list = strv_join(names, ", ");
        return error_set(error, ERROR_INVALID_ARGS, EINVAL, "There is no profile '%s' (profiles here: %s)",
                         shown ?: "?", list && list[0] ? list : "none");
}

/* A file of the administrator's own, for services. */
static int read_path(int root_fd, const char *path, struct profile *p, struct error *error)
{
        _cleanup_free_ char *shown = text_escape(path);
        char *content;
        size_t size;
        int r;

        if (!shown)
                return error_set_oom(error);
        if (!path_is_normalized(path) || !text_is_printable(path) || !string_ends_with(path, ".conf"))
                return error_set(error, ERROR_INVALID_ARGS, EINVAL,
                                 "Profile '%s' is not the normalized path of a file '*.conf'", shown);
        r = fd_read_file_in_root(root_fd, path, PROFILE_SIZE_MAX, &content, &size);
        if (r == -ENOENT || r == -ENOTDIR)
                return error_set(error, ERROR_INVALID_ARGS, r, "There is no profile file '%s'", shown);
        if (r == -EBADFD)
                return error_set(error, ERROR_INVALID_ARGS, r, "Profile '%s' is not a regular file", shown);
        if (r < 0)
                return error_set_errno(error, r, "Cannot read profile file '%s'", shown);
        return add_part(p, "service", path, content, size) < 0 ? error_set_oom(error) : 0;
}

static int read_name(int root_fd, const struct layout *layout, const char *name, struct profile *p,
                     struct error *error)
{
        int r;

        if (!filename_is_valid(name) || !text_is_printable(name))
                return error_unknown(root_fd, layout, name, error);
        r = read_parts(root_fd, layout, name, p, error);
        if (r < 0)
                return r;
        return p->n == 0 ? error_unknown(root_fd, layout, name, error) : 0;
}

int profile_read(int root_fd, const struct layout *layout, const char *name, struct profile *ret,
                 struct error *error)
{
        _cleanup_profile_ struct profile p = {};
        int r;

        if (!name || name[0] == '\0')
                name = "default";
        r = name[0] == '/' ? read_path(root_fd, name, &p, error)
                           : read_name(root_fd, layout, name, &p, error);
        if (r < 0)
                return r;
        p.name = text_escape(name);
        if (!p.name)
                return error_set_oom(error);
        *ret = p;
        p = (struct profile){};
        return 0;
}

int profile_get_description(const struct profile *p, char **ret)
{
        const char *line = p->n > 0 ? p->parts[0].content : "";

        *ret = NULL;
        while (*line) {
                size_t n = strcspn(line, "\n");
                const char *text = line + strspn(line, "#; \t");

                if (*line != '#' && *line != ';' && n > 0)
                        return 0;
                if (text < line + n && !string_starts_with(text, "SPDX-")) {
                        *ret = strndup(text, (size_t)(line + n - text));
                        return *ret ? 0 : -ENOMEM;
                }
                line += n + (line[n] == '\n');
        }
        return 0;
}

static int list_directory(int root_fd, const char *path, char ***names, struct error *error)
{
        _cleanup_closedir_ DIR *d = NULL;
        struct dirent *de;
        int r = directory_open_in_root(root_fd, path, &d);

        while (r >= 0 && (r = directory_next(d, &de)) > 0) {
                struct stat st;

                if (de->d_name[0] == '.' || !text_is_printable(de->d_name) ||
                    strv_contains(*names, de->d_name))
                        continue;
                if (fstatat(dirfd(d), de->d_name, &st, 0) < 0 || !S_ISDIR(st.st_mode))
                        continue;
                if (strv_append(names, de->d_name) < 0)
                        return error_set_oom(error);
        }
        return r < 0 ? error_set_errno(error, r, "Cannot list profile directory '%s'", path) : 0;
}

int profile_list(int root_fd, const struct layout *layout, char ***ret, struct error *error)
{
        _cleanup_strv_ char **names = NULL;

        for (const char *const *d = layout->profiles; *d; d++) {
                int r = list_directory(root_fd, *d, &names, error);

                if (r < 0)
                        return r;
        }
        if (!names && strv_copy(NULL, &names) < 0)
                return error_set_oom(error);
        strv_sort(names);
        *ret = steal_pointer(names);
        return 0;
}
