/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef OPERATION_VERB_H
#define OPERATION_VERB_H

/*
 * What is particular to attach, detach and reattach: their checks and plans under the lock, one file each.
 * change.c runs them, one image or many, for real or dry. Each fills result->removed and result->updated.
 */

struct attached_index;
struct error;
struct operation;
struct operation_request;
struct operation_result;
struct prepared;

int attach_plan(struct operation *o, const struct operation_request *request,
                const struct attached_index *index, struct prepared *p, struct operation_result *result,
                struct error *error);
int detach_plan(struct operation *o, const struct operation_request *request,
                const struct attached_index *index, struct prepared *p, struct operation_result *result,
                struct error *error);
int reattach_plan(struct operation *o, const struct operation_request *request,
                  const struct attached_index *index, struct prepared *p, struct operation_result *result,
                  struct error *error);

#endif
