/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verify/bus-policy.h"

#include <ctype.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/directory.h"
#include "basic/fd.h"
#include "basic/layout-service.h"
#include "basic/path.h"

#define POLICY_SIZE_MAX (1024U * 1024U)

/* The value of one attribute against the name. */
static bool value_allows(const char *value, size_t n, const char *name, bool prefix)
{
        if (!prefix && n == 1 && *value == '*')
                return true;
        return strncmp(value, name, n) == 0 && (name[n] == '\0' || (prefix && name[n] == '.'));
}

/* The rule in an element, from behind its '<' to its '>'. */
static bool element_allows(const char *element, const char *end, const char *name)
{
        static const char *const keys[] = {"own=", "own_prefix="};

        if (strncmp(element, "allow", 5) != 0 || !isspace((unsigned char)element[5]))
                return false;
        for (size_t i = 0; i < ELEMENTSOF(keys); i++)
                for (const char *at = element; (at = strstr(at, keys[i])) && at < end;) {
                        bool whole = isspace((unsigned char)at[-1]);
                        const char *value = at += strlen(keys[i]), *stop;

                        if (!whole || (*value != '"' && *value != '\''))
                                continue;
                        stop = strchr(value + 1, *value);
                        if (stop && value_allows(value + 1, (size_t)(stop - value) - 1, name, i == 1))
                                return true;
                }
        return false;
}

bool bus_policy_text_lets_own(const char *text, const char *name)
{
        while ((text = strchr(text, '<'))) {
                bool comment = strncmp(text, "<!--", 4) == 0;
                const char *end = comment ? strstr(text, "-->") : strchr(text, '>');

                if (!end)
                        return false;
                if (!comment && element_allows(text + 1, end, name))
                        return true;
                text = end;
        }
        return false;
}

static bool file_lets_own(int root_fd, const char *path, const char *name)
{
        _cleanup_free_ char *text = NULL;
        size_t size;

        return fd_read_file_in_root(root_fd, path, POLICY_SIZE_MAX, &text, &size) >= 0 &&
               bus_policy_text_lets_own(text, name);
}

bool bus_policy_lets_own(int root_fd, const char *name)
{
        for (const char *const *path = layout_bus_configurations; *path; path++)
                if (file_lets_own(root_fd, *path, name))
                        return true;
        for (const char *const *directory = layout_bus_policies; *directory; directory++) {
                _cleanup_closedir_ DIR *d = NULL;
                struct dirent *de;

                (void)directory_open_in_root(root_fd, *directory, &d);
                while (directory_next(d, &de) > 0) {
                        _cleanup_free_ char *path = path_join(*directory, de->d_name);

                        if (path && string_ends_with(de->d_name, ".conf") &&
                            file_lets_own(root_fd, path, name))
                                return true;
                }
        }
        return false;
}
