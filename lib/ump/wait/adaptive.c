/**
 * Looks again for as long as that pays, then sleeps.
 *
 * What pays is learned from the waits before, each measured with the cycle counter. A wait that was over
 * within what a sleep costs should have been spent looking: the next one may look twice as long as that. One
 * that took longer should not: each of them halves the time, down to none. So an exchange that goes on is
 * polled, and who waits for something rare sleeps at once.
 */
#include <aos/cycles.h>
#include <ump/wait.h>

/// About twice what a sleep and a wake cost both sides together: ump.round_trip has two of each, and is 2 125
/// instructions with `notified`.
#define SLEEP_CYCLES 2000

#define ROUNDS_WITHOUT_CLOCK 8 ///< The first looks; then the clock is read at every eighth.

bool ump_wait_goes_on(struct ump_wait *wait, const struct ump_habit *habit, bool is_local)
{
    wait->is_local = is_local;
    if (is_local) {
        return false;
    }
    if (wait->rounds == 0) {
        wait->began = cycle_count();
        wait->rounds = 1;
        return habit->spin_cycles > 0;
    }
    return wait->rounds++ % ROUNDS_WITHOUT_CLOCK != 0 || cycle_count() - wait->began < habit->spin_cycles;
}

struct ump_habit ump_wait_habit(void)
{
    return (struct ump_habit){.looks = UMP_WAIT_LOOKS, .spin_cycles = SLEEP_CYCLES};
}

void ump_wait_learn(const struct ump_wait *wait, struct ump_habit *habit)
{
    if (wait->rounds > 0) {
        const uint64_t cycles = cycle_count() - wait->began;
        habit->spin_cycles =
            cycles <= SLEEP_CYCLES ? SLEEP_CYCLES + (uint32_t)cycles : habit->spin_cycles / 2;
    }
    habit->looks = habit->spin_cycles > 0 && !wait->is_local ? UMP_WAIT_LOOKS : 0;
}
