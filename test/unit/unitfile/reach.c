/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include <stdio.h>

#include "basic/cleanup.h"
#include "basic/strv.h"
#include "unitfile/bounds.h"
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

/* Confined to PROFILE as image "app" with app.service and app@.service: what is refused, "/", what is taken
 * back. */
static const struct {
        const char *unit, *allow, *expected;
} confined[] = {
        {S "ExecStart=/a\nNice=0\n[X-Mine]\nA=b\n[Install]\nWantedBy=multi-user.target app@1.service\n", "",
         "has Nice=0 (priority over the host)/Service Nice=0"},
        {S "User=root\nUser=www\n", "user:www", "runs as root/Service User="},
        {S "User=www\nGroup=www\n", "user:www group", "/"},
        {S "ExecStartPre=+/a\nExecStop=!/b/c\n", "exec-privileged:/b/*",
         "runs '/a' as root, outside of the sandbox/"},
        {S "BindPaths=/srv/data:/d -/etc\n", "bind:/srv/data",
         "sees '-/etc' of the host, and may write there/"},
        {S "BindPaths=/srv/../etc\n", "bind:/srv/*/*",
         "sees '/srv/../etc' of the host, and may write there/"},
        {S "MountImages=/x:/y\n", "", "mounts '/x:/y' of the host/Service MountImages="},
        {S "DeviceAllow=/dev/ttyUSB0 rw\nDeviceAllow=/dev/kvm\n", "device:/dev/ttyUSB*",
         "may use device '/dev/kvm'/Service DeviceAllow="},
        {S "AmbientCapabilities=CAP_SYS_ADMIN\n", "",
         "has capabilities 'CAP_SYS_ADMIN'/Service AmbientCapabilities="},
        {S "ReadWritePaths=/var/lib/app /sys\n", "", "%has ReadWritePaths=/sys (undoes"},
        {"[Unit]\nWants=app@%i.service network-online.target app.service\n", "", "/"},
        {"[Unit]\nOnFailure=app@/../x.service\n", "dependency:a*", "%OnFailure=app@/../x.service"},
        {"[Unit]\nWants=b.service\n", "dependency:b.service", "/"},
        {"[Unit]\nConflicts=shutdown.target dbus.service\n", "", "%Conflicts=dbus.service"},
        {"[Timer]\nUnit=x.service\n", "", "%Unit=x.service"},
        {S "StateDirectory=app app-x app/y\n", "", "/"},
        {S "StateDirectory=apple\n", "", "%StateDirectory=apple"},
        {S "StateDirectory=app:x\n", "", "%StateDirectory=app:x"},
        {S "StateDirectory=%p\n", "directory:*", "%StateDirectory=%p"},
        {"[Socket]\nListenStream=/run/app/s\nListenStream=/run/app.sock\n", "", "/"},
        {"[Socket]\nListenStream=/run/app/../x\n", "listen:/run/*/*/*", "%ListenStream=/run/app/../x"},
        {"[Socket]\nListenStream=80\n", "listen:80", "/"},
        {S "EnvironmentFile=/etc/x\n", "environment:/etc/*", "/"},
        {S "Unheard=1\n", "", "has a setting that is not known, 'Unheard'/"},
        {"[Service]\n[Unheard]\nUser=1\n", "", "has a setting that is not known, 'User'/"},
        {S "not an assignment\n", "", "has lines that mean nothing, or are not read/"},
};

/* Expected "%TEXT": TEXT is in what is refused. */
static void check_confined(const char *unit, char *const *allow, const char *expected)
{
        static char service[] = "app.service", template[] = "app@.service",
                    *units[] = {service, template, NULL};
        const struct unit_bounds bounds = {units, "app", allow, true};
        const struct unit_source sources[] = {{unit, strlen(unit)}, {PROFILE, strlen(PROFILE)}};
        _cleanup_unit_merged_ struct unit_merged m = {};
        _cleanup_strv_ char **phrases = NULL, **words = NULL;
        _cleanup_free_ char *resets = NULL, *joined = NULL, *taken = NULL, *all = NULL;

        assert_int_equal(unit_merged_read(sources, 2, &m), 0);
        assert_int_equal(unit_confine(&m, &bounds, &phrases, &resets), 0);
        joined = strv_join(phrases, "|");
        assert_int_equal(strv_split(resets, " []\n", &words), 0);
        taken = strv_join(words, " ");
        assert_true(asprintf(&all, "%s/%s", joined, taken) > 0);
        if (*expected == '%' ? !strstr(all, expected + 1) : strcmp(all, expected) != 0)
                fail_msg("<%s> gives <%s>", unit, all);
}

static void test_confined(void **state)
{
        for (size_t i = 0; i < ELEMENTSOF(confined); i++) {
                _cleanup_strv_ char **allow = NULL;

                assert_int_equal(strv_split(confined[i].allow, " ", &allow), 0);
                check_confined(confined[i].unit, allow, confined[i].expected);
        }
}

static void test_allow(void **state)
{
        assert_true(unit_allow_is_valid("bind:/srv/data"));
        assert_true(unit_allow_is_valid("exec-privileged"));
        assert_false(unit_allow_is_valid("bind:"));
        assert_false(unit_allow_is_valid("binds"));
        assert_false(unit_allow_is_valid(""));
        assert_true(unit_setting_is_known("Socket", "User"));
        assert_false(unit_setting_is_known("Timer", "User"));
        assert_false(unit_setting_is_known("Serv", "User"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {cmocka_unit_test(test_table), cmocka_unit_test(test_confined),
                                           cmocka_unit_test(test_allow)};

        return cmocka_run_group_tests(tests, NULL, NULL);
}
