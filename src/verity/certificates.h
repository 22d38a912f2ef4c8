/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VERITY_CERTIFICATES_H
#define VERITY_CERTIFICATES_H

/* The part of signature.c that needs OpenSSL; without it, certificates-none.c says so. */

#include <stddef.h>

struct error;

/* See signature_check(): hex is what was signed. */
int certificates_verify(int root_fd, const char *hex, const void *signature, size_t size, const char *image,
                        struct error *error);

#endif
