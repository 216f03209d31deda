/**
 * The cores of the machine, as one of their kernels sees them.
 *
 * Kernels share nothing but what stands here: a cache line for each core, in a page that the first core's
 * kernel takes, which says how far the core is. Its writer is the core's own kernel; before that kernel runs
 * it is the first core's. All others read. Everything else that a kernel must know it is told before it
 * starts (parameters.h).
 */
#ifndef KERNEL_CORE_H
#define KERNEL_CORE_H

#include <abi/bootinfo.h>
#include <abi/errno.h>
#include <abi/syscall.h>
#include <cap/cap.h>

/// Of a core, in its own cache line.
struct core_line {
    uint32_t state;  ///< CORE_STATE_*; CORE_HALTED after a panic somewhere.
    uint32_t frames; ///< Sent over the console so far: in the first core's line, by who has the console.
    lpaddr_t image;  ///< Where its kernel's image lies; written by the first core.
} __attribute__((aligned(64)));

#define CORE_HALTED 100 ///< Stopped for good: some core has panicked.

#define CORE_LINES_BYTES BASE_PAGE_SIZE

_Static_assert(CORES_MAX * sizeof(struct core_line) <= CORE_LINES_BYTES, "one page");

/* core.c */

/// The first core's kernel: takes memory of CORE_LINES_BYTES for the lines.
void core_init(unsigned cores, lpaddr_t lines, lpaddr_t image);

/// Any other kernel: where the lines are. \param core its own number
void core_init_secondary(unsigned cores, lpaddr_t lines);

/// Number of the core that runs.
coreid_t core_number(void);

/// True if this core is the one that was started first: it has the console, and starts the others.
bool core_is_first(void);

/// Number of cores that the machine has.
unsigned core_count(void);

/// False while a kernel starts, before core_init().
bool core_has_lines(void);

/// The line of a core.
struct core_line *core_line(coreid_t core);

/// What a core is doing, CORE_STATE_*. A core that is on its way to be parked still runs.
unsigned core_state(coreid_t core);

/// Says that this core's kernel runs, or is parked.
void core_set_state(unsigned state);

/// Has the firmware start a core at a physical address. \return PSCI_SUCCESS, or its error
int64_t core_switch_on(coreid_t core, lpaddr_t entry);

/// Another core has panicked, and waits for this one to keep still.
_Noreturn void core_halt(void);

/// Before a panic is told: has all other cores that run stop, and waits a little for that.
void core_halt_others(void);

/* start.c */

/// The first core's kernel: takes memory for the images of all cores but itself. Before memory_map(), so that
/// no core has them in its window.
void core_take_images(unsigned cores);

/// The first core's kernel: what all others are told. The memory right after memory_map(), while all of it is
/// there; the rest once it is known.
void core_describe_memory(void);
void core_describe(const struct bootinfo *info);

/**
 * Says whether a capability of a type may name this memory: RAM and Frames lie inside one region of RAM, in
 * which no kernel's image is, and are not this kernel's own; DevFrames lie outside all of them, and of the
 * images.
 *
 * \return SYS_ERR_CREATE_RANGE if not
 */
errval_t core_memory_check(enum objtype type, lpaddr_t base, gensize_t bytes);

/**
 * CORE_START (abi/syscall.h). The capabilities are of the types that it wants.
 *
 * \param trace NULL: no trace ring
 */
errval_t core_start(coreid_t core, struct cte *ram, const struct capability *shared,
                    const struct capability *trace);

/* park.c */

/// CORE_PARK and CORE_RESUME (abi/syscall.h).
errval_t core_park(coreid_t core);
errval_t core_resume(coreid_t core);

#endif
