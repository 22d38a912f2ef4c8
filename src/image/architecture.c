/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "image/architecture.h"

#include <fnmatch.h>
#include <stdbool.h>
#include <string.h>

#include "basic/cleanup.h"

/* systemd.unit(5), ConditionArchitecture=; "native" is no architecture of its own. */
static const char *const words[] = {
        "x86",      "x86-64",      "ppc",       "ppc-le",  "ppc64",   "ppc64-le", "ia64",
        "parisc",   "parisc64",    "s390",      "s390x",   "sparc",   "sparc64",  "mips",
        "mips-le",  "mips64",      "mips64-le", "alpha",   "arm",     "arm-be",   "arm64",
        "arm64-be", "sh",          "sh64",      "m68k",    "tilegx",  "cris",     "arc",
        "arc-be",   "loongarch64", "nios2",     "riscv32", "riscv64",
};

/* Patterns of machine names, the first that fits counts. */
static const struct {
        const char *machine, *native, *secondary;
} machines[] = {
        {"x86_64", "x86-64", "x86"},
        {"i[3456]86", "x86", NULL},
        {"aarch64", "arm64", "arm"},
        {"aarch64_be", "arm64-be", "arm-be"},
        {"arm*b", "arm-be", NULL},
        {"arm*", "arm", NULL},
        {"ppc64le", "ppc64-le", "ppc-le"},
        {"ppc64", "ppc64", "ppc"},
        {"ppcle", "ppc-le", NULL},
        {"ppc", "ppc", NULL},
        {"s390x", "s390x", "s390"},
        {"s390", "s390", NULL},
        {"sparc64", "sparc64", "sparc"},
        {"sparc", "sparc", NULL},
        {"parisc64", "parisc64", "parisc"},
        {"parisc", "parisc", NULL},
/* uname(2) does not tell the byte order of these two. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
        {"mips64", "mips64-le", "mips-le"},
        {"mips", "mips-le", NULL},
        {"arc*", "arc", NULL},
#else
        {"mips64", "mips64", "mips"},
        {"mips", "mips", NULL},
        {"arc*", "arc-be", NULL},
#endif
        {"riscv64", "riscv64", NULL},
        {"riscv32", "riscv32", NULL},
        {"loongarch64", "loongarch64", NULL},
        {"ia64", "ia64", NULL},
        {"alpha", "alpha", NULL},
        {"sh64", "sh64", NULL},
        {"sh*", "sh", NULL},
        {"m68k", "m68k", NULL},
        {"tilegx", "tilegx", NULL},
        {"crisv32", "cris", NULL},
        {"nios2", "nios2", NULL},
};

static bool equals(const char *known, const char *word, size_t length)
{
        return known && strlen(known) == length && memcmp(known, word, length) == 0;
}

enum architecture_fit architecture_fit(const char *word, size_t length, const char *machine)
{
        bool known = false;

        for (size_t i = 0; i < ELEMENTSOF(words) && !known; i++)
                known = equals(words[i], word, length);
        if (!known)
                return ARCHITECTURE_NONE;
        for (size_t i = 0; i < ELEMENTSOF(machines); i++) {
                if (fnmatch(machines[i].machine, machine, 0) != 0)
                        continue;
                return equals(machines[i].native, word, length)      ? ARCHITECTURE_NATIVE
                       : equals(machines[i].secondary, word, length) ? ARCHITECTURE_SECONDARY
                                                                     : ARCHITECTURE_FOREIGN;
        }
        return ARCHITECTURE_FOREIGN;
}
