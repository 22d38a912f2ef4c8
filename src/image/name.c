/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "basic/path.h"
#include "image/image.h"

const char *const image_search_path[] = {
        "/etc/portables",           "/run/portables",     "/var/lib/portables",
        "/usr/local/lib/portables", "/usr/lib/portables", NULL,
};

/* Without suffix, if something is left then. */
static size_t length_without(const char *s, size_t n, const char *suffix)
{
        size_t m = strlen(suffix);

        return n > m && strncmp(s + n - m, suffix, m) == 0 ? n - m : n;
}

char *image_name_from_path(const char *path)
{
        const char *base = path_base(path);
        size_t n = strlen(base);

        n = length_without(base, n, ".v");
        n = length_without(base, n, ".raw");
        return strndup(base, n);
}

bool image_path_in_search_path(const char *path)
{
        const char *slash = strrchr(path, '/');

        if (!slash || !slash[1])
                return false;
        for (size_t i = 0; image_search_path[i]; i++) {
                size_t n = strlen(image_search_path[i]);

                if ((size_t)(slash - path) == n && strncmp(path, image_search_path[i], n) == 0)
                        return true;
        }
        return false;
}
