/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include "portablectl/progress.h"

static void check(const char *path, uint64_t done, uint64_t total, size_t columns, const char *expected)
{
        char buf[64];

        progress_format(path, done, total, columns, buf, sizeof(buf));
        assert_string_equal(buf, expected);
}

static void test_lines(void **state)
{
        check("/srv/app.raw", 0, 2048, 60, "Copying /srv/app.raw: 0B of 2.0K (0%)");
        check("/srv/app.raw", 1024, 2048, 60, "Copying /srv/app.raw: 1.0K of 2.0K (50%)");
        check("/srv/app.raw", 2047, 2048, 60, "Copying /srv/app.raw: 1.9K of 2.0K (99%)");
        check("/srv/app.raw", 2048, 2048, 60, "Copying /srv/app.raw: 2.0K of 2.0K (100%)");
        /* An image that grows while it is copied, and one whose size nobody knows. */
        check("/srv/app.raw", 4096, 2048, 60, "Copying /srv/app.raw: 4.0K of 2.0K (100%)");
        check("/srv/app.raw", 4096, 0, 60, "Copying /srv/app.raw: 4.0K");
        check("/srv/app.raw", UINT64_MAX - 1, UINT64_MAX - 1, 60,
              "Copying /srv/app.raw: 15.9E of 15.9E (100%)");
}

static void test_room(void **state)
{
        check("/srv/app.raw", 1024, 2048, 41, "Copying /srv/app.raw: 1.0K of 2.0K (50%)");
        check("/srv/app.raw", 1024, 2048, 39, "Copying app.raw: 1.0K of 2.0K (50%)");
        check("/srv/app.raw", 1024, 2048, 33, "Copying image: 1.0K of 2.0K (50%)");
        check("/srv/app.raw", 1024, 2048, 30, "1.0K of 2.0K (50%)");
        check("/srv/app.raw", 1024, 2048, 10, "1.0K of 2.");
        check("/srv/app.raw", 1024, 2048, 0, "");
}

/* Whoever sends the signal, or names an image, does not command the terminal. */
static void test_hostile_path(void **state)
{
        check("/srv/\033[2J\r", 1, 2, 60, "Copying /srv/\\x1b[2J\\x0d: 1B of 2B (50%)");
        check("", 1, 2, 60, "Copying image: 1B of 2B (50%)");
}

int main(void)
{
        const struct CMUnitTest tests[] = {cmocka_unit_test(test_lines), cmocka_unit_test(test_room),
                                           cmocka_unit_test(test_hostile_path)};

        return cmocka_run_group_tests(tests, NULL, NULL);
}
