/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PORTABLECTL_UPDATE_LOG_H
#define PORTABLECTL_UPDATE_LOG_H

/* What becomes of updates, in the journal, for whoever was not there: PORTABLE_DEFINITION=, PORTABLE_FROM=,
 * PORTABLE_TO=, PORTABLE_REASON=. */

#include "portablectl/update.h"

/* UPDATE_NOTHING: it is on trial. */
void update_log(const struct update_record *r, enum update_outcome outcome);

#endif
