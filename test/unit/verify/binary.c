/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include <elf.h>
#include <fcntl.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "verify/binary.h"

/* From a buffer of just that size, so that a sanitizer sees each byte read beyond it. */
static struct binary parse(const void *data, size_t size)
{
        _cleanup_free_ uint8_t *copy = malloc(size ? size : 1);
        struct binary b;

        assert_non_null(copy);
        memcpy(copy, data, size);
        binary_parse(copy, size, &b);
        return b;
}

static void check_script(const char *text, enum binary_kind kind, const char *interpreter)
{
        struct binary b = parse(text, strlen(text));

        assert_int_equal(b.kind, kind);
        assert_string_equal(b.interpreter, interpreter);
}

static void test_scripts(void **state)
{
        char line[600] = "#!/";

        check_script("#!/bin/sh\necho", BINARY_SCRIPT, "/bin/sh");
        check_script("#! \t/usr/bin/env python3\n", BINARY_SCRIPT, "/usr/bin/env");
        check_script("#!/bin/sh", BINARY_SCRIPT, "/bin/sh");
        check_script("#!sh\n", BINARY_SCRIPT, "");
        check_script("#!\n", BINARY_SCRIPT, "");
        check_script("#!", BINARY_SCRIPT, "");
        check_script("#", BINARY_UNKNOWN, "");
        check_script("", BINARY_UNKNOWN, "");
        memset(line + 3, 'x', 500);
        check_script(line, BINARY_SCRIPT, "");
}

struct image {
        Elf64_Ehdr header;
        Elf64_Phdr program[2];
        char interpreter[16];
};

static struct image make(void)
{
        return (struct image){
                .header = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB},
                           .e_machine = EM_AARCH64,
                           .e_phoff = offsetof(struct image, program),
                           .e_phentsize = sizeof(Elf64_Phdr),
                           .e_phnum = 2},
                .program = {{.p_type = PT_LOAD},
                            {.p_type = PT_INTERP,
                             .p_offset = offsetof(struct image, interpreter),
                             .p_filesz = 16}},
                .interpreter = "/lib/ld.so",
        };
}

static void test_elf(void **state)
{
        struct image i = make();
        struct binary b = parse(&i, sizeof(i));

        assert_int_equal(b.kind, BINARY_ELF);
        assert_int_equal(b.machine, EM_AARCH64);
        assert_string_equal(b.interpreter, "/lib/ld.so");
        assert_string_equal(binary_machine_to_string(b.machine), "arm64");
        assert_string_equal(binary_machine_to_string(0xffff), "another machine");
}

/* Cut off anywhere, it is still an ELF file or nothing, and never read beyond its end. */
static void test_cut_off(void **state)
{
        struct image i = make();

        for (size_t n = 0; n < sizeof(i); n++) {
                struct binary b = parse(&i, n);

                assert_int_equal(b.kind, n < EI_NIDENT ? BINARY_UNKNOWN : BINARY_ELF);
                assert_string_equal(b.interpreter, "");
        }
}

static void test_nonsense_offsets(void **state)
{
        static const uint64_t values[] = {1,          sizeof(struct image) - 1, sizeof(struct image),
                                          UINT32_MAX, UINT64_MAX - 7,           UINT64_MAX};

        for (size_t k = 0; k < ELEMENTSOF(values); k++) {
                struct image i = make();

                i.header.e_phoff = values[k];
                parse(&i, sizeof(i));
                i = make();
                i.program[1].p_offset = values[k];
                parse(&i, sizeof(i));
                i.program[1].p_filesz = values[k];
                parse(&i, sizeof(i));
                i = make();
                i.header.e_phentsize = (uint16_t)values[k];
                i.header.e_phnum = UINT16_MAX;
                parse(&i, sizeof(i));
        }
}

/* Any byte may be any other. */
static void test_every_byte(void **state)
{
        for (size_t at = 0; at < sizeof(struct image); at++)
                for (unsigned v = 0; v < 256; v += 5) {
                        struct image i = make();

                        ((uint8_t *)&i)[at] = (uint8_t)v;
                        parse(&i, sizeof(i));
                }
}

/* This very test, as the compiler made it. */
static void test_a_real_one(void **state)
{
        _cleanup_free_ uint8_t *head = malloc(BINARY_HEAD_SIZE);
        _cleanup_close_ int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
        struct binary b;
        ssize_t n;

        assert_non_null(head);
        n = read(fd, head, BINARY_HEAD_SIZE);
        assert_true(n > 0);
        b = parse(head, (size_t)n);
        assert_int_equal(b.kind, BINARY_ELF);
        assert_string_not_equal(binary_machine_to_string(b.machine), "another machine");
        assert_int_equal(access(b.interpreter, X_OK), 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_scripts),    cmocka_unit_test(test_elf),
                cmocka_unit_test(test_cut_off),    cmocka_unit_test(test_nonsense_offsets),
                cmocka_unit_test(test_every_byte), cmocka_unit_test(test_a_real_one),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
