/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Changes to images in a directory that somebody swaps all the time. Needs no bus. */
#include "tree.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/layout.h"
#include "image/image.h"
#include "operation/operation.h"

/* So many that code which looks the path up again loses the victim each time. */
#define ROUNDS 600

static pid_t swap_all_the_time(struct tree *t, const char *a, const char *b)
{
        pid_t pid = fork();

        assert_true(pid >= 0);
        if (pid > 0)
                return pid;
        for (;;)
                if (renameat2(t->fd, a, t->fd, b, RENAME_EXCHANGE) < 0)
                        _exit(1);
}

static void stop(pid_t pid)
{
        int status;

        assert_int_equal(kill(pid, SIGKILL), 0);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status));
}

/* Only one of the two is an image, so only that may ever go. */
static void test_remove(void **state)
{
        struct tree *t = *state;
        unsigned removed = 0;
        pid_t pid;

        tree_file(t, "/opt/victim/img/precious", "");
        tree_dir(t, "/opt/real");
        tree_link(t, "/opt/user", "real");
        tree_link(t, "/opt/other", "victim");
        assert_int_equal(unlinkat(t->fd, "opt/user", 0), 0);
        assert_int_equal(renameat(t->fd, "opt/real", t->fd, "opt/user"), 0);
        pid = swap_all_the_time(t, "opt/user", "opt/other");
        for (unsigned i = 0; i < ROUNDS; i++) {
                _cleanup_error_ struct error e = {};
                _cleanup_operation_ struct operation o = {};
                _cleanup_close_ int fd = -EBADF;

                /* Whichever of the names it has now. */
                while ((fd = openat(t->fd, "opt/user", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) < 0)
                        ;
                (void)mkdirat(fd, "img", 0755);
                (void)mkdirat(fd, "img/etc", 0755);
                (void)mknodat(fd, "img/etc/os-release", S_IFREG | 0644, 0);
                assert_int_equal(operation_begin(t->fd, &layout_system, false, &o, &e), 0);
                removed += operation_remove(&o, "/opt/user/img", &e) >= 0;
                assert_true(tree_exists(t, "/opt/victim/img/precious"));
        }
        stop(pid);
        assert_true(removed > 0);
}

/* What was found to be a directory is one, and what was reached by a link says so. */
static void test_find(void **state)
{
        unsigned links = 0, directories = 0;
        struct tree *t = *state;
        pid_t pid;

        tree_dir(t, "/opt/target");
        tree_dir(t, "/opt/img");
        tree_link(t, "/opt/other", "target");
        pid = swap_all_the_time(t, "opt/img", "opt/other");
        for (unsigned i = 0; i < 100 * ROUNDS; i++) {
                _cleanup_image_ struct image *image = NULL;

                if (image_find(t->fd, &layout_system, "/opt/img", &image, NULL, NULL) < 0)
                        continue;
                if (image->link)
                        links++;
                else {
                        directories++;
                        assert_string_not_equal(image->path, "/opt/target");
                }
        }
        stop(pid);
        assert_true(links > 0);
        assert_true(directories > 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_remove, tree_setup, tree_teardown),
                cmocka_unit_test_setup_teardown(test_find, tree_setup, tree_teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
