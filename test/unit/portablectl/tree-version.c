/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/fd.h"
#include "portablectl/tree-version.h"

static char directory[] = "/tmp/test-tree-version.XXXXXX";
static int root = -EBADF;

static int setup(void **state)
{
        strcpy(directory + strlen(directory) - 6, "XXXXXX");
        assert_non_null(mkdtemp(directory));
        root = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
        assert_true(root >= 0);
        return 0;
}

static void remove_all(const char *path)
{
        char command[256];

        snprintf(command, sizeof(command), "rm -rf '%s'", path);
        assert_int_equal(system(command), 0);
}

static int teardown(void **state)
{
        root = fd_close(root);
        remove_all(directory);
        return 0;
}

static void put(const char *path, const char *name)
{
        char file[256];
        int fd;

        assert_true(fd_mkdirs_in_root(root, path, 0755) >= 0);
        snprintf(file, sizeof(file), "%s/%s", path, name);
        fd = fd_open_in_root(root, file, O_WRONLY | O_CREAT, 0644);
        assert_true(fd >= 0);
        close(fd);
}

static void test_none(void **state)
{
        assert_int_equal(tree_manager_version(root), 0);
        put("/usr/lib/systemd", "libsystemd-shared-.so");
        put("/usr/lib/systemd", "libsystemd-core-300.so");
        put("/usr/lib/systemd", "libsystemd-shared-300");
        assert_int_equal(tree_manager_version(root), 0);
}

static void test_plain(void **state)
{
        put("/usr/lib/systemd", "libsystemd-shared-255.so");
        assert_int_equal(tree_manager_version(root), 255);
}

/* Debian's directory, and Fedora's release in the name. */
static void test_distributions(void **state)
{
        put("/usr/lib/aarch64-linux-gnu/systemd", "libsystemd-shared-257.so");
        assert_int_equal(tree_manager_version(root), 257);
        put("/usr/lib/systemd", "libsystemd-shared-254.10-1.fc39.so");
        assert_int_equal(tree_manager_version(root), 254);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_none, setup, teardown),
                cmocka_unit_test_setup_teardown(test_plain, setup, teardown),
                cmocka_unit_test_setup_teardown(test_distributions, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
