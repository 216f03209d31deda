/**
 * Pieces of RAM that the memory server gives out, each with a capability of the server's that has all rights.
 *
 * A piece that came back is kept as it is, in a stock of pieces of its size, and given to the next who asks
 * for as much: nothing is cut or joined then. Small pieces are made several at a time. The stock is free
 * memory all the same: when there is no other it is dissolved.
 *
 * Used by one thread at a time. Blocks on nothing.
 */
#ifndef MEM_PIECES_H
#define MEM_PIECES_H

#include <abi/errno.h>
#include <abi/types.h>
#include <aos/caddr.h>
#include <collections/rb_tree.h>

/// What nobody gets: for the server's own slots, nodes and sessions.
#define MEM_OWN_BYTES 0x100000UL

struct piece {
    struct rb_node rb; ///< First, so that one is the other. Among the pieces of whoever has it.
    genpaddr_t base;
    gensize_t bytes;
    struct capref cap;
    struct piece *next; ///< In the one list that it stands in.
};

/**
 * \param bytes     a multiple of pages
 * \param alignment a power of two
 * \return SYS_ERR_OK, or why there is no such piece; then nothing has changed but what stands in the stock
 *
 * Takes logarithmic time, or that of dissolving the stock if there is no memory without that.
 */
errval_t piece_get(gensize_t bytes, gensize_t alignment, struct piece **ret);

/// Takes a piece back of which nobody else has a capability. \return SYS_ERR_OK, or what ram_free() refuses;
/// then it stays the caller's
errval_t piece_put(struct piece *piece);

/// Bytes that can be given out.
gensize_t pieces_free_bytes(void);

#endif
