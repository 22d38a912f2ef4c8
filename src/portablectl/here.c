/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portablectl/here.h"

#include <errno.h>
#include <fcntl.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "portablectl/client.h"

int here_begin(const struct client *client, struct here *ret, struct error *error)
{
        const char *root = client->options->root;
        _cleanup_close_ int fd = open(root ? root : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
        int r;

        if (fd < 0 && root)
                return error_set_errno(error, errno, "Cannot open --root=%s", root);
        if (fd < 0)
                return error_set_errno(error, errno, "Cannot open the root directory");
        r = operation_begin(fd, client->layout, false, &ret->operation, error);
        if (r >= 0)
                (void)steal_fd(&fd);
        return r;
}

void here_end(struct here *h)
{
        if (h->operation.layout)
                fd_close(h->operation.root_fd);
        operation_end(&h->operation);
}
