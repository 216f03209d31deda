/**
 * What the kernel checks of each type of capability. The table is generated from
 * include/abi/capabilities.toml.
 */
#ifndef KERNEL_CAPTABLE_H
#define KERNEL_CAPTABLE_H

#include <abi/captypes.h>
#include <abi/types.h>

/// What base and bytes of a capability count. Regions of two classes never overlap.
enum region_class {
    REGION_NONE,
    REGION_MEMORY,
    REGION_IRQ,
    REGION_PTE,
    REGION_CORE,
    REGION_COUNT,
};

struct captable_entry {
    const char *name;
    gensize_t bytes;    ///< Size of one object, 0 if the caller says it.
    gensize_t multiple; ///< What the caller's size must be a multiple of.
    gensize_t align;    ///< A power of two.
    uint32_t from;      ///< Set of types that this one can be retyped from.
    uint32_t maps_in;   ///< Set of page table types that this one can be mapped in.
    uint8_t region;     ///< enum region_class
    uint8_t mapping;    ///< Type of the capability that records its mapping.
    bool zero;          ///< The kernel clears the memory of new objects.
    bool copy;
    bool shares_region; ///< Objects live in their parent's object; there may be any number of them.
};

extern const struct captable_entry captable[ObjType_Num];

/// True if `type` is in a set of types, an OBJTYPES_* mask.
static inline bool objtype_is_in(unsigned type, uint32_t set)
{
    return set >> type & 1;
}

#endif
