/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A unit name (or image name) in the first line, a prefix in the rest. */

#include "basic/unit-name.h"

#include <errno.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/path.h"
#include "fuzz.h"

static void check_match(const char *name, const char *prefix)
{
        char *one[] = {(char *)prefix, NULL};
        bool matches = unit_name_matches(name, prefix);
        size_t n = strlen(prefix);

        fuzz_check(unit_name_matches_any(name, one) == matches);
        if (!matches)
                return;
        fuzz_check(n > 0 && string_starts_with(name, prefix));
        fuzz_check(name[n] == '\0' || strchr("-.@", name[n]));
}

static void check_image(const char *image)
{
        _cleanup_free_ char *prefix = NULL;
        int r = prefix_from_image_name(image, &prefix);

        fuzz_check(r == 0 || r == -EINVAL);
        if (r < 0)
                return;
        fuzz_check(prefix_is_valid(prefix) && filename_is_valid(prefix));
        fuzz_check(string_starts_with(image, prefix) && !strchr(prefix, '_'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        _cleanup_free_ char *text = fuzz_string(data, size);
        char *prefix = text + strcspn(text, "\n");

        if (*prefix)
                *prefix++ = '\0';
        check_match(text, prefix);
        check_image(text);
        if (unit_name_is_portable(text)) {
                fuzz_check(unit_name_is_valid(text) && filename_is_valid(text) && text_is_printable(text));
                fuzz_check(strlen(text) <= 255);
        }
        if (prefix_is_valid(prefix))
                fuzz_check(text_is_printable(prefix) && !strchr(prefix, '/') && *prefix);
        return 0;
}
