/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verity/verity-side.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "basic/path.h"
#include "plan/kind.h"

#define HASH_FILE_MAX      4096U
#define SIGNATURE_FILE_MAX (1024U * 1024)

char *verity_side_path(const char *path, const char *suffix)
{
        size_t n = strlen(path);
        char *s;

        if (entry_form_has_files(path))
                n -= strlen(entry_forms[ENTRY_FORM_RAW].suffix);
        return asprintf(&s, "%.*s%s", (int)n, path, suffix) < 0 ? NULL : s;
}

int verity_side_directory(int root_fd, const char *path, int image_fd)
{
        _cleanup_close_ int fd = fd_open_parent_in_root(root_fd, path);
        struct stat a, b;

        if (fd < 0)
                return fd == -ENOENT || fd == -ENOTDIR ? -ESTALE : fd;
        if (fstat(image_fd, &a) < 0)
                return -errno;
        if (fstatat(fd, path_base(path), &b, AT_SYMLINK_NOFOLLOW) < 0)
                return errno == ENOENT ? -ESTALE : -errno;
        return a.st_dev == b.st_dev && a.st_ino == b.st_ino ? steal_fd(&fd) : -ESTALE;
}

int verity_side_open(int root_fd, int directory_fd, const char *path, const char *suffix, int flags)
{
        _cleanup_free_ char *side = verity_side_path(path, suffix), *target = NULL, *parent = NULL,
                            *led = NULL;
        _cleanup_close_ int fd = -EBADF;
        struct stat st;
        int r;

        if (!side)
                return -ENOMEM;
        fd = openat(directory_fd, path_base(side), O_PATH | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0)
                return -errno;
        if (fstat(fd, &st) < 0)
                return -errno;
        if (!S_ISLNK(st.st_mode))
                return flags & O_PATH ? steal_fd(&fd) : fd_reopen(fd, flags);
        r = fd_readlink(fd, "", &target);
        if (r < 0)
                return r;
        parent = path_directory(path);
        led = !parent ? NULL : target[0] == '/' ? strdup(target) : path_join(parent, target);
        return led ? fd_open_in_root(root_fd, led, flags, 0) : -ENOMEM;
}

static int open_beside(const struct verity_source *source, const char *suffix)
{
        return verity_side_open(source->root_fd, source->directory_fd, source->path, suffix,
                                O_RDONLY | O_NONBLOCK | O_NOCTTY);
}

/* A file beside the image. -ENOENT if it is not there. */
static int side_read(const struct verity_source *source, const char *suffix, size_t max, char **ret,
                     size_t *ret_size, struct error *error)
{
        _cleanup_free_ char *path = verity_side_path(source->path, suffix), *shown = NULL;
        _cleanup_close_ int fd = -EBADF;
        int r;

        shown = path ? text_escape(path) : NULL;
        if (!shown)
                return error_set_oom(error);
        fd = open_beside(source, suffix);
        r = fd < 0 ? fd : fd_read_regular(fd, max, ret, ret_size);
        if (r == -ENOENT)
                return r;
        if (r == -EFBIG)
                return error_set(error, ERROR_FAILED, EFBIG,
                                 "Image '%s': the file '%s' beside it is too large", source->image, shown);
        if (r == -EBADFD)
                return error_set(error, ERROR_FAILED, EBADFD,
                                 "Image '%s': '%s' beside it is not a regular file", source->image, shown);
        if (r < 0)
                return error_set_errno(error, r, "Image '%s': cannot read '%s' beside it", source->image,
                                       shown);
        return 0;
}

/* An extended attribute of the image. -ENODATA if it has none. */
static int attribute_read(const struct verity_source *source, const char *name, char **ret, size_t *ret_size)
{
        _cleanup_free_ char *value = malloc(SIGNATURE_FILE_MAX / 16);
        ssize_t n;

        if (!value)
                return -ENOMEM;
        n = fgetxattr(source->image_fd, name, value, SIGNATURE_FILE_MAX / 16);
        if (n < 0)
                return errno == EOPNOTSUPP ? -ENODATA : -errno;
        if (n == 0)
                return -ENODATA;
        *ret = steal_pointer(value);
        *ret_size = (size_t)n;
        return 0;
}

static int read_hash(const struct verity_source *source, enum designator d, struct verity *v,
                     struct error *error)
{
        const char *attribute = d == DESIGNATOR_USR ? "user.verity.usrhash" : "user.verity.roothash",
                   *suffix = d == DESIGNATOR_USR ? ".usrhash" : ".roothash", *where = attribute;
        _cleanup_free_ char *text = NULL;
        size_t size = 0;
        int r;

        r = attribute_read(source, attribute, &text, &size);
        if (r == -ENODATA) {
                where = suffix;
                r = side_read(source, suffix, HASH_FILE_MAX, &text, &size, error);
                if (r == -ENOENT)
                        return 0;
                if (r < 0)
                        return r;
        } else if (r < 0) {
                return error_set_errno(error, r, "Image '%s': cannot read its attribute %s", source->image,
                                       attribute);
        }
        if (verity_hash_parse(text, size, &v->hash) < 0) {
                _cleanup_free_ char *path = verity_side_path(source->path, suffix), *shown = NULL;

                shown = path ? text_escape(path) : NULL;
                if (!shown)
                        return error_set_oom(error);
                return error_set(error, ERROR_FAILED, EBADMSG,
                                 "Image '%s': %s '%s' holds no root hash (%u to %u hexadecimal digits)",
                                 source->image, where == attribute ? "its attribute" : "the file",
                                 where == attribute ? attribute : shown, 2 * VERITY_HASH_MIN,
                                 2 * VERITY_HASH_MAX);
        }
        v->outside = true;
        return 0;
}

/* Attributes may hold DER or its base64, with or without "base64:" in front. */
static int attribute_signature(char **data, size_t *size)
{
        const char *text = *data;
        size_t n = *size, decoded_size;
        uint8_t *decoded;
        int r;

        if (n > 0 && (uint8_t)text[0] == 0x30) /* an ASN.1 sequence */
                return 0;
        if (n >= 7 && memcmp(text, "base64:", 7) == 0) {
                text += 7;
                n -= 7;
        }
        r = base64_decode(text, n, &decoded, &decoded_size);
        if (r < 0)
                return r;
        free(*data);
        *data = (char *)decoded;
        *size = decoded_size;
        return 0;
}

/* "Image 'x': ..." for what is beside it under the name of a signature but cannot be one. */
static int check_signature(const struct verity_source *source, const char *suffix, const char *data,
                           size_t size, struct error *error)
{
        _cleanup_free_ char *path = NULL, *shown = NULL;

        /* With a partition table managers look for the signature in there only. */
        if (source->table->kind != TABLE_NONE || pkcs7_is_plausible(data, size))
                return 0;
        path = verity_side_path(source->path, suffix);
        shown = path ? text_escape(path) : NULL;
        if (!shown)
                return error_set_oom(error);
        return error_set(
                error, ERROR_FAILED, EBADMSG,
                "Image '%s': the file '%s' beside it is not a PKCS#7 signature in DER form%s; no service "
                "would start from the image",
                source->image, shown,
                size > 10 && memcmp(data, "-----BEGIN", 10) == 0 ? ", but one in PEM form" : "");
}

static int read_signature(const struct verity_source *source, enum designator d, struct verity *v,
                          struct error *error)
{
        const char *attribute = d == DESIGNATOR_USR ? "user.verity.usrhashsig" : "user.verity.roothashsig",
                   *suffix = d == DESIGNATOR_USR ? ".usrhash.p7s" : ".roothash.p7s";
        _cleanup_free_ char *data = NULL;
        size_t size = 0;
        int r;

        r = side_read(source, suffix, SIGNATURE_FILE_MAX, &data, &size, error);
        if (r >= 0)
                r = check_signature(source, suffix, data, size, error);
        if (r < 0 && r != -ENOENT)
                return r;
        if (r == -ENOENT) {
                r = attribute_read(source, attribute, &data, &size);
                if (r == -ENODATA)
                        return 0;
                if (r >= 0)
                        r = attribute_signature(&data, &size);
                if (r < 0)
                        return error_set(error, ERROR_FAILED, EBADMSG,
                                         "Image '%s': its attribute %s holds no signature (DER or base64)",
                                         source->image, attribute);
                v->private_signature = true;
        }
        v->signature = (uint8_t *)steal_pointer(data);
        v->signature_size = size;
        v->signed_hash = v->hash;
        return 0;
}

/* Hash data in a file: only for an image that is one file system. */
static int open_data(const struct verity_source *source, struct verity *v, struct error *error)
{
        _cleanup_close_ int fd = open_beside(source, ".verity");
        struct stat st;

        if (fd == -ENOENT)
                return 0;
        if (fd < 0)
                return error_set_errno(error, fd, "Image '%s': cannot read the file .verity beside it",
                                       source->image);
        if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
                return error_set(error, ERROR_FAILED, EBADFD,
                                 "Image '%s': the .verity beside it is not a regular file", source->image);
        v->fd = steal_fd(&fd);
        return 0;
}

static int read_beside(const struct verity_source *source, enum designator d, struct verity *v,
                       struct error *error)
{
        int r = read_hash(source, d, v, error);

        if (r < 0 || !v->outside)
                return r;
        r = read_signature(source, d, v, error);
        if (r < 0)
                return r;
        if (source->table->kind == TABLE_NONE && d == DESIGNATOR_ROOT)
                return open_data(source, v, error);
        return 0;
}

int verity_side_read(const struct verity_source *source, enum designator d, struct verity *v,
                     struct error *error)
{
        _cleanup_close_ int fd = verity_side_directory(source->root_fd, source->path, source->image_fd);
        struct verity_source there = *source;

        if (fd == -ESTALE)
                return error_set(error, ERROR_FAILED, ESTALE,
                                 "Image '%s' was moved or replaced while it was looked at", source->image);
        if (fd < 0)
                return error_set_errno(error, fd, "Image '%s': cannot look for files beside it",
                                       source->image);
        there.directory_fd = fd;
        return read_beside(&there, d, v, error);
}
