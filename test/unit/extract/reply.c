/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include <errno.h>
#include <stdio.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/pack.h"
#include "basic/strv.h"
#include "extract/extract.h"
#include "extract/reply.h"

/* A good answer, to be made bad in one point. */
static struct metadata *make(void)
{
        struct metadata *m = calloc(1, sizeof(*m));

        m->release = strdup("ID=tiny\nA=b\n");
        m->release_size = strlen(m->release);
        m->release_path = strdup("/usr/lib/os-release");
        m->fields = calloc(3, sizeof(*m->fields));
        m->n_fields = 3;
        m->fields[0] = (struct release_field){strdup("ID"), strdup("tiny")};
        m->fields[1] = (struct release_field){strdup("A"), strdup("old")};
        m->fields[2] = (struct release_field){strdup("A"), strdup("b")};
        m->units = calloc(2, sizeof(*m->units));
        m->n_units = 2;
        m->units[0] = (struct unit_file){strdup("b.service"), strdup("/u/b.service"), strdup("xy"), 2};
        m->units[1] = (struct unit_file){strdup("a.socket"), strdup("/u/a.socket"), strdup("z"), 1};
        strv_append(&m->unit_names, "c.timer");
        strv_append(&m->unit_names, "b.service");
        strv_append(&m->unit_names, "a.socket");
        strv_append(&m->unusable, "d.service\ta\tb.service");
        return m;
}

static void set(char **s, const char *value)
{
        free(*s);
        *s = strdup(value);
}

static struct extract_options options(void)
{
        static char *matches[] = {(char *)"a", (char *)"b", NULL};

        return (struct extract_options){.name = "app", .path = "/i/app", .matches = matches};
}

static int round_trip(const struct metadata *m, const struct extract_options *o, struct metadata **ret,
                      struct error *e)
{
        _cleanup_pack_ struct pack p = {};

        reply_pack(&p, m, NULL);
        assert_false(p.failed);
        return reply_unpack(p.data, p.size, o, ret, e);
}

static void test_good(void **state)
{
        _cleanup_metadata_ struct metadata *m = make(), *back = NULL;
        struct extract_options o = options();
        _cleanup_error_ struct error e = {};

        assert_int_equal(round_trip(m, &o, &back, &e), 0);
        assert_int_equal(back->release_size, m->release_size);
        assert_string_equal(back->release, m->release);
        assert_string_equal(back->release_path, "/usr/lib/os-release");
        assert_int_equal(back->n_fields, 2);
        assert_string_equal(metadata_field(back, "A"), "b");
        assert_int_equal(back->n_units, 2);
        assert_string_equal(back->units[0].name, "a.socket");
        assert_string_equal(back->units[1].name, "b.service");
        assert_string_equal(back->units[1].path, "/u/b.service");
        assert_string_equal(back->units[1].content, "xy");
        assert_int_equal(strv_length(back->unit_names), 3);
        assert_string_equal(back->unit_names[0], "a.socket");
        assert_string_equal(metadata_get_alias(back, "d.service"), "b.service");
        assert_false(back->sysext || back->confext);
}

static void big_release(struct metadata *m)
{
        m->release = realloc(m->release, EXTRACT_RELEASE_SIZE_MAX + 1);
        memset(m->release, 'a', EXTRACT_RELEASE_SIZE_MAX + 1);
        m->release_size = EXTRACT_RELEASE_SIZE_MAX + 1;
}

static void release_path_relative(struct metadata *m)
{
        set(&m->release_path, "etc/os-release");
}

static void release_path_up(struct metadata *m)
{
        set(&m->release_path, "/../os-release");
}

static void release_path_null(struct metadata *m)
{
        free(m->release_path);
        m->release_path = NULL;
}

static void no_id(struct metadata *m)
{
        set(&m->fields[0].key, "NO_ID");
}

static void empty_id(struct metadata *m)
{
        set(&m->fields[0].value, "");
}

static void bad_key(struct metadata *m)
{
        set(&m->fields[1].key, "A B");
}

static void bad_value(struct metadata *m)
{
        set(&m->fields[1].value, "a\nID=root");
}

static void not_utf8(struct metadata *m)
{
        set(&m->fields[1].value, "\xff");
}

static void bad_unit_name(struct metadata *m)
{
        set(&m->units[0].name, "../b.service");
}

static void other_type(struct metadata *m)
{
        set(&m->units[0].name, "b.mount");
}

static void not_asked_for(struct metadata *m)
{
        set(&m->units[0].name, "c.timer");
}

static void unit_twice(struct metadata *m)
{
        set(&m->units[0].name, "a.socket");
}

static void unit_not_listed(struct metadata *m)
{
        set(&m->units[0].name, "b-x.service");
}

static void unit_path(struct metadata *m)
{
        set(&m->units[0].path, "/u/../../etc/passwd");
}

static void unit_path_newline(struct metadata *m)
{
        set(&m->units[0].path, "/u/\nx");
}

static void unit_empty(struct metadata *m)
{
        m->units[0].size = 0;
}

static void unit_big(struct metadata *m)
{
        m->units[0].content = realloc(m->units[0].content, EXTRACT_UNIT_SIZE_MAX + 1);
        memset(m->units[0].content, 'x', EXTRACT_UNIT_SIZE_MAX + 1);
        m->units[0].size = EXTRACT_UNIT_SIZE_MAX + 1;
}

static void name_bad(struct metadata *m)
{
        set(&m->unit_names[0], "c\n.timer");
}

static void name_twice(struct metadata *m)
{
        set(&m->unit_names[0], "b.service");
}

static void alias_without_target(struct metadata *m)
{
        set(&m->unusable[0], "d.service\ta");
}

static void alias_of_itself(struct metadata *m)
{
        set(&m->unusable[0], "d.service\ta\td.service");
}

static void alias_of_other_kind(struct metadata *m)
{
        set(&m->unusable[0], "d.service\ta\ta.socket");
}

static void alias_escape(struct metadata *m)
{
        set(&m->unusable[0], "d.service\ta\tb\033.service");
}

static void alias_of_no_unit(struct metadata *m)
{
        set(&m->unusable[0], "d.service\ta\tb");
}

static void target_of_other_fault(struct metadata *m)
{
        set(&m->unusable[0], "d.service\te\tb.service");
}

static void is_extension(struct metadata *m)
{
        m->sysext = true;
}

static void release_name_of_a_base(struct metadata *m)
{
        m->release_name = RELEASE_NAME_VERSIONLESS;
}

static void release_name_unknown(struct metadata *m)
{
        m->release_name = RELEASE_NAME_MAX;
}

static void test_bad(void **state)
{
        static void (*const table[])(struct metadata *) = {
                big_release,
                release_path_relative,
                release_path_up,
                release_path_null,
                no_id,
                empty_id,
                bad_key,
                bad_value,
                not_utf8,
                bad_unit_name,
                other_type,
                not_asked_for,
                unit_twice,
                unit_not_listed,
                unit_path,
                unit_path_newline,
                unit_empty,
                unit_big,
                name_bad,
                name_twice,
                alias_without_target,
                alias_of_itself,
                alias_of_other_kind,
                alias_escape,
                alias_of_no_unit,
                target_of_other_fault,
                is_extension,
                release_name_of_a_base,
                release_name_unknown,
        };

        for (size_t i = 0; i < ELEMENTSOF(table); i++) {
                _cleanup_metadata_ struct metadata *m = make(), *back = NULL;
                struct extract_options o = options();
                _cleanup_error_ struct error e = {};

                table[i](m);
                if (round_trip(m, &o, &back, &e) != -EBADMSG)
                        fail_msg("bad answer %zu was taken", i);
                assert_null(back);
                assert_string_equal(error_message(&e),
                                    "Image '/i/app': the process that read it sent a malformed answer");
        }
}

static void test_extension(void **state)
{
        _cleanup_metadata_ struct metadata *m = make(), *back = NULL, *neither = NULL;
        struct extract_options o = options();
        _cleanup_error_ struct error e = {};

        o.kind = EXTRACT_EXTENSION;
        assert_int_equal(round_trip(m, &o, &neither, &e), -EBADMSG);
        error_clear(&e);
        m->confext = true;
        m->release_name = RELEASE_NAME_OTHER;
        no_id(m);
        assert_int_equal(round_trip(m, &o, &back, &e), 0);
        assert_true(back->confext && !back->sysext);
        assert_int_equal(back->release_name, RELEASE_NAME_OTHER);
}

/* Cut anywhere, or with a byte too many: refused, and nothing read behind the end (ASan watches). */
static void test_cut(void **state)
{
        _cleanup_metadata_ struct metadata *m = make();
        struct extract_options o = options();
        _cleanup_pack_ struct pack p = {};

        reply_pack(&p, m, NULL);
        for (size_t n = 0; n <= p.size + 1; n++) {
                _cleanup_metadata_ struct metadata *back = NULL;
                _cleanup_free_ uint8_t *copy = calloc(1, n + 1);
                _cleanup_error_ struct error e = {};

                memcpy(copy, p.data, n < p.size ? n : p.size);
                assert_int_equal(reply_unpack(copy, n, &o, &back, &e), n == p.size ? 0 : -EBADMSG);
        }
}

static void test_errors(void **state)
{
        static const struct {
                enum error_kind kind;
                const char *message, *expected; /* NULL: taken as it is */
        } table[] = {
                {ERROR_INVALID_ARGS, "Image 'x': bad", NULL},
                {ERROR_SYSTEM, "Image 'x': cannot open", NULL},
                {ERROR_FAILED, "Image 'x': no sandbox", NULL},
                {ERROR_ACCESS_DENIED, "x", "malformed"},
                {ERROR_INVALID_ARGS, "two\nlines", "malformed"},
                {ERROR_INVALID_ARGS, "\033[31m", "malformed"},
                {ERROR_INVALID_ARGS, "\xff", "malformed"},
        };
        struct extract_options o = options();

        for (size_t i = 0; i < ELEMENTSOF(table); i++) {
                _cleanup_error_ struct error sent = {}, e = {};
                _cleanup_metadata_ struct metadata *back = NULL;
                _cleanup_pack_ struct pack p = {};
                int r;

                error_set(&sent, table[i].kind, ENOENT, "%s", table[i].message);
                reply_pack(&p, NULL, &sent);
                r = reply_unpack(p.data, p.size, &o, &back, &e);
                assert_int_equal(r, table[i].expected ? -EBADMSG : -ENOENT);
                if (table[i].expected)
                        assert_non_null(strstr(error_message(&e), table[i].expected));
                else
                        assert_string_equal(error_message(&e), table[i].message);
        }
}

static void test_no_memory(void **state)
{
        struct extract_options o = options();
        _cleanup_error_ struct error sent = {}, e = {};
        _cleanup_metadata_ struct metadata *back = NULL;
        _cleanup_pack_ struct pack p = {};

        error_set_oom(&sent);
        reply_pack(&p, NULL, &sent);
        assert_int_equal(reply_unpack(p.data, p.size, &o, &back, &e), -ENOMEM);
        assert_int_equal(e.kind, ERROR_NO_MEMORY);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_good), cmocka_unit_test(test_bad),    cmocka_unit_test(test_extension),
                cmocka_unit_test(test_cut),  cmocka_unit_test(test_errors), cmocka_unit_test(test_no_memory),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
