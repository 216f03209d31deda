/**
 * What programs usually need of the system.
 */
#ifndef AOS_AOS_H
#define AOS_AOS_H

#include <abi/errno.h>
#include <aos/capabilities.h>
#include <aos/clock.h>
#include <aos/cycles.h>
#include <aos/debug.h>
#include <aos/dispatch.h>
#include <aos/lmp_chan.h>
#include <aos/paging.h>
#include <aos/ram_alloc.h>
#include <aos/slot_alloc.h>
#include <aos/sync.h>
#include <aos/threads.h>
#include <aos/waitset.h>

#endif
