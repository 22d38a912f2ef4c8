/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verify/binary.h"

#include <elf.h>
#include <stdbool.h>
#include <string.h>

#include "basic/cleanup.h"

/* n bytes at the offset as a number, 0 beyond the end: a header that is cut off says nothing. */
static uint64_t number(const uint8_t *head, size_t size, uint64_t offset, size_t n)
{
        uint64_t v = 0;

        if (offset > size || n > size - offset)
                return 0;
        for (size_t i = 0; i < n; i++) {
                size_t at = head[EI_DATA] == ELFDATA2MSB ? i : n - 1 - i;

                v = v << 8 | head[offset + at];
        }
        return v;
}

/* Bytes up to a NUL, at most n of them. */
static void copy_interpreter(struct binary *b, const uint8_t *s, size_t n)
{
        size_t length = strnlen((const char *)s, n);

        if (length == 0 || length >= sizeof(b->interpreter) || s[0] != '/')
                return;
        memcpy(b->interpreter, s, length);
        b->interpreter[length] = '\0';
}

static void parse_elf(const uint8_t *head, size_t size, struct binary *b)
{
        bool wide = head[EI_CLASS] == ELFCLASS64;
        uint64_t table =
                number(head, size, wide ? offsetof(Elf64_Ehdr, e_phoff) : offsetof(Elf32_Ehdr, e_phoff),
                       wide ? 8 : 4);
        uint64_t each = number(
                head, size, wide ? offsetof(Elf64_Ehdr, e_phentsize) : offsetof(Elf32_Ehdr, e_phentsize), 2);
        uint64_t n =
                number(head, size, wide ? offsetof(Elf64_Ehdr, e_phnum) : offsetof(Elf32_Ehdr, e_phnum), 2);

        b->kind = BINARY_ELF;
        b->machine = (uint16_t)number(head, size, offsetof(Elf64_Ehdr, e_machine), 2);
        for (uint64_t i = 0; i < n && table < size; i++) {
                uint64_t at = table + i * each, offset, length;

                if (number(head, size, at, 4) != PT_INTERP)
                        continue;
                offset =
                        number(head, size,
                               at + (wide ? offsetof(Elf64_Phdr, p_offset) : offsetof(Elf32_Phdr, p_offset)),
                               wide ? 8 : 4);
                length =
                        number(head, size,
                               at + (wide ? offsetof(Elf64_Phdr, p_filesz) : offsetof(Elf32_Phdr, p_filesz)),
                               wide ? 8 : 4);
                if (offset < size && length <= size - offset)
                        copy_interpreter(b, head + offset, length);
                return;
        }
}

static void parse_script(const uint8_t *head, size_t size, struct binary *b)
{
        size_t from = 2, to;

        b->kind = BINARY_SCRIPT;
        while (from < size && (head[from] == ' ' || head[from] == '\t'))
                from++;
        for (to = from; to < size && !memchr(" \t\n", head[to], 4); to++)
                ;
        copy_interpreter(b, head + from, to - from);
}

void binary_parse(const uint8_t *head, size_t size, struct binary *ret)
{
        *ret = (struct binary){};
        if (size >= EI_NIDENT && memcmp(head, ELFMAG, SELFMAG) == 0)
                parse_elf(head, size, ret);
        else if (size >= 2 && head[0] == '#' && head[1] == '!')
                parse_script(head, size, ret);
}

const char *binary_machine_to_string(uint16_t machine)
{
        static const struct {
                uint16_t machine;
                const char *name;
        } names[] = {
                {EM_X86_64, "x86-64"},
                {EM_386, "x86"},
                {EM_AARCH64, "arm64"},
                {EM_ARM, "arm"},
                {EM_RISCV, "riscv"},
                {EM_PPC64, "ppc64"},
                {EM_S390, "s390"},
                {EM_MIPS, "mips"},
                {EM_PPC, "ppc"},
                {EM_SPARCV9, "sparc64"},
                {EM_LOONGARCH, "loongarch"},
                {EM_PARISC, "parisc"},
        };

        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                if (names[i].machine == machine)
                        return names[i].name;
        return "another machine";
}
