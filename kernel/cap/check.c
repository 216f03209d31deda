/**
 * The checker of the mapping database: walks everything, believes nothing.
 *
 * Shape first (levels sink on the way down, so that a loop cannot hold the walk), then order, then what the
 * questions in mdb.h rely on, then rings of copies and links of mappings.
 */
#include <cap/mdb_tree.h>
#include <cap/remains.h>

/// Levels, balance, ends, parents and marks of a subtree.
static const char *check_shape(const struct cte *node, enum region_class region)
{
    gensize_t max_end = mdb_end(node);
    unsigned levels[2] = {0, 0};
    if (node->cap.type >= ObjType_Num || captable[node->cap.type].region != region) {
        return "a tree holds a capability of another region class";
    }
    if (!node->mdb.in_tree) {
        return "a tree node is not marked as one";
    }
    if (node->cap.bytes == 0 || max_end < node->cap.base) {
        return "a region is empty or wraps around";
    }
    for (unsigned side = MDB_LEFT; side <= MDB_RIGHT; side++) {
        const struct cte *child = mdb_slot_or_null(node->mdb.child[side]);
        if (child == NULL) {
            continue;
        }
        if (child->mdb.parent != mdb_link(node)) {
            return "a tree node does not know its parent";
        }
        if (child->mdb.level >= node->mdb.level) {
            return "levels do not sink on the way down a tree";
        }
        const char *problem = check_shape(child, region);
        if (problem != NULL) {
            return problem;
        }
        levels[side] = child->mdb.level;
        max_end = child->mdb.max_end > max_end ? child->mdb.max_end : max_end;
    }
    if (levels[MDB_LEFT] > levels[MDB_RIGHT] + 1 || levels[MDB_RIGHT] > levels[MDB_LEFT] + 1) {
        return "a tree is out of balance";
    }
    const unsigned higher = levels[MDB_LEFT] > levels[MDB_RIGHT] ? levels[MDB_LEFT] : levels[MDB_RIGHT];
    if (node->mdb.level != higher + 1) {
        return "a tree node has the wrong level";
    }
    return node->mdb.max_end == max_end ? NULL : "a tree node has the wrong highest end";
}

/// The type of the object that a capability names, even if it is being deleted.
static unsigned object_type(const struct capability *cap)
{
    return cap->type == ObjType_Remains ? cap->was : cap->type;
}

/// True if `node` sorts before `next`; said here once more so that a mistake in the database's own order
/// shows.
static bool sorts_before(const struct capability *node, const struct capability *next)
{
    if (node->base != next->base) {
        return node->base < next->base;
    }
    if (node->bytes != next->bytes) {
        return node->bytes > next->bytes;
    }
    if (node->type != next->type) {
        return node->type < next->type;
    }
    if (node->type != ObjType_EndPoint) {
        return false;
    }
    return node->aux32 != next->aux32 ? node->aux32 < next->aux32 : node->aux64 < next->aux64;
}

/// The set of types that can come of `type`, through any number of retypes. Parents have smaller numbers than
/// children.
static uint32_t descendant_types(unsigned type)
{
    uint32_t types = captable[type].from & 1U << type;
    uint32_t reached = 1U << type;
    for (unsigned child = type + 1; child < ObjType_Num; child++) {
        if ((captable[child].from & reached) != 0) {
            reached |= 1U << child;
            types |= 1U << child;
        }
    }
    return types;
}

static bool is_sibling_endpoint(const struct cte *a, const struct cte *b)
{
    return captable[a->cap.type].shares_region && a->cap.type == b->cap.type && a->cap.base == b->cap.base;
}

/// The last node before `node` in the order whose region encloses it, or NULL. The mirror of mdb_next_beyond.
static const struct cte *find_ancestor(const struct cte *node)
{
    const gensize_t end = mdb_end(node);
    const struct cte *at = node;
    for (;;) {
        const struct cte *left = mdb_slot_or_null(at->mdb.child[MDB_LEFT]);
        if (left != NULL && left->mdb.max_end >= end) {
            at = left;
            for (;;) {
                const struct cte *right = mdb_slot_or_null(at->mdb.child[MDB_RIGHT]);
                if (right != NULL && right->mdb.max_end >= end) {
                    at = right;
                } else if (mdb_end(at) >= end) {
                    break;
                } else {
                    at = mdb_slot(at->mdb.child[MDB_LEFT]);
                }
            }
        } else {
            uint32_t from;
            do {
                if (at->mdb.parent == 0) {
                    return NULL;
                }
                from = mdb_link(at);
                at = mdb_slot(at->mdb.parent);
            } while (at->mdb.child[MDB_LEFT] == from);
            if (mdb_end(at) < end) {
                continue;
            }
        }
        if (!is_sibling_endpoint(at, node)) {
            return at;
        }
    }
}

/// Order of a node and the next, and no overlap but by descent.
static const char *check_order(struct cte *node)
{
    struct cte *next = mdb_next(node);
    if (next != NULL && !sorts_before(&node->cap, &next->cap)) {
        return "a tree is out of order";
    }
    struct cte *beyond = mdb_next_beyond(node, mdb_end(node));
    if (beyond != NULL && beyond->cap.base < mdb_end(node)) {
        return "two regions overlap in part";
    }
    const struct cte *ancestor = find_ancestor(node);
    if (ancestor != NULL
        && !objtype_is_in(object_type(&node->cap), descendant_types(object_type(&ancestor->cap)))) {
        return "a region lies inside one that it cannot come from";
    }
    return NULL;
}

/// Mapping and mapped copy name each other.
static const char *check_mapping(const struct cte *slot)
{
    const bool is_mapping = objtype_is_in(slot->cap.type, OBJTYPES_MAPPING);
    if (!is_mapping && (slot->cap.aux32 == 0 || !objtype_is_in(slot->cap.type, OBJTYPES_MAPPABLE))) {
        return NULL;
    }
    if (slot->cap.aux32 == 0) {
        return "a mapping maps nothing";
    }
    const struct cte *other = mdb_slot(slot->cap.aux32);
    const struct cte *mapping = is_mapping ? slot : other;
    const struct cte *mapped = is_mapping ? other : slot;
    if (mapped->cap.type >= ObjType_Num || !objtype_is_in(mapped->cap.type, OBJTYPES_MAPPABLE)
        || mapping->cap.type != captable[mapped->cap.type].mapping) {
        return "a mapping is not of the type of what it maps";
    }
    return other->cap.aux32 == mdb_link(slot) ? NULL : "a mapping and what it maps do not name each other";
}

/// The ring of copies of a node.
static const char *check_copies(const struct cte *node)
{
    const struct cte *copy = node;
    do {
        const struct cte *next = mdb_slot_or_null(copy->mdb.next);
        if (next == NULL || next->mdb.previous != mdb_link(copy)) {
            return "a ring of copies is broken";
        }
        if (sorts_before(&node->cap, &next->cap) || sorts_before(&next->cap, &node->cap)
            || next->cap.type != node->cap.type) {
            return "a ring holds two different objects";
        }
        if (next != node && next->mdb.in_tree) {
            return "two copies of one object are marked as in the tree";
        }
        if (next != node && !objtype_is_in(next->cap.type, OBJTYPES_COPYABLE)) {
            return "a capability that cannot be copied has a copy";
        }
        const char *problem = check_mapping(next);
        if (problem != NULL) {
            return problem;
        }
        copy = next;
    } while (copy != node);
    return NULL;
}

/// A Remains has something to empty, and none before its mark; whether it is queued is said by its place.
static const char *check_remains(const struct cte *slot, unsigned *queued)
{
    if (slot->cap.type != ObjType_Remains) {
        return NULL;
    }
    if (!objtype_is_in(slot->cap.was, OBJTYPES_CONTAINER) || slot->cap.was == ObjType_Remains) {
        return "the remains are of an object that holds nothing";
    }
    if (mdb_has_copies(slot)) {
        return "there are copies of remains";
    }
    uint64_t count;
    const struct cte *slots = remains_slots(&slot->cap, slot->cap.was, &count);
    if (remains_mark(&slot->cap) > count) {
        return "the mark of remains lies behind their slots";
    }
    for (uint64_t i = 0; i < remains_mark(&slot->cap); i++) {
        if (slots[i].cap.type != ObjType_Null && &slots[i] != slot) {
            return "a slot before the mark of remains is in use";
        }
    }
    if (remains_is_queued(&slot->cap)) {
        (*queued)++;
        return count != 0 && slot == slots ? NULL : "queued remains are not in their own first slot";
    }
    return NULL;
}

/// The queue holds all remains that say so, and ends.
static const char *check_queue(unsigned queued)
{
    uint32_t link = remains_queue;
    for (; link != 0 && queued != 0; queued--) {
        const struct cte *slot = mdb_slot(link);
        if (slot->cap.type != ObjType_Remains || !remains_is_queued(&slot->cap)) {
            return "the queue of remains holds something else";
        }
        link = slot->cap.aux32;
    }
    return link == 0 && queued == 0 ? NULL : "the queue of remains is not what its members say";
}

static const char *check_region(enum region_class region, unsigned *queued)
{
    struct cte *root = mdb_slot_or_null(mdb_roots[region]);
    if (root == NULL) {
        return NULL;
    }
    if (root->mdb.parent != 0) {
        return "the root of a tree has a parent";
    }
    const char *problem = check_shape(root, region);
    for (struct cte *node = mdb_tree_outermost(root, MDB_LEFT); node != NULL && problem == NULL;
         node = mdb_next(node)) {
        problem = check_order(node);
        if (problem == NULL) {
            problem = check_copies(node);
        }
        if (problem == NULL) {
            problem = check_remains(node, queued);
        }
    }
    return problem;
}

const char *caps_check(void)
{
    unsigned queued = 0;
    for (enum region_class region = REGION_MEMORY; region < REGION_COUNT; region++) {
        const char *problem = check_region(region, &queued);
        if (problem != NULL) {
            return problem;
        }
    }
    return mdb_roots[REGION_NONE] == 0 ? check_queue(queued) : "types without a region have a tree";
}
