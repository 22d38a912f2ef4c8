/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PORTABLECTL_EXIT_STATUS_H
#define PORTABLECTL_EXIT_STATUS_H

/*
 * How the program ends: one table, for scripts, --help and the manual. EXIT_SUCCESS and EXIT_FAILURE keep
 * the numbers they have everywhere. exec and shell end as their command does.
 */

struct client;
struct error;
struct request;

enum exit_status {
        STATUS_SUCCESS = 0,
        STATUS_REFUSED = 1, /* and whatever has no number of its own */
        STATUS_BROKEN = 2,
        STATUS_NOT_ATTACHED = 3,
        STATUS_UNITS_FAILED = 4, /* the images were changed as asked for, but something that was to follow,
                                    or a unit that was to be started or stopped, failed */
        STATUS_DENIED = 5,
        STATUS_TIMEOUT = 6,
        STATUS_DIFFERENT = 7,
        STATUS_WENT_BACK = 8,
        STATUS_MAX,
};

/* One line for --help. */
const char *exit_status_text(enum exit_status status);

/* Of a failure by what its error tells; one that is not set, as it was printed already, is a refusal.
 * STATUS_BROKEN is not among it, see below. */
enum exit_status exit_status_from_error(const struct error *error);

/*
 * The same for an image that was to be read. That it is broken has no error of its own on the bus, where
 * systemd's portabled has none either: so it is asked for what is in the image, whatever its units are
 * called; if even that fails, it is the image. Nobody is asked for a password.
 */
enum exit_status exit_status_of_image(struct client *client, const struct request *request,
                                      const struct error *error);

#endif
