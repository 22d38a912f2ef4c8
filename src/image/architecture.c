/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "image/architecture.h"

#include <stdbool.h>
#include <string.h>

#include "basic/cleanup.h"
#include "partition/gpt-type.h"

/* systemd.unit(5), ConditionArchitecture=; "native" is not an architecture of its own. */
static const char *const words[] = {
        "x86",      "x86-64",      "ppc",       "ppc-le",  "ppc64",   "ppc64-le", "ia64",
        "parisc",   "parisc64",    "s390",      "s390x",   "sparc",   "sparc64",  "mips",
        "mips-le",  "mips64",      "mips64-le", "alpha",   "arm",     "arm-be",   "arm64",
        "arm64-be", "sh",          "sh64",      "m68k",    "tilegx",  "cris",     "arc",
        "arc-be",   "loongarch64", "nios2",     "riscv32", "riscv64",
};

static bool equals(const char *known, const char *word, size_t length)
{
        return known && strlen(known) == length && memcmp(known, word, length) == 0;
}

enum architecture_fit architecture_fit(const char *word, size_t length, const char *native)
{
        bool known = false;

        for (size_t i = 0; i < ELEMENTSOF(words) && !known; i++)
                known = equals(words[i], word, length);
        if (!known)
                return ARCHITECTURE_NONE;
        return equals(native, word, length)                           ? ARCHITECTURE_NATIVE
               : equals(architecture_secondary(native), word, length) ? ARCHITECTURE_SECONDARY
                                                                      : ARCHITECTURE_FOREIGN;
}
