/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include "basic/cleanup.h"
#include "basic/pack.h"
#include "worker/job-spare.h"
#include "worker/job.h"

#define _cleanup_job_ __attribute__((cleanup(job_clear)))

static char *list[] = {(char *)"a", (char *)"b", NULL};
static struct job_image images[] = {{"one", list}, {"two", NULL}};

static struct job full_job(void)
{
        return (struct job){
                .verb = "attach",
                .images = images,
                .n_images = 2,
                .image = "/srv/x y",
                .extensions = list,
                .matches = list + 1,
                .profile = "trusted",
                .copy_mode = "",
                .flags = UINT64_MAX,
                .read_only = true,
                .limit = 1ULL << 40,
                .caller_uid = 1000,
                .of_object = true,
        };
}

static void test_round_trip(void **state)
{
        struct job job = full_job();
        _cleanup_pack_ struct pack p = {};
        _cleanup_job_ struct job back = {};
        struct unpack u;

        job_pack(&p, &job);
        assert_false(p.failed);
        u = (struct unpack){.data = p.data, .size = p.size};
        job_unpack(&u, &back);
        assert_int_equal(unpack_finish(&u), 0);

        assert_string_equal(back.verb, "attach");
        assert_int_equal(back.n_images, 2);
        assert_string_equal(back.images[0].image, "one");
        assert_string_equal(back.images[0].matches[1], "b");
        assert_null(back.images[0].matches[2]);
        assert_string_equal(back.images[1].image, "two");
        assert_null(back.images[1].matches[0]);
        assert_string_equal(back.image, "/srv/x y");
        assert_string_equal(back.extensions[0], "a");
        assert_string_equal(back.matches[0], "b");
        assert_null(back.matches[1]);
        assert_string_equal(back.profile, "trusted");
        assert_string_equal(back.copy_mode, "");
        assert_true(back.flags == UINT64_MAX);
        assert_true(back.read_only);
        assert_true(back.limit == 1ULL << 40);
        assert_int_equal(back.caller_uid, 1000);
        assert_true(back.of_object);
        assert_null(back.prepared);
}

/* What was not given stays not given. */
static void test_empty(void **state)
{
        const struct job job = {};
        _cleanup_pack_ struct pack p = {};
        _cleanup_job_ struct job back = {};
        struct unpack u;

        job_pack(&p, &job);
        u = (struct unpack){.data = p.data, .size = p.size};
        job_unpack(&u, &back);
        assert_int_equal(unpack_finish(&u), 0);
        assert_null(back.verb);
        assert_int_equal(back.n_images, 0);
        assert_null(back.image);
        assert_null(back.profile);
        assert_null(back.extensions[0]);
        assert_false(back.read_only);
}

static void test_cut_off(void **state)
{
        struct job job = full_job();
        _cleanup_pack_ struct pack p = {};

        job_pack(&p, &job);
        for (size_t size = 0; size < p.size; size++) {
                _cleanup_job_ struct job back = {};
                struct unpack u = {.data = p.data, .size = size};

                job_unpack(&u, &back);
                assert_true(unpack_finish(&u) < 0);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_round_trip),
                cmocka_unit_test(test_empty),
                cmocka_unit_test(test_cut_off),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
