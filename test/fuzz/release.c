/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Any bytes as a release file; what comes out, written with quotes, must be read back the same. */

#include "extract/release.h"

#include <string.h>

#include "basic/cleanup.h"
#include "basic/path.h"
#include "extract/extract.h"
#include "fuzz.h"

static char *write_fields(const struct release_field *fields, size_t n, size_t *ret_size)
{
        char *data = NULL;
        FILE *f = open_memstream(&data, ret_size);

        fuzz_check(f);
        for (size_t i = 0; i < n; i++) {
                fprintf(f, "%s=\"", fields[i].key);
                for (const char *c = fields[i].value; *c; c++) {
                        if (strchr("\"\\`$", *c))
                                fputc('\\', f);
                        fputc(*c, f);
                }
                fputs("\"\n", f);
        }
        fuzz_check(fclose(f) == 0);
        return data;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct release_field *fields, *again;
        _cleanup_free_ char *text = NULL;
        size_t n, m, text_size;

        fuzz_check(release_parse((const char *)data, size, &fields, &n) == 0);
        for (size_t i = 0; i < n; i++) {
                fuzz_check(release_key_is_valid(fields[i].key));
                fuzz_check(text_is_printable(fields[i].value));
                fuzz_check(release_field_get(fields, n, fields[i].key) == fields[i].value);
        }
        text = write_fields(fields, n, &text_size);
        fuzz_check(release_parse(text, text_size, &again, &m) == 0);
        fuzz_check(m == n);
        for (size_t i = 0; i < n; i++) {
                fuzz_check(strcmp(fields[i].key, again[i].key) == 0);
                fuzz_check(strcmp(fields[i].value, again[i].value) == 0);
        }
        release_fields_free(fields, n);
        release_fields_free(again, m);
        return 0;
}
