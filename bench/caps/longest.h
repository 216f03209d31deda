/**
 * How long the kernel stays in one entry.
 */
#ifndef BENCH_CAPS_LONGEST_H
#define BENCH_CAPS_LONGEST_H

#include <abi/errno.h>
#include <aos/caddr.h>
#include <harness/harness.h>

/// The longest of the kernel entries that a command on a capability takes: the library's loop, with a clock
/// in it. \param command CNODE_DELETE or CNODE_REVOKE
errval_t longest_entry(unsigned command, struct capref cap, struct bench_sample *sample);

#endif
