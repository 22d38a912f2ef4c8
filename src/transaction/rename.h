/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRANSACTION_RENAME_H
#define TRANSACTION_RENAME_H

/* The three ways to move a file that switch.c needs, also on file systems that know only the plain one. */

/* One end of a move. */
struct end {
        int dir_fd;
        const char *name;
};

/* Moves from to a name that must be free: -EEXIST. Atomic for who looks at "to". Where the file system can't
 * do that in one step, a crash may leave both names. */
int rename_new(struct end from, struct end to);

/* Swaps two files. Where the file system can't, the file "to" goes by the name "spare" afterwards and "from"
 * is gone; "to" always names either file. -EOPNOTSUPP if even that is impossible (directories). */
int rename_swap(struct end from, struct end to, struct end spare);

#endif
