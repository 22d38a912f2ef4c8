/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef WORKER_RECORD_H
#define WORKER_RECORD_H

/* The journal records of operations: one line for people, PORTABLE_* fields for programs
 * (systemd-portabled.service(8)). */

struct change_list;
struct error;
struct job;

enum record_verb {
        RECORD_ATTACH,
        RECORD_DETACH,
        RECORD_REATTACH,
};

/* path: the image found, NULL if it was not. One record for an attach, detach or reattach that was done or
 * (error set) refused. */
void record_operation(enum record_verb verb, const struct job *job, const char *path,
                      const struct change_list *removed, const struct change_list *updated,
                      const struct error *error);

/* Plain lines: recovered transactions. */
void record_messages(char *const *messages);

#endif
