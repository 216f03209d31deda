/**
 * Dispatcher control blocks: what the kernel knows of a dispatcher. The rest is the domain's own business, in
 * the dispatcher frame.
 */
#ifndef KERNEL_DCB_H
#define KERNEL_DCB_H

/* Offsets for the assembler, asserted in dispatcher.c. */
#define DCB_CSPACE 0
#define DCB_DISP   16
#define DCB_TTBR0  32
#define DCB_WAIT   48
#define DCB_QUEUED 56
#define DCB_NUMBER 60

#ifdef __ASSEMBLER__
#define WAIT_NUMBER(n) (n)
#else
#define WAIT_NUMBER(n) ((uint64_t)(n))
#endif
#define WAIT_NONE   WAIT_NUMBER(-1) ///< Runs or is ready to run.
#define WAIT_UPCALL WAIT_NUMBER(-2) ///< Has nothing to run: any event brings the run upcall.
/* Any other value: waits in a SYS_LMP for the ring at this offset, or LMP_WAIT_ANY. */

#ifndef __ASSEMBLER__
#include <abi/captypes.h>
#include <abi/dispatcher.h>
#include <cap/cap.h>
#include <lib/collections/deadlines.h>

struct dcb {
    struct cte *l1_cnode; ///< Slots of its L1 CNode, and how many.
    uint64_t l1_slots;
    struct dispatcher_shared *disp; ///< The dispatcher frame, in the window.
    uint64_t ring_limit;            ///< Highest offset in the frame at which eight bytes may be read.
    uint64_t ttbr0;                 ///< Root page table and ASID.
    lvaddr_t user_disp;             ///< The dispatcher frame, as the domain sees it.
    uint64_t wait;                  ///< WAIT_NONE, or what it waits for.
    uint8_t queued;         ///< Stands in the run queue, perhaps although it waits (the queue sheds those).
    uint8_t resume_enabled; ///< A message is in its saved registers: go on there without an upcall.
    uint8_t state;          ///< DISPATCHER_STATE_*
    uint8_t end_reason;
    uint32_t number;
    struct dcb *next;
    struct dcb *previous;
    uint64_t end_address;
    uint32_t handed_flow; ///< Trace flow of the message in its saved registers.
    uint16_t asid;
    bool wants_slices; ///< Gets the run upcall at the end of a slice, even if nobody else can run.
    bool notified;     ///< Wants its run upcall, but is disabled and does not run.
    uint64_t wake_at;  ///< When it asked to be woken; WAKEUP_NEVER if it did not.
    uint64_t retry_at; ///< When to try again, as it was disabled; WAKEUP_NEVER if there is nothing to try.
    struct deadline
        wakeup; ///< In the heap of wakeup.c at the earlier of the two, or at WAKEUP_NEVER and not in it.
    struct dcb *wake_next; ///< The group of wakes that it hears of, as a ring, if it is in one (wake.c).
    struct dcb *wake_previous;
    uint8_t wake_group; ///< WAKE_NO_GROUP: none.
    struct cte cspace;  ///< Its own copies of what it is made of.
    struct cte vspace;
    struct cte frame;
    struct cte end_endpoint;
};

_Static_assert(sizeof(struct dcb) <= OBJSIZE_Dispatcher, "a DCB fits its object");

static inline struct dcb *dcb_from_phys(lpaddr_t base)
{
    return phys_to_virt(base);
}
#endif

#endif
