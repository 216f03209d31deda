/**
 * Two domains with real capabilities, for tests of the message path: a sender, and a receiver with a ring.
 * What lies beside their dispatcher frames must stay as it is.
 */
#ifndef TEST_LMP_FIXTURE_H
#define TEST_LMP_FIXTURE_H

#include "arena.h"

#include <cap/cspace.h>
#include <dispatch/dispatch.h>

#define FRAME_BYTES 0x3000UL
#define GUARD_BYTES 0x1000UL
#define GUARD       0xa5
#define L1_SLOT     3
#define SLOT(n)     (L1_SLOT << CSPACE_L2_BITS | (n))
#define SLOTS       64 ///< Of each CSpace that are used here.
#define RING        0x800UL
#define RING_SLOTS  4
#define AREA_BYTES  0x1000UL
#define ENDPOINT    1 ///< The sender's, to the ring.
#define FIRST_CAP   8
#define USER_BYTES  0x2000UL ///< Of the sender's memory that can be read, at address USER_AT.
#define USER_AT     0x10000UL
#define CAPS        16 ///< Frames of the sender from FIRST_CAP on.

#define SEND (SYS_LMP | 8 << LMP_COUNT_SHIFT)

struct domain {
    struct dcb *dcb;
    struct cte *slots;
    unsigned char *guarded; ///< Frame, with what must stay as it is on both sides.
};

extern struct domain sender, receiver;
extern struct lmp_ring *ring; ///< The receiver's.
extern unsigned char user_bytes[USER_BYTES];
extern struct dcb *switched_to; ///< Whom the system call ended with; NULL: whoever is left to run.

/* For each test. */
int lmp_set_up(void **state);
int lmp_tear_down(void **state);

/// Fails if anything was written beside the frames.
void check_guards(void);

/// The system call of the sender, with the words 1 to 8. \return x0 of it
errval_t call(uint64_t x0, uint64_t x1, uint64_t x10, uint64_t x11, uint64_t x12, uint64_t x13);

#endif
