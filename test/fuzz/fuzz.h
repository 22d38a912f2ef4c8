/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TEST_FUZZ_FUZZ_H
#define TEST_FUZZ_FUZZ_H

/*
 * A fuzz target is one .c file that defines LLVMFuzzerTestOneInput(): it feeds the input to one parser and
 * then checks what must hold for every input, with fuzz_check(). To add one: NAME.c, seeds in corpus/NAME/
 * (a file each), optionally dict/NAME.dict, and a line in meson.build. Every build replays the seeds
 * (replay.c); test/fuzz/run makes new inputs.
 */

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Not assert(): it must hold in every build. */
#define fuzz_check(condition) \
        do { \
                if (!(condition)) { \
                        fprintf(stderr, "%s:%i: does not hold: %s\n", __FILE__, __LINE__, #condition); \
                        abort(); \
                } \
        } while (0)

/* The input as a string (up to its first NUL), to be freed. */
char *fuzz_string(const uint8_t *data, size_t size);

/* An input of several strings, each ended by a NUL (the last one by the end, too). */
struct fuzz_strings {
        char *data, *next, *end;
};

void fuzz_strings_begin(struct fuzz_strings *s, const uint8_t *data, size_t size);

/* The next one, "" when there are no more. Valid until fuzz_strings_end(). */
char *fuzz_strings_next(struct fuzz_strings *s);
void fuzz_strings_end(struct fuzz_strings *s);

/* One line for a person: no control characters. */
void fuzz_check_message(const char *message);

#endif
