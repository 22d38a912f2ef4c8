/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef ATTACHED_INSTALL_H
#define ATTACHED_INSTALL_H

/*
 * Which attached units may count as enabled, as far as the files tell. The service manager, which alone
 * knows for sure, needs a millisecond or two for each unit it is asked about; so it is asked only where the
 * answer is not plain to see.
 *
 * Plain is, with systemd 252 to 262:
 * - no: a unit file of its own that is well-formed and has no Also= in it, whose name occurs nowhere else in
 *   the directories that units are loaded from: neither in a *.wants/, *.requires/ or *.upholds/ directory
 *   nor as a file, link, target of a link, or drop-in directory.
 * - yes: a link to it, of its name or as an alias, in the attach directories: these are what --enable makes,
 *   and what starts the unit at boot, though the manager does not count them.
 * - yes: the first, but for a link of its name in a *.wants/ or *.requires/ directory of /etc/systemd/system
 * or /run/systemd/system. Source: systemctl(1), "is-enabled".
 */

#include <stdbool.h>
#include <stddef.h>

#include "attached/index.h"

enum install_verdict {
        INSTALL_NOT_ENABLED,
        INSTALL_ENABLED,
        INSTALL_ASK, /* the service manager */
};

/* The verdicts on these units (indices into index->units), in the same order. unit_path: the directories the
 * manager loads units from; those that cannot be read are taken as empty. Owned by the caller (free()). 0 or
 * -ENOMEM. */
int attached_install_read(int root_fd, char *const *unit_path, const struct attached_index *index,
                          const size_t *units, size_t n, enum install_verdict **ret);

/* True if a unit file with this text has an installation state that depends on nothing but links to it.
 * text[size] must be NUL. Pure. */
bool unit_text_is_plain(const char *text, size_t size);

#endif
