/**
 * Capabilities that come from nowhere: what the kernel finds at start-up, and what other cores tell of.
 */
#include <abi/syscall.h>
#include <cap/mdb.h>

#define FOREIGN_TYPES (1U << ObjType_RAM | 1U << ObjType_Frame | 1U << ObjType_DevFrame)

void caps_create(struct cte *slot, enum objtype type, genpaddr_t base, gensize_t bytes)
{
    if (slot->cap.type != ObjType_Null) {
        panic("caps_create: the slot for a %s holds a %s", captable[type].name,
              captable[slot->cap.type].name);
    }
    const enum region_class region = captable[type].region;
    if (type == ObjType_Null || type == ObjType_Remains || region == REGION_PTE) {
        panic("caps_create: a %s cannot come from nowhere", captable[type].name);
    }
    slot->cap = (struct capability){.base = base, .bytes = bytes, .type = type, .rights = CAPRIGHTS_ALL};
    if (region != REGION_NONE && mdb_find_key(&slot->cap) == NULL) {
        gensize_t end;
        if (bytes == 0 || __builtin_add_overflow(base, bytes, &end)) {
            panic("caps_create: a %s of 0x%lx bytes at 0x%lx", captable[type].name, bytes, base);
        }
        const struct cte *other = mdb_find_overlap(region, base, end);
        if (other != NULL) {
            panic("caps_create: the %s at 0x%lx overlaps the %s at 0x%lx", captable[type].name, base,
                  captable[other->cap.type].name, other->cap.base);
        }
    }
    mdb_insert(slot);
}

/// True if `type` could have been made from memory that a capability of the type `from` names, at once or by
/// way of RAM.
static bool comes_from(enum objtype type, unsigned from)
{
    return objtype_is_in(from, captable[type].from)
           || (objtype_is_in(ObjType_RAM, captable[type].from)
               && objtype_is_in(from, captable[ObjType_RAM].from));
}

/// Whatever overlaps [base, end) must hold all of it, and be of a type from which it can come.
static errval_t check_place(enum objtype type, genpaddr_t base, genpaddr_t end)
{
    struct cte *other = mdb_find_overlap(captable[type].region, base, end);
    while (other != NULL && other->cap.base < end) {
        if (other->cap.base > base || mdb_end(other) < end || !comes_from(type, other->cap.type)) {
            return SYS_ERR_CREATE_OVERLAP;
        }
        other = mdb_next_beyond(other, base);
    }
    return SYS_ERR_OK;
}

/// As retype does: what was cleared for objects to come is somebody's memory now.
static void forget_progress(enum objtype type, genpaddr_t base, genpaddr_t end)
{
    struct cte *holder = mdb_find_overlap(captable[type].region, base, end);
    for (; holder != NULL && holder->cap.base < end; holder = mdb_next_beyond(holder, base)) {
        holder->cap.aux64 = 0;
    }
}

errval_t caps_create_foreign(struct cte *slot, enum objtype type, uint8_t rights, genpaddr_t base,
                             gensize_t bytes)
{
    genpaddr_t end;
    if (!objtype_is_in(type, FOREIGN_TYPES)) {
        return SYS_ERR_INVALID_ARGUMENT;
    }
    const uint64_t page = captable[type].multiple;
    if (bytes == 0 || ((base | bytes) & (page - 1)) != 0 || __builtin_add_overflow(base, bytes, &end)) {
        return SYS_ERR_INVALID_ARGUMENT;
    }
    if (slot->cap.type != ObjType_Null) {
        return SYS_ERR_SLOT_IN_USE;
    }
    const struct capability cap = {.base = base, .bytes = bytes, .type = type, .rights = rights};
    if (mdb_find_key(&cap) == NULL) {
        const errval_t err = check_place(type, base, end);
        if (err_is_fail(err)) {
            return err;
        }
        forget_progress(type, base, end);
    }
    slot->cap = cap;
    mdb_insert(slot);
    return SYS_ERR_OK;
}
