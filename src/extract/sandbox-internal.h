/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef EXTRACT_SANDBOX_INTERNAL_H
#define EXTRACT_SANDBOX_INTERNAL_H

/* The layers of the sandbox that have a file of their own. */

struct error;

/*
 * AddressSanitizer needs more than the reader does: memory without limit, its reports on standard error. A
 * build with it has a wider sandbox, and says so here in one place.
 */
#if defined(__SANITIZE_ADDRESS__)
#define SANDBOX_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANDBOX_SANITIZED 1
#endif
#endif
#ifndef SANDBOX_SANITIZED
#define SANDBOX_SANITIZED 0
#endif

/* What the child asks its parent for, one byte; any byte back lets it go on. */
#define SANDBOX_ASK_IDS     'i'
#define SANDBOX_ASK_NOTHING '-'

/* Only reading below tree_fd. Returns 0 or a negative errno (-ENOSYS, -EOPNOTSUPP: the kernel has no
 * Landlock). */
int sandbox_landlock(int tree_fd);

/* The allow list of filter-compiler.c; writing to channel_fd only. Needs PR_SET_NO_NEW_PRIVS. Returns 0 or a
 * negative errno. */
int sandbox_filter(int channel_fd);

#endif
