/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include "basic/cleanup.h"
#include "unitfile/merged.h"

/*
 * What counts in the end, "SECTION.KEY=VALUE" joined by "|", as "systemctl show" said of the same texts on
 * systemd 252, 257 and 262.
 */
static const struct {
        const char *unit, *dropin, *expected;
} table[] = {
        {"[Unit]\nDescription=a\nDescription=b\n", "", "Unit.Description=b"},
        {"[Unit]\nDescription=a\nDescription=\n", "", ""},
        {"[Unit]\nDescription=a\n", "[Unit]\nDescription=b\n", "Unit.Description=b"},
        {"[Unit]\nDescription=a\n", "[Unit]\nDescription=b\n[Broken\nDocumentation=c\n",
         "Unit.Description=b"},
        {"[Service]\nUser=root\nUser=\nRootImage=/a\n", "[Service]\nRootImage=\n", ""},
        /* Lists */
        {"[Service]\nEnvironment=A\nEnvironment=\nEnvironment=B\n", "[Service]\nEnvironment=C\n",
         "Service.Environment=B|Service.Environment=C"},
        {"[Service]\nExecStartPre=/a\nExecStart=/b\n", "[Service]\nExecStartPre=\nExecStartPre=/c\n",
         "Service.ExecStart=/b|Service.ExecStartPre=/c"},
        {"[Service]\nBindPaths=/a\nBindReadOnlyPaths=\nBindReadOnlyPaths=/b\n", "",
         "Service.BindReadOnlyPaths=/b"},
        {"[Service]\nReadWritePaths=/a\nReadWritePaths=/b\nReadOnlyPaths=\n", "",
         "Service.ReadWritePaths=/a|Service.ReadWritePaths=/b"},
        {"[Service]\nDeviceAllow=/dev/null r\nDeviceAllow=\n", "", ""},
        {"[Socket]\nListenStream=/a\nListenDatagram=/b\nListenDatagram=\nListenFIFO=/c\n", "",
         "Socket.ListenFIFO=/c"},
        {"[Timer]\nOnBootSec=1h\nOnCalendar=\nOnUnitActiveSec=2h\n", "", "Timer.OnUnitActiveSec=2h"},
        {"[Path]\nPathExists=/a\nPathChanged=\nPathModified=/c\n", "", "Path.PathModified=/c"},
        {"[Unit]\nConditionPathExists=/a\nConditionHost=b\nConditionHost=\nAssertPathExists=/c\n", "",
         "Unit.AssertPathExists=/c"},
        {"[Install]\nWantedBy=a\nWantedBy=\nAlias=b\nAlias=\n", "[Install]\nWantedBy=c\n",
         "Install.WantedBy=c"},
        /* What is not taken back */
        {"[Unit]\nWants=a\nWants=\nAfter=b\nAfter=\n", "", "Unit.Wants=a|Unit.After=b"},
        {"[Timer]\nUnit=\nUnit=a\nUnit=b\n", "", "Timer.Unit=a"},
        {"[Path]\nUnit=a\nUnit=b\n", "", "Path.Unit=a"},
        /* What is not taken */
        {"[Service]\nPrivateDevices=yes\nPrivateDevices=\n", "[Service]\nPrivateDevices=\"no\"\n",
         "Service.PrivateDevices=yes"},
        {"[Service]\nDevicePolicy=closed\nDevicePolicy=Strict\nDevicePolicy=\n", "",
         "Service.DevicePolicy=closed"},
        {"[Service]\nProtectSystem=strict\nProtectSystem=\nPrivateUsers=yes\nPrivateUsers=\n", "",
         "Service.ProtectSystem=strict|Service.PrivateUsers=yes"},
};

static char *write_down(const struct unit_merged *m)
{
        char *s = NULL;
        size_t size;
        FILE *f = open_memstream(&s, &size);
        bool any = false;

        for (size_t i = 0; i < m->n; i++) {
                if (!m->items[i].counts)
                        continue;
                fprintf(f, "%s%s.%s=%s", any ? "|" : "", m->items[i].section, m->items[i].key,
                        m->items[i].value);
                any = true;
        }
        assert_int_equal(fclose(f), 0);
        return s;
}

static void read_both(const char *unit, const char *dropin, struct unit_merged *ret)
{
        const struct unit_source sources[] = {{unit, strlen(unit)}, {dropin, strlen(dropin)}};

        assert_int_equal(unit_merged_read(sources, 2, ret), 0);
}

static void test_table(void **state)
{
        for (size_t i = 0; i < ELEMENTSOF(table); i++) {
                _cleanup_unit_merged_ struct unit_merged m = {};
                _cleanup_free_ char *got = NULL;

                read_both(table[i].unit, table[i].dropin, &m);
                got = write_down(&m);
                if (strcmp(got, table[i].expected) != 0)
                        fail_msg("case %zu: <%s> and <%s> give <%s>", i, table[i].unit, table[i].dropin,
                                 got);
        }
}

static void test_lookup(void **state)
{
        _cleanup_unit_merged_ struct unit_merged m = {};
        const struct unit_setting *s;

        read_both("[Service]\nEnvironment=A\n[Unit]\nEnvironment=no\n[Service]\nAccept=On\nX=y\n",
                  "# c\n[Service]\nEnvironment=B\n", &m);
        s = unit_merged_next(&m, "Service", "Environment", NULL);
        assert_string_equal(s->value, "A");
        assert_int_equal(s->source, 0);
        assert_int_equal(s->line, 2);
        s = unit_merged_next(&m, "Service", "Environment", s);
        assert_string_equal(s->value, "B");
        assert_int_equal(s->source, 1);
        assert_int_equal(s->line, 3);
        assert_null(unit_merged_next(&m, "Service", "Environment", s));
        assert_ptr_equal(unit_merged_get(&m, "Service", "Environment"), s);
        assert_null(unit_merged_get(&m, "Service", "environment"));
        assert_null(unit_merged_get(&m, "service", "Environment"));
        assert_true(unit_merged_is_true(&m, "Service", "Accept", false));
        assert_true(unit_merged_is_true(&m, "Service", "X", true));
        assert_false(unit_merged_is_true(&m, "Service", "Y", false));
}

/* Over what is taken back or broken, with the setting that each word is of. */
static void test_words(void **state)
{
        static const char unit[] = "[Service]\nBindPaths=/x\nBindPaths=\nBindPaths=/a \"/b c\"\n"
                                   "BindPaths=\"/open\nBindPaths=/d\nUser=u\n";
        static const char *const expected[] = {"/a", "/b c", "/d"};
        _cleanup_unit_merged_words_ struct unit_merged_words w = {};
        _cleanup_unit_merged_ struct unit_merged m = {};
        size_t n = 0;

        assert_int_equal(unit_merged_read(&(struct unit_source){unit, sizeof(unit) - 1}, 1, &m), 0);
        while (unit_merged_next_word(&m, "Service", "BindPaths", &w) > 0) {
                assert_true(n < 3);
                assert_string_equal(w.words.word, expected[n++]);
                assert_string_equal(w.setting->key, "BindPaths");
        }
        assert_int_equal(n, 3);
        assert_null(w.setting);
        assert_int_equal(unit_merged_next_word(&m, "Service", "Nothing", &w), 0);
}

/* A megabyte of them must not take a time that grows with its square. */
static void test_many(void **state)
{
        static const char line[] = "E=\nE=a\n";
        size_t n = (1024U * 1024U - 10) / (sizeof(line) - 1);
        _cleanup_free_ char *text = malloc(10 + n * (sizeof(line) - 1) + 1);
        _cleanup_unit_merged_ struct unit_merged m = {};
        char *p = stpcpy(text, "[Service]\n");

        for (size_t i = 0; i < n; i++)
                p = stpcpy(p, line);
        assert_int_equal(unit_merged_read(&(struct unit_source){text, (size_t)(p - text)}, 1, &m), 0);
        assert_int_equal(m.n, 2 * n);
        assert_ptr_equal(unit_merged_get(&m, "Service", "E"), m.items + m.n - 1);
}

int main(void)
{
        const struct CMUnitTest tests[] = {cmocka_unit_test(test_table), cmocka_unit_test(test_lookup),
                                           cmocka_unit_test(test_words), cmocka_unit_test(test_many)};

        return cmocka_run_group_tests(tests, NULL, NULL);
}
