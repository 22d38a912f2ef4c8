/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include "basic/cleanup.h"
#include "plan/devices.h"
#include "unitfile/merged.h"

static void test_settings(void **state)
{
        static const struct {
                const char *unit, *profile;
                bool restricted;
        } table[] = {
                {"", NULL, false},
                {"[Service]\nExecStart=/bin/x\n", "[Service]\nPrivateTmp=yes\n", false},
                {"[Service]\nPrivateDevices=yes\n", NULL, true},
                {"[Service]\nPrivateDevices=no\n", NULL, false},
                {"[Service]\nPrivateDevices=\n", NULL, false},
                {"[Service]\n  PrivateDevices = True \n", NULL, true},
                {"[Service]\nPrivateDevices=yes", "[Service]\nPrivateDevices=off\n", false},
                {"[Service]\nPrivateDevices=no\n", "# x\n[Service]\nPrivateDevices=1\n", true},
                {"[Unit]\nPrivateDevices=yes\n[Service]\n[Install]\nPrivateDevices=yes\n", NULL, false},
                {"[Service]\nPrivateDevices=\\\nyes\n", NULL, true},
                {"[Service]\nPrivateDevices=\\\n# c\nyes\n", NULL, true},
                {"[Service]\nprivatedevices=yes\n", NULL, false},
                {"[service]\nPrivateDevices=yes\n", NULL, false},
                {"[Service]\nPrivateDevices=yes\nPrivateDevices=\n", NULL, true},
                {"[Service]\nPrivateDevices=yes\n", "[Service]\nPrivateDevices=nonsense\n", true},
                {"[Service]\nDevicePolicy=Closed\n", NULL, false},
                {"[Service]\nDevicePolicy=strict\n", NULL, true},
                {"[Service]\nDevicePolicy=closed\nDevicePolicy=auto\n", NULL, false},
                {"[Service]\nDeviceAllow=/dev/null r\n", NULL, true},
                {"[Service]\nDeviceAllow=/dev/null r\nDeviceAllow=\n", NULL, false},
                {"[Service]\n#PrivateDevices=yes\n;DevicePolicy=strict\nEnvironment=PrivateDevices=yes\n",
                 NULL, false},
        };

        for (size_t i = 0; i < ELEMENTSOF(table); i++) {
                const struct unit_source sources[] = {
                        {table[i].unit, strlen(table[i].unit)},
                        {table[i].profile, table[i].profile ? strlen(table[i].profile) : 0}};
                _cleanup_unit_merged_ struct unit_merged u = {};

                assert_int_equal(unit_merged_read(sources, table[i].profile ? 2 : 1, &u), 0);
                if (devices_are_restricted(&u) != table[i].restricted)
                        fail_msg("case %zu", i);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {cmocka_unit_test(test_settings)};

        return cmocka_run_group_tests(tests, NULL, NULL);
}
