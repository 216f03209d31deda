#include <sync/spin_wait.h>
#include <threads/threads.h>
#include <trace/trace.h>

/**
 * Rounds in which a holder on another core is expected to be done with a short section: about as long as
 * giving way to nobody would take. A holder on this core is not helped by them, so there are not many.
 */
#define ROUNDS_BEFORE_GIVING_WAY 32

/// Tells the core, and an emulator that runs cores in turns, that this thread waits for another one.
static inline void hint(void)
{
    __asm__ volatile("yield");
}

struct spin_wait spin_wait_begin(const struct spin_lock *lock)
{
    trace_sync_wait_begin((uintptr_t)lock, THREAD_WAIT_SPIN);
    return (struct spin_wait){.lock = lock};
}

void spin_wait_round(struct spin_wait *wait)
{
    hint();
    if (wait->rounds < ROUNDS_BEFORE_GIVING_WAY) {
        wait->rounds++;
    } else {
        thread_yield();
    }
}

void spin_wait_end(const struct spin_wait *wait)
{
    (void)wait; // without trace points
    trace_sync_wait_end((uintptr_t)wait->lock);
}
