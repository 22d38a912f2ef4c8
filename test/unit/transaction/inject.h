/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TEST_UNIT_TRANSACTION_INJECT_H
#define TEST_UNIT_TRANSACTION_INJECT_H

#include <stdbool.h>

/*
 * Stops a process at, or makes fail, the n-th of its calls that touch files (with ENOMEM: or allocate). The
 * calls are caught by the linker (--wrap), so the code under test has no hook in it. test/fault does the
 * same from outside, to the system calls themselves; this here is faster and works under the sanitizers.
 */

/* From now on the n-th call (from 1) fails with errnum, or _exit()s with INJECT_EXIT before it is made if
 * errnum is 0. n 0: count only. */
void inject_arm(unsigned n, int errnum);

/* Makes every renameat2(2) with flags fail with EINVAL, as some file systems do. */
void inject_plain_renames(void);

/* Lets calls through uncounted while on. */
void inject_suspend(bool on);

/* Calls something of the test's own before each call seen, uncounted. NULL: no more. */
void inject_before_each(void (*call)(void *userdata), void *userdata);

/* Calls seen since inject_arm(). */
unsigned inject_count(void);

#define INJECT_EXIT 99

#endif
