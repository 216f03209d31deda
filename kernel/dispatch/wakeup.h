/**
 * Dispatchers that want their run upcall at a time, or as soon as it can be made.
 */
#ifndef KERNEL_WAKEUP_H
#define KERNEL_WAKEUP_H

#include <dispatch/dcb.h>

#define WAKEUP_NEVER UINT64_MAX

/// The dispatcher gets its run upcall when the system counter is at `when`, or soon after. Takes the place of
/// what it asked for before. \param when 0: not at all
void wakeup_ask(struct dcb *dcb, uint64_t when);

/// A dispatcher ended.
void wakeup_forget(struct dcb *dcb);

/// When the timer must go off for the next one, or WAKEUP_NEVER.
uint64_t wakeup_next(void);

/// Wakes those whose time has come, a few at most. The caller arms the timer anew, for others too.
void wakeup_due(uint64_t now);

/// The dispatcher gets its run upcall as soon as it can: out of a wait, or when it is not disabled any more.
void wakeup_notify(struct dcb *dcb);

/// A dispatcher that was notified while it was disabled goes on where it was: it is looked at again soon.
void wakeup_try_again(struct dcb *dcb);

#endif
