/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include "basic/cleanup.h"
#include "verify/findings.h"
#include "verify/settings.h"
#include "verify/unit-text.h"

static void parse(const char *name, const char *text, struct unit_text *u, struct findings *f)
{
        assert_int_equal(unit_text_parse(name, text, strlen(text), u, f), 0);
}

static void check_assignment(const struct unit_text *u, size_t i, const char *section, const char *key,
                             const char *value, unsigned line)
{
        assert_true(i < u->n);
        assert_string_equal(u->items[i].section, section);
        assert_string_equal(u->items[i].key, key);
        assert_string_equal(u->items[i].value, value);
        assert_int_equal(u->items[i].line, line);
}

static void test_syntax(void **state)
{
        _cleanup_unit_text_ struct unit_text u = {};
        _cleanup_findings_ struct findings f = {};

        parse("a.service",
              "# comment\n; another\n\n[Unit]\n Key = a value \nEmpty=\n[Service]\r\nLong=one \\\n# "
              "between\n  two\\\n"
              "three\nEquals=a=b\nEnd=no newline",
              &u, &f);
        assert_int_equal(f.n, 0);
        assert_int_equal(u.n, 5);
        check_assignment(&u, 0, "Unit", "Key", "a value", 5);
        check_assignment(&u, 1, "Unit", "Empty", "", 6);
        check_assignment(&u, 2, "Service", "Long", "one    two three", 8);
        check_assignment(&u, 3, "Service", "Equals", "a=b", 12);
        check_assignment(&u, 4, "Service", "End", "no newline", 13);
        assert_null(unit_text_get(&u, "Unit", "Empty"));
        assert_null(unit_text_get(&u, "Service", "Key"));
        assert_string_equal(unit_text_get(&u, "Unit", "Key"), "a value");
}

/* The one finding that the text of a unit gives, NULL for none. */
static void check(const char *name, const char *text, enum severity severity, const char *expected)
{
        _cleanup_settings_ struct settings *known =
                settings_parse("[Unit]\nDescription=\n[Service]\nType=\nExecStart=\nExecStop=\nRootImage=\n"
                               "[Socket]\nListenStream=\n[Timer]\nOnCalendar=\n[Path]\nPathExists=\n["
                               "Install]\nWantedBy=\n");
        _cleanup_unit_text_ struct unit_text u = {};
        _cleanup_findings_ struct findings f = {};

        parse(name, text, &u, &f);
        assert_int_equal(unit_text_check(&u, known, &f), 0);
        assert_int_equal(f.n, expected ? 1 : 0);
        if (!expected)
                return;
        assert_int_equal(f.items[0].severity, severity);
        assert_string_equal(f.items[0].unit, name);
        assert_non_null(strstr(f.items[0].text, expected));
        assert_null(strchr(f.items[0].text, '\n'));
}

#define START "[Service]\nExecStart=/x\n"

static void test_good(void **state)
{
        check("a.service", START, 0, NULL);
        check("a.service",
              "[Unit]\nX-Own=1\nDescription=d\n[X-Mine]\nanything=1\n" START "[Install]\nWantedBy=x", 0,
              NULL);
        check("a.service", "[Service]\nType=oneshot\nExecStart=/x\nExecStart=/y\n", 0, NULL);
        check("a.service", START "ExecStart=\nExecStart=/y\n", 0, NULL);
        check("a.service", "[Service]\nExecStop=/x\n", 0, NULL);
        check("a.socket", "[Socket]\nListenStream=1\n", 0, NULL);
        check("a.timer", "[Timer]\nOnCalendar=daily\n", 0, NULL);
        check("a.path", "[Path]\nPathExists=/x\n", 0, NULL);
        check("a.target", "[Unit]\nDescription=d\n", 0, NULL);
}

static void test_text(void **state)
{
        check("a.service", "Key=1\n" START, FINDING_WARNING, "Line 1 is outside of any section: 'Key=1'");
        check("a.service", START "junk\033\n", FINDING_WARNING, "Line 3 is neither section nor assignment");
        check("a.service", START "=x\n", FINDING_WARNING, "Line 3 is neither section nor assignment");
        check("a.service", START "[Broken\nKey=1\n", FINDING_WARNING, "Line 3 is no section: '[Broken'");
        check("a.service", START "[]\n", FINDING_WARNING, "Line 3 is no section");
        check("a.service", START "[Timer]\nOnCalendar=x\nOnBootSec=1\n", FINDING_WARNING,
              "Section [Timer] means nothing in a unit of this kind (line 4)");
        check("a.service", START "Exec=1\n", FINDING_WARNING,
              "does not know Exec= in section [Service] (line 3)");
        check("a.service", START "RootImage=/x\n", FINDING_WARNING, "It sets RootImage= itself");
}

static void test_needs(void **state)
{
        check("a.service", "", FINDING_ERROR, "There is no ExecStart=");
        check("a.service", START "ExecStart=\n", FINDING_ERROR, "There is no ExecStart=");
        check("a.service", START "ExecStart=/y\n", FINDING_ERROR, "There are 2 ExecStart=");
        check("a.socket", "[Socket]\n", FINDING_ERROR, "There is no ListenStream= or the like");
        check("a.timer", "[Timer]\n", FINDING_ERROR, "There is no OnCalendar= or the like");
        check("a.path", "", FINDING_ERROR, "There is no PathExists= or the like");
}

static void test_nul(void **state)
{
        static const char text[] = START "\0Key=1\n";
        _cleanup_unit_text_ struct unit_text u = {};
        _cleanup_findings_ struct findings f = {};

        assert_int_equal(unit_text_parse("a.service", text, sizeof(text) - 1, &u, &f), 0);
        assert_int_equal(f.n, 1);
        assert_string_equal(f.items[0].text, "The file has a NUL byte in it");
        assert_int_equal(findings_count(&f, FINDING_ERROR), 1);
        assert_int_equal(findings_count(&f, FINDING_WARNING), 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_syntax), cmocka_unit_test(test_good), cmocka_unit_test(test_text),
                cmocka_unit_test(test_needs),  cmocka_unit_test(test_nul),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
