/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "../tree.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/layout.h"
#include "basic/strv.h"
#include "dissect/policy-config.h"

/* Reads it as the file "f" and tells "VALUE at WHERE|COMPLAINT|…". */
static char *parsed(const char *text, size_t size)
{
        _cleanup_policy_setting_ struct policy_setting s = {};
        _cleanup_strv_ char **complaints = NULL;
        _cleanup_free_ char *joined = NULL;
        char *all;

        assert_int_equal(policy_config_parse("f", text, size, &s, &complaints), 0);
        joined = strv_join(complaints, "|");
        assert_true(asprintf(&all, "%s at %s%s%s", s.value ?: "none", s.where ?: "none", *joined ? "|" : "",
                             joined) > 0);
        return all;
}

/* The lists are kept whole, with where their lines stand; an empty value empties them. */
static void test_lists(void **state)
{
        static const char text[] = "[Portable]\nConfine=no\nConfine=\nConfine=enforce\nConfine = warn a b\n"
                                   "Allow=x bind\nImagePolicy=*\nImagePolicy=\n";
        _cleanup_policy_setting_ struct policy_setting s = {};
        _cleanup_free_ char *confine = NULL, *allow = NULL;

        assert_int_equal(policy_config_parse("f", text, sizeof(text) - 1, &s, NULL), 0);
        confine = strv_join(s.confine, "|");
        allow = strv_join(s.allow, "|");
        assert_string_equal(confine, "enforce|f:4|warn a b|f:5");
        assert_string_equal(allow, "x bind|f:6");
}

static void test_parse(void **state)
{
        static const char *const cases[][2] = {
                {"", "none at none"},
                {"\n\n", "none at none"},
                {"[Portable]\nImagePolicy=root=signed", "root=signed at f:2"},
                {"[Portable]\nImagePolicy=root=signed\n", "root=signed at f:2"},
                {"[Portable]\r\nImagePolicy=root=signed\r\n", "root=signed at f:2"},
                {" [Portable] \n\t ImagePolicy = root=signed \t\n", "root=signed at f:2"},
                {"# a\n; b\n  # c\n[Portable]\n#ImagePolicy=*\nImagePolicy=-\n", "- at f:6"},
                {"[Portable]\nImagePolicy=*\nImagePolicy=~\n", "~ at f:3"},
                {"[Portable]\nImagePolicy=*\nImagePolicy=\n", "none at none"},
                {"[Portable]\nImagePolicy=root=signed:\\\n  usr=signed\n",
                 "root=signed:   usr=signed at f:2"},
                {"[Portable]\nImagePolicy=\\\n# in between\nroot=signed\n\n", "root=signed at f:2"},
                {"[Portable]\nImagePolicy=*\\", "* at f:2"},
                {"ImagePolicy=*\n",
                 "none at none|f:1: not in the section [Portable]: 'ImagePolicy=*', ignored"},
                {"[Other]\nImagePolicy=*\n[Portable]\nImagePolicy=-\n",
                 "- at f:4|f:1: there is no section '[Other]', ignored|f:2: not in the section [Portable]: "
                 "'ImagePolicy=*', ignored"},
                {"[Portable]\nimagepolicy=*\nImage\x1bPolicy=*\nnothing\nImagePolicy=-\n",
                 "- at f:5|f:2: there is no setting 'imagepolicy', ignored|f:3: there is no setting "
                 "'Image\\x1bPolicy', ignored|f:4: no '=' in 'nothing', ignored"},
                {"[Portable\nImagePolicy=*\n",
                 "none at none|f:1: there is no section '[Portable', ignored|f:2: not in the section "
                 "[Portable]: 'ImagePolicy=*', ignored"},
                {"[Portable]\nImagePolicy=root=nonsense\n", "root=nonsense at f:2"},
                {"[Portable]\nConfine=enforce\nImagePolicy=*\nAllow=app bind\n", "* at f:3"},
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_free_ char *got = parsed(cases[i][0], strlen(cases[i][0]));

                assert_string_equal(got, cases[i][1]);
        }
}

/* A text of any size ends where it ends. */
static void test_parse_cut(void **state)
{
        static const char text[] = "[Portable]\nImagePolicy=root=signed\\\n:usr=signed\n# end\nx=y\n";

        for (size_t n = 0; n < sizeof(text); n++) {
                _cleanup_free_ char *copy = malloc(n ?: 1), *got = NULL;

                assert_non_null(copy);
                memcpy(copy, text, n);
                got = parsed(copy, n);
                assert_non_null(got);
        }
}

/* What the configuration in the tree comes to; after an error its message. */
static char *configured(struct tree *t)
{
        _cleanup_error_ struct error error = {};
        struct image_policy policy;
        char *text;

        if (policy_config_read(t->fd, &layout_system, &policy, NULL, &error) < 0)
                return strdup(error_message(&error));
        if (image_policy_equal(&policy, &image_policy_service))
                return strdup("default");
        text = image_policy_to_string(&policy);
        assert_non_null(text);
        return text;
}

static void assert_configured(struct tree *t, const char *wanted)
{
        _cleanup_free_ char *got = configured(t);

        assert_string_equal(got, wanted);
}

#define POLICY(s) "[Portable]\nImagePolicy=" s "\n"

static void test_places(void **state)
{
        struct tree *t = *state;

        assert_configured(t, "default");
        tree_file(t, "/usr/lib/systemd/portabled.conf", POLICY("root=verity:=absent"));
        assert_configured(t, "root=verity:=absent");
        tree_file(t, "/usr/local/lib/systemd/portabled.conf", POLICY("root=encrypted:=absent"));
        assert_configured(t, "root=encrypted:=absent");
        tree_file(t, "/run/systemd/portabled.conf", POLICY("root=unprotected:=absent"));
        assert_configured(t, "root=unprotected:=absent");
        /* Only the first of them is read. */
        tree_file(t, "/etc/systemd/portabled.conf", "");
        assert_configured(t, "default");
        /* Drop-ins go over the main file, wherever they are. */
        tree_file(t, "/etc/systemd/portabled.conf", POLICY("root=signed:=absent"));
        assert_configured(t, "root=signed:=absent");
        tree_file(t, "/usr/lib/systemd/portabled.conf.d/10-a.conf", POLICY("root=verity:=absent"));
        assert_configured(t, "root=verity:=absent");
        /* The later name counts, not the place. */
        tree_file(t, "/etc/systemd/portabled.conf.d/05-b.conf", POLICY("root=signed:=absent"));
        assert_configured(t, "root=verity:=absent");
        tree_file(t, "/run/systemd/portabled.conf.d/20-c.conf", POLICY("root=encrypted:=absent"));
        assert_configured(t, "root=encrypted:=absent");
        /* Of one name the place counts. */
        tree_file(t, "/etc/systemd/portabled.conf.d/20-c.conf", POLICY("root=unprotected:=absent"));
        assert_configured(t, "root=unprotected:=absent");
        tree_file(t, "/etc/systemd/portabled.conf.d/30-d.txt", POLICY("root=signed:=absent"));
        tree_file(t, "/etc/systemd/portabled.conf.d/.40.conf", POLICY("root=signed:=absent"));
        assert_configured(t, "root=unprotected:=absent");
}

static void test_masked(void **state)
{
        struct tree *t = *state;

        tree_file(t, "/usr/lib/systemd/portabled.conf.d/10-a.conf", POLICY("root=verity:=absent"));
        tree_dir(t, "/dev");
        assert_int_equal(mknodat(t->fd, "dev/null", S_IFCHR | 0666, makedev(1, 3)), 0);
        tree_link(t, "/etc/systemd/portabled.conf.d/10-a.conf", "/dev/null");
        assert_configured(t, "default");
}

/* What the default for services leaves out stays out, and what it lets through is not asked for. */
static void test_intersection(void **state)
{
        struct tree *t = *state;

        tree_file(t, "/etc/systemd/portabled.conf", POLICY("*"));
        assert_configured(t, "default");
        tree_file(t, "/etc/systemd/portabled.conf", POLICY("root=signed+absent:usr=signed+absent:=open"));
        assert_configured(t, "root=signed+absent:usr=signed+absent"
                             ":home=encrypted+encryptedwithintegrity+unprotected+absent"
                             ":srv=encrypted+encryptedwithintegrity+unprotected+absent"
                             ":tmp=encrypted+encryptedwithintegrity+unprotected+absent"
                             ":var=encrypted+encryptedwithintegrity+unprotected+absent");
        tree_file(t, "/etc/systemd/portabled.conf", POLICY("root=signed:home=verity"));
        assert_configured(t,
                          "/etc/systemd/portabled.conf:2 tells no valid image policy, and no raw image is "
                          "used until that is put right: The image policies contradict each other: no "
                          "'home' partition would fit both");
}

static void test_invalid(void **state)
{
        struct tree *t = *state;

        tree_file(t, "/etc/systemd/portabled.conf", "\n" POLICY("root=sined"));
        assert_configured(t,
                          "/etc/systemd/portabled.conf:3 tells no valid image policy, and no raw image is "
                          "used until that is put right: Invalid image policy 'root=sined': there is no "
                          "flag 'sined'");
        /* A later one takes its place. */
        tree_file(t, "/run/systemd/portabled.conf.d/a.conf", POLICY("root=signed:=absent"));
        assert_configured(t, "root=signed:=absent");
        tree_file(t, "/run/systemd/portabled.conf.d/b.conf", POLICY(""));
        assert_configured(t, "default");
        tree_file(t, "/run/systemd/portabled.conf.d/c.conf", POLICY("nonsense"));
        assert_configured(t,
                          "/run/systemd/portabled.conf.d/c.conf:2 tells no valid image policy, and no raw "
                          "image is used until that is put right: Invalid image policy 'nonsense': no '=' "
                          "in 'nonsense'");
}

static void test_unreadable(void **state)
{
        struct tree *t = *state;

        tree_dir(t, "/etc/systemd/portabled.conf.d/a.conf");
        assert_configured(t,
                          "'/etc/systemd/portabled.conf.d/a.conf', which tells what images are allowed, is "
                          "not a regular file; no raw image is used until that is put right");
        tree_link(t, "/etc/systemd/portabled.conf", "portabled.conf");
        assert_configured(t, "'/etc/systemd/portabled.conf', which tells what images are allowed, is a "
                             "symlink in a circle; no raw image is used until that is put right");
}

static void test_complaints(void **state)
{
        struct tree *t = *state;
        _cleanup_error_ struct error error = {};
        _cleanup_strv_ char **complaints = NULL;
        struct image_policy policy;

        tree_file(t, "/etc/systemd/portabled.conf", "[Portable]\nImagePolice=*\n");
        assert_int_equal(policy_config_read(t->fd, &layout_system, &policy, &complaints, &error), 0);
        assert_int_equal(strv_length(complaints), 1);
        assert_string_equal(complaints[0],
                            "/etc/systemd/portabled.conf:2: there is no setting 'ImagePolice', ignored");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_parse),
                cmocka_unit_test(test_lists),
                cmocka_unit_test(test_parse_cut),
                cmocka_unit_test_setup_teardown(test_places, tree_setup, tree_teardown),
                cmocka_unit_test_setup_teardown(test_masked, tree_setup, tree_teardown),
                cmocka_unit_test_setup_teardown(test_intersection, tree_setup, tree_teardown),
                cmocka_unit_test_setup_teardown(test_invalid, tree_setup, tree_teardown),
                cmocka_unit_test_setup_teardown(test_unreadable, tree_setup, tree_teardown),
                cmocka_unit_test_setup_teardown(test_complaints, tree_setup, tree_teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
