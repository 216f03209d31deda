/**
 * Physical memory in the host tests: one arena, anywhere in the physical address space. See arena.h.
 */
#ifndef FAKE_CAP_PHYSICAL_H
#define FAKE_CAP_PHYSICAL_H

#include <abi/types.h>

#define ARENA_BYTES (64UL << 20)

extern unsigned char *arena_memory;
extern lpaddr_t arena_physical;

/// The code under test reached for memory that is not there.
_Noreturn void arena_bad_address(lpaddr_t pa);

static inline void *phys_to_virt(lpaddr_t pa)
{
    if (pa < arena_physical || pa - arena_physical >= ARENA_BYTES) {
        arena_bad_address(pa);
    }
    return arena_memory + (pa - arena_physical);
}

static inline lpaddr_t window_to_phys(const void *va)
{
    return arena_physical + (lpaddr_t)((const unsigned char *)va - arena_memory);
}

#endif
