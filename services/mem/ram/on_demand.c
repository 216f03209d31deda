/**
 * A core gets what it needs to start. Its memory server asks that of the first core for more, in large
 * pieces, and gives a piece back when all of it is free.
 */
#include <services/mem/ram/share.h>

#define BEYOND_LEAST_BYTES 0x1000000UL ///< For services and the first processes.

const bool ram_may_ask = true;

gensize_t ram_first_share(gensize_t available, unsigned cores, gensize_t least)
{
    const gensize_t even = available / cores, wanted = least + BEYOND_LEAST_BYTES;
    return even < least ? least : even < wanted ? even : wanted;
}
