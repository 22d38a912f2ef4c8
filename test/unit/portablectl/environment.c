/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include <locale.h>

#include "basic/cleanup.h"
#include "portablectl/pager.h"
#include "portablectl/terminal.h"

/* name=value pairs, "" unsets; all variables that matter are unset before. */
static void environment(const char *const *pairs)
{
        static const char *const names[] = {"SYSTEMD_COLORS", "NO_COLOR", "TERM",
                                            "LANG",           "LC_ALL",   "LC_CTYPE",
                                            "SYSTEMD_PAGER",  "PAGER",    "SYSTEMD_PAGERSECURE"};

        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                unsetenv(names[i]);
        for (; *pairs; pairs += 2)
                setenv(pairs[0], pairs[1], 1);
}
#define ENV(...) environment((const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL})

static struct terminal detect(void)
{
        struct terminal t;

        setlocale(LC_ALL, "C");
        setlocale(LC_ALL, "");
        terminal_detect(&t);
        return t;
}

static void test_colours(void **state)
{
        /* Output is no terminal here, so only the setting can turn colours on. */
        ENV("TERM", "xterm");
        assert_false(detect().colours);
        ENV("TERM", "dumb", "SYSTEMD_COLORS", "1");
        assert_true(detect().colours);
        assert_true(detect().colours_errors);
        ENV("SYSTEMD_COLORS", "256", "NO_COLOR", "1");
        assert_true(detect().colours);
        ENV("SYSTEMD_COLORS", "no");
        assert_false(detect().colours);
}

static void test_arrows(void **state)
{
        struct terminal t;

        ENV("LANG", "C.UTF-8");
        t = detect();
        assert_string_equal(terminal_arrow(&t), "→");
        ENV("LANG", "C");
        t = detect();
        assert_string_equal(terminal_arrow(&t), "->");
        ENV("LANG", "C.UTF-8", "LC_ALL", "POSIX");
        assert_false(detect().utf8);
        ENV(); /* nothing is known */
        assert_true(detect().utf8);
        ENV("LC_ALL", "xx_YY.UTF-8"); /* not installed */
        assert_true(detect().utf8);
}

static void check_pager(bool elevated, const char *expected, bool expected_secure)
{
        bool secure;
        const char *pager = pager_choose(elevated, &secure);

        if (expected)
                assert_string_equal(pager, expected);
        else
                assert_null(pager);
        assert_int_equal(secure, expected_secure);
}

static void test_pagers(void **state)
{
        ENV();
        check_pager(false, NULL, false);
        check_pager(true, NULL, true);
        ENV("SYSTEMD_PAGER", "");
        check_pager(false, "", false);
        ENV("PAGER", "cat");
        check_pager(false, "", false);
        ENV("PAGER", "cat", "SYSTEMD_PAGER", "most", "SYSTEMD_PAGERSECURE", "0");
        check_pager(true, "most", false);
        ENV("PAGER", "most"); /* not thought through: only taken to turn the pager off */
        check_pager(false, NULL, false);
        ENV("PAGER", "most", "SYSTEMD_PAGERSECURE", "1");
        check_pager(false, "most", true);
        ENV("SYSTEMD_PAGERSECURE", "what?");
        check_pager(false, NULL, true);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_colours),
                cmocka_unit_test(test_arrows),
                cmocka_unit_test(test_pagers),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
