/**
 * Changing what mapped memory may be used for.
 *
 * Old translations must leave the TLB, which knows them by virtual address. The address is not kept anywhere:
 * it is put together from the places of the tables in each other, from the mapped entry up to the root.
 */
#include <cap/mapping.h>
#include <cap/mdb.h>

/// Copies of a page table's capability that are looked at; of a table with more it is not asked where it is.
#define MOST_COPIES 4

enum place {
    PLACE_NONE, ///< No root leads here.
    PLACE_ONE,
    PLACE_UNKNOWN, ///< Perhaps several.
};

/// Finds the mapping of a page table, if one copy of its capability is mapped.
static enum place find_mapping(struct cte *vnode, struct cte **mapping)
{
    struct cte *copy = vnode;
    unsigned seen = 0;
    *mapping = NULL;
    do {
        if (++seen > MOST_COPIES || (copy->cap.aux32 != 0 && *mapping != NULL)) {
            return PLACE_UNKNOWN;
        }
        if (copy->cap.aux32 != 0) {
            *mapping = mdb_slot(copy->cap.aux32);
        }
        copy = mdb_slot(copy->mdb.next);
    } while (copy != vnode);
    return *mapping == NULL ? PLACE_NONE : PLACE_ONE;
}

/// Finds the virtual address of an entry, in all address spaces that have the table.
static enum place find_address(struct cte *vnode, lpaddr_t pte, lvaddr_t *address)
{
    unsigned level = vnode_level(&vnode->cap);
    *address = 0;
    for (;;) {
        *address += (pte & (BASE_PAGE_SIZE - 1)) / PTE_BYTES * vnode_span(level);
        if (level == 0) {
            return PLACE_ONE;
        }
        struct cte *mapping;
        const enum place place = find_mapping(vnode, &mapping);
        if (place != PLACE_ONE) {
            return place;
        }
        pte = mapping->cap.base;
        level--;
        const struct capability above = {
            .base = ROUND_DOWN(pte, (lpaddr_t)BASE_PAGE_SIZE),
            .bytes = OBJSIZE_VNode_AARCH64_l0,
            .type = ObjType_VNode_AARCH64_l0 + level,
        };
        vnode = mdb_find_key(&above);
        if (vnode == NULL) {
            return PLACE_UNKNOWN; // it is being deleted, and still leads here
        }
    }
}

errval_t caps_protect(struct cte *vnode, struct cte *mapping, size_t first, size_t count, uint64_t flags)
{
    errval_t err = mapping_check(vnode, mapping);
    if (err_is_fail(err)) {
        return err;
    }
    const struct capability *source = &mdb_slot(mapping->cap.aux32)->cap;
    if (!maps_memory(source)) {
        return SYS_ERR_NOT_A_MAPPING;
    }
    err = mapping_check_flags(source, flags);
    if (err_is_fail(err)) {
        return err;
    }
    if (count == 0) {
        return SYS_ERR_INVALID_ARGUMENT;
    }
    const size_t entries = mapping->cap.bytes / PTE_BYTES;
    if (first >= entries || count > entries - first) {
        return SYS_ERR_VNODE_ENTRY_RANGE;
    }

    const lpaddr_t pte = mapping->cap.base + first * PTE_BYTES;
    lvaddr_t address;
    const enum place place = find_address(vnode, pte, &address);
    vnode_permit(pte, count, flags);
    if (place == PLACE_ONE) {
        vnode_forget(address, count, vnode_span(vnode_level(&vnode->cap)));
    } else if (place == PLACE_UNKNOWN) {
        vnode_forget_all();
    }
    return SYS_ERR_OK;
}
