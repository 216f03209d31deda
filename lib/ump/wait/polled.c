/**
 * Looks again and again, and never sleeps: the least time to an answer, for cores that have nothing else to
 * do.
 */
#include <ump/wait.h>

bool ump_wait_goes_on(struct ump_wait *wait, const struct ump_habit *habit, bool is_local)
{
    (void)habit;
    (void)is_local;
    wait->rounds++;
    return true;
}

void ump_wait_learn(const struct ump_wait *wait, struct ump_habit *habit)
{
    (void)wait;
    (void)habit;
}
