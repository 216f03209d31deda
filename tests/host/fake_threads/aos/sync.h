/**
 * The real header, with the threads of the fake dispatcher: the host's thread pointer is the same for all of
 * them.
 */
#ifndef FAKE_AOS_SYNC_H
#define FAKE_AOS_SYNC_H

void *fake_thread_pointer(void);
#define __builtin_thread_pointer fake_thread_pointer

#include_next <aos/sync.h>

#endif
