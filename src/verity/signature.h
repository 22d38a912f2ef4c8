/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VERITY_SIGNATURE_H
#define VERITY_SIGNATURE_H

/*
 * Whether the root hash of a verity image is signed by someone this system trusts, decided here, for kernels
 * that do not have the key. The certificates are *.crt (PEM) in verity.d directories, as for systemd.
 */

#include <stddef.h>
#include <stdint.h>

#include "verity/verity-parse.h"

struct error;

/*
 * Checks a detached PKCS#7 signature (DER) of the root hash, written as hexadecimal text. root_fd: where the
 * certificates are looked for. Returns 0 if a certificate there fits and is valid today. Errors, with a
 * message that makes sense after "Image 'x': ": -ENOKEY no certificate made it, -EKEYEXPIRED, -EKEYREJECTED
 * it is not valid for this hash, -EBADMSG it is no PKCS#7, -EOPNOTSUPP turned off (kernel command line
 * systemd.allow_userspace_verity=0) or not built in.
 */
int signature_check(int root_fd, const struct verity_hash *hash, const void *signature, size_t size,
                    const char *image, struct error *error);

/* The value of systemd.allow_userspace_verity= in a kernel command line, 1 if it says nothing. */
int signature_allowed_by_cmdline(const char *cmdline);

#endif
