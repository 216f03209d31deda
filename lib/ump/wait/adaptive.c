/**
 * Looks again for as long as that pays, then sleeps.
 *
 * What pays is learned from the waits before, measured with the cycle counter. The shortest waits with a
 * sleep in them tell what a sleep costs on this machine, with the wake, and usually that of the other side,
 * which slept too. A wait that was over within a few of those should have been spent looking: the next one
 * may look for as long. One that took longer should not: each of them halves the time, down to none. So an
 * exchange that goes on is polled, and who waits for something rare sleeps at once.
 */
#include <aos/cycles.h>
#include <ump/wait.h>

#define ROUNDS_WITHOUT_CLOCK 8 ///< The clock is read at every eighth look.

#define COST_AT_FIRST 2000  ///< Cycles of a sleep, until one was seen. ump.round_trip of `notified` has two.
#define COST_MAX      50000 ///< However long everything takes.
#define COSTS_WORTH   4     ///< So many times its cost a sleep is put off.

/// Shared by the threads. One that overwrites another's figure does no harm.
static uint32_t sleep_cost = COST_AT_FIRST;

bool ump_wait_goes_on(struct ump_wait *wait, const struct ump_habit *habit, bool is_local)
{
    wait->is_local = is_local;
    if (is_local) {
        return false;
    }
    bool goes_on;
    if (wait->rounds == 0) {
        wait->began = cycle_count();
        wait->rounds = 1;
        goes_on = habit->spin_cycles > 0;
    } else {
        goes_on =
            wait->rounds++ % ROUNDS_WITHOUT_CLOCK != 0 || cycle_count() - wait->began < habit->spin_cycles;
    }
    wait->has_slept |= !goes_on;
    return goes_on;
}

struct ump_habit ump_wait_habit(void)
{
    return (struct ump_habit){.looks = UMP_WAIT_LOOKS, .spin_cycles = COSTS_WORTH * COST_AT_FIRST};
}

/// The shortest count; longer ones move it a little, or one wait that was over by chance would count for
/// ever.
static void learn_cost(uint64_t cycles)
{
    const uint32_t cost = sleep_cost;
    const uint32_t more = cost + cost / 16 < COST_MAX ? cost + cost / 16 : COST_MAX;
    sleep_cost = cycles < more ? (uint32_t)cycles : more;
}

void ump_wait_learn(const struct ump_wait *wait, struct ump_habit *habit)
{
    if (wait->rounds > 0) {
        const uint64_t cycles = cycle_count() - wait->began;
        if (wait->has_slept) {
            learn_cost(cycles);
        }
        const uint32_t worth = COSTS_WORTH * sleep_cost;
        habit->spin_cycles = cycles <= worth ? worth : habit->spin_cycles / 2;
    }
    habit->looks = habit->spin_cycles > 0 && !wait->is_local ? UMP_WAIT_LOOKS : 0;
}
