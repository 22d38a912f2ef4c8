/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PORTABLED_EVENTS_H
#define PORTABLED_EVENTS_H

/* Signals for programs that follow what is attached, on our own interfaces: ImageAttached, ImageDetached and
 * ImageReattached, CopyProgress, OperationWaits, and PropertiesChanged of the image's State. */

#include <stdint.h>

struct daemon;
struct image_events;

/* Those of images whose units were changed. A signal that can't be sent is logged. */
void events_send(struct daemon *d, const struct image_events *l);

/* ImageRemoved or ImageChanged (member): of the image of this name or path. A signal that can't be sent is
 * logged. */
void events_send_image(struct daemon *d, const char *member, const char *image);

/* CopyProgress, to this caller alone: how far the copy of the image at path is that it waits for, in bytes.
 * A signal that can't be sent is dropped. */
void events_send_progress(struct daemon *d, const char *caller, const char *path, uint64_t done,
                          uint64_t total);

/* OperationWaits, to this caller alone: what it has asked for waits for another operation on this image, by
 * its name without a version; "": on any image. A signal that can't be sent is dropped. */
void events_send_wait(struct daemon *d, const char *caller, const char *image);

#endif
