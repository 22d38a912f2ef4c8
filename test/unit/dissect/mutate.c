/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "partition/filesystem.h"
#include "partition/probe.h"
#include "partition/select.h"
#include "verity/verity.h"
#include "images.h"

/* Images with some bytes changed: whatever is in them, the answer is a table that keeps its promises or one
 * line of error. The changes are the same in each run. */

#define ROUNDS 300

static uint32_t next(uint32_t *seed)
{
        *seed = *seed * 1664525 + 1013904223;
        return *seed >> 8;
}

static int setup(void **state)
{
        int r = images_setup(state);

        if (r < 0)
                return r;
        images_verity_tools();
        images_run(
                "veritysetup format root.img root.verity --root-hash-file root.hash; H=$(cat root.hash)\n"
                "gpt signed.raw $H; sign root.hash root.p7s; json $H root.p7s >sig; put signed.raw sig 5\n"
                "mke2fs -q -t ext4 -d tree ext4.raw 4M; mkfs.erofs erofs.raw tree");
        images_partition("mbr.raw", 8, "label: dos\nsize=2M, type=c\nsize=4M, type=83");
        images_put("mbr.raw", "root.img", 3);
        return 0;
}

static void assert_promises(const struct partition_table *t)
{
        assert_true(t->n == 0 || t->items);
        for (size_t i = 0; i < t->n; i++) {
                const struct partition *p = t->items + i;

                assert_true(p->size <= UINT64_MAX - p->offset);
                if (p->designator != DESIGNATOR_OTHER) {
                        assert_true(p->size > 0);
                        assert_true(p->offset + p->size <= t->size);
                }
                assert_true(strlen(p->uuid) < UUID_TEXT_SIZE);
        }
}

static void look(const char *name)
{
        _cleanup_partition_table_ struct partition_table t = {};
        __attribute__((cleanup(verity_clear))) struct verity v = VERITY_NONE;
        _cleanup_close_ int fd = images_open(name), root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
        _cleanup_error_ struct error error = {}, error2 = {}, error3 = {};
        struct verity_source source = {
                .root_fd = root, .image_fd = fd, .path = images_path(name), .image = name, .table = &t};
        struct selection s;

        if (image_probe(fd, name, &t, &error) < 0) {
                assert_true(error_is_set(&error));
                assert_null(strchr(error_message(&error), '\n'));
                return;
        }
        assert_promises(&t);
        if (partitions_select(&t, name, "x86-64", &s, &error2) < 0) {
                assert_true(error_is_set(&error2));
                assert_null(strchr(error_message(&error2), '\n'));
                return;
        }
        if (s.by[DESIGNATOR_ROOT] && s.by[DESIGNATOR_ROOT]->fstype) {
                const struct filesystem *fs = filesystem_find(s.by[DESIGNATOR_ROOT]->fstype);
                uint64_t size;

                if (fs)
                        (void)filesystem_size(fs, fd, s.by[DESIGNATOR_ROOT]->offset, &size);
        }
        if (verity_find(&source, DESIGNATOR_ROOT, &s, &v, &error3) < 0)
                assert_true(error_is_set(&error3));
}

/* Changes up to four bytes of the given range, mostly to interesting values. */
static void mutate(const char *name, uint32_t *seed, uint64_t offset, uint64_t size)
{
        static const uint8_t values[] = {0, 1, 0x7f, 0x80, 0xff};

        for (unsigned i = next(seed) % 4 + 1; i > 0; i--) {
                uint8_t value = next(seed) % 2 ? values[next(seed) % sizeof(values)] : (uint8_t)next(seed);

                images_poke(name, offset + next(seed) % size, &value, 1);
        }
}

static void run(const char *name, uint64_t offset, uint64_t size, bool checksum)
{
        _cleanup_close_ int fd = images_open(name);
        uint32_t seed = 1;
        uint8_t *original = malloc(size);

        assert_int_equal(pread(fd, original, size, (off_t)offset), size);
        for (int i = 0; i < ROUNDS; i++) {
                mutate(name, &seed, offset, size);
                if (checksum)
                        images_gpt_checksum(name);
                look(name);
                images_poke(name, offset, original, size);
        }
        free(original);
}

static void test_gpt_header(void **state)
{
        run("signed.raw", 512, 92, false);
        run("signed.raw", 512 + 24, 92 - 24, true);
}

static void test_gpt_entries(void **state)
{
        run("signed.raw", 1024, (uint64_t)4 * 128, true);
}

static void test_signature_partition(void **state)
{
        run("signed.raw", 5 << 20, 1200, false);
}

static void test_mbr(void **state)
{
        run("mbr.raw", 440, 72, false);
}

static void test_superblocks(void **state)
{
        run("root.img", 0, 96, false);
        run("erofs.raw", 1024, 128, false);
        run("ext4.raw", 1024, 1024, false);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_gpt_header),          cmocka_unit_test(test_gpt_entries),
                cmocka_unit_test(test_signature_partition), cmocka_unit_test(test_mbr),
                cmocka_unit_test(test_superblocks),
        };

        return cmocka_run_group_tests(tests, setup, images_teardown);
}
