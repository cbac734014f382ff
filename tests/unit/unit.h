/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What every unit test includes: cmocka and the headers that it wants before itself.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
