/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PORTABLECTL_PROGRAM_H
#define PORTABLECTL_PROGRAM_H

/* Another program, run to its end for what it prints, or in the place of this one. Called where systemd's
 * own tools do a part of the work: systemctl for --root= and cat, systemd for verify, journalctl for logs.
 */

struct error;

enum program_output {
        PROGRAM_STDOUT = 1 << 0,
        PROGRAM_STDERR = 1 << 1,
        PROGRAM_SHARE_STDERR = 1 << 2, /* neither collected nor dropped: it is ours */
};

/*
 * Runs argv[0], searched for in $PATH, without input; what it prints to the streams named is collected, at
 * most 4 MiB, the other stream is dropped. *ret_output is owned by the caller. Returns its exit status (0 or
 * more, 128 + N for signal N) or a negative errno with *error set, e.g. -ENOENT.
 */
int program_collect(char *const *argv, unsigned streams, char **ret_output, struct error *error);

/* Becomes argv[0], searched for in $PATH, which takes over standard input and output, and with which status
 * this process ends. Returns only if that fails, with a negative errno and *error set. */
int program_become(char *const *argv, struct error *error);

#endif
