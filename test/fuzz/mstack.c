/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Names of entries of an image in layers, one a string, first "v" where they are of versions and "f" where
 * they are files. */

#include "image/mstack.h"

#include <errno.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/path.h"
#include "fuzz.h"

#define PARTS_MAX 8

static int sign(int c)
{
        return (c > 0) - (c < 0);
}

static void check_part(const struct stack_part *p, const char *name, bool file)
{
        bool bind = p->use == STACK_BIND || p->use == STACK_ROBIND;

        fuzz_check(p->use < STACK_USE_MAX && strcmp(p->name, name) == 0 && p->raw == file);
        fuzz_check(!p->where == !bind && !p->id == (p->use == STACK_ROOT || p->use == STACK_RW));
        fuzz_check(!p->id || (*p->id && strstr(name, p->id)));
        fuzz_check(!p->where || (path_is_normalized(p->where) && text_is_printable(p->where)));
}

/* Those of different names differ, and the order turns round and goes on. */
static void check_order(const struct stack_part *p, size_t n)
{
        for (size_t i = 0; i < n; i++)
                for (size_t j = 0; j < n; j++) {
                        int x = mstack_compare(p + i, p + j);

                        fuzz_check(sign(x) == -sign(mstack_compare(p + j, p + i)));
                        fuzz_check((strcmp(p[i].name, p[j].name) == 0) == (x == 0));
                        for (size_t k = 0; k < n; k++)
                                if (x <= 0 && mstack_compare(p + j, p + k) <= 0)
                                        fuzz_check(mstack_compare(p + i, p + k) <= 0);
                }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct stack_part parts[PARTS_MAX];
        struct fuzz_strings s;
        bool versioned, file;
        const char *how;
        size_t n = 0;

        if (size > 4096)
                return -1;
        fuzz_strings_begin(&s, data, size);
        how = fuzz_strings_next(&s);
        versioned = strchr(how, 'v');
        file = strchr(how, 'f');
        for (size_t i = 0; i < PARTS_MAX; i++) {
                const char *name = fuzz_strings_next(&s);
                int r = mstack_name_parse(name, versioned, file, parts + n);

                fuzz_check(r == 0 || r == -EINVAL);
                if (r == 0)
                        check_part(parts + n++, name, file);
        }
        check_order(parts, n);
        for (size_t i = 0; i < n; i++)
                stack_part_clear(parts + i);
        fuzz_strings_end(&s);
        return 0;
}
