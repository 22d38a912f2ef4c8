/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * device-mapper.c, certificates.c and verity-json.c need libcryptsetup, OpenSSL and json-c, and those need a
 * dozen libraries more: to load them takes a process longer than most commands do, and 2.5 MB of memory. So
 * these files are a module that is loaded when the first image with verity comes along. In here are its
 * functions as the rest of the program knows them.
 */
#include <dlfcn.h>
#include <errno.h>

#include "basic/error.h"
#include "verity/certificates.h"
#include "verity/device-mapper.h"
#include "verity/verity-parse.h"

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

int verity_signature_parse(const char *data, size_t size, struct verity_hash *ret_hash,
                           uint8_t **ret_signature, size_t *ret_signature_size, const char **ret_why)
{
        __typeof__(&verity_signature_parse) function;
        _cleanup_error_ struct error error = {};

        if (find_function("verity_signature_parse", "", (void **)&function, &error) < 0) {
                *ret_why = "what reads it cannot be loaded";
                return -EBADMSG;
        }
        return function(data, size, ret_hash, ret_signature, ret_signature_size, ret_why);
}
