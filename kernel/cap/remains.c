/**
 * Deleting objects that hold capabilities: CNodes, page tables, dispatchers.
 *
 * Such an object can hold as much as there is memory, nested as deeply, so it is emptied in pieces. When its
 * last capability is to go and the object is not empty, the capability becomes a Remains of the same region.
 * That is neither a CNode nor a page table nor a dispatcher: no address leads through it, nothing can be
 * mapped or set up in it, and it cannot be copied. So an object only ever loses from then on, and how far its
 * slots are known to be empty can be kept in the capability.
 *
 * What the object holds is deleted slot by slot. A last capability of another object that is not empty is not
 * descended into: it becomes a Remains, too, changes places with what is in the first slot of its own object,
 * and is queued there. The place that it leaves is dealt with like any other. A page table holds only
 * mappings, so that its remains are emptied where they are.
 *
 * At each point where the work can stop:
 *  - the mapping database is sound, and every capability stands in one slot;
 *  - remains stand in the slot that was deleted, in a slot of remains, or in the queue;
 *  - the slots of remains before their mark are empty, but for the queued remains of the object itself;
 *  - the memory of every object that is not gone is covered by a capability in the database, so that it
 *    cannot be retyped.
 *
 * The slot that was asked for is emptied last, when the queue is empty, so calling again with the same slot
 * goes on with all of it. A caller that does not call again leaves work and takes nothing away from others:
 * who deletes the next container, or revokes the memory, finds the queue and the remains.
 *
 * It ends because each step makes one of these smaller and none larger in exchange but one behind it: the
 * objects that are not remains; the remains that are not in the queue; the capabilities in remains; the slots
 * behind the marks.
 */
#include <cap/cspace.h>
#include <cap/mdb.h>
#include <cap/remains.h>
#include <cap/slot.h>
#include <dispatch/dcb.h>
#include <trace/emit.h>

#define DCB_PARTS       4
#define SLOTS_IN_ONE_GO 16

_Static_assert(offsetof(struct dcb, end_endpoint) == offsetof(struct dcb, cspace) + 3 * sizeof(struct cte),
               "the parts of a dispatcher are consecutive slots");
_Static_assert(L1_CNODE_MAX_BYTES / sizeof(struct cte) < REMAINS_QUEUED, "a mark fits");

uint32_t remains_queue;

static inline struct cte *slots_of(const struct capability *cap, unsigned type, uint64_t *count)
{
    if (type == ObjType_Dispatcher) {
        *count = DCB_PARTS;
        return &dcb_from_phys(cap->base)->cspace;
    }
    *count = objtype_is_in(type, OBJTYPES_CNODE) ? cnode_slot_count(cap) : 0;
    return cnode_slots(cap);
}

struct cte *remains_slots(const struct capability *cap, unsigned type, uint64_t *count)
{
    return slots_of(cap, type, count);
}

static void remove_last(struct cte *slot, unsigned type)
{
    mdb_remove(slot);
    slot_clear(slot);
    trace_cap_delete(type, true);
}

/// Number of empty slots before the first that is in use. Most are empty: several are looked at in one go.
static uint64_t first_in_use(const struct cte *slots, uint64_t count)
{
    uint64_t at = 0;
    for (; at + SLOTS_IN_ONE_GO <= count; at += SLOTS_IN_ONE_GO) {
        unsigned types = ObjType_Null;
#pragma GCC unroll 16
        for (unsigned i = 0; i < SLOTS_IN_ONE_GO; i++) {
            types |= slots[at + i].cap.type;
        }
        if (types != ObjType_Null) {
            break;
        }
    }
    while (at < count && slots[at].cap.type == ObjType_Null) {
        at++;
    }
    return at;
}

/**
 * Looks whether the object of a last capability is empty. If it is, the capability goes and this is true; if
 * not, or if the units did not suffice to see, the capability becomes a Remains. The order of the database
 * stays as it is: nothing else has this region and a type between the two.
 */
static inline bool begin(struct cte *slot, unsigned *units)
{
    const unsigned type = slot->cap.type;
    uint64_t count, mark = 0;
    bool is_empty;
    if (type == ObjType_Dispatcher) {
        dispatcher_destroy(slot->cap.base);
    }
    if (objtype_is_in(type, OBJTYPES_VNODE)) {
        if (slot->cap.aux32 != 0) {
            mapping_remove(mdb_slot(slot->cap.aux32));
        }
        is_empty = mdb_find_overlap(REGION_PTE, slot->cap.base, mdb_end(slot)) == NULL;
    } else {
        const struct cte *slots = slots_of(&slot->cap, type, &count);
        mark = first_in_use(slots, count < *units ? count : *units);
        *units -= mark;
        is_empty = mark == count;
    }
    if (is_empty) {
        remove_last(slot, type);
        return true;
    }
    slot->cap.type = ObjType_Remains;
    slot->cap.was = type;
    slot->cap.aux32 = 0;
    slot->cap.aux64 = mark;
    return false;
}

/// Takes all mappings out of the remains of a page table.
static bool empty_page_table(const struct cte *slot, unsigned *units)
{
    struct cte *mapping;
    while ((mapping = mdb_find_overlap(REGION_PTE, slot->cap.base, mdb_end(slot))) != NULL) {
        if (!work_is_left(*units, mapping)) {
            return false;
        }
        mapping_remove(mapping);
        work_take(units, WORK_DELETE);
    }
    return true;
}

/**
 * Moves remains into the first slot of their own object and queues them. What was there comes into `slot`
 * instead; if it is the slot that *holder names, that is told.
 */
static void enqueue(struct cte *slot, struct cte **holder)
{
    uint64_t count;
    struct capability remains = slot->cap;
    struct cte *home = remains_slots(&remains, remains.was, &count);
    remains.aux32 = remains_queue;
    remains.aux64 |= REMAINS_QUEUED;
    mdb_remove(slot);
    slot_clear(slot);
    if (home->cap.type != ObjType_Null) {
        caps_move(slot, home);
    }
    home->cap = remains;
    mdb_insert(home);
    remains_queue = mdb_link(home);
    if (slot == *holder) {
        *holder = home;
    } else if (home == *holder) {
        *holder = slot;
    }
}

/// empty_slot() with enough work left for a deletion.
static bool empty_slot_now(struct cte *slot, struct cte **holder, unsigned *units)
{
    const unsigned type = slot->cap.type;
    const bool last = !mdb_has_copies(slot);
    if (!last || !objtype_is_in(type, OBJTYPES_CONTAINER)) {
        slot_delete_now(slot, last);
        return true;
    }
    if (type != ObjType_Remains && begin(slot, units)) {
        return true;
    }
    if (!objtype_is_in(slot->cap.was, OBJTYPES_VNODE)) {
        enqueue(slot, holder);
        return true;
    }
    if (!empty_page_table(slot, units)) {
        return false;
    }
    remove_last(slot, slot->cap.was);
    return true;
}

/// Deletes what stands in one slot of the remains in *holder, or puts something in its place that is nested
/// less deeply. \return false if it stopped at its bound
static bool empty_slot(struct cte *slot, struct cte **holder, unsigned *units)
{
    if (!work_is_left(*units, slot)) {
        return false;
    }
    const unsigned fixed = mdb_has_copies(slot) ? WORK_COPY : WORK_DELETE;
    const bool more = empty_slot_now(slot, holder, units);
    work_take(units, fixed);
    return more;
}

/// How many slots need nothing to be done: the first, and those behind it that are empty. \return at most
/// `most`
static uint64_t skip_slots(const struct cte *slots, uint64_t count, uint64_t most)
{
    const uint64_t seen = count < most ? count : most;
    if (seen > 1 && slots[1].cap.type != ObjType_Null) {
        return 1; // so it goes in a full CNode
    }
    return seen > 0 ? 1 + first_in_use(slots + 1, seen - 1) : 0;
}

/// Empties the object of remains. These may be moved by it, into and within slots that are to be emptied.
static bool empty(struct cte **holder, unsigned *units)
{
    if (objtype_is_in((*holder)->cap.was, OBJTYPES_VNODE)) {
        return empty_page_table(*holder, units);
    }
    uint64_t count;
    struct cte *slots = remains_slots(&(*holder)->cap, (*holder)->cap.was, &count);
    uint64_t mark = remains_mark(&(*holder)->cap);
    bool more = true;
    while (more && mark < count) {
        struct cte *slot = &slots[mark];
        if (slot->cap.type == ObjType_Null || (slot == *holder && remains_is_queued(&slot->cap))) {
            const uint64_t skipped = skip_slots(slot, count - mark, *units / WORK_SLOT);
            more = skipped > 0;
            *units -= (unsigned)skipped * WORK_SLOT;
            mark += skipped;
        } else {
            more = empty_slot(slot, holder, units);
        }
    }
    (*holder)->cap.aux64 = ((*holder)->cap.aux64 & REMAINS_QUEUED) | mark;
    return more;
}

/// Only the first in the queue is worked on. Emptying it may put others before it; then these are first.
bool remains_drain(unsigned *units)
{
    while (remains_queue != 0) {
        struct cte *first = mdb_slot(remains_queue);
        if (!empty(&first, units)) {
            return false;
        }
        if (mdb_link(first) == remains_queue) {
            remains_queue = first->cap.aux32;
            remove_last(first, first->cap.was);
        }
    }
    return true;
}

bool remains_delete(struct cte *slot, unsigned *units)
{
    if (slot->cap.type != ObjType_Remains && begin(slot, units)) {
        return true;
    }
    /* The slot may lie in an object that goes with it, and then holds something else, or nothing. */
    while (remains_drain(units)) {
        if (slot->cap.type != ObjType_Remains) {
            return true;
        }
        struct cte *holder = slot;
        if (!empty(&holder, units)) {
            return false;
        }
        if (remains_queue == 0) {
            remove_last(slot, slot->cap.was);
            return true;
        }
    }
    return false;
}
