/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PORTABLECTL_VERBS_H
#define PORTABLECTL_VERBS_H

/*
 * The verbs, one a file. args are what follows the verb on the command line, NULL-terminated, their number
 * checked against the table in command-line.h. A verb returns its exit status (0 or more), or a negative
 * errno with *error set, which main() prints; with *error not set everything was printed already.
 */

struct client;
struct error;

int verb_list(struct client *client, char **args, struct error *error);
int verb_inspect(struct client *client, char **args, struct error *error);
int verb_attach(struct client *client, char **args, struct error *error);
int verb_detach(struct client *client, char **args, struct error *error);
int verb_reattach(struct client *client, char **args, struct error *error);
int verb_apply(struct client *client, char **args, struct error *error);
int verb_update(struct client *client, char **args, struct error *error);
int verb_definitions(struct client *client, char **args, struct error *error);
int verb_is_attached(struct client *client, char **args, struct error *error);
int verb_status(struct client *client, char **args, struct error *error);
int verb_start(struct client *client, char **args, struct error *error);
int verb_stop(struct client *client, char **args, struct error *error);
int verb_restart(struct client *client, char **args, struct error *error);
int verb_logs(struct client *client, char **args, struct error *error);
int verb_cat(struct client *client, char **args, struct error *error);
int verb_diff(struct client *client, char **args, struct error *error);
int verb_verify(struct client *client, char **args, struct error *error);
int verb_exec(struct client *client, char **args, struct error *error);
int verb_shell(struct client *client, char **args, struct error *error);
int verb_profiles(struct client *client, char **args, struct error *error);
int verb_cat_profile(struct client *client, char **args, struct error *error);
int verb_read_only(struct client *client, char **args, struct error *error);
int verb_remove(struct client *client, char **args, struct error *error);
int verb_set_limit(struct client *client, char **args, struct error *error);

#endif
