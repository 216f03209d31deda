/**
 * Part of the test of cores: channels between init on the first core and on another (test=cores how=ump).
 */
#ifndef INIT_UMP_TEST_H
#define INIT_UMP_TEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// What both sides are to do.
struct ump_test {
    uint64_t seed;
    uint64_t messages; ///< Of each kind of exchange, each way.
    unsigned core;     ///< That is not the first.
};

/**
 * One side of all exchanges, each over a channel of its own; the other side does the same. What comes is
 * compared with what the other side must have sent.
 *
 * \param memory zeroed, UMP_TEST_BYTES
 * \param side   0 on the first core, which says how it goes
 * \return true if all was right. A wake that is lost shows as a test that does not end
 */
bool ump_test_exchange(const struct ump_test *test, void *memory, unsigned side);

#define UMP_TEST_CHANNELS 8
#define UMP_TEST_BYTES    (UMP_TEST_CHANNELS * 0x2000UL)

#endif
