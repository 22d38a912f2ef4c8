/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dissect/activate.h"

#include <errno.h>
#include <sys/stat.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "dissect/loop.h"
#include "policy/policy.h"
#include "verity/device-mapper.h"
#include "verity/signature.h"

static int open_hash_device(const struct activation *a, int *ret_fd, struct error *error)
{
        const struct partition *p = a->verity->partition;
        struct stat st;

        if (p)
                return loop_attach(a->image_fd, p->offset, p->size, a->image, ret_fd, error);
        if (fstat(a->verity->fd, &st) < 0)
                return error_set_errno(error, errno, "Image '%s': cannot look at its verity data", a->image);
        return loop_attach(a->verity->fd, 0, (uint64_t)st.st_size, a->image, ret_fd, error);
}

/* The kernel's keyring first. Then, if that says no, the certificates of this system. */
static int open_signed(const struct activation *a, struct verity_mapping *m, int *ret_fd,
                       struct error *error)
{
        _cleanup_error_ struct error kernel_error = {};
        int r;

        m->hash = a->verity->signed_hash;
        m->signature = a->verity->signature;
        m->signature_size = a->verity->signature_size;
        r = verity_mapping_open(m, a->image, a->what, ret_fd, &kernel_error);
        if (r >= 0)
                return r;
        r = signature_check(a->root_fd, &m->hash, m->signature, m->signature_size, a->image, error);
        if (r < 0)
                return r == -EOPNOTSUPP ? -ENOKEY : r;
        m->signature = NULL;
        m->signature_size = 0;
        return verity_mapping_open(m, a->image, a->what, ret_fd, error);
}

static int open_verity(const struct activation *a, struct verity_mapping *m, int *ret_fd,
                       struct error *error)
{
        m->hash = a->verity->hash;
        m->signature = NULL;
        m->signature_size = 0;
        return verity_mapping_open(m, a->image, a->what, ret_fd, error);
}

static int open_protected(const struct activation *a, int data_fd, struct activated *ret,
                          struct error *error)
{
        _cleanup_close_ int hash_fd = -EBADF;
        struct verity_mapping m = {.data_fd = data_fd};
        int r;

        r = verity_kernel_check(a->image, a->what, error);
        if (r < 0)
                return r;
        r = open_hash_device(a, &hash_fd, error);
        if (r < 0)
                return r;
        m.hash_fd = hash_fd;
        if (a->allowed & POLICY_SIGNED) {
                _cleanup_error_ struct error signature_error = {};

                r = open_signed(a, &m, &ret->fd, &signature_error);
                if (r >= 0)
                        ret->use = POLICY_SIGNED;
                else if (!(a->allowed & POLICY_VERITY) || (r == -EBADMSG && a->verity->fd >= 0))
                        error_move(error, &signature_error);
                else
                        ret->signature_error = r;
                if (!ret->signature_error)
                        return r;
        }
        r = open_verity(a, &m, &ret->fd, error);
        if (r >= 0)
                ret->use = POLICY_VERITY;
        return r;
}

int activate(const struct activation *a, struct activated *ret, struct error *error)
{
        struct activated activated = {.fd = -EBADF, .use = POLICY_UNPROTECTED};
        _cleanup_close_ int data_fd = -EBADF;
        int r;

        r = loop_attach(a->image_fd, a->partition->offset, a->partition->size, a->image, &data_fd, error);
        if (r < 0)
                return r;
        /* What can be checked is, or it is not used: a kernel that cannot is no reason to take it as it is.
         */
        if (a->allowed & (POLICY_SIGNED | POLICY_VERITY)) {
                r = open_protected(a, data_fd, &activated, error);
                if (r < 0)
                        return r;
        } else {
                activated.fd = steal_fd(&data_fd);
        }
        *ret = activated;
        return 0;
}
