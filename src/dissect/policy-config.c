/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dissect/policy-config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "basic/cleanup.h"
#include "basic/directory.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "basic/layout.h"
#include "basic/path.h"
#include "basic/strv.h"

#define CONFIG_NAME     "portabled.conf"
#define CONFIG_SIZE_MAX (1024U * 1024)
#define CONFIG_BLANKS   " \t\r"

void policy_setting_clear(struct policy_setting *s)
{
        free(s->value);
        free(s->where);
        strv_free(s->confine);
        strv_free(s->allow);
        *s = (struct policy_setting){};
}

struct policy_reader {
        const char *path;
        char *next;    /* what is left of the text, NULL at its end */
        unsigned line; /* number of the line read last */
        bool in_section;
        struct policy_setting *setting;
        char ***complaints;
};

static int complain(const struct policy_reader *r, unsigned line, const char *what, const char *text)
{
        _cleanup_free_ char *path = text_escape(r->path), *shown = text_escape(text);
        char *complaint;

        if (!r->complaints)
                return 0;
        if (!path || !shown || asprintf(&complaint, "%s:%u: %s '%s', ignored", path, line, what, shown) < 0)
                return -ENOMEM;
        return strv_consume(r->complaints, complaint);
}

/* The next line as it stands, NULL at the end. */
static char *line_read(struct policy_reader *r)
{
        char *line = r->next, *end = line ? strchr(line, '\n') : NULL;

        if (!line)
                return NULL;
        if (end)
                *end++ = '\0';
        r->next = end;
        r->line++;
        return line;
}

/* A line with those that continue it (systemd.syntax(7)): comments between them are passed over. *ret is
 * NULL at the end, else the caller's. */
static int line_read_whole(struct policy_reader *r, char **ret, unsigned *ret_number)
{
        _cleanup_free_ char *whole = NULL;
        unsigned number = r->line + 1;
        char *line;

        while ((line = line_read(r))) {
                char *start = line + strspn(line, CONFIG_BLANKS), *joined;
                size_t n = strlen(line);
                bool goes_on;

                if (*start == '#' || *start == ';') {
                        if (whole)
                                continue;
                        number = r->line + 1;
                        continue;
                }
                goes_on = n > 0 && line[n - 1] == '\\';
                if (goes_on)
                        line[n - 1] = ' ';
                if (asprintf(&joined, "%s%s", whole ?: "", line) < 0)
                        return -ENOMEM;
                free(whole);
                whole = joined;
                if (!goes_on)
                        break;
        }
        *ret = steal_pointer(whole);
        *ret_number = number;
        return 0;
}

static int take_policy(const struct policy_reader *r, unsigned line, const char *value)
{
        _cleanup_free_ char *path = text_escape(r->path);
        struct policy_setting s = {};

        if (*value) {
                s.value = strdup(value);
                if (!path || asprintf(&s.where, "%s:%u", path, line) < 0)
                        s.where = NULL;
                if (!s.value || !s.where) {
                        policy_setting_clear(&s);
                        return -ENOMEM;
                }
        }
        free(r->setting->value);
        free(r->setting->where);
        r->setting->value = s.value;
        r->setting->where = s.where;
        return 0;
}

/* An empty value empties the list. */
static int take_list(const struct policy_reader *r, unsigned line, const char *value, char ***l)
{
        _cleanup_free_ char *path = text_escape(r->path);

        if (!path)
                return -ENOMEM;
        if (!*value) {
                *l = strv_free(*l);
                return 0;
        }
        return strv_append(l, value) < 0 ? -ENOMEM : strv_appendf(l, "%s:%u", path, line);
}

static int take_line(struct policy_reader *r, unsigned number, char *line)
{
        char *text = string_strip(line, CONFIG_BLANKS), *equal, *value;

        if (!*text)
                return 0;
        if (*text == '[') {
                r->in_section = strcmp(text, "[Portable]") == 0;
                return r->in_section ? 0 : complain(r, number, "there is no section", text);
        }
        equal = strchr(text, '=');
        if (!equal)
                return complain(r, number, "no '=' in", text);
        if (!r->in_section)
                return complain(r, number, "not in the section [Portable]:", text);
        *equal = '\0';
        text = string_strip(text, CONFIG_BLANKS);
        value = string_strip(equal + 1, CONFIG_BLANKS);
        if (strcmp(text, "Confine") == 0)
                return take_list(r, number, value, &r->setting->confine);
        if (strcmp(text, "Allow") == 0)
                return take_list(r, number, value, &r->setting->allow);
        if (strcmp(text, "ImagePolicy") != 0)
                return complain(r, number, "there is no setting", text);
        return take_policy(r, number, value);
}

int policy_config_parse(const char *path, const char *text, size_t size, struct policy_setting *s,
                        char ***complaints)
{
        _cleanup_free_ char *copy = strndup(text, size);
        struct policy_reader reader = {.path = path, .next = copy, .setting = s, .complaints = complaints};

        if (!copy)
                return -ENOMEM;
        for (;;) {
                _cleanup_free_ char *line = NULL;
                unsigned number;
                int r = line_read_whole(&reader, &line, &number);

                if (r < 0 || !line)
                        return r;
                r = take_line(&reader, number, line);
                if (r < 0)
                        return r;
        }
}

/* A link to /dev/null stands for an empty file, in this and other places where systemd is configured. */
static bool is_masked(int root_fd, const char *path)
{
        _cleanup_close_ int fd = fd_open_in_root(root_fd, path, O_PATH, 0);
        struct stat st;

        return fd >= 0 && fstat(fd, &st) >= 0 && S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3);
}

/* 1: read, 0: there is none. */
static int read_file(int root_fd, const char *path, struct policy_setting *s, char ***complaints,
                     struct error *error)
{
        _cleanup_free_ char *text = NULL, *shown = text_escape(path);
        const char *why = "no file that can be read";
        size_t size;
        int r = fd_read_file_in_root(root_fd, path, CONFIG_SIZE_MAX, &text, &size);

        if (!shown)
                return error_set_oom(error);
        if (r == -ENOENT || r == -ENOTDIR)
                return 0;
        if (r == -EBADFD && is_masked(root_fd, path))
                return 1;
        if (r >= 0 && !memchr(text, '\0', size)) {
                r = policy_config_parse(path, text, size, s, complaints);
                return r < 0 ? error_set_oom(error) : 1;
        }
        if (r >= 0)
                why = "no text, it has NUL bytes in it";
        else if (r == -EBADFD)
                why = "not a regular file";
        else if (r == -EFBIG)
                why = "too large";
        else if (r == -ELOOP)
                why = "a symlink in a circle";
        return error_set(error, ERROR_FAILED, EBADFD,
                         "'%s', which tells what images are allowed, is %s; no raw image is used until that "
                         "is put right",
                         shown, why);
}

/* Names of the files in a directory of drop-ins are added; that it is missing is fine. */
static int list_dropins(int root_fd, const char *directory, char ***names, struct error *error)
{
        _cleanup_free_ char *path = path_join(directory, CONFIG_NAME ".d");
        _cleanup_closedir_ DIR *dir = NULL;
        struct dirent *e;
        int r;

        if (!path)
                return error_set_oom(error);
        r = directory_open_in_root(root_fd, path, &dir);
        while (r >= 0 && (r = directory_next(dir, &e)) > 0)
                if (e->d_name[0] != '.' && string_ends_with(e->d_name, ".conf") &&
                    !strv_contains(*names, e->d_name) && strv_append(names, e->d_name) < 0)
                        return error_set_oom(error);
        return r < 0 ? error_set_errno(error, r, "Cannot list '%s', which tells what images are allowed",
                                       path)
                     : 0;
}

/* The file of that name in the most important directory that has it. */
static int read_first(int root_fd, const struct layout *layout, const char *name, struct policy_setting *s,
                      char ***complaints, struct error *error)
{
        for (const char *const *d = layout->config; *d; d++) {
                _cleanup_free_ char *path = path_join(*d, name);
                int r = path ? read_file(root_fd, path, s, complaints, error) : error_set_oom(error);

                if (r != 0)
                        return r;
        }
        return 0;
}

int policy_setting_read(int root_fd, const struct layout *layout, struct policy_setting *s,
                        char ***complaints, struct error *error)
{
        _cleanup_strv_ char **names = NULL;
        int r = read_first(root_fd, layout, CONFIG_NAME, s, complaints, error);

        for (const char *const *d = layout->config; r >= 0 && *d; d++)
                r = list_dropins(root_fd, *d, &names, error);
        if (r < 0)
                return r;
        strv_sort(names);
        for (char **name = names; name && *name; name++) {
                _cleanup_free_ char *path = path_join(CONFIG_NAME ".d", *name);

                r = path ? read_first(root_fd, layout, path, s, complaints, error) : error_set_oom(error);
                if (r < 0)
                        return r;
        }
        return 0;
}

int policy_config_read(int root_fd, const struct layout *layout, struct image_policy *ret,
                       char ***complaints, struct error *error)
{
        _cleanup_policy_setting_ struct policy_setting s = {};
        _cleanup_error_ struct error why = {};
        struct image_policy policy;
        int r = policy_setting_read(root_fd, layout, &s, complaints, error);

        if (r < 0)
                return r;
        if (!s.value) {
                *ret = image_policy_service;
                return 0;
        }
        r = image_policy_parse(s.value, &policy, &why);
        if (r >= 0)
                r = image_policy_intersect(&policy, &image_policy_service, ret, &why);
        if (r == -ENOMEM)
                return error_set_oom(error);
        if (r < 0)
                return error_set(
                        error, ERROR_FAILED, EBADMSG,
                        "%s tells no valid image policy, and no raw image is used until that is put "
                        "right: %s",
                        s.where, error_message(&why));
        return 0;
}
