#include "arena.h"

#include <cap/mdb.h>
#include <cap/remains.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

unsigned char *arena_memory;
lpaddr_t arena_physical;
static gensize_t used;

void arena_bad_address(lpaddr_t pa)
{
    fprintf(stderr, "physical address %#lx is not in the arena\n", (unsigned long)pa);
    abort();
}

void arena_reset(lpaddr_t physical)
{
    if (arena_memory == NULL) {
        arena_memory = mmap(NULL, ARENA_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (arena_memory == MAP_FAILED) {
            perror("mmap");
            abort();
        }
    }
    memset(arena_memory, 0, used);
    memset(mdb_roots, 0, sizeof mdb_roots);
    remains_queue = 0;
    arena_physical = physical;
    used = 0;
}

lpaddr_t arena_take(gensize_t bytes, gensize_t align)
{
    const lpaddr_t base = ROUND_UP(arena_physical + used, align);
    if (base + bytes > arena_physical + ARENA_BYTES) {
        fprintf(stderr, "the arena is full\n");
        abort();
    }
    used = base + bytes - arena_physical;
    return base;
}

struct cte *arena_take_slots(size_t count)
{
    return phys_to_virt(arena_take(count * sizeof(struct cte), sizeof(struct cte)));
}

struct random random_from_seed(uint64_t seed)
{
    struct random random = {.state = seed * 0x9e3779b97f4a7c15 + 0x2545f4914f6cdd1d};
    if (random.state == 0) {
        random.state = 1;
    }
    return random;
}

uint64_t random_next(struct random *random)
{
    random->state ^= random->state >> 12;
    random->state ^= random->state << 25;
    random->state ^= random->state >> 27;
    return random->state * 0x2545f4914f6cdd1d;
}

uint64_t random_below(struct random *random, uint64_t limit)
{
    return (random_next(random) >> 11) % limit;
}
