#include "allowance.h"

#include <stddef.h>
#include <stdlib.h>

/// Of allowances within each other: what taking one costs at most.
#define DEPTH_MAX 8

struct allowance {
    struct allowance *within;
    unsigned depth;
    domainid_t owner;
    uint32_t processes_max;
    uint32_t processes;
    uint64_t ram_bytes;
    unsigned parts; ///< Allowances that are within it.
};

struct allowance *allowance_create(struct allowance *within, domainid_t owner, uint32_t processes)
{
    if (within && within->depth + 1 == DEPTH_MAX) {
        return NULL;
    }
    struct allowance *allowance = malloc(sizeof(*allowance));
    if (allowance) {
        *allowance = (struct allowance){
            .within = within,
            .depth = within ? within->depth + 1 : 0,
            .owner = owner,
            .processes_max = processes,
        };
        if (within) {
            within->parts++;
        }
    }
    return allowance;
}

struct allowance *allowance_of_remote(domainid_t owner)
{
    static struct allowance *all;
    if (!all) {
        all = allowance_create(NULL, 0, ALLOWANCE_OF_REMOTE);
        if (!all) {
            return NULL;
        }
        all->parts++; // it stays
    }
    return allowance_create(all, owner, ALLOWANCE_USUAL);
}

/// Frees it, and those that it was within, as far as nobody uses them.
static void release(struct allowance *allowance)
{
    while (allowance && allowance->processes == 0 && allowance->parts == 0) {
        struct allowance *within = allowance->within;
        free(allowance);
        if (within) {
            within->parts--;
        }
        allowance = within;
    }
}

errval_t allowance_take(struct allowance *allowance)
{
    for (struct allowance *at = allowance; at; at = at->within) {
        if (at->processes == at->processes_max) {
            release(allowance);
            return PROC_ERR_LIMIT;
        }
    }
    for (struct allowance *at = allowance; at; at = at->within) {
        at->processes++;
    }
    return SYS_ERR_OK;
}

errval_t allowance_take_ram(struct allowance *allowance, uint64_t bytes)
{
    for (struct allowance *at = allowance; at; at = at->within) {
        if (bytes > at->processes_max * ALLOWANCE_RAM_BYTES - at->ram_bytes) {
            return PROC_ERR_LIMIT;
        }
    }
    for (struct allowance *at = allowance; at; at = at->within) {
        at->ram_bytes += bytes;
    }
    return SYS_ERR_OK;
}

void allowance_give_back(struct allowance *allowance, uint64_t ram_bytes)
{
    for (struct allowance *at = allowance; at; at = at->within) {
        at->processes--;
        at->ram_bytes -= ram_bytes;
    }
    release(allowance);
}

bool allowance_is_owned_by(const struct allowance *allowance, domainid_t owner)
{
    while (allowance && allowance->owner != owner) {
        allowance = allowance->within;
    }
    return allowance != NULL;
}
