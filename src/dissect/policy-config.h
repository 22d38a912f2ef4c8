/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DISSECT_POLICY_CONFIG_H
#define DISSECT_POLICY_CONFIG_H

/*
 * What the administrator demands of images: ImagePolicy= in the section [Portable] of portabled.conf and of
 * the files in portabled.conf.d/, found as systemd's other daemons find theirs, see portabled.conf(5).
 * Read anew for each raw image that is opened, so that a change counts at once.
 */

#include <stddef.h>

#include "policy/policy.h"

struct error;
struct layout;

/* What was read: the last ImagePolicy=, and all lines of the lists. */
struct policy_setting {
        char *value;             /* NULL: none, or an empty one */
        char *where;             /* "FILE:LINE", safe to show; NULL as value */
        char **confine, **allow; /* of Confine= and Allow= (strv): a value, where, a value, where… */
};

void policy_setting_clear(struct policy_setting *s);
#define _cleanup_policy_setting_ __attribute__((cleanup(policy_setting_clear)))

/*
 * Reads one file's text, which may hold anything; path is for messages. *s is replaced where the text has
 * something to say. Lines that mean nothing are added to *complaints (a strv). -ENOMEM.
 */
int policy_config_parse(const char *path, const char *text, size_t size, struct policy_setting *s,
                        char ***complaints);

/* All of it, of all files. Errors: a file that cannot be read. complaints: as above. */
int policy_setting_read(int root_fd, const struct layout *layout, struct policy_setting *s,
                        char ***complaints, struct error *error);

/*
 * The policy for raw images: what the configuration below root_fd allows of what image_policy_service
 * allows; that itself where nothing is configured. complaints: as above, may be NULL. Errors, with a message
 * that says which file and line: an invalid policy, one that nothing would fit, a file that cannot be read.
 * No image may be opened then.
 */
int policy_config_read(int root_fd, const struct layout *layout, struct image_policy *ret,
                       char ***complaints, struct error *error);

#endif
