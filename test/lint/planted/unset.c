/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Must be found: cppcheck uninitvar, clang-tidy clang-analyzer-core.uninitialized.UndefReturn */
int never_set(void)
{
        int n;

        return n;
}
