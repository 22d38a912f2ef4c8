/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/strv.h"
#include "portablectl/exec-settings.h"

/* expected: the settings joined by "|"; NULL: an error with this text. */
static void check(const char *profile, const char *dropin, const char *expected, const char *text)
{
        _cleanup_error_ struct error error = {};
        _cleanup_strv_ char **l = NULL;
        _cleanup_free_ char *joined = NULL;
        int r = exec_settings(profile, dropin, "/run/user/7", &l, &error);

        if (!expected) {
                assert_true(r < 0);
                assert_int_equal(error.kind, ERROR_NOT_SUPPORTED);
                assert_non_null(strstr(error_message(&error), text));
                return;
        }
        assert_int_equal(r, 0);
        joined = strv_join(l, "|");
        assert_string_equal(joined, expected);
}

static void test_order_and_sections(void **state)
{
        check("", "", "", NULL);
        check("# text\n[Service]\nMountAPIVFS=yes\n[Unit]\nDescription=x\n[Service]\nA = b c\n",
              "# Drop-in created for image '/i', do not "
              "edit.\n\n[Service]\nRootImage=/i\nEnvironment=PORTABLE=i\n"
              "LogExtraFields=PORTABLE=i\n",
              "MountAPIVFS=yes|A=b c|RootImage=/i|Environment=PORTABLE=i", NULL);
        check("[Service]\nBindPaths=/a\nBindPaths=/b\n", "", "BindPaths=/a|BindPaths=/b", NULL);
}

static void test_sums(void **state)
{
        check("[Service]\nCapabilityBoundingSet=A B\nX=1\nCapabilityBoundingSet=C\n",
              "[Service]\nCapabilityBoundingSet=D", "CapabilityBoundingSet=A B C D|X=1", NULL);
        check("[Service]\nCapabilityBoundingSet=~A\nCapabilityBoundingSet=~B\n", "",
              "CapabilityBoundingSet=~A B", NULL);
        check("[Service]\nCapabilityBoundingSet=A\nCapabilityBoundingSet=\n", "",
              "CapabilityBoundingSet=", NULL);
        check("[Service]\nAmbientCapabilities=\nAmbientCapabilities=A\n", "", "AmbientCapabilities=A", NULL);
        check("[Service]\nCapabilityBoundingSet=A\nCapabilityBoundingSet=~B\n", "", NULL,
              "cannot be summed up");
        check("[Service]\nCapabilityBoundingSet=~A\nCapabilityBoundingSet=B\n", "", NULL,
              "cannot be summed up");
}

static void test_specifiers(void **state)
{
        check("", "[Service]\nRootImage=/a%%b\n", "RootImage=/a%b", NULL);
        check("", "[Service]\nEnvironment=\"A=50%% %%n\"\n", "Environment=\"A=50% %n\"", NULL);
        check("[Service]\nBindPaths=%t %t/x%%t\n", "", "BindPaths=/run/user/7 /run/user/7/x%t", NULL);
        check("[Service]\nEnvironment=A=%n\n", "", NULL, "Environment=A=%n has a specifier in it");
        check("[Service]\nEnvironment=A=%", "", NULL, "has a specifier in it");
        check("[Service]\nEnvironment=A=%%%n", "", NULL, "has a specifier in it");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_order_and_sections),
                cmocka_unit_test(test_sums),
                cmocka_unit_test(test_specifiers),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
