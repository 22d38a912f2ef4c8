/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PORTABLECTL_PROGRESS_H
#define PORTABLECTL_PROGRESS_H

/*
 * What is told while an operation is under way. One line on the terminal that says how far the copy of an
 * image is (attach and reattach with --copy=mixed), drawn over and over and wiped in the end: only where
 * standard error is a terminal, and only once a copy has taken a second. And a line, wherever standard error
 * leads, when another operation has been waited for for a second.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct client;

struct progress {
        const struct wait *wait; /* who is told of waits */
        bool change;             /* it is an attach, detach or reattach: a signal cancels it */
        bool wanted;             /* there is somebody to see it, and something to be copied */
        int64_t first;           /* ms, monotonic, of the first report; 0: none yet */
        size_t shown;            /* columns to be wiped */
        int interrupted;         /* a signal that came meanwhile, 0: none (interrupt.h) */
};

/* Decides whether it is wanted. copy_mode may be NULL. client must stay. */
void progress_begin(struct progress *p, const struct client *client, const char *copy_mode);

/* Another operation on this image ("": on any) keeps it waiting. userdata: struct progress. */
void progress_tell_wait(const char *image, void *userdata);

/* A report, to be shown or not. userdata: struct progress. */
void progress_show(const char *path, uint64_t done, uint64_t total, void *userdata);

/* Wipes the line. Nothing may be printed before. */
void progress_end(struct progress *p);

/* The line, not longer than size - 1 bytes, nor than that many columns (path: any bytes; total 0: not
 * known). */
void progress_format(const char *path, uint64_t done, uint64_t total, size_t columns, char *buf,
                     size_t size);

#endif
