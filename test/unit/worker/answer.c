/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/answer.h"

#include "test.h"

#include <errno.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/pack.h"

static void test_result(void **state)
{
        _cleanup_pack_ struct pack p = {};
        _cleanup_error_ struct error error = {};
        struct unpack u = {};

        answer_begin(&p, ANSWER_RESULT);
        pack_u32(&p, 7);
        assert_int_equal(pack_message_end(&p), 0);
        for (size_t n = 0; n < p.size; n++)
                assert_false(answer_is_whole(p.data, n));
        assert_true(answer_is_whole(p.data, p.size));
        pack_raw(&p, "x", 1);
        assert_false(answer_is_whole(p.data, p.size));
        assert_int_equal(answer_read(p.data, p.size - 1, &u, &error), 0);
        assert_int_equal(unpack_u32(&u), 7);
        assert_int_equal(unpack_finish(&u), 0);
}

static void read_error(const char *message, const char *shown)
{
        const struct error sent = {
                .kind = ERROR_NO_SUCH_IMAGE, .errnum = ENOENT, .message = (char *)message};
        _cleanup_error_ struct error error = {};
        _cleanup_pack_ struct pack p = {};
        struct unpack u = {};

        answer_begin(&p, ANSWER_ERROR);
        pack_error(&p, &sent);
        assert_int_equal(pack_message_end(&p), 0);
        assert_int_equal(answer_read(p.data, p.size, &u, &error), -ENOENT);
        assert_int_equal(error.kind, ERROR_NO_SUCH_IMAGE);
        assert_string_equal(error_message(&error), shown);
}

/* The bus takes no invalid UTF-8, and would leave the caller without any answer. */
static void test_error(void **state)
{
        read_error("No image 'x'", "No image 'x'");
        read_error("No image '\xc3\xbc'", "No image '\xc3\xbc'");
        read_error("No image '\xff\n\033[31m'", "No image '\\xff\\x0a\\x1b[31m'");
        read_error(NULL, "No such file or directory");
}

static void assert_malformed(const struct pack *p)
{
        _cleanup_error_ struct error error = {};
        struct unpack u = {};

        assert_int_equal(answer_read(p->data, p->size, &u, &error), -EBADMSG);
        assert_int_equal(error.kind, ERROR_FAILED);
}

static void test_malformed(void **state)
{
        static const struct error none = {};
        _cleanup_pack_ struct pack kind = {}, no_error = {}, more = {}, empty = {};

        assert_malformed(&empty);
        assert_false(answer_is_whole(NULL, 0));
        answer_begin(&kind, 2);
        assert_malformed(&kind);
        answer_begin(&no_error, ANSWER_ERROR);
        pack_error(&no_error, &none);
        assert_malformed(&no_error);
        answer_begin(&more, ANSWER_ERROR);
        pack_error(&more, &(struct error){.kind = ERROR_FAILED, .errnum = EIO});
        pack_u32(&more, 0);
        assert_malformed(&more);
}

static void pack_progress(struct pack *p, const char *what)
{
        answer_begin(p, ANSWER_PROGRESS);
        pack_string(p, what);
        pack_u64(p, 5);
        pack_u64(p, 7);
}

static void test_progress(void **state)
{
        _cleanup_pack_ struct pack p = {};
        struct answer_progress progress;
        size_t size;

        pack_progress(&p, "app");
        assert_int_equal(pack_message_end(&p), 0);
        size = p.size;
        assert_int_equal(answer_read_progress(p.data, size - 1, &progress), 0);
        pack_u32(&p, 0); /* the begin of the next message */
        assert_int_equal(answer_read_progress(p.data, p.size, &progress), size);
        assert_int_equal(progress.kind, ANSWER_PROGRESS);
        assert_string_equal(progress.what, "app");
        assert_int_equal(progress.done, 5);
        assert_int_equal(progress.total, 7);
        free(progress.what);
}

static void test_wait(void **state)
{
        _cleanup_pack_ struct pack p = {}, more = {};
        struct answer_progress progress;

        answer_begin(&p, ANSWER_WAIT);
        pack_string(&p, "app");
        assert_int_equal(pack_message_end(&p), 0);
        assert_int_equal(answer_read_progress(p.data, p.size, &progress), p.size);
        assert_int_equal(progress.kind, ANSWER_WAIT);
        assert_string_equal(progress.what, "app");
        free(progress.what);

        answer_begin(&more, ANSWER_WAIT);
        pack_string(&more, "app");
        pack_u64(&more, 5);
        assert_int_equal(pack_message_end(&more), 0);
        assert_int_equal(answer_read_progress(more.data, more.size, &progress), more.size);
        assert_null(progress.what);
}

static void test_malformed_progress(void **state)
{
        _cleanup_pack_ struct pack result = {}, more = {}, hostile = {}, tiny = {}, huge = {};
        struct answer_progress progress;

        answer_begin(&result, ANSWER_RESULT);
        assert_int_equal(pack_message_end(&result), 0);
        assert_int_equal(answer_read_progress(result.data, result.size, &progress), 0);
        assert_int_equal(answer_read_progress(NULL, 0, &progress), 0);

        pack_progress(&more, "app");
        pack_u32(&more, 0);
        assert_int_equal(pack_message_end(&more), 0);
        assert_int_equal(answer_read_progress(more.data, more.size, &progress), more.size);
        assert_null(progress.what);

        pack_progress(&hostile, "app\n\033[31m");
        assert_int_equal(pack_message_end(&hostile), 0);
        assert_int_equal(answer_read_progress(hostile.data, hostile.size, &progress), hostile.size);
        assert_null(progress.what);

        /* shorter than what it says it is */
        pack_u64(&tiny, 1);
        pack_u32(&tiny, ANSWER_PROGRESS);
        pack_u64(&tiny, 0);
        assert_int_equal(answer_read_progress(tiny.data, tiny.size, &progress), 0);

        answer_begin(&huge, ANSWER_PROGRESS);
        for (size_t i = 0; i <= ANSWER_PROGRESS_SIZE_MAX / sizeof(uint64_t); i++)
                pack_u64(&huge, 0);
        assert_int_equal(pack_message_end(&huge), 0);
        assert_int_equal(answer_read_progress(huge.data, huge.size, &progress), 0);
}

/* A length that does not even reach over the kind: what follows must not be taken for its content. */
static void test_progress_too_short(void **state)
{
        struct answer_progress progress;

        for (uint64_t length = 0; length < sizeof(uint32_t); length++) {
                _cleanup_pack_ struct pack p = {};

                pack_u64(&p, length);
                pack_u32(&p, ANSWER_PROGRESS);
                pack_u32(&p, 1000); /* of a string that is not there */
                assert_int_equal(answer_read_progress(p.data, p.size, &progress), 0);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_result),    cmocka_unit_test(test_error),
                cmocka_unit_test(test_malformed), cmocka_unit_test(test_progress_too_short),
                cmocka_unit_test(test_progress),  cmocka_unit_test(test_malformed_progress),
                cmocka_unit_test(test_wait),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
