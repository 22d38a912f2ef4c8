/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/answer.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "basic/error.h"
#include "basic/pack.h"
#include "basic/path.h"

void answer_begin(struct pack *p, enum answer_kind kind)
{
        pack_message_begin(p);
        pack_u32(p, kind);
}

bool answer_is_whole(const void *data, size_t size)
{
        struct unpack u;

        return unpack_message(data, size, ANSWER_SIZE_MAX, &u) > 0 &&
               u.data + u.size == (const uint8_t *)data + size;
}

size_t answer_read_progress(const void *data, size_t size, struct answer_progress *ret)
{
        struct answer_progress progress = {};
        struct unpack u;
        uint32_t kind;

        if (unpack_message(data, size, ANSWER_PROGRESS_SIZE_MAX, &u) <= 0)
                return 0;
        kind = unpack_u32(&u);
        if (kind != ANSWER_PROGRESS && kind != ANSWER_WAIT)
                return 0;
        progress.kind = (enum answer_kind)kind;
        progress.what = unpack_string_required(&u);
        if (kind == ANSWER_PROGRESS) {
                progress.done = unpack_u64(&u);
                progress.total = unpack_u64(&u);
        }
        if (unpack_finish(&u) < 0 || (progress.what && !text_is_printable(progress.what))) {
                free(progress.what);
                progress.what = NULL;
        }
        *ret = progress;
        return (size_t)(u.data + u.size - (const uint8_t *)data);
}

/* The message must be one that a bus, a terminal and a journal take. */
static int take_error(struct error *sent, struct error *error)
{
        int r = -sent->errnum;

        if (sent->message && !text_is_printable(sent->message)) {
                char *escaped = text_escape(sent->message);

                free(sent->message);
                sent->message = escaped;
        }
        error_move(error, sent);
        return r;
}

int answer_read(const void *data, size_t size, struct unpack *ret, struct error *error)
{
        _cleanup_error_ struct error sent = {};
        struct unpack u = {.failed = true};
        uint32_t kind;

        (void)unpack_message(data, size, ANSWER_SIZE_MAX, &u);
        kind = unpack_u32(&u);
        if (u.failed || kind > ANSWER_RESULT)
                return error_set(error, ERROR_FAILED, EBADMSG,
                                 "The process of this operation sent a malformed answer");
        if (kind == ANSWER_RESULT) {
                *ret = u;
                return 0;
        }
        unpack_error(&u, &sent);
        if (unpack_finish(&u) < 0 || !error_is_set(&sent))
                return error_set(error, ERROR_FAILED, EBADMSG,
                                 "The process of this operation sent a malformed error");
        return take_error(&sent, error);
}
