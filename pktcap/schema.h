/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The JSON Schema of the object that packets of our pcapng files carry; each file has it in its section header. Main thread.
 */
#pragma once

const char *pk_schema(void);
