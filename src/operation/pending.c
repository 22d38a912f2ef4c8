/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Stands in for image/manage.c and dissected_pin() until their branches are merged; goes with them. */
#include "dissect/dissect.h"
#include "image/manage.h"

#include <errno.h>
#include <stddef.h>

#include "basic/error.h"

__attribute__((weak)) int image_remove(int root_fd, const struct image *i, struct error *error)
{
        return error_set(error, ERROR_NOT_SUPPORTED, EOPNOTSUPP, "Removal is not built yet");
}
__attribute__((weak)) int image_set_read_only(int root_fd, const struct image *i, bool b,
                                              struct error *error)
{
        return error_set(error, ERROR_NOT_SUPPORTED, EOPNOTSUPP, "Read-only marks are not built yet");
}
__attribute__((weak)) int image_set_limit(int root_fd, const struct image *i, uint64_t l,
                                          struct error *error)
{
        return error_set(error, ERROR_NOT_SUPPORTED, EOPNOTSUPP, "Limits are not built yet");
}
__attribute__((weak)) int image_pool_get_usage(int root_fd, uint64_t *a, uint64_t *b)
{
        return -EOPNOTSUPP;
}
__attribute__((weak)) int image_pool_set_limit(int root_fd, uint64_t l, struct error *error)
{
        return error_set(error, ERROR_NOT_SUPPORTED, EOPNOTSUPP, "Limits are not built yet");
}
__attribute__((weak)) int dissected_pin(const struct dissected *d, unsigned v, char **ret,
                                        struct error *error)
{
        *ret = NULL;
        return 0;
}
