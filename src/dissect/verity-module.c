/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * device-mapper.c and certificates.c need libcryptsetup and OpenSSL, and those need a dozen libraries more:
 * to load them takes a process longer than most commands do, and 2.5 MB of memory. So these two files are a
 * module that is loaded when the first image with verity comes along. In here are its functions as the rest
 * of the program knows them.
 */
#include <dlfcn.h>
#include <errno.h>

#include "basic/error.h"
#include "dissect/certificates.h"
#include "dissect/device-mapper.h"

/* It stays loaded: there is nothing to be gained from unloading it. */
static int find_function(const char *name, const char *image, void **ret, struct error *error)
{
        void *module = dlopen(VERITY_MODULE, RTLD_NOW | RTLD_LOCAL);
        void *function = module ? dlsym(module, name) : NULL;

        if (!function)
                return error_set(error, ERROR_NOT_SUPPORTED, ELIBACC,
                                 "Image '%s': what is needed for verity cannot be loaded: %s", image,
                                 dlerror());
        *ret = function;
        return 0;
}

int verity_mapping_open(const struct verity_mapping *m, const char *image, const char *what, int *ret_fd,
                        struct error *error)
{
        __typeof__(&verity_mapping_open) function;
        int r = find_function("verity_mapping_open", image, (void **)&function, error);

        return r < 0 ? r : function(m, image, what, ret_fd, error);
}

int certificates_verify(int root_fd, const char *hex, const void *signature, size_t size, const char *image,
                        struct error *error)
{
        __typeof__(&certificates_verify) function;
        int r = find_function("certificates_verify", image, (void **)&function, error);

        return r < 0 ? r : function(root_fd, hex, signature, size, image, error);
}
