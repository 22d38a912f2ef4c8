/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PORTABLED_EVENTS_H
#define PORTABLED_EVENTS_H

/* Signals for programs that follow what is attached, on our own interfaces: ImageAttached, ImageDetached and
 * ImageReattached, and PropertiesChanged of the image's State. Called by call.c. */

struct daemon;
struct unpack;

/* Reads what job-change.c packed after a result and sends the signals. Returns 0 or -EBADMSG; a signal that
 * can't be sent is logged. */
int events_send(struct daemon *d, struct unpack *u);

#endif
