/**
 * The RAM of the domain, below aos/ram_alloc.h: the memory manager in its section, and where more comes from.
 *
 * What refills take comes from a range of its own, the store: so that there is something when the rest is
 * used up, and so that what the library keeps for good does not lie scattered over memory that could be given
 * back. Only a domain with a source has one.
 */
#ifndef LIB_CAP_RAM_H
#define LIB_CAP_RAM_H

#include <abi/captypes.h>
#include <abi/errno.h>
#include <aos/caddr.h>

/// A range that was taken, and what objects in it are made of.
struct ram_range {
    genpaddr_t base;
    gensize_t bytes;
    struct capref cap; ///< That of its region,
    gensize_t offset;  ///< and where it lies there.
};

/* lib/cap/ram.c */

/// Takes a range of memory out of what is free. No capability is made. \return MM_ERR_*, or why there are no
/// nodes
errval_t ram_take(gensize_t bytes, gensize_t alignment, struct ram_range *ret);

/// Makes an object of all of a range that was taken. Needs no section. \return what cap_retype() says
errval_t ram_make(struct capref dest, enum objtype type, const struct ram_range *range);

/// What ram_give_back() would return.
errval_t ram_check_give_back(genpaddr_t base, gensize_t bytes);

/// Gives a range back in which there are no objects any more. It may be part of what was taken.
errval_t ram_give_back(genpaddr_t base, gensize_t bytes);

/* For lib/cap/ram_source.c. */

#define RAM_STORE_BYTES 0x40000UL ///< What the store gets at a time.
#define RAM_STORE_LOW   0x20000UL ///< With less in it, it is filled again: more than any refills take at once.
#define RAM_SPARE_BYTES 0x80000UL ///< So much stays free beside borrowed memory that is given back.

/**
 * Adds memory that was borrowed, all of what `cap` has. The capability is the manager's then.
 *
 * \param for_store   the store is all of it from now on
 * \param may_go_back ram_return_one() may give it
 */
errval_t ram_borrow(const struct ram_range *range, bool for_store, bool may_go_back);

/// Takes borrowed memory out that nobody needs. \return false if there is none, or too little else is free
bool ram_return_one(struct ram_range *ret);

/// True if ram_return_one() may find something. Without the section.
bool ram_has_idle(void);

/// The store is a range of what is free from now on. \return false if there was no room
bool ram_fill_store(gensize_t bytes);

/// There is a source from now on, or it has just refused: then it is not asked again at once.
void ram_watch_store(bool refused);

/* lib/cap/ram_source.c */

/// Changes whenever memory was borrowed.
unsigned ram_source_generation(void);

/**
 * Borrows memory for an allocation that found none. Blocks; only outside of sections and refills.
 *
 * \param generation from before the allocation was tried: if memory came since then, nothing is done
 * \return SYS_ERR_OK: it should be tried again; MM_ERR_OUT_OF_MEMORY: there is no source, or the calling
 * thread is in it; or the source's error
 */
errval_t ram_source_grow(gensize_t bytes, gensize_t alignment, unsigned generation);

/// Gives back what may be given back. Does nothing where that is not possible now.
void ram_source_return_idle(void);

/* lib/cap/ram_server.c */

/// Makes the memory server the source, which is asked for the first time when it is needed. Not in init, and
/// not where ram_has_server() says no. Called at start-up, when there is a heap.
void ram_server_use(void);

/// True, but in a domain that defines it otherwise: one that has what others ask for.
bool ram_has_server(void);

#endif
