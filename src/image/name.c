/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "basic/path.h"
#include "image/image.h"

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
