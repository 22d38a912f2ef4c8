/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "attached/install.h"
#include "unitfile/text.h"

bool unit_text_is_plain(const char *text, size_t size)
{
        _cleanup_unit_text_ struct unit_text t = {};

        /* An empty file masks the unit. */
        if (size == 0 || unit_text_read(text, size, &t) < 0 || t.refused)
                return false;
        for (size_t i = 0; i < t.n_faults; i++)
                if (t.faults[i].kind == TEXT_FAULT_EMPTY_NAME)
                        return false;
        for (size_t i = 0; i < t.n; i++)
                if (strcmp(t.items[i].section, "Install") == 0 && strcmp(t.items[i].key, "Also") == 0)
                        return false;
        return true;
}
