/**
 * The system calls: numbers, flags, and what goes where in the registers.
 *
 * x0 holds the call's number in bits 7:0; the other bits belong to the call. Results come back in x0 (an
 * errval_t) and from x1 on. A call keeps x19 to x30, sp and TPIDR_EL0, and clobbers x1 to x18 and the flags.
 */
#ifndef ABI_SYSCALL_H
#define ABI_SYSCALL_H

#define SYS_NULL   0 ///< Does nothing: what entering the kernel costs.
#define SYS_LMP    1 ///< Send, wait, or send and wait.
#define SYS_INVOKE 2 ///< A command on a capability.
#define SYS_YIELD  3 ///< Give up the core; x1: address of a dispatcher capability to run next, or 0.
#define SYS_RESUME 4 ///< Leave disabled mode; x1: address of a struct registers to run.
#define SYS_COUNT  5

/*
 * SYS_LMP
 *   in   x0  number | flags | words << LMP_COUNT_SHIFT
 *        x1  endpoint capability to send to, 0 for none | what to wait for << 32, 0 for nothing
 *        x2 to x9  message words
 *        x10, x11  with LMP_FLAG_CAP: addresses of up to four capabilities to send along,
 *                  two in a register, the first in the lower half
 *        x12, x13  with LMP_FLAG_BYTES, too: user address and number of bytes, 1 to
 *                  LMP_AREA_MAX_BYTES, to copy to the receiver's area
 *   out  x0  SYS_ERR_OK, or the error; on an error nothing was sent and nothing waited for
 *        x1  the endpoint's offset in the dispatcher frame | bits 31:0 of the sender's x0 << 32;
 *            0 if no message was handed over: the rings have some, or news of another kind
 *        x2 to x9  message words
 *
 * What to wait for is the offset of an lmp_ring in the caller's dispatcher frame, or LMP_WAIT_ANY. A
 * dispatcher that is `busy` (abi/dispatcher.h) does not wait: the call returns after the send, with x1 0.
 */
#define LMP_FLAG_CAP    (1 << 8)          ///< One capability goes along, or what LMP_CAPS() says.
#define LMP_FLAG_SYNC   (1 << 9)          ///< Run the receiver now, if it waits.
#define LMP_FLAG_YIELD  (1 << 10)         ///< If there is no room for the message, run the receiver now.
#define LMP_FLAG_BYTES  (1 << 12)         ///< Bytes go along; only together with LMP_FLAG_CAP or LMP_CAPS().
#define LMP_GIVE(n)     (1 << (24 + (n))) ///< Capability n leaves the sender's CSpace.
#define LMP_FLAG_GIVE   LMP_GIVE(0)
#define LMP_COUNT_SHIFT 16
#define LMP_COUNT_MASK  0xf
#define LMP_MSG_WORDS   8
#define LMP_MSG_CAPS    4

/* How many capabilities go along, less one, modulo 8: so 0 can be said, for bytes alone. */
#define LMP_CAPS_SHIFT 20
#define LMP_CAPS_MASK  7
#define LMP_CAPS(n)    (LMP_FLAG_CAP | (((n)-1) & LMP_CAPS_MASK) << LMP_CAPS_SHIFT)
#define LMP_GIVE_SHIFT 24

/*
 * SYS_INVOKE
 *   in   x0  number | command << 8
 *        x1  address of the invoked capability (always a slot of an L2 CNode)
 *        x2 to x7  arguments
 *   out  x0  error; x1 to x3 results
 *
 * A slot reference is two halves: address of the L1CNode capability of its CSpace | address of the slot <<
 * 32, with a level: 2 for a slot of an L2 CNode, 1 for a slot of the L1 CNode itself (address L1 slot << 8).
 */
#define INVOKE_COMMAND_SHIFT 8

/* On an L1CNode. x2: destination slot, x3: source slot, x4: levels and type. */
#define CNODE_COPY 0 ///< x2, x3, x4
#define CNODE_MINT 1 ///< x2, x3, x4; x5, x6: parameters
#define CNODE_RETYPE \
    2 ///< x2: first slot, x3, x4; x5: offset in bytes; x6: bytes an object; x7: count, up to 32
#define CNODE_DELETE 3 ///< x2, x4
#define CNODE_IDENTIFY \
    4 ///< x2, x4; returns x1: type | rights << 8, x2: base, x3: bytes; with x5 1 also what follows
#define IDENTIFY_DESCENDANTS (1 << 16) ///< In x1: something that was made from the object still lives.
#define CNODE_REVOKE         5         ///< x2, x4; without CAPRIGHTS_CONTROL: only of RAM, and copies stay
#define CNODE_MOVE           6         ///< x2, x3, x4: the source is empty afterwards

#define RETYPE_MAX_COUNT 32 ///< Bounds the time of a call.

#define SLOT_REF(cspace, addr)                      ((uint64_t)(cspace) | (uint64_t)(addr) << 32)
#define SLOT_LEVELS(dest_level, src_level, objtype) ((dest_level) | (src_level) << 8 | (objtype) << 16)

/*
 * On a VNode. All addresses are slots of L2 CNodes in the caller's CSpace.
 * Map: x2: capability to map | slot for the mapping << 32; x3: entry | count << 32; x4: flags; x5: offset.
 */
#define VNODE_MAP   0
#define VNODE_UNMAP 1 ///< x2: address of the mapping capability, which is deleted
#define VNODE_PROTECT \
    2 ///< x2: address of the mapping capability; x3: first entry of the mapping | count << 32; x4: flags

#define VREGION_FLAGS_READ         1
#define VREGION_FLAGS_WRITE        2
#define VREGION_FLAGS_EXECUTE      4
#define VREGION_FLAGS_NOCACHE      8
#define VREGION_FLAGS_READ_WRITE   (VREGION_FLAGS_READ | VREGION_FLAGS_WRITE)
#define VREGION_FLAGS_READ_EXECUTE (VREGION_FLAGS_READ | VREGION_FLAGS_EXECUTE)
#define VREGION_FLAGS_MASK         15

/*
 * On a Dispatcher.
 * Set-up: x2: L1CNode | VNode l0 << 32; x3: dispatcher frame | endpoint that is told of its end, or 0, << 32;
 * x4: user address of the dispatcher frame; returns x1: its number. It does not run yet.
 */
#define DISPATCHER_SETUP  0
#define DISPATCHER_RUN    1 ///< Makes it runnable for the first time.
#define DISPATCHER_STOP   2 ///< Ends it; x2: code. A dispatcher that stops itself does not return.
#define DISPATCHER_STATUS 3 ///< returns x1: state, x2: reason, x3: address
#define DISPATCHER_SLICES \
    4 ///< x2: 1: the run upcall ends each time slice, even if nobody else can run; 0: no more
/**
 * Changes the CSpace. x2: slot of the L1CNode that it runs on | slot of a larger one << 32. It runs on the
 * larger one from now on, and the two slots exchange what they hold. In both CSpaces the first slot must have
 * the same address, so that whoever knows its root by it goes on doing so.
 */
#define DISPATCHER_CSPACE 5
#define DISPATCHER_WAKE_AT \
    6 ///< x2: the run upcall comes when the system counter is there, or soon after, also out of a wait; 0:
      ///< not at all

/**
 * x2: group of wakes that the dispatcher is to hear of (CORE_WAKE), below CORE_WAKE_GROUPS;
 * DISPATCHER_NO_GROUP: of none. Such a wake is news on `any` (abi/dispatcher.h), with LMP_NEWS_WAKE in place
 * of a ring. It ends a wait, and brings a busy dispatcher the run upcall.
 */
#define DISPATCHER_WAKE_GROUP 7
#define DISPATCHER_NO_GROUP   UINT64_MAX

/*
 * On an EndPoint: only SYS_LMP. Minting one without a ring: parameters are the lmp_ring's offset, and its
 * number of slots | bytes of its area << 32 (0, or a multiple of LMP_AREA_ALIGN). Minting one with a ring
 * takes rights away, as with any other type. One with a ring and without CAPRIGHTS_GRANT is linked: it can be
 * moved, not copied or minted, and its dispatcher is told when it is deleted.
 */
#define LMP_RING_SLOTS(aux)         ((uint32_t)(aux))
#define LMP_RING_AREA(aux)          ((uint32_t)((aux) >> 32))
#define LMP_RING_ROOM(slots, bytes) ((uint64_t)(slots) | (uint64_t)(bytes) << 32)

/* On an IRQ. A connected interrupt is a message of one word, its number. */
#define IRQ_CONNECT 0 ///< x2: interrupt number, x3: endpoint
#define IRQ_ACK     1 ///< x2: interrupt number: let the next one through

/* On a PerfMon. */
#define PERFMON_SELECT 0 ///< x2: counter, x3: event number of the architecture

/* On a Kernel capability; each needs its right. */
#define KERNEL_FRAME     0 ///< x2: frame type, 0 for console text; x3: user address; x4: bytes
#define KERNEL_DRAIN     1 ///< Send one frame of trace records; returns x1: records still in the ring
#define KERNEL_POWER_OFF 2 ///< x2: status; does not return
#define KERNEL_CHECK \
    3 ///< Debug builds: is the mapping database sound? returns x1: 1 if so; else it is said
      ///< on the console what is wrong

/*
 * Makes a capability for memory that belongs to another core, or did: what that core's monitor has told. x2:
 * empty slot of an L2 CNode (a slot reference); x3: type (RAM, Frame, DevFrame) | rights << 8; x4: physical
 * address; x5: bytes. Memory lies inside one region of RAM. What is known already gets a copy; what lies
 * inside memory from which it can be made becomes its descendant; anything else that overlaps it is an error
 * (SYS_ERR_CREATE_OVERLAP).
 */
#define KERNEL_CREATE 4

/*
 * On a Core: a range of cores. x2: number of a core, which must be in the range; cores count from 0, the
 * first. CORE_WAKE needs the right WRITE, all others CONTROL.
 *
 * Start, on the first core only: x3: RAM, at least CORE_RAM_MIN_BYTES, which goes to that core: without
 * copies, and nothing made from it; x4: Frame that its init gets as TASKCN_SLOT_URPC, and the caller keeps;
 * x5: Frame of TRACE_RING_MAP_BYTES (trace/ring.h), aligned to 2 MiB, for its trace, or 0. Returns before the
 * core runs.
 */
#define CORE_START  0
#define CORE_STATUS 1 ///< returns x1: CORE_STATE_*
#define CORE_WAKE   2 ///< x3: group; what the caller stored before is seen by whoever hears of it
#define CORE_PARK   3 ///< On that very core: it stops. Returns when the core has been resumed.
#define CORE_RESUME 4 ///< A parked core goes on.

#define CORE_STATE_OFF      0 ///< Never started.
#define CORE_STATE_STARTING 1 ///< Its kernel has not said that it runs.
#define CORE_STATE_RUNS     2
#define CORE_STATE_PARKED   3

#define CORES_MAX          16
#define CORE_WAKE_GROUPS   8
#define CORE_RAM_MIN_BYTES 0x2000000UL ///< Most of it is for init's dispatcher frame.

/* Rights. */
#define CAPRIGHTS_READ    1
#define CAPRIGHTS_WRITE   2 ///< For Kernel: console and frames. For Core: to wake.
#define CAPRIGHTS_EXECUTE 4
#define CAPRIGHTS_GRANT   8 ///< Of an EndPoint with a ring: to be copied.
#define CAPRIGHTS_CONTROL \
    16 ///< To revoke. For Kernel: drain, power off, check and create. For Core: all but to wake.
#define CAPRIGHTS_ALL 31

#endif
