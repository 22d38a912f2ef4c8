/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include <errno.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "input.h"

static void check(const struct plan_attach *input, const struct plan_unit *unit, const char *expected)
{
        _cleanup_error_ struct error error = {};
        _cleanup_free_ char *text = NULL;

        assert_int_equal(plan_dropin_format(input, unit, &text, &error), 0);
        assert_string_equal(text, expected);
}

/* A manager that does not know RootMStack= would run the service on the host's own root. */
static void test_layers_by_version(void **state)
{
        static const struct plan_layer layers[] = {{
                .path = "/var/lib/portables/app_1.mstack",
                .type = IMAGE_MSTACK,
                .name_and_version = "app_1",
        }};
        static const unsigned too_old[] = {0, 252, 257, 259};
        struct plan_attach input = input_make();

        input.layers = layers;
        input.manager_version = 260;
        check(&input, input_units,
              "# Drop-in created for image '/var/lib/portables/app_1.mstack', do not edit.\n"
              "\n"
              "[Service]\n"
              "RootMStack=/var/lib/portables/app_1.mstack\n"
              "Environment=PORTABLE=app_1.mstack\n"
              "LogExtraFields=PORTABLE=app_1.mstack\n"
              "LogExtraFields=PORTABLE_NAME_AND_VERSION=app_1\n");
        for (size_t i = 0; i < ELEMENTSOF(too_old); i++) {
                _cleanup_error_ struct error error = {};
                char *text = NULL;

                input.manager_version = too_old[i];
                assert_int_equal(plan_dropin_format(&input, input_units, &text, &error), -EOPNOTSUPP);
                assert_null(text);
                assert_int_equal(error.kind, ERROR_NOT_SUPPORTED);
                assert_non_null(strstr(error_message(&error), "needs service manager 260 or newer"));
        }
}

static void test_raw_by_version(void **state)
{
        static const struct plan_layer pinned[] = {{
                .path = "/var/lib/portables/app_1.raw",
                .type = IMAGE_RAW,
                .name_and_version = "app_1",
                .pin = "root=verity:=absent",
        }};
        struct plan_attach input = input_make();

        check(&input, input_units,
              "# Drop-in created for image '/var/lib/portables/app_1.raw', do not edit.\n"
              "\n"
              "[Service]\n"
              "RootImage=/var/lib/portables/app_1.raw\n"
              "Environment=PORTABLE=app_1.raw\n"
              "LogExtraFields=PORTABLE=app_1.raw\n"
              "LogExtraFields=PORTABLE_NAME_AND_VERSION=app_1\n");
        input.layers = pinned;
        check(&input, input_units,
              "# Drop-in created for image '/var/lib/portables/app_1.raw', do not edit.\n"
              "\n"
              "[Service]\n"
              "RootImage=/var/lib/portables/app_1.raw\n"
              "Environment=PORTABLE=app_1.raw\n"
              "LogExtraFields=PORTABLE=app_1.raw\n"
              "RootImagePolicy=root=verity:=absent\n"
              "LogExtraFields=PORTABLE_NAME_AND_VERSION=app_1\n");
        input = input_make();
        input.manager_version = 252;
        check(&input, input_units,
              "# Drop-in created for image '/var/lib/portables/app_1.raw', do not edit.\n"
              "\n"
              "[Service]\n"
              "RootImage=/var/lib/portables/app_1.raw\n"
              "Environment=PORTABLE=app_1.raw\n"
              "BindReadOnlyPaths=/etc/os-release:/run/host/os-release\n"
              "LogExtraFields=PORTABLE=app_1.raw\n"
              "LogExtraFields=PORTABLE_NAME_AND_VERSION=app_1\n");
}

/* What would not be known as attached afterwards is not attached. */
/* As a user's service manager of 252 needs it. */
static void test_user(void **state)
{
        static const struct plan_layer directory[] = {{
                .path = "/home/alice/.local/state/portables/app_1",
                .type = IMAGE_DIRECTORY,
        }};
        struct plan_attach input = input_make();

        input.layers = directory;
        input.user = true;
        check(&input, input_units,
              "# Drop-in created for image '/home/alice/.local/state/portables/app_1', do not edit.\n"
              "\n"
              "[Service]\n"
              "RootDirectory=/home/alice/.local/state/portables/app_1\n"
              "PrivateUsers=yes\n"
              "Environment=PORTABLE=app_1\n"
              "LogExtraFields=PORTABLE=app_1\n");
}

static void test_too_long(void **state)
{
        enum { LAYERS = 17 };
        struct plan_layer layers[LAYERS] = {};
        _cleanup_error_ struct error error = {};
        struct plan_attach input = input_make();
        _cleanup_free_ char *text = NULL;
        char path[4000] = "/";

        memset(path + 1, 'x', sizeof(path) - 2);
        for (unsigned i = 0; i < LAYERS; i++)
                layers[i].path = path;
        input.layers = layers;
        input.n_layers = LAYERS;
        assert_int_equal(plan_dropin_format(&input, input_units, &text, &error), -E2BIG);
        assert_int_equal(error.kind, ERROR_INVALID_ARGS);
        assert_non_null(
                strstr(error_message(&error), "with 17 images that it names; it can have 65536 at most"));
        assert_null(text);
        input.n_layers = 3;
        assert_int_equal(plan_dropin_format(&input, input_units, &text, NULL), 0);
}

static void test_root_hash(void **state)
{
        static const struct plan_layer hashed[] = {{
                .path = "/srv/50%/app_1.raw",
                .type = IMAGE_RAW,
                .root_hash = "0123abcd",
                .root_verity = "/srv/50%/app_1.verity",
        }};
        struct plan_attach input = input_make();

        input.layers = hashed;
        check(&input, input_units,
              "# Drop-in created for image '/srv/50%/app_1.raw', do not edit.\n"
              "\n"
              "[Service]\n"
              "RootImage=/srv/50%%/app_1.raw\n"
              "Environment=PORTABLE=app_1.raw\n"
              "LogExtraFields=PORTABLE=app_1.raw\n"
              "RootHash=0123abcd\n"
              "RootVerity=/srv/50%%/app_1.verity\n");
}

static void test_other_units_get_the_marker_only(void **state)
{
        struct plan_attach input = input_make();

        check(&input, input_units + 1,
              "# Drop-in created for image '/var/lib/portables/app_1.raw', do not edit.\n");
        input.kept = (char *[]){(char *)"/etc/portables/app_1.raw", NULL};
        check(&input, input_units + 1,
              "# Drop-in created for image '/var/lib/portables/app_1.raw', do not "
              "edit.\n# There before the attach: '/etc/portables/app_1.raw', detach keeps it.\n");
}

static void test_extensions(void **state)
{
        static const struct plan_layer layers[] = {
                {.path = "/p/base_1", .name_and_version = "base_1"},
                {.path = "/p/ext:a.raw",
                 .type = IMAGE_RAW,
                 .name_and_version = "ext_2",
                 .pin = "root=verity:=absent"},
                {.path = "/p/conf"},
                {.path = "/p/third.raw", .type = IMAGE_RAW},
        };
        static const struct plan_unit unit = {.name = "app.service", .content = "", .layer = 1};
        struct plan_attach input = input_make();

        input.layers = layers;
        input.n_layers = 4;
        input.relax_extension_check = true;
        input.extension_pin = "root=verity:=absent";
        check(&input, &unit,
              "# Drop-in created for image '/p/base_1:/p/ext\\x3aa.raw:/p/conf:/p/third.raw', do not edit.\n"
              "\n"
              "[Service]\n"
              "RootDirectory=/p/base_1\n"
              "Environment=PORTABLE=ext:a.raw\n"
              "LogExtraFields=PORTABLE=ext:a.raw\n"
              "Environment=PORTABLE_ROOT=base_1\n"
              "LogExtraFields=PORTABLE_ROOT=base_1\n"
              "LogExtraFields=PORTABLE_ROOT_NAME_AND_VERSION=base_1\n"
              "ExtensionImages=\"/p/ext\\\\:a.raw\":x-systemd.relax-extension-release-check\n"
              "LogExtraFields=PORTABLE_EXTENSION=ext:a.raw\n"
              "ExtensionImagePolicy=root=verity:=absent\n"
              "LogExtraFields=PORTABLE_EXTENSION_NAME_AND_VERSION=ext_2\n"
              "ExtensionDirectories=/p/conf\n"
              "LogExtraFields=PORTABLE_EXTENSION=conf\n"
              "ExtensionImages=/p/third.raw:x-systemd.relax-extension-release-check\n"
              "LogExtraFields=PORTABLE_EXTENSION=third.raw\n");
}

static void test_old_manager_refuses_extension_directories(void **state)
{
        static const struct plan_layer layers[] = {{.path = "/p/base"}, {.path = "/p/ext"}};
        _cleanup_error_ struct error error = {};
        struct plan_attach input = input_make();
        char *text;

        input.layers = layers;
        input.n_layers = 2;
        input.manager_version = 250;
        assert_int_equal(plan_dropin_format(&input, input_units, &text, &error), -EOPNOTSUPP);
        assert_int_equal(error.kind, ERROR_NOT_SUPPORTED);
        assert_non_null(strstr(error_message(&error), "/p/ext"));
        assert_non_null(strstr(error_message(&error), "251"));
}

static const char *dropin_of(const struct plan_layer *layers, unsigned version, bool restricted)
{
        static char text[4096];
        _cleanup_error_ struct error error = {};
        _cleanup_free_ char *s = NULL;
        struct plan_unit unit = input_units[0];
        struct plan_attach input = input_make();

        unit.devices_restricted = restricted;
        input.layers = layers;
        input.n_layers = 2;
        input.manager_version = version;
        if (plan_dropin_format(&input, &unit, &s, &error) < 0)
                snprintf(text, sizeof(text), "%s", error_message(&error));
        else
                snprintf(text, sizeof(text), "%s", s);
        return text;
}

static void expect_part(const char *text, const char *part, bool there)
{
        if ((strstr(text, part) != NULL) != there)
                fail_msg("%s '%s' in: %s", there ? "no" : "unexpected", part, text);
}

/* systemd 252 knows no configuration extensions: a service with one would not start. */
static void test_old_manager_refuses_configuration_extensions(void **state)
{
        static const struct plan_layer raw[] = {{.path = "/p/base"},
                                                {.path = "/p/ext.raw", .type = IMAGE_RAW, .confext = true}},
                                       tree[] = {{.path = "/p/base"}, {.path = "/p/ext", .confext = true}};

        expect_part(
                dropin_of(raw, 252, false),
                "Extension '/p/ext.raw' needs configuration extensions, which the service manager has from "
                "version 254 on, this one is 252",
                true);
        expect_part(dropin_of(tree, 252, false), "Extension '/p/ext' needs configuration extensions", true);
        expect_part(dropin_of(tree, 257, false), "ExtensionDirectories=/p/ext\n", true);
        expect_part(dropin_of(raw, 0, false), "ExtensionImages=/p/ext.raw\n", true);
}

/* For systemd 252 the release file of ext_1 must be extension-release.ext_1. */
static void test_old_manager_wants_whole_release_names(void **state)
{
        static const struct plan_layer raw[] = {{.path = "/p/base"},
                                                {.path = "/p/ext_1.raw",
                                                 .type = IMAGE_RAW,
                                                 .versionless = true}},
                                       tree[] = {{.path = "/p/base"},
                                                 {.path = "/p/ext_1", .versionless = true}};
        static const char relax[] = ":x-systemd.relax-extension-release-check";

        expect_part(dropin_of(raw, 252, false), relax, true);
        expect_part(dropin_of(raw, 257, false), relax, false);
        expect_part(dropin_of(raw, 0, false), relax, false);
        expect_part(dropin_of(tree, 252, false), "no release file extension-release.ext_1,", true);
        expect_part(dropin_of(tree, 257, false), "ExtensionDirectories=/p/ext_1\n", true);
}

static void test_devices_for_raw_extensions(void **state)
{
        static const struct plan_layer on_tree[] = {{.path = "/p/base"},
                                                    {.path = "/p/ext.raw", .type = IMAGE_RAW}},
                                       on_raw[] = {{.path = "/p/base.raw", .type = IMAGE_RAW},
                                                   {.path = "/p/ext.raw", .type = IMAGE_RAW}},
                                       trees[] = {{.path = "/p/base"}, {.path = "/p/ext"}},
                                       verity[] = {{.path = "/p/base"},
                                                   {.path = "/p/one.raw", .type = IMAGE_RAW, .verity = true},
                                                   {.path = "/p/two.raw", .type = IMAGE_RAW}};

        expect_part(dropin_of(on_tree, 257, true),
                    "DeviceAllow=/dev/loop-control rw\nDeviceAllow=block-loop rwm\n"
                    "DeviceAllow=block-blkext rwm\n",
                    true);
        expect_part(dropin_of(on_tree, 257, false), "DeviceAllow", false);
        expect_part(dropin_of(on_raw, 257, true), "DeviceAllow", false);
        expect_part(dropin_of(trees, 257, true), "DeviceAllow", false);
        expect_part(dropin_of(on_tree, 257, true), "mapper", false);
        expect_part(dropin_of(verity, 257, true),
                    "DeviceAllow=block-blkext rwm\nDeviceAllow=/dev/mapper/control rw\n"
                    "DeviceAllow=block-device-mapper rwm\n",
                    true);
        expect_part(dropin_of(verity, 257, false), "DeviceAllow", false);
}

/* Nothing an image is called adds a line or a setting. */
static void test_hostile_names(void **state)
{
        static const struct plan_layer newline[] = {{.path = "/p/a\nExecStart=/bin/sh"}},
                                       blank[] = {{.path = "/p/a b%i"}};
        _cleanup_error_ struct error error = {};
        struct plan_attach input = input_make();
        char *text;

        input.layers = newline;
        assert_int_equal(plan_dropin_format(&input, input_units, &text, &error), -EINVAL);
        input.layers = blank;
        input.manager_version = 0;
        check(&input, input_units,
              "# Drop-in created for image '/p/a b%i', do not edit.\n"
              "\n"
              "[Service]\n"
              "RootDirectory=/p/a b%%i\n"
              "Environment=\"PORTABLE=a b%%i\"\n"
              "LogExtraFields=\"PORTABLE=a b%%i\"\n");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_layers_by_version),
                cmocka_unit_test(test_raw_by_version),
                cmocka_unit_test(test_user),
                cmocka_unit_test(test_too_long),
                cmocka_unit_test(test_root_hash),
                cmocka_unit_test(test_other_units_get_the_marker_only),
                cmocka_unit_test(test_extensions),
                cmocka_unit_test(test_old_manager_refuses_extension_directories),
                cmocka_unit_test(test_old_manager_refuses_configuration_extensions),
                cmocka_unit_test(test_old_manager_wants_whole_release_names),
                cmocka_unit_test(test_devices_for_raw_extensions),
                cmocka_unit_test(test_hostile_names),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
