/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tree.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/layout.h"
#include "basic/strv.h"
#include "definition/record-text.h"
#include "definition/record.h"
#include "plan/change.h"

#define ATTACHED "/etc/systemd/system.attached"

static void test_text(void **state)
{
        static const char text[] =
                "phase watch\ninterrupted 2\nboot b\nreason web.service: no \"x\"\nsince 7\n"
                "from web_1\nfrom more\nto web_2\nidentity /a b 1\nactive web.service\n"
                "health 18446744073709551615\nhealth-timeout 5\nno-rollback yes\ntries 3\n"
                "file 0 100644 /etc/a b\nfile 1 0 /etc/c\n";
        _cleanup_record_ struct update_record r = RECORD_NONE;
        _cleanup_free_ char *again = NULL;

        assert_int_equal(record_parse(&r, text, sizeof(text) - 1), 0);
        assert_int_equal(r.phase, RECORD_WATCH);
        assert_string_equal(r.from[1], "more");
        assert_true(r.health == UINT64_MAX && r.no_rollback && !r.runtime);
        assert_string_equal(r.files[0].path, "/etc/a b");
        assert_int_equal(r.files[0].mode, S_IFREG | 0644);
        again = record_format(&r);
        assert_string_equal(again, text);
}

static void test_broken_text(void **state)
{
        static const char *const texts[] = {
                "phase",
                "phase watch",
                "phase none\n",
                "nonsense\n",
                "tries 99999999999\n",
                "tries -1\n",
                "tries\n",
                "file 1 100644 etc/a\n",
                "file 1 100644 /etc/../a\n",
                "file x 100644 /a\n",
                "since 5x\n",
        };

        for (size_t i = 0; i < ELEMENTSOF(texts); i++) {
                _cleanup_record_ struct update_record r = RECORD_NONE;

                assert_int_equal(record_parse(&r, texts[i], strlen(texts[i])), -EBADMSG);
        }
}

static void add(struct change_list *l, const char *path)
{
        assert_non_null(change_list_add(l, CHANGE_UNLINK, path, NULL));
}

/* What is kept is what comes back: content, link, and what was not there. */
static void test_files(void **state)
{
        _cleanup_changes_ struct change_list l = {}, back = {};
        _cleanup_record_ struct update_record r = RECORD_NONE, again = RECORD_NONE;
        struct tree *t = *state;

        tree_file(t, ATTACHED "/web.service", "old");
        tree_link(t, "/etc/portables/web_1.raw", "/srv/web_1.raw");
        add(&l, ATTACHED "/web.service");
        add(&l, ATTACHED "/web.service");
        add(&l, "/etc/portables/web_1.raw");
        add(&l, ATTACHED "/web-more.service");
        assert_int_equal(record_create(t->fd, &layout_system, "web", &r, NULL), 0);
        assert_int_equal(record_keep_files(&r, t->fd, &layout_system, &l, NULL), 0);
        assert_int_equal(r.n_files, 3);
        assert_int_equal(record_is_unchanged(&r, t->fd), 1);
        r.phase = RECORD_TRIAL;
        assert_int_equal(record_write(&r, NULL), 0);

        tree_file(t, ATTACHED "/web.service", "new");
        tree_file(t, ATTACHED "/web-more.service", "more");
        assert_int_equal(record_is_unchanged(&r, t->fd), 0);
        assert_int_equal(record_open(t->fd, &layout_system, "web", false, &again, NULL), -EBUSY);
        record_clear(&r);
        assert_int_equal(record_open(t->fd, &layout_system, "web", false, &again, NULL), 1);
        assert_int_equal(again.phase, RECORD_TRIAL);
        assert_int_equal(record_list_changes(&again, t->fd, &back, NULL), 0);
        assert_int_equal(back.n, 3);
        assert_int_equal(back.items[0].type, CHANGE_WRITE);
        assert_memory_equal(back.items[0].data, "old", 3);
        assert_int_equal(back.items[1].type, CHANGE_SYMLINK);
        assert_string_equal(back.items[1].source, "/srv/web_1.raw");
        assert_int_equal(back.items[2].type, CHANGE_UNLINK);
        assert_string_equal(back.items[2].path, ATTACHED "/web-more.service");
        assert_int_equal(record_remove(t->fd, &layout_system, &again, NULL), 0);
        record_clear(&again);
        assert_int_equal(record_open(t->fd, &layout_system, "web", false, &again, NULL), 0);
}

/* The copy of an image is not kept. */
static void test_image_copy(void **state)
{
        _cleanup_record_ struct update_record r = RECORD_NONE;
        _cleanup_changes_ struct change_list l = {};
        struct tree *t = *state;

        tree_file(t, "/etc/portables/web_1.raw", "image");
        add(&l, "/etc/portables/web_1.raw");
        assert_int_equal(record_create(t->fd, &layout_system, "web", &r, NULL), 0);
        assert_int_equal(record_keep_files(&r, t->fd, &layout_system, &l, NULL), -EOPNOTSUPP);
}

static void test_failures(void **state)
{
        _cleanup_record_ struct update_record r = RECORD_NONE, again = RECORD_NONE;
        struct tree *t = *state;

        r.name = strdup("web");
        r.reason = strdup("why");
        r.phase = RECORD_BACK;
        assert_int_equal(strv_append(&r.to, "web_2"), 0);
        assert_int_equal(record_read_failure(t->fd, &layout_system, "web", "web_2", &again, NULL), 0);
        assert_int_equal(record_write_failure(t->fd, &layout_system, &r, NULL), 0);
        assert_int_equal(record_read_failure(t->fd, &layout_system, "web", "web_2", &again, NULL), 1);
        assert_string_equal(again.reason, "why");
        assert_int_equal(record_forget_failure(t->fd, &layout_system, "web", "web_2", NULL), 0);
        record_clear(&again);
        assert_int_equal(record_read_failure(t->fd, &layout_system, "web", "web_2", &again, NULL), 0);
        assert_int_equal(record_forget_failure(t->fd, &layout_system, "web", NULL, NULL), 0);
        assert_int_equal(record_forget_failure(t->fd, &layout_system, "other", NULL, NULL), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, tree_setup, tree_teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_text),
                cmocka_unit_test(test_broken_text),
                TEST(test_files),
                TEST(test_image_copy),
                TEST(test_failures),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
