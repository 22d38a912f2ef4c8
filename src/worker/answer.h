/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef WORKER_ANSWER_H
#define WORKER_ANSWER_H

/*
 * What a worker sends to the daemon: how far it is and that it waits, any number of times, then its one
 * answer. Each message (basic/pack.h) says of what kind it is first. Both sides, without the socket, so that
 * the reading one, for which every byte is hostile, can be tested by itself.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct pack;
struct unpack;

enum answer_kind {
        ANSWER_ERROR = 0,
        ANSWER_RESULT = 1,
        ANSWER_PROGRESS = 2, /* any number of them, before one of the first two */
        ANSWER_WAIT = 3,     /* the same: waits for another operation */
};

/* What an answer may weigh, in bytes: the largest metadata (EXTRACT_TOTAL_SIZE_MAX a layer) and a list of
 * very many images fit. */
#define ANSWER_SIZE_MAX (256U * 1024U * 1024U)

/* What a message about progress or a wait may weigh, in bytes. */
#define ANSWER_PROGRESS_SIZE_MAX 8192U

/* Begins an answer in an empty pack; the result or error is packed behind it, then pack_message_end(). */
void answer_begin(struct pack *p, enum answer_kind kind);

/* True if the bytes received so far are an answer with its whole length, and nothing more. */
bool answer_is_whole(const void *data, size_t size);

struct answer_progress {
        enum answer_kind kind; /* ANSWER_PROGRESS or ANSWER_WAIT */
        char *what;            /* the caller's; NULL: the message was malformed */
        uint64_t done, total;  /* of ANSWER_PROGRESS */
};

/* If the bytes received so far begin with a whole message about progress or a wait: its size, and what it
 * says. Else 0, with *ret untouched. */
size_t answer_read_progress(const void *data, size_t size, struct answer_progress *ret);

/* Takes a whole answer apart. 0: *ret has the result, still to be read and finished (unpack_finish()), in
 * the memory of data. Else the error that was sent, its message made printable, or ERROR_FAILED
 * with -EBADMSG for one that is malformed. */
int answer_read(const void *data, size_t size, struct unpack *ret, struct error *error);

#endif
