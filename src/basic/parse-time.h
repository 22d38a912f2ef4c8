/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BASIC_PARSE_TIME_H
#define BASIC_PARSE_TIME_H

/* How long: "90", "1min 30s", "500ms", "infinity". */

#include <stdint.h>

struct error;

/* *ret in µs, UINT64_MAX for "infinity"; a number without a unit is seconds. Errors: ERROR_INVALID_ARGS,
 * naming the text. Source: systemd.time(7), "Parsing Time Spans", whole numbers and units up to weeks. */
int time_parse(const char *text, uint64_t *ret, struct error *error);

#endif
