/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef OPERATION_DIFFERING_H
#define OPERATION_DIFFERING_H

/* Which of the changes of a plan would change anything: what `apply` makes of one, so that it can be
 * repeated and says of nothing that it was done that had been so before. */

struct change_list;
struct error;

/*
 * Takes out of the list what is so already: directories that are there, files of that content and mode, and
 * links that lead there; copies of images of the same size and time as what they are copies of. What is left
 * is no longer silent, as it is a difference. Errors: out of memory.
 */
int differing_keep(int root_fd, struct change_list *l, struct error *error);

#endif
