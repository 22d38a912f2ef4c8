/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dissect/raw.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "basic/chase.h"
#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "dissect/activate.h"
#include "dissect/dissect.h"
#include "dissect/mount.h"
#include "partition/filesystem.h"
#include "partition/probe.h"
#include "partition/select.h"
#include "policy/policy.h"
#include "verity/verity-side.h"
#include "verity/verity.h"

/* What the steps hand on. */
struct raw_context {
        int root_fd, fd;
        const char *image;
        struct verity verity[2]; /* of root and of usr */
        const char *path;        /* of the image, as it is */
        struct raw *raw;         /* what is found is noted here */
};

static void context_clear(struct raw_context *c)
{
        for (size_t i = 0; i < ELEMENTSOF(c->verity); i++)
                verity_clear(c->verity + i);
        c->fd = fd_close(c->fd);
}

static struct verity *verity_of(struct raw_context *c, enum designator d)
{
        return c->verity + (d == DESIGNATOR_USR);
}

/* What verity adds to the uses of a data partition. */
static void protection_add(struct protection *p, enum designator d, const struct verity *v)
{
        enum designator partner = (enum designator)designator_verity(d),
                        sig = (enum designator)designator_verity_sig(d);
        bool has_data = v->partition || v->fd >= 0;

        if (verity_is_available(v))
                p->can[d] |= POLICY_VERITY;
        if (has_data && v->signature)
                p->can[d] |= POLICY_SIGNED;
        if (v->outside && has_data)
                p->can[d] &= ~(uint32_t)POLICY_UNPROTECTED;
        /* Beside the image it counts as if it were in it. */
        if (v->fd >= 0)
                p->can[partner] |= POLICY_UNUSED | POLICY_UNPROTECTED;
        if (v->outside && v->signature)
                p->can[sig] |= POLICY_UNUSED | POLICY_UNPROTECTED;
        p->signature_beside[d] = v->fd >= 0 && v->signature && !v->private_signature;
        p->trouble[d] = v->trouble;
}

static int find_verity(struct raw_context *c, const char *path, struct protection *p, struct error *error)
{
        static const enum designator data[] = {DESIGNATOR_ROOT, DESIGNATOR_USR};
        const struct verity_source source = {
                .root_fd = c->root_fd,
                .image_fd = c->fd,
                .path = path,
                .image = c->image,
                .table = &c->raw->table,
        };

        for (size_t i = 0; i < ELEMENTSOF(data); i++) {
                int r;

                if (data[i] == DESIGNATOR_USR && c->raw->table.kind == TABLE_NONE)
                        continue;
                r = verity_find(&source, data[i], &c->raw->selection, verity_of(c, data[i]), error);
                if (r < 0)
                        return r;
        }
        protection_fill(&c->raw->table, &c->raw->selection, p);
        for (size_t i = 0; i < ELEMENTSOF(data); i++)
                protection_add(p, data[i], verity_of(c, data[i]));
        return 0;
}

/* That there is a file system in the partition which images may hold. */
static int check_type(const struct partition *p, const char *image, const char *what,
                      const struct filesystem **ret, struct error *error)
{
        const struct filesystem *fs;

        if (p->ambiguous)
                return error_set(error, ERROR_FAILED, EUCLEAN,
                                 "Image '%s': %s has the signatures of more than one file system", image,
                                 what);
        if (!p->fstype)
                return error_set(error, ERROR_FAILED, EMEDIUMTYPE,
                                 "Image '%s': %s holds no file system that images can have (%s)", image,
                                 what, filesystem_names());
        if (filesystem_is_encrypted(p->fstype))
                return error_set(
                        error, ERROR_NOT_SUPPORTED, EOPNOTSUPP,
                        "Image '%s': %s is encrypted (%s); images are not unlocked for portable services: "
                        "make it without encryption, dm-verity can protect it",
                        image, what, p->fstype);
        fs = filesystem_find(p->fstype);
        if (!fs)
                return error_set(
                        error, ERROR_NOT_SUPPORTED, EOPNOTSUPP,
                        "Image '%s': %s is of type '%s', which images cannot have; supported are %s", image,
                        what, p->fstype, filesystem_names());
        *ret = fs;
        return 0;
}

/* A file system that is larger than its place was cut off; the kernel's answers to that are no help. */
static int check_size(const struct partition *p, const struct filesystem *fs, int fd, const char *image,
                      const char *what, struct error *error)
{
        uint64_t needed = 0;
        int r = filesystem_size(fs, fd, p->offset, &needed);

        if (r == -ENODATA)
                needed = UINT64_MAX;
        else if (r < 0)
                return error_set_errno(error, r, "Image '%s': cannot read %s", image, what);
        if (needed > p->size)
                return error_set(error, ERROR_FAILED, EUCLEAN,
                                 "Image '%s' is truncated or damaged: %s (%s) needs %" PRIu64
                                 " bytes, but there are only %" PRIu64 "",
                                 image, what, fs->name, needed, p->size);
        return 0;
}

/* What of it service managers want to know. */
static int note_verity(struct raw_context *c, enum designator d, const struct activated *activated)
{
        struct raw_verity *note = d == DESIGNATOR_USR ? &c->raw->usr : &c->raw->root;
        const struct verity *v = verity_of(c, d);

        note->beside = v->outside;
        note->left_out = activated->use == POLICY_UNPROTECTED && v->partition;
        note->signature_left_out = note->left_out && v->signature;
        note->signature_error = activated->signature_error;
        if (activated->use == POLICY_SIGNED)
                note->hash = v->signed_hash;
        else if (activated->use == POLICY_VERITY)
                note->hash = v->hash;
        if (note->hash.size == 0 || v->partition)
                return 0;
        note->data = verity_side_path(c->path, ".verity");
        return note->data ? 0 : -ENOMEM;
}

static int mount_partition(struct raw_context *c, struct protection *protection, enum designator d,
                           int *ret_fd, struct error *error)
{
        const struct partition *p = c->raw->selection.by[d];
        _cleanup_free_ char *what = partition_describe(p);
        _cleanup_close_ int device = -EBADF;
        struct activated activated;
        const struct filesystem *fs = NULL;
        struct activation a = {
                .root_fd = c->root_fd,
                .image_fd = c->fd,
                .image = c->image,
                .partition = p,
                .what = what,
                .verity = verity_of(c, d),
                .allowed = protection->allowed[d],
        };
        int r;

        if (!what)
                return error_set_oom(error);
        r = check_type(p, c->image, what, &fs, error);
        if (r < 0)
                return r;
        r = check_size(p, fs, c->fd, c->image, what, error);
        if (r < 0)
                return r;
        r = activate(&a, &activated, error);
        if (r < 0)
                return r;
        device = activated.fd;
        protection->use[d] = activated.use;
        if (note_verity(c, d, &activated) < 0)
                return error_set_oom(error);
        /* A manager would not find that signature: what it finds is verity. */
        if (protection->use[d] == POLICY_SIGNED && a.verity->private_signature)
                protection->use[d] = POLICY_VERITY;
        return mount_device(fs, device, c->image, what, ret_fd, error);
}

static bool is_used(const struct protection *p, enum designator d)
{
        return !(p->use[d] & POLICY_IGNORE);
}

static int mount_tree(struct raw_context *c, struct protection *p, int *ret_fd, struct error *error)
{
        _cleanup_close_ int root = -EBADF, usr = -EBADF;
        int r;

        if (is_used(p, DESIGNATOR_ROOT)) {
                r = mount_partition(c, p, DESIGNATOR_ROOT, &root, error);
                if (r < 0)
                        return r;
        }
        if (!is_used(p, DESIGNATOR_USR)) {
                *ret_fd = steal_fd(&root);
                return 0;
        }
        r = mount_partition(c, p, DESIGNATOR_USR, &usr, error);
        if (r < 0)
                return r;
        return mount_combine(root, usr, c->image, ret_fd, error);
}

/* Further partitions are mounted by the service manager; see protection_pin(). */
static void look_for_directories(struct raw *raw)
{
        for (int i = 0; i < DESIGNATOR_POLICY_MAX; i++) {
                enum designator d = (enum designator)i;
                const char *path = designator_directory(d);
                _cleanup_free_ char *canonical = NULL;
                struct stat st;

                if (!path || !is_used(&raw->protection, d))
                        continue;
                raw->protection.no_directory[d] =
                        chase_in_root(raw->tree_fd, path, &canonical, &st) < 0 || !S_ISDIR(st.st_mode);
        }
}

static void note_oddities(const struct raw_context *c)
{
        const struct partition *root = c->raw->selection.by[DESIGNATOR_ROOT];

        c->raw->has_table = c->raw->table.kind != TABLE_NONE;
        if (c->raw->table.kind == TABLE_MBR && root && !root->active)
                c->raw->not_active = root->number;
        c->raw->is_unchecked = c->verity[0].outside && !c->verity[0].partition && c->verity[0].fd < 0;
}

void raw_clear(struct raw *r)
{
        fd_close(r->tree_fd);
        partition_table_clear(&r->table);
        free(r->image);
        free(r->root.data);
        free(r->usr.data);
        *r = RAW_NONE;
}

int raw_open(const struct dissect_options *options, const char *image, struct raw *ret, struct error *error)
{
        __attribute__((cleanup(context_clear))) struct raw_context c = {
                .root_fd = options->root_fd,
                .fd = fd_reopen(options->image_fd, O_RDONLY | O_NONBLOCK | O_NOCTTY),
                .image = image,
                .path = options->path,
                .verity = {VERITY_NONE, VERITY_NONE},
                .raw = ret,
        };
        int r;

        ret->image = strdup(image);
        if (!ret->image)
                return error_set_oom(error);

        if (c.fd < 0)
                return error_set_errno(error, c.fd, "Image '%s': cannot open it for reading", image);
        r = image_probe(c.fd, image, &ret->table, error);
        if (r < 0)
                return r;
        r = partitions_select(&ret->table, image, architecture_native(), &ret->selection, error);
        if (r < 0)
                return r;
        r = find_verity(&c, options->path, &ret->protection, error);
        if (r < 0)
                return r;
        r = protection_choose(&ret->protection, &ret->selection, options->policy, image, error);
        memset(ret->protection.trouble, 0, sizeof(ret->protection.trouble)); /* borrowed from c */
        if (r < 0)
                return r;
        r = mount_tree(&c, &ret->protection, &ret->tree_fd, error);
        if (r < 0)
                return r;
        look_for_directories(ret);
        note_oddities(&c);
        return 0;
}
