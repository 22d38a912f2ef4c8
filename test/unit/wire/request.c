/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include "basic/cleanup.h"
#include "basic/pack.h"
#include "wire/methods.h"
#include "wire/names.h"
#include "wire/request.h"

#define _cleanup_request_ __attribute__((cleanup(operation_request_clear)))

static char *list[] = {(char *)"a", (char *)"b", NULL};
static struct request_image images[] = {{"one", list}, {"two", NULL}};

static struct request_item items[] = {
        {"attach", "web", "one", list, list + 1, "trusted", "copy", list, "root=verity", 1},
        {"detach", "", "two", NULL, NULL, "", "", NULL, "", 0},
};

static const struct operation_request full = {
        .items = items,
        .n_items = 2,
        .change = "attach",
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
        .viewer = OPERATION_STRANGER,
        .of_object = true,
        .debug = true,
};

static void test_round_trip(void **state)
{
        const struct method *method = method_find(PORTABLED_INTERFACE, "Change"), *found = NULL;
        _cleanup_pack_ struct pack p = {};
        _cleanup_request_ struct operation_request back = {};
        struct unpack u;

        assert_non_null(method);
        operation_request_pack(&p, method, &full);
        assert_false(p.failed);
        u = (struct unpack){.data = p.data, .size = p.size};
        operation_request_unpack(&u, &found, &back);
        assert_int_equal(unpack_finish(&u), 0);
        assert_ptr_equal(found, method);

        assert_string_equal(back.change, "attach");
        assert_int_equal(back.n_images, 2);
        assert_string_equal(back.images[0].image, "one");
        assert_string_equal(back.images[0].matches[1], "b");
        assert_null(back.images[0].matches[2]);
        assert_string_equal(back.images[1].image, "two");
        assert_null(back.images[1].matches[0]);
        assert_int_equal(back.n_items, 2);
        assert_string_equal(back.items[0].change, "attach");
        assert_string_equal(back.items[0].definition, "web");
        assert_string_equal(back.items[0].extensions[1], "b");
        assert_string_equal(back.items[0].matches[0], "b");
        assert_string_equal(back.items[0].policy, "root=verity");
        assert_true(back.items[0].flags == 1);
        assert_string_equal(back.items[1].image, "two");
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
        assert_int_equal(back.viewer, OPERATION_STRANGER);
        assert_true(back.of_object);
        assert_true(back.debug);
}

/* What was not given stays not given. */
static void test_empty(void **state)
{
        const struct operation_request request = {};
        const struct method *found = NULL;
        _cleanup_pack_ struct pack p = {};
        _cleanup_request_ struct operation_request back = {};
        struct unpack u;

        operation_request_pack(&p, methods, &request);
        u = (struct unpack){.data = p.data, .size = p.size};
        operation_request_unpack(&u, &found, &back);
        assert_int_equal(unpack_finish(&u), 0);
        assert_null(back.change);
        assert_int_equal(back.n_images, 0);
        assert_null(back.image);
        assert_null(back.profile);
        assert_null(back.extensions[0]);
        assert_false(back.read_only);
}

static void test_cut_off(void **state)
{
        _cleanup_pack_ struct pack p = {};

        operation_request_pack(&p, methods, &full);
        for (size_t size = 0; size < p.size; size++) {
                _cleanup_request_ struct operation_request back = {};
                const struct method *found = NULL;
                struct unpack u = {.data = p.data, .size = size};

                operation_request_unpack(&u, &found, &back);
                assert_true(unpack_finish(&u) < 0);
                assert_null(found);
        }
}

/* Each method can be found by its name, and has a place for all that its lists name. */
static void test_table(void **state)
{
        for (size_t i = 0; i < n_methods; i++) {
                const struct method *m = methods + i;

                if (m->member)
                        assert_ptr_equal(method_find(m->interface, m->member), m);
                if (m->image_member)
                        assert_ptr_equal(method_find(PORTABLE_IMAGE_INTERFACE, m->image_member), m);
                assert_int_equal(m->arguments[METHOD_ARGUMENTS_MAX - 1], ARGUMENT_NONE);
                assert_int_equal(m->results[METHOD_ARGUMENTS_MAX - 1], RESULT_NONE);
                if (m->image_member)
                        assert_int_equal(m->arguments[0], ARGUMENT_IMAGE);
                for (size_t k = 0; m->arguments[k] != ARGUMENT_NONE; k++)
                        assert_non_null(method_argument(m, k, false));
        }
        assert_null(method_find(PORTABLE_MANAGER_INTERFACE, "Attach"));
        assert_null(method_find(PORTABLE_MANAGER_INTERFACE, "recover"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_round_trip),
                cmocka_unit_test(test_empty),
                cmocka_unit_test(test_cut_off),
                cmocka_unit_test(test_table),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
