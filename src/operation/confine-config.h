/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef OPERATION_CONFINE_CONFIG_H
#define OPERATION_CONFINE_CONFIG_H

/* What the administrator says of how images are held to their profiles: Confine= and Allow= of
 * portabled.conf(5). */

struct error;
struct layout;

enum confine_mode {
        CONFINE_WARN, /* steps out of the profile are told of */
        CONFINE_ENFORCE,
        CONFINE_NO,
};

struct confine_config {
        enum confine_mode mode;
        char **allow; /* strv, NULL: nothing */
};

void confine_config_clear(struct confine_config *c);
#define _cleanup_confine_config_ __attribute__((cleanup(confine_config_clear)))

/* For an image of that name under a profile of that name. Errors: a
 * file that cannot be read, a line that is not valid, with where it stands; nothing may be attached then. */
int confine_config_read(int root_fd, const struct layout *layout, const char *profile, const char *image,
                        struct confine_config *ret, struct error *error);

#endif
