/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Three versions: the order is total, whatever bytes they have. */

#include "image/version.h"

#include <string.h>

#include "fuzz.h"

struct piece {
        const char *s;
        size_t n;
};

static int compare(struct piece a, struct piece b)
{
        int c = version_compare(a.s, a.n, b.s, b.n);

        return (c > 0) - (c < 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct piece p[3] = {};
        const char *s = (const char *)data, *end = s + size;

        for (int i = 0; i < 3 && s < end; i++) {
                const char *newline = memchr(s, '\n', (size_t)(end - s));

                p[i] = (struct piece){s, (size_t)((newline ? newline : end) - s)};
                s += p[i].n + 1;
        }
        for (int i = 0; i < 3; i++) {
                if (!p[i].s)
                        p[i].s = "";
                (void)version_is_valid(p[i].s, p[i].n);
                fuzz_check(compare(p[i], p[i]) == 0);
                for (int j = 0; j < i; j++)
                        fuzz_check(compare(p[i], p[j]) == -compare(p[j], p[i]));
        }
        for (int i = 0; i < 3; i++) {
                struct piece a = p[i], b = p[(i + 1) % 3], c = p[(i + 2) % 3];

                if (compare(a, b) <= 0 && compare(b, c) <= 0)
                        fuzz_check(compare(a, c) <= 0);
                if (compare(a, b) >= 0 && compare(b, c) >= 0)
                        fuzz_check(compare(a, c) >= 0);
                if (compare(a, b) == 0)
                        fuzz_check(compare(a, c) == compare(b, c));
        }
        return 0;
}
