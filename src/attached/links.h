/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef ATTACHED_LINKS_H
#define ATTACHED_LINKS_H

/*
 * The links by which attached units are enabled in the attach directories themselves, where --enable has
 * them made: in *.wants/, *.requires/ and *.upholds/, and aliases beside the units. The service manager
 * follows them when it starts units, and leaves them out when it says which are enabled. Source: observed on
 * 252, 257 and 262.
 */

#include <stdbool.h>
#include <stddef.h>

struct error;
struct layout;

struct attached_link {
        char *path;            /* of the link, absolute in the root */
        const char *directory; /* one of layout->attach[].path */
        char *parent;          /* the path of the *.wants/ directory it lies in; NULL: an alias */
        char *name;            /* of the link: that of the unit, of an instance of it, or its alias */
        char *target;          /* the last part of what it leads to */
};

struct attached_links {
        struct attached_link *items; /* those of one parent follow each other */
        size_t n;
        struct attached_parent {
                char *path;
                size_t n_entries; /* whatever lies in it */
        } * parents;
        size_t n_parents;
};

/* All of the attach directories that are not shared with others. What can't be opened counts as empty.
 * Returns 0, or -ENOMEM with *error set. */
int attached_links_read(int root_fd, const struct layout *layout, struct attached_links *ret,
                        struct error *error);
void attached_links_clear(struct attached_links *l);
#define _cleanup_attached_links_ __attribute__((cleanup(attached_links_clear)))

/* Whether the link enables the unit of that name that is attached in that directory. */
bool attached_link_is_of(const struct attached_link *link, const char *directory, const char *unit);

/* Whether what a link in the attach directory leads to is a unit that lies there, too: it is an alias then,
 * and else the unit itself, attached as a link into its image. */
bool attached_target_is_beside(const char *directory, const char *target);

/* True for the names of directories of dependencies, "x.wants" and its like. */
bool attached_is_link_directory(const char *name);

#endif
