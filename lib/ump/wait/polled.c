/**
 * Looks again and again, and never sleeps: the least time to an answer, for cores that have nothing else to
 * do.
 */
#include <ump/wait.h>

bool ump_wait_goes_on(struct ump_wait *wait, const struct ump_habit *habit, bool is_local)
{
    (void)habit;
    wait->is_local = is_local;
    wait->rounds++;
    return true;
}

struct ump_habit ump_wait_habit(void)
{
    return (struct ump_habit){.looks = UMP_WAIT_LOOKS};
}

void ump_wait_learn(const struct ump_wait *wait, struct ump_habit *habit)
{
    habit->looks = wait->is_local ? 0 : UMP_WAIT_LOOKS;
}
