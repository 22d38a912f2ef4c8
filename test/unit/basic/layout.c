/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/layout.h"
#include "basic/path.h"

/* Paths as one line, so that a whole list is compared at once. */
static void assert_list(const char *const *list, const char *expected)
{
        char line[2048] = "";

        for (; *list; list++) {
                strcat(line, *line ? " " : "");
                strcat(line, *list);
        }
        assert_string_equal(line, expected);
}

static void assert_good_list(const char *const *list)
{
        assert_non_null(list[0]);
        for (; *list; list++)
                assert_true(path_is_normalized(*list));
}

static size_t length(const char *const *list)
{
        size_t n = 0;

        while (list[n])
                n++;
        return n;
}

/* What holds of each layout. */
static void assert_consistent(const struct layout *l)
{
        const char *const *const lists[] = {
                l->images, l->profiles,     l->config,       l->units,    l->enabled,         l->image_units,
                l->work,   l->work_runtime, l->work_written, l->work_all, l->lock_directories};

        for (size_t i = 0; i < ELEMENTSOF(lists); i++)
                assert_good_list(lists[i]);
        for (const char *const *d = l->profiles; *d; d++)
                assert_true(layout_has_profiles(l, *d));
        assert_true(length(l->image_units) <= LAYOUT_IMAGE_UNITS_MAX);
        for (int runtime = 0; runtime < 2; runtime++) {
                char image[256];

                /* Links that attach makes are found again. */
                snprintf(image, sizeof(image), "%s/app.raw", layout_links(l, runtime));
                assert_true(layout_has_image(l, image));
                for (int shared = 0; shared < 2; shared++) {
                        const char *path = layout_attach_directory(l, runtime, shared);

                        assert_true(path_is_normalized(path));
                        assert_string_equal(l->attach[layout_attach_find(l, path)].path, path);
                }
        }
        assert_int_equal(layout_attach_find(l, "/srv"), LAYOUT_ATTACH_MAX);
        /* Each directory is found that may have an unfinished transaction, and each made in the one before.
         */
        for (size_t i = 0; i < 3; i++)
                for (const char *const *d =
                             ((const char *const *[]){l->work, l->work_runtime, l->work_written})[i];
                     *d; d++) {
                        bool listed = false;

                        for (const char *const *all = l->work_all; *all; all++)
                                listed = listed || strcmp(*all, *d) == 0;
                        assert_true(listed);
                }
        for (size_t i = 0; l->lock_directories[i]; i++)
                assert_true(path_is_below(l->lock_directories[i + 1] ?: l->lock, l->lock_directories[i]));
}

static void test_system(void **state)
{
        assert_consistent(&layout_system);
        assert_string_equal(layout_attach_directory(&layout_system, false, false),
                            "/etc/systemd/system.attached");
        assert_string_equal(layout_attach_directory(&layout_system, true, true), "/run/systemd/system");
        assert_int_equal(layout_attach_find(&layout_system, "/run/systemd/system.attached/a.service"), 1);
        assert_true(layout_has_image(&layout_system, "/usr/lib/portables/a"));
        assert_false(layout_has_image(&layout_system, "/usr/lib/portables"));
        assert_false(layout_has_image(&layout_system, "/usr/lib/portables/a/b"));
        assert_false(layout_has_image(&layout_system, "/usr/lib/portables/"));
        assert_true(layout_is_vendor("/usr/lib/portables/a"));
        assert_false(layout_is_vendor("/usrlocal"));
}

static void test_user(void **state)
{
        _cleanup_layout_ struct layout *l = NULL;
        const struct layout_user alice = {.home = "/home/alice", .runtime_dir = "/run/user/1000"};

        assert_int_equal(layout_new_user(&alice, &l), 0);
        assert_consistent(l);
        assert_int_equal(l->scope, LAYOUT_USER);
        assert_list(l->images, "/home/alice/.config/portables /run/user/1000/portables "
                               "/home/alice/.local/state/portables /home/alice/.local/lib/portables");
        assert_string_equal(l->pool, "/home/alice/.local/state/portables");
        assert_string_equal(layout_links(l, false), "/home/alice/.config/portables");
        assert_string_equal(layout_links(l, true), "/run/user/1000/portables");
        assert_string_equal(layout_attach_directory(l, false, false),
                            "/home/alice/.config/systemd/user.attached");
        assert_string_equal(layout_attach_directory(l, true, false), "/run/user/1000/systemd/user.attached");
        assert_string_equal(layout_attach_directory(l, false, true), "/home/alice/.config/systemd/user");
        assert_string_equal(layout_attach_directory(l, true, true), "/run/user/1000/systemd/user");
        assert_list(l->profiles,
                    "/home/alice/.config/systemd/portable/profile /run/user/1000/systemd/portable/profile "
                    "/etc/systemd/user/portable/profile /run/systemd/user/portable/profile "
                    "/usr/local/lib/systemd/user/portable/profile /usr/lib/systemd/user/portable/profile");
        assert_list(l->image_units,
                    "/etc/systemd/user /run/systemd/user /usr/local/share/systemd/user "
                    "/usr/share/systemd/user /usr/local/lib/systemd/user /usr/lib/systemd/user");
        assert_list(l->work, "/home/alice/.config/systemd /home/alice/.config /home/alice");
        assert_list(l->work_runtime, "/run/user/1000/systemd /run/user/1000");
        assert_string_equal(l->lock, "/run/user/1000/systemd/portabled.lock");
        assert_string_equal(l->bus, "/run/user/1000/bus");
        assert_string_equal(layout_option(l), " --user");
        assert_string_equal(layout_option(&layout_system), "");
}

static void test_bases(void **state)
{
        static const struct {
                enum layout_base base;
                unsigned version;
                const char *system, *user;
        } bases[] = {
                {LAYOUT_BASE_STATE, 252, "/var/lib", "/home/alice/.config"},
                {LAYOUT_BASE_STATE, 254, "/var/lib", "/home/alice/.local/state"},
                {LAYOUT_BASE_STATE, 0, "/var/lib", "/home/alice/.local/state"},
                {LAYOUT_BASE_CACHE, 252, "/var/cache", "/home/alice/.cache"},
                {LAYOUT_BASE_LOGS, 252, "/var/log", "/home/alice/.config/log"},
                {LAYOUT_BASE_LOGS, 262, "/var/log", "/home/alice/.local/state/log"},
                {LAYOUT_BASE_CONFIGURATION, 262, "/etc", "/home/alice/.config"},
                {LAYOUT_BASE_RUNTIME, 252, "/run", "/run/user/1000"},
        };
        const struct layout_user alice = {.home = "/home/alice", .runtime_dir = "/run/user/1000"};
        _cleanup_layout_ struct layout *l = NULL;

        assert_int_equal(layout_new_user(&alice, &l), 0);
        for (size_t i = 0; i < ELEMENTSOF(bases); i++) {
                assert_string_equal(layout_base_directory(&layout_system, bases[i].base, bases[i].version),
                                    bases[i].system);
                assert_string_equal(layout_base_directory(l, bases[i].base, bases[i].version),
                                    bases[i].user);
        }
}

static void test_user_environment(void **state)
{
        _cleanup_layout_ struct layout *l = NULL;
        const struct layout_user user = {
                .home = "/home/bob/",
                .config_home = "/cfg/",
                .state_home = "relative",
                .data_home = "/data",
                .runtime_dir = "/run/user/7",
        };

        assert_int_equal(layout_new_user(&user, &l), 0);
        assert_consistent(l);
        assert_list(l->images, "/cfg/portables /run/user/7/portables /home/bob/.local/state/portables "
                               "/home/bob/.local/lib/portables");
        assert_string_equal(l->units[9], "/data/systemd/user");
}

static void test_user_unknown(void **state)
{
        static const struct layout_user users[] = {
                {.home = "/home/alice"},
                {.runtime_dir = "/run/user/1000"},
                {.home = "alice", .runtime_dir = "/run/user/1000"},
                {.home = "/home/../alice", .runtime_dir = "/run/user/1000"},
                {.home = "/home/alice", .runtime_dir = ""},
        };

        for (size_t i = 0; i < ELEMENTSOF(users); i++) {
                struct layout *l = NULL;

                assert_int_equal(layout_new_user(users + i, &l), -ENXIO);
                assert_null(l);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_system),
                cmocka_unit_test(test_user),
                cmocka_unit_test(test_user_environment),
                cmocka_unit_test(test_user_unknown),
                cmocka_unit_test(test_bases),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
