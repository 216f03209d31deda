/**
 * How a sleeping side is woken: an interrupt to its core, which tells all dispatchers there that listen to a
 * group. Those look whether it was for them.
 */
#ifndef LIB_UMP_WAKE_H
#define LIB_UMP_WAKE_H

#include <aos/ump.h>

/// Writes into a half where its owner, this dispatcher, runs and listens.
void ump_wake_announce(struct ump_half *own);

/// From now on this dispatcher hears of wakes of its group.
void ump_wake_listen(void);

/// \param wake Core capability; nothing happens with NULL_CAP
void ump_wake_core(struct capref wake, coreid_t core, unsigned group);

#endif
