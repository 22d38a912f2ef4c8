/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "image/guard.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum behaviour {
        ANSWERS,
        STALLS,
        DIES,
};

static void look(int root_fd, size_t i, void *userdata)
{
        const enum behaviour *behaviours = userdata;

        if (behaviours[i] == STALLS)
                for (;;)
                        pause();
        if (behaviours[i] == DIES)
                _exit(EXIT_FAILURE);
}

static int64_t now_ms(void)
{
        struct timespec t;

        clock_gettime(CLOCK_MONOTONIC, &t);
        return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void check(enum behaviour *behaviours, size_t n, int64_t max_ms)
{
        bool answers[8] = {false};
        int64_t start = now_ms();
        int fd = open("/", O_PATH | O_CLOEXEC);

        assert_true(fd >= 0 && n <= 8);
        assert_int_equal(guard_run(fd, n, look, behaviours, answers), 0);
        for (size_t i = 0; i < n; i++)
                assert_int_equal(answers[i], behaviours[i] == ANSWERS);
        assert_true(now_ms() - start <= max_ms);
        close(fd);
}

static void test_nothing_to_do(void **state)
{
        check(NULL, 0, 1000);
}

static void test_all_answer(void **state)
{
        enum behaviour b[] = {ANSWERS, ANSWERS, ANSWERS};

        check(b, 3, GUARD_PATIENCE_MS / 2);
}

static void test_one_stalls(void **state)
{
        enum behaviour first[] = {STALLS, ANSWERS}, last[] = {ANSWERS, STALLS}, only[] = {STALLS};

        check(first, 2, 2 * GUARD_PATIENCE_MS);
        check(last, 2, 2 * GUARD_PATIENCE_MS);
        check(only, 1, 2 * GUARD_PATIENCE_MS);
}

static void test_further_ones_cost_little(void **state)
{
        enum behaviour b[] = {ANSWERS, STALLS, STALLS, ANSWERS, STALLS, STALLS, STALLS, ANSWERS};

        check(b, 8, 2 * GUARD_PATIENCE_MS);
}

static void test_one_dies(void **state)
{
        enum behaviour b[] = {ANSWERS, DIES, ANSWERS, DIES};

        check(b, 4, GUARD_PATIENCE_MS / 2);
}

static void look_at_descriptors(int root_fd, size_t i, void *userdata)
{
        int open_fds = 0;
        struct stat st;

        for (int fd = 3; fd < 100; fd++)
                open_fds += fstat(fd, &st) >= 0;
        /* The root, and the way back. */
        if (open_fds != 2 || fstat(root_fd, &st) < 0)
                _exit(EXIT_FAILURE);
}

/* Else whoever waits for the end of what this process has open would wait for the stuck one, too. */
static void test_no_other_descriptors(void **state)
{
        int low = open("/dev/null", O_RDONLY), fd = open("/", O_PATH | O_CLOEXEC),
            high = open("/dev/null", O_RDONLY);
        bool answer = false;

        assert_true(low >= 0 && fd >= 0 && high >= 0);
        assert_int_equal(guard_run(fd, 1, look_at_descriptors, NULL, &answer), 0);
        assert_true(answer);
        close(low);
        close(fd);
        close(high);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_nothing_to_do), cmocka_unit_test(test_all_answer),
                cmocka_unit_test(test_one_stalls),    cmocka_unit_test(test_further_ones_cost_little),
                cmocka_unit_test(test_one_dies),      cmocka_unit_test(test_no_other_descriptors),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
