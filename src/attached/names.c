/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "attached/names.h"

#include <string.h>

#include "basic/path.h"

char *attached_name_from_path(const char *path)
{
        static const char *const suffixes[] = {".raw.v", ".raw", ".v"};
        const char *base = path_base(path);
        size_t n = strlen(base);

        for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++)
                if (string_ends_with(base, suffixes[i]) && n > strlen(suffixes[i]))
                        return strndup(base, n - strlen(suffixes[i]));
        return strdup(base);
}

bool attached_names_share_stem(const char *a, const char *b)
{
        size_t n = strcspn(a, "_");

        return strcspn(b, "_") == n && strncmp(a, b, n) == 0;
}
