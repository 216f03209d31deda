/**
 * Retyping: making objects from part of a region.
 *
 * Everything is checked before anything changes. Clearing memory is the only step that can take long; it
 * happens in pieces, one a call, before the objects exist. How far it came is kept with the source's node in
 * the mapping database, in aux64: where the cleared part begins (in KiB of the region, upper half) and how
 * long it is (in KiB, lower half). As nobody can write to memory in which no object lives, what was cleared
 * stays clear until an object is made of it; making any object from the region, through whichever copy,
 * forgets the progress.
 */
#include <abi/syscall.h>
#include <cap/mdb.h>
#include <trace/emit.h>

#define CLEAR_UNIT_BITS   10
#define CLEAR_PIECE_UNITS 64 ///< What one call clears at most: 64 KiB.

/// What a retype asks for, after the checks.
struct retype {
    enum objtype type;
    gensize_t object_bytes;
    size_t count;
    gensize_t start; ///< Of the first object: absolute, not an offset.
    gensize_t total; ///< Bytes of all objects.
};

/// Type and size of the objects; fills in the size.
static inline errval_t check_type(const struct capability *source, struct retype *retype)
{
    if (source->type == ObjType_Null) {
        return SYS_ERR_CAP_NOT_FOUND;
    }
    if (retype->type >= ObjType_Num || !objtype_is_in(source->type, captable[retype->type].from)) {
        return SYS_ERR_INVALID_RETYPE;
    }
    const struct captable_entry *entry = &captable[retype->type];
    if (entry->bytes != 0) {
        if (retype->object_bytes != 0 && retype->object_bytes != entry->bytes) {
            return SYS_ERR_INVALID_OBJECT_SIZE;
        }
        retype->object_bytes = entry->bytes;
        return SYS_ERR_OK;
    }
    if (retype->object_bytes == 0 || (retype->object_bytes & (entry->multiple - 1)) != 0
        || (retype->type == ObjType_L1CNode && retype->object_bytes > L1_CNODE_MAX_BYTES)) {
        return SYS_ERR_INVALID_OBJECT_SIZE;
    }
    return SYS_ERR_OK;
}

/// Number and place of the objects; fills in start and total.
static inline errval_t check_range(const struct capability *source, struct retype *retype, gensize_t offset)
{
    const struct captable_entry *entry = &captable[retype->type];
    if (retype->count == 0 || retype->count > RETYPE_MAX_COUNT) {
        return SYS_ERR_INVALID_ARGUMENT;
    }
    if (entry->shares_region) {
        retype->start = source->base;
        retype->total = source->bytes;
        return offset == 0 ? SYS_ERR_OK : SYS_ERR_RETYPE_RANGE;
    }
    if (offset > source->bytes || __builtin_mul_overflow(retype->object_bytes, retype->count, &retype->total)
        || retype->total > source->bytes - offset) {
        return SYS_ERR_RETYPE_RANGE;
    }
    retype->start = source->base + offset;
    return (retype->start & (entry->align - 1)) == 0 ? SYS_ERR_OK : SYS_ERR_RETYPE_ALIGNMENT;
}

static inline bool slots_are_empty(const struct cte *slots, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (slots[i].cap.type != ObjType_Null) {
            return false;
        }
    }
    return true;
}

/// Clears the next piece of the objects' memory; true when all of it is clear.
static bool clear_memory(struct cte *node, const struct retype *retype)
{
    const uint64_t first = (retype->start - node->cap.base) >> CLEAR_UNIT_BITS;
    const uint64_t units = retype->total >> CLEAR_UNIT_BITS;
    uint64_t done = node->cap.aux64 >> 32 == first ? (uint32_t)node->cap.aux64 : 0;
    if (done < units) {
        const uint64_t piece = units - done < CLEAR_PIECE_UNITS ? units - done : CLEAR_PIECE_UNITS;
        memory_zero(retype->start + (done << CLEAR_UNIT_BITS), piece << CLEAR_UNIT_BITS);
        done += piece;
    }
    if (done < units) {
        node->cap.aux64 = first << 32 | done;
        return false;
    }
    return true;
}

static inline void fill_slot(struct cte *slot, const struct retype *retype, size_t index, uint8_t rights)
{
    const gensize_t offset = captable[retype->type].shares_region ? 0 : index * retype->object_bytes;
    slot->cap = (struct capability){
        .base = retype->start + offset,
        .bytes = retype->object_bytes,
        .type = retype->type,
        .rights = rights,
    };
}

/// Objects that share their parent's region are all the same until they are minted: the first and its copies.
static void insert_sharing(struct cte *slots, const struct retype *retype, uint8_t rights)
{
    fill_slot(&slots[0], retype, 0, rights);
    mdb_insert(&slots[0]);
    if (!mdb_has_copies(&slots[0])) {
        slots[0].cap.rights |= CAPRIGHTS_CONTROL;
    }
    for (size_t i = 1; i < retype->count; i++) {
        fill_slot(&slots[i], retype, i, slots[0].cap.rights);
        mdb_insert_copy(&slots[i], &slots[0]);
    }
}

errval_t caps_retype(struct cte *destination, enum objtype type, gensize_t object_bytes, size_t count,
                     struct cte *source, gensize_t offset)
{
    struct retype retype = {.type = type, .object_bytes = object_bytes, .count = count};
    errval_t err = check_type(&source->cap, &retype);
    if (err_is_fail(err)) {
        return err;
    }
    err = check_range(&source->cap, &retype, offset);
    if (err_is_fail(err)) {
        return err;
    }
    if (!slots_are_empty(destination, count)) {
        return SYS_ERR_SLOT_IN_USE;
    }
    const uint8_t rights = source->cap.rights;
    if (captable[type].shares_region) {
        insert_sharing(destination, &retype, rights);
        trace_cap_retype(type, count);
        return SYS_ERR_OK;
    }

    struct cte *node = mdb_find_node(source);
    struct cte *behind = mdb_next_beyond(node, retype.start);
    if (behind != NULL && behind->cap.base < retype.start + retype.total) {
        return SYS_ERR_REVOKE_FIRST;
    }
    if (captable[type].zero && type != source->cap.type && !clear_memory(node, &retype)) {
        return SYS_ERR_RESTART;
    }

    node->cap.aux64 = 0;
    const bool is_copy = type == source->cap.type && retype.object_bytes == source->cap.bytes;
    for (size_t i = 0; i < count; i++) {
        fill_slot(&destination[i], &retype, i, is_copy ? rights : rights | CAPRIGHTS_CONTROL);
        if (is_copy) {
            mdb_insert_copy(&destination[i], node);
        } else if (i == 0) {
            mdb_insert_before(&destination[i], behind);
        } else {
            mdb_insert_between(&destination[i], &destination[i - 1], behind);
        }
    }
    trace_cap_retype(type, count);
    return SYS_ERR_OK;
}
