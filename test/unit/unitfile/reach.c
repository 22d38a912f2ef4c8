/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include "basic/cleanup.h"
#include "basic/strv.h"
#include "unitfile/merged.h"
#include "unitfile/reach.h"

#define S "[Service]\n"
#define PROFILE \
        S "DynamicUser=yes\nBindReadOnlyPaths=/etc/machine-id\nSystemCallFilter=@system-service\n" \
          "RestrictAddressFamilies=AF_UNIX\nCapabilityBoundingSet=\nCapabilityBoundingSet=CAP_KILL\n"

/* Under PROFILE; joined by "|". */
static const struct {
        const char *unit, *expected;
} table[] = {
        {S "ExecStart=/a\nExecStart=!!/b\nExecStop=-/c ; :/d\n", ""},
        {S "ExecStartPre=+/a\nExecStart=/b\n", "runs '/a' as root, outside of the sandbox"},
        {S "ExecStopPost=/x ; -!/a\n", "runs '/a' as root"},
        {S "ExecStartPre=+/a\nExecStartPre=\nExecStart=/b\n", ""},
        {"[Socket]\nExecStartPre=/a b\n", "runs '/a' as root on the host, which no profile confines"},
        {S "User=root\nGroup=0\n", "runs as root|runs with group root"},
        {S "User=www\n", "runs as user 'www' of the host"},
        {S "BindReadOnlyPaths=/:/host\nBindPaths=/b\n", "sees '/b' of the host, and may write there|sees "
                                                        "'/:/host' of the host"},
        {S "BindPaths=/a\nBindReadOnlyPaths=\n", ""},
        {S "DeviceAllow=/dev/kvm rw\n", "may use device '/dev/kvm rw'"},
        {S "PermissionsStartOnly=no\nRootDirectoryStartOnly=on\n",
         "runs programs of the host for all commands other than that of ExecStart="},
        {S "SystemCallFilter=@system-service\n", ""},
        {S "SystemCallFilter=~@mount\n", "may make system calls '~@mount'"},
        {S "RestrictAddressFamilies=AF_UNIX AF_INET\n", "may use sockets of 'AF_UNIX AF_INET'"},
        {S "CapabilityBoundingSet=CAP_SYS_ADMIN\n", ""},
        {S "StandardOutput=journal\nStandardError=append:/etc/x\n",
         "writes 'append:/etc/x', opened as root"},
        {"[Unit]\nFailureAction=reboot\nSuccessAction=none\n", "may do 'reboot' to the host"},
        {S "OpenFile=/etc/\033x\n", "is handed '/etc/\\x1bx', opened as root"},
};

static void test_table(void **state)
{
        for (size_t i = 0; i < ELEMENTSOF(table); i++) {
                const struct unit_source sources[] = {{table[i].unit, strlen(table[i].unit)},
                                                      {PROFILE, strlen(PROFILE)}};
                _cleanup_unit_merged_ struct unit_merged m = {};
                _cleanup_strv_ char **l = NULL;
                _cleanup_free_ char *joined = NULL;

                assert_int_equal(unit_merged_read(sources, 2, &m), 0);
                assert_int_equal(unit_reach(&m, &l), 0);
                joined = strv_join(l, "|");
                if (strcmp(joined, table[i].expected) != 0)
                        fail_msg("<%s> gives <%s>", table[i].unit, joined);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {cmocka_unit_test(test_table)};

        return cmocka_run_group_tests(tests, NULL, NULL);
}
