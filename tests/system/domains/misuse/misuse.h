/**
 * The domain `misuse`: does to the kernel what no program should do, and sees that it only ever gets errors
 * for it.
 */
#ifndef MISUSE_MISUSE_H
#define MISUSE_MISUSE_H

#include <aos/aos.h>
#include <aos/rpc.h>
#include <interfaces/test.h>
#include <stdbool.h>
#include <stdint.h>

/* Numbers, random.c. The same seed gives the same run. */

void random_seed(uint64_t seed);
uint64_t random_next(void);
uint64_t random_below(uint64_t limit);

/// A number that is often near a bound: 0, all ones, a power of two and its neighbours, an address of either
/// half.
uint64_t random_hostile(void);

/* Results, results.c */

extern bool result_checks; ///< check=1

/// Counts what a call returned. A value that is no error's makes the test fail.
void result_count(errval_t err);

/// Says that something is not as it must be; the test fails.
void result_fail(const char *what, uint64_t detail);

/// With check=1: asks whether the kernel's capabilities are still sound after a call. If not, it says which
/// call that was, and ends. In a build without the kernel's checker they always are.
void result_check(const char *what, const uint64_t call[8]);

/// Prints how often each error came. \return true if nothing failed
bool results_print(void);

/* Capabilities to misuse, arena.c: slots of one CNode, which the calls may fill, empty and change as they
 * like. */

enum arena_slot {
    ARENA_RAM,
    ARENA_RAM_PAGE,
    ARENA_FRAME,       ///< 64 KiB, mapped at arena_frame(): the frame of ARENA_DISPATCHER.
    ARENA_FRAME_LARGE, ///< 2 MiB
    ARENA_VNODE_L0,
    ARENA_VNODE_L1,
    ARENA_VNODE_L2,
    ARENA_VNODE_L3,
    ARENA_DISPATCHER, ///< Set up with an empty address space; its registers are whatever the frame holds.
    ARENA_DISPATCHER_EMPTY, ///< Not set up.
    ARENA_ENDPOINT,         ///< To a ring of our own, whose counters are not to be trusted.
    ARENA_ENDPOINT_RINGLESS,
    ARENA_ENDPOINT_OTHER, ///< To a ring of ARENA_DISPATCHER.
    ARENA_LINKED,         ///< To the same ring as ARENA_ENDPOINT, linked.
    ARENA_CSPACE,         ///< An L1CNode.
    ARENA_IRQ,
    ARENA_PERFMON,
    ARENA_KERNEL, ///< Without any right.
    ARENA_CORE,   ///< All cores, without the right to do more than wake them.
    ARENA_MADE,   ///< From here on empty at first.
};

/// Makes the arena for the first time.
errval_t arena_init(void);

/// Deletes whatever the calls left in it, and makes it again: fails if anything of the objects is left.
errval_t arena_renew(void);

/// Deletes everything for good, and frees its memory.
errval_t arena_destroy(void);

capaddr_t arena_address(cslot_t slot);
struct lmp_endpoint *arena_endpoint(void); ///< The end of ARENA_ENDPOINT that is ours.
uint64_t *arena_frame(void);               ///< ARENA_FRAME, in our address space.

/// True for an L1 slot of our own CSpace that the calls may fill.
static inline bool arena_owns_l1(cslot_t l1_slot)
{
    return l1_slot >= 200 && l1_slot < ROOTCN_SLOTS;
}

/* The tests. */

/// The channel to init, which drains the trace and has the kernel checked. main.c
extern struct rpc_client *init;

/// `calls` random system calls and invocations. calls.c
void misuse_random(uint64_t calls);

/// Chosen calls that must fail, each with its error. chosen.c
void misuse_chosen(void);

/// Deletes and revokes of what is full, nested, in use or holds itself. deletes.c
void misuse_deletes(void);

/// Dispatchers whose frames and programs mean no good. dispatchers.c
void misuse_dispatchers(void);

#define RAW_REGISTERS 14

/// The system call with any registers: x0 to x13 in, x0 to x9 out.
void raw_call(uint64_t registers[RAW_REGISTERS]);

#endif
