/**
 * Scheduling of dispatchers on this core, and the messages between them.
 *
 * Who holds what: everything here is the core's own, and the kernel runs with interrupts off, so there are no
 * locks. A function that does not return goes to user level.
 */
#ifndef KERNEL_DISPATCH_H
#define KERNEL_DISPATCH_H

#include <abi/syscall.h>
#include <arch/armv8/current.h>
#include <dispatch/dcb.h>

/* Life of a dispatcher, dispatcher.c */

/// Gives an empty DCB its parts. The caller checked the types of the capabilities.
errval_t dispatcher_setup(struct dcb *dcb, struct cte *cspace, struct cte *vspace, struct cte *frame,
                          struct cte *end_endpoint, lvaddr_t user_disp);

/// Ends a dispatcher and tells its end endpoint. The caller schedules if it was the current one.
void dispatcher_end(struct dcb *dcb, unsigned reason, uint64_t address, uint64_t pc);

/**
 * Lets a dispatcher go on in another CSpace, which holds at least as many slots, cspace.c. `from` and `to`
 * are slots of L1CNodes: of the one that it runs on, and of the new one. They exchange what they hold.
 *
 * \param address of `from`, which must be the same in the new CSpace
 * \return SYS_ERR_INVALID_ARGUMENT if it is not, or if the dispatcher does not run on `from`;
 *         SYS_ERR_INVALID_OBJECT_SIZE if the new one is smaller; why there is nothing at the address
 */
errval_t dispatcher_change_cspace(struct dcb *dcb, struct cte *from, struct cte *to, capaddr_t address);

/* The run queue, schedule.c */

void schedule_init(uint64_t slice_us);

/// The core has been resumed: takes the timer into use again.
void schedule_resume(void);

/// Puts a dispatcher that can run into the queue, and arms the timer if it was off.
void schedule_make_runnable(struct dcb *dcb);

void schedule_remove(struct dcb *dcb);

/// The timer's interrupt is being handled: wakes those whose time has come, notes whether the slice is over,
/// and sets the timer anew.
void schedule_timer_interrupt(void);

/// Sets the timer to what comes first, the end of the slice or a wake-up.
void schedule_set_timer(void);

/// Interrupts have been handled. If the slice is over and another dispatcher can run, or the current one is
/// to have its run upcall, this does not return.
void schedule_after_interrupt(void);

/// The current dispatcher has nothing to run until something happens. The caller schedules.
void schedule_sleep(struct dcb *dcb);

/// Something happened: a dispatcher that waits can run again, by its run upcall.
void schedule_end_wait(struct dcb *dcb);

/// A dispatcher that can run and is not disabled goes on by its run upcall: the current one after the
/// interrupt that is being handled.
void schedule_upcall(struct dcb *dcb);

/// Says whether a dispatcher that runs wants its run upcall at the end of a slice even if nobody else can
/// run: it has threads of its own to switch between.
void schedule_want_slices(struct dcb *dcb, bool wants);

/// Picks the next dispatcher and runs it; idles while there is none.
_Noreturn void schedule(void);

/// Makes `dcb` the current dispatcher and goes to user level: saved registers if it was disabled or has a
/// message in them, else its run upcall.
_Noreturn void dispatch(struct dcb *dcb);

/// Goes back to where the current dispatcher was interrupted or called from.
_Noreturn void dispatch_return(struct registers *saved);

/// Enters the current dispatcher's fault upcall, or ends it if it cannot take one.
_Noreturn void dispatch_fault(unsigned kind, lvaddr_t address);

/// Where registers of the current dispatcher are saved now: depends on whether it is disabled.
struct registers *dispatch_save_area(struct dcb *dcb);

/* Messages, lmp.c */

/// A message on its way. The words may lie in the sender's save area: they are passed on and not looked at.
struct lmp_message {
    uint64_t header;       ///< Low 32 bits of the sender's x0.
    const uint64_t *words; ///< LMP_MSG_WORDS of them.
    unsigned cap_count;    ///< Capabilities that go along, in order.
    unsigned give;         ///< Bit n: capability n leaves its slot.
    struct cte *caps[LMP_MSG_CAPS];
    lvaddr_t bytes_at; ///< Bytes that go along, of the current domain: where, and how many; none if 0.
    size_t bytes;
};

/**
 * Delivers a message to an EndPoint: into the registers of a receiver that waits for it, else into the ring.
 * A receiver that slept becomes runnable. With a message in the ring, capabilities and bytes are where the
 * receiver wants them as well.
 *
 * \return SYS_ERR_OK, or SYS_ERR_LMP_NO_TARGET, SYS_ERR_LMP_BUF_OVERFLOW (the ring or the area for bytes is
 * in use), SYS_ERR_LMP_CAP_NO_SLOT, SYS_ERR_INVALID_ARGUMENT (the area is too small),
 * SYS_ERR_INVALID_USER_ADDRESS (not all bytes can be read), or why a capability cannot be copied or is not
 * there any more; then nothing happened
 */
errval_t lmp_deliver(const struct capability *endpoint, const struct lmp_message *message);

/// Another core has woken a dispatcher that wants to hear of it: that is news, and the end of a wait.
void lmp_note_wake(struct dcb *receiver);

/// The general path of SYS_LMP.
_Noreturn void sys_lmp(struct dcb *dcb, struct registers *saved);

#endif
