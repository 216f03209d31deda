/**
 * Mapping memory and page tables into page tables.
 *
 * A mapping is recorded twice: by a mapping capability, whose region are the page table entries, and by a
 * link from the copy that is mapped. Whichever goes first takes the mapping along.
 */
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

/// Which entries, and which part of the source.
static inline errval_t check_range(const struct capability *vnode, const struct capability *source,
                                   size_t entry, size_t count, gensize_t offset)
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
    return ((source->base + offset) & (unit - 1)) != 0 ? SYS_ERR_FRAME_ALIGNMENT : SYS_ERR_OK;
}

errval_t caps_map(struct cte *vnode, struct cte *source, struct cte *mapping, size_t entry, size_t count,
                  uint64_t flags, gensize_t offset)
{
    const unsigned type = source->cap.type;
    if (type == ObjType_Null || !objtype_is_in(vnode->cap.type, OBJTYPES_VNODE)) {
        return type == ObjType_Null ? SYS_ERR_CAP_NOT_FOUND : SYS_ERR_VNODE_LEVEL;
    }
    const struct captable_entry *checks = &captable[type];
    if (!objtype_is_in(vnode->cap.type, checks->maps_in)) {
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
    const lpaddr_t pte = vnode->cap.base + entry * PTE_BYTES;
    if (!vnode_write(pte, vnode_level(&vnode->cap), count, source->cap.base + offset,
                     maps_memory(&source->cap), type == ObjType_DevFrame, flags)) {
        return SYS_ERR_VNODE_ENTRY_IN_USE;
    }

    mapping->cap = (struct capability){
        .base = pte,
        .bytes = count * PTE_BYTES,
        .aux32 = mdb_link(source),
        .type = checks->mapping,
        .rights = source->cap.rights,
    };
    source->cap.aux32 = mdb_link(mapping);
    mdb_insert_apart(REGION_PTE, mapping);
    trace_cap_map(type, count);
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
