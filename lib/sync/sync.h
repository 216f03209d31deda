/**
 * What the files of this folder share.
 */
#ifndef LIB_SYNC_SYNC_H
#define LIB_SYNC_SYNC_H

#include <aos/sync.h>

/// Gives a mutex of the current thread to who has waited longest, or frees it. Disabled, and stays so.
void mutex_hand_on(struct thread_mutex *mutex);

/// Says on the console what is wrong and aborts. Not by way of stdio, whose own locks may be what was
/// misused.
_Noreturn void sync_misused(const char *what);

#endif
