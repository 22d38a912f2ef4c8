/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include "basic/cleanup.h"
#include "basic/strv.h"
#include "unitfile/command.h"

static int programs(const char *text, size_t size, size_t max, char ***ret)
{
        _cleanup_unit_merged_ struct unit_merged u = {};

        assert_int_equal(unit_merged_read(&(struct unit_source){text, size}, 1, &u), 0);
        return unit_programs(&u, max, ret);
}

/* The paths joined by "|". */
static const struct {
        const char *data, *paths;
} table[] = {
        {"[Service]\nExecStart=/bin/a b c\n", "/bin/a"},
        {"[Service]\nExecStart=/bin/a", "/bin/a"},
        {"[Service]\n  ExecStart  =  /bin/a  \n", "/bin/a"},
        {"[Service]\r\nExecStart=/bin/a b\r\n", "/bin/a"},
        {"[Service]\nExecStart=a b\n", ""},
        {"[Unit]\nExecStart=/bin/a\n", ""},
        {"ExecStart=/bin/a\n", ""},
        {"[Service]\n[Install]\nExecStart=/bin/a\n", ""},
        {"[Install]\n[Service]\nExecStart=/bin/a\n", "/bin/a"},
        {"[Service]\n#ExecStart=/bin/a\n;ExecStart=/bin/b\n  # ExecStart=/bin/c\n", ""},
        {"[Service]\nExecStart=@/bin/a argv0\n", "/bin/a"},
        {"[Service]\nExecStart=:/bin/a\nExecStop=!/bin/b\nExecReload=!!/bin/c\n", "/bin/a|/bin/b|/bin/c"},
        {"[Service]\nExecStart=@:!/bin/a x\n", "/bin/a"},
        {"[Service]\nExecStart=-/bin/a\nExecStart=@-/bin/b x\n", ""},
        {"[Service]\nExecStart=+/bin/a\n", ""},
        {"[Service]\nExecStart=|/bin/a\n", ""},
        {"[Service]\nExecStartPre=/1\nExecStartPost=/2\nExecCondition=/3\nExecStop=/4\nExecStopPost=/"
         "5\nExecReload=/6\n",
         "/1|/2|/3|/4|/5|/6"},
        {"[Service]\nExecFoo=/1\n", ""},
        {"[Service]\nExecStart=/a\nExecStart=/a\nExecStop=/a\n", "/a"},
        {"[Service]\nExecStart=/a\nExecStop=/s\nExecStart=\nExecStart=/b\n", "/s|/b"},
        {"[Service]\nExecStart=\"/bin/a b\" c\n", "/bin/a b"},
        {"[Service]\nExecStart='/bin/a b' c\n", "/bin/a b"},
        {"[Service]\nExecStart=\"@/bin/a b\" c\n", "/bin/a b"},
        {"[Service]\nExecStart=/bin/a\\x20b c\n", "/bin/a b"},
        {"[Service]\nExecStart=/bin/a\\sb c\n", "/bin/a b"},
        {"[Service]\nExecStart=\"/bin/a\\\"b\"\n", "/bin/a\"b"},
        {"[Service]\nExecStart=/bin/a\\q\n", ""},
        {"[Service]\nExecStart=/bin/a\\xzz\n", ""},
        {"[Service]\nExecStart=/bin/a\\\n", "/bin/a"},
        {"[Service]\nExecStart=\"/bin/a\n", ""},
        {"[Service]\nExecStart=/bin/a\\x0ab\n", ""},
        {"[Service]\nExecStart=/bin/%i\nExecStop=/bin/100%%\n", "/bin/100%"},
        {"[Service]\nExecStart=/bin/%\n", ""},
        {"[Service]\nExecStart=/bin/$X\nExecStop=${X}\n", ""},
        {"[Service]\nExecStart=/bin/a ; /bin/b x ; /bin/c\n", "/bin/a|/bin/b|/bin/c"},
        {"[Service]\nExecStart=/bin/a \\; /bin/b\n", "/bin/a"},
        {"[Service]\nExecStart=/bin/a \";\" /bin/b\n", "/bin/a"},
        {"[Service]\nExecStart=; /bin/b\n", "/bin/b"},
        {"[Service]\nExecStart=/bin/a \\\n  x ; \\\n# comment\n  /bin/b\n", "/bin/a|/bin/b"},
        {"[Service]\nExecStart=\\\n/bin/a\n", "/bin/a"},
        {"[Service]\nExec\\\nStart=/bin/a\n", ""},
        {"[Service]\nType=oneshot\\\nExecStart=/bin/a\n", ""},
        {"[Service]\nRootDirectoryStartOnly=yes\nExecStartPre=/pre\nExecStart=/a\n", "/a"},
        {"[Service]\nExecStartPre=/pre\nExecStart=/a\nRootDirectoryStartOnly=TRUE\n", "/a"},
        {"[Service]\nExecStartPre=/pre\nExecStart=/a\nRootDirectoryStartOnly=no\n", "/pre|/a"},
        {"[Service]\nExecStart=/bin/\xff\n", ""},
        {"[Service]\nExecStart\n=/bin/a\n", ""},
        {"", ""},
        {"\\", ""},
        {"[", ""},
};

static void test_table(void **state)
{
        for (size_t i = 0; i < ELEMENTSOF(table); i++) {
                _cleanup_strv_ char **paths = NULL;
                _cleanup_free_ char *joined = NULL;

                assert_int_equal(programs(table[i].data, strlen(table[i].data), 100, &paths), 0);
                joined = strv_join(paths, "|");
                if (strcmp(joined, table[i].paths) != 0)
                        fail_msg("case %zu: <%s> gives <%s>", i, table[i].data, joined);
        }
}

static void test_limit(void **state)
{
        static const char data[] = "[Service]\nExecStart=/1\nExecStart=/2\nExecStart=/3\n";
        _cleanup_strv_ char **two = NULL, **none = NULL;

        assert_int_equal(programs(data, sizeof(data) - 1, 2, &two), 0);
        assert_int_equal(strv_length(two), 2);
        assert_int_equal(programs(data, sizeof(data) - 1, 0, &none), 0);
        assert_int_equal(strv_length(none), 0);
}

static void test_nul(void **state)
{
        static const char data[] = "[Service]\nExecStart=/a\0b\nExecStop=/c\n\0";
        _cleanup_strv_ char **paths = NULL;

        assert_int_equal(programs(data, sizeof(data) - 1, 9, &paths), 0);
        assert_int_equal(strv_length(paths), 2);
        assert_string_equal(paths[0], "/a");
        assert_string_equal(paths[1], "/c");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_table),
                cmocka_unit_test(test_limit),
                cmocka_unit_test(test_nul),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
