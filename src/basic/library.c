/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "basic/library.h"

#include <dlfcn.h>
#include <string.h>

bool library_load(const char *library, const struct library_function *functions, size_t n, void *ret)
{
        void *module = dlopen(library, RTLD_NOW | RTLD_LOCAL);

        for (size_t i = 0; i < n; i++) {
                void *function = module ? dlsym(module, functions[i].name) : NULL;

                if (!function)
                        return false;
                memcpy((char *)ret + functions[i].offset, &function, sizeof(function));
        }
        return true;
}
