/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include <errno.h>
#include <stdio.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/strv.h"
#include "manager/bus.h"
#include "portablectl/backend.h"
#include "portablectl/client.h"
#include "portablectl/daemon.h"
#include "wire/names.h"

static struct test_bus test_bus;

static int on_list(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        return sd_bus_reply_method_return(m, "a(ssbtttso)", 2, "b", "raw", true, UINT64_C(1), UINT64_C(2),
                                          UINT64_C(3), "running", "/b", "a", "directory", false, UINT64_C(0),
                                          UINT64_C(0), UINT64_MAX, "detached", "/a");
}

/* The old method's answer; units in no order, one empty, one with a NUL inside. */
static int on_metadata(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;

        if (sd_bus_message_new_method_return(m, &reply) < 0 ||
            sd_bus_message_append(reply, "s", "/x/a") < 0 ||
            sd_bus_message_append_array(reply, 'y', "ID=a\n", 5) < 0)
                return -EINVAL;
        sd_bus_message_append(reply, "a{say}", 2, "b.service", 3, 'b', 0, 'b', "a.service", 0);
        return sd_bus_send(NULL, reply, NULL);
}

static int on_metadata_extended(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        return sd_bus_reply_method_return(m, "saya{say}a{say}", "/x/a", 1, 'i', 1, "ext", 1, 'e', 1,
                                          "u.service", 0);
}

/* Tells which method was called with what, in the path of a change. */
static int on_attach(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        const char *image, *match, *profile, *mode;
        char text[128];
        int runtime;

        if (sd_bus_message_read(m, "sassbs", &image, 1, &match, &profile, &runtime, &mode) < 0)
                return -EINVAL;
        if (strcmp(image, "bad") == 0)
                return sd_bus_error_set(error, "org.freedesktop.portable1.NoSuchImage",
                                        "No image 'bad' found.");
        snprintf(text, sizeof(text), "%s %s %s %d %s", image, match, profile, runtime, mode);
        return sd_bus_reply_method_return(m, "a(sss)", 1, "mkdir", text, "");
}

static int on_attach_extended(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        uint64_t flags;
        char text[128];

        if (sd_bus_message_skip(m, "sasasss") < 0 || sd_bus_message_read(m, "t", &flags) < 0)
                return -EINVAL;
        snprintf(text, sizeof(text), "extended %u", (unsigned)flags);
        return sd_bus_reply_method_return(m, "a(sss)", 1, "mkdir", text, "");
}

static int on_reattach(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        return sd_bus_reply_method_return(m, "a(sss)a(sss)", 1, "unlink", "/old", "", 1, "copy", "/new",
                                          "/from");
}

static int on_detach(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        return sd_bus_reply_method_return(m, "a(sss)", 1, "unlink", "/old", "");
}

/* Not what the contract says. */
static int on_state(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        return sd_bus_reply_method_return(m, "t", UINT64_C(7));
}

static int on_release(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        return sd_bus_reply_method_return(m, "a{ss}", 2, "ID", "a", "PORTABLE_PREFIXES", "x y");
}

static const sd_bus_vtable vtable[] = {
        SD_BUS_VTABLE_START(SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("ListImages", "", "a(ssbtttso)", on_list, 0),
        SD_BUS_METHOD("GetImageMetadata", "sas", "saya{say}", on_metadata, 0),
        SD_BUS_METHOD("GetImageMetadataWithExtensions", "sasast", "saya{say}a{say}", on_metadata_extended,
                      0),
        SD_BUS_METHOD("GetImageOSRelease", "s", "a{ss}", on_release, 0),
        SD_BUS_METHOD("GetImageState", "s", "t", on_state, 0),
        SD_BUS_METHOD("AttachImage", "sassbs", "a(sss)", on_attach, 0),
        SD_BUS_METHOD("AttachImageWithExtensions", "sasassst", "a(sss)", on_attach_extended, 0),
        SD_BUS_METHOD("ReattachImage", "sassbs", "a(sss)a(sss)", on_reattach, 0),
        SD_BUS_METHOD("DetachImage", "sb", "a(sss)", on_detach, 0),
        SD_BUS_VTABLE_END,
};

static int setup(void **state)
{
        test_bus_start(&test_bus);
        test_bus_serve(&test_bus, PORTABLE_BUS_NAME, PORTABLE_MANAGER_PATH, PORTABLE_MANAGER_INTERFACE,
                       vtable, NULL);
        *state = test_bus_connect(&test_bus);
        return 0;
}

static int teardown(void **state)
{
        sd_bus_flush_close_unref(*state);
        test_bus_stop(&test_bus);
        return 0;
}

static void test_list(void **state)
{
        const struct operation_request request = {};
        _cleanup_result_ struct result result = {};
        const struct image_table *t = &result.images;
        _cleanup_error_ struct error error = {};

        assert_int_equal(daemon_run(*state, OPERATION_LIST, &request, NULL, &result, &error), 0);
        assert_int_equal(t->n, 2);
        assert_string_equal(t->rows[0].name, "a");
        assert_int_equal(t->rows[0].usage, UINT64_MAX);
        assert_string_equal(t->rows[1].state, "running");
        assert_true(t->rows[1].read_only);
        assert_int_equal(t->rows[1].mtime, 2);
}

static void test_metadata(void **state)
{
        _cleanup_result_ struct result plain = {}, extended = {};
        const struct image_metadata *m = &plain.metadata, *e = &extended.metadata;
        _cleanup_error_ struct error error = {};
        char *extensions[] = {(char *)"ext", NULL};

        assert_int_equal(daemon_run(*state, OPERATION_METADATA, &(struct operation_request){.image = "a"},
                                    NULL, &plain, &error),
                         0);
        assert_string_equal(m->path, "/x/a");
        assert_string_equal(m->release.content, "ID=a\n");
        assert_int_equal(m->n_units, 2);
        assert_string_equal(m->units[0].name, "a.service");
        assert_int_equal(m->units[0].size, 0);
        assert_int_equal(m->units[1].size, 3);
        assert_memory_equal(m->units[1].content, "b\0b", 4);

        assert_int_equal(daemon_run(*state, OPERATION_METADATA,
                                    &(struct operation_request){.image = "a", .extensions = extensions},
                                    NULL, &extended, &error),
                         0);
        assert_int_equal(e->n_extensions, 1);
        assert_string_equal(e->extensions[0].name, "ext");
        assert_int_equal(e->n_units, 1);
}

static void check_attach(sd_bus *bus, char *const *extensions, uint64_t flags, const char *expected)
{
        _cleanup_result_ struct result result = {};
        _cleanup_error_ struct error error = {};
        char *matches[] = {(char *)"app", NULL};
        struct operation_request request = {"app_1", extensions, matches, "strict", "copy", flags};

        assert_int_equal(daemon_run(bus, OPERATION_ATTACH, &request, NULL, &result, &error), 0);
        assert_int_equal(result.updated.n, 1);
        assert_string_equal(result.updated.items[0].path, expected);
}

/* Old daemons know only the old methods: they are used unless something new is asked for. */
static void test_attach(void **state)
{
        char *extensions[] = {(char *)"e", NULL}, *none[] = {NULL};

        check_attach(*state, NULL, 0, "app_1 app strict 0 copy");
        check_attach(*state, none, PORTABLE_RUNTIME, "app_1 app strict 1 copy");
        check_attach(*state, extensions, PORTABLE_RUNTIME, "extended 1");
        check_attach(*state, NULL, PORTABLE_FORCE_ATTACH | PORTABLE_FORCE_EXTENSION, "extended 6");
}

static void test_reattach_detach(void **state)
{
        _cleanup_result_ struct result result = {}, detached = {};
        _cleanup_error_ struct error error = {};
        struct operation_request request = {"app_1", NULL, NULL, "default", "", 0};

        assert_int_equal(daemon_run(*state, OPERATION_REATTACH, &request, NULL, &result, &error), 0);
        assert_string_equal(result.removed.items[0].path, "/old");
        assert_string_equal(result.updated.items[0].source, "/from");
        assert_int_equal(daemon_run(*state, OPERATION_DETACH, &(struct operation_request){.image = "app_1"},
                                    NULL, &detached, &error),
                         0);
        assert_int_equal(detached.removed.items[0].type, CHANGE_UNLINK);
}

static void test_errors(void **state)
{
        const struct operation_request a = {.image = "a"};
        struct error error = {};
        char *matches[] = {(char *)"app", NULL};
        struct operation_request request = {"bad", NULL, matches, "default", "", 0};
        _cleanup_result_ struct result result = {};

        assert_true(daemon_run(*state, OPERATION_ATTACH, &request, NULL, &result, &error) < 0);
        assert_int_equal(error.kind, ERROR_NO_SUCH_IMAGE);
        assert_string_equal(error_message(&error), "No image 'bad' found.");
        error_clear(&error);

        assert_true(daemon_run(*state, OPERATION_STATE, &a, NULL, &result, &error) < 0);
        assert_null(result.state.state);
        assert_non_null(strstr(error_message(&error), "GetImageState"));
        error_clear(&error);

        /* a method it does not have */
        assert_true(daemon_run(*state, OPERATION_REMOVE, &a, NULL, &result, &error) < 0);
        assert_true(error_is_set(&error));
        error_clear(&error);
}

static void test_release_field(void **state)
{
        struct client client = {.bus = *state};
        _cleanup_error_ struct error error = {};
        _cleanup_free_ char *value = NULL, *none = NULL;

        assert_int_equal(backend_get_release_field(&client, "a", "PORTABLE_PREFIXES", &value, &error), 0);
        assert_string_equal(value, "x y");
        assert_int_equal(backend_get_release_field(&client, "a", "NAME", &none, &error), 0);
        assert_null(none);
}

/* Last: ends the service. */
static void test_nobody_there(void **state)
{
        const struct operation_request request = {};
        _cleanup_result_ struct result result = {};
        struct error error = {};

        test_bus_end_service(&test_bus);
        assert_true(daemon_run(*state, OPERATION_LIST, &request, NULL, &result, &error) < 0);
        assert_non_null(strstr(error_message(&error), "not installed"));
        error_clear(&error);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_list),         cmocka_unit_test(test_metadata),
                cmocka_unit_test(test_attach),       cmocka_unit_test(test_reattach_detach),
                cmocka_unit_test(test_errors),       cmocka_unit_test(test_release_field),
                cmocka_unit_test(test_nobody_there),
        };

        return cmocka_run_group_tests(tests, setup, teardown);
}
