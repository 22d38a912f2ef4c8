/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include "basic/cleanup.h"
#include "basic/strv.h"
#include "unitfile/command.h"

/* Of each command that counts, the marks that it was read with, and its program. */
static void read_commands(const char *text, size_t size, char ***ret)
{
        static const char letters[] = "-+!A:@|B";
        _cleanup_unit_merged_ struct unit_merged u = {};
        _cleanup_strv_ char **found = calloc(1, sizeof(char *));

        assert_non_null(found);
        assert_int_equal(unit_merged_read(&(struct unit_source){text, size}, 1, &u), 0);
        for (size_t i = 0; i < u.n; i++) {
                _cleanup_unit_commands_ struct unit_commands c = {};

                if (!u.items[i].counts || strcmp(u.items[i].section, "Service") != 0 ||
                    strncmp(u.items[i].key, "Exec", 4) != 0)
                        continue;
                assert_int_equal(unit_commands_read(u.items[i].value, 100, &c), 0);
                for (size_t k = 0; k < c.n; k++) {
                        char *one = NULL, marks[sizeof(letters)] = "", *to = marks;

                        for (size_t bit = 0; letters[bit]; bit++)
                                if (c.items[k].flags & 1U << bit)
                                        *to++ = letters[bit];
                        assert_true(asprintf(&one, "%s%s", marks, c.items[k].program) >= 0);
                        assert_int_equal(strv_consume(&found, one), 0);
                }
        }
        *ret = steal_pointer(found);
}

/* What was read, joined by blanks. A: "!!", B: the manager does not take it. */
static const struct {
        const char *data, *commands;
} table[] = {
        {"[Service]\nExecStart=/bin/a b c\n", "/bin/a"},
        {"[Service]\nExecStart=/bin/a", "/bin/a"},
        {"[Service]\n  ExecStart  =  /bin/a  \n", "/bin/a"},
        {"[Service]\r\nExecStart=/bin/a b\r\n", "/bin/a"},
        {"[Service]\nExecStart=a b\n", "a"},
        {"[Unit]\nExecStart=/bin/a\n", ""},
        {"ExecStart=/bin/a\n", ""},
        {"[Service]\n[Install]\nExecStart=/bin/a\n", ""},
        {"[Install]\n[Service]\nExecStart=/bin/a\n", "/bin/a"},
        {"[Service]\n#ExecStart=/bin/a\n;ExecStart=/bin/b\n  # ExecStart=/bin/c\n", ""},
        {"[Service]\nExecStart=@/bin/a argv0\n", "@/bin/a"},
        {"[Service]\nExecStart=:/bin/a\nExecStop=!/bin/b\nExecReload=!!/bin/c\n", ":/bin/a !/bin/b A/bin/c"},
        {"[Service]\nExecStart=@:!/bin/a x\n", "!:@/bin/a"},
        {"[Service]\nExecStart=-/bin/a\nExecStart=@-/bin/b x\n", "-/bin/a -@/bin/b"},
        {"[Service]\nExecStart=+/bin/a\n", "+/bin/a"},
        {"[Service]\nExecStart=|/bin/a\n", "|/bin/a"},
        {"[Service]\nExecStartPre=/1\nExecStartPost=/2\nExecCondition=/3\nExecStop=/4\nExecStopPost=/"
         "5\nExecReload=/6\n",
         "/1 /2 /3 /4 /5 /6"},
        {"[Service]\nExecStart=/a\nExecStart=/a\nExecStop=/a\n", "/a /a /a"},
        {"[Service]\nExecStart=/a\nExecStop=/s\nExecStart=\nExecStart=/b\n", "/s /b"},
        {"[Service]\nExecStart=\"/bin/a b\" c\n", "/bin/a b"},
        {"[Service]\nExecStart='/bin/a b' c\n", "/bin/a b"},
        {"[Service]\nExecStart=\"@/bin/a b\" c\n", "@/bin/a b"},
        {"[Service]\nExecStart=/bin/a\\x20b c\n", "/bin/a b"},
        {"[Service]\nExecStart=/bin/a\\sb c\n", "/bin/a b"},
        {"[Service]\nExecStart=\"/bin/a\\\"b\"\n", "/bin/a\"b"},
        {"[Service]\nExecStart=/bin/a\\q\n", "B/bin/a\\q"},
        {"[Service]\nExecStart=/bin/a\\xzz\n", "B/bin/a\\xzz"},
        {"[Service]\nExecStart=/bin/a\\\n", "/bin/a"},
        {"[Service]\nExecStart=\"/bin/a\n", ""},
        {"[Service]\nExecStart=/bin/a\\x0ab\n", "B/bin/a\nb"},
        {"[Service]\nExecStart=/bin/%i\nExecStop=/bin/100%%\n", "/bin/%i /bin/100%%"},
        {"[Service]\nExecStart=/bin/%\n", "/bin/%"},
        {"[Service]\nExecStart=/bin/$X\nExecStop=${X}\n", "/bin/$X ${X}"},
        {"[Service]\nExecStart=/bin/a ; /bin/b x ; /bin/c\n", "/bin/a /bin/b /bin/c"},
        {"[Service]\nExecStart=/bin/a \\; /bin/b\n", "/bin/a"},
        {"[Service]\nExecStart=/bin/a \";\" /bin/b\n", "/bin/a"},
        {"[Service]\nExecStart=; /bin/b\n", "/bin/b"},
        {"[Service]\nExecStart=/bin/a \\\n  x ; \\\n# comment\n  /bin/b\n", "/bin/a /bin/b"},
        {"[Service]\nExecStart=\\\n/bin/a\n", "/bin/a"},
        {"[Service]\nType=oneshot\\\nExecStart=/bin/a\n", ""},
        {"[Service]\nExecStart=/bin/\xff\n", ""},
        {"[Service]\nExecStart\n=/bin/a\n", ""},
        {"", ""},
        {"\\", ""},
        {"[", ""},
};

static void test_table(void **state)
{
        for (size_t i = 0; i < ELEMENTSOF(table); i++) {
                _cleanup_strv_ char **commands = NULL;
                _cleanup_free_ char *joined = NULL;

                read_commands(table[i].data, strlen(table[i].data), &commands);
                joined = strv_join(commands, " ");
                if (strcmp(joined, table[i].commands) != 0)
                        fail_msg("case %zu: <%s> gives <%s>", i, table[i].data, joined);
        }
}

static void test_limit(void **state)
{
        _cleanup_unit_commands_ struct unit_commands two = {}, none = {};

        assert_int_equal(unit_commands_read("/1 ; /2 ; /3", 2, &two), 0);
        assert_int_equal(two.n, 2);
        assert_string_equal(two.items[1].program, "/2");
        assert_int_equal(unit_commands_read("/1", 0, &none), 0);
        assert_int_equal(none.n, 0);
}

static void test_nul(void **state)
{
        static const char data[] = "[Service]\nExecStart=/a\0b\nExecStop=/c\n\0";
        _cleanup_strv_ char **commands = NULL;

        read_commands(data, sizeof(data) - 1, &commands);
        assert_int_equal(strv_length(commands), 2);
        assert_string_equal(commands[0], "/a");
        assert_string_equal(commands[1], "/c");
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
