/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include <errno.h>

#include "basic/error.h"
#include "wire/error-names.h"

/* Every errno gets the name that sd-bus gives it, or, where ours knows none, a plain failure. */
static void test_system_names(void **state)
{
        size_t named = 0;

        for (int e = 1; e < 134; e++) {
                sd_bus_error theirs = SD_BUS_ERROR_NULL;
                struct error ours = {.kind = ERROR_SYSTEM, .errnum = e};
                const char *name = error_bus_name(&ours);

                sd_bus_error_set_errno(&theirs, e);
                if (strcmp(name, SD_BUS_ERROR_FAILED) != 0) {
                        assert_string_equal(name, theirs.name);
                        named++;
                }
                sd_bus_error_free(&theirs);
        }
        assert_true(named > 60);
}

static void test_there_and_back(void **state)
{
        for (int kind = ERROR_FAILED; kind < ERROR_KIND_MAX; kind++) {
                struct error from = {}, to = {};
                sd_bus_error bus = SD_BUS_ERROR_NULL;

                error_set(&from, (enum error_kind)kind, EBUSY, "Image '%s' is odd", "x");
                assert_int_equal(error_to_bus(&from, &bus), -EBUSY);
                assert_string_equal(bus.message, "Image 'x' is odd");
                assert_true(error_from_bus(&to, &bus, -EIO) < 0);
                assert_int_equal(to.kind, kind);
                assert_string_equal(error_message(&to), "Image 'x' is odd");
                if (kind == ERROR_SYSTEM)
                        assert_int_equal(to.errnum, EBUSY);
                error_clear(&from);
                error_clear(&to);
                sd_bus_error_free(&bus);
        }
}

static void test_contract_names(void **state)
{
        static const struct {
                enum error_kind kind;
                const char *name;
        } contract[] = {
                {ERROR_NO_SUCH_IMAGE, "org.freedesktop.portable1.NoSuchImage"},
                {ERROR_BAD_IMAGE_TYPE, "org.freedesktop.portable1.BadImageType"},
                {ERROR_NO_MATCHING_UNIT_FILES, "org.freedesktop.portable1.NoMatchingUnitFiles"},
                {ERROR_UNIT_EXISTS, "org.freedesktop.systemd1.UnitExists"},
                {ERROR_NO_SUCH_UNIT, "org.freedesktop.systemd1.NoSuchUnit"},
                {ERROR_INVALID_ARGS, "org.freedesktop.DBus.Error.InvalidArgs"},
                {ERROR_LIMITS_EXCEEDED, "org.freedesktop.DBus.Error.LimitsExceeded"},
                {ERROR_NOT_SUPPORTED, "org.freedesktop.DBus.Error.NotSupported"},
                {ERROR_ACCESS_DENIED, "org.freedesktop.DBus.Error.AccessDenied"},
                {ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED,
                 "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired"},
        };

        for (size_t i = 0; i < sizeof(contract) / sizeof(*contract); i++) {
                struct error e = {.kind = contract[i].kind, .errnum = EIO};

                assert_string_equal(error_bus_name(&e), contract[i].name);
        }
}

static void test_unknown(void **state)
{
        struct error e = {};
        sd_bus_error bus = SD_BUS_ERROR_MAKE_CONST("org.example.Odd", "Something odd");

        assert_int_equal(error_from_bus(&e, &bus, -ENXIO), -ENXIO);
        assert_int_equal(e.kind, ERROR_FAILED);
        assert_string_equal(error_message(&e), "Something odd");
        error_clear(&e);

        /* No message: better the name than nothing. */
        bus = SD_BUS_ERROR_MAKE_CONST("org.example.Odd", "");
        error_from_bus(&e, &bus, -ENXIO);
        assert_string_equal(error_message(&e), "org.example.Odd");
        error_clear(&e);

        /* No answer at all. */
        bus = SD_BUS_ERROR_NULL;
        assert_int_equal(error_from_bus(&e, &bus, -ECONNRESET), -ECONNRESET);
        assert_int_equal(e.kind, ERROR_SYSTEM);
        error_clear(&e);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_system_names),
                cmocka_unit_test(test_there_and_back),
                cmocka_unit_test(test_contract_names),
                cmocka_unit_test(test_unknown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
