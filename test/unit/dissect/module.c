/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The module for verity, as it is loaded on demand: argument is its file. */
#include "../test.h"

#include <dlfcn.h>

static void test_loads(void **state)
{
        void *module = dlopen(*state, RTLD_NOW | RTLD_LOCAL);

        if (!module)
                fail_msg("%s", dlerror());
        assert_non_null(dlsym(module, "verity_mapping_open"));
        assert_non_null(dlsym(module, "certificates_verify"));
        dlclose(module);
}

int main(int argc, char **argv)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_prestate(test_loads, argv[1]),
        };

        return argc == 2 ? cmocka_run_group_tests(tests, NULL, NULL) : 2;
}
