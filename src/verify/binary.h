/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VERIFY_BINARY_H
#define VERIFY_BINARY_H

/* What a program's first bytes say about whether it can run: for which machine it is, and which interpreter
 * it needs. The bytes come out of an image and may be anything. Source: elf(5), execve(2). Pure. */

#include <stddef.h>
#include <stdint.h>

/* As many bytes from the beginning as are looked at. */
#define BINARY_HEAD_SIZE 65536U

enum binary_kind {
        BINARY_UNKNOWN, /* neither: the kernel will refuse it, unless told by binfmt_misc */
        BINARY_ELF,
        BINARY_SCRIPT,
};

struct binary {
        enum binary_kind kind;
        uint16_t machine;      /* ELF: e_machine, EM_… of elf.h */
        char interpreter[256]; /* path of a dynamic loader or of what a script names; "": none */
};

/* size: of the head that could be read. What does not fit into it is not there. */
void binary_parse(const uint8_t *head, size_t size, struct binary *ret);

/* "x86-64" and the like. */
const char *binary_machine_to_string(uint16_t machine);

#endif
