/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef OPERATION_CHOICES_H
#define OPERATION_CHOICES_H

/* What an attach was asked for, as far as the files that it made show, so that a reattach can keep it. */

#include <stdbool.h>

struct error;
struct operation;
struct operation_request;

struct attach_choices {
        char *profile;         /* name or path; NULL: none */
        const char *copy_mode; /* as on the bus, "" for the usual one */
        char **prefixes;       /* strv, NULL: the usual ones */
        char **given;          /* unit files in the place of those of the image (strv); NULL: none */
        bool confined;         /* it was asked for */
        bool service;          /* there is one, so that there should be a profile */
};

void attach_choices_clear(struct attach_choices *c);
#define _cleanup_attach_choices_ __attribute__((cleanup(attach_choices_clear)))

/* Returns 1, or 0 and *ret as it was if nothing of the image is attached. */
int attach_choices_read(struct operation *o, const struct operation_request *request, bool runtime,
                        struct attach_choices *ret, struct error *error);

#endif
