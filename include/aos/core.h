/**
 * The cores of the machine: start, stop, ask and wake them, with a Core capability. None of these calls waits
 * for a core.
 *
 * All give SYS_ERR_RIGHTS without the right that they need (CAPRIGHTS_WRITE to wake, else CAPRIGHTS_CONTROL)
 * and SYS_ERR_CORE_NUMBER for a core that is not in the capability's range, or that the machine does not
 * have.
 */
#ifndef AOS_CORE_H
#define AOS_CORE_H

#include <abi/captypes.h>
#include <abi/errno.h>
#include <abi/syscall.h>
#include <aos/caddr.h>

extern const struct capref cap_core; ///< All cores; in init.
extern const struct capref cap_urpc; ///< Frame that is shared with who started this core; in its init.

/**
 * Starts a core: a kernel of its own, and an init of its own that gets the same boot modules, and the RAM.
 * Only from the first core.
 *
 * \param ram    at least CORE_RAM_MIN_BYTES; it goes to that core, and the slot is empty then but stays the
 * caller's \param shared Frame that the new init finds as cap_urpc, with the rights of this copy but
 * CAPRIGHTS_CONTROL \param trace  Frame of TRACE_RING_MAP_BYTES, aligned to LARGE_PAGE_SIZE, for the core's
 * trace; or NULL_CAP \return SYS_ERR_OK: the core will come, if it works (core_status()); SYS_ERR_CORE_FIRST
 * on another core, or for the first; SYS_ERR_CORE_STATE if it was started before; SYS_ERR_CAP_SHARED if the
 * RAM has copies or descendants; SYS_ERR_CORE_MEMORY, SYS_ERR_INVALID_ARGUMENT, SYS_ERR_RIGHTS for
 * capabilities that will not do; SYS_ERR_CORE_FIRMWARE. On an error nothing has changed.
 *
 * Costs a copy of the kernel: some 100 000 instructions.
 */
errval_t core_start(struct capref core, coreid_t number, struct capref ram, struct capref shared,
                    struct capref trace);

/// What a core is doing. \param state CORE_STATE_*
errval_t core_status(struct capref core, coreid_t number, unsigned *state);

/**
 * Wakes the dispatchers on a core, also the own one, that want to hear of a group of wakes
 * (disp_hear_wakes()). What was stored before is seen there. \param group below CORE_WAKE_GROUPS
 */
errval_t core_wake(struct capref core, coreid_t number, uint64_t group);

/**
 * Stops the core that runs, which must be `number` and not the first (SYS_ERR_CORE_FIRST). All its domains
 * stand still, and go on when another core resumes it; then this returns, and everybody who hears of wakes is
 * woken. Its part of time goes on.
 *
 * \return SYS_ERR_OK, or SYS_ERR_CORE_FIRMWARE if it refused
 */
errval_t core_park(struct capref core, coreid_t number);

/// Has a parked core go on. \return SYS_ERR_CORE_STATE if it is not parked
errval_t core_resume(struct capref core, coreid_t number);

/**
 * From now on this dispatcher hears of wakes of a group: each is news, which end a wait for any message.
 *
 * \param group below CORE_WAKE_GROUPS; or DISPATCHER_NO_GROUP: of none any more
 */
errval_t disp_hear_wakes(uint64_t group);

/**
 * Makes a capability for a RAM, Frame or DevFrame of another core, of which its monitor has told: what is
 * known already gets a copy. With the Kernel capability, right CAPRIGHTS_CONTROL.
 *
 * \param dest   an empty slot of an L2 CNode
 * \param rights CAPRIGHTS_*
 * \return SYS_ERR_OK, SYS_ERR_CREATE_OVERLAP if it overlaps what it cannot have been made from,
 * SYS_ERR_CREATE_RANGE if there is no such memory, SYS_ERR_SLOT_IN_USE, SYS_ERR_INVALID_ARGUMENT for another
 * type or what is no multiple of pages
 */
errval_t kernel_create_capability(struct capref dest, enum objtype type, unsigned rights, genpaddr_t base,
                                  gensize_t bytes);

#endif
