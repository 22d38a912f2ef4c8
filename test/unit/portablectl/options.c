/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/strv.h"
#include "portablectl/capture.h"
#include "portablectl/options.h"
#include "wire/names.h"

struct parsed {
        struct options options;
        struct error error;
        char *argv[32];
        char **args;
        int r;
        struct capture err;
};

static void parse(struct parsed *p, const char *line)
{
        _cleanup_strv_ char **words = NULL;
        size_t n;

        *p = (struct parsed){};
        assert_int_equal(strv_split(line, " ", &words), 0);
        n = strv_length(words);
        p->argv[0] = strdup("portablectl");
        for (size_t i = 0; i < n; i++)
                p->argv[i + 1] = strcmp(words[i], "''") == 0 ? strdup("") : strdup(words[i]);
        capture_begin(&p->err, STDERR_FILENO);
        p->r = options_parse((int)n + 1, p->argv, &p->options, &p->args, &p->error);
        capture_end(&p->err);
}

static void parsed_clear(struct parsed *p)
{
        options_clear(&p->options);
        error_clear(&p->error);
        for (size_t i = 0; p->argv[i]; i++)
                free(p->argv[i]);
}

static void test_defaults(void **state)
{
        struct parsed p;

        parse(&p, "list");
        assert_int_equal(p.r, 0);
        assert_true(p.options.pager && p.options.legend && p.options.ask_password);
        assert_int_equal(p.options.reload, RELOAD_ALWAYS);
        assert_true(p.options.block);
        assert_false(p.options.quiet || p.options.runtime || p.options.now || p.options.force);
        assert_string_equal(p.options.profile, "default");
        assert_string_equal(p.options.copy_mode, "");
        assert_false(options_is_remote(&p.options));
        assert_int_equal(options_flags(&p.options), 0);
        assert_string_equal(p.args[0], "list");
        assert_null(p.args[1]);
        parsed_clear(&p);
}

static void test_timeout(void **state)
{
        static const struct {
                const char *line;
                uint64_t usec;
        } good[] = {
                {"list", UINT64_MAX},
                {"--timeout=90 list", 90000000},
                {"--timeout=1min2s list", 62000000},
                {"--timeout=250ms list", 250000},
                {"--timeout=infinity list", UINT64_MAX},
                {"--timeout=0 list", UINT64_MAX},
                {"--timeout=9999999weeks list", UINT64_MAX},
        };
        static const char *const bad[] = {"--timeout= list",    "--timeout=soon list",
                                          "--timeout=-1 list",  "--timeout=5x list",
                                          "--timeout=5s, list", "--timeout=99999999999999999999 list"};
        struct parsed p;

        for (size_t i = 0; i < ELEMENTSOF(good); i++) {
                parse(&p, good[i].line);
                assert_int_equal(p.r, 0);
                assert_int_equal(p.options.timeout, good[i].usec);
                parsed_clear(&p);
        }
        for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
                parse(&p, bad[i]);
                assert_int_equal(p.r, -EINVAL);
                assert_int_equal(p.error.kind, ERROR_INVALID_ARGS);
                parsed_clear(&p);
        }
}

static void test_manager(void **state)
{
        static const char *const bad[] = {"", "x", "9", "238", "257x", "2570", "-57", "v257"};
        struct parsed p;

        parse(&p, "--manager=257 verify x");
        assert_int_equal(p.r, 0);
        assert_int_equal(p.options.manager, 257);
        parsed_clear(&p);
        for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
                char line[64];

                snprintf(line, sizeof(line), "--manager=%s verify x", bad[i]);
                parse(&p, line);
                assert_int_equal(p.r, -EINVAL);
                assert_int_equal(p.error.kind, ERROR_INVALID_ARGS);
                parsed_clear(&p);
        }
}

static void test_everything(void **state)
{
        struct parsed p;

        parse(&p,
              "attach -q app -p strict --copy=symlink --runtime --no-reload --cat --enable --now --no-block "
              "--clean --force --extension=a --extension b --no-pager --no-legend --no-ask-password -H h "
              "web");
        assert_int_equal(p.r, 0);
        assert_true(p.options.quiet && p.options.runtime && p.options.cat && p.options.enable &&
                    p.options.now);
        assert_true(p.options.clean && p.options.force);
        assert_int_equal(p.options.reload, RELOAD_NO);
        assert_false(p.options.block || p.options.pager || p.options.legend);
        assert_false(p.options.ask_password);
        assert_string_equal(p.options.profile, "strict");
        assert_string_equal(p.options.copy_mode, "symlink");
        assert_string_equal(p.options.host, "h");
        assert_int_equal(strv_length(p.options.extensions), 2);
        assert_string_equal(p.options.extensions[1], "b");
        assert_true(options_is_remote(&p.options));
        assert_int_equal(options_flags(&p.options), PORTABLE_FLAGS_ALL);
        /* arguments keep their order, options among them or not */
        assert_string_equal(p.args[0], "attach");
        assert_string_equal(p.args[1], "app");
        assert_string_equal(p.args[2], "web");
        assert_null(p.args[3]);
        parsed_clear(&p);
}

static void test_copy_modes(void **state)
{
        static const char *const lines[][2] = {{"--copy=auto", ""},
                                               {"--copy=copy", "copy"},
                                               {"--copy=mixed", "mixed"},
                                               {"--copy=help", ""}};
        struct parsed p;

        for (size_t i = 0; i < ELEMENTSOF(lines); i++) {
                parse(&p, lines[i][0]);
                assert_int_equal(p.r, 0);
                assert_string_equal(p.options.copy_mode, lines[i][1]);
                assert_int_equal(p.options.list_copy_modes, i == 3);
                parsed_clear(&p);
        }
}

/* Each is refused with one line: ours in the error, or getopt_long()'s own. */
static void test_refused(void **state)
{
        static const char *const lines[] = {
                "--copy=some",
                "--copy=",
                "--profile=../x",
                "--profile=",
                "--profile=a/b",
                "-H ''",
                "-M ''",
                "-H a -M b",
                "--user -H a",
                "--user --root=x",
                "--scope=",
                "--scope=global",
                "--extension=",
                "--bogus",
                "-x",
                "-p",
                "--runtime=yes",
                "--extension",
                "--root=",
                "--root=x --now",
                "--root=x -M box",
                "--root=x --clean",
                "--json=xml",
                "--json=",
        };
        struct parsed p;

        for (size_t i = 0; i < ELEMENTSOF(lines); i++) {
                parse(&p, lines[i]);
                assert_true(p.r < 0);
                if (error_is_set(&p.error)) {
                        assert_string_equal(p.err.text, "");
                        assert_null(strchr(error_message(&p.error), '\n'));
                } else {
                        assert_ptr_equal(strchr(p.err.text, '\n'), p.err.text + strlen(p.err.text) - 1);
                }
                parsed_clear(&p);
        }
}

static void test_scope(void **state)
{
        static const struct {
                const char *line;
                bool user, scope_is_user;
        } lines[] = {
                {"list", false, false},
                {"--user list", true, true},
                {"--user --system list", false, false},
                {"--user -M alice@.host list", true, true},
                {"--scope=user verify x", false, true},
                {"--user --scope=system verify x", true, false},
                {"--scope=user --root=x verify x", false, true},
        };

        for (size_t i = 0; i < ELEMENTSOF(lines); i++) {
                struct parsed p;

                parse(&p, lines[i].line);
                assert_int_equal(p.r, 0);
                assert_int_equal(p.options.user, lines[i].user);
                assert_int_equal(options_scope_is_user(&p.options), lines[i].scope_is_user);
                parsed_clear(&p);
        }
}

static void test_double_dash(void **state)
{
        struct parsed p;

        parse(&p, "attach -- --odd");
        assert_int_equal(p.r, 0);
        assert_string_equal(p.args[1], "--odd");
        parsed_clear(&p);
}

/* Options that a command would ignore are refused, saying where they belong. */
static void test_refused_by_command(void **state)
{
        static const struct {
                const char *line;
                enum command command;
                const char *message;
        } cases[] = {
                {"--dry-run", COMMAND_REMOVE,
                 "--dry-run does not go with 'remove'; it goes with attach, detach, reattach, apply"},
                {"--dry-run", COMMAND_LIST,
                 "--dry-run does not go with 'list'; it goes with attach, detach, reattach, apply"},
                {"--now", COMMAND_REMOVE,
                 "--now does not go with 'remove'; it goes with attach, detach, reattach"},
                {"--force", COMMAND_READ_ONLY,
                 "--force does not go with 'read-only'; it goes with attach, detach, reattach, inspect, "
                 "verify, "
                 "exec, shell"},
                {"--clean", COMMAND_REMOVE, "--clean does not go with 'remove'; it goes with detach"},
                {"--strict", COMMAND_INSPECT,
                 "--strict does not go with 'inspect'; it goes with attach, reattach, verify"},
                {"--manager=257", COMMAND_ATTACH,
                 "--manager does not go with 'attach'; it goes with verify"},
                {"-v", COMMAND_LIST,
                 "--verbose does not go with 'list'; it goes with attach, detach, reattach, inspect, "
                 "verify"},
                {"--cat", COMMAND_ATTACH, "--cat does not go with 'attach'; it goes with inspect"},
                {"-j", COMMAND_SHELL,
                 "-j does not go with 'shell'; it goes with list, attach, detach, reattach, apply, update, "
                 "definitions, inspect, is-attached, "
                 "status, verify, profiles"},
                {"--runtime", COMMAND_STATUS,
                 "--runtime does not go with 'status'; it goes with attach, detach, reattach"},
        };
        struct parsed p;

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                parse(&p, cases[i].line);
                assert_int_equal(p.r, 0);
                assert_int_equal(options_check_command(&p.options, cases[i].command, &p.error), -EINVAL);
                assert_string_equal(error_message(&p.error), cases[i].message);
                parsed_clear(&p);
        }
}

/* What scripts written for systemd's own hand to all commands that they use, and what all have. */
static void test_accepted_by_command(void **state)
{
        static const enum command cycle[] = {COMMAND_LIST,     COMMAND_ATTACH,  COMMAND_DETACH,
                                             COMMAND_REATTACH, COMMAND_INSPECT, COMMAND_IS_ATTACHED};
        static const enum command manage[] = {COMMAND_READ_ONLY, COMMAND_REMOVE, COMMAND_SET_LIMIT};
        struct parsed p;

        parse(&p,
              "-q -p strict --copy=copy --runtime --extension=e --force --enable --now --no-block --clean "
              "--no-reload -H host --no-ask-password --no-pager --no-legend --system");
        assert_int_equal(p.r, 0);
        for (size_t i = 0; i < ELEMENTSOF(cycle); i++)
                assert_int_equal(options_check_command(&p.options, cycle[i], &p.error), 0);
        parsed_clear(&p);
        parse(&p,
              "-q -p strict --copy=copy --runtime --no-block --no-reload --no-pager --no-legend --json=off");
        assert_int_equal(p.r, 0);
        for (size_t i = 0; i < ELEMENTSOF(manage); i++)
                assert_int_equal(options_check_command(&p.options, manage[i], &p.error), 0);
        parsed_clear(&p);
}

/* Each option is taken by its name and by its letter, and each is of use to some command. */
static void test_table(void **state)
{
        struct parsed p;

        for (int i = 0; i < OPTION_ID_MAX; i++) {
                const struct option_info *o = option_table + i;
                char line[64];

                assert_true(o->name || o->letter);
                assert_true(o->commands != 0);
                assert_int_equal(o->kind == WORD_CHOICE, o->choices != NULL);
                if (o->kind == WORD_PROFILE || o->kind == WORD_CHOICE || i == OPTION_TIMEOUT ||
                    i == OPTION_MANAGER)
                        continue; /* their values are looked at */
                if (o->name) {
                        snprintf(line, sizeof(line), "--%s%s", o->name, o->value ? "=x" : "");
                        parse(&p, line);
                        assert_int_equal(p.r, 0);
                        assert_int_equal(p.options.given, UINT64_C(1) << i);
                        parsed_clear(&p);
                }
                if (o->letter) {
                        snprintf(line, sizeof(line), "-%c%s", o->letter, o->value ? "x" : "");
                        parse(&p, line);
                        assert_int_equal(p.r, 0);
                        assert_int_equal(p.options.given, UINT64_C(1) << i);
                        parsed_clear(&p);
                }
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_defaults),
                cmocka_unit_test(test_everything),
                cmocka_unit_test(test_copy_modes),
                cmocka_unit_test(test_refused),
                cmocka_unit_test(test_scope),
                cmocka_unit_test(test_double_dash),
                cmocka_unit_test(test_refused_by_command),
                cmocka_unit_test(test_accepted_by_command),
                cmocka_unit_test(test_table),
                cmocka_unit_test(test_timeout),
                cmocka_unit_test(test_manager),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
