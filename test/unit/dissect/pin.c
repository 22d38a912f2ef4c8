/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/strv.h"
#include "policy/policy.h"
#include "images.h"

/* What is demanded of an image, and what is pinned afterwards. The strings for 262 are those systemd 262
 * writes for images of the same kind; for read-only and growfs flags see protection.c. Service managers 257
 * and 262 were seen to start services from such images under these policies (usr-only images: 257; 262
 * starts none of these under any policy). */

static void assert_pin(const char *name, const char *old, const char *new)
{
        _cleanup_dissected_ struct dissected *d = NULL;
        _cleanup_free_ char *message = NULL, *pin = NULL, *pin_old = NULL;
        _cleanup_error_ struct error error = {};

        if (images_dissect(name, &d, &message) < 0)
                fail_msg("%s: %s", name, message);
        assert_int_equal(dissected_pin(d, 262, &pin, &error), 0);
        assert_string_equal(pin, new);
        assert_int_equal(dissected_pin(d, 254, &pin_old, &error), 0);
        assert_string_equal(pin_old, old);
}

static void test_bare(void **state)
{
        images_run("mkfs.erofs e.raw tree; mke2fs -q -t ext4 -d tree 4.raw 4M; mke2fs -q -t ext3 -d tree "
                   "3.raw 4M");
        assert_pin("root.img", "root=unprotected:=absent", "root=squashfs:=absent");
        assert_pin("e.raw", "root=unprotected:=absent", "root=erofs:=absent");
        assert_pin("4.raw", "root=unprotected:=absent", "root=ext4:=absent");
        /* Policies have no name for ext3. */
        assert_pin("3.raw", "root=unprotected:=absent", "root=unprotected:=absent");
}

static void test_directory_has_none(void **state)
{
        _cleanup_dissected_ struct dissected *d = NULL;
        _cleanup_free_ char *message = NULL;
        _cleanup_error_ struct error error = {};
        _cleanup_strv_ char **warnings = NULL;
        char *pin = (char *)"x";

        assert_int_equal(images_dissect("tree", &d, &message), 0);
        assert_int_equal(dissected_pin(d, 262, &pin, &error), 0);
        assert_null(pin);
        assert_int_equal(dissected_warn(d, 252, false, &warnings, &warnings, &error), 0);
        assert_null(warnings);
}

static void test_tables(void **state)
{
        images_partition("generic.raw", 8, "label: gpt\nsize=2M, type=" GPT_LINUX);
        images_put("generic.raw", "root.img", 1);
        assert_pin("generic.raw", "root=unprotected:=absent", "root=squashfs:=absent");

        images_partition("flags.raw", 8,
                         "label: gpt\nsize=2M, type=" GPT_ROOT_X86_64 ", attrs=\"GUID:60,GUID:59\"");
        images_put("flags.raw", "root.img", 1);
        assert_pin("flags.raw", "root=unprotected:=absent", "root=squashfs:=absent");

        images_partition("both.raw", 8,
                         "label: gpt\nsize=2M, type=" GPT_ROOT_X86_64 "\nsize=2M, type=" GPT_USR_X86_64);
        images_put("both.raw", "root.img", 1);
        images_put("both.raw", "usr.img", 3);
        assert_pin("both.raw", "root=unprotected:usr=unprotected:=absent",
                   "root=squashfs:usr=squashfs:=absent");

        images_partition("usr.raw", 8, "label: gpt\nsize=2M, type=" GPT_USR_X86_64);
        images_put("usr.raw", "usr.img", 1);
        assert_pin("usr.raw", "usr=unprotected:=absent", "usr=squashfs:=absent");
}

static void test_further_partitions(void **state)
{
        images_run("mkdir tree/home; mksquashfs tree home.img -quiet -no-progress -noappend; rmdir "
                   "tree/home; mke2fs -q -t "
                   "ext4 data.img 2M");
        images_partition("home.raw", 12,
                         "label: gpt\nsize=2M, type=" GPT_ROOT_X86_64 "\nsize=2M, type=" GPT_HOME
                         "\nsize=2M, type=" GPT_ESP "\nsize=2M, type=" GPT_SWAP);
        images_put("home.raw", "home.img", 1);
        images_put("home.raw", "data.img", 3);
        assert_pin("home.raw",
                   "root=unprotected:home=encrypted+unprotected:esp=unused+absent:"
                   "swap=unused+"
                   "absent:=absent",
                   "root=squashfs:home=ext4:esp=unused+absent:swap=unused+absent:=absent");
        /* Without a /home to mount it on no service would start. */
        images_put("home.raw", "root.img", 1);
        assert_pin("home.raw",
                   "root=unprotected:home=unused+absent:esp=unused+absent:swap="
                   "unused+absent:="
                   "absent",
                   "root=squashfs:home=unused+absent:esp=unused+absent:swap=unused+absent:=absent");
        /* Marked no-auto: a manager sees it, and must not use it. */
        images_partition("noauto.raw", 12,
                         "label: gpt\nsize=2M, type=" GPT_ROOT_X86_64 "\nsize=2M, type=" GPT_HOME
                         ", attrs=GUID:63");
        images_put("noauto.raw", "home.img", 1);
        images_put("noauto.raw", "data.img", 3);
        assert_pin("noauto.raw", "root=unprotected:home=unused+absent:=absent",
                   "root=squashfs:home=unused+absent:=absent");
}

static void test_warning(void **state)
{
        _cleanup_dissected_ struct dissected *d = NULL, *active = NULL;
        _cleanup_strv_ char **warnings = NULL, **none = NULL;
        _cleanup_free_ char *message = NULL, *wanted = NULL;
        _cleanup_error_ struct error error = {};

        images_partition("mbr.raw", 8, "label: dos\nsize=4M, type=83");
        images_put("mbr.raw", "root.img", 1);
        assert_int_equal(images_dissect("mbr.raw", &d, &message), 0);
        assert_true(asprintf(&wanted,
                             "Image '%s': its partition 1 is not marked active (bootable); systemd takes no "
                             "other MBR "
                             "partition as root, so services will not start from it",
                             images_path("mbr.raw")) > 0);
        assert_int_equal(dissected_warn(d, 262, false, &warnings, &warnings, &error), 0);
        assert_int_equal(strv_length(warnings), 1);
        assert_string_equal(warnings[0], wanted);
        images_partition("active.raw", 8, "label: dos\nsize=4M, type=83, bootable");
        images_put("active.raw", "root.img", 1);
        assert_int_equal(images_dissect("active.raw", &active, &message), 0);
        assert_int_equal(dissected_warn(active, 262, false, &none, &none, &error), 0);
        assert_null(none);
}

/* Opens root.img or another image under a policy. */
static int open_with(const char *name, const char *text, char **ret_message)
{
        _cleanup_error_ struct error error = {};
        _cleanup_close_ int fd = open(images_path(name), O_PATH | O_CLOEXEC);
        _cleanup_close_ int root = open(images_path(""), O_PATH | O_DIRECTORY | O_CLOEXEC);
        _cleanup_dissected_ struct dissected *d = NULL;
        struct image_policy policy;
        struct dissect_options options = {
                .root_fd = root, .image_fd = fd, .path = "/x.raw", .policy = &policy};
        int r;

        images_link(name, root);
        assert_int_equal(image_policy_parse(text, &policy, &error), 0);
        r = dissect_open(&options, &d, &error);
        *ret_message = strdup(r < 0 ? error_message(&error) : "");
        return r;
}

static void test_demands(void **state)
{
        static const char *const cases[][3] = {
                {"root.img", "*", ""},
                {"root.img", "root=unprotected", ""},
                {"root.img", "root=squashfs+read-only-on", ""},
                {"root.img", "=open:usr=absent", ""},
                {"plain.raw", "root=read-only-off+growfs-off:=absent", ""},
                {"root.img", "root=signed",
                 "Image '/x.raw': the file system is unprotected, but the image policy allows for 'root' "
                 "only: signed"},
                {"root.img", "root=verity+signed",
                 "Image '/x.raw': the file system is unprotected, but the image policy allows for 'root' "
                 "only: "
                 "verity+signed"},
                {"root.img", "~",
                 "Image '/x.raw': the file system is unprotected, but the image policy allows for 'root' "
                 "only: absent"},
                {"root.img", "-",
                 "Image '/x.raw': the image policy lets neither its root nor its usr partition be used"},
                {"root.img", "root=open:usr=unprotected",
                 "Image '/x.raw' has no 'usr' partition, but the image policy demands one that is: "
                 "unprotected"},
                {"root.img", "root=open:home=signed",
                 "Image '/x.raw' has no 'home' partition, but the image policy demands one that is: nothing "
                 "there is"},
                {"root.img", "root=erofs",
                 "Image '/x.raw': the file system is squashfs, but the image policy allows for 'root' only: "
                 "erofs"},
                {"root.img", "root=read-only-off",
                 "Image '/x.raw': the file system is read-only, but the image policy allows for 'root' "
                 "only: "
                 "read-only-off"},
                {"root.img", "root=growfs-on",
                 "Image '/x.raw': the file system is not to be grown, but the image policy allows for "
                 "'root' only: "
                 "growfs-on"},
                {"esp.raw", "root=open:=absent",
                 "Image '/x.raw': partition 2 (esp) is unprotected, but the image policy allows for 'esp' "
                 "only: absent"},
                {"esp.raw", "root=open", ""},
        };

        images_run("mke2fs -q -t ext4 -d tree plain.raw 4M");
        images_partition("esp.raw", 8,
                         "label: gpt\nsize=2M, type=" GPT_ROOT_X86_64 "\nsize=2M, type=" GPT_ESP);
        images_put("esp.raw", "root.img", 1);
        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_free_ char *message = NULL;
                int r = open_with(cases[i][0], cases[i][1], &message);

                assert_string_equal(message, cases[i][2]);
                assert_int_equal(r, *cases[i][2] ? -EPERM : 0);
        }
}

static void test_merge(void **state)
{
        static const char *const pins[] = {NULL, "root=signed+squashfs:=absent",
                                           "root=verity+squashfs:=absent", NULL};
        static const char *const flags[] = {
                "root=signed+read-only-on+growfs-off+squashfs:root-verity=read-only-on+growfs-off:"
                "root-verity-sig=read-only-on+growfs-off:=absent",
                "root=signed+squashfs:=absent"};
        _cleanup_error_ struct error error = {};
        _cleanup_free_ char *merged = NULL, *merged_flags = NULL;
        char *none = (char *)"x";

        assert_int_equal(dissected_pins_merge(pins, 4, &merged, &error), 0);
        assert_string_equal(merged,
                            "root=verity+signed+squashfs:root-verity-sig=unprotected+absent:=absent");
        assert_int_equal(dissected_pins_merge(flags, 2, &merged_flags, &error), 0);
        assert_string_equal(merged_flags, "root=signed+squashfs:root-verity=unprotected+unused+absent:"
                                          "root-verity-sig=unprotected+unused+absent:=absent");
        assert_int_equal(dissected_pins_merge(pins, 1, &none, &error), 0);
        assert_null(none);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_bare),    cmocka_unit_test(test_directory_has_none),
                cmocka_unit_test(test_tables),  cmocka_unit_test(test_further_partitions),
                cmocka_unit_test(test_warning), cmocka_unit_test(test_demands),
                cmocka_unit_test(test_merge),
        };

        return cmocka_run_group_tests(tests, images_setup, images_teardown);
}
