/**
 * The channels between cores that are registered with waitsets, for the waits of lib/lmp. A domain that has
 * none pays a load of `ump_registered` where it is about to wait.
 */
#ifndef LIB_UMP_REGISTRY_H
#define LIB_UMP_REGISTRY_H

#include <stdbool.h>
#include <stdint.h>

struct ump_chan;

extern struct ump_chan *ump_registered; ///< The first; NULL: there is none.

/// Triggers those that have what they are registered for. \return true if there is such a channel
bool ump_poll(void);

/**
 * Before a wait for any event: looks for as long as the axis says, and then asks all channels' other sides
 * for a wake.
 *
 * \param seen news of the dispatcher that have been looked at
 * \return true if the caller may sleep until there are more; then ump_after_sleep() is due. false if there
 * may be an event
 */
bool ump_before_sleep(uint32_t seen);

void ump_after_sleep(void);

/* The part of the list in this. */

/// True if looking again is in vain for all of them: their other sides are on this core.
bool ump_registered_are_local(void);

/// Asks for wakes. \return false if there is an event already. In any case ump_after_sleep() is due
bool ump_registered_sleep(void);

#endif
