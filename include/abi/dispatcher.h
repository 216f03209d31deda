/**
 * The part of a dispatcher that kernel and domain share, at the start of the dispatcher frame (document
 * D, 1.2).
 *
 * The frame is ordinary memory of the domain: the kernel believes nothing that it reads from it. Offsets are
 * fixed because the kernel's message path, in assembler, uses them.
 */
#ifndef ABI_DISPATCHER_H
#define ABI_DISPATCHER_H

#define DISP_DISABLED      0
#define DISP_BUSY          4
#define DISP_ANY           8
#define DISP_SAVE_ENABLED  128
#define DISP_SAVE_DISABLED 416
#define DISP_SAVE_FP       704

#define REGS_X(n)  ((n)*8)
#define REGS_SP    248
#define REGS_PC    256
#define REGS_SPSR  264
#define REGS_TPIDR 272

#define LMP_WAIT_ANY DISP_ANY ///< Wait for a message on any endpoint of the dispatcher.

#define LMP_NEWS_WAKE 0 ///< In place of a ring, among the arrivals: another core has woken this one.

#define LMP_RECV_SLOTS     8      ///< Receive slots that a ring can have ready.
#define LMP_ARRIVALS       64     ///< Arrivals that a dispatcher remembers.
#define LMP_AREA_ALIGN     64     ///< Of an endpoint's area for bytes: where it begins, and its size.
#define LMP_AREA_MAX_BYTES 0x4000 ///< Most bytes that go along with a message.

#define DISPATCHER_FRAME_MIN_BYTES 4096

/* What a dispatcher is or why it ended. */
#define DISPATCHER_STATE_EMPTY 0
#define DISPATCHER_STATE_READY 1 ///< Set up, never run.
#define DISPATCHER_STATE_RUNS  2
#define DISPATCHER_STATE_ENDED 3

#define END_REASON_STOPPED 0 ///< By DISPATCHER_STOP; the address is its code.
#define END_REASON_FAULT   1 ///< A fault while disabled, or without a handler; the address is the faulting one.
#define END_REASON_TRAP    2 ///< The same for an undefined instruction and the like; the address is its PC.
#define END_REASON_REVOKED 3 ///< Its CSpace, root page table or frame was revoked.

/* First word of the message that tells of a dispatcher's end; then its number, the reason, the address and
 * the PC. */
#define LMP_DISPATCHER_ENDED 0xdead

/* Kinds of faults that the fault upcall gets. */
#define FAULT_READ    0
#define FAULT_WRITE   1
#define FAULT_EXECUTE 2
#define FAULT_TRAP    3
#define FAULT_BUS \
    4 ///< The address is mapped, but the access is not possible: misaligned, or nothing answers there.

#ifndef __ASSEMBLER__
#include <abi/types.h>

/// General registers of a thread. TPIDR_EL0 is the C library's thread pointer.
struct registers {
    uint64_t x[31];
    uint64_t sp;
    uint64_t pc;
    uint64_t spsr;
    uint64_t tpidr;
    uint64_t reserved;
};

/// Floating point and SIMD registers.
struct fp_registers {
    __extension__ unsigned __int128 v[32];
    uint64_t fpcr;
    uint64_t fpsr;
};

/// How many messages came and how many were taken; the kernel writes the first, the domain the second.
struct lmp_count {
    uint32_t delivered;
    uint32_t consumed;
};

/// A message in a ring. `header` is what x1 of SYS_LMP would have been.
struct lmp_slot {
    uint64_t header;
    uint64_t words[8];
    uint64_t flow; ///< Number of the trace flow, 0 without tracing.
};

/**
 * The ring of one endpoint, anywhere in the dispatcher frame, aligned to 16 bytes. Slot of message n is n
 * modulo the number of slots that the endpoint was minted with, a power of two. The endpoint's area for
 * bytes, if it was minted with one, begins behind the last slot, at the next multiple of LMP_AREA_ALIGN in
 * the frame.
 *
 * Counters only grow. Of each pair below the domain writes one and the kernel the other.
 */
struct lmp_ring {
    struct lmp_count count;
    uint32_t slots_given; ///< Receive slots: the domain writes entry slots_given % LMP_RECV_SLOTS, then this;
    uint32_t slots_taken; ///< the kernel takes the entries in order, one for each capability that comes.
    capaddr_t recv_slots[LMP_RECV_SLOTS]; ///< Empty slots of L2 CNodes.
    uint32_t gone;                        ///< Linked capabilities of this endpoint that have been deleted.
    uint32_t bytes_used; ///< Of the area: set by the kernel when bytes come, and by the domain, to 0, when it
                         ///< has used them.
    uint32_t reserved[2];
    struct lmp_slot slots[];
};

/// Upcalls run disabled on the dispatcher's stack. x0: the dispatcher; run: no more; fault: x1 kind, x2
/// address.
struct dispatcher_shared {
    uint32_t disabled;    ///< Non-zero: the kernel saves to save_disabled and resumes there, without upcalls.
    uint32_t busy;        ///< Non-zero: has other threads to look after, so SYS_LMP sends but does not wait.
    struct lmp_count any; ///< News over all rings: delivered counts deliveries and linked capabilities gone.
    lvaddr_t self;        ///< User address of this structure.
    lvaddr_t upcall_run;
    lvaddr_t upcall_fault; ///< The faulting registers are in save_enabled. 0: a fault ends the dispatcher.
    lvaddr_t upcall_stack; ///< Top of the dispatcher's own stack.
    uint32_t number;       ///< The kernel's number of this dispatcher, as in the trace.
    coreid_t core;
    char name[32];
    uint8_t reserved1[40];
    struct registers save_enabled;
    struct registers save_disabled;
    struct fp_registers save_fp;
    uint32_t arrivals[LMP_ARRIVALS]; ///< Ring of news number n of `any`: its offset, or LMP_NEWS_WAKE, at n %
                                     ///< LMP_ARRIVALS.
};

_Static_assert(sizeof(struct registers) == 288, "the assembler knows the layout");
_Static_assert(offsetof(struct dispatcher_shared, disabled) == DISP_DISABLED
                   && offsetof(struct dispatcher_shared, busy) == DISP_BUSY,
               "the message fast path reads both in one load");
_Static_assert(offsetof(struct dispatcher_shared, any) == DISP_ANY, "the assembler knows the layout");
_Static_assert(offsetof(struct dispatcher_shared, save_enabled) == DISP_SAVE_ENABLED,
               "the assembler knows the layout");
_Static_assert(offsetof(struct dispatcher_shared, save_disabled) == DISP_SAVE_DISABLED,
               "the assembler knows the layout");
_Static_assert(offsetof(struct dispatcher_shared, save_fp) == DISP_SAVE_FP, "the assembler knows the layout");
_Static_assert(sizeof(struct lmp_slot) == 80, "ten words a message");
_Static_assert(sizeof(struct lmp_ring) == 64, "the header of a ring is one cache line");
#endif

#endif
