/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Any bytes as a .service file. */

#include "extract/exec-line.h"

#include "basic/path.h"
#include "basic/strv.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        _cleanup_strv_ char **paths = NULL;

        fuzz_check(exec_paths((const char *)data, size, 16, &paths) == 0);
        fuzz_check(strv_length(paths) <= 16);
        for (char **p = paths; *p; p++) {
                fuzz_check(**p == '/' && text_is_printable(*p));
                fuzz_check(!strv_contains(p + 1, *p));
        }
        return 0;
}
