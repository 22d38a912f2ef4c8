/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/strv.h"
#include "basic/fd.h"
#include "verity/device-mapper.h"
#include "policy/policy.h"
#include "images.h"

/*
 * Verity as far as the kernel takes part. With a device-mapper all of it must work; on a kernel without,
 * each of these images must be refused with just that error. Which of the two is tested depends on the
 * kernel alone.
 */

static bool mapper;

static int setup(void **state)
{
        _cleanup_error_ struct error error = {};
        int r = images_setup(state);

        if (r < 0)
                return r;
        mapper = verity_kernel_check("x", "y", &error) >= 0;
        images_verity_tools();
        images_run(
                "mkdir -p trusting/etc/verity.d distrusting; cp key.crt trusting/etc/verity.d\n"
                "head -c 1M /dev/urandom >tree/noise; mksquashfs tree root.img -quiet -no-progress "
                "-noappend; rm "
                "tree/noise\n"
                "veritysetup format root.img root.verity --root-hash-file root.hash; H=$(cat root.hash)\n"
                "gpt signed.raw $H; sign root.hash root.p7s; json $H root.p7s >sig; put signed.raw sig 5\n"
                "gpt verity.raw $H");
        return 0;
}

/* Device-mapper devices with our root hash (or a private name), other than those of other images. */
static size_t mappings(void)
{
        _cleanup_closedir_ DIR *dir = opendir("/sys/block");
        struct dirent *e;
        size_t n = 0;

        assert_non_null(dir);
        while ((e = readdir(dir)))
                n += strncmp(e->d_name, "dm-", 3) == 0;
        return n;
}

static size_t mappings_left(void)
{
        for (int i = 0; i < 100 && mappings() > 0; i++)
                nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
        return mappings();
}

static int open_with(const char *name, const char *root_name, const char *text, struct dissected **ret,
                     char **ret_message)
{
        _cleanup_error_ struct error error = {};
        _cleanup_close_ int fd = open(images_path(name), O_PATH | O_CLOEXEC), root = -EBADF;
        struct image_policy policy;
        struct dissect_options options = {.image_fd = fd, .path = "/x.raw", .policy = &policy};
        int r;

        root = open(images_path(root_name), O_PATH | O_DIRECTORY | O_CLOEXEC);
        options.root_fd = root;
        images_link(name, root);
        assert_int_equal(image_policy_parse(text, &policy, &error), 0);
        r = dissect_open(&options, ret, &error);
        *ret_message = strdup(r < 0 ? error_message(&error) : "");
        return r;
}

static void assert_gone(void)
{
        assert_int_equal(mappings_left(), 0);
        assert_int_equal(images_loops_left(), 0);
}

#define NO_MAPPER \
        "Image '/x.raw': partition 1 (root for x86-64) is protected by verity, which this kernel does not " \
        "support (no device-mapper; perhaps: modprobe dm-verity)"

static void assert_opens(const char *name, const char *root, const char *policy, const char *pin)
{
        _cleanup_error_ struct error error = {};
        _cleanup_dissected_ struct dissected *d = NULL;
        _cleanup_free_ char *message = NULL, *got = NULL, *text = NULL;
        int r = open_with(name, root, policy, &d, &message);

        assert_string_equal(message, mapper ? "" : NO_MAPPER);
        if (r >= 0) {
                assert_int_equal(
                        fd_read_file_in_root(dissected_tree_fd(d), "/usr/lib/os-release", 100, &text, NULL),
                        0);
                assert_string_equal(text, "ID=tiny\n");
                assert_int_equal(dissected_pin(d, 262, &got, &error), 0);
                assert_string_equal(got, pin);
        }
        d = dissect_close(d);
        assert_gone();
}

static void assert_refused(const char *name, const char *root, const char *policy, const char *wanted)
{
        _cleanup_dissected_ struct dissected *d = NULL;
        _cleanup_free_ char *message = NULL;

        assert_true(open_with(name, root, policy, &d, &message) < 0);
        assert_string_equal(message, mapper ? wanted : NO_MAPPER);
        assert_gone();
}

static void test_verity(void **state)
{
        assert_opens("verity.raw", "distrusting", "root=verity", "root=verity+squashfs:=absent");
        assert_opens("verity.raw", "distrusting", "root=verity+signed", "root=verity+squashfs:=absent");
}

static void test_signed(void **state)
{
        assert_opens("signed.raw", "trusting", "root=signed", "root=signed+squashfs:=absent");
        assert_opens("signed.raw", "trusting", "root=signed+verity", "root=signed+squashfs:=absent");
        /* Not needed, not looked at. */
        assert_opens("signed.raw", "distrusting", "root=verity",
                     "root=verity+squashfs:root-verity-sig=unused+absent:=absent");
}

#define NO_CERTIFICATES \
        "Image '/x.raw': its root hash is signed, but there are no certificates to check that with (*.crt " \
        "in " \
        "/etc/verity.d, /run/verity.d, /usr/local/lib/verity.d, /usr/lib/verity.d)"

static void test_signature_not_trusted(void **state)
{
        assert_refused("signed.raw", "distrusting", "root=signed", NO_CERTIFICATES);
        assert_opens("signed.raw", "distrusting", "root=signed+verity",
                     "root=verity+squashfs:root-verity-sig=unused+absent:=absent");
        /* Never weaker than verity, whether it works or not. */
        assert_refused("signed.raw", "distrusting", "root=signed+unprotected", NO_CERTIFICATES);
}

#define MISMATCH \
        "Image '/x.raw': the verity data of partition 1 (root for x86-64) is damaged or does not belong " \
        "to its " \
        "root hash"

static void test_signature_of_another_image(void **state)
{
        images_run("tr 0-9 1-90 <root.hash >other.hash; sign other.hash other.p7s; cp signed.raw other.raw; "
                   "dd if=/dev/zero "
                   "of=other.raw bs=64K seek=80 count=1 conv=notrunc; json $(cat other.hash) other.p7s "
                   ">sig2; put other.raw "
                   "sig2 5");
        assert_refused("other.raw", "trusting", "root=signed", MISMATCH);
        /* Its own UUIDs still say what it should be. */
        assert_opens("other.raw", "trusting", "root=signed+verity",
                     "root=verity+squashfs:root-verity-sig=unused+absent:=absent");
}

static void test_tampered_first_block(void **state)
{
        images_run("cp verity.raw first.raw");
        images_poke("first.raw", (1 << 20) + 100, "\x55", 1);
        assert_refused("first.raw", "trusting", "root=verity", MISMATCH);
        assert_refused("first.raw", "trusting", "root=verity+unprotected", MISMATCH);
}

static void test_tampered_later(void **state)
{
        _cleanup_dissected_ struct dissected *d = NULL;
        _cleanup_free_ char *message = NULL, *text = NULL;
        int r;

        images_run("cp verity.raw later.raw");
        images_poke("later.raw", (1 << 20) + 512 * 1024, "\x55\xaa\x55\xaa", 4);
        r = open_with("later.raw", "trusting", "root=verity", &d, &message);
        assert_string_equal(message, mapper ? "" : NO_MAPPER);
        if (r >= 0)
                assert_int_equal(fd_read_file_in_root(dissected_tree_fd(d), "/noise", 4 << 20, &text, NULL),
                                 -EIO);
        d = dissect_close(d);
        assert_gone();
}

static void test_hash_data_is_none(void **state)
{
        images_run("cp verity.raw none.raw; dd if=/dev/zero of=none.raw bs=1M seek=3 count=1 conv=notrunc");
        assert_refused("none.raw", "trusting", "root=verity", MISMATCH);
}

static void test_beside(void **state)
{
        static const char *const cases[][3] = {
                {"side-trusting", "root=signed", "root=signed+squashfs:=absent"},
                {"side-trusting", "root=verity", "root=verity+signed+squashfs:=absent"},
                {"side-distrusting", "root=verity+signed", "root=verity+signed+squashfs:=absent"},
        };

        images_run("for n in trusting distrusting; do cp -a $n side-$n; cp root.verity side-$n/x.verity; cp "
                   "root.hash "
                   "side-$n/x.roothash; cp root.p7s side-$n/x.roothash.p7s; done");
        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_error_ struct error error = {};
                _cleanup_dissected_ struct dissected *d = NULL;
                _cleanup_free_ char *message = NULL, *pin = NULL;
                _cleanup_strv_ char **warnings = NULL;

                (void)open_with("root.img", cases[i][0], cases[i][1], &d, &message);
                assert_string_equal(
                        message,
                        mapper ? ""
                               : "Image '/x.raw': the file system is protected by verity, which this "
                                 "kernel does not support (no device-mapper; perhaps: modprobe dm-verity)");
                if (d) {
                        assert_int_equal(dissected_pin(d, 262, &pin, &error), 0);
                        assert_string_equal(pin, cases[i][2]);
                        assert_int_equal(dissected_warn(d, 257, false, &warnings, &warnings, &error), 0);
                        assert_int_equal(strv_length(warnings), i == 2);
                }
        }
}

static void test_shared(void **state)
{
        _cleanup_dissected_ struct dissected *first = NULL, *second = NULL;
        _cleanup_free_ char *message = NULL, *message2 = NULL;

        (void)open_with("verity.raw", "distrusting", "root=verity", &first, &message);
        (void)open_with("signed.raw", "trusting", "root=signed", &second, &message2);
        assert_string_equal(message, mapper ? "" : NO_MAPPER);
        assert_string_equal(message2, mapper ? "" : NO_MAPPER);
        assert_int_equal(mappings(), mapper ? 1 : 0);
        first = dissect_close(first);
        assert_int_equal(mappings(), mapper ? 1 : 0);
        second = dissect_close(second);
        assert_gone();
}

static void test_many_at_once(void **state)
{
        enum { N = 16 };
        pid_t pids[N];

        for (int i = 0; i < N; i++) {
                pids[i] = fork();
                assert_true(pids[i] >= 0);
                if (pids[i] == 0) {
                        for (int n = 0; n < 3; n++) {
                                struct dissected *d = NULL;
                                _cleanup_free_ char *message = NULL;
                                int r = open_with("verity.raw", "distrusting", "root=verity", &d, &message);

                                if (strcmp(message, mapper ? "" : NO_MAPPER) != 0) {
                                        fprintf(stderr, "%i: %s\n", r, message);
                                        _exit(1);
                                }
                                dissect_close(d);
                        }
                        _exit(0);
                }
        }
        for (int i = 0; i < N; i++) {
                int status;

                assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
                assert_int_equal(status, 0);
        }
        assert_gone();
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_verity),
                cmocka_unit_test(test_signed),
                cmocka_unit_test(test_signature_not_trusted),
                cmocka_unit_test(test_signature_of_another_image),
                cmocka_unit_test(test_tampered_first_block),
                cmocka_unit_test(test_tampered_later),
                cmocka_unit_test(test_hash_data_is_none),
                cmocka_unit_test(test_beside),
                cmocka_unit_test(test_shared),
                cmocka_unit_test(test_many_at_once),
        };

        return cmocka_run_group_tests(tests, setup, images_teardown);
}
