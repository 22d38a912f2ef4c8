/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PORTABLECTL_EXEC_SOURCE_H
#define PORTABLECTL_EXEC_SOURCE_H

/* Where exec takes the settings from: the drop-ins of a service that is attached from the image, or, if
 * there is none, those that an attach would make. */

struct client;
struct error;
struct offline;
struct request;

struct exec_source {
        char *profile; /* text of the profile, "" for none */
        char *dropin;  /* text of 20-portable.conf */
};

void exec_source_clear(struct exec_source *s);
#define _cleanup_exec_source_ __attribute__((cleanup(exec_source_clear)))

/* tree: the root of this system. A profile that was given counts more than that of what is attached. Errors:
 * those of attach; an image without any service, or one that is gone. */
int exec_source_read(const struct client *client, struct offline *tree, const struct request *request,
                     struct exec_source *ret, struct error *error);

#endif
