/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PORTABLECTL_SUGGEST_H
#define PORTABLECTL_SUGGEST_H

/* "did you mean": what may have been meant by a word that is none. */

struct client;
struct error;

/* The command, or the long option ("--enbale=x": "enable"), that may have been meant; NULL: none. Case, one
 * letter more, less or other, and two that changed places count as near, in long words two of that. */
const char *suggest_command(const char *typed);
const char *suggest_option(const char *typed);

/* The same for the name of an image, of those that there are: the newest version of it, or one with a name
 * that is near, as a whole or without the version. Borrowed from names. */
const char *suggest_name(const char *typed, char *const *names);

/* To the error of a verb for this image is added what may have been meant: another image, a file of this
 * directory (./), or by further, the first argument behind the image (may be NULL), another image. */
void suggest_image(struct client *client, const char *image, const char *further, struct error *error);

#endif
