/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "extract/reader.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "basic/chase.h"
#include "basic/cleanup.h"
#include "basic/directory.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "extract/extract.h"
#include "extract/reader-internal.h"

int reader_fail(struct reader *r, int errnum, const char *format, ...)
{
        _cleanup_free_ char *message = NULL;
        va_list ap;

        va_start(ap, format);
        if (vasprintf(&message, format, ap) < 0)
                message = NULL;
        va_end(ap);
        if (!message)
                return error_set_oom(r->error);
        return error_set(r->error, ERROR_INVALID_ARGS, errnum, "Image '%s': %s", r->image, message);
}

static const char *errno_words(int errnum)
{
        static_assert(CHASE_SYMLINKS_MAX == 40, "the text below says it");

        switch (errnum) {
        case ENOENT:
                return "it does not exist";
        case ENOTDIR:
                return "a part of the path is not a directory";
        case ELOOP:
                return "more than 40 symlinks, or a loop of them";
        case EACCES:
        case EPERM:
                return "permission denied";
        case ENAMETOOLONG:
                return "the path is too long";
        case EBADFD:
                return "it was replaced while being read";
        case EIO:
        case EBADMSG:
        case EUCLEAN:
                return "input/output error, the file system is damaged";
        default:
                /* Not strerror(): a translation would be loaded from the host, which the sandbox forbids. */
                return strerrordesc_np(errnum) ?: "unknown error";
        }
}

static bool is_image_fault(int errnum)
{
        return errnum == ELOOP || errnum == ENAMETOOLONG || errnum == EBADFD || errnum == ENOENT ||
               errnum == ENOTDIR;
}

int reader_fail_errno(struct reader *r, int errnum, const char *what, const char *path)
{
        _cleanup_free_ char *shown = text_escape(path);

        if (errnum < 0)
                errnum = -errnum;
        if (!shown || errnum == ENOMEM)
                return error_set_oom(r->error);
        return error_set(r->error, is_image_fault(errnum) ? ERROR_INVALID_ARGS : ERROR_SYSTEM, errnum,
                         "Image '%s': cannot %s '%s': %s", r->image, what, shown, errno_words(errnum));
}

int reader_open_directory(struct reader *r, const char *canonical, DIR **ret)
{
        return directory_take(chase_open(r->options->tree_fd, canonical, O_DIRECTORY), ret);
}

int reader_next_entry(struct reader *r, DIR *d, const char *directory, struct dirent **ret)
{
        int k = directory_next(d, ret);

        if (k < 0)
                return reader_fail_errno(r, k, "list", directory);
        if (k > 0 && ++r->n_entries > EXTRACT_ENTRIES_MAX)
                return reader_fail(r, E2BIG,
                                   "more than %u entries in the directories to read (the last is '%s')",
                                   EXTRACT_ENTRIES_MAX, directory);
        return k;
}

int reader_read_file(struct reader *r, const char *what, const char *canonical, const struct stat *st,
                     size_t max, struct reader_text *ret)
{
        _cleanup_close_ int fd = -EBADF;
        int k;

        if ((unsigned long long)st->st_size > max)
                return reader_fail(r, EFBIG, "%s is %llu bytes large, more than the %zu allowed", what,
                                   (unsigned long long)st->st_size, max);
        fd = chase_open(r->options->tree_fd, canonical, 0);
        if (fd < 0)
                return reader_fail_errno(r, fd, "open", canonical);
        k = fd_read_all(fd, max, &ret->content, &ret->size);
        if (k == -EFBIG)
                return reader_fail(r, EFBIG, "%s is larger than the %zu bytes allowed", what, max);
        if (k < 0)
                return reader_fail_errno(r, k, "read", canonical);
        return 0;
}

int reader_run(const struct extract_options *options, struct metadata **ret, struct error *error)
{
        _cleanup_metadata_ struct metadata *m = calloc(1, sizeof(*m));
        _cleanup_free_ char *image = text_escape(options->path);
        struct reader r = {.options = options, .image = image, .metadata = m, .error = error};
        int k;

        if (!m || !image)
                return error_set_oom(error);
        k = reader_release(&r);
        if (k >= 0)
                k = reader_units(&r);
        if (k < 0)
                return k == -ENOMEM ? error_set_oom(error) : k;
        *ret = steal_pointer(m);
        return 0;
}
