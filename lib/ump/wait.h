/**
 * How a thread waits that has found nothing: the axis `ump`. One file of lib/ump/wait defines these.
 */
#ifndef LIB_UMP_WAIT_H
#define LIB_UMP_WAIT_H

#include <aos/ump.h>

/// One wait.
struct ump_wait {
    uint32_t rounds; ///< Looks that found nothing.
    bool is_local;   ///< See ump_wait_goes_on().
    bool has_slept;  ///< Of use to the axis.
    uint64_t began;  ///< Cycle counter; of use to the axis.
};

/**
 * After a look that found nothing.
 *
 * \param is_local the other side is on this core, so that looking again is in vain until it has had the core
 * \return true: look again. false: sleep in the kernel
 */
bool ump_wait_goes_on(struct ump_wait *wait, const struct ump_habit *habit, bool is_local);

#define UMP_WAIT_LOOKS 64 ///< A receiver's quick looks, if it makes any.

/// What a new channel begins with.
struct ump_habit ump_wait_habit(void);

/// The wait is over; the next one of this kind may learn from it.
void ump_wait_learn(const struct ump_wait *wait, struct ump_habit *habit);

#endif
