/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "basic/strv.h"
#include "sandbox.h"
#include "basic/layout.h"
#include "transaction/journal.h"
#include "transaction/op.h"
#include "transaction/transaction.h"

#define WORK "/etc/systemd/.portabled-0123456789abcdef"

/* What a crash leaves: a work directory made by hand, with a journal if there are ops. */
static int make_crash(const struct sandbox *s, struct op *items, size_t n, enum journal_state state)
{
        struct op_list ops = {items, n};
        int dir, fd;

        sandbox_mkdir(s, WORK);
        dir = openat(s->fd, WORK + 1, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        assert_true(dir >= 0);
        assert_int_equal(fchmod(dir, 0700), 0);
        if (n > 0) {
                assert_int_equal(journal_write(dir, &ops, &fd), 0);
                assert_int_equal(journal_mark(fd, state), 0);
                close(fd);
        }
        return dir;
}

static struct op make_op(const struct sandbox *s, enum op_kind kind, const char *path, const char *where)
{
        struct op o = {.kind = kind, .path = (char *)path};
        mode_t mode;

        assert_int_equal(identity_look(s->fd, where + 1, &mode, &o.id), 1);
        o.directory = S_ISDIR(mode);
        return o;
}

/* Recovers, and expects these messages. */
static void expect_recovery(const struct sandbox *s, const char *messages)
{
        _cleanup_strv_ char **l = NULL;
        _cleanup_free_ char *joined = NULL;

        assert_int_equal(transaction_recover(s->fd, &layout_system, &l, NULL), 0);
        joined = strv_join(l, "|");
        assert_string_equal(joined, messages);
        assert_false(sandbox_exists(s, WORK));
        l = strv_free(l);
        assert_int_equal(transaction_recover(s->fd, &layout_system, &l, NULL), 0);
        assert_null(l);
}

static void test_nothing(void **state)
{
        expect_recovery(*state, "");
}

static void test_no_directories(void **state)
{
        struct sandbox *s = *state;

        assert_int_equal(unlinkat(s->fd, "etc/systemd", AT_REMOVEDIR), 0);
        assert_int_equal(unlinkat(s->fd, "etc", AT_REMOVEDIR), 0);
        assert_int_equal(unlinkat(s->fd, "run/systemd", AT_REMOVEDIR), 0);
        assert_int_equal(unlinkat(s->fd, "run", AT_REMOVEDIR), 0);
        expect_recovery(s, "");
}

/* Without /etc/systemd the work directory is higher up; all vanishes with the transaction. */
static void test_bare_root(void **state)
{
        _cleanup_changes_ struct change_list l = {};
        struct sandbox *s = *state;

        assert_int_equal(unlinkat(s->fd, "etc/systemd", AT_REMOVEDIR), 0);
        assert_int_equal(unlinkat(s->fd, "etc", AT_REMOVEDIR), 0);
        add_write(&l, "/etc/systemd/system.attached/a.service", "x");
        add_symlink(&l, "/etc/portables/a", "/a");
        assert_int_equal(sandbox_commit(s, &l, NULL), 0);
        assert_true(sandbox_exists(s, "/etc/systemd/system.attached/a.service"));
        assert_true(sandbox_exists(s, "/etc/portables/a"));
}

static void test_no_journal(void **state)
{
        struct sandbox *s = *state;

        close(make_crash(s, NULL, 0, 0));
        sandbox_write(s, WORK "/0", "staged");
        sandbox_write(s, WORK "/1/sub/f", "staged");
        expect_recovery(s, "Removed what an operation that broke off had prepared, in '" WORK "'");
}

static void test_bad_journals(void **state)
{
        static const char *const bad[] = {"", "x", "PORTABLED-JOURNAL-1\n", "PORTABLED-JOURNAL-1\nC",
                                          "PORTABLED-JOURNAL-1\nI\1\2\3\4\5\6\7\10\11\0\0\0"};

        for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
                close(make_crash(*state, NULL, 0, 0));
                sandbox_write(*state, WORK "/journal", bad[i]);
                expect_recovery(*state,
                                "Removed what an operation that broke off had prepared, in '" WORK "'");
        }
}

/* A journal cut off at any byte, or with any byte changed, is either whole or not there. */
static void test_torn_journal(void **state)
{
        struct sandbox *s = *state;
        struct op o = {.kind = OP_REMOVE, .path = (char *)"/etc/f"};
        struct op_list read_ops = {};
        enum journal_state js;
        _cleanup_free_ char *data = NULL;
        size_t size;
        int dir;

        dir = make_crash(s, &o, 1, JOURNAL_COMMIT);
        assert_int_equal(fd_read_file_in_root(s->fd, WORK "/journal", 4096, &data, &size), 0);
        for (size_t i = 0; i < size; i++) {
                _cleanup_close_ int fd = openat(dir, "journal", O_WRONLY | O_TRUNC);

                assert_int_equal(fd_write_all(fd, data, i), 0);
                assert_int_equal(journal_read(dir, &read_ops, &js), -EBADMSG);
                data[i] ^= 0x40;
                assert_int_equal(ftruncate(fd, 0), 0);
                assert_int_equal(pwrite(fd, data, size, 0), size);
                if (i == 20) { /* the state byte: anything but "commit" is "intent" */
                        assert_int_equal(journal_read(dir, &read_ops, &js), 0);
                        assert_int_equal(js, JOURNAL_INTENT);
                        op_list_clear(&read_ops);
                } else {
                        assert_int_equal(journal_read(dir, &read_ops, &js), -EBADMSG);
                }
                data[i] ^= 0x40;
        }
        close(dir);
}

static void test_commit_completes(void **state)
{
        struct sandbox *s = *state;
        struct op ops[3];

        sandbox_write(s, "/etc/systemd/old", "old");
        sandbox_write(s, "/etc/systemd/gone", "gone");
        sandbox_write(s, WORK "/0", "new");
        sandbox_write(s, WORK "/1", "replaced");
        ops[0] = make_op(s, OP_NEW, "/etc/systemd/new", WORK "/0");
        ops[1] = make_op(s, OP_REPLACE, "/etc/systemd/old", WORK "/1");
        ops[2] = make_op(s, OP_REMOVE, "/etc/systemd/gone", "/etc/systemd/gone");
        for (uint32_t i = 0; i < 3; i++)
                ops[i].slot = i;
        close(make_crash(s, ops, 3, JOURNAL_COMMIT));
        expect_recovery(s, "Completed an operation that broke off, on '/etc/systemd/new' and 2 more");
        assert_true(sandbox_exists(s, "/etc/systemd/new"));
        assert_false(sandbox_exists(s, "/etc/systemd/gone"));
        {
                _cleanup_free_ char *data = sandbox_read(s, "/etc/systemd/old");

                assert_string_equal(data, "replaced");
        }
}

/* After success was reported, and only the clean-up was interrupted, nothing that others did since is
 * undone. */
static void test_later_changes_survive(void **state)
{
        struct sandbox *s = *state;
        struct op ops[2];

        sandbox_write(s, "/etc/systemd/unit", "ours");
        ops[0] = make_op(s, OP_NEW, "/etc/systemd/unit", "/etc/systemd/unit");
        ops[1] = make_op(s, OP_REMOVE, "/etc/systemd/gone", "/etc/systemd/unit");
        ops[1].slot = 1;
        close(make_crash(s, ops, 2, JOURNAL_COMMIT));
        sandbox_write(s, WORK "/1", "old");
        assert_int_equal(unlinkat(s->fd, "etc/systemd/unit", 0), 0);
        sandbox_write(s, "/etc/systemd/unit", "edited");
        sandbox_write(s, "/etc/systemd/gone", "made again");
        expect_recovery(s, "Completed an operation that broke off, on '/etc/systemd/unit' and 1 more");
        {
                _cleanup_free_ char *unit = sandbox_read(s, "/etc/systemd/unit");
                _cleanup_free_ char *gone = sandbox_read(s, "/etc/systemd/gone");

                assert_string_equal(unit, "edited");
                assert_string_equal(gone, "made again");
        }
}

/* Half-done, and somebody else took one of the names: theirs is kept, the rest undone. */
static void test_foreign_file_on_undo(void **state)
{
        struct sandbox *s = *state;
        struct op ops[2];

        sandbox_write(s, "/etc/systemd/unit", "ours");
        sandbox_write(s, WORK "/1", "old");
        ops[0] = make_op(s, OP_NEW, "/etc/systemd/unit", "/etc/systemd/unit");
        ops[1] = make_op(s, OP_REMOVE, "/etc/systemd/gone", WORK "/1");
        ops[1].slot = 1;
        close(make_crash(s, ops, 2, JOURNAL_INTENT));
        sandbox_write(s, "/etc/systemd/gone", "theirs");
        expect_recovery(
                s, "'/etc/systemd/gone' was changed by somebody else in the meantime and is left as it is|"
                   "Undid an operation that broke off, on '/etc/systemd/unit' and 1 more");
        assert_false(sandbox_exists(s, "/etc/systemd/unit"));
        {
                _cleanup_free_ char *gone = sandbox_read(s, "/etc/systemd/gone");

                assert_string_equal(gone, "theirs");
        }
}

/* A directory that became visible and got a file of somebody else's before it could be undone. */
static void test_foreign_file_in_new_directory(void **state)
{
        struct sandbox *s = *state;
        struct op o;

        sandbox_write(s, "/etc/systemd/x.d/ours.conf", "ours");
        sandbox_write(s, "/etc/systemd/x.d/sub/ours.conf", "ours");
        o = make_op(s, OP_NEW, "/etc/systemd/x.d", "/etc/systemd/x.d");
        assert_int_equal(strv_append(&o.children, "ours.conf"), 0);
        assert_int_equal(strv_append(&o.children, "sub"), 0);
        assert_int_equal(strv_append(&o.children, "sub/ours.conf"), 0);
        close(make_crash(s, &o, 1, JOURNAL_INTENT));
        sandbox_write(s, "/etc/systemd/x.d/sub/admin.conf", "theirs");
        expect_recovery(s, "'/etc/systemd/x.d' is kept: somebody else has put something into it|"
                           "Undid an operation that broke off, on '/etc/systemd/x.d'");
        assert_true(sandbox_exists(s, "/etc/systemd/x.d/sub/admin.conf"));
        assert_false(sandbox_exists(s, "/etc/systemd/x.d/ours.conf"));
        assert_false(sandbox_exists(s, "/etc/systemd/x.d/sub/ours.conf"));
        strv_free(o.children);
}

/* Where directories can't be moved (overlayfs) they are removed, and made again. */
static void test_directory_made_again(void **state)
{
        struct sandbox *s = *state;
        struct op o;
        struct stat st;

        sandbox_mkdir(s, "/etc/systemd/x.d");
        o = make_op(s, OP_REMOVE, "/etc/systemd/x.d", "/etc/systemd/x.d");
        o.mode = S_IFDIR | 0750;
        o.uid = getuid();
        o.gid = getgid();
        close(make_crash(s, &o, 1, JOURNAL_INTENT));
        assert_int_equal(unlinkat(s->fd, "etc/systemd/x.d", AT_REMOVEDIR), 0);
        expect_recovery(s, "Undid an operation that broke off, on '/etc/systemd/x.d'");
        assert_int_equal(fstatat(s->fd, "etc/systemd/x.d", &st, 0), 0);
        assert_int_equal(st.st_mode, S_IFDIR | 0750);
}

static int commit_write(const struct sandbox *s, const char *path, char **ret_message)
{
        _cleanup_changes_ struct change_list l = {};

        add_write(&l, path, "x");
        add_rmdir(&l, "/etc/systemd/system.attached");
        return sandbox_commit(s, &l, ret_message);
}

/* A step that cannot be undone for now keeps nobody from other paths; what it needs stays. */
static void test_stuck_blocks_its_paths_only(void **state)
{
        _cleanup_strv_ char **messages = NULL;
        _cleanup_free_ char *message = NULL, *none = NULL;
        struct sandbox *s = *state;
        struct op ops[3] = {};

        sandbox_mkdir(s, "/etc/systemd/system.attached");
        assert_int_equal(symlinkat("loop", s->fd, "etc/systemd/loop"), 0);
        sandbox_write(s, WORK "/0", "old");
        sandbox_write(s, WORK "/1", "old");
        ops[0] = make_op(s, OP_REMOVE, "/etc/systemd/system.attached/web.service", WORK "/0");
        ops[1] = make_op(s, OP_REMOVE, "/etc/systemd/loop/web", WORK "/1");
        ops[1].slot = 1;
        ops[2] = (struct op){.kind = OP_REMOVE,
                             .path = (char *)"/etc/systemd/system.attached",
                             .directory = true,
                             .if_empty = true,
                             .slot = 2};
        close(make_crash(s, ops, 3, JOURNAL_INTENT));
        assert_int_equal(transaction_recover(s->fd, &layout_system, &messages, NULL), 0);
        assert_int_equal(strv_length(messages), 1);
        assert_string_equal(messages[0],
                            "Cannot restore '/etc/systemd/loop/web': Too many levels of symbolic "
                            "links. Other images are not concerned");
        assert_true(sandbox_exists(s, WORK "/journal"));
        assert_int_equal(commit_write(s, "/etc/systemd/system.attached/mail.service", &none), 0);
        assert_int_equal(unlinkat(s->fd, "etc/systemd/system.attached/mail.service", 0), 0);
        assert_int_equal(commit_write(s, "/etc/systemd/system/other.service", &none), 0);
        assert_true(sandbox_exists(s, "/etc/systemd/system.attached"));
        assert_int_equal(commit_write(s, "/etc/systemd/system.attached/web.service", &message), -ELOOP);
        assert_string_equal(
                message,
                "An operation that broke off, on '/etc/systemd/system.attached/web.service', has to "
                "be finished first: Cannot restore '/etc/systemd/loop/web': Too many levels of "
                "symbolic links");
        assert_int_equal(unlinkat(s->fd, "etc/systemd/loop", 0), 0);
        sandbox_mkdir(s, "/etc/systemd/loop");
        expect_recovery(
                s, "Undid an operation that broke off, on '/etc/systemd/system.attached/web.service' and "
                   "2 more");
        assert_true(sandbox_exists(s, "/etc/systemd/system.attached/web.service"));
        assert_true(sandbox_exists(s, "/etc/systemd/loop/web"));
}

/* A journal that is whole and says what we do not know is not thrown away, and stands in nobody's way. */
static void test_journal_of_another_version(void **state)
{
        _cleanup_strv_ char **messages = NULL;
        _cleanup_free_ char *none = NULL;
        struct sandbox *s = *state;
        struct op o = {.kind = OP_KIND_MAX, .path = (char *)"/etc/systemd/f"};

        close(make_crash(s, &o, 1, JOURNAL_INTENT));
        assert_int_equal(transaction_recover(s->fd, &layout_system, &messages, NULL), 0);
        assert_int_equal(strv_length(messages), 1);
        assert_string_equal(messages[0],
                            "Cannot read '" WORK "/journal', which another version has written: let "
                            "that one finish it, or remove '" WORK "'. Other images are not "
                            "concerned");
        assert_true(sandbox_exists(s, WORK "/journal"));
        assert_int_equal(commit_write(s, "/etc/systemd/system.attached/mail.service", &none), 0);
}

static void test_live_is_left_alone(void **state)
{
        struct sandbox *s = *state;
        int dir = make_crash(s, NULL, 0, 0);

        assert_int_equal(flock(dir, LOCK_EX), 0);
        assert_int_equal(transaction_recover(s->fd, &layout_system, NULL, NULL), 0);
        assert_true(sandbox_exists(s, WORK));
        close(dir);
        expect_recovery(s, "Removed what an operation that broke off had prepared, in '" WORK "'");
}

/* Names that only look like ours, and things that aren't directories, are no business of recovery. */
static void test_other_names(void **state)
{
        _cleanup_free_ char *before = NULL, *after = NULL;
        struct sandbox *s = *state;

        sandbox_write(s, "/etc/systemd/.portabled-0123456789abcde/f", "x");
        sandbox_write(s, "/etc/systemd/.portabled-0123456789abcdefa/f", "x");
        sandbox_write(s, "/etc/systemd/.portabled-0123456789ABCDEF/f", "x");
        sandbox_write(s, "/etc/systemd/.portabled-0123456789abcde0", "a file");
        sandbox_write(s, "/srv/precious/journal", "x");
        assert_int_equal(symlinkat("/srv/precious", s->fd, WORK + 1), 0);
        before = sandbox_snapshot(s);
        assert_int_equal(transaction_recover(s->fd, &layout_system, NULL, NULL), 0);
        after = sandbox_snapshot(s);
        assert_string_equal(before, after);
}

static void test_group_writable_is_not_trusted(void **state)
{
        struct sandbox *s = *state;
        int dir = make_crash(s, NULL, 0, 0);

        assert_int_equal(fchmod(dir, 0770), 0);
        assert_int_equal(transaction_recover(s->fd, &layout_system, NULL, NULL), 0);
        assert_true(sandbox_exists(s, WORK));
        close(dir);
}

static void hold_lock(const struct sandbox *s, int *ret_pid, int *ret_pipe)
{
        int p[2];
        char c = 0;

        assert_int_equal(pipe(p), 0);
        *ret_pid = fork();
        assert_true(*ret_pid >= 0);
        if (*ret_pid == 0) {
                int lock;

                if (transaction_lock(s->fd, &layout_system, NULL, &lock, NULL) < 0 ||
                    write(p[1], &c, 1) != 1)
                        _exit(1);
                pause();
                _exit(0);
        }
        assert_int_equal(read(p[0], &c, 1), 1);
        close(p[1]);
        *ret_pipe = p[0];
}

/* A second process waits for the lock, and gets it when the first dies. */
static void test_lock(void **state)
{
        struct sandbox *s = *state;
        int holder, waiter, p, lock, status;
        struct stat st;

        hold_lock(s, &holder, &p);
        close(p);
        waiter = fork();
        assert_true(waiter >= 0);
        if (waiter == 0)
                _exit(transaction_lock(s->fd, &layout_system, NULL, &lock, NULL) < 0);
        usleep(100000);
        assert_int_equal(waitpid(waiter, &status, WNOHANG), 0);
        assert_int_equal(kill(holder, SIGKILL), 0);
        assert_int_equal(waitpid(holder, &status, 0), holder);
        assert_int_equal(waitpid(waiter, &status, 0), waiter);
        assert_int_equal(status, 0);
        assert_int_equal(fstatat(s->fd, "run/systemd/portabled.lock", &st, AT_SYMLINK_NOFOLLOW), 0);
        assert_int_equal(st.st_mode, S_IFREG | 0600);
}

static void test_lock_makes_directory(void **state)
{
        struct sandbox *s = *state;
        int lock;

        assert_int_equal(unlinkat(s->fd, "run/systemd", AT_REMOVEDIR), 0);
        assert_int_equal(unlinkat(s->fd, "run", AT_REMOVEDIR), 0);
        assert_int_equal(transaction_lock(s->fd, &layout_system, NULL, &lock, NULL), 0);
        close(lock);
        assert_true(sandbox_exists(s, "/run/systemd/portabled.lock"));
}

/* A symlink in place of the lock file would let its owner choose what we open: refused. */
static void test_lock_symlink(void **state)
{
        _cleanup_error_ struct error error = {};
        struct sandbox *s = *state;
        int lock;

        assert_int_equal(symlinkat("/etc/shadow", s->fd, "run/systemd/portabled.lock"), 0);
        assert_int_equal(transaction_lock(s->fd, &layout_system, NULL, &lock, &error), -ELOOP);
        assert_string_equal(error_message(&error),
                            "Cannot lock '/run/systemd/portabled.lock': Too many levels of symbolic links");
        assert_false(sandbox_exists(s, "/etc/shadow"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, sandbox_setup, sandbox_teardown)
                TEST(test_nothing),
                TEST(test_no_directories),
                TEST(test_bare_root),
                TEST(test_no_journal),
                TEST(test_bad_journals),
                TEST(test_torn_journal),
                TEST(test_commit_completes),
                TEST(test_later_changes_survive),
                TEST(test_foreign_file_on_undo),
                TEST(test_foreign_file_in_new_directory),
                TEST(test_directory_made_again),
                TEST(test_stuck_blocks_its_paths_only),
                TEST(test_journal_of_another_version),
                TEST(test_live_is_left_alone),
                TEST(test_other_names),
                TEST(test_group_writable_is_not_trusted),
                TEST(test_lock),
                TEST(test_lock_makes_directory),
                TEST(test_lock_symlink),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
