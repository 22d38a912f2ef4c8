/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PORTABLECTL_ATTACHED_UNITS_H
#define PORTABLECTL_ATTACHED_UNITS_H

/*
 * Which units are attached from an image that was named. On this system the attach directories tell, so that
 * the image may be gone and no daemon is asked; on another one its daemon and its service manager are.
 */

#include "wire/result.h"

struct client;
struct error;
struct request;

/*
 * The names of the units that are attached from exactly the image that arg names (a name without a version
 * stands for any), until the next boot or for good, those only that match the prefixes in args, if there
 * are any. *ret is owned by the caller, sorted as units_sort() does, and not empty. Errors:
 * ERROR_NO_SUCH_UNIT for an image that is not attached, ERROR_NO_MATCHING_UNIT_FILES where no unit matches.
 */
int attached_units_get(struct client *client, const char *arg, char *const *args, char ***ret,
                       struct error *error);

/* "Image 'web_1.5' is not attached; 'web_1.4' is", with version NULL the former only. Returns -ENXIO. */
int attached_units_fail(const char *arg, const char *version, struct error *error);

/* On another system: what is in the image of a request by these prefixes; and those of the names whose unit
 * file is an attached one, with or without --runtime: an image may have units that were never attached, and
 * that the host has of its own. What is found is appended to *ret. */
int attached_units_read_image(struct client *client, const struct request *request, char *const *prefixes,
                              struct result *ret, struct error *error);
int attached_units_keep(struct client *client, const struct image_metadata *image, bool runtime, char ***ret,
                        struct error *error);

#endif
