/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BASIC_CLEANUP_H
#define BASIC_CLEANUP_H

/*
 * Ownership made visible: a variable that owns something says so where it is declared, and every return path
 * gives the thing back.
 */

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define _cleanup_(f) __attribute__((cleanup(f)))

static inline void cleanup_freep(void *p)
{
        free(*(void **)p);
}

/* Closes a descriptor and keeps errno, so that it can stand in an error path. Returns -EBADF to assign back.
 */
static inline int fd_close(int fd)
{
        if (fd >= 0) {
                int saved = errno;

                close(fd);
                errno = saved;
        }
        return -EBADF;
}

static inline void cleanup_closep(int *fd)
{
        *fd = fd_close(*fd);
}

static inline void cleanup_closedirp(DIR **d)
{
        if (*d)
                closedir(*d);
}

static inline void cleanup_fclosep(FILE **f)
{
        if (*f)
                fclose(*f);
}

#define _cleanup_free_     _cleanup_(cleanup_freep)
#define _cleanup_close_    _cleanup_(cleanup_closep)
#define _cleanup_closedir_ _cleanup_(cleanup_closedirp)
#define _cleanup_fclose_   _cleanup_(cleanup_fclosep)

/* Takes the descriptor out of *fd: the caller owns it, the cleanup attribute finds -EBADF. */
static inline int steal_fd(int *fd)
{
        int r = *fd;

        *fd = -EBADF;
        return r;
}

static inline void *steal_pointer_(void *pp)
{
        void **p = pp, *r = *p;

        *p = NULL;
        return r;
}

/* Takes the pointer out of a variable, as steal_fd() does for descriptors. */
#define steal_pointer(p) ((__typeof__(p))steal_pointer_(&(p)))

#define ELEMENTSOF(a) (sizeof(a) / sizeof((a)[0]))

#endif
