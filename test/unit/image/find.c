/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tree.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/layout.h"
#include "image/image.h"

static void assert_string_or_null(const char *s, const char *expected)
{
        if (expected)
                assert_string_equal(s, expected);
        else
                assert_null(s);
}

/* Finds what, which must have this name, path, entry and link (NULL: none); the descriptor must be of that
 * path. */
static void check_found_link(struct tree *t, const char *what, const char *name, const char *path,
                             const char *entry, const char *link)
{
        _cleanup_image_ struct image *i = NULL;
        _cleanup_close_ int fd = -EBADF;
        _cleanup_error_ struct error e = {0};
        struct stat a, b;

        if (image_find(t->fd, &layout_system, what, &i, &fd, &e) < 0)
                fail_msg("%s: %s", what, error_message(&e));
        assert_string_equal(i->name, name);
        assert_string_equal(i->path, path);
        assert_string_or_null(i->entry, entry);
        assert_string_or_null(i->link, link);
        assert_int_equal(fstat(fd, &a), 0);
        assert_int_equal(fstatat(t->fd, path + 1, &b, 0), 0);
        assert_int_equal(a.st_ino, b.st_ino);
        assert_int_equal(a.st_dev, b.st_dev);
        i = image_free(i);
        assert_int_equal(image_find(t->fd, &layout_system, what, &i, NULL, NULL), 0);
}

static void check_found(struct tree *t, const char *what, const char *name, const char *path,
                        const char *entry)
{
        check_found_link(t, what, name, path, entry, NULL);
}

static void check_fails(struct tree *t, const char *what, enum error_kind kind, int errnum,
                        const char *message)
{
        _cleanup_error_ struct error e = {0};
        struct image *i = (void *)0x1;
        int fd = 12345;

        assert_int_equal(image_find(t->fd, &layout_system, what, &i, &fd, &e), -errnum);
        assert_int_equal(e.kind, kind);
        assert_string_equal(error_message(&e), message);
        assert_ptr_equal(i, (void *)0x1);
        assert_int_equal(fd, 12345);
}

static void test_by_name(void **state)
{
        struct tree *t = *state;

        tree_dir(t, "/var/lib/portables/dir_1");
        tree_file(t, "/var/lib/portables/raw_1.raw", "x");
        tree_dir(t, "/var/lib/portables/dirx.raw");
        tree_dir(t, "/usr/lib/portables/raw_1");
        tree_dir(t, "/var/lib/portables/both");
        tree_file(t, "/var/lib/portables/both.raw", "x");
        tree_dir(t, "/opt/real");
        tree_link(t, "/etc/portables/link", "/opt/real");
        tree_file(t, "/var/lib/portables/.hidden.raw", "x");

        check_found(t, "dir_1", "dir_1", "/var/lib/portables/dir_1", "/var/lib/portables/dir_1");
        check_found(t, "raw_1", "raw_1", "/var/lib/portables/raw_1.raw", "/var/lib/portables/raw_1.raw");
        check_found(t, "raw_1.raw", "raw_1", "/var/lib/portables/raw_1.raw", "/var/lib/portables/raw_1.raw");
        check_found(t, "dirx.raw", "dirx.raw", "/var/lib/portables/dirx.raw", "/var/lib/portables/dirx.raw");
        check_found(t, "both", "both", "/var/lib/portables/both", "/var/lib/portables/both");
        check_found_link(t, "link", "link", "/opt/real", "/etc/portables/link", "/etc/portables/link");
        check_found(t, ".hidden", ".hidden", "/var/lib/portables/.hidden.raw",
                    "/var/lib/portables/.hidden.raw");
        check_fails(t, "dirx", ERROR_NO_SUCH_IMAGE, ENOENT, "No image 'dirx' found.");
        check_fails(t, "nosuch", ERROR_NO_SUCH_IMAGE, ENOENT, "No image 'nosuch' found.");
}

static void test_by_path(void **state)
{
        struct tree *t = *state;

        tree_dir(t, "/opt/img/dir_1");
        tree_file(t, "/opt/img/raw_1.raw", "x");
        tree_file(t, "/opt/img/noraw", "x");
        tree_link(t, "/opt/link", "img/dir_1");
        tree_link(t, "/opt/linked", "img");
        assert_int_equal(mkfifoat(t->fd, "opt/fifo.raw", 0644), 0);

        check_found(t, "/opt/img/dir_1", "dir_1", "/opt/img/dir_1", NULL);
        check_found(t, "/opt/img/raw_1.raw", "raw_1", "/opt/img/raw_1.raw", NULL);
        check_found_link(t, "/opt/link", "dir_1", "/opt/img/dir_1", NULL, "/opt/link");
        check_found(t, "/opt/linked/raw_1.raw", "raw_1", "/opt/img/raw_1.raw", NULL);

        check_fails(t, "/opt/nosuch", ERROR_SYSTEM, ENOENT, "No image found at '/opt/nosuch'");
        check_fails(t, "/opt/img/noraw/x", ERROR_SYSTEM, ENOTDIR,
                    "Cannot open image '/opt/img/noraw/x': Not a directory");
        check_fails(t, "/opt/img/noraw", ERROR_BAD_IMAGE_TYPE, EMEDIUMTYPE,
                    "'/opt/img/noraw' is not an image: images are directories, btrfs subvolumes, block "
                    "devices and regular files named '*.raw'");
        check_fails(t, "/opt/fifo.raw", ERROR_BAD_IMAGE_TYPE, EMEDIUMTYPE,
                    "'/opt/fifo.raw' is not an image: images are directories, btrfs subvolumes, block "
                    "devices and regular files named '*.raw'");
}

static void test_versioned(void **state)
{
        struct tree *t = *state;

        tree_dir(t, "/var/lib/portables/app.v/app_2");
        tree_dir(t, "/var/lib/portables/app.v/app_10");
        tree_file(t, "/var/lib/portables/r.raw.v/r_1.raw", "");
        check_found(t, "app", "app", "/var/lib/portables/app.v/app_10", "/var/lib/portables/app.v");
        check_found(t, "app.v", "app", "/var/lib/portables/app.v/app_10", "/var/lib/portables/app.v");
        check_found(t, "r", "r", "/var/lib/portables/r.raw.v/r_1.raw", "/var/lib/portables/r.raw.v");
        check_fails(t, "app_10", ERROR_NO_SUCH_IMAGE, ENOENT, "No image 'app_10' found.");
        check_fails(t, "r.raw", ERROR_NO_SUCH_IMAGE, ENOENT, "No image 'r.raw' found.");

        tree_link(t, "/var/lib/portables/r.raw.v/r_2.raw", "/srv/other.raw");
        tree_file(t, "/srv/other.raw", "x");
        check_found_link(t, "r", "r", "/srv/other.raw", "/var/lib/portables/r.raw.v",
                         "/var/lib/portables/r.raw.v/r_2.raw");
        tree_link(t, "/etc/portables/r.raw.v", "/var/lib/portables/r.raw.v");
        check_found_link(t, "r", "r", "/srv/other.raw", "/etc/portables/r.raw.v", "/etc/portables/r.raw.v");

        tree_dir(t, "/opt/x.v/x_1");
        tree_file(t, "/opt/x.v/x_2.raw", "");
        tree_dir(t, "/opt/x.v/y_3");
        tree_dir(t, "/opt/empty.v");
        tree_link(t, "/opt/link.v", "x.v");
        check_found(t, "/opt/x.v", "x_2", "/opt/x.v/x_2.raw", NULL);
        check_found(t, "/opt/x.v/x___", "x_1", "/opt/x.v/x_1", NULL);
        check_found(t, "/opt/x.v/x___.raw", "x_2", "/opt/x.v/x_2.raw", NULL);
        check_found(t, "/opt/x.v/y___", "y_3", "/opt/x.v/y_3", NULL);
        check_found(t, "/opt/x.v/y_3", "y_3", "/opt/x.v/y_3", NULL);
        check_fails(t, "/opt/x.v/z___", ERROR_SYSTEM, ENOENT,
                    "Versioned directory '/opt/x.v/z___' has no image for this machine");
        check_fails(t, "/opt/x.v/y_4", ERROR_SYSTEM, ENOENT, "No image found at '/opt/x.v/y_4'");
        check_fails(t, "/opt/empty.v", ERROR_SYSTEM, ENOENT,
                    "Versioned directory '/opt/empty.v' has no image for this machine");
        check_fails(t, "/opt/link.v", ERROR_SYSTEM, ENOENT,
                    "Versioned directory '/opt/link.v' has no image for this machine");
        check_fails(t, "/opt/x/x___", ERROR_SYSTEM, ENOENT, "No image found at '/opt/x/x___'");
}

static void test_unprintable(void **state)
{
        struct tree *t = *state;

        tree_dir(t, "/opt/new\nline");
        tree_link(t, "/opt/link", "new\nline");
        tree_link(t, "/etc/portables/link", "/opt/link");
        check_fails(t, "/opt/new\nline", ERROR_INVALID_ARGS, EILSEQ,
                    "Image path '/opt/new\\x0aline' leads to a name with control characters or invalid "
                    "UTF-8, which "
                    "no unit file could hold");
        check_fails(t, "/opt/link", ERROR_INVALID_ARGS, EILSEQ,
                    "Image path '/opt/link' leads to a name with control characters or invalid UTF-8, which "
                    "no unit "
                    "file could hold");
        check_fails(t, "link", ERROR_NO_SUCH_IMAGE, ENOENT, "No image 'link' found.");
        tree_link(t, "/etc/portables/lost.raw", "/opt/nosuch.raw");
        check_fails(t, "lost", ERROR_NO_SUCH_IMAGE, ENOENT,
                    "No image 'lost' found: '/etc/portables/lost.raw' is a symlink that leads nowhere");
        tree_file(t, "/etc/portables/file", "x");
        check_fails(t, "file", ERROR_NO_SUCH_IMAGE, ENOENT,
                    "No image 'file' found: '/etc/portables/file' is a file whose name does not end in "
                    "'.raw'");
}

static void test_invalid(void **state)
{
        static const char *const bad[] = {"",        ".",    "..",  "a/b",  "/",     "//a", "/a/",
                                          "/a/../b", "/./a", ".#a", "a\nb", "/a//b", "\xff"};
        struct tree *t = *state;

        for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
                _cleanup_error_ struct error e = {0};
                struct image *image = NULL;

                assert_int_equal(image_find(t->fd, &layout_system, bad[i], &image, NULL, &e), -EINVAL);
                assert_int_equal(e.kind, ERROR_INVALID_ARGS);
        }
        check_fails(t, "a\nb", ERROR_INVALID_ARGS, EINVAL,
                    "'a\\x0ab' is neither a valid image name nor a normalized absolute path");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_by_name, tree_setup, tree_teardown),
                cmocka_unit_test_setup_teardown(test_by_path, tree_setup, tree_teardown),
                cmocka_unit_test_setup_teardown(test_versioned, tree_setup, tree_teardown),
                cmocka_unit_test_setup_teardown(test_unprintable, tree_setup, tree_teardown),
                cmocka_unit_test_setup_teardown(test_invalid, tree_setup, tree_teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
