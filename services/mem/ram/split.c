/**
 * All RAM is divided when the cores start. What one core does not use no other one can have, and no memory
 * server ever waits for another.
 */
#include <services/mem/ram/share.h>

const bool ram_may_ask = false;

gensize_t ram_first_share(gensize_t available, unsigned cores, gensize_t least)
{
    const gensize_t even = available / cores;
    return even > least ? even : least;
}
