/**
 * Capabilities that come from nowhere: what the kernel finds at start-up.
 */
#include <abi/syscall.h>
#include <cap/mdb.h>

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
