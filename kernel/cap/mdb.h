/**
 * The mapping database: which capabilities name the same object, and what was made from what.
 *
 * One balanced tree a class of regions (memory, interrupts, page table entries) orders objects by (base
 * ascending, size descending, type ascending); endpoints, which share the region of their dispatcher, also by
 * their ring. Retype makes regions that lie wholly inside their source, so two regions are nested or apart,
 * an ancestor sorts before its descendants, and the descendants of a region follow it without a gap.
 *
 * An object stands in the tree once. Copies of its capability form a ring with the one in the tree, so that
 * copying and deleting a copy never touch the tree, and when the one in the tree goes another takes its place
 * by relinking. Types of no region class have a ring only.
 *
 * Everything here costs O(log n) in the number of objects, or less. Callers have checked that slots are empty
 * or full as needed.
 */
#ifndef KERNEL_MDB_H
#define KERNEL_MDB_H

#include <cap/cap.h>
#include <cap/captable.h>

/// Slots at the roots of the trees, by region class. 0: no object of the class.
extern uint32_t mdb_roots[REGION_COUNT];

#define MDB_LINK_SHIFT 6

/// The slot that a link names; the link is not 0.
static inline struct cte *mdb_slot(uint32_t link)
{
    return phys_to_virt((lpaddr_t)link << MDB_LINK_SHIFT);
}

static inline struct cte *mdb_slot_or_null(uint32_t link)
{
    return link ? mdb_slot(link) : NULL;
}

static inline uint32_t mdb_link(const struct cte *cte)
{
    return (uint32_t)(window_to_phys(cte) >> MDB_LINK_SHIFT);
}

/// First address behind a region.
static inline gensize_t mdb_end(const struct cte *cte)
{
    return cte->cap.base + cte->cap.bytes;
}

static inline bool mdb_has_copies(const struct cte *cte)
{
    return cte->mdb.next != mdb_link(cte);
}

/// Makes `copy`, whose capability is filled in, a copy of `original`.
static inline void mdb_insert_copy(struct cte *copy, struct cte *original)
{
    const uint32_t link = mdb_link(copy);
    copy->mdb.in_tree = false;
    copy->mdb.next = original->mdb.next;
    copy->mdb.previous = mdb_link(original);
    mdb_slot(original->mdb.next)->mdb.previous = link;
    original->mdb.next = link;
}

/* Changes. The capability of a slot that is inserted is filled in; whoever removes one clears it afterwards.
 */

/// Inserts by its key: as a copy if the object is known, else as a new object.
void mdb_insert(struct cte *cte);

/// Inserts a new object of a class whose regions are all apart, so that where they begin is their order.
void mdb_insert_apart(enum region_class region, struct cte *cte);

/// Inserts a new object at its place in the order, which is right before `behind`, or at the end if that is
/// NULL.
void mdb_insert_before(struct cte *cte, struct cte *behind);

/// Inserts a new object right behind `before` and right before `behind`, which are neighbours; `behind` may
/// be NULL.
void mdb_insert_between(struct cte *cte, struct cte *before, struct cte *behind);

void mdb_remove(struct cte *cte);

/// The capability has been copied to the slot `to`; its node moves from `from` to there.
void mdb_move(struct cte *to, struct cte *from);

/* Questions. A `node` is a slot that stands in a tree. */

/// The copy of `cte` that stands in the tree.
struct cte *mdb_find_node(struct cte *cte);

/// The copy in the tree of an object with this capability's key, or NULL.
struct cte *mdb_find_key(const struct capability *key);

struct cte *mdb_next(struct cte *node);
struct cte *mdb_previous(struct cte *node);

/**
 * The first object behind `node` in the order whose region ends behind `position`, or NULL.
 *
 * With `position` the start of a range inside the region of `node`: if the result begins before the range's
 * end, it is a descendant of `node` that overlaps the range; if not, there is none, and a region of this
 * range sorts right before it.
 */
struct cte *mdb_next_beyond(struct cte *node, gensize_t position);

/// The first object of a class in the order that overlaps [start, end), or NULL. mdb_next leads on to the
/// others.
struct cte *mdb_find_overlap(enum region_class region, gensize_t start, gensize_t end);

/// The first, in the order, of what was made from this object or from what was made from it, or NULL.
struct cte *mdb_first_descendant(struct cte *cte);

/// True if something that was made from this object, or from what was made from it, still exists.
bool mdb_has_descendants(struct cte *cte);

#endif
