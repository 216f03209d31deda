/**
 * The balanced tree under the mapping database: shape only, no keys.
 */
#ifndef KERNEL_MDB_TREE_H
#define KERNEL_MDB_TREE_H

#include <cap/mdb.h>

#define MDB_LEFT  0
#define MDB_RIGHT 1

/// The outermost node of a subtree on one side.
static inline struct cte *mdb_tree_outermost(struct cte *node, unsigned side)
{
    while (node->mdb.child[side] != 0) {
        node = mdb_slot(node->mdb.child[side]);
    }
    return node;
}

/// Hangs a new leaf below `parent`, where no child is, or makes it the root if that is NULL.
void mdb_tree_attach(uint32_t *root, struct cte *node, struct cte *parent, unsigned side);

void mdb_tree_detach(uint32_t *root, struct cte *node);

/// `heir`, which is in no tree, takes the place of `node` with its children, parent and level.
void mdb_tree_replace(uint32_t *root, struct cte *node, struct cte *heir);

/// The neighbour of a node in the order, or NULL.
struct cte *mdb_tree_step(struct cte *node, unsigned side);

#endif
