/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "basic/error.h"
#include "verity/certificates.h"

int certificates_verify(int root_fd, const char *hex, const void *signature, size_t size, const char *image,
                        struct error *error)
{
        return error_set(error, ERROR_NOT_SUPPORTED, EOPNOTSUPP,
                         "Image '%s': the kernel does not accept the signature of its root hash, and this "
                         "build cannot "
                         "check it against the certificates in /etc/verity.d (it lacks OpenSSL)",
                         image);
}
