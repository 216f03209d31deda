/**
 * Mapping memory and page tables into page tables.
 *
 * A mapping is recorded twice: by a mapping capability, whose region are the page table entries, and by a
 * link from the copy that is mapped. Whichever goes first takes the mapping along.
 */
#include <abi/syscall.h>
#include <cap/mapping.h>
#include <cap/mdb.h>
#include <cap/slot.h>
#include <cap/work.h>
#include <trace/emit.h>

/// Bytes of the source that one entry stands for: a page or block, or the next level's table.
static inline gensize_t entry_bytes(const struct capability *vnode, const struct capability *source)
{
    return maps_memory(source) ? vnode_span(vnode_level(vnode)) : BASE_PAGE_SIZE;
}

errval_t mapping_check_flags(const struct capability *source, uint64_t flags)
{
    if ((flags & ~(uint64_t)VREGION_FLAGS_MASK) != 0) {
        return SYS_ERR_INVALID_ARGUMENT;
    }
    if (!maps_memory(source)) {
        return SYS_ERR_OK;
    }
    const bool writable = flags & VREGION_FLAGS_WRITE;
    const bool executable = flags & VREGION_FLAGS_EXECUTE;
    if (!(flags & VREGION_FLAGS_READ) || (executable && (writable || source->type == ObjType_DevFrame))) {
        return SYS_ERR_INVALID_ARGUMENT;
    }
    _Static_assert(VREGION_FLAGS_READ == CAPRIGHTS_READ && VREGION_FLAGS_WRITE == CAPRIGHTS_WRITE
                       && VREGION_FLAGS_EXECUTE == CAPRIGHTS_EXECUTE,
                   "a flag needs the right of the same bit");
    const uint64_t needed = flags & (CAPRIGHTS_READ | CAPRIGHTS_WRITE | CAPRIGHTS_EXECUTE);
    return (needed & ~(uint64_t)source->rights) == 0 ? SYS_ERR_OK : SYS_ERR_RIGHTS;
}

/// Which entries, and which part of the source.
static errval_t check_range(const struct capability *vnode, const struct capability *source, size_t entry,
                            size_t count, gensize_t offset)
{
    if (count == 0) {
        return SYS_ERR_INVALID_ARGUMENT;
    }
    if (entry >= VNODE_ENTRIES || count > VNODE_ENTRIES - entry) {
        return SYS_ERR_VNODE_ENTRY_RANGE;
    }
    const gensize_t unit = entry_bytes(vnode, source);
    if (offset > source->bytes || count * unit > source->bytes - offset) {
        return SYS_ERR_FRAME_RANGE;
    }
    if (((source->base + offset) & (unit - 1)) != 0) {
        return SYS_ERR_FRAME_ALIGNMENT;
    }
    return vnode_in_use(vnode->base, entry, count) ? SYS_ERR_VNODE_ENTRY_IN_USE : SYS_ERR_OK;
}

errval_t caps_map(struct cte *vnode, struct cte *source, struct cte *mapping, size_t entry, size_t count,
                  uint64_t flags, gensize_t offset)
{
    if (source->cap.type == ObjType_Null || !objtype_is_in(vnode->cap.type, OBJTYPES_VNODE)) {
        return source->cap.type == ObjType_Null ? SYS_ERR_CAP_NOT_FOUND : SYS_ERR_VNODE_LEVEL;
    }
    if (!objtype_is_in(vnode->cap.type, captable[source->cap.type].maps_in)) {
        return SYS_ERR_VNODE_LEVEL;
    }
    if (mapping->cap.type != ObjType_Null) {
        return SYS_ERR_SLOT_IN_USE;
    }
    if (source->cap.aux32 != 0) {
        return SYS_ERR_CAP_ALREADY_MAPPED;
    }
    errval_t err = mapping_check_flags(&source->cap, flags);
    if (err_is_fail(err)) {
        return err;
    }
    err = check_range(&vnode->cap, &source->cap, entry, count, offset);
    if (err_is_fail(err)) {
        return err;
    }

    vnode_write(vnode->cap.base, vnode_level(&vnode->cap), entry, count, source->cap.base + offset,
                maps_memory(&source->cap), source->cap.type == ObjType_DevFrame, flags);
    mapping->cap = (struct capability){
        .base = vnode->cap.base + entry * PTE_BYTES,
        .bytes = count * PTE_BYTES,
        .aux32 = mdb_link(source),
        .type = captable[source->cap.type].mapping,
        .rights = source->cap.rights,
    };
    source->cap.aux32 = mdb_link(mapping);
    mdb_insert(mapping);
    trace_cap_map(source->cap.type, count);
    return SYS_ERR_OK;
}

void mapping_remove(struct cte *mapping)
{
    vnode_clear(mapping->cap.base, mapping->cap.bytes / PTE_BYTES);
    work.done += mapping->cap.bytes / PTE_BYTES / WORK_ENTRIES;
    mdb_slot(mapping->cap.aux32)->cap.aux32 = 0;
    mdb_remove(mapping);
    slot_clear(mapping);
}

errval_t mapping_check(const struct cte *vnode, const struct cte *mapping)
{
    if (mapping->cap.type == ObjType_Null) {
        return SYS_ERR_CAP_NOT_FOUND;
    }
    if (!objtype_is_in(mapping->cap.type, OBJTYPES_MAPPING) || mapping->cap.base < vnode->cap.base
        || mdb_end(mapping) > mdb_end(vnode)) {
        return SYS_ERR_NOT_A_MAPPING;
    }
    return SYS_ERR_OK;
}

errval_t caps_unmap(struct cte *vnode, struct cte *mapping)
{
    const errval_t err = mapping_check(vnode, mapping);
    if (err_is_ok(err)) {
        mapping_remove(mapping);
    }
    return err;
}
