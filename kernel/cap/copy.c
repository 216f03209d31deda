/**
 * Copying, minting and moving capabilities.
 */
#include <abi/dispatcher.h>
#include <abi/syscall.h>
#include <cap/mdb.h>
#include <cap/slot.h>
#include <trace/emit.h>

#define RING_OFFSET_ALIGN 16
#define RING_MAX_SLOTS    1024

static inline errval_t check_copy(const struct cte *destination, const struct cte *source)
{
    if (!objtype_is_in(source->cap.type, OBJTYPES_COPYABLE)) {
        return source->cap.type == ObjType_Null ? SYS_ERR_CAP_NOT_FOUND : SYS_ERR_CAP_NOT_COPYABLE;
    }
    if (__builtin_expect(cap_is_linked(&source->cap), 0)) {
        return SYS_ERR_CAP_NOT_COPYABLE;
    }
    return destination->cap.type == ObjType_Null ? SYS_ERR_OK : SYS_ERR_SLOT_IN_USE;
}

static inline void make_copy(struct cte *destination, struct cte *source, uint8_t rights)
{
    destination->cap = source->cap;
    destination->cap.rights = rights;
    if (source->cap.type != ObjType_EndPoint) {
        /* Not mapped. What aux64 remembers counts in the tree's copy only, and is harmless here. */
        destination->cap.aux32 = 0;
    }
    mdb_insert_copy(destination, source);
    trace_cap_copy(source->cap.type);
}

errval_t caps_copy(struct cte *destination, struct cte *source)
{
    const errval_t err = check_copy(destination, source);
    if (err_is_fail(err)) {
        return err;
    }
    make_copy(destination, source, source->cap.rights);
    return SYS_ERR_OK;
}

/// The ring at `offset` and the area behind it must lie in the dispatcher frame, behind what the dispatcher
/// itself keeps there.
static errval_t check_ring(const struct capability *endpoint, uint64_t offset, uint64_t room)
{
    const uint64_t slots = LMP_RING_SLOTS(room), area = LMP_RING_AREA(room);
    if (offset % RING_OFFSET_ALIGN != 0 || slots == 0 || slots > RING_MAX_SLOTS || (slots & (slots - 1)) != 0
        || area % LMP_AREA_ALIGN != 0 || area > LMP_AREA_MAX_BYTES) {
        return SYS_ERR_INVALID_MINT;
    }
    const gensize_t frame_bytes = dispatcher_frame_bytes(endpoint->base);
    if (frame_bytes == 0) {
        return SYS_ERR_DISPATCHER_INCOMPLETE;
    }
    /* The offset is kept in 32 bits: a ring does not begin above 4 GiB, however large the frame is. */
    if (offset < sizeof(struct dispatcher_shared) || offset > UINT32_MAX || offset > frame_bytes) {
        return SYS_ERR_LMP_ENDPOINT_RANGE;
    }
    const uint64_t ring_end = offset + sizeof(struct lmp_ring) + slots * sizeof(struct lmp_slot);
    if ((area != 0 ? ROUND_UP(ring_end, LMP_AREA_ALIGN) + area : ring_end) > frame_bytes) {
        return SYS_ERR_LMP_ENDPOINT_RANGE;
    }
    return SYS_ERR_OK;
}

static errval_t mint_endpoint(struct cte *destination, struct cte *source, uint64_t offset, uint64_t room)
{
    const errval_t err = check_ring(&source->cap, offset, room);
    if (err_is_fail(err)) {
        return err;
    }
    destination->cap = source->cap;
    destination->cap.aux32 = (uint32_t)offset;
    destination->cap.aux64 = room;
    mdb_insert(destination);
    trace_cap_copy(ObjType_EndPoint);
    return SYS_ERR_OK;
}

errval_t caps_mint(struct cte *destination, struct cte *source, uint64_t parameter1, uint64_t parameter2)
{
    const errval_t err = check_copy(destination, source);
    if (err_is_fail(err)) {
        return err;
    }
    if (source->cap.type == ObjType_EndPoint && source->cap.aux32 == 0) {
        return mint_endpoint(destination, source, parameter1, parameter2);
    }
    if (parameter1 > CAPRIGHTS_ALL || parameter2 != 0) {
        return SYS_ERR_INVALID_MINT;
    }
    if ((parameter1 & ~(uint64_t)source->cap.rights) != 0) {
        return SYS_ERR_RIGHTS;
    }
    make_copy(destination, source, (uint8_t)parameter1);
    return SYS_ERR_OK;
}

errval_t caps_move(struct cte *destination, struct cte *source)
{
    if (source->cap.type == ObjType_Null) {
        return SYS_ERR_CAP_NOT_FOUND;
    }
    if (destination->cap.type != ObjType_Null) {
        return SYS_ERR_SLOT_IN_USE;
    }
    destination->cap = source->cap;
    mdb_move(destination, source);
    if (objtype_is_in(source->cap.type, OBJTYPES_MAPPABLE | OBJTYPES_MAPPING) && source->cap.aux32 != 0) {
        /* A mapping and what it maps name each other. */
        mdb_slot(source->cap.aux32)->cap.aux32 = mdb_link(destination);
    }
    slot_clear(source);
    return SYS_ERR_OK;
}
