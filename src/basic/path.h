/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BASIC_PATH_H
#define BASIC_PATH_H

/* Paths and names as strings; nothing here touches a file. */

#include <stdbool.h>
#include <stddef.h>

/* Absolute, no "." or ".." component, no "//", no trailing slash (but "/" itself), shorter than PATH_MAX. */
bool path_is_normalized(const char *path);

/* The part after the last slash, in place. */
const char *path_base(const char *path);

/* The part before the last slash ("/" for "/a"), allocated. NULL if out of memory. */
char *path_directory(const char *path);

/* a + "/" + b, with just one slash between. NULL if out of memory. */
char *path_join(const char *a, const char *b);

/* True if path equals directory or lies below it. Both normalised. */
bool path_is_below(const char *path, const char *directory);

/* A single valid file name: not empty, "." or "..", no slash, at most NAME_MAX bytes. */
bool filename_is_valid(const char *name);

/* A file name that is an image name: see spec "Images": valid file name, UTF-8, no control characters, not
 * ".#…". */
bool image_name_is_valid(const char *name);

/* Valid UTF-8. */
bool text_is_utf8(const char *s);

/* Valid UTF-8 without control characters (C0, DEL, C1). */
bool text_is_printable(const char *s);

/* A name that systemd takes as unit name: one of the known suffixes, allowed characters, at most 255 bytes.
 * Source: systemd.unit(5), "Unit Naming". Templates and instances count. */
bool unit_name_is_valid(const char *name);

bool string_starts_with(const char *s, const char *prefix);
bool string_ends_with(const char *s, const char *suffix);

/* Cuts these characters off both ends, in place. Returns where the rest begins. */
char *string_strip(char *s, const char *blanks);

/*
 * A copy of s that is safe to show on a terminal or in a one-line message: control characters, those that
 * reorder or split a line (bidirectional controls, U+2028, U+2029) and invalid UTF-8 come as \xNN, a
 * backslash stays as it is. NULL if out of memory.
 */
char *text_escape(const char *s);

#endif
