/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include <errno.h>
#include <stdio.h>

#include "basic/cleanup.h"
#include "verity/verity-parse.h"

#define HASH "0933997f42427168c2283d7979c2ce5ca2d413fb3aeade2214d2b7ac47de2251"

static struct verity_hash hash_of(const char *s)
{
        struct verity_hash h;

        assert_int_equal(verity_hash_parse(s, strlen(s), &h), 0);
        return h;
}

static void test_hash(void **state)
{
        static const char *const bad[] = {
                "",
                "00",
                HASH "0",
                "0933997f42427168c2283d7979c2ce5ca2d413fb3aeade2214d2b7ac47de225g",
                "0x33997f42427168c2283d7979c2ce5ca2d413fb3aeade2214d2b7ac47de2251",
                "0933997f42427168 c2283d7979c2ce5ca2d413fb3aeade2214d2b7ac47de22",
                HASH HASH "00",
        };
        char hex[VERITY_HEX_SIZE];
        struct verity_hash h = hash_of(" \n" HASH "\n"), upper = hash_of("0933997F42427168C2283D7979C2CE5C");

        assert_int_equal(h.size, 32);
        assert_int_equal(h.bytes[0], 0x09);
        assert_int_equal(h.bytes[31], 0x51);
        verity_hash_to_hex(&h, hex);
        assert_string_equal(hex, HASH);
        verity_hash_to_hex(&upper, hex);
        assert_string_equal(hex, "0933997f42427168c2283d7979c2ce5c");
        h = hash_of(HASH HASH);
        verity_hash_to_hex(&h, hex);
        assert_string_equal(hex, HASH HASH);
        for (size_t i = 0; i < ELEMENTSOF(bad); i++)
                assert_int_equal(verity_hash_parse(bad[i], strlen(bad[i]), &h), -EINVAL);
        /* A NUL is not a blank. */
        assert_int_equal(verity_hash_parse(HASH "\0\0", strlen(HASH) + 2, &h), -EINVAL);
}

static void test_uuids(void **state)
{
        static const char first[] = "0933997f-4242-7168-c228-3d7979c2ce5c",
                          last[] = "a2d413fb-3aea-de22-14d2-b7ac47de2251";
        static const char *const bad[] = {"",
                                          "0933997f42427168c2283d7979c2ce5c",
                                          "0933997f-4242-7168-c228-3d7979c2ce5",
                                          "0933997f-4242-7168-c228-3d7979c2ce5c0",
                                          "0933997f-4242-7168-c2283d-7979c2ce5c",
                                          "54029ce8-01"};
        struct verity_hash h,
                wanted = hash_of(HASH),
                longer = hash_of("0933997f42427168c2283d7979c2ce5c" HASH "a2d413fb3aeade2214d2b7ac47de2251");

        assert_int_equal(verity_hash_from_uuids(first, last, &h), 0);
        assert_true(verity_hash_equal(&h, &wanted));
        assert_true(verity_hash_matches_uuids(&wanted, first, last));
        assert_false(verity_hash_matches_uuids(&wanted, last, first));
        assert_false(verity_hash_matches_uuids(&wanted, first, first));
        /* A longer hash: its first and last 128 bits. */
        assert_true(verity_hash_matches_uuids(&longer, first, last));
        for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
                assert_int_equal(verity_hash_from_uuids(bad[i], last, &h), -EINVAL);
                assert_int_equal(verity_hash_from_uuids(first, bad[i], &h), -EINVAL);
        }
}

static void test_base64(void **state)
{
        static const struct {
                const char *text, *data;
        } good[] = {{"", ""},
                    {"Zg==", "f"},
                    {"Zm8=", "fo"},
                    {"Zm9v", "foo"},
                    {"Zm9v\nYg==", "foob"},
                    {" Z m 9 v Y m E = ", "fooba"},
                    {"+/+/", "\xfb\xff\xbf"}};
        static const char *const bad[] = {"Z",        "Zg",   "Zg=",  "Zg===", "====", "=",
                                          "Zg==Zg==", "Zm=v", "Zm9-", "Zm9v!", "Z=g="};

        for (size_t i = 0; i < ELEMENTSOF(good); i++) {
                _cleanup_free_ uint8_t *data = NULL;
                size_t size;

                assert_int_equal(base64_decode(good[i].text, strlen(good[i].text), &data, &size), 0);
                assert_int_equal(size, strlen(good[i].data));
                assert_memory_equal(data, good[i].data, size);
        }
        for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
                uint8_t *data;
                size_t size;

                assert_int_equal(base64_decode(bad[i], strlen(bad[i]), &data, &size), -EINVAL);
        }
}

static void test_signature(void **state)
{
        static const char text[] =
                "{\"rootHash\":\"" HASH "\",\"certificateFingerprint\":\"00\",\"signature\":\"Zm9v\"}";
        _cleanup_free_ char *padded = calloc(1, 65536);
        _cleanup_free_ uint8_t *signature = NULL;
        struct verity_hash h, wanted = hash_of(HASH);
        const char *why = NULL;
        size_t size;

        memcpy(padded, text, sizeof(text));
        assert_int_equal(verity_signature_parse(padded, 65536, &h, &signature, &size, &why), 0);
        assert_true(verity_hash_equal(&h, &wanted));
        assert_int_equal(size, 3);
        assert_memory_equal(signature, "foo", 3);
        assert_null(why);
}

static void test_signature_refused(void **state)
{
        static const struct {
                const char *text, *why;
        } cases[] = {
                {"", "it is empty"},
                {"{", "it is not a JSON object"},
                {"[]", "it is not a JSON object"},
                {"null", "it is not a JSON object"},
                {"\"x\"", "it is not a JSON object"},
                {"[[[[[[[[[[[[[[[[[[[[[", "it is not a JSON object"},
                {"{\"a\":[[[[[[1]]]]]]}", "it is not a JSON object"},
                {"{\"rootHash\":\"\xff\"}", "it is not a JSON object"},
                {"{}", "its rootHash is missing or no hexadecimal hash"},
                {"{\"rootHash\":12}", "its rootHash is missing or no hexadecimal hash"},
                {"{\"rootHash\":\"00\",\"signature\":\"Zm9v\"}",
                 "its rootHash is missing or no hexadecimal hash"},
                {"{\"rootHash\":\"" HASH "\"}", "its signature is missing or no base64"},
                {"{\"rootHash\":\"" HASH "\",\"signature\":\"\"}", "its signature is missing or no base64"},
                {"{\"rootHash\":\"" HASH "\",\"signature\":\"%\"}", "its signature is missing or no base64"},
                {"{\"rootHash\":\"" HASH "\",\"signature\":[\"Zm9v\"]}",
                 "its signature is missing or no base64"},
        };
        struct verity_hash h = {};
        uint8_t *signature;
        const char *why;
        size_t size;

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                why = NULL;
                assert_int_equal(verity_signature_parse(cases[i].text, strlen(cases[i].text) + 1, &h,
                                                        &signature, &size, &why),
                                 -EBADMSG);
                assert_string_equal(why, cases[i].why);
                assert_int_equal(h.size, 0);
        }
        assert_int_equal(verity_signature_parse("{}\0x", 4, &h, &signature, &size, &why), -EBADMSG);
        assert_string_equal(why, "there is data after its end");
}

static void test_pkcs7(void **state)
{
#define OID "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"
        static const struct {
                const char *data;
                size_t size;
                bool plausible;
        } cases[] = {
#define CASE(s, plausible) {s, sizeof(s) - 1, plausible}
                CASE("\x30\x0b" OID, true),
                CASE("\x30\x0b" OID "\n", true),
                CASE("\x30\x0d" OID "ab", true),
                CASE("\x30\x0e" OID "ab", false), /* cut off */
                CASE("\x30\x81\x0d" OID "ab", true),
                CASE("\x30\x82\x00\x0d" OID "ab", true),
                CASE("\x30\x82\xff\xff" OID "ab", false),
                CASE("\x30\x84\xff\xff\xff\xff" OID, false),
                CASE("\x30\x88" OID OID, false),
                CASE("\x30\x80" OID "ab\0\0", true), /* BER without a length */
                CASE("\x31\x0b" OID, false),
                CASE("\x30\x0b\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03", false),
                CASE("\x30", false),
                CASE("", false),
                CASE("-----BEGIN PKCS7-----", false),
#undef CASE
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_free_ char *copy = malloc(cases[i].size ?: 1);

                assert_non_null(copy);
                memcpy(copy, cases[i].data, cases[i].size);
                assert_int_equal(pkcs7_is_plausible(copy, cases[i].size), cases[i].plausible);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_hash),
                cmocka_unit_test(test_uuids),
                cmocka_unit_test(test_base64),
                cmocka_unit_test(test_signature),
                cmocka_unit_test(test_signature_refused),
                cmocka_unit_test(test_pkcs7),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
