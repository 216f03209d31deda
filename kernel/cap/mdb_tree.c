/**
 * The balanced tree under the mapping database: an AVL tree with parent links, each node of which also knows
 * the highest end of a region in its subtree.
 */
#include <cap/mdb_tree.h>
#include <cap/work.h>

static inline unsigned level_of(uint32_t link)
{
    return link != 0 ? mdb_slot(link)->mdb.level : 0;
}

/// The highest end in the subtree of a node, from its children.
static inline gensize_t compute_max_end(const struct cte *node)
{
    gensize_t max_end = mdb_end(node);
    for (unsigned side = MDB_LEFT; side <= MDB_RIGHT; side++) {
        if (node->mdb.child[side] != 0) {
            const gensize_t end = mdb_slot(node->mdb.child[side])->mdb.max_end;
            max_end = end > max_end ? end : max_end;
        }
    }
    return max_end;
}

/// The level of a node, from its children.
static inline unsigned compute_level(const struct cte *node)
{
    const unsigned left = level_of(node->mdb.child[MDB_LEFT]);
    const unsigned right = level_of(node->mdb.child[MDB_RIGHT]);
    return (left > right ? left : right) + 1;
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

/// Turns `node` down towards `side`; its child on the other side takes its place and is returned. The levels
/// of both are left to the caller.
static inline struct cte *rotate(uint32_t *root, struct cte *node, unsigned side)
{
    struct cte *up = mdb_slot(node->mdb.child[!side]);
    set_parents_child(root, node, mdb_link(up));
    up->mdb.parent = node->mdb.parent;
    set_child(node, !side, up->mdb.child[side]);
    up->mdb.child[side] = mdb_link(node);
    node->mdb.parent = mdb_link(up);
    up->mdb.max_end = node->mdb.max_end;
    node->mdb.max_end = compute_max_end(node);
    return up;
}

/// Brings a subtree back into balance that is two levels higher on the side `high`; returns its root.
static struct cte *lower(uint32_t *root, struct cte *node, unsigned high)
{
    struct cte *child = mdb_slot(node->mdb.child[high]);
    work.done += WORK_ROTATE;
    if (level_of(child->mdb.child[!high]) > level_of(child->mdb.child[high])) {
        work.done += WORK_ROTATE;
        rotate(root, child, high);
        child->mdb.level = compute_level(child);
    }
    struct cte *up = rotate(root, node, !high);
    node->mdb.level = compute_level(node);
    up->mdb.level = compute_level(up);
    return up;
}

/// The same after a node was added below `child`, on the side `high`: then all levels are known beforehand.
static void lower_after_attach(uint32_t *root, struct cte *node, struct cte *child, unsigned high)
{
    if (level_of(child->mdb.child[!high]) == child->mdb.level - 1U) {
        child->mdb.level--;
        rotate(root, child, high)->mdb.level++;
    }
    node->mdb.level--;
    rotate(root, node, !high);
}

/// Repairs the tree above a node that was added. A subtree only grows, so that this mostly stops after a few
/// steps.
static inline void repair_after_attach(uint32_t *root, struct cte *node, gensize_t end)
{
    struct cte *parent = mdb_slot_or_null(node->mdb.parent);
    while (parent != NULL && parent->mdb.level == node->mdb.level) {
        const unsigned high = parent->mdb.child[MDB_RIGHT] == mdb_link(node);
        if (parent->mdb.max_end < end) {
            parent->mdb.max_end = end;
        }
        if (level_of(parent->mdb.child[!high]) + 1 < node->mdb.level) {
            struct cte *above = mdb_slot_or_null(parent->mdb.parent);
            lower_after_attach(root, parent, node, high);
            parent = above;
            break;
        }
        parent->mdb.level++;
        node = parent;
        parent = mdb_slot_or_null(node->mdb.parent);
    }
    while (parent != NULL && parent->mdb.max_end < end) {
        parent->mdb.max_end = end;
        parent = mdb_slot_or_null(parent->mdb.parent);
    }
}

/**
 * Repairs the tree from `node` up, in whose subtree no region ends at `lost` any more but by chance. From
 * `reach` up, if that is not NULL, it is `lost_above` that went.
 */
static void repair_after_detach(uint32_t *root, struct cte *node, gensize_t lost, const struct cte *reach,
                                gensize_t lost_above)
{
    while (node != NULL) {
        const unsigned old_level = node->mdb.level;
        const gensize_t old_max_end = node->mdb.max_end;
        work.done += WORK_LEVEL;
        if (node == reach) {
            reach = NULL;
            lost = lost_above;
        }
        if (old_max_end == lost) {
            node->mdb.max_end = compute_max_end(node);
        }
        const unsigned left = level_of(node->mdb.child[MDB_LEFT]);
        const unsigned right = level_of(node->mdb.child[MDB_RIGHT]);
        if (left > right + 1 || right > left + 1) {
            node = lower(root, node, right > left ? MDB_RIGHT : MDB_LEFT);
        } else {
            node->mdb.level = (left > right ? left : right) + 1;
        }
        if (reach == NULL && node->mdb.level == old_level && node->mdb.max_end == old_max_end) {
            return;
        }
        node = mdb_slot_or_null(node->mdb.parent);
    }
}

void mdb_tree_attach(uint32_t *root, struct cte *node, struct cte *parent, unsigned side)
{
    const gensize_t end = mdb_end(node);
    node->mdb.max_end = end;
    node->mdb.child[MDB_LEFT] = 0;
    node->mdb.child[MDB_RIGHT] = 0;
    node->mdb.level = 1;
    node->mdb.in_tree = true;
    if (parent == NULL) {
        node->mdb.parent = 0;
        *root = mdb_link(node);
        return;
    }
    node->mdb.parent = mdb_link(parent);
    parent->mdb.child[side] = mdb_link(node);
    repair_after_attach(root, node, end);
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
        repair_after_detach(root, mdb_slot_or_null(node->mdb.parent), mdb_end(node), NULL, 0);
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
    repair_after_detach(root, lowest, mdb_end(heir), heir, mdb_end(node));
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
