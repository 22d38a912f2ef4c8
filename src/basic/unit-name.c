/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "basic/unit-name.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/path.h"

bool unit_name_is_portable(const char *name)
{
        static const char *const suffixes[] = {".service", ".socket", ".target", ".timer", ".path"};

        if (!unit_name_is_valid(name))
                return false;
        for (size_t i = 0; i < ELEMENTSOF(suffixes); i++)
                if (string_ends_with(name, suffixes[i]))
                        return true;
        return false;
}

bool unit_name_matches(const char *name, const char *prefix)
{
        size_t n = strlen(prefix);

        if (n == 0 || strncmp(name, prefix, n) != 0)
                return false;
        return name[n] == '\0' || name[n] == '-' || name[n] == '.' || name[n] == '@';
}

bool unit_name_matches_any(const char *name, char *const *prefixes)
{
        if (!prefixes || !*prefixes)
                return true;
        for (; *prefixes; prefixes++)
                if (unit_name_matches(name, *prefixes))
                        return true;
        return false;
}

bool prefix_is_valid(const char *prefix)
{
        size_t n = strspn(prefix, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.");

        return n > 0 && prefix[n] == '\0';
}

int prefix_from_image_name(const char *image_name, char **ret)
{
        _cleanup_free_ char *prefix = strndup(image_name, strcspn(image_name, "_"));

        if (!prefix)
                return -ENOMEM;
        if (!prefix_is_valid(prefix) || !filename_is_valid(prefix))
                return -EINVAL;
        *ret = steal_pointer(prefix);
        return 0;
}
