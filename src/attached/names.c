/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "attached/names.h"

#include <string.h>

#include "basic/path.h"

bool attached_names_share_stem(const char *a, const char *b)
{
        size_t n = strcspn(a, "_");

        return strcspn(b, "_") == n && strncmp(a, b, n) == 0;
}

const char *attached_name_version(const char *name)
{
        const char *underscore = strchr(name, '_');

        return underscore ? underscore + 1 : "";
}
