/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verity/signature.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "verity/certificates.h"

#define CMDLINE_MAX (64U * 1024)

static bool value_is_false(const char *value, size_t n)
{
        static const char *const words[] = {"0", "no", "n", "false", "f", "off"};

        for (size_t i = 0; i < ELEMENTSOF(words); i++)
                if (strlen(words[i]) == n && strncasecmp(words[i], value, n) == 0)
                        return true;
        return false;
}

int signature_allowed_by_cmdline(const char *cmdline)
{
        static const char key[] = "systemd.allow_userspace_verity";
        const char *p = cmdline;
        int allowed = true;

        while (*(p += strspn(p, " \t\n"))) {
                size_t n = strcspn(p, " \t\n"), k = strlen(key);

                /* The last one counts, as for other options of the kernel command line. */
                if (n > k && memcmp(p, key, k) == 0 && p[k] == '=')
                        allowed = !value_is_false(p + k + 1, n - k - 1);
                p += n;
        }
        return allowed;
}

static bool userspace_is_allowed(void)
{
        _cleanup_close_ int fd = open("/proc/cmdline", O_RDONLY | O_CLOEXEC);
        const char *variable = secure_getenv("SYSTEMD_ALLOW_USERSPACE_VERITY");
        _cleanup_free_ char *cmdline = NULL;

        if (variable)
                return !value_is_false(variable, strlen(variable));
        if (fd < 0 || fd_read_all(fd, CMDLINE_MAX, &cmdline, NULL) < 0)
                return true;
        return signature_allowed_by_cmdline(cmdline);
}

int signature_check(int root_fd, const struct verity_hash *hash, const void *signature, size_t size,
                    const char *image, struct error *error)
{
        char hex[VERITY_HEX_SIZE];

        if (!userspace_is_allowed())
                return error_set(error, ERROR_FAILED, EOPNOTSUPP,
                                 "Image '%s': the kernel does not accept the signature of its root hash, "
                                 "and checking it "
                                 "against the certificates in /etc/verity.d is turned off "
                                 "(systemd.allow_userspace_verity=)",
                                 image);
        verity_hash_to_hex(hash, hex);
        return certificates_verify(root_fd, hex, signature, size, image, error);
}
