/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include <errno.h>
#include <time.h>

#include "basic/cleanup.h"
#include "basic/pack.h"
#include "manager/bus.h"
#include "wire/codec.h"
#include "wire/methods.h"
#include "wire/names.h"
#include "wire/result.h"

/* What a method returns, as another process of ours gets it. */
static void send_packed(const struct method *m, const struct result *from, struct result *to)
{
        _cleanup_pack_ struct pack p = {};
        const struct codec_field *f;
        struct unpack u;

        for (size_t i = 0; (f = method_result(m, i)); i++)
                codec_pack(&p, f, from);
        u = (struct unpack){.data = p.data, .size = p.size};
        for (size_t i = 0; (f = method_result(m, i)); i++)
                codec_unpack(&u, f, to);
        assert_int_equal(unpack_finish(&u), 0);
        for (size_t size = 0; size < p.size; size++) {
                _cleanup_result_ struct result part = {};

                u = (struct unpack){.data = p.data, .size = size};
                for (size_t i = 0; (f = method_result(m, i)); i++)
                        codec_unpack(&u, f, &part);
                assert_true(unpack_finish(&u) < 0);
        }
}

/* The same as a caller gets it. */
static void send_message(sd_bus *bus, const struct method *m, const struct result *from, struct result *to)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *message = NULL;
        const struct codec_field *f;

        assert_true(sd_bus_message_new_signal(bus, &message, "/a", "a.b", "C") >= 0);
        for (size_t i = 0; (f = method_result(m, i)); i++)
                if (f->name)
                        assert_true(codec_append(message, f, from) >= 0);
        assert_true(sd_bus_message_seal(message, 1, 0) >= 0);
        assert_true(sd_bus_message_rewind(message, true) >= 0);
        for (size_t i = 0; (f = method_result(m, i)); i++)
                if (f->name)
                        assert_true(codec_read(message, f, to, NULL, NULL) >= 0);
        assert_true(sd_bus_message_at_end(message, true) > 0);
}

static void check_outcomes(const struct result *r)
{
        const struct operation_result *o = r->outcomes.items;

        assert_int_equal(r->outcomes.n, 2);
        assert_string_equal(o[0].image, "app");
        assert_int_equal(o[0].updated.n, 2);
        assert_int_equal(o[0].updated.items[0].type, CHANGE_MKDIR);
        assert_string_equal(o[0].updated.items[1].source, "/from");
        assert_string_equal(o[0].warnings[0], "careful");
        assert_int_equal(o[0].error.kind, ERROR_NONE);
        assert_int_equal(o[1].error.kind, ERROR_NO_SUCH_IMAGE);
        assert_string_equal(o[1].error.message, "No image");
        assert_int_equal(o[1].removed.n, 0);
}

static void test_outcomes(void **state)
{
        const struct method *change = method_find(PORTABLED_INTERFACE, "Change");
        char *warnings[] = {(char *)"careful", NULL};
        struct operation_result items[] = {
                {.image = (char *)"app", .warnings = warnings},
                {.image = (char *)"none", .error = {ERROR_NO_SUCH_IMAGE, ENOENT, (char *)"No image"}},
        };
        const struct result from = {.outcomes = {items, 2}};
        _cleanup_result_ struct result packed = {}, read = {};

        assert_non_null(change_list_add(&items[0].updated, CHANGE_MKDIR, "/a", NULL));
        assert_non_null(change_list_add(&items[0].updated, CHANGE_COPY, "/b", "/from"));
        send_packed(change, &from, &packed);
        check_outcomes(&packed);
        send_message(*state, change, &from, &read);
        check_outcomes(&read);
        change_list_clear(&items[0].updated);
}

static void test_rows(void **state)
{
        const struct method *list = method_find(PORTABLE_MANAGER_INTERFACE, "ListImages");
        struct image_row rows[] = {{(char *)"app_1", (char *)"raw", (char *)"running", true, 1, 2, 3}};
        const struct result from = {.images = {rows, 1}};
        _cleanup_result_ struct result packed = {}, read = {};

        send_packed(list, &from, &packed);
        assert_string_equal(packed.images.rows[0].name, "app_1");
        assert_string_equal(packed.images.rows[0].state, "running");
        assert_true(packed.images.rows[0].read_only);
        send_message(*state, list, &packed, &read);
        assert_int_equal(read.images.n, 1);
        assert_string_equal(read.images.rows[0].type, "raw");
        assert_int_equal(read.images.rows[0].usage, 3);
}

static int refuse_second(const struct codec_field *f, const char *s, size_t n, void *userdata)
{
        size_t *asked = userdata;

        ++*asked;
        return s && n == 1 ? -E2BIG : 0;
}

/* Who reads has a say in each item. */
static void test_accept(void **state)
{
        const struct method *m = method_find(PORTABLE_MANAGER_INTERFACE, "GetImageMetadata");
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *message = NULL;
        struct operation_request request = {};
        size_t asked = 0;

        assert_true(sd_bus_message_new_signal(*state, &message, "/a", "a.b", "C") >= 0);
        assert_true(sd_bus_message_append(message, "sas", "app", 3, "a", "b", "c") >= 0);
        assert_true(sd_bus_message_seal(message, 1, 0) >= 0);
        assert_true(sd_bus_message_rewind(message, true) >= 0);
        assert_true(codec_read(message, method_argument(m, 0, false), &request, refuse_second, &asked) >= 0);
        assert_string_equal(request.image, "app");
        assert_int_equal(codec_read(message, method_argument(m, 1, false), &request, refuse_second, &asked),
                         -E2BIG);
        assert_int_equal(asked, 3);
        operation_request_clear(&request);
}

static double processor_seconds(void)
{
        struct timespec t;

        assert_return_code(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t), errno);
        return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* How long it takes to read a message with so many empty strings. */
static double seconds_for(sd_bus *bus, size_t n)
{
        const struct method *m = method_find(PORTABLE_MANAGER_INTERFACE, "GetImageMetadata");
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *message = NULL;
        struct operation_request request = {};
        double before;

        assert_true(sd_bus_message_new_signal(bus, &message, "/a", "a.b", "C") >= 0);
        assert_true(sd_bus_message_append(message, "s", "app") >= 0);
        assert_true(sd_bus_message_open_container(message, 'a', "s") >= 0);
        for (size_t i = 0; i < n; i++)
                assert_true(sd_bus_message_append_basic(message, 's', "") >= 0);
        assert_true(sd_bus_message_close_container(message) >= 0);
        assert_true(sd_bus_message_seal(message, 1, 0) >= 0);
        assert_true(sd_bus_message_rewind(message, true) >= 0);
        before = processor_seconds();
        assert_true(codec_read(message, method_argument(m, 0, false), &request, NULL, NULL) >= 0);
        assert_true(codec_read(message, method_argument(m, 1, false), &request, NULL, NULL) >= 0);
        before = processor_seconds() - before;
        operation_request_clear(&request);
        return before;
}

/* Sixteen times as many cost sixteen times as much, not its square. */
static void test_linear(void **state)
{
        double few = 1e9, many = 1e9;

        for (int i = 0; i < 5; i++) {
                double f = seconds_for(*state, 10000), m = seconds_for(*state, 160000);

                few = f < few ? f : few;
                many = m < many ? m : many;
        }
        assert_true(many < 80 * few);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_outcomes),
                cmocka_unit_test(test_rows),
                cmocka_unit_test(test_accept),
                cmocka_unit_test(test_linear),
        };

        return cmocka_run_group_tests(tests, test_bus_setup, test_bus_teardown);
}
