/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Any bytes as a 20-portable.conf, for its marker and notes; and a list of paths, which must come back from
 * what is written for it. */

#include "plan/marker.h"

#include <string.h>

#include "basic/cleanup.h"
#include "basic/strv.h"
#include "fuzz.h"

static void check_equal(char *const *a, char *const *b)
{
        fuzz_check(strv_length(a) == strv_length(b));
        for (; a && *a; a++, b++)
                fuzz_check(strcmp(*a, *b) == 0);
}

/* Paths to text and back. One line it must be, whatever the paths. */
static void check_written(char *const *paths)
{
        _cleanup_free_ char *text = marker_format(paths);
        _cleanup_strv_ char **back = NULL;

        fuzz_check(text && strchr(text, '\n') == text + strlen(text) - 1 && !strchr(text, '\r'));
        fuzz_check(marker_parse(text, strlen(text), &back) == (strv_length(paths) > 0));
        check_equal(paths, back);
}

/* The same for notes, below a marker and other comments, and above what is none. */
static void check_note(enum marker_note note, char *const *paths, char *const *others)
{
        enum marker_note other = note == MARKER_NOTE_KEPT ? MARKER_NOTE_COPIED : MARKER_NOTE_KEPT;
        _cleanup_free_ char *first = marker_format(others), *second = marker_note_format(other, others),
                            *third = marker_note_format(note, paths), *text = NULL;
        _cleanup_strv_ char **back = NULL;

        fuzz_check(first && second && third);
        fuzz_check(asprintf(&text, "%s%s%s\n[Service]\n", first, second, third) >= 0);
        fuzz_check(marker_note_parse(note, text, strlen(text), &back) == 0);
        check_equal(paths, back);
}

static void check_read(const uint8_t *data, size_t size)
{
        _cleanup_strv_ char **paths = NULL, **notes = NULL;
        int r = marker_parse((const char *)data, size, &paths);

        fuzz_check(r == 0 || r == 1);
        if (r == 1) {
                fuzz_check(strv_length(paths) > 0);
                for (char **p = paths; *p; p++)
                        fuzz_check(**p);
                check_written(paths);
        }
        for (int note = 0; note < MARKER_NOTE_MAX; note++) {
                notes = strv_free(notes);
                fuzz_check(marker_note_parse((enum marker_note)note, (const char *)data, size, &notes) == 0);
                fuzz_check(notes);
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        _cleanup_strv_ char **paths = NULL, **others = NULL;
        struct fuzz_strings s;

        check_read(data, size);
        fuzz_strings_begin(&s, data, size);
        for (int i = 0; i < 8; i++) {
                const char *path = fuzz_strings_next(&s);

                if (*path)
                        fuzz_check(strv_append(i % 2 ? &others : &paths, path) == 0);
        }
        fuzz_strings_end(&s);
        if (paths)
                check_written(paths);
        if (others)
                for (int note = 0; note < MARKER_NOTE_MAX; note++)
                        check_note((enum marker_note)note, paths, others);
        return 0;
}
