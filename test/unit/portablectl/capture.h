/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TEST_UNIT_CAPTURE_H
#define TEST_UNIT_CAPTURE_H

/* What a function prints on standard output or error. */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "test.h"

struct capture {
        int fd; /* of the stream */
        int saved, file;
        char text[16384];
};

/* fd: STDOUT_FILENO or STDERR_FILENO. */
static inline void capture_begin(struct capture *c, int fd)
{
        fflush(NULL);
        c->fd = fd;
        c->saved = dup(fd);
        c->file = open("/tmp", O_TMPFILE | O_RDWR, 0600);
        assert_true(c->saved >= 0 && c->file >= 0);
        assert_true(dup2(c->file, fd) >= 0);
}

/* c->text is what was printed since. */
static inline const char *capture_end(struct capture *c)
{
        ssize_t n;

        fflush(NULL);
        assert_true(dup2(c->saved, c->fd) >= 0);
        n = pread(c->file, c->text, sizeof(c->text) - 1, 0);
        assert_true(n >= 0);
        c->text[n] = '\0';
        close(c->saved);
        close(c->file);
        return c->text;
}

#endif
