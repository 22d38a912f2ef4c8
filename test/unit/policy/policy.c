/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include <errno.h>
#include <stdio.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "policy/policy.h"

/* What systemd-analyze(1) image-policy of systemd 257 and 262 says of the same strings, observed. */

static struct image_policy parse(const char *s)
{
        _cleanup_error_ struct error error = {};
        struct image_policy p;

        if (image_policy_parse(s, &p, &error) < 0)
                fail_msg("%s", error_message(&error));
        return p;
}

static void assert_text(const struct image_policy *p, const char *wanted)
{
        _cleanup_free_ char *s = image_policy_to_string(p);
        struct image_policy again = parse(s);

        assert_string_equal(s, wanted);
        assert_true(image_policy_equal(p, &again));
}

static void test_print(void **state)
{
        static const char *const cases[][2] = {
                {"*", "*"},
                {"-", "-"},
                {"~", "~"},
                {"", "-"},
                {" \n", "-"},
                {"=open", "*"},
                {"=", "*"},
                {"=read-only-on+read-only-off", "*"},
                {"=ignore+growfs-on+growfs-off", "-"},
                {"=ignore", "-"},
                {"=unused+absent", "-"},
                {"=absent", "~"},
                {"=unused", "=unused"},
                {"root=", "root=open"},
                {"root=signed", "root=signed"},
                {"root=signed:=unused+absent", "root=signed"},
                {" root = verity + signed : usr=absent ", "root=verity+signed:usr=absent"},
                {"usr=signed:root=verity", "root=verity:usr=signed"},
                {"root=verity+verity", "root=verity"},
                {"root=open", "root=open"},
                {"root=unprotected+verity+signed+encrypted+encryptedwithintegrity+unused+absent",
                 "root=open"},
                {"root=unprotected+verity+signed+encrypted+unused+absent",
                 "root=verity+signed+encrypted+unprotected+unused+absent"},
                {"root=growfs-off+verity", "root=verity+growfs-off"},
                {"root=read-only-on+growfs-off", "root=read-only-on+growfs-off"},
                {"root=read-only-on+read-only-off+signed", "root=signed"},
                {"root=squashfs+signed", "root=signed+squashfs"},
                {"root=squashfs+erofs+ext4+btrfs+f2fs+vfat", "root=btrfs+erofs+ext4+f2fs+squashfs+vfat"},
                {"=absent:root=signed", "root=signed:=absent"},
                {"var=open:tmp=open:usr-verity-sig=open:root-verity-sig=open:usr-verity=open:root-verity="
                 "open:swap=open:"
                 "xbootldr=open:esp=open:srv=open:home=open:usr=open:root=open",
                 "root=open:usr=open:home=open:srv=open:esp=open:xbootldr=open:swap=open:root-verity=open:"
                 "usr-verity="
                 "open:root-verity-sig=open:usr-verity-sig=open:tmp=open:var=open"},
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                struct image_policy p = parse(cases[i][0]);

                assert_text(&p, cases[i][1]);
        }
}

static void test_refuse(void **state)
{
        static const char *const cases[][2] = {
                {"root", "Invalid image policy 'root': no '=' in 'root'"},
                {":", "Invalid image policy ':': no '=' in ''"},
                {"root=verity::usr=verity", "Invalid image policy 'root=verity::usr=verity': no '=' in ''"},
                {"root=signed:", "Invalid image policy 'root=signed:': no '=' in ''"},
                {"*:root=signed", "Invalid image policy '*:root=signed': no '=' in '*'"},
                {"root=*", "Invalid image policy 'root=*': there is no flag '*'"},
                {"root=bogus", "Invalid image policy 'root=bogus': there is no flag 'bogus'"},
                {"root=signed+", "Invalid image policy 'root=signed+': there is no flag ''"},
                {"root=+signed", "Invalid image policy 'root=+signed': there is no flag ''"},
                {"root=a=b", "Invalid image policy 'root=a=b': there is no flag 'a=b'"},
                {"root=ext3", "Invalid image policy 'root=ext3': there is no flag 'ext3'"},
                {"foo=verity", "Invalid image policy 'foo=verity': there is no partition designator 'foo'"},
                {"ROOT=signed",
                 "Invalid image policy 'ROOT=signed': there is no partition designator 'ROOT'"},
                {"linux-generic=open", "Invalid image policy 'linux-generic=open': there is no partition "
                                       "designator 'linux-generic'"},
                {"root=signed:root=verity",
                 "Invalid image policy 'root=signed:root=verity': there is more than one rule for 'root'"},
                {"=absent:=unused",
                 "Invalid image policy '=absent:=unused': there is more than one rule for ''"},
                {"a\nb=\x1b",
                 "Invalid image policy 'a\\x0ab=\\x1b': there is no partition designator 'a\\x0ab'"},
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_error_ struct error error = {};
                struct image_policy p;

                assert_int_equal(image_policy_parse(cases[i][0], &p, &error), -EINVAL);
                assert_string_equal(error_message(&error), cases[i][1]);
                assert_int_equal(error.kind, ERROR_INVALID_ARGS);
        }
}

/* The column MODE of systemd-analyze; flags that are dictated by nothing are left out. */
static void assert_mode(const char *policy, enum designator d, const char *wanted)
{
        struct image_policy p = parse(policy);
        uint32_t flags = image_policy_get(&p, d);
        _cleanup_free_ char *mode = NULL, *got = NULL;
        static const struct {
                uint32_t mask;
        } groups[] = {{POLICY_READ_ONLY_MASK}, {POLICY_GROWFS_MASK}, {POLICY_FILESYSTEM_MASK}};

        for (size_t i = 0; i < ELEMENTSOF(groups); i++)
                if ((flags & groups[i].mask) == groups[i].mask)
                        flags &= ~groups[i].mask;
        got = policy_flags_to_string(flags);
        if (strcmp(got, wanted) != 0)
                fail_msg("policy '%s', %s: '%s' instead of '%s'", policy, designator_to_string(d), got,
                         wanted);
}

static void test_get(void **state)
{
        static const struct {
                const char *policy, *root, *home, *verity, *sig;
        } cases[] = {
                {"*", "open", "encrypted+encryptedwithintegrity+unprotected+unused+absent",
                 "unprotected+unused+absent", "unprotected+unused+absent"},
                {"-", "unused+absent", "unused+absent", "unused+absent", "unused+absent"},
                {"~", "absent", "absent", "absent", "absent"},
                {"root=", "open", "unused+absent", "unprotected+unused+absent", "unprotected+unused+absent"},
                {"root=signed", "signed", "unused+absent", "unprotected", "unprotected"},
                {"root=verity", "verity", "unused+absent", "unprotected", "unused+absent"},
                {"root=verity+unprotected", "verity+unprotected", "unused+absent", "unprotected",
                 "unused+absent"},
                {"root=unprotected", "unprotected", "unused+absent", "unused+absent", "unused+absent"},
                {"root=encrypted", "encrypted", "unused+absent", "unused+absent", "unused+absent"},
                {"root=verity+absent", "verity+absent", "unused+absent", "unprotected+absent",
                 "unused+absent"},
                {"root=signed+unused", "signed+unused", "unused+absent", "unprotected+unused",
                 "unprotected+unused"},
                {"root=unprotected:=absent", "unprotected", "absent", "absent", "absent"},
                {"root=encrypted:=signed", "encrypted", "", "", ""},
                {"=signed", "signed", "", "", ""},
                {"=verity+unprotected", "verity+unprotected", "unprotected", "unprotected", "unprotected"},
                {"root=verity+read-only-off:=read-only-on", "verity+read-only-off",
                 "encrypted+encryptedwithintegrity+unprotected+unused+absent+read-only-on",
                 "unprotected+read-only-off", "unprotected+unused+absent+read-only-on"},
                {"root=growfs-off+verity", "verity+growfs-off", "unused+absent", "unprotected+growfs-off",
                 "unused+absent"},
                {"root=read-only-on", "open+read-only-on", "unused+absent",
                 "unprotected+unused+absent+read-only-on", "unprotected+unused+absent+read-only-on"},
                {"root-verity=signed", "unused+absent", "unused+absent", "", "unused+absent"},
                {"root=verity+squashfs", "verity+squashfs", "unused+absent", "unprotected", "unused+absent"},
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                assert_mode(cases[i].policy, DESIGNATOR_ROOT, cases[i].root);
                assert_mode(cases[i].policy, DESIGNATOR_HOME, cases[i].home);
                assert_mode(cases[i].policy, DESIGNATOR_ROOT_VERITY, cases[i].verity);
                assert_mode(cases[i].policy, DESIGNATOR_ROOT_VERITY_SIG, cases[i].sig);
        }
}

static void test_service(void **state)
{
        assert_text(&image_policy_service,
                    "root=verity+signed+encrypted+encryptedwithintegrity+unprotected+absent:usr=verity+"
                    "signed+encrypted+"
                    "encryptedwithintegrity+unprotected+absent:home=encrypted+encryptedwithintegrity+"
                    "unprotected+absent:"
                    "srv=encrypted+encryptedwithintegrity+unprotected+absent:tmp=encrypted+"
                    "encryptedwithintegrity+"
                    "unprotected+absent:var=encrypted+encryptedwithintegrity+unprotected+absent");
        assert_int_equal(image_policy_get(&image_policy_service, DESIGNATOR_ESP) & POLICY_USE_MASK,
                         POLICY_IGNORE);
}

static void test_intersect(void **state)
{
        static const char *const cases[][3] = {
                {"*", "*", "*"},
                {"*", "-", "-"},
                {"*", "~", "~"},
                {"-", "~", "~"},
                {"root=signed", "*", "root=signed"},
                {"root=signed+verity:usr=signed", "root=signed+unprotected:usr=open",
                 "root=signed:usr=signed"},
                {"root=signed:=absent", "root=open:=open", "root=signed:=absent"},
                {"root=squashfs+erofs", "root=erofs+ext4+signed", "root=signed+erofs"},
                {"root=read-only-on", "root=growfs-off", "root=read-only-on+growfs-off"},
                {"home=encrypted", "=open", "home=encrypted"},
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++)
                for (int swap = 0; swap < 2; swap++) {
                        _cleanup_error_ struct error error = {};
                        struct image_policy a = parse(cases[i][swap]), b = parse(cases[i][!swap]), both,
                                            wanted = parse(cases[i][2]);

                        assert_int_equal(image_policy_intersect(&a, &b, &both, &error), 0);
                        if (!image_policy_equal(&both, &wanted)) {
                                _cleanup_free_ char *s = image_policy_to_string(&both);

                                fail_msg("'%s' and '%s' gave '%s'", cases[i][0], cases[i][1], s);
                        }
                        /* Simplified: as short as we would write it. */
                        if (strcmp(cases[i][2], "root=read-only-on+growfs-off") != 0)
                                assert_text(&both, cases[i][2]);
                }
}

static void test_intersect_contradiction(void **state)
{
        static const char *const cases[][3] = {
                {"root=signed", "root=unprotected", "root"},
                {"root=signed", "-", "root"},
                {"usr=squashfs", "usr=ext4", "usr"},
                {"home=read-only-on", "home=read-only-off", "home"},
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_error_ struct error error = {};
                struct image_policy a = parse(cases[i][0]), b = parse(cases[i][1]), both;
                char wanted[128];

                snprintf(wanted, sizeof(wanted),
                         "The image policies contradict each other: no '%s' partition would fit both",
                         cases[i][2]);
                assert_int_equal(image_policy_intersect(&a, &b, &both, &error), -EINVAL);
                assert_string_equal(error_message(&error), wanted);
        }
}

static void test_union(void **state)
{
        static const char *const cases[][3] = {
                {"root=signed:=absent", "root=verity:=absent", "root=verity+signed:=absent"},
                {"root=squashfs:=absent", "root=erofs:=absent", "root=erofs+squashfs:=absent"},
                {"root=signed+squashfs:=absent", "usr=verity+erofs:=absent",
                 "root=signed+absent+squashfs:usr=verity+absent+erofs:=absent"},
                /* Of partitions that have no verity there can be none under either. */
                {"=verity", "=signed", "=verity+signed"},
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                struct image_policy a = parse(cases[i][0]), b = parse(cases[i][1]), either;

                image_policy_union(&a, &b, &either);
                for (int d = 0; d < DESIGNATOR_POLICY_MAX; d++) {
                        uint32_t x = image_policy_get(&a, (enum designator)d) |
                                     image_policy_get(&b, (enum designator)d);

                        assert_int_equal(image_policy_get(&either, (enum designator)d), x);
                }
        }
}

static void test_simplify(void **state)
{
        static const char *const cases[][2] = {
                {"root=signed:usr=ignore", "root=signed"},
                {"=absent:root=absent", "~"},
                {"=open:root=open:home=open", "*"},
                {"=open:home=encrypted+encryptedwithintegrity+unprotected+unused+absent", "*"},
                {"root=signed:root-verity=unprotected:root-verity-sig=unprotected", "root=signed"},
                {"root=verity:root-verity=unprotected+absent", "root=verity:root-verity=unprotected+absent"},
                {"root=ignore:home=ignore", "-"},
                {"root=read-only-on+read-only-off", "root=open"},
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                struct image_policy p = parse(cases[i][0]), before = p;

                image_policy_simplify(&p);
                assert_true(image_policy_equal(&p, &before));
                assert_text(&p, cases[i][1]);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_print),     cmocka_unit_test(test_refuse),
                cmocka_unit_test(test_get),       cmocka_unit_test(test_service),
                cmocka_unit_test(test_intersect), cmocka_unit_test(test_intersect_contradiction),
                cmocka_unit_test(test_union),     cmocka_unit_test(test_simplify),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
