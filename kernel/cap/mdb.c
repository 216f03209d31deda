/**
 * The mapping database: keys, copies, and questions about ranges.
 */
#include <cap/mdb_tree.h>

uint32_t mdb_roots[REGION_COUNT];

static inline unsigned region_of(const struct capability *cap)
{
    return captable[cap->type].region;
}

/// Order of two objects of one region class: negative, zero for the same object, positive.
static inline int compare(const struct capability *a, const struct capability *b)
{
    if (a->base != b->base) {
        return a->base < b->base ? -1 : 1;
    }
    if (a->bytes != b->bytes) {
        return a->bytes > b->bytes ? -1 : 1;
    }
    if (a->type != b->type) {
        return a->type < b->type ? -1 : 1;
    }
    if (a->type != ObjType_EndPoint) {
        return 0;
    }
    if (a->aux32 != b->aux32) {
        return a->aux32 < b->aux32 ? -1 : 1;
    }
    return (a->aux64 > b->aux64) - (a->aux64 < b->aux64);
}

struct cte *mdb_find_key(const struct capability *key)
{
    uint32_t link = mdb_roots[region_of(key)];
    while (link != 0) {
        struct cte *node = mdb_slot(link);
        const int order = compare(key, &node->cap);
        if (order == 0) {
            return node;
        }
        link = node->mdb.child[order > 0];
    }
    return NULL;
}

struct cte *mdb_find_node(struct cte *cte)
{
    return cte->mdb.in_tree ? cte : mdb_find_key(&cte->cap);
}

static inline void make_single(struct cte *cte)
{
    cte->mdb.next = mdb_link(cte);
    cte->mdb.previous = mdb_link(cte);
}

void mdb_insert(struct cte *cte)
{
    const unsigned region = region_of(&cte->cap);
    struct cte *parent = NULL;
    unsigned side = MDB_LEFT;
    for (uint32_t link = mdb_roots[region]; link != 0; link = parent->mdb.child[side]) {
        parent = mdb_slot(link);
        const int order = compare(&cte->cap, &parent->cap);
        if (order == 0) {
            mdb_insert_copy(cte, parent);
            return;
        }
        side = order > 0;
    }
    make_single(cte);
    cte->mdb.in_tree = false;
    if (region != REGION_NONE) {
        mdb_tree_attach(&mdb_roots[region], cte, parent, side);
    }
}

void mdb_insert_apart(enum region_class region, struct cte *cte)
{
    const genpaddr_t base = cte->cap.base;
    struct cte *parent = NULL;
    unsigned side = MDB_LEFT;
    for (uint32_t link = mdb_roots[region]; link != 0; link = parent->mdb.child[side]) {
        parent = mdb_slot(link);
        side = base > parent->cap.base;
    }
    make_single(cte);
    mdb_tree_attach(&mdb_roots[region], cte, parent, side);
}

void mdb_insert_before(struct cte *cte, struct cte *behind)
{
    uint32_t *root = &mdb_roots[region_of(&cte->cap)];
    make_single(cte);
    if (behind != NULL && behind->mdb.child[MDB_LEFT] == 0) {
        mdb_tree_attach(root, cte, behind, MDB_LEFT);
        return;
    }
    /* Behind the last one that sorts before it: there no child can be on the right. */
    const uint32_t subtree = behind != NULL ? behind->mdb.child[MDB_LEFT] : *root;
    struct cte *parent = subtree != 0 ? mdb_tree_outermost(mdb_slot(subtree), MDB_RIGHT) : NULL;
    mdb_tree_attach(root, cte, parent, MDB_RIGHT);
}

void mdb_insert_between(struct cte *cte, struct cte *before, struct cte *behind)
{
    uint32_t *root = &mdb_roots[region_of(&cte->cap)];
    make_single(cte);
    /* One of two neighbours stands above the other, and the lower one has no child in between. */
    if (before->mdb.child[MDB_RIGHT] == 0) {
        mdb_tree_attach(root, cte, before, MDB_RIGHT);
    } else {
        mdb_tree_attach(root, cte, behind, MDB_LEFT);
    }
}

void mdb_remove(struct cte *cte)
{
    uint32_t *root = &mdb_roots[region_of(&cte->cap)];
    if (!mdb_has_copies(cte)) {
        if (cte->mdb.in_tree) {
            mdb_tree_detach(root, cte);
        }
        return;
    }
    struct cte *heir = mdb_slot(cte->mdb.next);
    heir->mdb.previous = cte->mdb.previous;
    mdb_slot(cte->mdb.previous)->mdb.next = cte->mdb.next;
    if (cte->mdb.in_tree) {
        mdb_tree_replace(root, cte, heir);
        /* What the tree's copy remembers of the object goes with the place. */
        heir->cap.aux64 = cte->cap.aux64;
    }
}

void mdb_move(struct cte *to, struct cte *from)
{
    if (mdb_has_copies(from)) {
        to->mdb.next = from->mdb.next;
        to->mdb.previous = from->mdb.previous;
        mdb_slot(to->mdb.next)->mdb.previous = mdb_link(to);
        mdb_slot(to->mdb.previous)->mdb.next = mdb_link(to);
    } else {
        make_single(to);
    }
    to->mdb.in_tree = false;
    if (from->mdb.in_tree) {
        mdb_tree_replace(&mdb_roots[region_of(&from->cap)], from, to);
    }
}

struct cte *mdb_next(struct cte *node)
{
    return mdb_tree_step(node, MDB_RIGHT);
}

struct cte *mdb_previous(struct cte *node)
{
    return mdb_tree_step(node, MDB_LEFT);
}

/// The first in order of a subtree that ends behind `position`; the subtree has one.
static inline struct cte *first_beyond(struct cte *node, gensize_t position)
{
    for (;;) {
        const uint32_t left = node->mdb.child[MDB_LEFT];
        if (left != 0 && mdb_slot(left)->mdb.max_end > position) {
            node = mdb_slot(left);
        } else if (mdb_end(node) > position) {
            return node;
        } else {
            node = mdb_slot(node->mdb.child[MDB_RIGHT]);
        }
    }
}

struct cte *mdb_next_beyond(struct cte *node, gensize_t position)
{
    for (;;) {
        const uint32_t right = node->mdb.child[MDB_RIGHT];
        if (right != 0 && mdb_slot(right)->mdb.max_end > position) {
            return first_beyond(mdb_slot(right), position);
        }
        uint32_t from;
        do {
            if (node->mdb.parent == 0) {
                return NULL;
            }
            from = mdb_link(node);
            node = mdb_slot(node->mdb.parent);
        } while (node->mdb.child[MDB_RIGHT] == from);
        if (mdb_end(node) > position) {
            return node;
        }
    }
}

struct cte *mdb_find_overlap(enum region_class region, gensize_t start, gensize_t end)
{
    struct cte *root = mdb_slot_or_null(mdb_roots[region]);
    if (root == NULL || root->mdb.max_end <= start) {
        return NULL;
    }
    struct cte *first = first_beyond(root, start);
    return first->cap.base < end ? first : NULL;
}

struct cte *mdb_first_descendant(struct cte *cte)
{
    /* Endpoints of one dispatcher share its region, but none is made from another. */
    if (captable[cte->cap.type].shares_region || region_of(&cte->cap) == REGION_NONE) {
        return NULL;
    }
    struct cte *next = mdb_next(mdb_find_node(cte));
    return next != NULL && next->cap.base < mdb_end(cte) ? next : NULL;
}

bool mdb_has_descendants(struct cte *cte)
{
    return mdb_first_descendant(cte) != NULL;
}
