/**
 * The balanced tree under the mapping database: an AVL tree with parent links, each node of which also knows
 * the highest end of a region in its subtree.
 */
#include <cap/mdb_tree.h>

static inline unsigned level_of(uint32_t link)
{
    return link != 0 ? mdb_slot(link)->mdb.level : 0;
}

/// Recomputes what a node knows of its subtree from its children.
static inline void update(struct cte *node)
{
    gensize_t max_end = mdb_end(node);
    unsigned level = 0;
    for (unsigned side = MDB_LEFT; side <= MDB_RIGHT; side++) {
        const uint32_t link = node->mdb.child[side];
        if (link != 0) {
            const struct cte *child = mdb_slot(link);
            level = child->mdb.level > level ? child->mdb.level : level;
            max_end = child->mdb.max_end > max_end ? child->mdb.max_end : max_end;
        }
    }
    node->mdb.level = level + 1;
    node->mdb.max_end = max_end;
}

/// Makes whatever pointed down to `node` point to `heir`, which may be none.
static inline void set_parents_child(uint32_t *root, const struct cte *node, uint32_t heir)
{
    if (node->mdb.parent == 0) {
        *root = heir;
        return;
    }
    struct cte *parent = mdb_slot(node->mdb.parent);
    parent->mdb.child[parent->mdb.child[MDB_RIGHT] == mdb_link(node)] = heir;
}

static inline void set_child(struct cte *node, unsigned side, uint32_t child)
{
    node->mdb.child[side] = child;
    if (child != 0) {
        mdb_slot(child)->mdb.parent = mdb_link(node);
    }
}

/// Turns `node` down towards `side`; its child on the other side takes its place and is returned.
static struct cte *rotate(uint32_t *root, struct cte *node, unsigned side)
{
    struct cte *up = mdb_slot(node->mdb.child[!side]);
    set_parents_child(root, node, mdb_link(up));
    up->mdb.parent = node->mdb.parent;
    set_child(node, !side, up->mdb.child[side]);
    set_child(up, side, mdb_link(node));
    update(node);
    update(up);
    return up;
}

/// Brings a subtree whose sides differ by two levels back into balance; returns its root.
static struct cte *balance(uint32_t *root, struct cte *node)
{
    const unsigned left = level_of(node->mdb.child[MDB_LEFT]);
    const unsigned right = level_of(node->mdb.child[MDB_RIGHT]);
    if (left <= right + 1 && right <= left + 1) {
        return node;
    }
    const unsigned high = right > left ? MDB_RIGHT : MDB_LEFT;
    struct cte *child = mdb_slot(node->mdb.child[high]);
    if (level_of(child->mdb.child[!high]) > level_of(child->mdb.child[high])) {
        rotate(root, child, high);
    }
    return rotate(root, node, !high);
}

/// Repairs levels, ends and balance from `node` up, at least to `reach` if that is not NULL, and then until
/// nothing changes any more.
static void repair(uint32_t *root, struct cte *node, const struct cte *reach)
{
    while (node != NULL) {
        const unsigned level = node->mdb.level;
        const gensize_t max_end = node->mdb.max_end;
        if (node == reach) {
            reach = NULL;
        }
        update(node);
        node = balance(root, node);
        if (reach == NULL && node->mdb.level == level && node->mdb.max_end == max_end) {
            return;
        }
        node = mdb_slot_or_null(node->mdb.parent);
    }
}

void mdb_tree_attach(uint32_t *root, struct cte *node, struct cte *parent, unsigned side)
{
    node->mdb.max_end = mdb_end(node);
    node->mdb.child[MDB_LEFT] = 0;
    node->mdb.child[MDB_RIGHT] = 0;
    node->mdb.level = 1;
    node->mdb.in_tree = true;
    if (parent == NULL) {
        node->mdb.parent = 0;
        *root = mdb_link(node);
        return;
    }
    set_child(parent, side, mdb_link(node));
    repair(root, parent, NULL);
}

void mdb_tree_detach(uint32_t *root, struct cte *node)
{
    const uint32_t left = node->mdb.child[MDB_LEFT];
    const uint32_t right = node->mdb.child[MDB_RIGHT];
    node->mdb.in_tree = false;
    if (left == 0 || right == 0) {
        const uint32_t child = left | right;
        set_parents_child(root, node, child);
        if (child != 0) {
            mdb_slot(child)->mdb.parent = node->mdb.parent;
        }
        repair(root, mdb_slot_or_null(node->mdb.parent), NULL);
        return;
    }

    /* The next in order takes its place; what hung below that one moves up. */
    struct cte *heir = mdb_tree_outermost(mdb_slot(right), MDB_LEFT);
    struct cte *lowest = heir;
    if (mdb_link(heir) != right) {
        lowest = mdb_slot(heir->mdb.parent);
        set_child(lowest, MDB_LEFT, heir->mdb.child[MDB_RIGHT]);
        set_child(heir, MDB_RIGHT, right);
    }
    set_child(heir, MDB_LEFT, left);
    set_parents_child(root, node, mdb_link(heir));
    heir->mdb.parent = node->mdb.parent;
    heir->mdb.level = node->mdb.level;
    heir->mdb.max_end = node->mdb.max_end;
    repair(root, lowest, heir);
}

void mdb_tree_replace(uint32_t *root, struct cte *node, struct cte *heir)
{
    set_parents_child(root, node, mdb_link(heir));
    heir->mdb.parent = node->mdb.parent;
    heir->mdb.max_end = node->mdb.max_end;
    heir->mdb.level = node->mdb.level;
    heir->mdb.in_tree = true;
    node->mdb.in_tree = false;
    set_child(heir, MDB_LEFT, node->mdb.child[MDB_LEFT]);
    set_child(heir, MDB_RIGHT, node->mdb.child[MDB_RIGHT]);
}

struct cte *mdb_tree_step(struct cte *node, unsigned side)
{
    if (node->mdb.child[side] != 0) {
        return mdb_tree_outermost(mdb_slot(node->mdb.child[side]), !side);
    }
    uint32_t from;
    do {
        if (node->mdb.parent == 0) {
            return NULL;
        }
        from = mdb_link(node);
        node = mdb_slot(node->mdb.parent);
    } while (node->mdb.child[side] == from);
    return node;
}
