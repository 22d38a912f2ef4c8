/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include "basic/cleanup.h"
#include "basic/strv.h"
#include "definition/definition.h"

static void parse(struct definition *d, const char *text, char ***warnings)
{
        d->path = strdup("/d/a.portable");
        assert_non_null(d->path);
        assert_int_equal(definition_parse(d, "/d/a.portable", text, strlen(text), warnings), 0);
        assert_int_equal(definition_check(d), 0);
}

static void test_all_keys(void **state)
{
        _cleanup_definition_ struct definition d = {};
        _cleanup_strv_ char **warnings = NULL;

        parse(&d,
              "# a comment\n[Portable]\nDescription=100% good\nImage=web\nVersion=>=1 <2\n"
              "Extension=a_1 /srv/b.raw\nExtension=\"c d\"\nPrefix=web\nProfile=trusted\nCopy=auto\n"
              "Runtime=on\nImagePolicy=root=verity\nEnable=yes\nStart=a.service b.timer\n",
              &warnings);
        assert_false(error_is_set(&d.error));
        assert_null(warnings);
        assert_string_equal(d.description, "100% good");
        assert_string_equal(d.image, "web");
        assert_true(version_range_has(&d.versions, "1.5"));
        assert_int_equal(strv_length(d.extensions), 3);
        assert_string_equal(d.extensions[1], "/srv/b.raw");
        assert_string_equal(d.extensions[2], "c d");
        assert_string_equal(d.prefixes[0], "web");
        assert_string_equal(d.profile, "trusted");
        assert_null(d.copy_mode);
        assert_true(d.runtime);
        assert_string_equal(d.policy, "root=verity");
        assert_int_equal(d.enable.choice, UNITS_ALL);
        assert_int_equal(d.start.choice, UNITS_NAMED);
        assert_string_equal(d.start.names[1], "b.timer");
}

static void test_empty_values_begin_anew(void **state)
{
        _cleanup_definition_ struct definition d = {};
        _cleanup_strv_ char **warnings = NULL;

        parse(&d,
              "[Portable]\nImage=a\nImage=/b\nExtension=x\nExtension=\nExtension=y\nProfile=p\nProfile=\n"
              "Copy=copy\nCopy=\nRuntime=yes\nRuntime=\nStart=a.service\nStart=\nEnable=yes\nEnable=b."
              "service\n"
              "UnitFile=/x/a.service\nVersion=1\nVersion=\n",
              &warnings);
        assert_false(error_is_set(&d.error));
        assert_string_equal(d.image, "/b");
        assert_int_equal(strv_length(d.extensions), 1);
        assert_string_equal(d.extensions[0], "y");
        assert_null(d.profile);
        assert_null(d.copy_mode);
        assert_false(d.runtime);
        assert_int_equal(d.start.choice, UNITS_NONE);
        assert_int_equal(d.enable.choice, UNITS_NAMED);
        assert_string_equal(d.unit_files[0], "/x/a.service");
}

static void test_warnings(void **state)
{
        _cleanup_definition_ struct definition d = {};
        _cleanup_strv_ char **warnings = NULL;

        parse(&d,
              "Early=1\n[Portable]\nImage=a\nX-Own=1\nimage=b\nnonsense\n[X-Other]\na=1\n[Later]\na=1\nb="
              "1\n",
              &warnings);
        assert_false(error_is_set(&d.error));
        assert_int_equal(strv_length(warnings), 4);
        assert_true(strv_contains(warnings, "/d/a.portable:1: Assignment outside of a section, ignoring"));
        assert_true(strv_contains(warnings, "/d/a.portable:5: Unknown key 'image', ignoring"));
        assert_true(strv_contains(warnings, "/d/a.portable:10: Unknown section 'Later', ignoring"));
}

/* The first value that is wrong is told, with its line. */
static void test_broken(void **state)
{
        static const struct {
                const char *text, *message;
        } cases[] = {
                {"Image=a/b", "/d/a.portable:2: Image=: 'a/b' is neither"},
                {"Image=/a/../b", "/d/a.portable:2: Image=: '/a/../b' is neither"},
                {"Image=a%i", "/d/a.portable:2: Image=: Specifiers"},
                {"Image=a\nVersion=<", "/d/a.portable:3: Version=: "},
                {"Image=/a\nVersion=1", "/d/a.portable: Version= is for images by name"},
                {"Image=a\nExtension=\"b", "/d/a.portable:3: Extension=: A quote"},
                {"Image=a\nPrefix=b/", "/d/a.portable:3: Prefix=: "},
                {"Image=a\nProfile=b/c", "/d/a.portable:3: Profile=: "},
                {"Image=a\nCopy=link\nRuntime=x", "/d/a.portable:3: Copy=: "},
                {"Image=a\nRuntime=x", "/d/a.portable:3: Runtime=: "},
                {"Image=a\nImagePolicy=root=x", "/d/a.portable:3: ImagePolicy=: "},
                {"Image=a\nEnable=x.mount", "/d/a.portable:3: Enable=: "},
                {"Image=a\nStart=yes no.service", "/d/a.portable:3: Start=: "},
                {"Image=a\nUnitFile=a.service", "/d/a.portable:3: UnitFile=: "},
                {"Image=a\nUnitFile=/a.service\nPrefix=a", "/d/a.portable: Prefix= chooses"},
                {"Image=a\n[Portable", "/d/a.portable:3: The header"},
                {"Image=a\xff", "/d/a.portable:2: Not UTF-8"},
                {"Description=x", "/d/a.portable: Image= is missing"},
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_definition_ struct definition d = {};
                _cleanup_strv_ char **warnings = NULL;
                _cleanup_free_ char *text = NULL;

                assert_true(asprintf(&text, "[Portable]\n%s\n", cases[i].text) > 0);
                parse(&d, text, &warnings);
                assert_true(error_is_set(&d.error));
                if (strncmp(error_message(&d.error), cases[i].message, strlen(cases[i].message)) != 0)
                        fail_msg("%s: %s", cases[i].text, error_message(&d.error));
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_all_keys),
                cmocka_unit_test(test_empty_values_begin_anew),
                cmocka_unit_test(test_warnings),
                cmocka_unit_test(test_broken),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
