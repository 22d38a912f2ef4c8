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
        pack_u64(p, 0); /* room for the length of what follows */
        pack_u32(p, kind);
}

int answer_finish(struct pack *p)
{
        _cleanup_pack_ struct pack length = {};

        pack_u64(&length, p->size - sizeof(uint64_t));
        if (p->failed || length.failed)
                return -ENOMEM;
        memcpy(p->data, length.data, length.size);
        return 0;
}

bool answer_is_whole(const void *data, size_t size)
{
        struct unpack u = {.data = data, .size = size};
        uint64_t length = unpack_u64(&u);

        return !u.failed && size - sizeof(length) == length;
}

size_t answer_read_progress(const void *data, size_t size, struct answer_progress *ret)
{
        struct unpack u = {.data = data, .size = size};
        uint64_t length = unpack_u64(&u);
        uint32_t kind = unpack_u32(&u);
        struct answer_progress progress = {.kind = kind};

        if (u.failed || (kind != ANSWER_PROGRESS && kind != ANSWER_WAIT) || length < sizeof(kind) ||
            length > ANSWER_PROGRESS_SIZE_MAX || size - sizeof(length) < length)
                return 0;
        u.size = sizeof(length) + (size_t)length;
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
        return u.size;
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
        struct unpack u = {.data = data, .size = size};
        _cleanup_error_ struct error sent = {};
        uint32_t kind;

        unpack_u64(&u); /* the length */
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
