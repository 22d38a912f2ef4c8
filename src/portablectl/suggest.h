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

/* To the error of a verb for this image is added what may have been meant: a file of this directory (./), or
 * by further, the first argument behind the image (may be NULL), another image. */
void suggest_image(const struct client *client, const char *image, const char *further, struct error *error);

#endif
