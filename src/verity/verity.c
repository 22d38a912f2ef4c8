/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verity/verity.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "verity/verity-side.h"

/* What is read of a signature partition: a hash, base64 of a signature with a certificate chain at most. */
#define SIGNATURE_PARTITION_MAX (256U * 1024)

void verity_clear(struct verity *v)
{
        free(v->signature);
        free(v->trouble);
        fd_close(v->fd);
        *v = VERITY_NONE;
}

bool verity_is_available(const struct verity *v)
{
        return v->hash.size > 0 && (v->partition || v->fd >= 0);
}

static bool partition_is(const struct partition *p, enum designator d, const char *architecture)
{
        return p->designator == d && !p->no_auto && !(p->label && strcmp(p->label, "_empty") == 0) &&
               (!p->architecture || !architecture || strcmp(p->architecture, architecture) == 0);
}

/* The pair of partitions that a root hash from outside is for. */
static int select_by_hash(const struct verity_source *source, enum designator d,
                          const struct verity_hash *hash, struct selection *s, struct error *error)
{
        enum designator partner = (enum designator)designator_verity(d);
        const struct partition_table *t = source->table;
        char hex[VERITY_HEX_SIZE];

        for (size_t i = 0; i < t->n; i++) {
                if (!partition_is(t->items + i, d, NULL))
                        continue;
                for (size_t j = 0; j < t->n; j++)
                        if (partition_is(t->items + j, partner, t->items[i].architecture) &&
                            verity_hash_matches_uuids(hash, t->items[i].uuid, t->items[j].uuid)) {
                                s->by[d] = t->items + i;
                                s->by[partner] = t->items + j;
                                return 0;
                        }
        }
        verity_hash_to_hex(hash, hex);
        return error_set(error, ERROR_FAILED, ENXIO,
                         "Image '%s': none of its '%s' partitions has the UUID that belongs to the root "
                         "hash beside it "
                         "(%s)",
                         source->image, designator_to_string(d), hex);
}

static int signature_read(const struct verity_source *source, const struct partition *p, char **ret)
{
        _cleanup_free_ char *data = NULL;
        size_t size = p->size > SIGNATURE_PARTITION_MAX ? SIGNATURE_PARTITION_MAX : p->size, done = 0;

        data = malloc(size);
        if (!data)
                return -ENOMEM;
        while (done < size) {
                ssize_t n = pread(source->image_fd, data + done, size - done, (off_t)(p->offset + done));

                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0)
                        return n < 0 ? -errno : -EIO;
                done += (size_t)n;
        }
        *ret = steal_pointer(data);
        return 0;
}

/* Reads one signature partition. Trouble with it is noted, not an error: policy decides whether it matters.
 */
static int signature_take(const struct verity_source *source, const struct partition *p, struct verity *v)
{
        _cleanup_free_ char *data = NULL;
        const char *why = "it cannot be read";
        struct verity_hash hash = {};
        uint8_t *signature = NULL;
        size_t size;
        int r;

        r = signature_read(source, p, &data);
        if (r >= 0)
                r = verity_signature_parse(
                        data, p->size > SIGNATURE_PARTITION_MAX ? SIGNATURE_PARTITION_MAX : p->size, &hash,
                        &signature, &size, &why);
        if (r == -ENOMEM)
                return r;
        if (r < 0) {
                free(v->trouble);
                v->trouble = NULL;
                return asprintf(&v->trouble, "its signature partition %u cannot be used: %s", p->number,
                                why) < 0
                               ? -ENOMEM
                               : 0;
        }
        free(v->signature);
        v->signature = signature;
        v->signature_size = size;
        v->signed_hash = hash;
        return 0;
}

/* Of several signature partitions (an image with two versions) the one for these data, else the selected
 * one. */
static int signature_find(const struct verity_source *source, enum designator d, const struct selection *s,
                          struct verity *v)
{
        enum designator sig = (enum designator)designator_verity_sig(d);
        const struct partition *data = s->by[d], *chosen = s->by[sig];
        int r;

        if (!chosen)
                return 0;
        for (size_t i = 0; i < source->table->n; i++) {
                const struct partition *p = source->table->items + i;

                if (p == chosen || !partition_is(p, sig, data->architecture))
                        continue;
                r = signature_take(source, p, v);
                if (r < 0)
                        return r;
                if (v->signature && v->hash.size > 0 && verity_hash_equal(&v->signed_hash, &v->hash))
                        return 0;
        }
        free(v->signature);
        v->signature = NULL;
        free(v->trouble);
        v->trouble = NULL;
        return signature_take(source, chosen, v);
}

/* The signature partition's signature in place of one from beside the image, if it is for the same hash: it
 * is the only one that service managers look for with a partition table. */
static int prefer_partition(const struct verity_source *source, enum designator d, const struct selection *s,
                            struct verity *v)
{
        struct verity inside = {.fd = -EBADF, .hash = v->hash};
        int r = signature_find(source, d, s, &inside);

        if (r >= 0 && inside.signature && verity_hash_equal(&inside.signed_hash, &v->hash)) {
                free(v->signature);
                v->signature = steal_pointer(inside.signature);
                v->signature_size = inside.signature_size;
                v->signed_hash = inside.signed_hash;
                v->private_signature = false;
        } else if (r >= 0) {
                v->private_signature = true;
                if (inside.signature && !v->signature) {
                        v->trouble = strdup(
                                "its signature partition is for another root hash than the one beside it");
                        r = v->trouble ? 0 : -ENOMEM;
                } else {
                        v->trouble = steal_pointer(inside.trouble);
                }
        }
        verity_clear(&inside);
        return r;
}

/* Partners in the partition table; v->hash may be set from outside. */
static int find_partitions(const struct verity_source *source, enum designator d, struct selection *s,
                           struct verity *v, struct error *error)
{
        int r;

        if (v->outside) {
                r = select_by_hash(source, d, &v->hash, s, error);
                if (r < 0)
                        return r;
        }
        /* A generic root has no partners: theirs are the types of root and usr. */
        v->partition = s->by[d]->designator == d ? s->by[designator_verity(d)] : NULL;
        if (!v->partition)
                return 0;
        if (v->outside) {
                r = prefer_partition(source, d, s, v);
        } else {
                (void)verity_hash_from_uuids(s->by[d]->uuid, v->partition->uuid, &v->hash);
                r = signature_find(source, d, s, v);
        }
        return r < 0 ? error_set_oom(error) : 0;
}

int verity_find(const struct verity_source *source, enum designator d, struct selection *selection,
                struct verity *ret, struct error *error)
{
        __attribute__((cleanup(verity_clear))) struct verity v = VERITY_NONE;
        struct stat st;
        int r;

        if (fstat(source->image_fd, &st) < 0)
                return error_set_errno(error, errno, "Image '%s': cannot look at it", source->image);
        /* A device node has nothing beside it that could be meant for it. */
        if (S_ISREG(st.st_mode)) {
                r = verity_side_read(source, d, &v, error);
                if (r < 0)
                        return r;
        }
        if (source->table->kind != TABLE_NONE && (selection->by[d] || v.outside)) {
                v.fd = fd_close(v.fd);
                r = find_partitions(source, d, selection, &v, error);
                if (r < 0)
                        return r;
        }
        if (!v.partition && v.fd < 0) {
                bool outside = v.outside;

                verity_clear(&v);
                v.outside = outside;
        }
        *ret = v;
        v = VERITY_NONE;
        return 0;
}
