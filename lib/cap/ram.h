/**
 * RAM in two steps, for those who keep track of physical memory by themselves: taking a range, and making
 * objects in it. Programs use aos/ram_alloc.h.
 */
#ifndef LIB_CAP_RAM_H
#define LIB_CAP_RAM_H

#include <abi/captypes.h>
#include <abi/errno.h>
#include <aos/caddr.h>

/// Takes a range of memory out of what is free. No capability is made. \return MM_ERR_*, or why there are no
/// nodes
errval_t ram_take(gensize_t bytes, gensize_t alignment, genpaddr_t *base);

/// Makes an object of a part of a range that was taken. Needs no lock. \return what cap_retype() says
errval_t ram_make(struct capref dest, enum objtype type, genpaddr_t base, gensize_t bytes);

/// Gives a range back in which there are no objects any more.
errval_t ram_give_back(genpaddr_t base, gensize_t bytes);

#endif
