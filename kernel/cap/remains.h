/**
 * Deleting objects that hold capabilities, in bounded pieces.
 */
#ifndef KERNEL_REMAINS_H
#define KERNEL_REMAINS_H

#include <cap/work.h>

/// First of the remains that wait in the slots of their own objects: link, or 0.
extern uint32_t remains_queue;

/* aux64 of a Remains: the mark, which is the first slot that may be in use, and this. */
#define REMAINS_QUEUED (1UL << 63)

/// Says whether a Remains stands in the queue.
static inline bool remains_is_queued(const struct capability *remains)
{
    return remains->aux64 & REMAINS_QUEUED;
}

static inline uint64_t remains_mark(const struct capability *remains)
{
    return remains->aux64 & ~REMAINS_QUEUED;
}

/// The slots that an object holds; none for a page table. \param type its type, or what the remains were of
struct cte *remains_slots(const struct capability *cap, unsigned type, uint64_t *count);

/// Deletes the last capability of an object of a container type. \return false if it stopped at its bound
bool remains_delete(struct cte *slot, unsigned *units);

/// Deletes what is in the queue. \return false if it stopped at its bound
bool remains_drain(unsigned *units);

/// Deletes a capability whose object, if it is the last, holds nothing.
void slot_delete_now(struct cte *slot, bool last);

/// Deletes any capability. \return false if it stopped at its bound
bool slot_delete(struct cte *slot, unsigned *units);

#endif
