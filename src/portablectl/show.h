/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PORTABLECTL_SHOW_H
#define PORTABLECTL_SHOW_H

/* Plain data to text for people, one function a kind of output. Nothing here asks anybody for anything. */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "plan/change.h"

struct error;
struct image_file;
struct image_metadata;
struct image_table;
struct list_choice;
struct manager_file_change;
struct options;
struct terminal;

/* The table of images and, with the option, its header and the line that counts them. On a terminal it is
 * made to fit, unless --full is given. */
int show_images(FILE *f, const struct terminal *t, const struct list_choice *choice,
                const struct image_table *table, const struct options *options, struct error *error);

/* Paths, names and units of an image; extensions are the paths asked for, to name what the daemon leaves
 * unnamed. */
int show_metadata(const struct terminal *t, const struct image_metadata *m, char *const *extensions,
                  struct error *error);
/* A line "HEADING:" for what comes below it. */
void show_heading(const struct terminal *t, const char *indent, const char *heading);
/* What is known of the image and its extensions beside their files; nothing if nothing is. */
void show_details(const struct terminal *t, const struct image_metadata *m);
/* What the unit does in spite of a profile (strv, owned by the caller). Returns 0 or -ENOMEM. */
int show_get_reach(const struct image_file *unit, char ***ret);
/* The files themselves. */
void show_metadata_raw(const struct terminal *t, const struct image_metadata *m, char *const *extensions);

/* One line a change on standard error: "Created symlink A → B." and so on, or "Would create ..." */
void show_changes(const struct terminal *t, const struct change_list *changes, bool would);
/* The same for one change of the service manager. */
void show_file_change(const struct terminal *t, const char *type, const char *path, const char *source);

/* "300.0K", "0B"; "-" for UINT64_MAX would hide that nothing is known: empty. buf of at least 32 bytes. */
const char *format_bytes(uint64_t bytes, char *buf, size_t size);
/* "Tue 2026-11-24 14:42:36 UTC" in the local time zone, "-" for 0. buf of at least 64 bytes. */
const char *format_time(uint64_t usec, char *buf, size_t size);

#endif
