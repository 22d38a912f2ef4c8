/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include "basic/cleanup.h"
#include "extract/extract.h"
#include "unitfile/merged.h"
#include "verify/findings.h"
#include "verify/settings.h"
#include "verify/text.h"

/* The one finding that the text of a unit gives, NULL for none. */
static void check(const char *name, const char *text, enum severity severity, const char *expected)
{
        _cleanup_settings_ struct settings *known = settings_parse(
                "[Unit]\nDescription=\nSuccessAction=\n[Service]\nType=\nExecStart=\nExecStop=\nRootImage=\n"
                "RemainAfterExit=\nRestart=\n"
                "[Socket]\nListenStream=\n[Timer]\nOnCalendar=\n[Path]\nPathExists=\n["
                "Install]\nWantedBy=\n");
        _cleanup_unit_merged_ struct unit_merged u = {};
        _cleanup_findings_ struct findings f = {};

        assert_int_equal(unit_merged_read(&(struct unit_source){text, strlen(text)}, 1, &u), 0);
        assert_int_equal(
                text_check(&(struct unit_file){.name = (char *)name, .path = (char *)"/u"}, &u, known, &f),
                0);
        assert_int_equal(f.n, expected ? 1 : 0);
        if (!expected)
                return;
        assert_int_equal(finding_severity(f.items), severity);
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
        check("a.service", "[Service]\nExecStop=/x\nRemainAfterExit=yes\n", 0, NULL);
        check("a.service", "[Unit]\nSuccessAction=reboot\n", 0, NULL);
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
        check("a.service", START "[Broken\nKey=1\n", FINDING_ERROR,
              "Line 3 is not a section, and the service manager will not load");
        check("a.service", START "[]\n", FINDING_ERROR, "Line 3 is not a section");
        check("a.service", START "X-A=\xff\n", FINDING_ERROR, "Line 3 is not UTF-8");
        check("a.service", START "[Timer]\nOnCalendar=x\nOnBootSec=1\n", FINDING_WARNING,
              "Section [Timer] means nothing in a unit of this kind (line 4)");
        check("a.service", START "Exec=1\n", FINDING_WARNING,
              "does not know Exec= in section [Service] (line 3)");
        check("a.service", START "RootImage=/x\n", FINDING_WARNING, "It sets RootImage= itself");
}

static void test_places(void **state)
{
        check("a.service", START "Wants=x.service\n", FINDING_WARNING,
              "Wants= means nothing in section [Service], it belongs to [Unit] (line 3)");
        check("a.service", "[Unit]\nUser=x\n" START, FINDING_WARNING,
              "User= means nothing in section [Unit], it belongs to [Service] (line 2)");
        check("a.service", START "RestartSteps=1\n", FINDING_WARNING,
              "does not know RestartSteps= in section [Service] (line 3), it came with version 254");
}

static void test_needs(void **state)
{
        check("a.service", "", FINDING_ERROR, "There is no ExecStart=");
        check("a.service", START "ExecStart=\n", FINDING_ERROR, "There is no ExecStart=");
        check("a.service", START "ExecStart=/y\n", FINDING_ERROR, "There are 2 ExecStart=");
        check("a.service", "[Service]\nExecStop=/x\n", FINDING_ERROR, "There is no ExecStart=");
        check("a.service", START "Type=oneshot\nRestart=always\n", FINDING_ERROR,
              "Restart=always does not go with Type=oneshot");
        check("a.socket", "[Socket]\n", FINDING_ERROR, "There is no ListenStream= or the like");
        check("a.timer", "[Timer]\n", FINDING_ERROR, "There is no OnCalendar= or the like");
        check("a.path", "", FINDING_ERROR, "There is no PathExists= or the like");
}

static void test_nul(void **state)
{
        const struct unit_file file = {.name = (char *)"a.service", .path = (char *)"/u"};
        static const char text[] = START "\0X-Key=1\n";
        _cleanup_unit_merged_ struct unit_merged u = {};
        _cleanup_findings_ struct findings f = {};

        assert_int_equal(unit_merged_read(&(struct unit_source){text, sizeof(text) - 1}, 1, &u), 0);
        assert_int_equal(text_check(&file, &u, NULL, &f), 0);
        assert_int_equal(f.n, 1);
        assert_string_equal(f.items[0].text, "Line 2 has a NUL byte in it, which ends the line");
        assert_int_equal(findings_count(&f, FINDING_ERROR), 0);
        assert_int_equal(findings_count(&f, FINDING_WARNING), 1);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_good),  cmocka_unit_test(test_text), cmocka_unit_test(test_places),
                cmocka_unit_test(test_needs), cmocka_unit_test(test_nul),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
