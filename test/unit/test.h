/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TEST_UNIT_TEST_H
#define TEST_UNIT_TEST_H

/* What cmocka.h needs before it, in one place. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#endif
