/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include "basic/cleanup.h"
#include "basic/error.h"
#include "portablectl/list-choice.h"
#include "portablectl/options.h"
#include "wire/result.h"

static const struct image_row rows[] = {
        {.name = (char *)"db", .type = (char *)"raw", .state = (char *)"detached", .crtime = 3, .usage = 5},
        {.name = (char *)"web_1.10",
         .type = (char *)"directory",
         .state = (char *)"running",
         .crtime = 2,
         .usage = 9},
        {.name = (char *)"web_1.9",
         .type = (char *)"directory",
         .state = (char *)"detached",
         .crtime = 9,
         .usage = UINT64_MAX},
};

/* The names of what is chosen, with blanks between. */
static void check(const struct options *options, const char *const *patterns, const char *expected)
{
        _cleanup_result_ struct result result = {};
        struct image_table *t = &result.images;
        struct list_choice choice;
        char names[128] = "";

        assert_int_equal(list_choice_parse(options, (char *const *)patterns, &choice, NULL), 0);
        t->rows = calloc(ELEMENTSOF(rows), sizeof(*t->rows));
        assert_non_null(t->rows);
        for (; t->n < ELEMENTSOF(rows); t->n++) {
                t->rows[t->n] = rows[t->n];
                t->rows[t->n].name = strdup(rows[t->n].name);
                t->rows[t->n].type = strdup(rows[t->n].type);
                t->rows[t->n].state = strdup(rows[t->n].state);
        }
        list_choose(&choice, t);
        for (size_t i = 0; i < t->n; i++) {
                strcat(names, i ? " " : "");
                strcat(names, t->rows[i].name);
        }
        assert_string_equal(names, expected);
}

static void test_which(void **state)
{
        static const char *const web[] = {"web*", NULL}, *const two[] = {"db", "web_1.9", NULL},
                                 *const none[] = {"x*", NULL};

        check(&(struct options){}, NULL, "db web_1.10 web_1.9");
        check(&(struct options){}, web, "web_1.10 web_1.9");
        check(&(struct options){}, two, "db web_1.9");
        check(&(struct options){}, none, "");
        check(&(struct options){.states = "running,enabled"}, NULL, "web_1.10");
        check(&(struct options){.states = "detached", .types = "directory"}, NULL, "web_1.9");
        check(&(struct options){.types = "raw,directory"}, web, "web_1.10 web_1.9");
}

static void test_order(void **state)
{
        check(&(struct options){.sort = "crtime"}, NULL, "web_1.9 db web_1.10");
        check(&(struct options){.sort = "usage"}, NULL, "web_1.10 db web_1.9");
        check(&(struct options){.sort = "state"}, NULL, "db web_1.9 web_1.10");
        check(&(struct options){.sort = "type"}, NULL, "web_1.10 web_1.9 db");
        check(&(struct options){.sort = "version"}, NULL, "db web_1.10 web_1.9");
        check(&(struct options){.sort = "mtime"}, NULL, "db web_1.10 web_1.9");
}

static void test_columns(void **state)
{
        struct list_choice c;

        assert_int_equal(list_choice_parse(&(struct options){}, NULL, &c, NULL), 0);
        assert_int_equal(c.n_columns, 7);
        assert_string_equal(list_column_title(c.columns[6]), "STATE");
        assert_int_equal(list_choice_parse(&(struct options){.columns = "state,version"}, NULL, &c, NULL),
                         0);
        assert_int_equal(c.n_columns, 2);
        assert_int_equal(c.columns[0], LIST_STATE);
        assert_int_equal(c.columns[1], LIST_VERSION);
}

/* What help and completions offer is taken, each word. */
static void test_offered(void **state)
{
        static const struct {
                enum option_id id;
                size_t offset;
        } offers[] = {
                {OPTION_STATE, offsetof(struct options, states)},
                {OPTION_TYPE, offsetof(struct options, types)},
                {OPTION_SORT, offsetof(struct options, sort)},
                {OPTION_COLUMNS, offsetof(struct options, columns)},
        };

        for (size_t i = 0; i < ELEMENTSOF(offers); i++) {
                _cleanup_free_ char *words = strdup(option_table[offers[i].id].choices);
                char *save;

                assert_non_null(words);
                for (char *word = strtok_r(words, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
                        struct options o = {};
                        struct list_choice c;

                        memcpy((char *)&o + offers[i].offset, &word, sizeof(word));
                        assert_int_equal(list_choice_parse(&o, NULL, &c, NULL), 0);
                }
        }
}

static void check_refused(const struct options *options, const char *message)
{
        _cleanup_error_ struct error error = {};
        struct list_choice c;

        assert_int_equal(list_choice_parse(options, NULL, &c, &error), -EINVAL);
        assert_string_equal(error_message(&error), message);
}

static void test_refused(void **state)
{
        check_refused(
                &(struct options){.types = "raw,dir"},
                "--type= does not take 'dir'; it takes directory, subvolume, raw, block, mstack, missing");
        check_refused(&(struct options){.states = ""},
                      "--state= does not take ''; it takes detached, attached, attached-runtime, enabled, "
                      "enabled-runtime, "
                      "running, running-runtime");
        check_refused(&(struct options){.states = "running,,detached"},
                      "--state= does not take ''; it takes detached, attached, attached-runtime, enabled, "
                      "enabled-runtime, "
                      "running, running-runtime");
        check_refused(&(struct options){.sort = "name,type"},
                      "--sort= does not take 'name,type'; it takes name, type, ro, crtime, mtime, usage, "
                      "state, version, profile, definition, path");
        check_refused(&(struct options){.sort = ""}, "--sort= does not take ''; it takes name, type, ro, "
                                                     "crtime, mtime, usage, state, version, profile, "
                                                     "definition, path");
        check_refused(&(struct options){.columns = "name,x"},
                      "--columns= does not take 'x'; it takes name, type, ro, crtime, mtime, usage, state, "
                      "version, profile, definition, path");
        check_refused(&(struct options){.columns = "name,state,name"}, "--columns= names 'name' twice");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_which),   cmocka_unit_test(test_order),
                cmocka_unit_test(test_columns), cmocka_unit_test(test_refused),
                cmocka_unit_test(test_offered),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
