/**
 * Wakes from other cores: dispatchers in groups, each told by an arrival among their news.
 */
#ifndef KERNEL_WAKE_H
#define KERNEL_WAKE_H

#include <dispatch/dcb.h>

#define WAKE_NO_GROUP 0xff

/// From now on a dispatcher hears of the wakes of a group, and of no other. \param group or WAKE_NO_GROUP
void wake_set_group(struct dcb *dcb, uint8_t group);

/// The interrupt of a group came.
void wake_group(unsigned group);

/// As if all groups had been woken.
void wake_all(void);

/// The interrupt came that wake_continue() asked for.
void wake_go_on(void);

/// Interrupts have been handled: if somebody is still to be told, that goes on in another interrupt.
void wake_continue(void);

#endif
