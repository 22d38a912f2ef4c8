/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transaction/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/fd.h"
#include "basic/pack.h"
#include "basic/path.h"
#include "basic/strv.h"

/*
 * Form: the magic, the state byte, then packed (basic/pack.h) a checksum and a byte string with the ops. The
 * checksum covers only the ops, as the state changes.
 */
#define NAME          "journal"
#define MAGIC         "PORTABLED-JOURNAL-1\n"
#define STATE_AT      (sizeof(MAGIC) - 1)
#define SIZE_MAX_READ (64U << 20)

/* FNV-1a, 64 bits: tells a whole journal from a torn one. */
static uint64_t checksum(const uint8_t *data, size_t size)
{
        uint64_t h = UINT64_C(0xcbf29ce484222325);

        for (size_t i = 0; i < size; i++)
                h = (h ^ data[i]) * UINT64_C(0x100000001b3);
        return h;
}

static void pack_op(struct pack *p, const struct op *o)
{
        pack_u32(p, o->kind);
        pack_u32(p, o->place);
        pack_u32(p, o->slot);
        pack_string(p, o->path);
        pack_u64(p, o->id.inode);
        pack_u64(p, o->id.birth);
        pack_u32(p, (o->tree ? 1U : 0) | (o->directory ? 2U : 0) | (o->if_empty ? 4U : 0));
        pack_u32(p, o->mode);
        pack_u32(p, o->uid);
        pack_u32(p, o->gid);
        pack_strv(p, o->children);
}

static void unpack_op(struct unpack *u, struct op *o)
{
        uint32_t kind = unpack_u32(u), flags;

        o->place = unpack_u32(u);
        o->slot = unpack_u32(u);
        o->path = unpack_string_required(u);
        o->id.inode = unpack_u64(u);
        o->id.birth = unpack_u64(u);
        flags = unpack_u32(u);
        o->tree = flags & 1U;
        o->directory = flags & 2U;
        o->if_empty = flags & 4U;
        o->mode = unpack_u32(u);
        o->uid = unpack_u32(u);
        o->gid = unpack_u32(u);
        o->children = unpack_strv(u);

        if (kind >= OP_KIND_MAX || flags > 7 || (o->path && !path_is_normalized(o->path)))
                u->failed = true;
        else
                o->kind = kind;
}

int journal_write(int dir_fd, const struct op_list *ops, int *ret_fd)
{
        _cleanup_pack_ struct pack body = {}, file = {};
        _cleanup_close_ int fd = -EBADF;
        char head[sizeof(MAGIC)];
        int r;

        pack_u32(&body, (uint32_t)ops->n);
        for (size_t i = 0; i < ops->n; i++)
                pack_op(&body, &ops->items[i]);
        if (body.failed)
                return -ENOMEM;
        pack_u64(&file, checksum(body.data, body.size));
        pack_bytes(&file, body.data, body.size);
        if (file.failed)
                return -ENOMEM;

        memcpy(head, MAGIC, STATE_AT);
        head[STATE_AT] = JOURNAL_INTENT;
        fd = openat(dir_fd, NAME, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (fd < 0)
                return -errno;
        r = fd_write_all(fd, head, sizeof(head));
        if (r >= 0)
                r = fd_write_all(fd, file.data, file.size);
        if (r < 0)
                return r;
        *ret_fd = steal_fd(&fd);
        return 0;
}

int journal_mark(int fd, enum journal_state state)
{
        char c = (char)state;

        return pwrite(fd, &c, 1, STATE_AT) == 1 ? 0 : -errno;
}

static int parse_body(const uint8_t *data, size_t size, struct op_list *ret)
{
        struct unpack u = {.data = data, .size = size};
        struct op_list ops = {};
        size_t n = unpack_count(&u, 13 * sizeof(uint32_t));
        int r;

        for (size_t i = 0; i < n && !u.failed; i++) {
                struct op o = {};

                unpack_op(&u, &o);
                if (!op_list_add(&ops, &o)) {
                        op_list_clear(&ops);
                        return -ENOMEM;
                }
        }
        r = unpack_finish(&u);
        if (r < 0)
                op_list_clear(&ops);
        else
                *ret = ops;
        return r;
}

int journal_read(int dir_fd, struct op_list *ret_ops, enum journal_state *ret_state)
{
        _cleanup_free_ char *data = NULL;
        _cleanup_free_ uint8_t *body = NULL;
        _cleanup_close_ int fd = openat(dir_fd, NAME, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        struct unpack u = {};
        uint64_t sum;
        size_t size;
        int r;

        if (fd < 0)
                return -errno;
        r = fd_read_all(fd, SIZE_MAX_READ, &data, &size);
        if (r < 0)
                return r;
        if (size <= STATE_AT || memcmp(data, MAGIC, STATE_AT) != 0)
                return -EBADMSG;

        u.data = (uint8_t *)data + STATE_AT + 1;
        u.size = size - STATE_AT - 1;
        sum = unpack_u64(&u);
        body = unpack_bytes(&u, &size);
        if (unpack_finish(&u) < 0 || checksum(body, size) != sum)
                return -EBADMSG;
        r = parse_body(body, size, ret_ops);
        if (r == -EBADMSG)
                return -EPROTO;
        if (r >= 0)
                *ret_state = data[STATE_AT] == JOURNAL_COMMIT ? JOURNAL_COMMIT : JOURNAL_INTENT;
        return r;
}
