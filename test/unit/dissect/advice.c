/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include <errno.h>

#include "basic/cleanup.h"
#include "basic/strv.h"
#include "policy/policy.h"
#include "dissect/raw-advice.h"
#include "dissect/raw.h"

static char image[] = "/p/app.raw", data[] = "/p/app.verity";

static struct raw raw_make(uint32_t root_use)
{
        struct raw r = RAW_NONE;

        r.image = image;
        r.protection.use[DESIGNATOR_ROOT] = root_use;
        r.protection.use[DESIGNATOR_USR] = POLICY_ABSENT;
        if (root_use & (POLICY_VERITY | POLICY_SIGNED))
                r.root.hash = (struct verity_hash){{0xab, 0xcd}, 2};
        return r;
}

static void assert_hash(const struct raw *r, unsigned version, const char *hash, const char *path)
{
        _cleanup_free_ char *got = NULL, *got_path = NULL;

        assert_int_equal(raw_root_hash(r, version, &got, &got_path), 0);
        assert_string_equal(got ?: "none", hash);
        assert_string_equal(got_path ?: "none", path);
}

/* Managers to 257 do not take it from the partition table. */
static void test_hash_in_table(void **state)
{
        struct raw r = raw_make(POLICY_VERITY);

        r.has_table = true;
        assert_hash(&r, 252, "abcd", "none");
        assert_hash(&r, 254, "abcd", "none");
        assert_hash(&r, 257, "abcd", "none");
        assert_hash(&r, 0, "abcd", "none");
        assert_hash(&r, 258, "none", "none");
        assert_hash(&r, 262, "none", "none");
        r.root.beside = true;
        assert_hash(&r, 257, "none", "none");
        assert_hash(&r, 0, "none", "none");
        assert_hash(&r, 252, "abcd", "none");
}

/* Those without policies get it as the pin. */
static void test_hash_is_pin(void **state)
{
        struct raw r = raw_make(POLICY_SIGNED), plain = raw_make(POLICY_UNPROTECTED);

        r.root.beside = true;
        r.root.data = data;
        assert_hash(&r, 252, "abcd", "/p/app.verity");
        assert_hash(&r, 253, "abcd", "/p/app.verity");
        assert_hash(&r, 254, "none", "none");
        assert_hash(&r, 0, "none", "none");
        assert_hash(&plain, 252, "none", "none");
}

/* wanted: with "!" before each line for which the manager starts nothing. */
static void assert_warned(const struct raw *r, unsigned version, bool extension, const char *wanted)
{
        _cleanup_strv_ char **refused = NULL, **weak = NULL, **lines = NULL;
        _cleanup_free_ char *got = NULL;

        assert_int_equal(raw_warn(r, version, extension, &refused, &weak), 0);
        for (char **line = refused; line && *line; line++)
                assert_int_equal(strv_appendf(&lines, "!%s", *line), 0);
        for (char **line = weak; line && *line; line++)
                assert_int_equal(strv_append(&lines, *line), 0);
        got = strv_join(lines, "|");
        assert_string_equal(got, wanted);
}

static void test_signature_beside(void **state)
{
        struct raw r = raw_make(POLICY_VERITY);

        r.root.beside = true;
        assert_warned(&r, 252, false, "");
        r.root.signature_error = -ENOKEY;
        assert_warned(
                &r, 252, false,
                "!Image '/p/app.raw': the signature beside it is not one that is trusted here; systemd 252 "
                "starts no services from such an image");
        assert_warned(
                &r, 257, false,
                "!Image '/p/app.raw': the signature beside it is not one that is trusted here; systemd 257 "
                "starts no services from such an image");
        assert_warned(
                &r, 0, false,
                "!Image '/p/app.raw': the signature beside it is not one that is trusted here; systemd "
                "before 258 starts no services from such an image");
        assert_warned(
                &r, 262, false,
                "Image '/p/app.raw': the signature beside it is not one that is trusted here; it is used "
                "as an image without one");
}

static void test_signature_inside(void **state)
{
        struct raw r = raw_make(POLICY_VERITY);

        r.has_table = true;
        r.root.signature_error = -EKEYREJECTED;
        assert_warned(
                &r, 252, false,
                "!Image '/p/app.raw': the signature in it is not one that is trusted here; systemd 252 "
                "starts no services from such an image");
        assert_warned(
                &r, 257, false,
                "Image '/p/app.raw': the signature in it is not one that is trusted here; it is used as an "
                "image without one");
}

static void test_dates(void **state)
{
        struct raw r = raw_make(POLICY_VERITY);

        r.root.beside = true;
        r.root.signature_error = -EKEYEXPIRED;
        for (unsigned version = 252; version <= 262; version += 5)
                assert_warned(
                        &r, version, false,
                        "Image '/p/app.raw': the signature beside it was made with a certificate that has "
                        "expired or is not valid yet; it counts for nothing here, while systemd does not "
                        "look at dates");
}

/* Neither is the manager told to use it, so what it is does not matter. */
static void test_left_out(void **state)
{
        struct raw r = raw_make(POLICY_UNPROTECTED);

        r.has_table = true;
        r.root.left_out = true;
        for (unsigned version = 257; version <= 262; version += 5)
                assert_warned(
                        &r, version, false,
                        "Image '/p/app.raw': the image policy does not let the verity data of its root "
                        "partition be used: services use the partition without verity");
        r.root.signature_left_out = true;
        assert_warned(&r, 252, false,
                      "Image '/p/app.raw': the image policy does not let the verity data of its root "
                      "partition be used, which systemd 252 cannot be told: with the signature in the image "
                      "it uses them or starts no services");
        assert_warned(&r, 257, false,
                      "Image '/p/app.raw': the image policy does not let the verity data of its root "
                      "partition be used: services use the partition without verity");
        r.protection.use[DESIGNATOR_ROOT] = POLICY_ABSENT;
        r.root.left_out = r.root.signature_left_out = false;
        r.usr.left_out = true;
        r.protection.use[DESIGNATOR_USR] = POLICY_UNPROTECTED;
        assert_warned(&r, 0, false,
                      "Image '/p/app.raw': the image policy does not let the verity data of its usr "
                      "partition be used: services use the partition without verity");
}

/* What there is no setting for. */
static void test_not_told(void **state)
{
        struct raw r = raw_make(POLICY_VERITY);

        r.has_table = true;
        assert_warned(&r, 257, false, "");
        assert_warned(
                &r, 257, true,
                "Image '/p/app.raw': systemd 257 does not take the root hash of its root partition from "
                "the image: services use the partition without verity");
        assert_warned(&r, 258, true, "");
        r = raw_make(POLICY_ABSENT);
        r.has_table = true;
        r.protection.use[DESIGNATOR_USR] = POLICY_VERITY;
        assert_warned(
                &r, 0, false,
                "Image '/p/app.raw': systemd before 258 does not take the root hash of its usr partition "
                "from the image: services use the partition without verity");
        assert_warned(&r, 262, true, "");
        assert_warned(&r, 262, false,
                      "!Image '/p/app.raw': systemd 262 starts no services from an image with only a usr "
                      "partition");
        r.protection.use[DESIGNATOR_USR] = POLICY_UNPROTECTED;
        assert_warned(&r, 262, false,
                      "!Image '/p/app.raw': systemd 262 starts no services from an image with only a usr "
                      "partition");
        assert_warned(&r, 257, false, "");
        r.protection.use[DESIGNATOR_USR] = POLICY_SIGNED;
        assert_warned(
                &r, 257, false,
                "Image '/p/app.raw': systemd 257 does not take the root hash of its usr partition from the "
                "image: services use the partition without verity");
        assert_warned(&r, 258, true, "");
        r.usr.beside = true;
        assert_warned(&r, 252, false, "");
        assert_warned(&r, 257, false, "");
        r.protection.use[DESIGNATOR_ROOT] = POLICY_UNPROTECTED;
        assert_warned(&r, 262, false, "");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_hash_in_table),
                cmocka_unit_test(test_hash_is_pin),
                cmocka_unit_test(test_signature_beside),
                cmocka_unit_test(test_signature_inside),
                cmocka_unit_test(test_dates),
                cmocka_unit_test(test_left_out),
                cmocka_unit_test(test_not_told),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
