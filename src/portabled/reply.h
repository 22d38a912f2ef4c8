/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PORTABLED_REPLY_H
#define PORTABLED_REPLY_H

/* From a job's packed result to the D-Bus reply, one function for each job of worker/job.h, in the same
 * order. All append to m and return a negative errno if the packed data is bad or does not fit. */

#include <systemd/sd-bus.h>

struct unpack;

typedef int (*reply_function)(struct unpack *u, sd_bus_message *m);

int reply_object(struct unpack *u, sd_bus_message *m);
int reply_list(struct unpack *u, sd_bus_message *m);
int reply_os_release(struct unpack *u, sd_bus_message *m);
int reply_metadata(struct unpack *u, sd_bus_message *m); /* without the extensions */
int reply_metadata_with_extensions(struct unpack *u, sd_bus_message *m);
int reply_inspected(struct unpack *u, sd_bus_message *m);
int reply_string(struct unpack *u, sd_bus_message *m);
int reply_version_state(struct unpack *u, sd_bus_message *m);
int reply_changes(struct unpack *u, sd_bus_message *m);
int reply_two_changes(struct unpack *u, sd_bus_message *m);
int reply_results(struct unpack *u, sd_bus_message *m);
int reply_variant_string(struct unpack *u, sd_bus_message *m);
int reply_all_states(struct unpack *u, sd_bus_message *m); /* a{sv} with State */
int reply_nothing(struct unpack *u, sd_bus_message *m);

#endif
